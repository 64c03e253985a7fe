# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The play server of this process: started with the first play, ended with the process, however that ends."""

from __future__ import annotations

import atexit
import os
import pty
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from fleet.shebang import write_program

HERE = Path(__file__).parent


class Plays:
    """A play server, and what the environment of a play needs so that its ansible-playbook is the server's client.

    `fresh`: each play is a process that imports Ansible itself, by default where FRESH is 1. With FRESH=compare it is not: commands are compared then.
    """

    def __init__(self, fresh: bool | None = None) -> None:
        fresh = os.environ.get("FRESH") == "1" if fresh is None else fresh
        self._folder = Path(tempfile.mkdtemp(prefix="plays-"))  # the server removes it
        write_program(self._folder / "ansible-playbook", HERE / "play_client.py", self._folder / "interpreter")
        self._control, control = socket.socketpair()
        terminal, its_terminal = pty.openpty()  # so that Python and Ansible set up their output as for ansible-runner
        name = self._folder / "socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(name))
            listener.listen()
            numbers = (control.fileno(), listener.fileno())
            self._process = subprocess.Popen(
                [sys.executable, str(HERE / "play_server.py"), *map(str, numbers), str(name), str(int(fresh))],
                stdin=its_terminal,
                stdout=its_terminal,
                stderr=its_terminal,
                pass_fds=numbers,
                cwd=self._folder,
                start_new_session=True,
            )
        control.close()
        os.close(its_terminal)
        self._terminal = terminal
        self.environment = {
            "PATH": os.pathsep.join([str(self._folder), path()]),
            "FLEET_PLAYS": str(name),
        }

    def settle(self) -> None:
        """Wait until no process of a play is left."""
        self._control.sendall(b"?")
        if not self._control.recv(1):
            raise RuntimeError(f"the play server ended: {os.read(self._terminal, 65536).decode(errors='replace')}")

    def close(self) -> None:
        """End the server and all plays."""
        self._control.close()
        self._process.wait()
        os.close(self._terminal)


def path() -> str:
    """Give a PATH with ansible-playbook of this interpreter, not one that PATH finds first."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])


_RUNNING: dict[int, Plays] = {}


def plays() -> Plays | None:
    """Give the server of this process; None where the system has none of what it is made of."""
    if sys.platform != "linux":
        return None
    if os.getpid() not in _RUNNING:
        _RUNNING[os.getpid()] = Plays()
        atexit.register(_RUNNING[os.getpid()].close)
    return _RUNNING[os.getpid()]
