# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enforcement as an administrator runs it: what he sees, and what the machines hold afterwards."""

from __future__ import annotations

import json
import re

import pytest

from fleet import demo
from fleet.faults import Mishap, On, Scenario
from fleet.windows import names
from fleet.windows.machine import Fault, Machine

FLOOR = set(demo.FLOOR)
ALL_AT_ONCE = {"impersonate_serial": "100%"}


def drifted(name="web01", **options):
    """IIS without its group, and a stranger."""
    return Machine.member_server(name, iis=True, holders=[*demo.FLOOR, names.USERS], **options)


WANTED = FLOOR | {names.IIS_IUSRS}
BEFORE = FLOOR | {names.USERS}


def test_the_four_beats(fleet, enforce, audit):
    machine = drifted()
    fleet.add(machine)

    planned = enforce(fleet, check=True, diff=True)
    assert (planned.rc, planned.outcome.changed, planned.outcomes) == (0, {"web01"}, {"web01": "planned"})
    assert planned.outcome.stats["changed"] == {"web01": 1}  # looked at and planned, and counted once
    assert planned.statuses == {"web01": "drift"}  # a plan has not changed anything yet
    assert planned.records["web01"]["change"]["status_after"] == "compliant"
    assert set(machine.holders()) == BEFORE
    assert f"+{names.IIS_IUSRS}  BUILTIN\\IIS_IUSRS" in planned.outcome.stdout
    assert f"-{names.USERS}  BUILTIN\\Users" in planned.outcome.stdout
    assert not planned.snapshots.exists()

    applied = enforce(fleet, diff=True)
    assert (applied.rc, applied.outcome.changed, applied.statuses) == (0, {"web01"}, {"web01": "compliant"})
    assert applied.outcome.stats["changed"] == {"web01": 1}
    assert set(machine.holders()) == WANTED
    change, plan = applied.records["web01"]["change"], planned.records["web01"]["change"]
    assert (change["added"], change["removed"]) == (plan["added"], plan["removed"]) == ([names.IIS_IUSRS], [names.USERS])
    assert [(step["op"], step["sid"]) for step in change["attempted"]] == [("add", names.IIS_IUSRS), ("remove", names.USERS)]

    second = enforce(fleet)
    assert (second.rc, second.outcome.changed, second.outcomes) == (0, set(), {"web01": "unchanged"})
    assert set(machine.holders()) == WANTED
    assert audit(fleet).rc == 0


def test_restore_brings_the_holders_back(fleet, enforce, restore):
    machine, later = drifted(), drifted("web02")  # of two batches
    machine.grant(demo.ORPHAN)
    fleet.add(machine)
    fleet.add(Machine.member_server("clean"))
    fleet.add(later)
    enforce(fleet, extravars={"impersonate_orphans": "remove"})
    assert set(machine.holders()) == set(later.holders()) == WANTED

    planned = restore(fleet, check=True, diff=True)
    assert set(machine.holders()) == WANTED
    assert planned.outcomes == {"web01": "planned", "web02": "planned", "clean": "nothing_to_restore"}

    done = restore(fleet)
    assert (done.rc, done.outcomes) == (0, {"web01": "applied", "web02": "applied", "clean": "nothing_to_restore"})
    assert set(machine.holders()) == BEFORE | {demo.ORPHAN}
    assert set(later.holders()) == BEFORE

    again = restore(fleet, extravars={"impersonate_restore": sorted(path.name for path in done.snapshots.iterdir())[0]})
    assert (again.rc, again.outcomes["web01"]) == (0, "unchanged")

    run = sorted(path.name for path in done.snapshots.iterdir())[0]
    advice = {finding["advice"] for finding in planned.records["web01"]["findings"]}
    assert {one.partition(" --limit")[0] for one in advice} == {
        f"ansible-playbook winrights.seimpersonate.restore -e impersonate_restore={run}"
    }
    assert {one.report["run"]["restored"] for one in (planned, done, again)} == {run}
    assert all(f"restored: the run {run}" in one.said for one in (planned, done, again))
    assert (
        "NOT RESTORED YET - 2 of 3 hosts would get their earlier holders, 1 had nothing to restore, 0 would not be" in planned.said
    )
    assert "RESTORED - 2 of 3 hosts have their earlier holders, 1 had nothing to restore, 0 not as before" in done.said


