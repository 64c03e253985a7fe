# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever one host answers, the others have the report that they would have without it; and what is written can be read."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import hostile
import pytest
import report_heads
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _results
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.checks import brief
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.errors import CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.expectation import Wishes
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.verdict import judge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.csv_tables import csv_accounts, csv_hosts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.document import document, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.html.page import html
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.json_lines import (
    json_lines,
    read_json_lines,
    read_report,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.junit import junit
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.merge import gathered, merge, merged_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.prometheus import prometheus
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.record import record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._windows import HostError, More, WindowsHost

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[4] / "docs/schemas/report-1.schema.json").read_text()))
HONEST = hostile.facts()
MORE = More(exposure=True, expand=True, events=24)
SEEN = {"checked_at": "2026-01-31T08:15:30Z", "duration_ms": 1, "transport": "winrm"}
OTHERS = ("another", "zebra")


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
        facts = WindowsHost(lambda **_call: answer, {}).read(["SIM\\nobody"], MORE)
        result = _results.report(facts, policy, judge(facts, policy, Wishes())) | _results.more(facts, MORE)
    except HostError as failed:
        result = _results.error(failed.category, str(failed), failed.call, failed.status)
    except CannotJudge as doubt:
        result = _results.error(doubt.category, str(doubt), facts=facts)
    return {**result, **SEEN}


def report_of(**results):
    records = [record_of(host, result) for host, result in results.items()]
    return document(records, run=report_heads.RUN, policy=None, generator=report_heads.GENERATOR, fail_on=["drift", "error"])


@pytest.fixture(scope="module")
def around(microsoft):
    """Results of the other hosts, and their rows where the host in the middle is well."""
    honest = registered(HONEST, microsoft)
    others = dict.fromkeys(OTHERS, honest)
    return others, rows(report_of(**others, middle=honest))


def rows(report):
    """What stands of the other hosts in every format with a place for each host."""
    tables = [list(csv.reader(io.StringIO(write(report)))) for write in (csv_hosts, csv_accounts)]
    cases = ElementTree.fromstring(junit(report)).findall(".//testcase")
    return (
        [record for record in report["hosts"] if record["host"] in OTHERS],
        [line for line in json_lines(report).splitlines()[1:] if json.loads(line)["host"] in OTHERS],
        [[row for row in table if row[0] in OTHERS] for table in tables],
        [ElementTree.tostring(case).strip() for case in cases if case.get("name") in OTHERS],
    )


def read_again(report):
    """Everything that is written can be read: by ourselves, by a merge and by the schema."""
    text = to_json(report)
    assert read_report("x.json", json.loads(text)) == json.loads(text)
    assert list(SCHEMA.iter_errors(json.loads(text))) == []
    merged = merge([read_json_lines(json_lines(report)), gathered(report_of(elsewhere=None))])
    assert [record for record in merged.records if record["host"] != "elsewhere"] == list(gathered(report).records)
    assert list(SCHEMA.iter_errors(json.loads(to_json(merged_report(merged))))) == []
    assert len(markdown(report).splitlines()) <= 40
    assert len(html(report).encode()) <= 1_000_000
    assert prometheus(report).endswith("\n")


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
