# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one document: schema version, generator, run, policy, summary, hosts. Pure."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Mapping

from .record import SCHEMA_VERSION, Record
from .summary import summarise

# What AWX tells a job about itself; kept in the report so that a file can be traced to its job.
_AWX = (
    "awx_job_id", "awx_job_launch_type", "awx_job_template_id", "awx_job_template_name", "awx_workflow_job_id",
    "awx_workflow_job_name", "awx_parent_job_schedule_name", "awx_inventory_name", "awx_project_revision", "awx_execution_node",
)  # fmt: skip


def document(
    records: Iterable[Record],
    *,
    run: Mapping[str, t.Any],
    policy: Mapping[str, t.Any] | None,
    generator: Mapping[str, t.Any],
    fail_on: Iterable[str],
    exceptions: Iterable[Mapping[str, t.Any]] = (),
    tolerate: Mapping[str, str] | None = None,
) -> dict[str, t.Any]:
    """Put the report together. Hosts are sorted by name; the same input gives the same document."""
    hosts = sorted(records, key=lambda record: record["host"])
    return {
        "schema_version": SCHEMA_VERSION,
        "generator": dict(generator),
        "run": dict(run),
        "policy": dict(policy) if policy else None,
        "summary": summarise(hosts, fail_on, exceptions, tolerate),
        "hosts": hosts,
    }


def awx_of(task_vars: Mapping[str, t.Any]) -> dict[str, str]:
    """Where the job came from, without the prefix; empty outside AWX."""
    return {key.removeprefix("awx_"): str(task_vars[key]) for key in _AWX if key in task_vars}


def to_json(report: Mapping[str, t.Any]) -> str:
    """The canonical file: sorted keys, UTF-8 text, a line for every host, newline at the end."""
    rest = json.dumps({**report, "hosts": []}, indent=2, sort_keys=True, ensure_ascii=False)
    hosts = ",\n".join("    " + json.dumps(host, sort_keys=True, ensure_ascii=False) for host in report["hosts"])
    # A line break inside a text is written as \\n, so this line is there once.
    return (rest.replace('\n  "hosts": []', f'\n  "hosts": [\n{hosts}\n  ]', 1) if hosts else rest) + "\n"
