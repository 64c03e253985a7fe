# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an earlier report: a file, or the newest of a folder."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from .._input.errors import BadInput
from .._result.types import Report, RunHead
from .json_lines import read_report

Found = tuple[Report | None, str | None]

# Where the run of a report begins and ends as we write it: no other line is like this, since a line break inside a text is written
# as \\n.
_BEGIN, _END = b'  "run": {\n', b"  }"


def previous_of(place: str | None, run: RunHead) -> Found:
    """What to compare a run with: nothing where no place is given, and only an audit is compared. A folder may hold the run itself."""
    if not place or run["action"] != "audit":
        return None, None
    return earlier_report(Path(place).expanduser(), besides=run["id"])


def earlier_report(place: Path, action: str = "audit", besides: str = "") -> Found:
    """The report of a file, or the newest one of a folder, with None; or None with the sentence why there is none to compare with.

    In a folder, reports of another action, the run ``besides``, files of other kinds and half-written ones are passed over. The newest is
    the one whose run ended last; when its file was written or copied does not matter.
    """
    try:
        if place.is_file():
            return _read(place), None
        if not place.is_dir():
            return None, f"{place} does not exist"
        runs = [(run, path) for path in place.glob("*.json") if path.is_file() and (run := _run_of(path))]
    except BadInput as error:
        return None, str(error)
    except (OSError, ValueError) as error:
        return None, f"{place} cannot be read: {error}"
    reasons: list[str] = []
    for run, path in sorted(runs, key=lambda one: (one[0]["finished"], one[1].name), reverse=True):
        if run.get("action") == action and run.get("id") != besides:
            try:
                return _read(path), None
            except BadInput as error:
                reasons.append(str(error))
    unread = f" that can be read; the newest: {reasons[0]}" if reasons else " yet"
    return None, f"{place} has no report of an earlier {action}{unread}"


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


def _run_of(path: Path) -> dict[str, object] | None:
    """What a file says of its run, so that only one of many must be parsed and checked whole. None where it says nothing of it."""
    try:
        with path.open("rb") as file:  # line by line: one of 10,000 hosts has 40 MB
            lines = itertools.dropwhile(lambda line: line != _BEGIN, file)
            its = list(itertools.takewhile(lambda line: not line.startswith(_END), itertools.islice(lines, 1, None)))
        run = json.loads(b"{" + b"".join(its) + b"}") if its else json.loads(path.read_bytes())["run"]
        return run if isinstance(run["finished"], str) else None
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return None
