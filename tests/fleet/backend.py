# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What passes between the WinRM side of the fleet and whatever answers for Windows."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

if t.TYPE_CHECKING:
    from fleet.windows.machine import Machine


@dataclass(frozen=True)
class Received:
    """One command as the client sent it, not decoded; `user` is who logged on."""

    command_line: str
    stdin: bytes = field(repr=False)  # holds become passwords and no_log arguments in clear
    user: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Output:
    """What the command printed, and its exit code."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0


class BackEnd(t.Protocol):
    """Answers a command in the place of Windows."""

    def run(self, machine: Machine, received: Received) -> Output:
        """Run one command on one machine; called from many threads, never under a lock of the server."""


class Canned:
    """A back end for tests of the way there and back: gives every command the same output, and keeps what came."""

    def __init__(self, stdout: bytes = b'{"changed":false,"ping":"pong"}\r\n', stderr: bytes = b"", exit_code: int = 0) -> None:
        self.received: list[tuple[str, Received]] = []  # name of the machine, and what it was sent
        self._output = Output(stdout, stderr, exit_code)

    def run(self, machine: Machine, received: Received) -> Output:
        """Answer as told."""
        self.received.append((machine.name, received))
        return self._output