def test_a_restore_brings_back_the_whole_list_whatever_is_left_to_a_policy(fleet, enforce, restore):
    """Hosts whose strangers are only reported still get back what an enforcement took and gave."""
    machine = drifted()
    fleet.add(machine)
    enforce(fleet)

    done = restore(fleet, extravars={"impersonate_unexpected": "report", "impersonate_missing": "report"})

    assert (done.rc, done.outcomes, set(machine.holders())) == (0, {"web01": "applied"}, BEFORE)


def test_a_policy_that_does_not_know_iis_does_not_break_it(fleet, enforce):
    """The document names four accounts. The host is left alone, and no other with it, until somebody decides for it or against it."""
    web, files = (
        Machine.member_server("web01", iis=True, holders=WANTED | BEFORE),
        Machine.member_server("files", holders=WANTED | BEFORE),
    )
    fleet.add(web)
    fleet.add(files)
    stig = {"impersonate_policy": "stig"}

    refused = enforce(fleet, extravars=stig)
    assert (refused.rc, refused.outcomes) == (2, {"web01": "refused", "files": "applied"})
    assert refused.records["web01"]["error"]["category"] == "needed"
    assert "IIS 10.0 is installed and needs it (KB 981949)" in refused.records["web01"]["reason"]
    assert (set(web.holders()), set(files.holders())) == (WANTED | BEFORE, FLOOR)

    exception = {"account": "iis_iusrs", "reason": "web server", "owner": "web team", "features": ["iis"]}
    kept = enforce(fleet, extravars=stig | {"impersonate_exceptions": [exception]})
    assert (kept.rc, kept.outcomes["web01"], set(web.holders())) == (0, "applied", WANTED)

    taken = enforce(fleet, extravars=stig | {"impersonate_forbidden": ["iis_iusrs"]})
    assert (taken.rc, taken.outcomes["web01"], set(web.holders())) == (0, "applied", FLOOR)


def test_a_restore_that_would_take_the_floor_is_refused(fleet, enforce, restore):
    machine = Machine.member_server("app01", holders=[sid for sid in demo.FLOOR if sid != names.SERVICE])
    fleet.add(machine)
    enforce(fleet)
    assert set(machine.holders()) == FLOOR

    for check in (True, False):
        refused = restore(fleet, check=check)
        assert (refused.rc, refused.outcomes, refused.statuses) == (2, {"app01": "refused"}, {"app01": "error"})
        assert refused.records["app01"]["error"]["category"] == "floor"
        assert set(machine.holders()) == FLOOR


def test_the_snapshot_is_on_the_disk_before_anything_is_sent(fleet, recorder, enforce):
    machine = drifted()
    fleet.add(machine)
    seen = []
    run = recorder._back_end.run

    def look(machine, received):
        if b'"expected"' in received.stdin:
            seen.extend(json.loads(path.read_text())["outcome"] for path in folder.glob("*/web01.json"))
        return run(machine, received)

    recorder._back_end.run = look
    folder = enforce(fleet, check=True).snapshots
    done = enforce(fleet)

    assert seen == ["pending"]
    (path,) = folder.glob("*/web01.json")
    kept = json.loads(path.read_text())
    assert {one["sid"] for one in kept["before"]} == BEFORE
    assert (kept["outcome"], path.stat().st_mode & 0o777) == ("applied", 0o600)
    assert str(path) == done.records["web01"]["change"]["snapshot"]


# Faults of the machine at every step: what it holds afterwards, and what the report says.
DENIED = 0xC0000022


FAULTS = {
    "the-addition-is-denied": ({"LsaAddAccountRights": Fault(DENIED, on=1)}, "undone", BEFORE),
    "every-removal-is-denied-the-undoing-too": ({"LsaRemoveAccountRights": DENIED}, "undo_failed", BEFORE | {names.IIS_IUSRS}),
    "the-removal-is-not-supported": ({"LsaRemoveAccountRights": Fault(0xC00000BB, on=1)}, "undone", BEFORE),
}


