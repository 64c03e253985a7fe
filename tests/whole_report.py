# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole report around one host that may say anything: what stands of the others in it, and whether all that is written can be read."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import report_heads
from jsonschema import Draft202012Validator

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import gathered, merge, merged_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.csv import csv_accounts, csv_hosts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import (
    json_lines,
    read_json_lines,
    read_report,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.junit import junit
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.prometheus import prometheus
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parents[1] / "docs/schemas/report-2.schema.json").read_text()))
OTHERS = ("another", "zebra")
FORMATS = (to_json, html, markdown, csv_hosts, csv_accounts, junit, prometheus, json_lines)


def report_of(**results):
    records = [record_of(host, result) for host, result in results.items()]
    return build_report(records, run=report_heads.RUN, policy=None, generator=report_heads.GENERATOR, fail_on=["drift", "error"])


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
