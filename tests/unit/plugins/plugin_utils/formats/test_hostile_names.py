# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same hostile text, wherever a host can put one, through all that a person reads: one test for every output."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import unicodedata
from xml.etree import ElementTree

import pytest
import report_heads

from ansible_collections.winrights.seimpersonate.plugins.action.fleet_report import _sentence
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.controller import ControllerKind, stated
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import (
    AppPool,
    EventLog,
    Group,
    Holder,
    Member,
    Resolution,
    RightEvent,
    Service,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.plans import count_plans, plan_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.csv import csv_accounts, csv_hosts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import json_lines, read_json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.junit import junit
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.names import FORMATS
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.prometheus import prometheus
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import enforcement
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import ReadRequest
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.categories import ErrorCategory
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Handling

UNSEEN = "\n\r\x00\x1b\x7f\x9b\u0085\u061c\u200b\u200e\u202e\u2028\u2029\u2066\u3164\ufeff\U000e0041"
NAME = f"=cmd|x\n- nothing to change{UNSEEN}\x1b[8m<script>]]>{{{{x}}}}"
FOUR = ("S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544")
STRANGER, SERVICE = "S-1-5-21-1-2-3-1500", "S-1-5-21-1-2-3-1600"
SEEN = {"checked_at": "2026-01-31T08:15:30Z", "duration_ms": 1}


@pytest.fixture
def facts(host):
    """A host that says the same hostile text everywhere."""
    found = host((*FOUR, Holder(STRANGER, NAME, 1, Resolution.LSA)), name=NAME, iis=True, domain=NAME, dns_domain=NAME)
    return dataclasses.replace(
        found,
        windows=dataclasses.replace(found.windows, caption=NAME, display_version=NAME),
        services=(Service(NAME, NAME, STRANGER, 7),),
        pools=(AppPool(NAME, "SpecificUser", NAME, SERVICE),),
        groups=(Group(STRANGER, NAME, "read", (Member(SERVICE, NAME, 1),)),),
        events=EventLog(None, (RightEvent(4704, "2026-01-31T07:00:00Z", SERVICE, NAME, NAME, STRANGER),), False, None),
    )


@pytest.fixture
def results(facts, microsoft, tmp_path):
    """What the tasks register for it: audited, planned, set by a GPO of that name, and not read."""
    job = enforcement.Job("h", "r", tmp_path, microsoft, Tailoring(), Handling(), stated("local", None, None))
    planned = enforcement.plan(job, facts)
    return {
        "audited": build.host_result(judged(facts, microsoft, Tailoring()))
        | build.requested(facts, ReadRequest(True, True, 72))
        | SEEN,
        "gpo": build.host_result(judged(facts, microsoft, Tailoring(), stated(ControllerKind.GPO.value, NAME, NAME))) | SEEN,
        "planned": build.enforced(job, facts, planned) | SEEN,
        "error": build.error(ErrorCategory.PAYLOAD_ERROR, NAME, NAME, NAME, facts) | SEEN,
        "dead": {"unreachable": True, "msg": NAME},
        "broken": {"failed": True, "msg": NAME},
        NAME: {"failed": True, "msg": NAME},
    }


@pytest.fixture
def report(results):
    records = [record_of(host, json.loads(json.dumps(result))) for host, result in results.items()]
    return build_report(records, run=report_heads.RUN, policy=None, generator=report_heads.GENERATOR, fail_on=["drift"], notes=[])


def unseen(text):
    """Characters that no person sees, or that are commands of a terminal; a line break is for the caller to allow."""
    hidden = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")
    return {char for char in text if char != "\n" and (unicodedata.category(char) in hidden or char == "\u3164")}


def lines_of(text):
    return len(text.split("\n"))


SENTENCES = ("why", "text", "notes", "because", "evidence", "changes", "warnings", "msg", "message", "reason")


def sentences(value, key=""):
    """All sentences of a result or a record."""
    if isinstance(value, dict):
        return [text for name, inner in value.items() for text in sentences(inner, name)]
    if isinstance(value, list):
        return [text for inner in value for text in sentences(inner, key)]
    return [value] if key in SENTENCES and isinstance(value, str) else []


def plan(results, report, facts, made):
    return "\n".join(plan_lines(results, count_plans(results))), 6


def diff(results, report, facts, made):
    shown = build.diff(NAME, made.names_by_sid, made.plan.before, made.plan.after)
    return "\n".join([*shown["before"].splitlines(), shown["before_header"], shown["after"]]), 5 + 1 + 5


def messages(results, report, facts, made):
    texts = [text for name, one in results.items() if name not in ("dead", "broken", NAME) for text in sentences(one)]
    return "\n".join(texts), len(texts)


def reasons(results, report, facts, made):
    texts = [text for record in report["hosts"] for text in sentences(record)]
    return "\n".join(texts), len(texts)


def gate(results, report, facts, made):
    return _sentence({**report, "run": {**report["run"], "action": "enforce"}}, "", [NAME], [NAME], False), 1


def of(write):
    return lambda results, report, facts, made: (write(report), None)


OUTPUTS = {
    "plan": plan,
    "diff": diff,
    "messages and warnings": messages,
    "reasons": reasons,
    "gate": gate,
    **{write.__name__: of(write) for write in (markdown, html, junit, prometheus, json_lines)},
    "csv_hosts": lambda results, report, facts, made: (csv_hosts(report).removeprefix("\ufeff").replace("\r\n", "\n"), None),
    "csv_accounts": lambda results, report, facts, made: (csv_accounts(report).removeprefix("\ufeff").replace("\r\n", "\n"), None),
}


# Nothing in them is markup.
NO_MARKUP = ("plan", "diff", "messages and warnings", "reasons", "gate", "prometheus", "json_lines", "csv_hosts", "csv_accounts")


def test_every_format_is_an_output():
    assert {"csv_hosts" if kind == "csv" else kind for kind in FORMATS} - {"json"} <= set(OUTPUTS)


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_hostile_text_is_written_out_in_every_output(output, results, report, facts, microsoft, tmp_path):
    job = enforcement.Job("h", "r", tmp_path, microsoft, Tailoring(), Handling(), stated("local", None, None))
    text, most = OUTPUTS[output](results, report, facts, enforcement.plan(job, facts))

    assert unseen(text) == set()
    assert "\n- nothing to change" not in text
    assert "<script>]]>" not in text or output in NO_MARKUP
    assert most is None or lines_of(text.rstrip("\n")) <= most
    assert "- nothing to change" in text  # it is shown, and not left out


def test_the_json_and_its_readers_keep_the_true_name(report):
    text = to_json(report)
    (audited,) = [one for one in json.loads(text)["hosts"] if one["host"] == "audited"]

    assert unseen(text.replace("\u3164", "")) == set()
    assert lines_of(text) == lines_of(to_json({**report, "hosts": []})) + len(report["hosts"]) + 1
    assert {NAME} <= {holder["name"] for holder in audited["holders"]}
    assert [record["host"] for record in read_json_lines(json_lines(report)).records] == sorted(
        record["host"] for record in report["hosts"]
    )


def test_a_reader_of_each_kind_finds_as_many_hosts_as_there_are(report):
    rows = list(csv.reader(io.StringIO(csv_hosts(report).removeprefix("\ufeff"))))
    cases = ElementTree.fromstring(junit(report)).findall(".//testcase")

    assert len(rows) - 1 == len(cases) == len(report["hosts"])
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t"))]