def test_a_fault_leaves_the_machine_as_it_was_or_says_so(fleet, enforce):
    machines = {name: drifted(name, faults=faults) for name, (faults, _outcome, _holders) in FAULTS.items()}
    for machine in machines.values():
        fleet.add(machine)

    run = enforce(fleet, extravars=ALL_AT_ONCE)

    assert run.rc == 2
    outcomes = {name: outcome for name, (_faults, outcome, _holders) in FAULTS.items()}
    assert run.outcomes == {name: run.records[name]["error"]["category"] for name in FAULTS} == outcomes
    assert run.statuses == dict.fromkeys(FAULTS, "error")
    assert {name: set(machine.holders()) for name, machine in machines.items()} == {
        name: holders for name, (_faults, _outcome, holders) in FAULTS.items()
    }


# The exchange is cut: nobody can know what the host did. Commands 1 and 2 read (plan, then enforcement), 3 writes.
CUTS = {
    "cut-before-the-write": (On("Command", Mishap.DROP, 3), BEFORE, "nothing of its plan was carried out"),
    "cut-after-the-write": (On("Receive", Mishap.DROP_AFTER, None, command=3), WANTED, "its plan was carried out"),
}


def test_a_lost_connection_is_an_unknown_state_and_the_next_run_finds_out(fleet, enforce):
    machines = {name: drifted(name) for name in CUTS}
    for name, (mishap, _holders, _found) in CUTS.items():
        fleet.add(machines[name], scenario=Scenario(mishaps=(mishap,)))

    lost = enforce(fleet, extravars=ALL_AT_ONCE)
    assert lost.rc != 0
    assert (lost.outcomes, lost.statuses) == (dict.fromkeys(CUTS, "unknown"), dict.fromkeys(CUTS, "error"))
    for name, (_mishap, holders, _found) in CUTS.items():
        assert lost.records[name]["error"]["category"] == "unknown_state"
        assert set(machines[name].holders()) == holders, name

    following = enforce(fleet, extravars=ALL_AT_ONCE)
    assert following.rc == 0
    for name, (_mishap, _holders, found) in CUTS.items():
        assert found in " ".join(following.records[name]["notes"]), name
        assert set(machines[name].holders()) == WANTED

    settled = enforce(fleet, extravars=ALL_AT_ONCE)
    for name in CUTS:
        assert "unknown" not in " ".join(settled.records[name]["notes"])


DENIED_ONCE, LOST = {"LsaAddAccountRights": DENIED}, Scenario(mishaps=(On("Command", Mishap.DROP, 3),))


@pytest.mark.parametrize(
    ("faults", "scenario", "stops", "status"),
    [
        pytest.param(DENIED_ONCE, None, True, "error", id="its change failed"),
        pytest.param({}, LOST, True, "error", id="it was lost during the change"),
        pytest.param({}, "host down", False, "unreachable", id="it is down, and nothing was sent"),
    ],
)
def test_a_rolling_change_stops_after_a_change_that_did_not_end_as_planned(fleet, enforce, faults, scenario, stops, status):
    trouble = drifted("cut", faults=faults)
    fleet.add(trouble, scenario=scenario)
    after = drifted("host1")
    fleet.add(after)

    run = enforce(fleet, extravars={"impersonate_serial": 1})

    assert run.rc != 0
    assert run.statuses == {"cut": status, "host1": "not_checked" if stops else "compliant"}
    assert [set(machine.holders()) for machine in (trouble, after)] == [BEFORE, BEFORE if stops else WANTED]
    assert ("The rolling change stopped at cut, before 1 host was reached: host1." in run.said) is stops


def test_a_removal_on_many_hosts_asks_for_a_second_look(fleet, enforce):
    machines = [drifted(f"host{number}") for number in range(3)]
    for machine in machines:
        fleet.add(machine)

    stopped = enforce(fleet, extravars={"impersonate_max_hosts_per_account": 2})
    assert stopped.rc == 2
    assert "would remove BUILTIN\\Users (S-1-5-32-545) on 3 hosts" in stopped.said.replace("\\\\", "\\")
    assert [set(machine.holders()) for machine in machines] == [BEFORE] * 3

    meant = enforce(fleet, extravars={"impersonate_max_hosts_per_account": 3, **ALL_AT_ONCE})
    assert meant.rc == 0
    assert [set(machine.holders()) for machine in machines] == [WANTED] * 3


