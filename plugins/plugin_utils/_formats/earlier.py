# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads earlier reports: a file, or those of a folder: the newest whole, of the others the numbers."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import _utc
from .._fleet.scope import of_all_hosts
from .._input.errors import BadInput
from .._result.types import Report, RunHead, TrendPoint
from .._verdict.status import Status
from .json_lines import read_report

Found = tuple[Report | None, str | None]

MOST_POINTS = 29
"""Earlier audits of a trend, the newest ones."""
# Where a part of a report begins and ends as we write it: no other line is like this, since a line break inside a text is written
# as \\n.
_BEGINS = {f'  "{part}": {{\n'.encode(): part for part in ("policy", "run", "summary")}
_END = b"  }"


@dataclass(frozen=True, slots=True)
class Earlier:
    """What there is to compare a run with. ``nothing``: the sentence why there is none; ``trend``: None where none was looked for."""

    report: Report | None = None
    nothing: str | None = None
    trend: list[TrendPoint] | None = None


@dataclass(frozen=True, slots=True)
class _Head:
    """What a file says of its run and its numbers, so that only one of many must be parsed and checked whole."""

    path: Path
    run: dict[str, t.Any]
    policy: str | None
    by_status: object


def previous_of(place: str | None, report: Report) -> Earlier:
    """What to compare a report with: nothing where no place is given, and only an audit is compared. A folder may hold the run itself."""
    run = report["run"]
    if not place or run["action"] != "audit":
        return Earlier()
    folder = Path(place).expanduser()
    heads = _heads(folder)
    found, nothing = _chosen(folder, heads, "audit", run["id"], first=lambda head: _alike(head, report))
    return Earlier(found, nothing, _trend(heads, report) if isinstance(heads, list) and folder.is_dir() else None)


def earlier_report(place: Path, action: str = "audit", besides: str = "", *, whole: bool = False) -> Found:
    """The report of a file, or the newest one of a folder, with None; or None with the sentence why there is none to compare with.

    In a folder, reports of another action, the run ``besides``, files of other kinds and half-written ones are passed over. The newest is
    the one whose run ended last; when its file was written or copied does not matter. ``whole``: one of all hosts of its inventory comes
    before any that left some out.
    """
    return _chosen(place, _heads(place), action, besides, first=_of_all_hosts if whole else None)


def _heads(place: Path) -> list[_Head] | str:
    """The reports of a folder by what they say of themselves, none for a file; or why they cannot be read."""
    try:
        if place.is_file():
            return []
        if not place.is_dir():
            return f"{place} does not exist"
        return [head for path in place.glob("*.json") if path.is_file() and (head := _head_of(path))]
    except (OSError, ValueError) as error:
        return f"{place} cannot be read: {error}"


def _chosen(
    place: Path, heads: list[_Head] | str, action: str, besides: str, first: Callable[[_Head], bool] | None = None
) -> Found:
    """``first``: the newest report of which that is true comes before the newest."""
    if isinstance(heads, str):
        return None, heads
    try:
        if place.is_file():
            return _read(place), None
    except BadInput as error:
        return None, str(error)
    reasons: list[str] = []
    for head in sorted(heads, key=lambda head: (first is not None and first(head), *_age(head)), reverse=True):
        if head.run.get("action") == action and head.run.get("id") != besides:
            try:
                return _read(head.path), None
            except BadInput as error:
                reasons.append(str(error))
    unread = f" that can be read; the newest: {reasons[0]}" if reasons else " yet"
    return None, f"{place} has no report of an earlier {action}{unread}"


def _trend(heads: Sequence[_Head], report: Report) -> list[TrendPoint]:
    """Audits that ended before, by the same policy and with the same limit, the oldest first; what two files say of one run is one."""
    run = report["run"]
    points: dict[str, TrendPoint] = {}
    for head in sorted(heads, key=_age):
        point = _point(head) if _alike(head, report) and head.run["finished"] <= run["finished"] else None
        if point and point["id"] != run["id"]:
            points[point["id"]] = point
    return list(points.values())[-MOST_POINTS:]


def _age(head: _Head) -> tuple[str, str]:
    return head.run["finished"], head.path.name


def _of_all_hosts(head: _Head) -> bool:
    try:
        return of_all_hosts([part["run"] for part in head.run.get("merged") or ()] or [t.cast(RunHead, head.run)])
    except (AttributeError, KeyError, TypeError):
        return False  # nothing of the file is checked yet; one that is no report of ours is refused when it is read


def _alike(head: _Head, report: Report) -> bool:
    """The same policy and the same limit, so that both looked at the same hosts."""
    run, policy = report["run"], report["policy"]["name"] if report["policy"] else None
    return head.policy == policy and all(head.run.get(key) == run[key] for key in ("action", "limit", "hosts"))


def _point(head: _Head) -> TrendPoint | None:
    """None for numbers that are none of ours."""
    name, started, counts = head.run.get("id"), head.run.get("started"), head.by_status
    try:
        _utc.read(started or "")
    except (TypeError, ValueError):
        return None
    if not isinstance(name, str) or not isinstance(started, str) or not isinstance(counts, dict):
        return None
    known = {status.value: counts.get(status.value, 0) for status in Status}
    if any(isinstance(count, bool) or not isinstance(count, int) or count < 0 for count in known.values()):
        return None
    return {"id": name, "started": started, "by_status": known}


def _read(path: Path) -> Report:
    """The report in a file. Raises BadInput that says why there is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(f"{path} is not a report", str(error)) from None
    try:
        return read_report(str(path), data)
    except BadInput as error:
        raise error.within(f"{path} is not a report that this release reads") from None


def _head_of(path: Path) -> _Head | None:
    """None where a file says nothing of its run."""
    try:
        parts = _parts(path) or json.loads(path.read_bytes())
        run, policy = parts["run"], parts.get("policy")
        summary = parts.get("summary")
        name = policy.get("name") if isinstance(policy, dict) else None
        counts = summary.get("by_status") if isinstance(summary, dict) else None
        return _Head(path, run, name, counts) if isinstance(run["finished"], str) else None
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return None


def _parts(path: Path) -> dict[str, t.Any]:
    """The small parts of a report; empty where a file is not written as ours are."""
    parts: dict[str, t.Any] = {}
    with path.open("rb") as file:  # line by line: one of 10,000 hosts has 40 MB
        lines = iter(file)
        for line in lines:
            part = _BEGINS.get(line)
            if part:
                inside = [b"{"]
                for line in lines:
                    if line.startswith(_END):
                        break
                    inside.append(line)
                parts[part] = json.loads(b"".join(inside) + b"}")
    return parts if "run" in parts else {}
