# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary as Markdown, for a ticket or a mail: at most 40 lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .._fleet.summary import verdict_sentence
from .._fleet.worst import rank_of_host, tier_0
from .._result.types import Record, Report
from .._verdict.rank import order
from .._verdict.status import WORST_FIRST
from .._wording import visible
from . import gpo_lines, gpo_plan_lines, sentences
from .display import reason_of

_LINES, _ROWS = 40, 24  # of all, and of the table, which is shorter where there is more around it
_GPOS = 5
_CHANGES = 2  # of GPOs, with their impact
_SENTENCE = 2_000  # characters of a sentence, whose texts of others are bounded


def markdown(report: Report) -> str:
    """The summary of a report (see _fleet.report)."""
    summary, run = report["summary"], report["run"]
    head = [
        f"# SeImpersonatePrivilege: {sentences.TITLES[run['action']]}",
        "",
        f"**{verdict_sentence(summary, report['hosts'], run['action'])}**",
        "",
        *_notes(report),
        *(f"- {_cell(fact, _SENTENCE)}" for fact in sentences.facts(report)),
        f"- {_cell(_evidence(report), _SENTENCE)}",
        "",
    ]
    tail = [
        *_exceptions(sentences.exceptions(summary["exceptions"], run["finished"])),
        "",
        _cell(sentences.gate(report), _SENTENCE),
        *_orphans_kept(report),
        *_gpos(report),
    ]
    around = len(head) + len(tail) + 4  # two lines above the rows of the table, two below
    return "\n".join([*head, *_table(report["hosts"], min(_ROWS, _LINES - around)), *tail]) + "\n"


def _evidence(report: Report) -> str:
    """What tells this run and its policy from any other, for who keeps the summary beside the report."""
    run, policy, generator = report["run"], report["policy"], report["generator"]
    parts = (
        f"run id {run['id']}" if run.get("id") else "",
        f"SHA-256 of the policy {policy['sha256']}" if policy else "",
        f"ansible-core {generator['ansible_core']}" if generator.get("ansible_core") else "",
        f"Python {generator['python']}" if generator.get("python") else "",
    )
    return f"evidence: {', '.join(filter(None, parts)) or 'not known'}"


def _notes(report: Report) -> list[str]:
    """What a reader must know before the numbers, set apart."""
    notes, more = sentences.notes(report)
    lines = [*(f"> **Note:** {_cell(note, _SENTENCE)}  " for note in notes), *([f"> {more}"] if more else [])]
    return [*lines, ""] if lines else []


def _orphans_kept(report: Report) -> list[str]:
    lines = sentences.orphans_kept(report)
    return ["", _cell(" ".join(map(str.strip, lines)), _SENTENCE)] if lines else []


def _exceptions(lines: list[str]) -> list[str]:
    return ["", lines[0], *(f"- {_cell(line, _SENTENCE)}" for line in lines[1:])] if lines else []


def _gpos(report: Report) -> list[str]:
    """The worst Group Policy Objects, a line each."""
    gpos = report.get("gpos")
    if not gpos:
        return []
    rows = sorted(gpos["gpos"], key=lambda row: row["compliant"])
    lines = [f"- {_cell(sentence)}" for row in rows[:_GPOS] for sentence in [f"{gpo_lines.name_of(row)}: {gpo_lines.verdict(row)}"]]
    more = [f"- and {len(rows) - _GPOS} more in the JSON report"] if len(rows) > _GPOS else []
    waiting = gpo_lines.waiting(report["hosts"])
    changes = [f"- {_cell(text, _SENTENCE)}" for text in gpo_plan_lines.changes(gpos, _CHANGES)]
    lines = [*([f"- {_cell(waiting, _SENTENCE)}"] if waiting else []), *changes, *lines]
    return ["", "## Group Policy Objects", "", _cell(gpo_lines.head(gpos), _SENTENCE), "", *lines, *more]


def _table(records: Sequence[Record], most: int) -> list[str]:
    ordered = sorted(records, key=_worst_first)
    rows = [["host", "host role", "status", "why"]]
    rows += [
        [visible(record["host"], 100), record["host_role"] or "-", _status(record), reason_of(record)] for record in ordered[:most]
    ]
    cells = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(3)]
    lines = [
        "| " + " | ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|-----|")
    if len(ordered) > most:
        lines.append(f"\n... and {len(ordered) - most} more hosts in the JSON report.")
    return lines


def _worst_first(record: Record) -> tuple[int, int, bool, str]:
    return WORST_FIRST.index(record["status"]), order(rank_of_host(record)), not tier_0(record), record["host"]


def _status(record: Record) -> str:
    rank = rank_of_host(record)
    return f"{record['status']}, {rank}" if rank else record["status"]


# What begins markup inside a line of ours. No line begins with a foreign text, so that what counts only there stays readable, as do
# parentheses, which mean nothing without brackets, underscores within a word, and a backslash before a letter.
_MARKUP = re.compile(r"[`*\[\]|~#!]|(?<![^\W_])_|_(?![^\W_])|\\(?=[!-/:-@\[-`{-~]|\Z)")


def _cell(text: str, most: int = 300) -> str:
    """Host and account names are not ours: no line breaks, control characters, cell borders or markup in them."""
    clean = _MARKUP.sub(r"\\\g<0>", visible(text, most))
    return clean.replace("&", "&amp;").replace("<", "&lt;")
