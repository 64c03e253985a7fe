# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever one host answers, the others have the report that they would have without it; and what is written can be read."""

from __future__ import annotations

import hostile
import pytest
from hypothesis import given
from hypothesis import strategies as st
from whole_report import OTHERS, read_again, report_of, rows

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import HostError, ReadRequest, WindowsHost
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.brief import brief
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged

HONEST = hostile.facts()
ALL = ReadRequest(exposure=True, expand=True, events=24)
SEEN = {"checked_at": "2026-01-31T08:15:30Z", "duration_ms": 1, "transport": "winrm"}


class Told:
    """What a host told; its representation has an end, which one of a value deeper than Python's stack has not."""

    def __init__(self, value):
        self.value = value

    def _repr_pretty_(self, printer, _cycle):  # of hypothesis, which else tells by which calls it was made
        printer.text(repr(self))

    def __repr__(self):
        return f"Told({brief(self.value)})"


def registered(answer, policy):
    """What the audit registers for a host with this answer, as the action plugin does."""
    facts = None
    try:
        facts = WindowsHost(lambda **_call: answer, {}).read(["SIM\\nobody"], ALL)
        result = build.host_result(judged(facts, policy, Tailoring())) | build.requested(facts, ALL)
    except HostError as failed:
        result = build.error(failed.category, str(failed), failed.call, failed.status)
    except CannotJudge as doubt:
        result = build.error(doubt.category, str(doubt), facts=facts)
    return {**result, **SEEN}


@pytest.fixture(scope="module")
def around(microsoft):
    """Results of the other hosts, and their rows where the host in the middle is well."""
    honest = registered(HONEST, microsoft)
    others = dict.fromkeys(OTHERS, honest)
    return others, rows(report_of(**others, middle=honest))


answers = st.one_of(hostile.spoilt(HONEST), hostile.spoilt(HONEST, most=8), hostile.failures)


@hostile.few_or_thousands
@given(answers.map(Told))
def test_a_host_spoils_no_other_one(microsoft, around, answer):
    others, expected = around
    report = report_of(**others, middle=registered(answer.value, microsoft))

    assert rows(report) == expected
    read_again(report)


@hostile.few_or_thousands
@given(
    (
        hostile.failures
        | st.dictionaries(st.sampled_from(["status", "holders", "outcome", "error", "notes", "iis"]), hostile.values)
    ).map(Told)
)
def test_a_result_that_nobody_typed_spoils_no_other_host(around, result):
    others, expected = around
    report = report_of(**others, middle=result.value)

    assert rows(report) == expected
    read_again(report)
