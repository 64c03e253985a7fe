# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs command lines of PowerShell under the engine: in a process each, or one after another in a server that stays warm.

A process costs the engine's start and a compilation of the payload's C#, a command in a warm server a runspace: a server compiles a text
once. What may differ between the two is looked for by compared.py.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import tempfile
import threading
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from fleet.backend import Output

if t.TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

SCRIPT = Path(__file__).with_name("engine_server.ps1")
LIFE = 100  # commands of a server: each leaves buffers and compiled scripts behind
WARM = 2  # servers of one kind in this process; what comes meanwhile waits for one of them


@dataclass(frozen=True)
class Command:
    """What one process of the engine is to do."""

    words: tuple[str, ...]  # of the command line, without the program
    stdin: bytes
    environment: Mapping[str, str]
    home: Path  # a folder of its own


class TimeIsUp(Exception):
    """The command did not end within its limit; its process is gone."""


def run(program: Path, command: Command, limit: float) -> Output:
    """Run a command in a process of its own; raises TimeIsUp."""
    with _started([str(program), *command.words], command.environment, command.home) as process:
        try:
            stdout, stderr = process.communicate(command.stdin, timeout=limit)
        except subprocess.TimeoutExpired as error:
            _kill(process)
            raise TimeIsUp from error
        except BaseException:
            _kill(process)
            raise
    return Output(stdout, stderr, process.returncode)


class ServerBroke(Exception):
    """A server ended without having begun the command that it was asked for."""


class Server:
    """A process that runs commands, one at a time."""

    def __init__(self, program: Path, environment: Mapping[str, str], home: Path, life: int = LIFE) -> None:
        command = [str(program), "-NoProfile", "-NonInteractive", "-File", str(SCRIPT)]
        self._temporary = tempfile.TemporaryDirectory(prefix="engine-")  # for the pipe that every PowerShell opens
        # The commands run the start-up script, each for itself. To compile each method once and well pays from the tenth command on.
        own = {"PWSH_STARTUP": "", "DOTNET_TieredCompilation": "0", "TMPDIR": self._temporary.name}
        self._process = _started(command, {**environment, **own}, home)
        self._left, self._usable = life, True

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it may run one more command."""
        return self._usable and self._left > 0

    def run(self, command: Command, limit: float) -> Output:
        """Run one command; raises TimeIsUp and ServerBroke. A command that ends the process does so as in one of its own."""
        self._left -= 1
        self._usable = False
        (command.home / "stdin").write_bytes(command.stdin)
        asked = {"words": command.words, "environment": dict(command.environment), "folder": str(command.home)}
        with contextlib.suppress(BrokenPipeError):  # it has ended, as reading will tell
            self._write(json.dumps(asked).encode() + b"\n")
        answer = self._read_line(limit)
        if answer:
            told = json.loads(answer)
            code, self._usable = told["exit_code"], not told["busy"]
        else:
            code = self._process.wait()
            if not (command.home / "stderr").exists():
                raise ServerBroke(t.cast("t.IO[bytes]", self._process.stderr).read().decode(errors="replace"))
        return Output(*((command.home / name).read_bytes() for name in ("stdout", "stderr")), code)

    def close(self) -> None:
        """End the process and what it started."""
        _kill(self._process)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):  # a request that nobody read
                t.cast("t.IO[bytes]", pipe).close()
        self._temporary.cleanup()

    def _write(self, line: bytes) -> None:
        pipe = t.cast("t.IO[bytes]", self._process.stdin)
        pipe.write(line)
        pipe.flush()

    def _read_line(self, limit: float) -> bytes:
        """What it answers; nothing when it ended."""
        pipe, until, line = t.cast("t.IO[bytes]", self._process.stdout).fileno(), time.monotonic() + limit, b""
        ready = select.poll()  # select knows no file above 1023
        ready.register(pipe, select.POLLIN)
        while not line.endswith(b"\n"):
            if not ready.poll(max(0, until - time.monotonic()) * 1000):
                raise TimeIsUp
            more = os.read(pipe, 4096)
            if not more:
                return b""
            line += more
        return line


class Servers:
    """The servers of this process; each kind of command has its own."""

    def __init__(self) -> None:
        self._idle: dict[Hashable, list[Server]] = {}
        self._busy: dict[Server, Hashable] = {}
        self._change = threading.Condition()
        atexit.register(self.close)

    def run(self, kind: Hashable, start: t.Callable[[], Server], command: Command, limit: float) -> Output:
        """Run a command in a server of a kind that `start` makes; raises TimeIsUp."""
        server = self._take(kind, start)
        try:
            output = server.run(command, limit)
        except BaseException:
            self._retire(server)
            raise
        if server.usable:
            self._give_back(server)
        else:
            self._retire(server)
        return output

    def close(self) -> None:
        """End them all, also those that are in use."""
        with self._change:
            servers = [*self._busy, *(server for kind in self._idle.values() for server in kind)]
            self._idle.clear()
            self._busy.clear()
        for server in servers:
            server.close()

    def _take(self, kind: Hashable, start: t.Callable[[], Server]) -> Server:
        with self._change:
            self._change.wait_for(lambda: self._idle.get(kind) or [*self._busy.values()].count(kind) < WARM)
            server = self._idle[kind].pop() if self._idle.get(kind) else start()
            self._busy[server] = kind
            return server

    def _give_back(self, server: Server) -> None:
        with self._change:
            kind = self._busy.pop(server, None)
            if kind is not None:  # not closed meanwhile
                self._idle.setdefault(kind, []).append(server)
            self._change.notify()

    def _retire(self, server: Server) -> None:
        with self._change:
            self._busy.pop(server, None)
            self._change.notify()
        server.close()


SERVERS = Servers()


def _started(command: list[str], environment: Mapping[str, str], home: Path) -> subprocess.Popen[bytes]:
    """A process in a group of its own, which `_kill` ends."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(environment),
        cwd=home,
        start_new_session=True,
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
