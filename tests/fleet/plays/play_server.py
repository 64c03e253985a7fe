# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has imported Ansible and forks for each play; no play outlives the process that started it.

    python play_server.py CONTROL LISTENER SOCKET FRESH

CONTROL is a descriptor: what stands at its other end lives as long as it is open, and may ask with a byte to be told when
no play runs. LISTENER is one that clients connect to, by the name SOCKET; each hands over one play and waits for its end.
With FRESH, 0 or 1, each play imports Ansible itself.
A client that hangs up ends its play. What plays leave behind (workers of ansible-playbook are in sessions of their own)
comes to this process as its child and is killed with the last play. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

from play_imports import Ansible

PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
Run = t.Callable[[], t.NoReturn]


@dataclass(frozen=True)
class Request:
    """A play as its client handed it over."""

    argv: list[str]
    cwd: str
    env: dict[str, str]
    files: list[int]

    @classmethod
    def read(cls, client: socket.socket) -> Request:
        """Take it from a client; EOFError where the client is gone before it said all."""
        head, files, _flags, _address = socket.recv_fds(client, 8, 3)
        with client.makefile("rb") as stream:
            length = int.from_bytes(head, "big")
            text = stream.read(length)
        if len(head) < 8 or len(text) < length:
            raise EOFError
        return cls(**json.loads(text), files=files)

    def take_over(self) -> None:
        """Become the process that the client would have been: session, files, folder, environment."""
        os.setsid()
        for number, file in enumerate(self.files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(self.cwd)
        os.environ.clear()
        os.environ.update(self.env)
        sys.argv = self.argv


class Server:
    """Forks plays, and keeps account of their processes.

    `prepare` says, before the fork, what the process of a play is to run.
    """

    def __init__(self, control: socket.socket, listener: socket.socket, prepare: t.Callable[[Request], Run]) -> None:
        self._control, self._listener, self._prepare = control, listener, prepare
        self._plays: dict[int, socket.socket | None] = {}  # process -> client, None where that was killed
        self._asked = 0
        self._wakes, waker = socket.socketpair()
        for end in (self._wakes, waker):
            end.setblocking(False)
        self._waker = waker
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        self._selector = selectors.DefaultSelector()
        for end in (control, listener, self._wakes):
            self._selector.register(end, selectors.EVENT_READ)

    def serve(self) -> Run | None:
        """Serve until the other end of CONTROL closes: None; what is to be run, in the process of each play."""
        while True:
            for key, _events in self._selector.select():
                if key.fileobj is self._control:
                    if not self._control.recv(64):
                        _end_children()
                        return None
                    self._asked += 1
                elif key.fileobj is self._wakes:
                    self._wakes.recv(4096)
                    self._reap()
                elif key.fileobj is self._listener:
                    if run := self._begin():
                        return run
                else:
                    self._hung_up(t.cast(socket.socket, key.fileobj))
            if self._asked and not self._plays:
                self._control.sendall(b"." * self._asked)
                self._asked = 0

    def _begin(self) -> Run | None:
        client, _address = self._listener.accept()
        try:
            request = Request.read(client)
        except EOFError:
            client.close()
            return None
        run = self._prepare(request)
        if pid := os.fork():
            for file in request.files:
                os.close(file)
            self._plays[pid] = client
            self._selector.register(client, selectors.EVENT_READ)
            return None
        self._forget()
        request.take_over()
        return run

    def _forget(self) -> None:
        """Close what is the server's own, in the process of a play."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for end in (self._control, self._listener, self._wakes, self._waker, *filter(None, self._plays.values())):
            end.close()

    def _reap(self) -> None:
        """Tell the clients of plays that ended, after the last of them left no process."""
        ended = []
        for pid, status in _ended_children():
            if client := self._plays.pop(pid, None):
                self._selector.unregister(client)
                ended.append((client, status))
        if not self._plays:
            _end_children()
        for client, status in ended:
            with client, contextlib.suppress(ConnectionError):  # a client that was killed in this moment needs no answer
                client.send(str(status).encode(), socket.MSG_NOSIGNAL)

    def _hung_up(self, client: socket.socket) -> None:
        """End the play of a client that was killed, unless it has just ended."""
        if client not in self._plays.values():
            return
        self._selector.unregister(client)
        client.close()
        for pid in [pid for pid, its in self._plays.items() if its is client]:
            self._plays[pid] = None
            _kill([*_descendants(pid), pid])


def _ended_children() -> t.Iterator[tuple[int, int]]:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        yield pid, status


def _end_children() -> None:
    """Kill what is left of all plays, and wait for its end; orphans become children of this process one after the other."""
    while True:
        _kill(_descendants(os.getpid()))
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _kill(pids: t.Iterable[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # ended by itself


def _descendants(ancestor: int) -> list[int]:
    """Processes that descend from one, in no order."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(path.parent.name))
    found, new = [], [ancestor]
    while new:
        new = [child for parent in new for child in children.get(parent, [])]
        found += new
    return found


def main() -> None:
    """Serve, or run the play for which this process was forked."""
    control, listener = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    folder, fresh = Path(sys.argv[3]).parent, sys.argv[4] == "1"
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as ansible-runner starts its children
    program = Path(sys.executable).with_name("ansible-playbook")
    sys.path[0] = str(program.parent)  # as for the program itself; the modules beside this file are in nobody's way
    ansible = Ansible(program, fresh=fresh)
    server = Server(control, listener, lambda request: ansible.prepare(request.argv, request.cwd, request.env))
    if run := server.serve():
        run()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
