# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong while a GPO is changed: what an administrator is told, what the domain has then, and what the next run makes of it."""

from __future__ import annotations

import json
import types

import pytest
from playbooks.gpo_state import DEFAULTS, a_domain, state_of

from fleet.faults import Mishap, On, Scenario
from fleet.gpo_demo import starred
from fleet.windows import names
from fleet.windows.directory import BUSY, INSUFFICIENT_RIGHTS, SERVER_DOWN
from fleet.windows.domain import KILLED, TEMPLATE
from fleet.windows.machine import FLOOR
from fleet.windows.sysvol import DENIED, DISK_FULL, SHARING, UNABLE_TO_MOVE

pytestmark = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # an engine needs a directory: tests/directory
WISH = {"state": "defined", "accounts": ["administrators", "service", "local_service", "network_service", "iis_iusrs"]}
OLD, NEW = sorted(DEFAULTS), sorted(starred((*FLOOR, names.IIS_IUSRS)))
WRITES = ("template", "container", "gpt_ini")
DONE = {"replace template": "template", "ldap modify": "container", "replace gpt_ini": "gpt_ini"}
"""The step that writes a part."""


@pytest.fixture
def gpo(fleet, task, tmp_path):
    """A domain with a GPO, and runs of gpo_right on its PDC emulator, on a host that a scenario may cut off."""
    domain, guid = a_domain(pdc="cut01")
    folder = tmp_path / "snapshots"

    def run(*, scenario=None, check=False, **options):
        if "cut01" not in fleet.inventory()["all"]["hosts"]:
            fleet.add(domain.controllers["cut01.sim.example"], scenario=scenario)
        done = task(fleet, "gpo_right", check=check, gpo=guid, snapshot_dir=str(folder), **(options or WISH))
        kept = [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]
        outcomes = [one["outcome"] for one in sorted(kept, key=lambda one: one["taken"])]
        return types.SimpleNamespace(rc=done.rc, said=done.said, outcomes=outcomes, result=done.results.get("cut01", {}))

    return types.SimpleNamespace(domain=domain, guid=guid, run=run, replica=domain.replica, state=lambda: state_of(domain, guid))


FAULTS = [
    pytest.param("write journal", DENIED, "not_started", 5, id="journal-denied"),
    pytest.param("write template", DISK_FULL, "not_started", 5, id="template-disk-full"),
    pytest.param("compare template", SHARING, "not_started", 5, id="template-locked-meanwhile"),
    pytest.param("replace template", SHARING, "undone", 5, id="template-locked"),
    pytest.param("replace template", UNABLE_TO_MOVE, "undone", 5, id="template-moved-away"),
    pytest.param("ldap modify", BUSY, "undone", 5, id="directory-busy"),
    pytest.param("ldap modify", INSUFFICIENT_RIGHTS, "undone", 5, id="directory-denied"),
    pytest.param("write gpt_ini", DISK_FULL, "undone", 7, id="gpt-ini-disk-full"),
    pytest.param("replace gpt_ini", DENIED, "undone", 7, id="gpt-ini-denied"),
]


@pytest.mark.parametrize(("step", "code", "outcome", "version"), FAULTS)
def test_a_step_that_fails_leaves_the_gpo_as_it_was(gpo, step, code, outcome, version):
    before = gpo.state()
    gpo.replica.faults[step] = code

    failed = gpo.run()

    assert (failed.rc, failed.result["outcome"], failed.outcomes) == (2, outcome, [outcome])
    assert (failed.result["error"]["call"], failed.result["changed"]) == (step, False)
    after = gpo.state()
    assert (after.accounts, after.pair, after.others, after.beside) == (before.accounts, before.pair, before.others, [])
    assert after.versions == (version, version)  # clients that saw the container change must see another change

    gpo.replica.faults.clear()
    again = gpo.run()
    assert (again.rc, again.result["outcome"]) == (0, "applied")
    assert (gpo.state().accounts, gpo.state().versions) == (NEW, (version + 1,) * 2)


def test_a_directory_that_did_what_it_said_it_had_not_is_brought_back(gpo):
    gpo.replica.after["ldap modify"] = SERVER_DOWN

    failed = gpo.run()

    assert (failed.result["outcome"], gpo.state().accounts, gpo.state().versions) == ("undone", OLD, (7, 7))


def test_who_changed_the_template_between_reading_and_replacing_keeps_it(gpo):
    theirs = "[Privilege Rights]\r\nSeImpersonatePrivilege = *S-1-5-19\r\n".encode("utf-16")
    path = f"{gpo.replica.folder(gpo.guid)}\\{TEMPLATE}"
    gpo.replica.meddle["compare template"] = lambda replica: replica.sysvol.write(path, theirs)

    failed = gpo.run()

    assert (failed.rc, failed.result["outcome"], gpo.replica.template(gpo.guid)) == (2, "not_started", theirs)
    assert (gpo.state().versions, gpo.state().beside) == ((5, 5), [])


