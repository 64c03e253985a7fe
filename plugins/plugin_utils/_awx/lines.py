# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Lines of jobs of AWX, from their events: a section for each job, as merge_reports reads them."""

from __future__ import annotations

import json
import shutil
import tempfile
import typing as t
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from .._fleet.report import written_out
from .._result.record import SCHEMA_VERSION
from .._result.types import MergedRun
from .._wording import some, visible
from .controller import Controller
from .events import KINDS, expected_in, is_ours, looked_at_all, readable_head, record_in
from .walk import JOBS, settled


@dataclass(frozen=True, slots=True)
class Partial:
    """A job that may have had more hosts than it told. ``others``: its events are all of tasks that are not ours."""

    inventory: int | None
    others: bool


@dataclass(slots=True)
class Read:
    """What was found in jobs. ``hosts``: with a record; ``lost``: of jobs without a report; ``heads``: of the runs; ``inventories``: of
    those, None for one that is gone; ``partial``: jobs that may have had more hosts than they told;
    ``notes``: what a reader must know.
    """

    hosts: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    heads: list[MergedRun] = field(default_factory=list)
    inventories: set[int | None] = field(default_factory=set)
    partial: dict[int, Partial] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Taken:
    """What the events of one job say. ``looked``: whether one of them comes after all hosts were read or planned for."""

    head: MergedRun | None = None
    hosts: set[str] = field(default_factory=set)
    expected: set[str] = field(default_factory=set)
    looked: bool = False
    events: int = 0
    ours: int = 0


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
    inventory = about["inventory"] if isinstance(about.get("inventory"), int) else None
    with tempfile.TemporaryFile("w+", encoding="ascii") as records:  # the line of the run comes first, and is known last
        taken = _take(controller, job, records)
        if not whole or not (taken.looked or about.get("status") == "successful"):
            read.partial[job] = Partial(inventory, others=bool(taken.events) and not taken.ours)
        if taken.head is None:
            read.lost |= taken.expected | taken.hosts
            if taken.hosts:
                read.notes.append(
                    f"job {job}: it ended before its report, so that its {len(taken.hosts)} records count as not checked"
                )
            return
        if not taken.hosts:
            read.notes.append(f"job {job}: it has no event of a host. Where one task read them all, say impersonate_reader: host")
        records.seek(0)
        to.write(_line(_header(taken.head, taken.expected | taken.hosts)))
        shutil.copyfileobj(records, to)
    read.hosts |= taken.hosts
    read.heads.append(taken.head)
    read.inventories.add(inventory)


def _take(controller: Controller, job: int, records: t.TextIO) -> _Taken:
    """Write the records of a job, and say what else its events tell."""
    taken = _Taken()
    for event in controller.all(JOBS.format(job) + "job_events/", event__in=KINDS, order_by="counter"):
        taken.events += 1
        taken.ours += is_ours(event)
        record = record_in(event)
        if record is not None:
            records.write(_line(record))
            taken.hosts.add(record["host"])
        taken.expected.update(expected_in(event))
        taken.head = readable_head(event) or taken.head
        taken.looked = taken.looked or looked_at_all(event)
    return taken


def doubts(read: Read, silent: Iterable[str], compared: Collection[int]) -> list[str]:
    """Why hosts may be in no number: jobs and nodes of which nobody knows the hosts. Pure.

    ``silent``: nodes that left no job; ``compared``: inventories whose hosts were compared with the records, which tells those hosts.
    A job that ran tasks of others alone, on an inventory of which no report speaks, is a job of others.
    """
    jobs = [
        str(job)
        for job, partial in read.partial.items()
        if partial.inventory not in compared and not (partial.others and partial.inventory not in read.inventories)
    ]
    nodes = [] if compared else [visible(node) for node in silent]
    return [
        *(
            [f"{'job' if len(jobs) == 1 else 'jobs'} {some(jobs)} ended, or was read, before all hosts were told of"]
            if jobs
            else []
        ),
        *([f"{'node' if len(nodes) == 1 else 'nodes'} {some(nodes)} of the workflow left no job"] if nodes else []),
    ]


def write_missing(head: MergedRun, missing: Iterable[str], to: t.TextIO) -> None:
    """Write a section that only says which hosts there must be. ``head``: of one of the runs, so that it is no run of its own."""
    to.write(_line(_header(head, missing)))


def _header(head: MergedRun, expected: Iterable[str]) -> dict[str, object]:
    return {"schema_version": SCHEMA_VERSION, "kind": "run", **head, "expected": sorted(expected)}


def _line(data: t.Mapping[str, object]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    if "\\ud" in text:  # perhaps half of a pair of surrogates, with which the whole file could not be read
        text = json.dumps(written_out(data), sort_keys=True, separators=(",", ":"))
    return text + "\n"
