# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who changed the right, as far as the security log tells. Pure.

Source: events 4704 and 4705 (Advanced security audit policy settings): subject, target and privileges.
"""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass

from .._accounts.sids import SYSTEM
from .._utc import host_time
from .facts import EventLog, RightEvent

_GIVEN = 4704
_UNREADABLE = "the security log could not be read"
_ERRORS = {"denied": "the security log may not be read", "timeout": "the search of the security log did not end in time"}
_SILENT = "no event 4704 or 4705 in the window; where the subcategory Audit Authorization Policy Change is off, none is written"


class Coverage(str, enum.Enum):
    """How far the log can be relied on."""

    WHOLE = "whole"  # it reaches back to the beginning of the window
    WRAPPED = "wrapped"  # it begins later
    LIMITED = "limited"  # there are more events than are read
    UNKNOWN = "unknown"  # how far it reaches back is not told
    SILENT = "silent"  # no event of the kind: it may not be audited, which proves nothing
    DENIED = "denied"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the log tells of a window. ``coverage``: the gravest doubt; ``why``: how far it can be relied on, all doubts in words."""

    hours: int
    coverage: Coverage
    why: str
    log: EventLog


def provenance(log: EventLog, now: str, hours: int) -> Provenance:
    """Say what a log is worth. ``now``: the host's clock."""
    clock, oldest = host_time(now), host_time(log.oldest)
    begin = clock - datetime.timedelta(hours=hours) if clock else None
    if log.error:
        coverage = Coverage.DENIED if log.error == "denied" else Coverage.FAILED
        return Provenance(hours, coverage, f"who changed the right is not known: {_ERRORS.get(log.error, _UNREADABLE)}", log)
    doubts = []  # the gravest first
    if log.oldest and oldest and begin and oldest > begin:
        doubts.append((Coverage.WRAPPED, f"the security log begins only at {log.oldest[:19]}Z, after the beginning of the window"))
    if log.truncated:
        doubts.append((Coverage.LIMITED, "there are more events in the window than are read; the newest are shown"))
    elif not log.events and not log.others:
        doubts.append((Coverage.SILENT, _SILENT))
    if oldest is None or begin is None:
        doubts.append((Coverage.UNKNOWN, "how far the security log reaches back is not known"))
    if not doubts:
        return Provenance(hours, Coverage.WHOLE, "the security log reaches back to the beginning of the window", log)
    return Provenance(hours, doubts[0][0], "; ".join(why for _coverage, why in doubts), log)


def by_machine(event: RightEvent) -> bool:
    """The subject is the system account, as when a policy is applied; else another account."""
    return event.subject == SYSTEM


def given(event: RightEvent) -> bool:
    """The right was assigned (4704), else removed (4705)."""
    return event.id == _GIVEN
