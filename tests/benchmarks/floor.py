# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least that Python can do over WinRM: a pywinrm session for each host that sends our payload and reads the answer, one after the other.

python tests/benchmarks/floor.py INVENTORY PAYLOAD
INVENTORY as estate.py writes it, PAYLOAD as subjects.py keeps it: what the audit's module sent to a host.
"""

from __future__ import annotations

import json
import pickle
import sys
import typing as t
from pathlib import Path

import winrm

if t.TYPE_CHECKING:
    from fleet.backend import Received

PIECE = 200_000  # bytes of one Send, as the winrm connection of ansible-core 2.19 has it


def main(inventory: str, payload: str) -> None:
    """Read each host once; ends with an error when one does not answer."""
    everything = json.loads(Path(inventory).read_text(encoding="utf-8"))["all"]
    received: Received = pickle.loads(Path(payload).read_bytes())
    for name, variables in everything["hosts"].items():
        answer, code = ask({**everything["vars"], **variables}, received)
        if code or not answer:
            sys.exit(f"{name} has not answered: exit code {code}")


def ask(variables: dict[str, t.Any], received: Received) -> tuple[t.Any, int]:
    """Send the payload to one host. Returns its JSON and the exit code."""
    session = winrm.Protocol(
        f"http://{variables['ansible_host']}:{variables['ansible_port']}/wsman",
        transport=variables["ansible_winrm_transport"],
        username=variables["ansible_user"],
        password=variables["ansible_password"],
    )
    shell = session.open_shell(codepage=65001)
    command, *words = received.command_line.split(" ")
    number = session.run_command(shell, command, words, console_mode_stdin=False)
    pieces = range(0, len(received.stdin), PIECE)
    for begin in pieces:
        session.send_command_input(shell, number, received.stdin[begin : begin + PIECE], end=begin == pieces[-1])
    stdout, _stderr, code = session.get_command_output(shell, number)
    session.cleanup_command(shell, number)
    session.close_shell(shell)
    return json.loads(stdout), code


if __name__ == "__main__":
    main(*sys.argv[1:])
