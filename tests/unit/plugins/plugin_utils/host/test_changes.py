# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says it has done: words may be lost, contradictions are not believed."""

from __future__ import annotations

import hostile
import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import limits
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.changes import LostContact, change_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Plan
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import MESSAGE

ADMINISTRATORS, USERS, IIS_IUSRS, GUESTS = "S-1-5-32-544", "S-1-5-32-545", "S-1-5-32-568", "S-1-5-32-546"
PLAN = Plan(before=(ADMINISTRATORS, USERS), add=(IIS_IUSRS,), remove=(USERS,), unhandled=())
BEFORE, AFTER = [USERS, ADMINISTRATORS], [ADMINISTRATORS, IIS_IUSRS]


def step(op="add", sid=IIS_IUSRS, status="0x00000000"):
    return {"op": op, "sid": sid, "status": status}


def answer(outcome, **parts):
    failed = {} if outcome == "applied" else {"failed": True, "msg": "x"}
    return {"outcome": outcome, "before": BEFORE, "after": BEFORE, "attempted": [], "undone": [], "error": None, **failed, **parts}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(answer("applied", after=AFTER, attempted=[step(), step("remove", USERS)]), id="applied"),
        pytest.param(answer("undone", attempted=[step()], undone=[step("remove")]), id="undone"),
        pytest.param(answer("undo_failed", after=None), id="undo_failed, unread"),
        pytest.param(answer("undo_failed", after=[ADMINISTRATORS]), id="undo_failed"),
        pytest.param(answer("changed_meanwhile", before=[GUESTS], after=[GUESTS]), id="changed_meanwhile"),
        pytest.param(answer("not_started", before=None, after=None), id="not_started"),
    ],
)
def test_what_an_honest_host_says_is_believed(told):
    change = change_of(told, PLAN)

    assert change.outcome == told["outcome"]
    assert (set(change.before or ()), set(change.after or ())) == (set(told["before"] or ()), set(told["after"] or ()))
    assert (len(change.attempted), len(change.undone)) == (len(told["attempted"]), len(told["undone"]))


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(answer("applied", after=BEFORE), id="applied, and as before"),
        pytest.param(answer("applied", after=None), id="applied, unread"),
        pytest.param(answer("applied", after=[*AFTER, AFTER[0]]), id="applied, a holder twice"),
        pytest.param(answer("applied", before=[GUESTS], after=AFTER), id="applied to other holders"),
        pytest.param(answer("applied", after=AFTER, failed=True), id="applied and failed"),
        pytest.param(answer("undone", after=AFTER), id="undone, and as planned"),
        pytest.param(answer("undone", after=None), id="undone, unread"),
        pytest.param(answer("undone", before=AFTER, after=AFTER), id="undone from other holders"),
        pytest.param(answer("undo_failed", before=[GUESTS]), id="undo_failed from other holders"),
        pytest.param(answer("changed_meanwhile"), id="changed_meanwhile, and as expected"),
        pytest.param(answer("changed_meanwhile", before=None), id="changed_meanwhile, unread"),
        pytest.param(answer("changed_meanwhile", before=[GUESTS], after=AFTER), id="changed_meanwhile, and then others"),
        pytest.param(answer("changed_meanwhile", before=[GUESTS], after=[GUESTS], attempted=[step()]), id="changed_meanwhile, after a call"),
        pytest.param(answer("not_started", after=AFTER), id="not_started, and as planned"),
        pytest.param(answer("not_started", attempted=[step()]), id="not_started, after a call"),
        pytest.param(answer("applied", after=["evil"]), id="a name for a SID"),
        pytest.param(answer("applied", after=["S-1-x"]), id="half a SID"),
        pytest.param(answer("applied", after=hostile.DEEP), id="deeper than the stack"),
        pytest.param(answer("undo_failed", after=[f"S-1-5-{n}" for n in range(limits.HOLDERS + 1)]), id="more holders than are read"),
        pytest.param({"outcome": "not_started", "attempted": []}, id="no holders"),
        pytest.param(answer(["applied"]), id="a list for an outcome"),
        pytest.param({}, id="nothing"),
        pytest.param({"failed": True, "msg": "no"}, id="failed"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_the_plan_is_not_believed(told):
    with pytest.raises(LostContact) as lost:
        change_of(told, PLAN)
    assert len(str(lost.value)) <= MESSAGE


@pytest.mark.parametrize(
    "words",
    [
        pytest.param({"error": "text"}, id="a text for the error"),
        pytest.param({"error": {"call": ["x"], "status": 5, "sid": "evil"}}, id="odd values in the error"),
        pytest.param({"msg": hostile.DEEP}, id="a message deeper than the stack"),
        pytest.param({"attempted": "text"}, id="a text for the calls"),
        pytest.param({"attempted": [{"op": "format", "sid": USERS, "status": "0x00000000"}]}, id="a call that nobody knows"),
        pytest.param({"attempted": [step(status="fine")]}, id="a status that is none"),
        pytest.param({"undone": [step()] * 3}, id="more calls than were planned"),
        pytest.param({"attempted": None, "undone": 5, "error": [], "msg": 7}, id="all of them"),
    ],
)
def test_words_that_cannot_be_understood_lose_only_themselves(words):
    change = change_of(answer("undone", **words), PLAN)

    assert (change.outcome, change.after) == ("undone", PLAN.before)
    assert all(isinstance(value, (str, type(None))) for value in (change.message, change.error.call, change.error.status))
    assert change.attempted == change.undone == ()


@pytest.mark.parametrize("words", ["Failed to compile C# code: x", "+ FullyQualifiedErrorId : ScriptContainedMaliciousContent"])
def test_a_wrapper_that_refused_has_not_started(words):
    change = change_of({"failed": True, "msg": f"failure during exec_wrapper: {words}"}, PLAN)

    assert (change.outcome, change.before, change.after) == ("not_started", None, None)
    assert words in change.message
