# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Lines of jobs of AWX, from their events: a section for each job, as merge_reports reads them."""

from __future__ import annotations

import json
import shutil
import tempfile
import typing as t
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .._fleet.report import written_out
from .._result.record import SCHEMA_VERSION
from .._result.types import MergedRun
from .controller import Controller
from .events import KINDS, expected_in, readable_head, record_in
from .walk import JOBS, settled


@dataclass(slots=True)
class Read:
    """What was found in jobs. ``hosts``: with a record; ``heads``: of the runs; ``notes``: what a reader must know."""

    hosts: set[str] = field(default_factory=set)
    heads: list[MergedRun] = field(default_factory=list)
    inventories: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def write_jobs(controller: Controller, jobs: Iterable[int], seconds: float, pause: Callable[[float], object], to: t.TextIO) -> Read:
    """Write the section of each job that left a report. One page of events is in memory at a time. Raises ControllerError and OSError."""
    read = Read()
    for job in jobs:
        _write_job(controller, job, seconds, pause, to, read)
    return read


def _write_job(
    controller: Controller, job: int, seconds: float, pause: Callable[[float], object], to: t.TextIO, read: Read
) -> None:
    about, whole = settled(controller, job, seconds, pause)
    if not whole:
        read.notes.append(f"job {job}: AWX had not stored all its events after {seconds:g} s, so that records may be missing")
    with tempfile.TemporaryFile("w+", encoding="ascii") as records:  # the line of the run comes first, and is known last
        head, hosts, expected = _take(controller, job, records)
        if head is None:
            if hosts:
                read.notes.append(f"job {job}: it ended before its report, so that its {len(hosts)} records count as not checked")
            return
        if not hosts:
            read.notes.append(f"job {job}: it has no event of a host. Where one task read them all, say impersonate_reader: host")
        records.seek(0)
        header = {"schema_version": SCHEMA_VERSION, "kind": "run", **head, "expected": sorted(expected | hosts)}
        to.write(_line(header))
        shutil.copyfileobj(records, to)
    read.hosts |= hosts
    read.heads.append(head)
    if isinstance(about.get("inventory"), int):
        read.inventories.add(about["inventory"])


def _take(controller: Controller, job: int, records: t.TextIO) -> tuple[MergedRun | None, set[str], set[str]]:
    """Write the records of a job; what its run says of itself, the hosts with a record, and those that it must account for."""
    head: MergedRun | None = None
    hosts: set[str] = set()
    expected: set[str] = set()
    for event in controller.all(JOBS.format(job) + "job_events/", event__in=KINDS, order_by="counter"):
        record = record_in(event)
        if record is not None:
            records.write(_line(record))
            hosts.add(record["host"])
        expected.update(expected_in(event))
        head = readable_head(event) or head
    return head, hosts, expected


def write_missing(head: MergedRun, missing: Iterable[str], to: t.TextIO) -> None:
    """Write a section that only says which hosts there must be. ``head``: of one of the runs, so that it is no run of its own."""
    to.write(_line({"schema_version": SCHEMA_VERSION, "kind": "run", **head, "expected": sorted(missing)}))


def _line(data: t.Mapping[str, object]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    if "\\ud" in text:  # perhaps half of a pair of surrogates, with which the whole file could not be read
        text = json.dumps(written_out(data), sort_keys=True, separators=(",", ":"))
    return text + "\n"
