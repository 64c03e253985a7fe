# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets of ansible-test, which are for a Windows host of a lab, on the simulated fleet."""

from __future__ import annotations

import copy

import pytest
import yaml

from fleet.plays.play import play
from fleet.windows import names
from fleet.windows.machine import Machine

FOLDER = "tests/integration/targets"


@pytest.fixture
def target(tmp_path, checkout):
    """Run a target as ansible-test does: as a role, with its roles beside it."""

    def run(fleet, name, **variables):
        book = tmp_path / f"{name}.yml"
        book.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "roles": [name]}]))
        environment = {"ANSIBLE_ROLES_PATH": str(checkout / FOLDER)}
        return play(fleet, book, tmp_path=tmp_path, extravars=variables, env=environment)

    return run


@pytest.mark.parametrize("name", ["local_right_info", "local_right", "audit_and_plan"])
def test_a_target_passes_and_leaves_the_right_as_it_was(fleet, target, name):
    machine = Machine.member_server("lab01", also=[names.USERS])
    before = copy.deepcopy(machine.rights)
    fleet.add(machine)

    outcome = target(fleet, name, winrights_lab=True)

    assert outcome.rc == 0, outcome.stdout
    assert machine.rights == before


@pytest.mark.parametrize(
    ("machine", "variables", "why"),
    [
        pytest.param(Machine.member_server("lab01"), {}, "winrights_lab is not true", id="nobody said that it is a lab's"),
        pytest.param(
            Machine.domain_controller("lab01"), {"winrights_lab": True}, "lab01 is a domain_controller", id="a domain controller"
        ),
    ],
)
def test_a_host_that_no_test_may_change_is_refused(fleet, recorder, target, machine, variables, why):
    before = copy.deepcopy(machine.rights)
    fleet.add(machine)

    outcome = target(fleet, "local_right", **variables)

    assert outcome.rc == 2
    assert why in " ".join(outcome.stdout.split())
    assert machine.rights == before
    assert len(recorder.received.get("lab01", [])) <= 1
