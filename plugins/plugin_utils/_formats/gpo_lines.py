# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GPOs of a domain as lines of text, for a terminal and for Markdown; and as a file that a later report can read."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable
from pathlib import Path

from .._accounts.parsing import shown
from .._files import write_atomically
from .._input.contract import shape_of
from .._input.errors import BadInput
from .._input.shape import check
from .._result.gpo_types import GpoRow, Gpos
from .._result.types import Record
from .._wording import few_lines, some, visible

_SHAPE = shape_of(Gpos)
NOT_ALL = "not every GPO or link could be read"
_MOST = 12
"""GPOs, and findings of one, on a terminal."""


def name_of(row: GpoRow) -> str:
    """A GPO for a person."""
    return f"{visible(row['name'])} {row['guid']}" if row["name"] else row["guid"]


def says(row: GpoRow) -> str:
    """What its template says of the right."""
    if row["state"] == "defined":
        return ", ".join(shown(one["sid"], one["name"]) if one["sid"] else visible(one["text"]) for one in row["holders"])
    return {"nobody": "nobody", "not_defined": "not defined", None: "not known"}[row["state"]]


def verdict(row: GpoRow) -> str:
    """What there is to say of a GPO in one line: its findings, or else what it says of the right."""
    texts = [visible(finding["text"], 400) for finding in row["findings"]]
    return some(texts, 2) if texts else f"nothing wrong; {says(row)}"


def head(gpos: Gpos) -> str:
    """How many GPOs define the right, as of when, and whether all of them were read."""
    defining = sum(row["state"] in ("defined", "nobody") for row in gpos["gpos"])
    unread = f"; {len(gpos['unread'])} could not be read" if gpos["unread"] else ""
    part = "" if gpos["complete"] or gpos["unread"] else f"; {NOT_ALL}"
    where = f"{visible(gpos['domain'] or 'the domain')}, as {visible(gpos['controller'])} had it at {gpos['read_at']}"
    return f"Group Policy Objects of {where}: {defining} define the right, {gpos['not_defining']} do not{unread}{part}"


def waiting(records: Iterable[Record]) -> str:
    """How many hosts have not taken the last change of their GPO; empty where none is known."""
    hosts = [visible(record["host"]) for record in records if record["controller"] and record["controller"].get("pending")]
    return f"pending: {len(hosts)} of the hosts have not applied the last change of their GPO yet: {some(hosts)}" if hosts else ""


def lines(gpos: Gpos) -> list[str]:
    """For a terminal."""
    rows = [line for row in gpos["gpos"][:_MOST] for line in _row(row)]
    more = len(gpos["gpos"]) - _MOST
    unread = [f"  {row['guid']} could not be read: {visible(row['error'])}" for row in gpos["unread"][:_MOST]]
    return [head(gpos), *rows, *([f"  and {more} more"] if more > 0 else []), *unread]


def _row(row: GpoRow) -> list[str]:
    findings = few_lines([finding["text"] for finding in row["findings"]], _MOST)
    return [
        f"  {name_of(row)}: {says(row)}",
        *([f"    {visible(row['documented'], 400)}"] if row["documented"] else []),
        *(f"    {visible(text, 400)}" for text in findings),
        *([f"    linked to {some([visible(link['som']) for link in row['links']])}"] if row["links"] else []),
    ]


def write_gpos(path: Path, gpos: Gpos) -> None:
    """Keep what was read for a report of the fleet. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"schema_version": "1", **gpos}, indent=2, sort_keys=True) + "\n")


def read_gpos(option: str, path: Path) -> Gpos:
    """What a run of gpo_right_info kept. Raises BadInput that names the option."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(option, f"{path} cannot be read: {error}") from None
    if not isinstance(data, dict) or data.pop("schema_version", None) != "1":
        raise BadInput(option, f"{path} is not what gpo_right_info wrote")
    try:
        check("", data, _SHAPE)
    except BadInput as error:
        raise error.within(f"{option}: {path}") from None
    return t.cast("Gpos", data)
