# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmarks hold the collection to. The one place of these numbers: the benchmarks print them, the guide takes them from here."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

if t.TYPE_CHECKING:
    from benchmarks.traffic import Traffic

BYTES_BEYOND_BARE = 105_000
"""Bodies of HTTP, both ways, that an audit with features and controller may take beyond a bare module."""

GPO_COMMANDS, GPO_BYTES_BACK = 1, 200_000
"""Remote commands of one read of a domain's GPOs, and bodies of HTTP that come back from 2,000 GPOs of which 3 define the right."""


@dataclass(frozen=True)
class Ratio:
    """At most so many times the controller's CPU for one host that a bare module takes, measured with so many hosts or more."""

    subject: str
    hosts: int
    most: float


RATIOS = (
    Ratio("audit, reader host", 100, 1.45),
    Ratio("audit, reader host", 500, 1.5),
    Ratio("audit, reader fleet", 100, 0.4),
)


def most_of(subject: str, hosts: int) -> float | None:
    """The bound of a subject for so many hosts; None where there is none."""
    held = [bound for bound in RATIOS if bound.subject == subject and bound.hosts <= hosts]
    return max(held, key=lambda bound: bound.hosts).most if held else None


def bytes_allowed(audit: Traffic) -> int:
    """How many bytes beyond a bare module are within the bound for what passed in an audit.

    A host that has not answered within the time limit of an operation answers the Receive with a time-out, and is asked once more. The
    journal of the simulated host says so: such a Receive ended with the fault of a time-out. The bytes of one of them are allowed then.
    Nothing else is: without that fault, the exchanges are the same in every run.
    """
    return BYTES_BEYOND_BARE + (audit.bytes_of_waits // audit.waits if audit.waits else 0)


@dataclass(frozen=True)
class Whole:
    """At most so many seconds on the wall and megabytes in all, for an audit of so many hosts by the reader of the fleet on two processors."""

    hosts: int
    latency: float
    seconds: float
    megabytes: float = 700


WHOLES = (Whole(10_000, 0, 120), Whole(10_000, 2, 180))


def whole_of(hosts: int, latency: float) -> Whole | None:
    """The bound of a whole run of the reader of the fleet; None where there is none."""
    return next((bound for bound in WHOLES if (bound.hosts, bound.latency) == (hosts, latency)), None)
