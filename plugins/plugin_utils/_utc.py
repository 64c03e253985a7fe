# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as hosts and reports write them, always in UTC. Pure."""

from __future__ import annotations

import datetime

_CLOCK = "%Y-%m-%dT%H:%M:%SZ"


def written(moment: datetime.datetime) -> str:
    """A moment (with its zone) as a report writes it: ``2026-01-31T08:15:00Z``."""
    return moment.astimezone(datetime.timezone.utc).strftime(_CLOCK)


def read(text: str) -> datetime.datetime:
    """The moment of such a text, with its zone. Raises ValueError for another form."""
    return datetime.datetime.strptime(text, _CLOCK).replace(tzinfo=datetime.timezone.utc)


def host_time(text: str | None) -> datetime.datetime | None:
    """A time of a host (``2026-01-31T08:15:00.1234567Z``) to the second, without a zone; None for a text that is none."""
    try:
        return datetime.datetime.strptime((text or "")[:19], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None
