# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts of a fleet were asked: one record per request.

A record has names, numbers and sizes and nothing else. Passwords, arguments, scripts and stdin never get here.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Record:
    """One request of a client and how it ended."""

    host: str
    connection: int  # number of the TCP connection within the fleet
    action: str  # Create, Command, Send, Receive, Signal, Delete, Get, Identify; Login for a request without message
    status: int  # of HTTP; 0 when the connection was dropped instead of an answer
    received: int  # bytes of the request's body on the wire
    sent: int  # bytes of the answer's body on the wire
    encrypted: bool = False
    user: str = ""
    shell: str = ""
    command: str = ""
    fault: int | None = None  # code of the WSMan fault
    module: str | None = None  # what the command runs, on the record that completes it (and see Journal.commands)
    check: bool | None = None
    become: bool | None = None


class Journal:
    """The records of a fleet, in the order of their ends; safe to use from many threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._records: list[Record] = []
        self._lock = threading.Lock()
        self._path = path

    def add(self, record: Record) -> None:
        """Keep a record, and append it to the file as one line of JSON when there is a file."""
        with self._lock:
            self._records.append(record)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(asdict(record)) + "\n")

    def clear(self) -> None:
        """Forget all records, so that a test can look at its second run alone."""
        with self._lock:
            self._records.clear()

    def records(self, host: str | None = None, action: str | None = None) -> list[Record]:
        """Records so far, of one host or all, of one action or all."""
        with self._lock:
            return [r for r in self._records if host in (None, r.host) and action in (None, r.action)]

    def commands(self, host: str) -> list[Record]:
        """The Command records of a host, each with the module that its input turned out to be."""
        known = {record.command: record for record in self.records(host) if record.module is not None}
        return [
            replace(record, module=run.module, check=run.check, become=run.become) if (run := known.get(record.command)) else record
            for record in self.records(host, "Command")
        ]

    def exchanged(self, host: str) -> tuple[int, int]:
        """Bytes that a host received and sent, bodies of HTTP only."""
        records = self.records(host)
        return sum(r.received for r in records), sum(r.sent for r in records)

    def dump(self) -> str:
        """All records as JSON Lines."""
        return "".join(json.dumps(asdict(record)) + "\n" for record in self.records())
