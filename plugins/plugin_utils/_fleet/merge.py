# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of slices, jobs and days become one: a union by host in which the newest record wins. Pure.

The merge is associative, commutative and idempotent, so that it does not matter which files are merged first, or twice.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .. import _utc
from .._input.categories import ErrorCategory
from .._input.errors import BadInput
from .._result.record import record_of
from .._result.types import ACTIONS, Generator, MergedRun, Record, Report, Run, RunHead, Used
from .._verdict.status import UNREAD, WORST_FIRST, Status
from .._wording import some
from .report import build_report
from .scope import LIMITS, MERGED, absent
from .waivers import exceptions_of, plain

"""What stands above the records of one run: run, policy, generator, source, fail_on, tolerate, exceptions (as declared)."""

_Value = t.TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Gathered:
    """What runs said. ``expected``: hosts, sorted; ``records``: one a host, sorted; ``runs``: the newest last, none twice."""

    runs: tuple[MergedRun, ...] = ()
    expected: tuple[str, ...] = ()
    records: tuple[Record, ...] = ()


def heads_of(report: Report) -> list[MergedRun]:
    """The runs that a report was made of: its own, or those that were merged to it."""
    merged = report["run"].get("merged")
    if merged:
        return list(merged)
    declared = [plain(exception) for exception in report["summary"]["exceptions"]]
    return [
        {
            "run": report["run"],
            "policy": report["policy"],
            "generator": report["generator"],
            "source": report["scope"]["source"],
            "fail_on": report["summary"]["gate"]["fail_on"],
            "tolerate": report["summary"]["gate"]["tolerate"],
            "exceptions": declared,
            "gpos": report.get("gpos"),
        }
    ]


def gather(runs: Iterable[MergedRun], expected: Iterable[str], records: Iterable[Record]) -> Gathered:
    """Put together what belongs together. Every host of a record is expected; a host that stands there twice has its newest record.

    A host that gave no answer has no time of its own: it was tried when the run ended. So an older good result does not hide it.
    """
    heads = {_canonical(run): run for run in runs}
    ended = max((run["run"]["finished"] for run in heads.values()), default=None)
    newest: dict[str, Record] = {}
    for record in records:
        tried = record["checked_at"] is None and record["status"] != Status.NOT_CHECKED.value
        current = {**record, "checked_at": ended} if tried else record
        known = newest.get(current["host"])
        newest[current["host"]] = current if known is None else _newer(known, current)
    return Gathered(
        tuple(sorted(heads.values(), key=_by_end)),
        tuple(sorted({*expected, *newest})),
        tuple(newest[host] for host in sorted(newest)),
    )


def gathered(report: Report) -> Gathered:
    """A report as a part of a merge."""
    return gather(heads_of(report), (), report["hosts"])


def merge(parts: Iterable[Gathered]) -> Gathered:
    """All runs, all expected hosts, and of every host the newest record: by ``checked_at``, then the graver, then by content.

    That a run did not check a host says nothing, so such a record gives way to every other one.
    """
    parts = list(parts)
    return gather(
        (run for part in parts for run in part.runs),
        (host for part in parts for host in part.expected),
        (record for part in parts for record in part.records),
    )


def merged_report(
    merged: Gathered,
    *,
    generator: Generator | None = None,
    fail_on: Iterable[str] | None = None,
    tolerate: Mapping[str, str] | None = None,
    expected: Iterable[str] = (),
    source: str | None = None,
) -> Report:
    """The report of merged runs, with the summary counted anew; of a single run it is that run's report.

    ``generator``: instead of the newest run's. ``fail_on``, ``tolerate``: instead of the strictest gate of the runs, which fails on all
    that one of them fails on and tolerates what all of them tolerate alike. ``expected``: hosts that there must be besides, and
    ``source``: who says so. Raises BadInput when there is no run.
    """
    if not merged.runs:
        raise BadInput("", "there is no report to merge")
    newest = merged.runs[-1]
    found = {record["host"] for record in merged.records}
    without_record = [host for host in merged.expected if host not in found]
    without_record += absent(expected, merged.expected)
    records = [*merged.records, *(record_of(host, None) for host in without_record)]
    today = _utc.read(newest["run"]["finished"]).date()
    policies = [run for run in merged.runs if run["policy"]]
    return build_report(
        records,
        run=_run(merged.runs, newest["run"]),
        policy=policies[-1]["policy"] if policies else None,
        generator=generator or newest["generator"],
        fail_on=sorted({status for run in merged.runs for status in run["fail_on"]} if fail_on is None else fail_on),
        exceptions=_exceptions(merged.runs, records, today),
        tolerate=_shared(run["tolerate"] for run in merged.runs) if tolerate is None else tolerate,
        source=source or (newest["source"] if len(merged.runs) == 1 else MERGED),
        notes=doubts(merged),
        gpos=next((run["gpos"] for run in reversed(merged.runs) if run.get("gpos")), None),
    )


