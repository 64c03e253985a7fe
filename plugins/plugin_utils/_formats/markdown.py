# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary that is printed at the end of a run: Markdown that reads well on a terminal, at most 40 lines. Pure."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence

from .._fleet.summary import planned_sentence, verdict_sentence
from .._policy.exceptions import State
from .._result.types import Generator, PolicyHead, Record, Report, Summary, Used
from .._verdict.status import WORST_FIRST
from .._wording import first_few, visible

_LINES, _ROWS = 40, 24  # of all, and of the table, which is shorter where there is more around it
_NOTES = 3
_EXCEPTIONS = 4
_DOCUMENTS = 6
_STATES = {state.value: state.value.replace("_", " ") for state in State}

_TITLES = {
    "audit": "who may impersonate a client after authentication",
    "enforce": "bringing the holders to the policy",
    "restore": "bringing earlier holders back",
}


def markdown(report: Report) -> str:
    """The summary of a report (see _fleet.report)."""
    summary, run, policy = report["summary"], report["run"], report["policy"]
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in summary["by_outcome"].items())
    counts = ", ".join(f"{count} {status}" for status, count in summary["by_status"].items() if count) or "no hosts"
    mode = ", check mode" if run["check_mode"] else ""
    head = [
        f"# SeImpersonatePrivilege: {_TITLES[run['action']]}",
        "",
        f"**{verdict_sentence(summary, run['action'])}**",
        "",
        *_notes(report["notes"]),
        *_policy(policy, report["hosts"]),
        f"- hosts: {summary['expected']} expected{_source(report['scope']['source'])}: {counts}",
        *([f"- changes: {outcomes}"] if outcomes else []),
        *_controllers(summary),
        f"- coverage {summary['coverage_percent']} %, compliance {summary['compliance_percent']} % of the expected hosts",
        f"- run: {run['started']} to {run['finished']}{mode}{_release(report['generator'])}",
        "",
    ]
    gate = summary["gate"]
    planned = planned_sentence(summary)
    passed = f"passed{planned and f'; {planned}'}" if gate["passed"] else f"not passed: {_cell('; '.join(gate['reasons']), 1_000)}"
    tail = [*_exceptions(summary["exceptions"]), "", f"Fleet gate (fails on {', '.join(gate['fail_on']) or 'nothing'}): {passed}."]
    around = len(head) + len(tail) + 4  # two lines above the rows of the table, two below
    return "\n".join([*head, *_table(report["hosts"], min(_ROWS, _LINES - around)), *tail]) + "\n"


def _notes(notes: Sequence[str]) -> list[str]:
    """What a reader must know before the numbers, set apart."""
    if not notes:
        return []
    shown, left_out = first_few(notes, _NOTES)
    rest = [f"> and {len(left_out)} more in the JSON report"] if left_out else []
    return [*(f"> **Note:** {_cell(note, 600)}  " for note in shown), *rest, ""]


def _source(source: str) -> str:
    return "" if source == "play" else f" ({_cell(source)})"


def _release(generator: Generator) -> str:
    return f", release {_cell(generator['version'])}" if generator.get("version") else ""


def _policy(policy: PolicyHead | None, records: Sequence[Record]) -> list[str]:
    if policy is None:
        return []
    document = policy["document"]
    by = f"; by {', '.join(str(document[key]) for key in ('publisher', 'title', 'date') if document.get(key))}" if document else ""
    version = f", version {policy['version']}" if policy["version"] and not document else ""
    documents = collections.Counter(_document(record) for record in records if not document and _document(record))
    used = [f"- by {_cell(title)}: {count} {'host' if count == 1 else 'hosts'}" for title, count in sorted(documents.items())]
    others = sorted({record["policy"] for record in records if record["policy"]} - {policy["name"]})
    more = [f"- other policies of some hosts: {_cell(', '.join(others))}"] if others else []
    said = _cell(f"{policy['name']} ({policy['title']}){version}, compare {policy['compare']}{by}", 600)
    return [f"- policy: {said}", *_cut(used), *more]


def _controllers(summary: Summary) -> list[str]:
    """Who sets the right, where it is not the hosts alone."""
    kinds = summary["by_controller"]
    if not set(kinds) - {"local"}:
        return []
    gpos = ", ".join(f"{_cell(gpo['name'] or gpo['guid'] or '')} on {gpo['hosts']}" for gpo in summary["controlling_gpos"][:5])
    return [f"- set by: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}{f'; GPOs: {gpos}' if gpos else ''}"]


def _cut(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _DOCUMENTS else [*lines[: _DOCUMENTS - 1], f"- and {len(lines) - _DOCUMENTS + 1} more documents"]


def _document(record: Record) -> str:
    """Title, version and date of the document that judged a host."""
    document = record["citation"]["document"] if record["citation"] else None
    return ", ".join(filter(None, (document["title"], document["version"], document["date"]))) if document else ""


def _exceptions(exceptions: Sequence[Used]) -> list[str]:
    """Those that need attention, a line each."""
    if not exceptions:
        return []
    states = collections.Counter(one["state"] for one in exceptions)
    lines = ["", f"Exceptions: {', '.join(f'{count} {_STATES[state]}' for state, count in sorted(states.items()))}."]
    odd = [one for one in exceptions if one["state"] != State.USED.value]
    for one in odd[:_EXCEPTIONS]:
        shown, left_out = first_few(one["wanted_by"], 5)
        rest = f" and {len(left_out)} more" if left_out else ""
        hosts = f" on {_cell(', '.join(shown))}{rest}" if shown else ""
        until = f", until {one['expires']}" if one["expires"] else ""
        lines.append(
            f"- {_STATES[one['state']]}: {_cell(one['account'])}{hosts}, {_cell(one['reason'])} (owner {_cell(one['owner'])}{until})"
        )
    return lines + ([f"- and {len(odd) - _EXCEPTIONS} more in the JSON report"] if len(odd) > _EXCEPTIONS else [])


def _table(records: Sequence[Record], most: int) -> list[str]:
    ordered = sorted(records, key=lambda record: (WORST_FIRST.index(record["status"]), record["host"]))
    rows = [["host", "host role", "status", "why"]]
    rows += [
        [visible(record["host"], 100), record["host_role"] or "-", record["status"], record["reason"]] for record in ordered[:most]
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


# What begins markup inside a line of ours. No line begins with a foreign text, so that what counts only there stays readable, as do
# parentheses, which mean nothing without brackets, underscores within a word, and a backslash before a letter.
_MARKUP = re.compile(r"[`*\[\]|~#!]|(?<![^\W_])_|_(?![^\W_])|\\(?=[!-/:-@\[-`{-~]|\Z)")


def _cell(text: str, most: int = 300) -> str:
    """Host and account names are not ours: no line breaks, control characters, cell borders or markup in them."""
    clean = _MARKUP.sub(r"\\\g<0>", visible(text, most))
    return clean.replace("&", "&amp;").replace("<", "&lt;")
