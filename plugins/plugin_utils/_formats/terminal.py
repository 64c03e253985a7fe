# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary that a run prints at its end: a screen of 100 columns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._fleet.gate import Lack, lack_of
from .._fleet.summary import verdict_sentence
from .._fleet.worst import Row, changed, drifting, unread
from .._result.types import Record, Report
from .._wording import first_few, some, visible
from . import gpo_lines, gpo_plan_lines, sentences
from .columns import WIDTH, columns, fitted, folded
from .names import file_to_open

_LINES, _LEAST = 40, 3  # of all; rows of drift, however much there is around them
_GROUPS = 4  # of hosts with the same to say
_CHANGES = 1  # of GPOs, with their impact
_HOST, _ACCOUNT = 30, 60  # columns of a name
_NAMES = 3  # hosts that one row names


def terminal(report: Report, files: Mapping[str, str] | None = None, snapshots: str = "") -> str:
    """The summary of a report: the verdict, numbers, what drifts, what was not read, the gate, what to do next, and where the report is.

    ``files``: format -> path. ``snapshots``: see sentences.next_step. Only a path may be longer than a line: it must be whole to be opened.
    """
    summary, run = report["summary"], report["run"]
    notes, more = sentences.notes(report)
    exceptions = sentences.exceptions(summary["exceptions"], run["finished"])
    head = [
        *folded(verdict_sentence(summary, report["hosts"], run["action"])),
        f"SeImpersonatePrivilege: {sentences.TITLES[run['action']]}",
        *(line for note in notes for line in folded(f"Note: {note}")),
        *([f"  {more}"] if more else []),
        *(line for place, fact in enumerate(sentences.facts(report)) for line in folded(fact, "  ", "    ", 1 if place else 2)),
    ]
    tail = [
        *_grouped("Changes:", changed(report["hosts"]), "changes", 3),
        *_grouped(_unread_heading(report["hosts"]), unread(report["hosts"]), "reasons"),
        *(fitted(("  " if place else "") + line, WIDTH) for place, line in enumerate(exceptions)),
        *_gpos(report),
        *folded(sentences.gate(report)),
        *sentences.next_step(report, files or {}, snapshots),
        *_where(files or {}),
    ]
    rows = drifting(report["hosts"])
    return "\n".join([*head, *_drift(rows, _LINES - len(head) - len(tail)), *tail]) + "\n"


def _unread_heading(records: Iterable[Record]) -> str:
    """A host that was refused was read."""
    return "Refused or not assessed:" if any(lack_of(record) is Lack.REFUSED for record in records) else "Not assessed:"


def _gpos(report: Report) -> list[str]:
    """Group Policy Objects, those with something wrong first."""
    gpos = report.get("gpos")
    if not gpos:
        return []
    rows, left_out = first_few(sorted(gpos["gpos"], key=lambda row: row["compliant"]), _GROUPS)
    lines = [line for row in rows for line in folded(f"{gpo_lines.name_of(row)}: {gpo_lines.verdict(row)}", "  ", "    ", 2)]
    waiting = gpo_lines.waiting(report["hosts"])
    changes = [line for text in gpo_plan_lines.changes(gpos, _CHANGES) for line in folded(text, "  ", "    ", 6)]
    head = [*folded(gpo_lines.head(gpos)), *(folded(waiting, "  ", "    ") if waiting else []), *changes]
    return [*head, *lines, *([f"  and {len(left_out)} more, see the report"] if left_out else [])]


def _drift(rows: Sequence[Row], room: int) -> list[str]:
    """Differences, worst first; the first ones have two lines while there is room."""
    if not rows:
        return []
    most = max(_LEAST, room - 2)  # the heading, and how many are left out
    listed, left_out = first_few(rows, most)
    width = max(columns(_hosts(row)) for row in listed)
    lines, spare = [], most - len(listed)
    for row in listed:
        lines_of_row = _difference(row, width, 2 if spare > 0 else 1)
        spare -= len(lines_of_row) - 1
        lines += lines_of_row
    rest = [f"  and {len(left_out)} more differences in the report"] if left_out else []
    return ["Drift, worst first:", *lines, *rest]


def _difference(row: Row, width: int, deep: int) -> list[str]:
    """A row; the hosts of a row of several stand below it where there is room."""
    account = fitted(row.account, _ACCOUNT)
    first, rest = f"  {_padded(_hosts(row), width)}  ", " " * (width + 4)
    several = deep > 1 and len(row.hosts) > 1
    rank = row.rank and f"{row.rank}: "
    lines = folded(f"{rank or ''}{row.kind}{account and ' '}{account}: {row.why}", first, rest, 1 if several else deep)
    return [*lines, *([fitted(f"{rest}on {_named(row)}", WIDTH)] if several else [])]


def _grouped(heading: str, rows: Sequence[Row], noun: str, deep: int = 2) -> list[str]:
    """Hosts about which there is the same to say, in one row of ``deep`` lines at most; ``noun``: of what there is more."""
    if not rows:
        return []
    listed, left_out = first_few(rows, _GROUPS)
    lines = []
    for row in listed:
        named = f": {_named(row)}" if len(row.hosts) > 1 else ""
        lines += folded(f"{_hosts(row)}: {row.why}{named}", "  ", "    ", deep)
    hosts = sum(len(row.hosts) for row in left_out)
    rest = [f"  and {hosts} more for {len(left_out)} other {noun}, see the report"] if left_out else []
    return [heading, *lines, *rest]


def _hosts(row: Row) -> str:
    return fitted(row.hosts[0], _HOST) if len(row.hosts) == 1 else f"{len(row.hosts)} hosts"


def _named(row: Row) -> str:
    return some([fitted(host, _HOST) for host in row.hosts], _NAMES)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def _where(files: Mapping[str, str]) -> list[str]:
    path = file_to_open(files)
    return [f"Report: {visible(path, 4_096)}"] if path else []  # the longest path of Linux