@pytest.mark.parametrize(
    ("mode", "rc", "outcome", "holders"),
    [
        pytest.param("refuse", 2, "refused", BEFORE, id="refuse"),
        pytest.param("warn", 0, "applied", WANTED, id="warn"),
        pytest.param("apply", 0, "applied", WANTED, id="apply"),
    ],
)
def test_a_controlled_right(fleet, enforce, mode, rc, outcome, holders):
    machine = drifted()
    fleet.add(machine, variables={"impersonate_controlled_by": {"kind": "gpo", "name": "Baseline", "guid": "{A1}"}})

    run = enforce(fleet, extravars={"impersonate_on_controlled": mode})

    assert (run.rc, run.outcomes) == (rc, {"web01": outcome})
    result = run.outcome.results("local_right")["web01"]
    said = " ".join([*result.get("warnings", []), result.get("msg", "")])
    assert ("the GPO Baseline {A1} sets the right, as the task states" in said) is (mode != "apply")
    assert ("set on_controlled (in the role impersonate_on_controlled) to warn or apply" in run.said) is (mode == "refuse")
    assert set(machine.holders()) == holders


def test_a_policy_that_would_take_the_floor_is_refused_before_anything_is_sent(fleet, enforce):
    machine = Machine.member_server("web01")
    fleet.add(machine)
    row = {"required": ["administrators", "service"], "source": "s"}
    policy = {"name": "own", "title": "Own", "compare": "exact", "host_roles": {"member_server": row}}

    for check in (True, False):
        run = enforce(fleet, check=check, extravars={"impersonate_policy": policy})
        assert (run.rc, run.outcomes) == (2, {"web01": "refused"})
        assert "0xC00000BB" in run.said
    assert set(machine.holders()) == FLOOR


PLAIN = "- hosts: all\n  gather_facts: false\n  tasks:\n    - winrights.seimpersonate.local_right: {options}\n"


EACH_ITS_OWN = {name: f"{{{{ {name} | default(omit) }}}}" for name in ("required", "forbidden", "holders")}
PLAIN_USE = {
    "add-as-action-add": ({"required": ["guests"]}, BEFORE | {"S-1-5-32-546"}),
    "remove-as-action-remove": ({"forbidden": ["users"]}, FLOOR),
    "set-as-action-set": ({"holders": ["administrators", "local_service", "network_service", "service", "iusr"]}, FLOOR | {names.IUSR}),
}  # fmt: skip


def test_plain_use_of_the_module(fleet, playbook, tmp_path):
    machines = {name: drifted(name) for name in PLAIN_USE}
    for name, (options, _holders) in PLAIN_USE.items():
        fleet.add(machines[name], variables=options)
    path = tmp_path / "plain.yml"
    path.write_text(PLAIN.format(options=json.dumps({**EACH_ITS_OWN, "snapshot_dir": str(tmp_path / "kept")})))

    def held():
        return {name: set(machine.holders()) for name, machine in machines.items()}

    assert playbook(fleet, path, check=True).outcome.changed == set(PLAIN_USE)
    assert held() == dict.fromkeys(PLAIN_USE, BEFORE)
    assert playbook(fleet, path).outcome.changed == set(PLAIN_USE)
    assert held() == {name: holders for name, (_options, holders) in PLAIN_USE.items()}
    assert playbook(fleet, path).outcome.changed == set()


def test_the_result_lists_what_must_restart(fleet, enforce):
    machine = drifted()
    fleet.add(machine)

    run = enforce(fleet)

    felt = [(one["kind"], one["name"], one["effect"], one["through"]) for one in run.records["web01"]["change"]["restart"]]
    assert felt == [("app pool", "DefaultAppPool", "gains", None), ("logon", f"BUILTIN\\Users ({names.USERS})", "loses", None)]
    assert "effective after restart of app pool DefaultAppPool" in run.said


def test_a_stopped_restore_can_be_run_again(fleet, enforce, restore):
    """The restore's own run is never the latest: the second restore goes on where the first one stopped."""
    machines = [drifted(f"host{number}") for number in range(3)]
    for machine in machines:
        fleet.add(machine)
    assert enforce(fleet, extravars=ALL_AT_ONCE).rc == 0
    machines[1].faults["LsaAddAccountRights"] = DENIED

    stopped = restore(fleet, extravars={"impersonate_serial": 1})
    assert stopped.rc != 0
    assert [set(machine.holders()) for machine in machines] == [BEFORE, WANTED, WANTED]

    machines[1].faults.clear()
    again = restore(fleet, extravars={"impersonate_serial": 1})
    assert again.rc == 0
    assert [set(machine.holders()) for machine in machines] == [BEFORE, BEFORE, BEFORE]
    assert again.outcomes == {"host0": "unchanged", "host1": "applied", "host2": "applied"}


