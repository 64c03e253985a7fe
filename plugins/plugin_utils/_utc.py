# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as hosts, reports, snapshots and names of runs have them, always in UTC. Pure, but for the clock."""

from __future__ import annotations

import datetime

_CLOCK = "%Y-%m-%dT%H:%M:%SZ"
_PRECISE = "%Y-%m-%dT%H:%M:%S.%fZ"
_STAMP = "%Y%m%dT%H%M%SZ"


def now() -> datetime.datetime:
    """This moment, with its zone."""
    return datetime.datetime.now(datetime.timezone.utc)


def written(moment: datetime.datetime) -> str:
    """A moment (with its zone) as a report writes it: ``2026-01-31T08:15:00Z``."""
    return moment.astimezone(datetime.timezone.utc).strftime(_CLOCK)


def precise(moment: datetime.datetime) -> str:
    """A moment to the microsecond, as a snapshot has it: ``2026-01-31T08:15:00.000000Z``."""
    return moment.astimezone(datetime.timezone.utc).strftime(_PRECISE)


def stamp(moment: datetime.datetime) -> str:
    """A moment as a run's name begins with it: ``20260131T081500Z``."""
    return moment.astimezone(datetime.timezone.utc).strftime(_STAMP)


def stamped(text: str) -> datetime.datetime:
    """The moment that a run's name begins with. Raises ValueError for a name of another form."""
    return datetime.datetime.strptime(text[:16], _STAMP).replace(tzinfo=datetime.timezone.utc)


def read(text: str) -> datetime.datetime:
    """The moment of such a text, with its zone. Raises ValueError for another form."""
    return datetime.datetime.strptime(text, _CLOCK).replace(tzinfo=datetime.timezone.utc)


def host_time(text: str | None) -> datetime.datetime | None:
    """A time of a host (``2026-01-31T08:15:00.1234567Z``) to the second, without a zone; None for a text that is none."""
    try:
        return datetime.datetime.strptime((text or "")[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None
