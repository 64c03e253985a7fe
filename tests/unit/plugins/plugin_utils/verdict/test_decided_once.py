# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each verdict is reached once, with the question who sets the right, and no result decides anything again."""

from __future__ import annotations

import collections
import datetime
import sys

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts import controller
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import enforcement
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.changes import Change
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import CallError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import ReadRequest
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict import verdict
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.outcome import Outcome
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Handling

NOW = datetime.datetime(2026, 1, 31, tzinfo=datetime.timezone.utc)
FLOOR = ("S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544")
USERS = "S-1-5-32-545"
DECISIONS = {verdict.judge.__code__: "judge", controller.who_controls.__code__: "who_controls"}


class Host:
    """A host that carries a plan out."""

    def apply(self, plan):
        return Change(Outcome.APPLIED, None, plan.before, plan.after, (), (), CallError())


def audit(job, facts):
    return build.host_result(judged(facts, job.policy, job.tailoring)) | build.requested(facts, ReadRequest(True, True, 72))


def check(job, facts):
    return build.enforced(job, facts, enforcement.plan(job, facts))


def enforce(job, facts):
    planned = enforcement.plan(job, facts)
    return build.enforced(job, *enforcement.apply(job, Host(), facts, planned, NOW))


def second_name(job, facts):
    there = enforcement.plan(job, facts, enforcement.turns.Changed("other", facts.sids))
    return build.enforced(job, facts, there)


@pytest.mark.parametrize(
    ("run", "held", "verdicts", "outcome"),
    [
        pytest.param(audit, (*FLOOR, USERS), 1, None, id="an audit"),
        pytest.param(check, (*FLOOR, USERS), 2, "planned", id="a plan: before and after"),
        pytest.param(check, FLOOR, 1, "unchanged", id="nothing to plan"),
        pytest.param(check, (*FLOOR[1:], USERS), 1, "refused", id="a refusal"),
        pytest.param(enforce, (*FLOOR, USERS), 2, "applied", id="a change: no verdict after it"),
        pytest.param(second_name, (*FLOOR, USERS), 1, "same_machine", id="the second name of a machine"),
    ],
)
def test_each_verdict_is_reached_once(run, held, verdicts, outcome, host, microsoft, tmp_path):
    said = controller.stated("gpo" if outcome == "refused" else "local", "Servers" if outcome == "refused" else None, None)
    job = enforcement.Job("h", "r", tmp_path, microsoft, Tailoring(), Handling(), said)
    counts = collections.Counter()
    facts = host(held)

    sys.setprofile(lambda frame, event, _arg: counts.update([DECISIONS.get(frame.f_code)]) if event == "call" else None)
    try:
        result = run(job, facts)
    finally:
        sys.setprofile(None)

    assert result.get("outcome") == outcome
    assert (counts["judge"], counts["who_controls"]) == (verdicts, verdicts)
