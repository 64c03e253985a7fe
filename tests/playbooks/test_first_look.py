# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enforcement and restore look at the whole fleet first. By which reader makes no difference to what is planned, refused and changed."""

from __future__ import annotations

import signal

import pytest
from test_interrupted_reader import Run
from test_readers import comparable, together

from fleet.backends.emulator.emulator import Emulator
from fleet.faults import Scenario
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Machine

ALL_AT_ONCE = {"impersonate_serial": "100%"}
GUESTS = "S-1-5-32-546"


def drifted(*hosts, **options):
    def fill(fleet):
        for host in hosts:
            fleet.add(Machine.member_server(host, also=[names.USERS]), **options)

    return fill


def plan_of(run):
    """What the terminal says of the plan of the fleet: the lines from its heading to the next task."""
    lines = run.outcome.stdout.splitlines()
    begin = lines.index("The plan of the fleet:")
    return lines[
        begin : next(number for number, line in enumerate(lines[begin:], begin) if line.startswith(("TASK", "ok:", "fatal:")))
    ]


@pytest.fixture
def by_both(playbook):
    """Run the same playbooks on the same fleet by both readers; returns both runs of the last playbook, and the holders they left."""

    def run(fill, playbooks, extravars=None):
        ends = []
        for reader in ("host", "fleet"):
            with Fleet([], Emulator()) as fleet:
                fill(fleet)
                variables = {"impersonate_reader": reader, **(extravars or {})}
                for name in playbooks:
                    last = playbook(fleet, f"winrights.seimpersonate.{name}", extravars=variables)
                holders = {machine.name: set(machine.holders()) for machine in fleet.machines}
                commands = {machine.name: len(fleet.commands(machine.name)) for machine in fleet.machines}
                assert fleet.errors() == []
            ends.append((last, holders, commands))
        (by_host, *host), (by_fleet, *of_fleet) = ends
        assert "Reader: fleet (one task reads all hosts" in by_fleet.said
        assert of_fleet == host
        assert plan_of(by_fleet) == plan_of(by_host)
        assert comparable(by_fleet.report) == comparable(by_host.report)
        assert (by_fleet.rc, by_fleet.outcomes) == (by_host.rc, by_host.outcomes)
        return by_fleet

    return run


MIXED = together(
    drifted("web01", "web02", "web03"),
    lambda fleet: fleet.add(Machine.member_server("good")),
    lambda fleet: fleet.add(Machine.domain_controller("dc01", also=[names.USERS])),
    drifted("kept", variables={"impersonate_permitted": ["users"]}),
    drifted("alone", variables={"ansible_become": True, "ansible_become_method": "runas", "ansible_become_user": "SYSTEM"}),
    drifted("templated", variables={"impersonate_permitted": "{{ ours }}", "ours": ["users"]}),
)


@pytest.mark.parametrize(
    ("fill", "playbooks", "extravars", "rc"),
    [
        pytest.param(MIXED, ["enforce"], ALL_AT_ONCE, 0, id="many kinds of hosts"),
        pytest.param(MIXED, ["enforce", "enforce"], ALL_AT_ONCE, 0, id="again"),
        pytest.param(MIXED, ["enforce", "restore"], ALL_AT_ONCE, 0, id="enforced and restored"),
        pytest.param(MIXED, ["enforce"], {"impersonate_max_hosts_per_account": 2}, 2, id="a second look is asked for"),
        pytest.param(together(MIXED, drifted("dead", scenario="host down")), ["enforce"], ALL_AT_ONCE, 2, id="one dead"),
        pytest.param(
            together(MIXED, drifted("locked", variables={"ansible_password": "not the password"})), ["enforce"], ALL_AT_ONCE, 2, id="one locked",
        ),
    ],
)  # fmt: skip
def test_both_readers_plan_and_change_the_same(by_both, fill, playbooks, extravars, rc):
    assert by_both(fill, playbooks, extravars).rc == rc


def test_an_option_that_is_wrong_for_one_host_changes_none(playbook):
    with Fleet([], Emulator()) as fleet:
        together(drifted("web01"), drifted("wrong", variables={"impersonate_host_role": "server"}))(fleet)
        run = playbook(fleet, "winrights.seimpersonate.enforce", extravars={"impersonate_reader": "fleet"})

        assert (run.rc, run.report) == (2, None)
        assert "Nothing was changed on any host. wrong: " in run.said
        assert "host_role" in run.said
        assert {machine.name: names.USERS in machine.holders() for machine in fleet.machines} == {"web01": True, "wrong": True}


class Meddled(Emulator):
    """A host that somebody else changes right after it was read for the first time."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    def run(self, machine, received):
        output = super().run(machine, received)
        self.asked += 1
        if self.asked == 1:
            machine.grant(GUESTS)
        return output


def test_a_host_that_changed_after_the_look_of_one_task_is_refused(playbook):
    with Fleet([], Meddled()) as fleet:
        drifted("web01")(fleet)
        run = playbook(fleet, "winrights.seimpersonate.enforce", extravars={"impersonate_reader": "fleet"})

        assert (run.rc, run.outcomes) == (2, {"web01": "refused"})
        assert run.records["web01"]["error"]["category"] == "plan_changed"
        assert set(fleet.machines[0].holders()) >= {GUESTS, names.USERS}


def test_a_look_that_is_interrupted_changes_nothing_and_leaves_nothing(tmp_path):
    quick = [f"web0{number}" for number in range(3)]
    with Fleet([], Emulator()) as fleet:
        drifted(*quick)(fleet)
        drifted("slow", scenario=Scenario(delay=600))(fleet)
        run = Run(fleet, tmp_path, playbook="winrights.seimpersonate.enforce", impersonate_snapshot_dir=str(tmp_path / "snapshots"))
        run.wait_until(lambda: all(fleet.commands(host) for host in [*quick, "slow"]))

        run.main.send_signal(signal.SIGINT)

        assert run.wait_for_the_end() != 0
        assert run.processes() == {}
        assert {names.USERS in machine.holders() for machine in fleet.machines} == {True}
        assert [list(folder.rglob("*.json")) for folder in (run.reports, tmp_path / "snapshots")] == [[], []]
        run.close()


def test_a_plan_without_check_mode_is_refused_before_a_host_is_touched(playbook, tmp_path):
    written = tmp_path / "careless.yml"
    written.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "    - winrights.seimpersonate.fleet_check: {from_variables: true, action: enforce, planning: true}\n      register: check\n"
        "    - winrights.seimpersonate.fleet_read: {check: check}\n"
    )
    with Fleet([], Emulator()) as fleet:
        drifted("web01")(fleet)
        run = playbook(fleet, written)

        assert (run.rc, len(fleet.commands("web01"))) == (2, 0)
        assert "check_mode: fleet_check says that changes are planned first" in run.said