def test_who_changed_the_gpo_since_the_plan_is_not_overwritten(gpo, recorder):
    """Between the read and the change lie the plan and the snapshot."""
    run = recorder._back_end.run

    def come_first(machine, received):
        if b'"expected"' in received.stdin:
            gpo.replica.directory.gpo(gpo.guid).version = 6
        return run(machine, received)

    recorder._back_end.run = come_first
    failed = gpo.run()

    assert (failed.rc, failed.result["outcome"], failed.result["error"]["call"]) == (2, "not_started", "compare")
    assert (gpo.state().accounts, gpo.state().versions, gpo.state().beside) == (OLD, (6, 5), [])


@pytest.mark.parametrize("step", ["undo template", "undo gpt_ini", "ldap undo"])
def test_what_cannot_be_undone_is_told_and_the_next_run_is_not_in_the_dark(gpo, step):
    gpo.replica.faults[step] = SERVER_DOWN if "ldap" in step else SHARING
    gpo.replica.after["replace gpt_ini"] = SHARING

    failed = gpo.run()

    assert (failed.rc, failed.result["outcome"], failed.result["changed"], failed.outcomes) == (2, "unknown", True, ["unknown"])
    assert step.removeprefix("undo ").replace("ldap undo", "container") not in failed.result["undone"]
    assert "~winrights-seimpersonate.tmp" in gpo.state().beside

    gpo.replica.faults, gpo.replica.after = {}, {}
    again = gpo.run()
    first = gpo.state()
    assert again.result["outcome"] in ("applied", "refused")  # refused: a part is neither old nor new, and a person must look
    assert (again.result["outcome"] == "applied") == (first.accounts == NEW and first.beside == [])
    if again.result["outcome"] == "refused":
        assert again.result["refused"] == "unfinished_change"


KILLS = [
    pytest.param(when, step, id=f"{when}-{part}".replace("faults", "before"))
    for step, part in DONE.items()
    for when in ("faults", "after")
]


@pytest.mark.parametrize(("when", "step"), KILLS)
def test_a_run_that_was_killed_is_finished_by_the_next_which_says_so(gpo, when, step):
    getattr(gpo.replica, when)[step] = KILLED

    killed = gpo.run()

    assert (killed.rc, killed.result["outcome"], killed.outcomes) == (2, "unknown", ["unknown"])
    assert "~winrights-seimpersonate.tmp" in gpo.state().beside
    written = [DONE[one] for one in DONE if list(DONE).index(one) < list(DONE).index(step) or (one == step and when == "after")]
    now = gpo.state()
    assert (now.accounts, *now.versions) == (
        NEW if "template" in written else OLD, 6 if "container" in written else 5, 6 if "gpt_ini" in written else 5
    )  # fmt: skip

    getattr(gpo.replica, when).clear()
    planned = gpo.run(check=True)
    assert gpo.state() == now
    assert planned.result["outcome"] in ("planned", "unchanged")
    done = gpo.run()
    assert (done.rc, done.result["outcome"]) == (0, "applied")
    assert (gpo.state().accounts, gpo.state().versions, gpo.state().beside) == (NEW, (6, 6), [])
    assert any("earlier run was ended" in note for note in done.result["notes"])
    assert gpo.run().result["outcome"] == "unchanged"


@pytest.mark.parametrize(("when", "step"), KILLS)
def test_a_run_that_was_killed_is_undone_by_a_restore_which_says_so(gpo, when, step):
    template = gpo.replica.template(gpo.guid)
    getattr(gpo.replica, when)[step] = KILLED
    gpo.run()
    getattr(gpo.replica, when).clear()
    written = (when, step) != ("faults", "replace template")

    back = gpo.run(restore="latest")

    assert (back.rc, gpo.replica.template(gpo.guid), gpo.state().beside) == (0, template, [])
    number = gpo.state().versions[0]
    assert gpo.state().versions == (number, number)
    assert number > (5 if written else 4)
    assert gpo.run(restore="latest").result["outcome"] == "unchanged"


@pytest.mark.parametrize(
    ("mishap", "accounts"),
    [
        pytest.param(On("Send", Mishap.DROP, nth=None, command=2), OLD, id="before-the-change-was-read"),
        pytest.param(On("Receive", Mishap.DROP, nth=None, command=2), NEW, id="while-it-was-made"),
        pytest.param(On("Receive", Mishap.CUT, nth=None, command=2), NEW, id="in-the-middle-of-the-answer"),
    ],
)
def test_contact_that_is_lost_is_unknown_until_the_next_run_finds_out(gpo, mishap, accounts):
    lost = gpo.run(scenario=Scenario((mishap,)))

    assert lost.rc != 0
    assert lost.outcomes == ["unknown"]
    assert gpo.state().accounts == accounts

    again = gpo.run()
    assert (again.rc, gpo.state().accounts, gpo.state().versions) == (0, NEW, (6, 6))
    assert any("was not known" in note for note in again.result["notes"])
