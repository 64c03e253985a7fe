# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that have not taken the last change of the GPO that sets the right on them: pending, and no drift of unknown origin. Pure.

What RSoP of a host says that its winner asks for is compared with the list that the winner has in the domain. The floor is left out of
it: the security engine adds that by itself. Whether the host has seen the last change tells the version that RSoP has of the winner, where
it has one; without it, another list alone is taken for a change that the host has not seen.

Which number ``RSOP_GPO.version`` is, no document says: the whole version, the half for computers, or that of the container below that of
the folder, as a client keeps them ([MS-GPOL] 3.2.1.4). Of all three the lower 16 bits count the changes for computers, so these are
compared, for being equal: after 65535 comes 1 (3.3.4.5), and neither of two counts is the later one by its size.
"""

from __future__ import annotations

import datetime
import typing as t
from collections.abc import Iterable, Mapping

from .. import _utc
from .._accounts.sids import FLOOR
from .._gpo.version import machine_half
from .._result.gpo_types import GpoRow, Gpos
from .._result.types import Controller, Record
from .gpo_hosts import may_mean
from .gpo_list import list_of

_UNTIL = "gpupdate on the host applies it, or Group Policy itself within 90 to 120 minutes"


def with_pending(records: Iterable[Record], gpos: Gpos | None) -> list[Record]:
    """The records, each with ``pending`` in its controller where that can be said, and a note where it is so.

    A host that has refreshed after the GPOs were read may have a newer list than they show, so that nothing is said of it.
    """
    if gpos is None:
        return list(records)
    rows = {row["guid"].upper(): row for row in gpos["gpos"]}
    read_at = _utc.host_time(gpos["read_at"])
    return [_one(record, rows, gpos["domain"], read_at) for record in records]


def _one(record: Record, rows: Mapping[str, GpoRow], domain: str | None, read_at: datetime.datetime | None) -> Record:
    controller = record["controller"]
    row = rows.get((controller["guid"] or "").upper()) if controller and controller["kind"] == "gpo" else None
    if controller is None or row is None or not may_mean(record, row["guid"], domain):
        return record
    applied = _utc.host_time(controller["as_of"])
    known = applied is not None and read_at is not None and applied <= read_at
    pending, note = _compared(record, controller, row) if known else (None, "")
    notes = [*record["notes"], note] if note else record["notes"]
    marked = {**record, "controller": {**controller, "pending": pending}, "notes": notes}
    if pending:
        marked["reason"] = f"pending: {note}; {record['reason']}"
    return t.cast("Record", marked)


def _compared(record: Record, controller: Controller, row: GpoRow) -> tuple[bool | None, str]:
    """Whether the host waits for the last change of its winner, and what is to be noted; None where that is not known."""
    other_list, same_version = _other_list(record, controller, row), _same_version(controller, row)
    if same_version:
        return False, _unseen(controller, row) if other_list else ""
    if other_list or (other_list is None and same_version is False):
        return True, _waits(controller, row, "list" if other_list else "version")
    return other_list, ""


def _other_list(record: Record, controller: Controller, row: GpoRow) -> bool | None:
    """Whether the host has another list of the GPO than the domain; None where one of them is not known."""
    its = list_of(controller)
    if its is None or row["state"] is None or any(holder["sid"] is None for holder in row["holders"]):
        return None
    if row["state"] == "not_defined":
        return True
    taken = its.accounts([holder["sid"] for holder in record["holders"]])
    return taken - FLOOR != {holder["sid"] for holder in row["holders"]} - FLOOR


def _same_version(controller: Controller, row: GpoRow) -> bool | None:
    """Whether the host has seen the version that the domain has; None where one of the three is not known, or the domain has two of them.

    A report of an earlier release has none, and RSoP has 0 where none was logged.
    """
    seen = machine_half(controller.get("version") or 0)
    if not seen or row["version"] is None or row["folder_version"] is None:
        return None
    halves = {machine_half(row["version"]), machine_half(row["folder_version"])}
    if seen not in halves:
        return False
    return True if len(halves) == 1 else None


def _waits(controller: Controller, row: GpoRow, what: str) -> str:
    """What a host that waits is told: by the two versions, where both are known."""
    there, here = "", ""
    if _same_version(controller, row) is False:
        there = f" (version {machine_half(row['version'] or 0)} for computers)"
        here = f" (it has {machine_half(controller.get('version') or 0)})"
    return (
        f"the GPO {_words(row)} has another {what} in the domain by now{there}, which this host has not applied yet{here}; {_UNTIL}"
    )


def _unseen(controller: Controller, row: GpoRow) -> str:
    """Another list under the version that the host has seen: no client looks at it again before it is told to."""
    version = machine_half(row["version"] or 0)
    status = controller["status"]
    failed = "" if status in (None, "applied") else f"the host tells of its application: {status}, or "
    return (
        f"the GPO {_words(row)} has another list in the domain than on this host, which has seen its version {version} for computers:"
        f" for example, {failed}the list was changed without a new version, or had not come to the domain controller of this host when"
        " it refreshed;"
        " gpupdate /force on the host applies it"
    )


def _words(row: GpoRow) -> str:
    return f"{row['name']} {row['guid']}" if row["name"] else row["guid"]
