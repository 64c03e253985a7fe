# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The enforcing plugin against simulated machines, in this process: what the machine holds afterwards is what counts."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import hostile
import pytest
from ansible.errors import AnsibleActionFail
from hypothesis import given
from hypothesis import strategies as st
from whole_report import OTHERS, read_again, report_of, rows

from ansible_collections.winrights.seimpersonate.plugins.action.local_right import ActionModule
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.plans import count_plans, not_sent, plan_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.summary import stopped_by
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import locks, turns
from fleet.backends.emulator.change import local_right
from fleet.windows import lsa, names
from fleet.windows.grouppolicy import DENIED, Rsop, Setting
from fleet.windows.machine import FLOOR, Fault, Machine, Meddling, Token

USERS, GUESTS, BATCH = names.USERS, "S-1-5-32-546", "S-1-5-3"
ORPHAN = "S-1-5-21-1004336348-1177238915-682003330-1201"
ADD, REMOVE, READ = "LsaAddAccountRights", "LsaRemoveAccountRights", "LsaEnumerateAccountsWithUserRight"
WHO = ("SIM\\auditor", Token.ADMINISTRATOR)
OPTIONS = {"holders": [*FLOOR, names.IIS_IUSRS]}
BEFORE = {*FLOOR, USERS}
WANTED = {*FLOOR, names.IIS_IUSRS}


def machine_with(*held, **options):
    return Machine.member_server("WEB01", holders=held, **options)


def host(machine, asked=None):
    """Answers as the machine would; notes what it was asked."""

    def execute(module, args):
        if asked is not None:
            asked.append((module, args))
        return json.loads(json.dumps(local_right(machine, *WHO, args)))

    return execute


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "snapshots"


