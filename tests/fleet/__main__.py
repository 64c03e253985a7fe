# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the demo machines as a fleet of their own, for playbooks started by hand: make fleet, which says what to try."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import typing as t
from pathlib import Path

from fleet.screen import command_lines, environment
from fleet.simulation import Fleet

if t.TYPE_CHECKING:
    from fleet.backend import BackEnd

CHECKOUT = Path(__file__).resolve().parents[2]
TRANSPORTS = {"winrm": ("ntlm", "basic"), "psrp": ("ntlm", "basic", "negotiate")}
BACK_ENDS = {"emulator": "fleet.backends.emulator.emulator:Emulator", "powershell": "fleet.backends.engine.pwsh:PowerShell"}


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m fleet", description="A simulated fleet of Windows hosts.")
    parser.add_argument("--inventory", type=Path, required=True, help="file to write; it holds the passwords")
    parser.add_argument("--life", type=float, default=600.0, help="seconds after which the fleet ends (600)")
    parser.add_argument("--alive", action="store_true", help="only the hosts that can be read")
    parser.add_argument("--backend", choices=sorted(BACK_ENDS), default="emulator")
    parser.add_argument("--connection", choices=sorted(TRANSPORTS), default="winrm")
    parser.add_argument("--transport", choices=TRANSPORTS["psrp"], default="ntlm", help="negotiate goes with psrp only")
    parser.add_argument("--scheme", choices=("http", "https"), default="http")
    parser.add_argument("--journal", type=Path, help="file that gets one line of JSON per request")
    asked = parser.parse_args(arguments)
    if asked.transport not in TRANSPORTS[asked.connection]:
        parser.error(f"the {asked.connection} connection has no transport {asked.transport}")
    return asked


def back_end(name: str) -> BackEnd:
    """Make the back end of that name; ends the program with a sentence where there is none."""
    module, _colon, kind = BACK_ENDS[name].partition(":")
    try:
        made: BackEnd = getattr(importlib.import_module(module), kind)()
    except ModuleNotFoundError as error:
        sys.exit(f"no back end {name}: {error}")
    return made


def guidance(inventory: Path, life: float, backend: str = "emulator") -> list[str]:
    """What a reader wants to know of a fleet that runs: where its inventory is, how long it lives, how to stop it, what to try.

    The real payload of the GPO modules asks a real directory, which no machine of this fleet has.
    """
    place = inventory.absolute()
    near = place.relative_to(CHECKOUT) if place.is_relative_to(CHECKOUT) else place  # the commands begin with a cd
    playbook = ["ansible-playbook", "-i", str(near)]
    return [
        "",
        f"Inventory: {place} (with the passwords of the simulated hosts)",
        f"The fleet lives for {life:g} seconds; to stop it: Ctrl+C here, or kill {os.getpid()}",
        "To try, in another terminal:",
        "",
        *environment(CHECKOUT),
        *command_lines([*playbook, "winrights.seimpersonate.audit"]),
        *command_lines([*playbook, "winrights.seimpersonate.audit", "-e", "impersonate_policy=stig"]),
        *command_lines([*playbook, "winrights.seimpersonate.enforce", "--check", "--diff"]),
        *(
            command_lines([*playbook, "winrights.seimpersonate.gpo_audit", "-e", "impersonate_hosts=dc01"])
            if backend == "emulator"
            else ()
        ),
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run until the end of life, SIGINT or SIGTERM."""
    asked = options(arguments)
    fleet = Fleet(
        [],
        back_end(asked.backend),
        connection=asked.connection,
        transport=asked.transport,
        scheme=asked.scheme,
        life=asked.life,
        journal=asked.journal,
    )
    importlib.import_module("fleet.demo").fill(fleet, asked.alive)
    for number in (signal.SIGINT, signal.SIGTERM):  # both: a shell starts what runs in its background deaf to SIGINT
        signal.signal(number, signal.default_int_handler)
    try:
        with fleet:
            fleet.write_inventory(asked.inventory)
            for host in fleet.inventory()["all"]["hosts"]:
                address, port = fleet.address(host)
                print(f"{host}  {asked.scheme}://{address}:{port}/wsman", flush=True)
            print("\n".join(guidance(asked.inventory, asked.life, asked.backend)), flush=True)
            fleet.wait()
    except KeyboardInterrupt:
        pass  # asked to end
    for error in fleet.errors():
        print(error, file=sys.stderr)
    return 1 if fleet.errors() else 0


if __name__ == "__main__":
    sys.exit(main())
