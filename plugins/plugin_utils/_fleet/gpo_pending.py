# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that have not taken the last change of the GPO that sets the right on them: pending, and no drift of unknown origin. Pure.

What RSoP of a host says that its winner asks for is compared with the list that the winner has in the domain. The floor is left out of
it: the security engine adds that by itself.
"""

from __future__ import annotations

import datetime
import typing as t
from collections.abc import Iterable, Mapping

from .. import _utc
from .._accounts.sids import FLOOR
from .._result.gpo_types import GpoRow, Gpos
from .._result.types import Record

_UNTIL = "gpupdate on the host applies it, or Group Policy itself within 90 to 120 minutes"


def with_pending(records: Iterable[Record], gpos: Gpos | None) -> list[Record]:
    """The records, each with ``pending`` in its controller where that can be said, and a note where it is so.

    A host that has refreshed after the GPOs were read may have a newer list than they show, so that nothing is said of it.
    """
    if gpos is None:
        return list(records)
    rows = {row["guid"].upper(): row for row in gpos["gpos"]}
    read_at = _utc.host_time(gpos["read_at"])
    return [_one(record, rows, read_at) for record in records]


def _one(record: Record, rows: Mapping[str, GpoRow], read_at: datetime.datetime | None) -> Record:
    controller = record["controller"]
    row = rows.get((controller["guid"] or "").upper()) if controller and controller["kind"] == "gpo" else None
    if controller is None or row is None:
        return record
    applied = _utc.host_time(controller["as_of"])
    pending = _pending(record, row) if applied and read_at and applied <= read_at else None
    notes = [*record["notes"], *([_note(row)] if pending else [])]
    marked = {**record, "controller": {**controller, "pending": pending}, "notes": notes}
    if pending:
        marked["reason"] = f"pending: {_note(row)}; {record['reason']}"
    return t.cast("Record", marked)


def _pending(record: Record, row: GpoRow) -> bool | None:
    """Whether the host has another list of the GPO than the domain; None where one of them is not known."""
    controller = record["controller"]
    if controller is None or controller["extra"] is None or controller["lacking"] is None:
        return None
    if row["state"] is None or any(holder["sid"] is None for holder in row["holders"]):
        return None
    if row["state"] == "not_defined":
        return True
    taken = {holder["sid"] for holder in record["holders"]} - set(controller["extra"]) | set(controller["lacking"])
    return taken - FLOOR != {holder["sid"] for holder in row["holders"]} - FLOOR


def _note(row: GpoRow) -> str:
    name = f"{row['name']} {row['guid']}" if row["name"] else row["guid"]
    return f"the GPO {name} has another list in the domain by now, which this host has not applied yet; {_UNTIL}"
