# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section of the page on Group Policy Objects. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..._fleet.gpo_hosts import may_mean
from ..._result.gpo_types import GpoRow, Gpos
from ..._result.types import Record
from ..._wording import SENTENCE, few_lines, first_few
from .. import gpo_lines
from ..display import name_of
from .gpo_impact import gpo_changes
from .words import clean

_MOST, _FEW = 100, 20  # GPOs; accounts, findings and links of one


def gpo_section(gpos: Gpos | None, records: Sequence[Record]) -> dict[str, object]:
    """What the page shows, those with something wrong first; ``gpo_guids``: rows that changes link to.

    ``winner_guids``: those that winners of hosts link to: not where a host of another domain has a GPO of the same GUID.
    """
    if not gpos:
        return {"gpos": None, "gpo_guids": (), "winner_guids": ()}
    rows, left_out = first_few(sorted(gpos["gpos"], key=lambda row: row["compliant"]), _MOST)
    unread = [_unread(row["guid"], row["error"]) for row in gpos["unread"][:_MOST]]
    section = {
        "head": clean(gpo_lines.head(gpos), SENTENCE),
        "waiting": clean(gpo_lines.waiting(records), SENTENCE),
        "rows": [*unread, *map(_row, rows)],
        "left": len(left_out) + max(0, len(gpos["unread"]) - _MOST),
        **gpo_changes(gpos, records),
    }
    guids = [row["guid"].upper() for row in rows]
    foreign = {guid for record in records if (guid := _winner(record)) and not may_mean(record, guid, gpos["domain"])}
    return {"gpos": section, "gpo_guids": guids, "winner_guids": [guid for guid in guids if guid not in foreign]}


def _winner(record: Record) -> str:
    return (record["controller"]["guid"] or "").upper() if record["controller"] else ""


def _row(row: GpoRow) -> dict[str, object]:
    accounts = [name_of(one["sid"], one["name"]) if one["sid"] else clean(one["text"]) for one in row["holders"]]
    return {
        "guid": row["guid"],
        "name": clean(row["name"]),
        "state": (row["state"] or "not known").replace("_", " "),
        "holders": few_lines(accounts, _FEW),
        "good": row["compliant"],
        "findings": few_lines([clean(one["text"], SENTENCE) for one in row["findings"]], _FEW),
        "documented": clean(row["documented"], SENTENCE),
        "links": few_lines([clean(one["som"], SENTENCE) for one in row["links"] or ()], _FEW),
    }


def _unread(guid: str, error: str) -> dict[str, object]:
    findings = [f"it could not be read: {clean(error, SENTENCE)}"]
    empty: list[str] = []
    return {
        "guid": guid,
        "name": "",
        "state": "not known",
        "holders": empty,
        "good": False,
        "findings": findings,
        "documented": "",
        "links": empty,
    }
