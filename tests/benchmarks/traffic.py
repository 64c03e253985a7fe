# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What passed between the controller and one simulated host, from the records of its journal. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable
from dataclasses import dataclass

from fleet.winrm import soap

if t.TYPE_CHECKING:
    from fleet.winrm.journal import Record

TIMED_OUT = soap.timed_out().code


@dataclass(frozen=True)
class Traffic:
    """Bodies of HTTP, without headers: bytes and messages each way. A message that was answered by nothing has no answer.

    ``waits``: Receives that ran into the time limit of the operation, because the host was slow, and ``bytes_of_waits`` of them both ways.
    """

    to_host: int = 0
    from_host: int = 0
    messages: int = 0
    answers: int = 0
    waits: int = 0
    bytes_of_waits: int = 0

    @property
    def bytes(self) -> int:
        """Both ways."""
        return self.to_host + self.from_host


def traffic_of(records: Iterable[Record]) -> Traffic:
    """Add up the records of one host."""
    its = list(records)
    waits = [record for record in its if record.action == "Receive" and record.fault == TIMED_OUT]
    return Traffic(
        to_host=sum(record.received for record in its),
        from_host=sum(record.sent for record in its),
        messages=len(its),
        answers=sum(record.status != 0 for record in its),
        waits=len(waits),
        bytes_of_waits=sum(record.received + record.sent for record in waits),
    )