def snapshots(folder):
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*/*.json"))]


@pytest.mark.usefixtures("container")
@pytest.mark.parametrize("check", [pytest.param(True, id="a plan"), pytest.param(False, id="a change")])
@pytest.mark.parametrize("options", [pytest.param(OPTIONS, id="a list"), pytest.param({"restore": "latest"}, id="a restore")])
def test_snapshots_that_end_with_the_job_of_awx_are_refused_before_the_host_is_read(action, folder, check, options):
    machine, asked = machine_with(*BEFORE), []

    with pytest.raises(AnsibleActionFail, match="snapshot_dir: .* ends with the container of the job") as error:
        action(
            ActionModule, host(machine, asked), check_mode=check, task_vars={"awx_job_id": 7}, snapshot_dir=str(folder), **options
        )

    assert not_sent({"web01": error.value.result | {"failed": True}})
    assert (asked, set(machine.holders()), folder.exists()) == ([], BEFORE, False)


@pytest.mark.usefixtures("container")
def test_snapshots_that_may_be_lost_are_kept_with_a_warning(action, folder):
    machine = machine_with(*BEFORE)

    result = action(
        ActionModule, host(machine), task_vars={"awx_job_id": 7}, snapshot_dir=str(folder), snapshots_may_be_lost=True, **OPTIONS
    )

    assert (set(machine.holders()), [kept["outcome"] for kept in snapshots(folder)]) == (WANTED, ["applied"])
    assert "ends with the container of the job" in result["warnings"][0]


def test_check_mode_reads_once_and_writes_nothing_anywhere(action, folder):
    machine, asked = machine_with(*BEFORE), []

    result = action(ActionModule, host(machine, asked), check_mode=True, diff=True, snapshot_dir=str(folder), **OPTIONS)

    assert (result["changed"], result["outcome"], result["status"], result["status_after"]) == (
        True,
        "planned",
        "drift",
        "compliant",
    )
    assert [args for _module, args in asked] == [{"read": {"accounts": [], "exposure": True, "expand": False, "events": None}}]
    assert set(machine.holders()) == BEFORE
    assert not folder.exists()
    assert (USERS in result["diff"]["before"], USERS in result["diff"]["after"]) == (True, False)


def test_a_change_is_two_commands_and_a_settled_snapshot(action, folder):
    machine, asked = machine_with(*BEFORE), []

    result = action(ActionModule, host(machine, asked), snapshot_dir=str(folder), run_id="run1", **OPTIONS)

    assert (result["changed"], result["outcome"], result["status"], result["run_id"]) == (True, "applied", "compliant", "run1")
    assert [sorted(args) for _module, args in asked] == [["read"], ["add", "expected", "remove"]]
    assert set(machine.holders()) == WANTED
    assert [(kept["outcome"], kept["run_id"]) for kept in snapshots(folder)] == [("applied", "run1")]


def in_a_worker(task, *, kill_main):
    """Run a task as ansible-core does, in a process that another one forked; that one is alive meanwhile, or killed before."""
    read, write = os.pipe()
    main = os.fork()
    if main == 0:

        def work():
            while kill_main and os.getppid() == main_pid:
                os.sched_yield()
            os.write(write, json.dumps(task()).encode())
            os._exit(0)

        main_pid = os.getpid()
        worker = multiprocessing.get_context("fork").Process(target=work)
        worker.start()
        if kill_main:
            os.kill(main_pid, signal.SIGKILL)
        worker.join()
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as told:
        answer = json.load(told)
    os.waitpid(main, 0)
    return answer


@pytest.mark.parametrize(
    ("kill_main", "outcome", "modules"),
    [pytest.param(False, "applied", 2, id="it lives"), pytest.param(True, "not_started", 1, id="it was killed")],
)
def test_a_worker_changes_nothing_after_its_main_process_was_killed(action, folder, kill_main, outcome, modules):
    def task():
        machine, asked = machine_with(*BEFORE), []
        result = action(ActionModule, host(machine, asked), snapshot_dir=str(folder), **OPTIONS)
        return result["outcome"], bool(result.get("failed")), len(asked), sorted(machine.holders())

    answer = in_a_worker(task, kill_main=kill_main)

    assert answer == [outcome, kill_main, modules, sorted(BEFORE if kill_main else WANTED)]
    assert [kept["outcome"] for kept in snapshots(folder)] == [outcome]


def test_nothing_to_do_is_one_command_and_no_snapshot(action, folder):
    machine, asked = machine_with(*WANTED), []

    result = action(ActionModule, host(machine, asked), snapshot_dir=str(folder), **OPTIONS)

    assert (result["changed"], result["outcome"], len(asked)) == (False, "unchanged", 1)
    assert not folder.exists()


def fault(call, status=0xC0000022, on=1):
    return {call: Fault(status, on=on)}


ROWS = [
    pytest.param(fault(ADD), [], "undone", BEFORE, id="denied at the first addition"),
    pytest.param(fault(REMOVE), [], "undone", BEFORE, id="denied at the first removal"),
    pytest.param(fault(REMOVE, on=2), [], "undone", {*BEFORE, GUESTS}, id="denied at the second removal"),
    pytest.param(fault(REMOVE, lsa.NOT_SUPPORTED), [], "undone", BEFORE, id="0xC00000BB at the removal"),
    pytest.param(fault(READ, on=2), [], "undone", BEFORE, id="the second read is denied"),
    pytest.param(fault(READ, on=(2, 3)), [], "undo_failed", BEFORE, id="the second and the third read are denied"),
    pytest.param({REMOVE: Fault(0xC0000022)}, [], "undo_failed", {*BEFORE, names.IIS_IUSRS}, id="nothing can be removed, not even what was added"),
    pytest.param(fault("LsaOpenPolicy"), [], "not_started", BEFORE, id="the policy does not open for the change"),
    pytest.param({}, [Meddling(READ, on=2, grant=(BATCH,))], "applied", {*WANTED, BATCH}, id="somebody else gets the right after everything was verified"),
    pytest.param({}, [Meddling(REMOVE, on=1, grant=(BATCH,))], "undo_failed", {*BEFORE, BATCH}, id="somebody else gets it before the second read"),
]  # fmt: skip


@pytest.mark.parametrize(("faults", "meddle", "outcome", "holders"), ROWS)
def test_the_machine_after_a_fault(action, folder, faults, meddle, outcome, holders):
    extra = [GUESTS] if GUESTS in holders else []
    machine = machine_with(*BEFORE, *extra)

    def execute(module, args):
        if "read" not in args:  # the fault comes with the change, not with the read before it
            machine.faults.update(faults)
            machine.meddle.extend(meddle)
        return host(machine)(module, args)

    result = action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], set(machine.holders())) == (outcome, holders)
    assert bool(result.get("failed")) == (outcome != "applied")
    assert result["status"] == ("compliant" if outcome == "applied" else "error")
    assert [kept["outcome"] for kept in snapshots(folder)] == [outcome]
    assert {one["sid"] for one in snapshots(folder)[0]["before"]} == {*BEFORE, *extra}


def test_a_host_that_changed_between_read_and_write_is_left_alone(action, folder):
    machine = machine_with(*BEFORE)

    def execute(module, args):
        answer = host(machine)(module, args)
        machine.grant(BATCH)  # right after the read
        return answer

    result = action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], result["changed"], result["attempted"]) == ("changed_meanwhile", False, [])
    assert set(machine.holders()) == {*BEFORE, BATCH}


APPLIED = {"outcome": "applied", "changed": True, "before": [], "after": [], "attempted": [], "undone": [], "error": None}
LOSSES = [
    pytest.param(False, None, BEFORE, "nothing of its plan was carried out", id="lost before the host acted"),
    pytest.param(True, None, WANTED, "its plan was carried out", id="lost after the host acted"),
    pytest.param(True, {"failed": True, "msg": "no JSON"}, WANTED, "its plan was carried out", id="the answer is garbage"),
    pytest.param(True, {"outcome": "applied"}, WANTED, "its plan was carried out", id="half the answer"),
    pytest.param(True, {**APPLIED, "after": "S-1-5-6"}, WANTED, "its plan was carried out", id="a list that unrolled to a text"),
    pytest.param(True, {**APPLIED, "after": None}, WANTED, "its plan was carried out", id="applied, and no second read"),
    pytest.param(
        True, {**APPLIED, "after": ["S-1-5-6"]}, WANTED, "its plan was carried out", id="applied, and the second read disagrees"
    ),
    pytest.param(True, {"outcome": "fine"}, WANTED, "its plan was carried out", id="an outcome that nobody knows"),
]


@pytest.mark.parametrize(("acts", "answer", "holders", "found"), LOSSES)
def test_lost_contact_is_an_unknown_state_until_the_next_run(action, folder, acts, answer, holders, found):
    machine = machine_with(*BEFORE)

    def execute(module, args):
        if "read" in args:
            return host(machine)(module, args)
        if acts:
            host(machine)(module, args)
        if answer is None:
            raise TimeoutError("the host does not answer")
        return answer

    result = action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], result["changed"], result["status"], result["after"]) == ("unknown", True, "error", None)
    assert result["error"]["category"] == "unknown_state"
    assert set(machine.holders()) == holders

    looked = action(ActionModule, host(machine), check_mode=True, snapshot_dir=str(folder), **OPTIONS)
    following = action(ActionModule, host(machine), snapshot_dir=str(folder), **OPTIONS)

    assert [found in note for note in looked["notes"]] == [found in note for note in following["notes"]] == [True]
    assert set(machine.holders()) == WANTED
    assert action(ActionModule, host(machine), snapshot_dir=str(folder), **OPTIONS)["notes"] == []


def test_a_killed_run_leaves_the_pre_image_and_the_next_one_finds_out(action, folder):
    machine = machine_with(*BEFORE)

    def execute(module, args):
        answer = host(machine)(module, args)
        if "read" not in args:
            raise SystemExit("killed")
        return answer

    with pytest.raises(SystemExit):
        action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)
    assert [(kept["outcome"], {one["sid"] for one in kept["before"]}) for kept in snapshots(folder)] == [("pending", BEFORE)]

    assert "its plan was carried out" in action(ActionModule, host(machine), snapshot_dir=str(folder), **OPTIONS)["notes"][0]


def test_a_time_out_of_the_task_is_an_unknown_state(action, folder):
    class TaskTimeoutError(BaseException):
        """As ansible-core raises it."""

    machine = machine_with(*BEFORE)

    def execute(module, args):
        answer = host(machine)(module, args)
        if "read" not in args:
            raise TaskTimeoutError("Timed out after 7 second(s).")
        return answer

    result = action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], result["changed"], set(machine.holders())) == ("unknown", True, WANTED)
    assert [kept["outcome"] for kept in snapshots(folder)] == ["unknown"]


def test_a_snapshot_that_cannot_be_settled_does_not_hide_the_change(action, folder):
    machine = machine_with(*BEFORE)

    def execute(module, args):
        answer = host(machine)(module, args)
        if "read" not in args:
            shutil.rmtree(folder)
        return answer

    result = action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], result["changed"], result["status"]) == ("applied", True, "compliant")
    assert "could not be noted in the snapshot" in result["warnings"][0]


@pytest.mark.parametrize("outcome", ["changed_meanwhile", "undone", "not_started"])
def test_a_run_that_left_the_host_as_it_was_is_not_restored(action, folder, outcome):
    machine = machine_with(*BEFORE)
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    path = folder / "run1" / "web01.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "outcome": outcome}))

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), restore="run1")

    assert (result["outcome"], result["changed"], set(machine.holders())) == ("nothing_to_restore", False, WANTED)
    assert outcome in result["notes"][0]


def test_a_restore_says_what_others_changed_since_then(action, folder):
    machine = machine_with(*BEFORE)
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    machine.grant(BATCH)

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), restore="run1")

    assert (result["outcome"], set(machine.holders())) == ("applied", BEFORE)
    assert result["notes"] == ["changed by others since the run run1: NT AUTHORITY\\BATCH (S-1-5-3)"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        pytest.param(OPTIONS, "required by the option holders", id="the whole list"),
        pytest.param({"required": [names.IIS_IUSRS]}, "required by the option required", id="an addition"),
        pytest.param({"restore": "run1"}, "required as it held the right before the run run1", id="a restore"),
    ],
)
def test_a_holder_says_why_it_may_hold_the_right(action, folder, options, why):
    machine = machine_with(*BEFORE, names.IIS_IUSRS)
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", holders=[*FLOOR])

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), **options)

    (holder,) = (one for one in result["holders"] if one["sid"] == names.IIS_IUSRS)
    assert holder["why"] == why


LATER = "the snapshot does not tell on which computer it was taken, so that only the name in the inventory was compared"


@pytest.mark.parametrize("check", [pytest.param(True, id="check mode"), pytest.param(False, id="for real")])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            {"sid": names.domain_sid("elsewhere")}, "which has that name since it was installed anew", id="installed anew"
        ),
        pytest.param({"name": "WEB02", "sid": names.domain_sid("WEB02")}, "taken on WEB02", id="another machine"),
        pytest.param({"name": "WEB02", "sid": None}, "taken on WEB02 (SID not known)", id="another name, and no SID"),
    ],
)
def test_a_restore_on_another_machine_is_refused(action, folder, change, words, check):
    machine, asked = machine_with(*BEFORE), []
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    path = folder / "run1" / "web01.json"
    kept = json.loads(path.read_text())
    path.write_text(json.dumps({**kept, "computer": {**kept["computer"], **change}}))

    result = action(ActionModule, host(machine, asked), check_mode=check, snapshot_dir=str(folder), restore="run1")

    assert (result["outcome"], result["changed"], result["error"]["category"]) == ("refused", False, "other_machine")
    assert words in result["msg"]
    assert (len(asked), set(machine.holders()), len(snapshots(folder))) == (1, WANTED, 1)


@pytest.mark.parametrize(
    ("computer", "note"),
    [
        pytest.param({"name": "WEB01", "sid": names.domain_sid("WEB01")}, None, id="the same"),
        pytest.param({"name": "OLD", "sid": names.domain_sid("WEB01")}, "the computer was called OLD when", id="renamed"),
        pytest.param({"name": "web01", "sid": None}, "only the name of the computer was compared", id="a SID that was not known"),
        pytest.param(None, LATER, id="a snapshot of an earlier version"),
    ],
)
def test_a_restore_says_what_it_compared_of_the_machine(action, folder, computer, note):
    machine = machine_with(*BEFORE)
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    path = folder / "run1" / "web01.json"
    kept = {key: value for key, value in json.loads(path.read_text()).items() if key != "computer"}
    path.write_text(json.dumps({**kept, **({"computer": computer} if computer else {})}))

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), restore="run1")

    assert (result["outcome"], set(machine.holders())) == ("applied", BEFORE)
    assert any("comput" in said for said in result["notes"]) is (note is not None)
    assert note is None or any(said.startswith(note) for said in result["notes"])


def test_what_became_of_a_lost_run_is_not_found_out_on_another_machine(action, folder):
    machine = machine_with(*BEFORE)

    def lose(module, args):
        if "read" not in args:
            raise ConnectionError("cut")
        return host(machine)(module, args)

    action(ActionModule, lose, snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    machine.installed = "anew"
    following = action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run2", **OPTIONS)

    assert "that is not found out any more: the snapshot was taken on WEB01" in following["notes"][0]
    assert [one["outcome"] for one in snapshots(folder)] == ["found_other", "applied"]
    assert set(machine.holders()) == WANTED


def test_a_failed_judgement_does_not_use_up_what_became_of_a_lost_run(action, folder):
    machine = machine_with(*BEFORE)

    def lose(module, args):
        if "read" not in args:
            raise ConnectionError("cut")
        return host(machine)(module, args)

    action(ActionModule, lose, snapshot_dir=str(folder), **OPTIONS)
    unjudged = action(ActionModule, host(machine), snapshot_dir=str(folder), required=["SIM\\nobody"])
    following = action(ActionModule, host(machine), snapshot_dir=str(folder), **OPTIONS)

    assert unjudged["error"]["category"] == "account_lookup"
    assert "nothing of its plan was carried out" in following["notes"][0]


def test_a_spoilt_snapshot_of_an_old_run_is_said_and_does_not_keep_a_new_one_from_its_work(action, folder):
    machine = machine_with(*BEFORE)
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "web01.json").write_text("{")

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], set(machine.holders())) == ("applied", WANTED), result
    assert "cannot be read" in result["notes"][0]


def test_a_run_that_is_still_at_work_is_left_alone(action, folder):
    machine = machine_with(*BEFORE)
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    path = folder / "run1" / "web01.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "outcome": "pending"}))

    with locks.host(folder, "web01", "run1"):
        result = action(ActionModule, host(machine), snapshot_dir=str(folder), forbidden=["iis_iusrs"])

    assert (result["outcome"], result["error"]["category"]) == ("refused", "busy")
    assert set(machine.holders()) == WANTED
    assert str(locks.path_of(folder, "web01")) in result["msg"]
    assert json.loads(path.read_text())["outcome"] == "pending"


def test_what_is_left_of_a_change_that_could_not_be_undone(action, folder):
    machine = machine_with(*BEFORE)

    def execute(module, args):
        machine.faults.update({REMOVE: Fault(0xC0000022)} if "read" not in args else {})
        return host(machine)(module, args)

    result = action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], result["left"]) == ("undo_failed", [names.IIS_IUSRS])
    assert [(step["op"], step["sid"]) for step in result["done"]] == [("add", names.IIS_IUSRS)]
    assert set(result["after"]) == set(machine.holders())


def test_no_pre_image_no_change(action, tmp_path):
    machine = machine_with(*BEFORE)
    (tmp_path / "file").write_text("in the way")

    result = action(ActionModule, host(machine), snapshot_dir=str(tmp_path / "file"), **OPTIONS)

    assert (result["failed"], result["status"], result["error"]["category"]) == (True, "error", "snapshot_not_kept")
    assert (
        "snapshot_dir (in the role impersonate_snapshot_dir): the pre-image could not be kept, so nothing was sent"
        in result["error"]["message"]
    )
    assert set(machine.holders()) == BEFORE


def test_a_pre_image_is_never_overwritten(action, folder):
    machine = machine_with(*BEFORE)
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    machine.grant(USERS)

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)

    assert (result["error"]["category"], "is there already" in result["msg"]) == ("snapshot_not_kept", True)
    assert set(machine.holders()) == {*WANTED, USERS}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({}, "must say who holds the right", id="nobody named"),
        pytest.param({"holders": ["service"], "policy": {}}, "mutually exclusive", id="a list and a policy"),
        pytest.param({"holders": ["service"], "required": ["users"]}, "required: not together with holders", id="a list and an addition"),
        pytest.param({"holders": ["users"], "forbidden": ["users"]}, "holders: users .* is forbidden by the option forbidden", id="in the list and forbidden"),
        pytest.param({"forbidden": ["service"]}, "can never be forbidden", id="the floor forbidden"),
        pytest.param({"required": ["users"], "forbidden": ["users"]}, "forbidden by the option forbidden", id="wanted and not wanted"),
        pytest.param(
            {"policy": {"name": "ours", "extends": "microsoft", "every_host": {"required": ["users"], "source": "handbook"}}, "forbidden": ["users"]},
            r"forbidden: users .* is required by the policy ours \(every_host", id="forbidden, and required on every host",
        ),
        pytest.param({"restore": "never"}, "'never' is not a snapshot file", id="no such run"),
        pytest.param({"required": ["users"], "unexpected": "drop"}, "value of unexpected must be one of: remove, report", id="no such handling"),
        pytest.param({"required": ["users"], "controlled_by": {"kind": "cloud"}}, "value of kind must be one of: local, gpo, mdm", id="no such controller"),
    ],
)  # fmt: skip
def test_bad_input_ends_before_the_host_is_touched(action, folder, options, words):
    asked = []

    with pytest.raises(AnsibleActionFail, match=words):
        action(ActionModule, host(machine_with(), asked), snapshot_dir=str(folder), **options)
    assert asked == []


@pytest.mark.parametrize("options", [pytest.param(OPTIONS, id="a change"), pytest.param({"restore": "run1"}, id="a restore")])
@pytest.mark.parametrize("check", [pytest.param(True, id="check mode"), pytest.param(False, id="for real")])
def test_a_delegated_task_is_refused_before_anything_is_sent(action, folder, options, check):
    """Else the change of one host is filed under the name of another, and a restore brings it to the wrong one."""
    machine, asked = machine_with(*BEFORE), []
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    kept = snapshots(folder)

    with pytest.raises(
        AnsibleActionFail, match="delegate_to: 'other' is not allowed for 'web01'.*let the play name other in its hosts"
    ):
        action(ActionModule, host(machine, asked), check_mode=check, delegate_to="other", snapshot_dir=str(folder), **options)
    assert (asked, snapshots(folder), set(machine.holders())) == ([], kept, WANTED)


def test_a_task_that_is_delegated_to_its_own_host_is_as_good_as_any(action, folder):
    machine = machine_with(*BEFORE)

    action(ActionModule, host(machine), delegate_to="web01", snapshot_dir=str(folder), **OPTIONS)

    assert set(machine.holders()) == WANTED


# Properties: random machines, options and faults

POOL = sorted([*FLOOR, USERS, GUESTS, BATCH, names.IIS_IUSRS, ORPHAN])
subsets = st.sets(st.sampled_from(POOL))
statuses = st.sampled_from([0xC0000022, 0xC00000BB, 0xC000009A, 0xC0000001])
faults = st.dictionaries(
    st.sampled_from([ADD, REMOVE, READ, "LsaOpenPolicy", "LsaLookupSids2"]),
    st.builds(Fault, statuses, on=st.one_of(st.none(), st.integers(1, 4))),
    max_size=2,
)
meddling = st.lists(
    st.builds(
        Meddling,
        st.sampled_from([ADD, REMOVE, READ]),
        on=st.integers(1, 3),
        grant=st.tuples(st.sampled_from(POOL)),
        revoke=st.tuples(st.sampled_from([USERS, GUESTS, ORPHAN])),
    ),
    max_size=1,
)
account_options = st.one_of(
    st.builds(lambda sids: {"holders": sorted(sids)}, subsets),
    st.builds(lambda sids: {"holders": sorted({*sids, *FLOOR})}, subsets),
    st.builds(lambda sids: {"required": sorted(sids)}, st.sets(st.sampled_from(POOL), min_size=1)),
    st.builds(lambda sids: {"forbidden": sorted(sids - {*FLOOR}) or [USERS]}, subsets),
)
handlings = st.fixed_dictionaries(
    {"unexpected": st.sampled_from(["remove", "report"]), "missing": st.sampled_from(["add", "report"]),
     "orphans": st.sampled_from(["keep", "report", "remove"])}
)  # fmt: skip


@given(subsets, account_options, handlings, faults, meddling, st.booleans())
def test_whatever_happens_the_result_tells_the_truth_about_the_machine(action, held, accounts, handling, faults_, meddle, lost):
    """The floor stays; success means the plan; failure means the pre-image, or says that it is not known; a second run changes nothing."""
    machine = machine_with(*held)
    floor = set(FLOOR) & held
    folder = tempfile.mkdtemp(prefix="snapshots-")
    options = {**accounts, **handling, "snapshot_dir": folder}

    def execute(module, args):
        if "read" not in args:
            machine.faults.update(faults_)
            machine.meddle.extend(meddle)
        answer = host(machine)(module, args)
        if lost and "read" not in args:
            raise ConnectionError("cut")
        return answer

    try:
        before = copy.deepcopy(machine.rights)
        planned = action(ActionModule, host(machine), check_mode=True, **options)
        assert machine.rights == before
        assert snapshots(Path(folder)) == []

        result = action(ActionModule, execute, **options)
        now = set(machine.holders())
        assert floor <= now
        outcome = result["outcome"]
        if outcome in ("applied", "unchanged"):
            assert (result["added"], result["removed"]) == (planned["added"], planned["removed"])
            assert outcome == ("applied" if planned["outcome"] == "planned" else planned["outcome"])
            if not meddle:
                assert now == (held - set(result["removed"])) | set(result["added"]) == set(result["after"])
        elif outcome in ("refused", "changed_meanwhile", "not_started", "undone"):
            assert result["failed"]
            if not meddle:
                assert now == held == set(result["after"] if result["after"] is not None else held)
        else:
            assert outcome in ("undo_failed", "unknown")
            assert result["failed"]
            assert result["changed"]
            assert (outcome == "unknown") == lost
            if outcome == "undo_failed" and result["after"] is not None and not meddle:  # a meddler may come after the last read
                assert set(result["after"]) == now
                assert set(result["left"]) == held ^ now
        assert (outcome == "refused") == (planned["outcome"] == "refused")
        if outcome == "applied" and not meddle:
            machine.faults.clear()
            assert action(ActionModule, host(machine), **options)["outcome"] == "unchanged"
    finally:
        shutil.rmtree(folder)


CONTROL = {"gpo": {"gpos": (Setting("Base", "{A1}"),)}, "doubt": {"rsop": Rsop(error=DENIED)}, "free": {}}


@pytest.mark.parametrize(
    ("kind", "outcome", "words"),
    [
        pytest.param(
            "gpo", "refused", "the GPO Base {A1} linked at DC=sim,DC=example sets the right; Group Policy takes", id="a GPO"
        ),
        pytest.param("doubt", "applied", "access to RSoP was denied, so it is not known whether a local change lasts", id="doubt"),
        pytest.param("free", "applied", "", id="nobody"),
    ],
)
def test_the_facts_of_the_host_decide(action, folder, kind, outcome, words):
    machine = machine_with(*BEFORE)
    for name, value in CONTROL[kind].items():
        setattr(machine, name, value)

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), **OPTIONS)

    assert result["outcome"] == outcome
    assert set(machine.holders()) == (BEFORE if outcome == "refused" else WANTED)
    assert words in " ".join([result.get("msg", ""), *result["notes"]])
    assert result["controller"]["kind"] == {"gpo": "gpo", "doubt": "unknown", "free": "local"}[kind]
    assert ("not known whether" in " ".join(result["notes"])) is (kind == "doubt")


def test_nothing_to_change_is_nothing_to_doubt(action, folder):
    machine = machine_with(*WANTED)
    machine.rsop = Rsop(error=DENIED)

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], [note for note in result["notes"] if "not known whether" in note]) == ("unchanged", [])


@pytest.mark.parametrize(("count", "held", "said"), [(2001, BEFORE, True), (2000, BEFORE, False), (2001, WANTED, False)])
def test_a_list_of_what_must_restart_that_was_cut_says_so(action, folder, count, held, said):
    machine = machine_with(*held)
    machine.running = {f"service{number}": "LocalSystem" for number in range(count)}

    result = action(ActionModule, host(machine), check_mode=True, snapshot_dir=str(folder), **OPTIONS)

    assert any("more may have to restart than are listed" in note for note in result["notes"]) is said


@pytest.mark.parametrize(
    ("options", "gone", "said"),
    [
        pytest.param({"holders": [*FLOOR]}, True, False, id="the whole list, and an orphan is no part of it"),
        pytest.param({"holders": [*FLOOR], "orphans": "keep"}, False, True, id="the whole list, and orphans are to stay"),
        pytest.param({"holders": [*FLOOR], "orphans": "report"}, False, False, id="the whole list, and orphans are reported"),
        pytest.param({"holders": [*FLOOR, ORPHAN]}, False, False, id="an orphan that is part of the list"),
        pytest.param({"permitted": [*FLOOR]}, False, True, id="permitted accounts, no whole list"),
        pytest.param({"restore": "run1"}, True, False, id="a restore brings the whole list back"),
        pytest.param({"restore": "run1", "orphans": "keep"}, False, True, id="a restore that keeps orphans"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_orphans_go_where_the_whole_list_is_given(action, folder, options, gone, said, check):
    machine = machine_with(*FLOOR)
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", required=[BATCH])
    machine.revoke(BATCH)
    machine.grant(ORPHAN)

    result = action(ActionModule, host(machine), check_mode=check, snapshot_dir=str(folder), **options)

    assert (ORPHAN in result["removed"], ORPHAN in result["after"]) == (gone, not gone)
    assert (ORPHAN in machine.holders()) is (not gone or check)
    assert any("orphans that stay" in note and ORPHAN in note for note in result["notes"]) is said
    assert (ORPHAN in result["unhandled"]) is (options.get("orphans") == "report")


def test_a_service_that_the_host_does_not_know_has_the_name_that_was_written(action, folder):
    machine = machine_with(*FLOOR)
    sid = names.service_sid("WdiHostService")

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), required=["NT SERVICE\\WdiHostService"])

    assert result["changes"] == [f"added: NT SERVICE\\WdiHostService ({sid})"]
    assert result["names"][sid] == "NT SERVICE\\WdiHostService"
    assert any("no service that the host knows (similar: " in note and "WdiServiceHost" in note for note in result["notes"])


@pytest.mark.parametrize("check", [True, False])
def test_an_account_with_the_name_of_a_permitted_one_is_not_removed(action, folder, check):
    machine = machine_with(*FLOOR)
    machine.add_account("svc", rid=2001)
    old = machine.add_account("svc", rid=1001)
    machine.grant(old)
    options = {"permitted": [*FLOOR, ".\\svc"], "snapshot_dir": str(folder)}

    refused = action(ActionModule, host(machine), check_mode=check, **options)
    assert (refused["outcome"], refused["error"]["category"]) == ("refused", "same_name")
    assert f"WEB01\\svc ({old})" in refused["msg"]
    assert old in machine.holders()

    done = action(ActionModule, host(machine), check_mode=check, **options, forbidden=[old])
    assert done["removed"] == [old]


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        pytest.param(
            {"policy": "stig"}, "in permitted (in the role impersonate_permitted) or exceptions (in the role impersonate_exceptions)",
            id="a policy",
        ),
        pytest.param({"policy": "cis", "waive": "documented"}, "Name it in permitted (in the role impersonate_permitted) where", id="no exception counts"),
        pytest.param({"holders": [*FLOOR]}, "Name it in holders or exceptions", id="the whole list"),
    ],
)  # fmt: skip
def test_a_refusal_names_what_would_be_taken(action, folder, options, cure):
    """An option that the task refuses, or an exception that waives nothing, is no cure."""
    controller = Machine.domain_controller("DC01", holders=WANTED, iis=True)

    refused = action(ActionModule, host(controller), snapshot_dir=str(folder), **options)
    assert (refused["error"]["category"], cure in refused["msg"]) == ("needed", True), refused["msg"]

    done = action(ActionModule, host(controller), snapshot_dir=str(folder), forbidden=["iis_iusrs"], **options)
    assert done["removed"] == [names.IIS_IUSRS]


@pytest.mark.parametrize(
    ("iis", "category"), [pytest.param(True, "contradiction", id="with IIS"), pytest.param(False, None, id="without IIS")]
)
def test_what_a_policy_requires_on_some_hosts_may_be_forbidden_on_others(action, folder, iis, category):
    web = machine_with(*WANTED, iis=iis)

    result = action(ActionModule, host(web), snapshot_dir=str(folder), policy="microsoft", forbidden=["iis_iusrs"])

    assert ((result["error"] or {}).get("category"), set(web.holders())) == (category, WANTED if iis else {*FLOOR})


def test_who_sets_the_right_is_told_before_what_needs_it(action, folder):
    """Else somebody decides about an account whose right is not set on the host."""
    options = {"policy": "stig", "controlled_by": {"kind": "gpo", "name": "Base"}, "snapshot_dir": str(folder)}
    web = machine_with(*WANTED, iis=True)

    assert action(ActionModule, host(web), **options)["error"]["category"] == "controlled"
    assert action(ActionModule, host(web), **options, on_controlled="warn")["error"]["category"] == "needed"


@pytest.mark.parametrize(
    ("made", "held", "said"),
    [
        pytest.param(Machine.domain_controller, BEFORE, True, id="a domain controller"),
        pytest.param(Machine.domain_controller, FLOOR, False, id="one where nothing is to be changed"),
        pytest.param(Machine.member_server, BEFORE, False, id="another host"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_a_change_on_a_domain_controller_may_be_one_of_the_domain(action, folder, made, held, said, check):
    machine = made("DC01", holders=held)

    result = action(ActionModule, host(machine), check_mode=check, snapshot_dir=str(folder), policy="microsoft")

    assert any("Default Domain Controllers Policy" in note for note in result["notes"]) is said


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"policy": "stig"}, id="a policy that does not name it"),
        pytest.param({"holders": [*FLOOR]}, id="the whole list"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_what_iis_needs_is_taken_away_only_where_somebody_forbids_it(action, folder, options, check):
    machine, asked = machine_with(*WANTED, USERS, iis=True), []

    refused = action(ActionModule, host(machine, asked), check_mode=check, snapshot_dir=str(folder), **options)
    assert (refused["outcome"], refused["error"]["category"], len(asked)) == ("refused", "needed", 1)  # read, and nothing sent
    assert f"BUILTIN\\IIS_IUSRS ({names.IIS_IUSRS})" in refused["msg"]
    assert set(machine.holders()) == {*WANTED, USERS}

    done = action(ActionModule, host(machine), check_mode=check, snapshot_dir=str(folder), forbidden=["iis_iusrs"], **options)
    assert set(done["removed"]) == {names.IIS_IUSRS, USERS}


@pytest.mark.parametrize("name", ["HOST\\Users", "NT SERVICE\\Größendienst", ".\\typo"])
def test_nothing_is_planned_while_a_forbidden_name_is_unknown(action, folder, name):
    machine, asked = machine_with(*BEFORE), []

    result = action(ActionModule, host(machine, asked), snapshot_dir=str(folder), forbidden=[name, "users"])

    assert (result["failed"], result["error"]["category"], len(asked)) == (True, "account_lookup", 1)
    assert f"forbidden: {name}" in result["msg"]
    assert set(machine.holders()) == BEFORE


# Whatever one host answers to a change


def honest(faults=None, held=BEFORE, **asked):
    """What an honest machine answers to the change that OPTIONS plan for BEFORE."""
    machine = machine_with(*held, faults=dict(faults or {}))
    args = {"expected": sorted(BEFORE), "add": [names.IIS_IUSRS], "remove": [USERS], **asked}
    return json.loads(json.dumps(local_right(machine, *WHO, args)))


HONEST = [
    honest(), honest(fault(ADD)), honest(fault(REMOVE)), honest({REMOVE: Fault(0xC0000022)}), honest(fault(READ, on=(2, 3))),
    honest(fault("LsaOpenPolicy")), honest(held={*BEFORE, GUESTS}),
]  # fmt: skip


def test_the_honest_answers_have_every_outcome():
    assert {told["outcome"] for told in HONEST} == {"applied", "undone", "undo_failed", "not_started", "changed_meanwhile"}


def proves(outcome, told):
    """Whether an answer is consistent with what it claims, written down a second time."""
    before, after = told.get("before"), told.get("after")
    if outcome == "applied":
        return not told.get("failed") and set(before) == BEFORE and set(after) == WANTED
    if outcome == "undone":
        return set(before) == set(after) == BEFORE
    if outcome == "changed_meanwhile":
        return before == after and set(before) != BEFORE
    return outcome != "not_started" or after is None or after == before


@given(st.one_of(st.sampled_from(HONEST).flatmap(hostile.spoilt), hostile.failures))
def test_whatever_a_host_answers_to_a_change_the_snapshot_tells_the_truth(action, told):
    """No exception leaves the action, the snapshot is settled as the result says, and nothing is claimed that the answer does not prove."""
    folder = tempfile.mkdtemp(prefix="snapshots-")

    def execute(module, args):
        return host(machine_with(*BEFORE))(module, args) if "read" in args else told

    try:
        result = action(ActionModule, execute, snapshot_dir=folder, **OPTIONS)

        outcome = result["outcome"]
        (kept,) = snapshots(Path(folder))
        assert (kept["outcome"], kept["after"]) == (outcome, result["after"])
        assert outcome in {"applied", "undone", "undo_failed", "not_started", "changed_meanwhile", "unknown"}
        assert outcome == "unknown" or outcome != told.get("outcome") or proves(outcome, told)
        assert outcome in (told.get("outcome"), "unknown", "not_started")
        assert result["status"] == ("compliant" if outcome == "applied" else "error")
        assert result["changed"] is (outcome in ("applied", "undo_failed", "unknown"))
        json.dumps(result, ensure_ascii=False, allow_nan=False).encode()
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def changed_around(action):
    """Results of hosts that were changed as planned, and what stands of them in every format where the host in the middle was as well."""
    with tempfile.TemporaryDirectory(prefix="snapshots-") as folder:
        well = action(ActionModule, host(machine_with(*BEFORE)), snapshot_dir=folder, **OPTIONS)
    others = {name: {**well, "snapshot": None} for name in OTHERS}
    whole = report_of(**others, middle=well)
    return others, rows(whole), whole["summary"]["gate"]["passed"]


@hostile.few_or_thousands
@given(st.one_of(st.sampled_from(HONEST).flatmap(hostile.spoilt), hostile.failures))
def test_whatever_a_host_answers_to_a_change_the_others_have_their_report(action, changed_around, told):
    """In every format, after a merge, in the plan and at the gate, which passes only where the change of this host was proved."""
    others, expected, passed = changed_around
    folder = tempfile.mkdtemp(prefix="snapshots-")

    def execute(module, args):
        return host(machine_with(*BEFORE))(module, args) if "read" in args else told

    try:
        result = action(ActionModule, execute, snapshot_dir=folder, **OPTIONS)
    finally:
        shutil.rmtree(folder)
    results = {**others, "middle": result}
    report = report_of(**results)
    (record,) = [one for one in report["hosts"] if one["host"] == "middle"]

    assert rows(report) == expected
    read_again(report)
    assert record["change"]["outcome"] == result["outcome"]
    assert (passed, report["summary"]["gate"]["passed"]) == (True, result["outcome"] == "applied")
    assert not_sent(results) == []
    assert [line for line in plan_lines(results, count_plans(results)) if "another" in line] != []
    assert stopped_by(report["hosts"], lambda _host: True) == ([] if result["outcome"] == "applied" else ["middle"])


@pytest.mark.parametrize(
    "words",
    [
        pytest.param({"error": "text"}, id="a text for the error"),
        pytest.param({"attempted": "text"}, id="a text for the calls"),
        pytest.param({"msg": ["x"]}, id="a list for the message"),
    ],
)
def test_malformed_words_of_a_change_leave_its_outcome(action, folder, words):
    def execute(module, args):
        if "read" in args:
            return host(machine_with(*BEFORE))(module, args)
        return {**honest(fault(ADD)), **words}

    result = action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], result["changed"], result["after"] == sorted(result["before"], key=result["before"].index)) == (
        "undone",
        False,
        True,
    )
    assert [kept["outcome"] for kept in snapshots(folder)] == ["undone"]


@pytest.mark.parametrize(
    ("msg", "outcome"),
    [
        pytest.param("failure during exec_wrapper: Failed to compile C# code: x", "not_started", id="no compiler"),
        pytest.param("failure during exec_wrapper: ScriptContainedMaliciousContent", "not_started", id="AMSI"),
        pytest.param("Unhandled exception while executing module: ScriptContainedMaliciousContent", "unknown", id="AMSI, too late"),
    ],
)
def test_a_refusal_of_the_wrapper_at_the_change(action, folder, msg, outcome):
    machine = machine_with(*BEFORE)

    def execute(module, args):
        return host(machine)(module, args) if "read" in args else {"failed": True, "msg": msg}

    result = action(ActionModule, execute, snapshot_dir=str(folder), **OPTIONS)

    assert (result["outcome"], result["changed"]) == (outcome, outcome == "unknown")
    assert [kept["outcome"] for kept in snapshots(folder)] == [outcome]
    assert set(machine.holders()) == BEFORE


@pytest.mark.parametrize(
    ("plan", "category", "words"),
    [
        pytest.param(
            {"failed": True, "error": {"category": "connection_lost"}}, "not_planned", "could not be read when", id="not read"
        ),
        pytest.param({"unreachable": True, "msg": "no"}, "not_planned", "could not be read when", id="unreachable"),
        pytest.param(
            {"outcome": "unchanged", "added": [], "removed": []}, "plan_changed", "not as it was", id="had nothing to change"
        ),
    ],
)
def test_a_host_that_was_not_looked_at_says_so(action, folder, plan, category, words):
    machine = machine_with(*BEFORE)

    result = action(ActionModule, host(machine), snapshot_dir=str(folder), plan=plan, **OPTIONS)

    assert (result["outcome"], result["error"]["category"], words in result["msg"]) == ("refused", category, True)
    assert set(machine.holders()) == BEFORE


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"forbidden": ["service"]}, id="the floor"),
        pytest.param({"required": ["users"], "unexpected": "drop"}, id="a choice"),
        pytest.param({"required": ["users"], "plan": {"added": 5}}, id="a plan"),
        pytest.param({"restore": "never"}, id="a run"),
    ],
)
def test_bad_input_is_marked(action, folder, options):
    with pytest.raises(AnsibleActionFail) as wrong:
        action(ActionModule, host(machine_with()), snapshot_dir=str(folder), **options)
    assert wrong.value.result["bad_input"] is True
    assert (wrong.value.result["status"], wrong.value.result["error"]["category"]) == ("error", "bad_input")
    assert wrong.value.result["error"]["message"] == wrong.value.message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"from_variables": True}, "impersonate_permitted[0]: 'Benutzer' is a bare name", id="a variable of the role"),
        pytest.param({"policy": "microsoft", "permitted": ["Benutzer"]}, "permitted[0]: 'Benutzer' is a bare name", id="an option"),
    ],
)
def test_bad_input_is_named_as_the_user_wrote_it(action, folder, options, words):
    variables = {"impersonate_policy": "microsoft", "impersonate_permitted": ["Benutzer"], "impersonate_snapshot_dir": str(folder)}

    with pytest.raises(AnsibleActionFail) as wrong:
        action(ActionModule, host(machine_with()), task_vars=variables, **options)

    assert wrong.value.result["error"]["message"].startswith(words)


SPOILT = [
    pytest.param({"before": ["S-1-5-6"]}, id="a SID without its name"),
    pytest.param({"before": [{"sid": "S-1-x"}]}, id="half a SID"),
    pytest.param({"plan": {}}, id="no plan"),
]


@pytest.mark.parametrize("parts", SPOILT)
def test_a_spoilt_snapshot_of_a_host_is_its_own_error(action, folder, parts):
    machine = machine_with(*BEFORE)
    action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run1", **OPTIONS)
    path = folder / "run1" / "web01.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "outcome": "pending", **parts}))
    asked = []

    restored = action(ActionModule, host(machine, asked), snapshot_dir=str(folder), restore="run1")

    assert (restored["failed"], restored["changed"], restored["error"]["category"]) == (True, False, "snapshot_spoilt")
    assert ("bad_input" in restored, asked, set(machine.holders())) == (False, [], WANTED)
    machine.grant(USERS)
    enforced = action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run2", **OPTIONS)
    assert (enforced["outcome"], set(machine.holders())) == ("applied", WANTED)
    assert str(path) in enforced["notes"][0]


def named(name):
    return {"task_vars": {"inventory_hostname": name}}


ALIAS = named("web01.sim.example")
AS_WEB01 = "the run changes this machine as web01, another name of it in the inventory: nothing was sent under this name"


def test_a_machine_with_two_names_is_changed_once(action, folder):
    machine, asked = machine_with(*BEFORE), []
    run = {"snapshot_dir": str(folder), "run_id": "run1"}
    first = action(ActionModule, host(machine), **run, **OPTIONS)

    second = action(ActionModule, host(machine, asked), diff=True, **run, **ALIAS, **OPTIONS)

    assert (first["outcome"], first["changed_as"]) == ("applied", None)
    assert (second["outcome"], second["changed_as"], second["changed"]) == ("same_machine", "web01", False)
    assert (second["status"], second["status_after"], second["error"], second["snapshot"]) == ("compliant", "compliant", None, None)
    assert second["before"] == second["after"] == first["after"]
    assert second["notes"] == [AS_WEB01]
    assert (second["diff"]["before"], len(asked)) == (second["diff"]["after"], 1)
    assert len(snapshots(folder)) == 1
    assert (
        action(ActionModule, host(machine), snapshot_dir=str(folder), run_id="run2", **ALIAS, **OPTIONS)["outcome"] == "unchanged"
    )


def test_a_machine_with_two_names_that_are_changed_at_once_is_changed_once(action, folder):
    """The first name is changed after the second one has read."""
    machine, asked, first = machine_with(*BEFORE), [], {}
    run = {"snapshot_dir": str(folder), "run_id": "run1"}

    def execute(module, args):
        answer = host(machine, asked)(module, args)
        if not first:
            first.update(action(ActionModule, host(machine), **run, **OPTIONS))
        return answer

    second = action(ActionModule, execute, **run, **ALIAS, **OPTIONS)

    assert first["outcome"] == "applied"
    assert (second["outcome"], second["changed_as"], second["status"]) == ("same_machine", "web01", "compliant")
    assert ["read" in args for _module, args in asked] == [True, True]
    assert set(machine.holders()) == WANTED
    assert len(snapshots(folder)) == 1


def place_of(folder, machine):
    """The file of a machine in the folder of the run, which is made."""
    read = {"accounts": [], "exposure": False, "expand": False, "events": None}
    place = turns.path_of(folder, "run1", host(machine)("local_right", {"read": read})["computer"]["sid"], "WEB01")
    place.parent.mkdir(parents=True, mode=0o700)
    return place


@pytest.mark.parametrize(
    ("ends", "asked"),
    [
        pytest.param(True, [True, True, False], id="it ends, and the host is read again"),
        pytest.param(False, [True, True, False], id="it does not end, and nobody waits for ever"),
    ],
)
def test_a_second_name_waits_for_the_change_of_the_first(action, folder, holder, monkeypatch, ends, asked):
    """A process that is at work on the machine, and leaves no word of a change."""
    machine, received, slept = machine_with(*BEFORE), [], []
    process = holder(place_of(folder, machine))

    def sleep(seconds):
        slept.append(seconds)
        if ends:
            process.kill()
            process.wait()

    monkeypatch.setattr(time, "sleep", sleep)
    result = action(ActionModule, host(machine, received), snapshot_dir=str(folder), run_id="run1", **ALIAS, **OPTIONS)

    assert (result["outcome"], result["changed_as"], set(machine.holders())) == ("applied", None, WANTED)
    assert ["read" in args for _module, args in received] == asked
    assert sum(slept) == pytest.approx(0.1 if ends else 30.0)


@pytest.mark.parametrize(
    ("note", "outcome", "changed_as"),
    [
        pytest.param({"host": "web01", "after": sorted(WANTED)}, "same_machine", "web01", id="it was changed"),
        pytest.param(None, "unchanged", None, id="nothing was changed"),
    ],
)
def test_a_second_name_that_was_read_after_the_change_waits_for_the_word_of_it(
    action, folder, holder, monkeypatch, note, outcome, changed_as
):
    """A process that has changed the machine, and has not said so yet."""
    machine, received = machine_with(*WANTED), []
    place = place_of(folder, machine)
    process = holder(place)

    def sleep(_seconds):
        if note:
            place.write_text(json.dumps(note))
        process.kill()
        process.wait()

    monkeypatch.setattr(time, "sleep", sleep)
    result = action(ActionModule, host(machine, received), snapshot_dir=str(folder), run_id="run1", **ALIAS, **OPTIONS)

    assert (result["outcome"], result["changed_as"], result["status"]) == (outcome, changed_as, "compliant")
    assert ["read" in args for _module, args in received] == [True]


@pytest.mark.parametrize(
    ("first", "second", "outcome", "status", "note"),
    [
        pytest.param(OPTIONS, {"required": [names.IIS_IUSRS]}, "same_machine", "compliant", "", id="both ask for the same"),
        pytest.param(
            OPTIONS, {"holders": [*FLOOR]}, "same_machine", "drift", "the options of this name ask for other holders than those of web01", id="other options"
        ),
    ],
)  # fmt: skip
def test_the_second_name_is_judged_by_its_own_options(action, folder, first, second, outcome, status, note):
    machine = machine_with(*BEFORE)
    run = {"snapshot_dir": str(folder), "run_id": "run1"}
    action(ActionModule, host(machine), **run, **first)

    result = action(ActionModule, host(machine), **run, **ALIAS, **second)

    assert (result["outcome"], result["status"], result["changed"], set(machine.holders())) == (outcome, status, False, WANTED)
    assert any(note in one for one in result["notes"])
    assert (len(result["notes"]) == 2) is bool(note)


@pytest.mark.parametrize("outcome", [pytest.param("undone", id="its change failed"), pytest.param("applied", id="it was changed")])
def test_a_host_that_gives_itself_out_for_another_keeps_nobody_from_a_change(action, folder, outcome):
    """The liar holds what the other one holds, and says whatever makes the run take it for that one."""
    liar = machine_with(*BEFORE, faults={ADD: Fault(0xC0000022, on=1)} if outcome == "undone" else {})
    honest = machine_with(*BEFORE)
    run = {"snapshot_dir": str(folder), "run_id": "run1"}
    told = action(ActionModule, host(liar), **run, **named("evil"), **OPTIONS)

    result = action(ActionModule, host(honest), **run, **OPTIONS)

    assert told["outcome"] == outcome
    assert (result["outcome"], result["changed_as"], set(honest.holders())) == ("applied", None, WANTED)


@pytest.mark.parametrize("text", ["", "{", "5", "[]", '{"host": 5, "after": []}', '{"host": "x", "after": ["y"]}', "[" * 100_000])
def test_a_note_of_a_machine_that_cannot_be_read_is_none(action, folder, text):
    machine = machine_with(*BEFORE)
    run = {"snapshot_dir": str(folder), "run_id": "run1"}
    action(ActionModule, host(machine), **run, **OPTIONS)
    (place,) = (folder / "run1").glob(".machine-*")
    place.write_text(text)
    machine.grant(USERS)

    result = action(ActionModule, host(machine), **run, **ALIAS, **OPTIONS)

    assert (result["outcome"], set(machine.holders())) == ("applied", WANTED), result


def test_a_restore_under_two_names_is_one_change_too(action, folder):
    """Both names have a snapshot of the run, as runs of earlier releases left them where the options differed."""
    machine = machine_with(*BEFORE)
    run = {"snapshot_dir": str(folder), "run_id": "run1"}
    action(ActionModule, host(machine), **run, **OPTIONS)
    path = folder / "run1" / "web01.json"
    second = path.with_name("web01.sim.example.json")
    second.write_text(json.dumps({**json.loads(path.read_text()), "host": "web01.sim.example"}))
    back = {"snapshot_dir": str(folder), "run_id": "run2", "restore": "run1"}

    outcomes = [action(ActionModule, host(machine), **back, **named(name))["outcome"] for name in ("web01", "web01.sim.example")]

    assert (outcomes, set(machine.holders())) == (["applied", "same_machine"], BEFORE)
