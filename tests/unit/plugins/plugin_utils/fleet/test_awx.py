# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job of AWX knows of itself, what it hands over, and how its hosts count."""

from __future__ import annotations

import json

import pytest
import report_heads
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.awx import (
    KEY,
    MOST,
    artifacts,
    awx_of,
    is_slice,
    part_of_merged,
    stopped,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.marks import Mark, mark
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status

SUMMARY = {"by_status": {status.value: 10**7 for status in Status}, "expected": 10**8}


def said(**more):
    about = {
        "action": "audit",
        "verdict": "COMPLIANT",
        "passed": True,
        "summary": SUMMARY,
        "run_id": "r",
        "part": False,
        "awx": {},
        "files": {},
    }
    return artifacts(**{**about, **more})


@pytest.mark.parametrize(
    ("variables", "known"),
    [
        pytest.param({}, {}, id="outside AWX"),
        pytest.param({"awx_job_id": 7, "other": 1}, {"job_id": "7"}, id="a job"),
        pytest.param({"awx_schedule_id": 3, "awx_schedule_name": "nightly"}, {"schedule_id": "3", "schedule_name": "nightly"}, id="of a schedule"),
        pytest.param({"awx_parent_job_schedule_id": 3, "awx_parent_job_schedule_name": "n"},
                     {"parent_job_schedule_id": "3", "parent_job_schedule_name": "n"}, id="in a workflow of a schedule"),
        pytest.param({"awx_user_name": "ann", "awx_workflow_job_launch_type": "manual"}, {"user_name": "ann", "workflow_job_launch_type": "manual"},
                     id="started by a person"),
    ],
)  # fmt: skip
def test_where_a_job_came_from(variables, known):
    assert awx_of(variables) == known


@pytest.mark.parametrize(
    ("awx", "slice_"),
    [
        pytest.param({}, False, id="outside AWX"),
        pytest.param({"job_template_name": "audit"}, False, id="alone"),
        pytest.param({"job_template_name": "audit", "workflow_job_name": "nightly"}, False, id="in a workflow"),
        pytest.param({"job_template_name": "audit", "workflow_job_name": "audit"}, True, id="in the workflow of its template"),
    ],
)
def test_a_slice(awx, slice_):
    assert is_slice(awx) is slice_


def test_the_keys_of_the_artifacts():
    handed = said(awx={"workflow_job_id": "41"}, files={"json": "/data/a.json"})

    assert (handed["per_host"], handed["aggregate"]) == (False, False)
    assert sorted(handed["data"][KEY]) == [
        "action", "by_status", "expected", "files", "gate_passed", "part", "run_id", "schema", "verdict", "workflow_job_id",
    ]  # fmt: skip
    assert "files" not in said()["data"][KEY]


@given(
    st.text(max_size=3000) | st.just("я" * 3000) | st.just("\0" * 3000),
    st.dictionaries(st.sampled_from(["json", "html", "csv"]), st.text(max_size=2000)),
    st.none() | st.just(" ".join(["0" * 32] * 41)),
)
def test_the_artifacts_stay_small(verdict, files, plan):
    handed = said(verdict=verdict, files=files, plan=plan)["data"]

    assert handed[KEY].get("plan") == plan
    assert verdict.startswith(handed[KEY]["verdict"])

    assert len(json.dumps(handed)) <= MOST
    assert handed[KEY].get("files", files) == files


def test_who_stopped_a_change_is_counted_and_not_named():
    assert [stopped([]), stopped(["a"]), stopped(["a", "b"])] == [
        "", " The rolling change stopped at 1 host.", " The rolling change stopped at 2 hosts.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("limits", "part"),
    [pytest.param([None, "web*"], False, id="one took all"), pytest.param(["web*", "db*"], True, id="each was limited"),
     pytest.param([None], False, id="a single run"), pytest.param(["web*"], True, id="a single limited run")],
)  # fmt: skip
def test_a_merge_is_a_part_where_every_run_was(limits, part):
    runs = [{**report_heads.RUN, "limit": limit} for limit in limits]
    report = {"run": {**runs[0], "merged": [{"run": one} for one in runs]} if len(runs) > 1 else runs[0]}

    assert part_of_merged(report) is part


@pytest.mark.parametrize(
    ("status", "passed", "marked"),
    [
        pytest.param("compliant", False, Mark.OK, id="in order"),
        pytest.param("waived", False, Mark.OK, id="waived"),
        pytest.param("not_applicable", False, Mark.OK, id="not in the policy"),
        pytest.param("drift", False, Mark.FAILED, id="the gate failed for it"),
        pytest.param("unreachable", False, Mark.CHANGED, id="the gate failed for others"),
        pytest.param("drift", True, Mark.CHANGED, id="tolerated"),
    ],
)
def test_how_a_host_counts(status, passed, marked):
    assert mark(status, passed=passed, fail_on=["drift"]) is marked


@given(st.sampled_from([status.value for status in Status]), st.lists(st.sampled_from([status.value for status in Status])))
def test_a_gate_that_passed_fails_no_host(status, fail_on):
    assert mark(status, passed=True, fail_on=fail_on) is not Mark.FAILED
