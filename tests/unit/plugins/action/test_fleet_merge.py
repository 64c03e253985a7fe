# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The merge of reports with the variables of a user as the role hands them on: bad input is named, nothing is written."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleError
from report_heads import GENERATOR, RUN
from role_options import role_options

from ansible_collections.winrights.seimpersonate.plugins.action.fleet_merge import ActionModule
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of


@pytest.fixture
def merge(action, tmp_path):
    """Merge what the folder `in` holds: the reports of two runs, one of them with a long name."""
    (tmp_path / "in").mkdir()
    for name in ("r1", "r" * 50):
        run = {**RUN, "id": name}
        records = [record_of(f"host-{name}", {"status": "drift", "checked_at": "2026-01-31T08:15:30Z"})]
        report = build_report(records, run=run, policy=None, generator=GENERATOR, fail_on=["drift"], tolerate={"drift": "1"})
        (tmp_path / f"in/{name}.jsonl").write_text(json_lines(report))

    def execute(module, args):
        raise AssertionError(f"{module} was sent to a host")

    def run(**variables):
        variables = {"impersonate_merge": str(tmp_path / "in"), "impersonate_report_dir": str(tmp_path / "merged"), **variables}
        return action(ActionModule, execute, task_vars={"groups": {"all": []}}, **role_options("merge", "fleet_merge", **variables))

    return run


def test_reports_become_one(merge, tmp_path):
    result = merge(impersonate_report_formats=["json"])

    assert (result["gate_passed"], len(result["merged"])) == (False, 2)
    report = json.loads(next((tmp_path / "merged").glob("*.json")).read_text())
    assert [record["status"] for record in report["hosts"]] == ["drift", "drift"]
    assert result["verdict"].startswith("NOT COMPLIANT - 2 of 2 hosts drift")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        pytest.param({"impersonate_merge": []}, "there is no report to merge", id="nothing to merge"),
        pytest.param({"impersonate_report_name": "{run_id}" * 9}, "name: a file would be called merged", id="too long by the run"),
        pytest.param({"impersonate_tolerate": {"drift": "few"}}, "tolerate.drift: 'few' is not a tolerance", id="no number"),
        pytest.param({"impersonate_fail_on": ["drifted"]}, "value of fail_on must be one or more of: drift", id="unknown status"),
    ],
)
def test_bad_input_of_a_merge_is_named(merge, tmp_path, variables, words):
    with pytest.raises(AnsibleError) as error:
        merge(**variables)

    assert words in " ".join(str(error.value).split())
    assert not (tmp_path / "merged").exists() or not list((tmp_path / "merged").iterdir())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(b"\xff", "cannot be read", id="no text"),
        pytest.param(b"{}\n", "in/x.jsonl: ", id="no report"),
    ],
)
def test_a_source_that_is_no_report_is_named(merge, tmp_path, text, words):
    (tmp_path / "in/x.jsonl").write_bytes(text)

    with pytest.raises(AnsibleError) as error:
        merge()

    assert "sources: " in str(error.value)
    assert words in str(error.value)
