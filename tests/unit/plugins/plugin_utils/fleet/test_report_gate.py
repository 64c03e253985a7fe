# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate at its edges, and which accounts are counted as one."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_heads import UNRANKED

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.same_account import fleet_name, same_account
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gate import gate, only_plans, tolerance
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.summary import planned_sentence, stopped_by, summarise
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

FLOOR = {"sid": "S-1-5-6", "name": None, "resolved": "lsa", "kind": "well-known", "standing": "floor", "why": ""}


@functools.cache
def record(status, number):
    return record_of(f"{status}{number}", {"status": status})


def records(**counts):
    return [record(status, number) for status, count in counts.items() for number in range(count)]


@given(st.integers(1, 2000), st.integers(0, 100_000), st.data())
def test_a_share_is_measured_exactly(expected, thousandths, data):
    """Not as a computer's 68.99999999999999."""
    drift = data.draw(st.integers(0, expected))
    share = f"{thousandths // 1000}.{thousandths % 1000:03}%"
    found = gate(records(drift=drift, compliant=expected - drift), ["drift"], {"drift": share})

    assert found["passed"] is (drift * 100_000 <= thousandths * expected)


@pytest.mark.parametrize(
    ("drift", "share", "passed"),
    [
        pytest.param(69, "18.4%", True, id="18.4 % of 375 are 69"),
        pytest.param(70, "18.4%", False, id="and not 70"),
        pytest.param(69, "69", True, id="the number itself"),
        pytest.param(70, "69", False, id="one more"),
        pytest.param(375, "100 %", True, id="all of them"),
    ],
)
def test_what_is_tolerated_is_said_where_it_is_not_enough(drift, share, passed):
    found = gate(records(drift=drift, compliant=375 - drift), ["drift"], {"drift": share})

    assert found["passed"] is passed
    assert found["reasons"] == ([] if passed else [f"{drift} hosts drift from the policy (tolerated: {share})"])


@pytest.mark.parametrize("value", ["100%", "100.000%", "0", 0, "2.5 %"], ids=repr)
def test_what_is_a_tolerance(value):
    assert tolerance("tolerate.drift", value) == str(value)


@pytest.mark.parametrize("value", ["100.001%", "101%", "999%", "-1", "1.5", "%", "", True, None, "1e3%", "٣"], ids=repr)
def test_what_is_no_tolerance(value):
    with pytest.raises(BadInput, match="^tolerate.drift: .* is not a tolerance"):
        tolerance("tolerate.drift", value)


@pytest.mark.parametrize(
    ("outcome", "after", "passed"),
    [
        pytest.param("planned", "compliant", True, id="a plan counts as it would end"),
        pytest.param("planned", "drift", False, id="a plan that would not help"),
        pytest.param("refused", "compliant", False, id="only a plan counts so"),
        pytest.param("undone", "compliant", False, id="not what was undone"),
    ],
)
def test_only_a_plan_counts_as_it_would_end(outcome, after, passed):
    planned = record_of("a", {"status": "drift", "outcome": outcome, "status_after": after})

    assert gate([planned], ["drift"], {}, planning=True)["passed"] is passed
    assert not gate([planned], ["drift"], {})["passed"]  # and that only where the report is one of plans alone


CHECK, ENFORCE, AUDIT = (
    {"check_mode": mode, "action": action} for mode, action in ((True, "enforce"), (False, "enforce"), (False, "audit"))
)


@pytest.mark.parametrize(
    ("run", "merged", "plans"),
    [
        pytest.param(CHECK, [], True, id="check mode of a change"),
        pytest.param({**CHECK, "action": "restore"}, [], True, id="check mode of a restore"),
        pytest.param(ENFORCE, [], False, id="a change"),
        pytest.param(AUDIT, [], False, id="an audit"),
        pytest.param(CHECK, [CHECK, CHECK], True, id="slices of one check"),
        pytest.param(ENFORCE, [CHECK, ENFORCE], False, id="a change and a check"),
        pytest.param(ENFORCE, [AUDIT, CHECK], False, id="an audit and a check"),
        pytest.param(CHECK, [{**AUDIT, "check_mode": True}, CHECK], False, id="an audit in check mode and a check"),
        pytest.param(CHECK, [CHECK, {**CHECK, "action": "restore"}], False, id="checks of two changes"),
    ],
)
def test_what_is_a_report_of_plans_alone(run, merged, plans):
    assert only_plans({**run, "merged": [{"run": one} for one in merged]} if merged else run) is plans


def holder(sid, name, kind):
    return {"sid": sid, "name": name, "resolved": "lsa", "kind": kind, "standing": "unexpected", "why": "x"}


def drifting(host, *holders, kind="unexpected"):
    findings = [{"kind": kind, "sid": one["sid"], "name": one["name"], "text": "x", **UNRANKED} for one in holders]
    return record_of(host, {"status": "drift", "holders": [FLOOR, *holders], "findings": findings})


LOCAL = "S-1-5-21-{0}-{0}-{0}-1001"


