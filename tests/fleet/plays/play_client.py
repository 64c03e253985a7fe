# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for ansible-playbook on PATH: hands the play over to the play server and ends as the play ends.

It starts in a hundredth of what ansible-playbook takes, so it imports next to nothing.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main() -> None:
    """Ask for the play with this process's arguments, folder, environment and descriptors, and wait for its end."""
    request = json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "env": dict(os.environ)}).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(os.environ["FLEET_PLAYS"])
        socket.send_fds(server, [len(request).to_bytes(8, "big")], [0, 1, 2])
        server.sendall(request)
        answer = server.recv(16)
    if not answer:
        sys.exit("ansible-playbook: the play server is gone")
    status = int(answer)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main()
