# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of many simulated hosts are dead or slow, and what the audit should say of each. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import replace

from fleet.faults import SCENARIOS, Scenario


class Kind(enum.Enum):
    """How a host behaves, with the status that an audit should give it."""

    ALIVE = "compliant"
    SLOW = "compliant, after Receives that ran into their time limit"
    REFUSES = "unreachable, at once"
    SILENT = "unreachable, when the client has waited long enough: connections are taken, and nothing is answered"

    @property
    def status(self) -> str:
        """The status that the report should have."""
        return self.value.partition(",")[0]


def kinds(hosts: int, dead: int = 0, slow: int = 0) -> dict[str, Kind]:
    """Names of hosts with their kinds: percentages, spread evenly. Of the dead ones every other is silent."""
    named, silent = {}, False
    for number in range(hosts):
        kind = Kind.ALIVE
        if number * dead % 100 < dead:
            kind, silent = (Kind.SILENT if silent else Kind.REFUSES), not silent
        elif (number + 5) * slow % 100 < slow:
            kind = Kind.SLOW
        named[f"host{number:05}"] = kind
    return named


def scenario(kind: Kind, latency: float) -> Scenario:
    """What is wrong with a host of a kind; ``latency``: seconds that a command takes on every host."""
    if kind is Kind.REFUSES:
        return SCENARIOS["host down"]
    if kind is Kind.SILENT:
        return Scenario(silent=True)
    if kind is Kind.SLOW:
        slow = SCENARIOS["slow command"]
        return replace(slow, delay=slow.delay + latency)
    return Scenario(delay=latency)


def lost(expected: Mapping[str, Kind], statuses: Mapping[str, str]) -> dict[str, str]:
    """Hosts of which a report says something else than it should: "status, expected status" of each."""
    return {
        host: f"{statuses.get(host, 'not in the report')}, expected {kind.status}"
        for host, kind in expected.items()
        if statuses.get(host) != kind.status
    }
