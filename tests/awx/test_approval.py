# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the node of the plan to that of the enforcement, as AWX hands artifacts on: what was approved is enforced, and nothing else."""

from __future__ import annotations

import pytest

from awx.configuration import data
from awx.runner import EXTRA, run
from fleet.backends.emulator.emulator import Emulator
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import FLOOR, Machine

TEMPLATES = {one["name"]: one for one in data()["setup_templates"]}
GUESTS = "S-1-5-32-546"


@pytest.fixture
def machines():
    """Two hosts that drift and one that does not."""
    return {
        name: Machine.member_server(name, also=also)
        for name, also in (("web01", [names.USERS]), ("web02", [names.USERS]), ("web03", []))
    }


@pytest.fixture
def job(machines, tmp_path):
    """Run a template of the configuration by its name, with its own extra variables."""

    def go(template, handed=None, workflow=True):
        folder = tmp_path / template
        folder.mkdir()
        about = {name: value for name, value in EXTRA.items() if workflow or not name.startswith("awx_workflow")}
        extra = {
            **about,
            "impersonate_report_dir": str(folder / "reports"),
            **{name: str(value) for name, value in TEMPLATES[template]["extra_vars"].items()},
            "impersonate_snapshot_dir": str(tmp_path / "kept"),
            "impersonate_snapshots_may_be_lost": True,  # the folder of the test is on no mount
        }
        check = TEMPLATES[template]["job_type"] == "check"
        with Fleet(machines.values(), Emulator()) as fleet:
            return run(folder, TEMPLATES[template]["playbook"], fleet.inventory(), extra, handed=handed, check=check)

    return go


def held(machines):
    return {name: set(machine.holders()) - set(FLOOR) for name, machine in machines.items()}


def test_what_was_approved_is_enforced(machines, job):
    planned = job("plan")
    assert planned.status == "successful", planned.stdout
    before = held(machines)

    done = job("enforce", planned.artifacts)

    assert before == {"web01": {names.USERS}, "web02": {names.USERS}, "web03": set()}
    assert (done.status, held(machines)) == ("successful", {"web01": set(), "web02": set(), "web03": set()}), done.stdout
    assert "plan" not in done.artifacts["impersonate"]


@pytest.mark.parametrize(
    ("host", "account", "said"),
    [
        pytest.param("web03", names.USERS, "would remove BUILTIN\\Users (S-1-5-32-545) on 3 hosts", id="on one more host"),
        pytest.param("web01", GUESTS, "would remove BUILTIN\\Guests (S-1-5-32-546) on 1 host", id="one more account"),
    ],
)
def test_what_was_changed_since_the_plan_is_not_enforced_on_any_host(machines, job, host, account, said):
    planned = job("plan")
    machines[host].grant(account)
    before = held(machines)

    done = job("enforce", planned.artifacts)

    assert (done.status, held(machines)) == ("failed", before), done.stdout
    assert done.artifacts["impersonate"]["verdict"].startswith(f"Nothing was changed. This is not what was approved: {said}")


def test_where_awx_lost_the_artifacts_of_the_plan_no_host_is_read(machines, job):
    before = held(machines)

    done = job("enforce")

    assert (done.status, held(machines)) == ("failed", before)
    text = " ".join(done.stdout.split())
    assert "Nothing was sent to any host. impersonate_approved_plan: 'unknown' is not what a plan hands over" in text


def test_outside_of_a_workflow_no_plan_is_asked_for(machines, job):
    done = job("enforce", workflow=False)

    assert (done.status, held(machines)) == ("successful", {"web01": set(), "web02": set(), "web03": set()}), done.stdout