def test_a_host_that_changed_after_the_look_is_refused(fleet, enforce, recorder):
    """The second play plans anew, and does no more than what the fleet was looked at for."""
    machine = drifted()
    fleet.add(machine)
    run, seen = recorder._back_end.run, []

    def meddle(machine, received):
        output = run(machine, received)
        seen.append(received)
        if len(seen) == 1:
            machine.grant("S-1-5-32-546")
        return output

    recorder._back_end.run = meddle
    done = enforce(fleet)

    assert (done.rc, done.outcomes) == (2, {"web01": "refused"})
    assert done.records["web01"]["error"]["category"] == "plan_changed"
    assert set(machine.holders()) == BEFORE | {"S-1-5-32-546"}


@pytest.mark.parametrize(
    ("serial", "batches"),
    [
        pytest.param("", [1, 1, 1, 1], id="an empty answer of a survey: the default"),
        pytest.param("1, 100%", [1, 3], id="a text of a survey"),
        pytest.param("[2, '50%']", [2, 2], id="a list as text"),
        pytest.param("50%", [2, 2], id="a percentage"),
        pytest.param(3, [3, 1], id="a number"),
        pytest.param([1, "100%"], [1, 3], id="a list"),
    ],
)
def test_batches(fleet, enforce, serial, batches):
    for number in range(4):
        fleet.add(Machine.member_server(f"host{number}"))

    run = enforce(fleet, extravars={"impersonate_serial": serial})

    assert run.rc == 0
    reached = [int(told[1]) for line in run.outcome.stdout.splitlines() if (told := re.match(r"(\d+) of 4 hosts done:", line))]
    assert [*reached, 4] == [sum(batches[: number + 1]) for number in range(len(batches))]


def test_a_connection_lost_during_the_read_is_an_error_and_nothing_was_sent(fleet, enforce):
    machine = drifted("cut")
    fleet.add(machine, scenario=Scenario(mishaps=(On("Command", Mishap.DROP, 2),)))

    run = enforce(fleet)

    assert run.rc != 0
    assert run.statuses == {"cut": "error"}
    assert "could not be kept" not in run.said
    assert "the connection was lost during the read" in run.said
    assert set(machine.holders()) == BEFORE


def test_plain_use_reports_a_lost_connection_during_the_write_as_unknown(fleet, playbook, tmp_path):
    machine = drifted("cut")
    fleet.add(machine, scenario=Scenario(mishaps=(On("Receive", Mishap.DROP_AFTER, None, command=2),)))
    path = tmp_path / "plain.yml"
    path.write_text(PLAIN.format(options=json.dumps({"forbidden": ["users"], "snapshot_dir": str(tmp_path / "kept")})))

    run = playbook(fleet, path)

    result = run.outcome.results("local_right")["cut"]
    assert (result["outcome"], result["error"]["category"]) == ("unknown", "unknown_state")
    assert set(machine.holders()) == FLOOR


ROLE = "winrights.seimpersonate.impersonate"


@pytest.mark.parametrize(
    ("play", "holders"),
    [
        pytest.param({"roles": [ROLE]}, BEFORE, id="a plain role audits"),
        pytest.param({"tasks": [{"include_role": {"name": ROLE}}]}, BEFORE, id="included, too"),
        pytest.param({"tasks": [{"include_role": {"name": ROLE, "tasks_from": "main"}}]}, BEFORE, id="by its name, too"),
        pytest.param({"tasks": [{"include_role": {"name": ROLE, "tasks_from": "enforce"}}]}, WANTED, id="changing is asked for"),
        pytest.param({"tasks": [{"import_role": {"name": ROLE, "tasks_from": "enforce"}}]}, WANTED, id="imported, too"),
    ],
)
def test_the_role_changes_hosts_only_where_that_is_asked_for(fleet, playbook, tmp_path, play, holders):
    machine = drifted()
    fleet.add(machine)
    path = tmp_path / "own.yml"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, **play}]))

    run = playbook(fleet, path)

    assert set(machine.holders()) == holders
    assert (run.rc, run.statuses) == ((2, {"web01": "drift"}) if holders == BEFORE else (0, {"web01": "compliant"}))
    assert run.snapshots.exists() is (holders == WANTED)