@pytest.mark.parametrize(
    ("hosts", "rows"),
    [
        pytest.param(
            {
                "a": holder(LOCAL.format(1), "A\\Deploy", "local"),
                "b": holder(LOCAL.format(2), "B\\deploy", "local"),
                "c": holder(LOCAL.format(3), "C\\other", "local"),
            },
            [(LOCAL.format(1), ".\\Deploy", 2, "local"), (LOCAL.format(3), ".\\other", 1, "local")],
            id="a local account is known by its name",
        ),
        pytest.param(
            {"a": holder("S-1-5-21-1-2-3-9", None, "orphan"), "b": holder("S-1-5-21-1-2-3-8", None, "orphan")},
            [("S-1-5-21-1-2-3-8", None, 1, "orphan"), ("S-1-5-21-1-2-3-9", None, 1, "orphan")],
            id="deleted accounts by their SIDs",
        ),
        pytest.param(
            {"a": holder("S-1-5-21-1-2-3-9", None, "domain"), "b": holder("S-1-5-21-1-2-3-9", "CORP\\x", "domain")},
            [("S-1-5-21-1-2-3-9", "CORP\\x", 2, "domain")],
            id="an account of the domain by its SID, with the name that one host knows",
        ),
    ],
)
def test_the_same_account_of_several_hosts_is_one_row(hosts, rows):
    found = summarise([drifting(host, one) for host, one in hosts.items()], [])["unexpected_accounts"]

    assert [(one["sid"], one["name"], one["hosts"], one["kind"]) for one in found] == rows


@pytest.mark.parametrize("kind", ["missing", "exception_expired", "exception_too_wide"])
def test_what_is_missing_or_said_of_an_exception_is_no_unexpected_account(kind):
    one = holder("S-1-5-21-1-2-3-9", "CORP\\x", "domain")

    assert summarise([drifting("a", one, kind=kind)], [])["unexpected_accounts"] == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(("S-1", "A\\x", "local"), ("S-2", "B\\X", "local"), True, id="local, in any case"),
        pytest.param(("S-1", "A\\x", "domain"), ("S-2", "A\\x", "domain"), False, id="two of a domain"),
        pytest.param(("S-1", None, "local"), ("S-2", None, "local"), False, id="local without names"),
        pytest.param(("S-1", "A\\x", "orphan"), ("S-1", None, "orphan"), True, id="one SID"),
    ],
)
def test_who_is_the_same(one, other, same):
    assert (same_account(*one) == same_account(*other)) is same


def test_a_local_account_has_a_name_without_its_host():
    assert [fleet_name("A\\x", "local"), fleet_name("A\\x", "domain"), fleet_name(None, "local")] == [".\\x", "A\\x", None]


READ_ERROR = {"status": "error", "error": {"category": "lsa_denied", "message": "no", "call": None, "status": None}}
FAILED = {"failed": True, "msg": "the worker ended"}


def ended(outcome, status="error", **more):
    """What an enforcing task registers."""
    error = {"category": outcome, "message": "no", "call": None, "status": None} if status == "error" else None
    return {"status": status, "outcome": outcome, "error": error, "unhandled": [], **more}


@pytest.mark.parametrize(
    ("result", "stops"),
    [
        pytest.param({"unreachable": True, "msg": "no route"}, False, id="unreachable"),
        pytest.param(READ_ERROR, False, id="not read"),
        pytest.param(None, False, id="not reached yet"),
        pytest.param({"skipped": True}, False, id="skipped"),
        pytest.param(FAILED, True, id="nobody knows how far the task came"),
        pytest.param({**FAILED, "bad_input": True, **READ_ERROR}, False, id="bad input"),
        pytest.param(ended("refused"), False, id="refused"),
        pytest.param(ended("nothing_to_restore", "not_applicable"), False, id="nothing to restore"),
        pytest.param(ended("same_machine", "drift"), False, id="another name of a machine"),
        pytest.param(ended("unchanged", "drift", unhandled=["S-1-5-7"]), False, id="nothing to change, and findings that stay"),
        pytest.param(ended("changed_meanwhile"), True, id="changed meanwhile"),
        pytest.param(ended("not_started"), True, id="the change could not begin"),
        pytest.param(ended("undone"), True, id="undone"),
        pytest.param(ended("undo_failed"), True, id="undo failed"),
        pytest.param(ended("unknown"), True, id="unknown"),
        pytest.param(ended("applied", "compliant"), False, id="applied and compliant"),
        pytest.param(ended("applied", "waived"), False, id="applied and waived"),
        pytest.param(ended("applied", "drift"), True, id="applied, and it drifts all the same"),
        pytest.param(ended("applied", "drift", unhandled=["S-1-5-7"]), False, id="applied, and the options leave findings"),
        pytest.param(ended("applied", "compliant", holders="text"), True, id="applied, and its verdict cannot be understood"),
    ],
)
def test_what_stops_a_rolling_change(result, stops):
    assert stopped_by([record_of("web01", result)], lambda _host: True) == (["web01"] if stops else [])


def test_a_task_that_failed_before_a_pre_image_was_kept_stops_none():
    failed = [record_of(host, FAILED) for host in ("web01", "web02")]

    assert stopped_by(failed, {"web01": False, "web02": True}.__getitem__) == ["web02"]
    assert stopped_by([record_of("web01", ended("unknown"))], lambda _host: False) == ["web01"]  # whatever the folder says


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        pytest.param({}, "", id="an audit"),
        pytest.param({"applied": 2, "unchanged": 1}, "", id="nothing is planned"),
        pytest.param({"planned": 0}, "", id="none"),
        pytest.param({"planned": 1}, "1 host has a planned change, which counts as it would end: planned drift does not fail a check", id="one host"),
        pytest.param({"planned": 12, "refused": 1}, "12 hosts have a planned change, which counts as it would end: planned drift does not fail a check",
                     id="several hosts"),
    ],
)  # fmt: skip
def test_why_planned_drift_fails_no_check(outcomes, sentence):
    assert planned_sentence({"by_outcome": outcomes}, planning=True) == sentence
    assert planned_sentence({"by_outcome": outcomes}, planning=False) == ""
