# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Since which report a finding is there, and which exceptions end soon."""

from __future__ import annotations

import copy

import pytest
from report_heads import GENERATOR, RUN, UNRANKED

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.age import aged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.waivers import SOON, days_left
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.sentences import exceptions
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

ONE, OTHER = ("S-1-5-21-1-2-3-1101", "CORP\\one", "domain"), ("S-1-5-21-1-2-3-1102", "CORP\\two", "domain")
LOCAL, ANEW = ("S-1-5-21-9-9-9-1001", "A\\deploy", "local"), ("S-1-5-21-9-9-9-1007", "A\\deploy", "local")
DEAD = {"unreachable": True, "msg": "no answer"}
LONG_AGO, BEFORE, NOW = (f"2026-01-{day}T08:15:00Z" for day in ("02", "09", "16"))


def drift(*accounts, since=None, kind="unexpected"):
    holders = [
        {"sid": sid, "name": name, "resolved": "lsa", "kind": its, "standing": "unexpected", "why": ""}
        for sid, name, its in accounts
    ]
    findings = [{"kind": kind, "sid": sid, "name": name, "text": "", **UNRANKED, "since": since} for sid, name, _kind in accounts]
    return {"status": "drift", "holders": holders, "findings": findings}


def report(started, **results):
    run = {**RUN, "id": started, "started": started, "finished": started}
    return build_report([record_of(*one) for one in results.items()], run=run, policy=None, generator=GENERATOR, fail_on=["drift"])


@pytest.mark.parametrize(
    ("before", "now", "since"),
    [
        pytest.param(drift(ONE), drift(ONE), [BEFORE], id="it was there before"),
        pytest.param(drift(ONE, since=LONG_AGO), drift(ONE), [LONG_AGO], id="and before that"),
        pytest.param(drift(ONE, since=LONG_AGO), drift(ONE, OTHER), [LONG_AGO, NOW], id="one more account"),
        pytest.param({"status": "compliant"}, drift(ONE), [NOW], id="it was not there before"),
        pytest.param(DEAD, drift(ONE), [NOW], id="the host was not read before"),
        pytest.param(None, drift(ONE), [NOW], id="no result before"),
        pytest.param(drift(LOCAL, since=LONG_AGO), drift(ANEW), [LONG_AGO], id="a local account that was made anew"),
        pytest.param(drift(ONE, since=LONG_AGO), drift(ONE, kind="orphan"), [NOW], id="the account was deleted since"),
        pytest.param(drift(ONE), drift(ONE, since=LONG_AGO), [LONG_AGO], id="a merged run knew it to be older"),
        pytest.param(drift(ONE, since="2026-02-31T08:15:00Z"), drift(ONE), [BEFORE], id="a day that no month has"),
        pytest.param(drift(ONE, since="2031-01-01T08:15:00Z"), drift(ONE), [BEFORE], id="later than the report that says so"),
        pytest.param(drift(ONE), drift(ONE, since="2031-01-01T08:15:00Z"), [BEFORE], id="later than now"),
        pytest.param(drift(ONE), {"status": "compliant"}, [], id="no finding"),
        pytest.param(drift(ONE), DEAD, [], id="not read now"),
    ],
)
def test_a_finding_is_as_old_as_the_first_report_that_has_it(before, now, since):
    earlier, this = report(BEFORE, a=before), report(NOW, a=now, b=drift(ONE))
    kept = copy.deepcopy(this)

    records = aged(this, earlier)

    assert [finding["since"] for finding in records[0]["findings"]] == since
    assert [finding["since"] for finding in records[1]["findings"]] == [NOW]  # a host that was not expected before
    assert this == kept
    assert build_report(records, run=this["run"], policy=None, generator=GENERATOR, fail_on=["drift"])["hosts"] == records


@pytest.mark.parametrize("previous", [None, report(NOW, a=drift(ONE, since=LONG_AGO))], ids=["none", "the report itself"])
def test_without_an_earlier_report_no_age_is_said(previous):
    this = report(NOW, a=drift(ONE))

    assert aged(this, previous) == this["hosts"]


def exception(expires, state="used"):
    texts = {"account": "CORP\\one", "reason": "old shop", "owner": "Web", "ticket": None, "approved_by": None, "expires": expires}
    return {**texts, "hosts": [], "groups": [], "host_roles": [], "features": [], "state": state, "used_by": ["a"], "wanted_by": []}


@pytest.mark.parametrize(
    ("expires", "state", "left"),
    [
        pytest.param("2026-01-16", "used", 0, id="today is the last day"),
        pytest.param("2026-01-17", "unused", 1, id="tomorrow"),
        pytest.param("2026-02-15", "used", SOON, id="the last day that is soon"),
        pytest.param("2026-02-16", "used", None, id="a day later"),
        pytest.param("2026-01-15", "expired", None, id="over, which is told otherwise"),
        pytest.param("2026-01-20", "expired", None, id="over by the clock of the host"),
        pytest.param(None, "used", None, id="without an end"),
        pytest.param("2026-02-31", "used", None, id="a day that never was"),
    ],
)
def test_an_exception_that_ends_soon_is_told(expires, state, left):
    one = exception(expires, state)
    said = " ".join(exceptions([one], NOW))

    assert days_left(one, NOW) == left
    assert ("ends within 30 days" in said) is (left is not None)
    assert ({0: "ends today", 1: "ends in 1 day:", SOON: "ends in 30 days:"}.get(left, "") in said) is True