def doubts(merged: Gathered) -> list[str]:
    """What a reader must know of runs that do not quite fit together, as sentences."""
    versions: dict[str, set[str]] = {}
    for run in merged.runs:
        if run["policy"]:
            versions.setdefault(run["policy"]["name"], set()).add(run["policy"]["sha256"])
    actions = sorted({run["run"]["action"] for run in merged.runs})
    sentences = [
        f"the runs were judged by {len(digests)} versions of the policy {name}: {', '.join(sorted(digest[:12] for digest in digests))}"
        for name, digests in sorted(versions.items())
        if len(digests) > 1
    ]
    sentences += [f"the runs were judged by several policies: {', '.join(sorted(versions))}"] if len(versions) > 1 else []
    sentences += [f"the runs did different things: {', '.join(actions)}"] if len(actions) > 1 else []
    mixed = {run["run"]["check_mode"] for run in merged.runs if run["run"]["action"] != "audit"}
    sentences += ["some of the runs changed hosts, others only planned to"] if len(mixed) > 1 else []
    return sentences + _damages(merged.records)


def _damages(records: Iterable[Record]) -> list[str]:
    """Records of a file that could not be read, so that they count as errors."""
    damaged = [
        (record["host"], record["error"]["message"])
        for record in records
        if record["error"] and record["error"]["category"] == ErrorCategory.MALFORMED_RECORD
    ]
    if not damaged:
        return []
    count = "the record of 1 host is" if len(damaged) == 1 else f"the records of {len(damaged)} hosts are"
    hosts = some([f"{host} ({message})" for host, message in damaged], LIMITS)
    return [f"{count} damaged and what was found there is lost, so that it counts as an error: {hosts}"]


def _newer(first_record: Record, second_record: Record) -> Record:
    if first_record == second_record:
        return first_record
    first, second = _rank(first_record), _rank(second_record)
    if first == second:
        return max(first_record, second_record, key=_canonical)
    return first_record if first > second else second_record


def _rank(record: Record) -> tuple[bool, str, int]:
    # Without the zone, which is always UTC, "08:15:00" sorts before "08:15:00.5".
    seen = (record["checked_at"] or "").removesuffix("Z")
    return record["status"] != Status.NOT_CHECKED.value, seen, -WORST_FIRST.index(record["status"])


def _by_end(run: MergedRun) -> tuple[str, str, str]:
    return run["run"]["finished"], run["run"]["id"], _canonical(run)


def _run(runs: Sequence[MergedRun], newest: RunHead) -> Run:
    """One run out of several: from the first beginning to the last end; of AWX what all of them say. ``merged`` keeps each."""
    if len(runs) == 1:
        return t.cast("Run", newest)
    each = [run["run"] for run in runs]
    started, finished = min(run["started"] for run in each), max(run["finished"] for run in each)
    actions = {run["action"] for run in each}
    digest = hashlib.sha256(_canonical(list(runs)).encode()).hexdigest()
    return {
        "id": f"merged-{newest['id']}-{digest[:8]}",
        "started": started,
        "finished": finished,
        "duration_s": max(0, int((_utc.read(finished) - _utc.read(started)).total_seconds())),
        "check_mode": all(run["check_mode"] for run in each),
        "action": next(action for action in ACTIONS if action in actions),
        "limit": _agreed(run["limit"] for run in each),
        "hosts": _agreed(run["hosts"] for run in each),
        "forks": _agreed(run["forks"] for run in each),
        "restored": _agreed(run["restored"] for run in each),
        "awx": _shared(run["awx"] for run in each),
        "merged": list(runs),
    }


def _shared(mappings: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """What all of them say."""
    return dict(sorted(set.intersection(*(set(mapping.items()) for mapping in mappings))))


def _agreed(values: Iterable[_Value]) -> _Value | None:
    """The value that all of them have, else None."""
    first, *others = values
    return first if all(one == first for one in others) else None


def _exceptions(runs: Iterable[MergedRun], records: Sequence[Record], today: datetime.date) -> list[Used]:
    """A host that was not judged may be in any group: it is not known here, and an exception for groups must not be called unused."""
    declared = [exception for run in runs for exception in run["exceptions"]]
    claims = [claim for record in records for claim in record["exceptions"]]
    if not declared and not claims:
        return []
    groups = sorted({group for exception in (*declared, *claims) for group in exception["groups"]})
    unjudged = (*UNREAD, Status.NOT_APPLICABLE.value)
    unread = {record["host"]: groups for record in records if record["status"] in unjudged}
    return exceptions_of(records, declared, unread, today)


def _canonical(data: object) -> str:
    return json.dumps(data, sort_keys=True)
