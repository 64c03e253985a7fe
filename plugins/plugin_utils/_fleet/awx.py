# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a job of AWX knows of itself, and what it hands over to AWX: its artifacts. Pure."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping, Sequence

from .._result.record import SCHEMA_VERSION
from .._result.types import Report

# What AWX tells a job about itself; kept in the report so that a file can be traced to its job. A job that a schedule started has
# awx_schedule_*, a job in a workflow that a schedule started awx_parent_job_schedule_*.
_AWX = (
    "awx_job_id", "awx_job_launch_type", "awx_job_template_id", "awx_job_template_name", "awx_workflow_job_id",
    "awx_workflow_job_name", "awx_workflow_job_launch_type", "awx_schedule_id", "awx_schedule_name", "awx_parent_job_schedule_id",
    "awx_parent_job_schedule_name", "awx_user_name", "awx_inventory_name", "awx_project_revision", "awx_execution_node",
)  # fmt: skip

KEY = "impersonate"
"""Under which the artifacts of a job have what this collection says."""
MOST = 4000
"""Bytes of the artifacts: a notification and the variables of the next job of a workflow carry them along."""
_VERDICT = 1000  # characters; our sentences have less, whatever a host is called


def awx_of(task_vars: Mapping[str, object]) -> dict[str, str]:
    """Where the job came from, without the prefix; empty outside AWX."""
    return {key.removeprefix("awx_"): str(task_vars[key]) for key in _AWX if key in task_vars}


def is_slice(awx: Mapping[str, str]) -> bool:
    """Whether the job is one of several slices of its template.

    AWX has no variable for it. It makes a workflow of a sliced template, by the name of the template.
    """
    return bool(awx.get("workflow_job_name")) and awx.get("workflow_job_name") == awx.get("job_template_name")


def part_of_merged(report: Report) -> bool:
    """Whether a report of merged runs misses hosts for sure: every one of them was limited. Slices add up."""
    runs = [part["run"] for part in report["run"].get("merged") or ()] or [report["run"]]
    return all(bool(run["limit"]) for run in runs)


def artifacts(
    *,
    action: str,
    verdict: str,
    passed: bool,
    summary: Mapping[str, t.Any],
    run_id: str,
    part: bool,
    awx: Mapping[str, str],
    files: Mapping[str, str],
    plan: str | None = None,
) -> dict[str, t.Any]:
    """What a task returns so that AWX keeps it with the job, also where the gate behind it fails.

    ``verdict``: sentences without names of hosts, cut where they are too long. ``summary``: the counts of a report. ``files``: those that
    outlive the job; left out where their paths are too long. ``plan``: what is to be approved, of a job that only planned.
    """
    artifact: dict[str, t.Any] = {
        "schema": SCHEMA_VERSION,
        "action": action,
        "verdict": verdict[:_VERDICT],
        "gate_passed": passed,
        "by_status": dict(summary["by_status"]),
        "expected": summary["expected"],
        "run_id": run_id,
        "part": part,
        "workflow_job_id": awx.get("workflow_job_id"),
    }
    if plan is not None:
        artifact["plan"] = plan
    while _bytes(artifact) > MOST and artifact["verdict"]:  # a character of another script has six bytes
        artifact["verdict"] = artifact["verdict"][: len(artifact["verdict"]) * 9 // 10]
    if files and _bytes({**artifact, "files": dict(files)}) <= MOST:
        artifact["files"] = dict(files)
    return {"data": {KEY: artifact}, "per_host": False, "aggregate": False}


def _bytes(artifact: Mapping[str, t.Any]) -> int:
    return len(json.dumps({KEY: artifact}))


def stopped(hosts: Sequence[str]) -> str:
    """That a rolling change stopped, as a sentence after another one, without the names."""
    if not hosts:
        return ""
    return f" The rolling change stopped at {len(hosts)} {'host' if len(hosts) == 1 else 'hosts'}."
