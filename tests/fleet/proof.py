# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo of the proof: six simulated hosts say what they are by two ways, one of them lies, one denies half of its sources."""

from __future__ import annotations

import argparse
import copy
import functools
import json
import os
import shutil
import subprocess
import sys
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fleet.__main__ import BACK_ENDS, back_end
from fleet.backends import request
from fleet.screen import Screen, command_lines, fitted
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.grouppolicy import Setting, Som
from fleet.windows.machine import Event, Fault, Iis, Machine, Pool, Running

if t.TYPE_CHECKING:
    from fleet.backend import BackEnd, Output, Received

Lie = Callable[[Machine], None]
DENIED = ("secedit.exe", "whoami.exe", "sc.exe", "gpresult.exe", "wevtutil.exe", "auditpol.exe", "Get-CimClass", "WinNT")


class Lying:
    """Answers for the payload from a copy of the machine in which something is not true; every other source sees the machine."""

    def __init__(self, back_end: BackEnd, lies: Mapping[str, Lie]) -> None:
        self._back_end, self._lies = back_end, lies

    def run(self, machine: Machine, received: Received) -> Output:
        """Run one command."""
        lie = self._lies.get(machine.name)
        if lie is not None and _is_payload(received):
            machine = copy.deepcopy(machine)
            lie(machine)
        return self._back_end.run(machine, received)


def _is_payload(received: Received) -> bool:
    try:
        call = request.decode(received.command_line, received.stdin)
    except request.NotUnderstood:
        return False
    return isinstance(call, request.ModuleCall) and call.name.endswith(".local_right_info")


def hide_a_holder(machine: Machine) -> None:
    """What the payload of the lying host does: it does not tell of one holder."""
    machine.revoke(machine.add_account("hidden", domain="SIM", rid=1301))


@dataclass(frozen=True)
class Case:
    """A machine, and what its proof must say: verdicts of the whole table that must be there, and facts that must differ."""

    machine: Machine
    differ: frozenset[str] = frozenset()
    not_asked: int = 0  # at least
    lie: Lie | None = None


def cases() -> list[Case]:
    """A fresh fleet."""
    gpo = Setting("Servers", "{8CF3A9B6-B5F9-52AB-9631-B728B3D498D7}", "OU=Servers,DC=sim,DC=example", Som.OU)
    liar, denied = _web("liar01"), _web("denied01")
    liar.grant(liar.add_account("hidden", domain="SIM", rid=1301))
    denied.faults = dict.fromkeys(DENIED, Fault(5))
    return [
        Case(_web("web01", gpos=(gpo,))),
        Case(Machine.domain_controller("dc01")),
        Case(Machine.client("pc01", mdm={"ImpersonateClient": "*S-1-5-32-544\uf000*S-1-5-6\uf000*S-1-5-19\uf000*S-1-5-20"})),
        Case(_web("berlin01", language="de")),
        Case(liar, frozenset({"holders"}), lie=hide_a_holder),
        Case(denied, not_asked=10),
    ]


def _web(name: str, **options: t.Any) -> Machine:
    """A web server with services, a pool of its own account, members and events."""
    pools: tuple[Pool | str, ...] = ("DefaultAppPool", Pool("shop", "SpecificUser", "SIM\\svc-shop", manual=False))
    machine = Machine.member_server(name, iis=Iis(pools=pools), **options)
    shop = machine.add_account("svc-shop", domain="SIM", rid=1106)
    machine.running = {
        "W3SVC": "LocalSystem",
        "ShopSync": Running("SIM\\svc-shop", required=("SeChangeNotifyPrivilege",), sid_type=1),
        "Dnscache": Running("NT AUTHORITY\\NetworkService", sid_type=3),
    }
    machine.members = {names.ADMINISTRATORS: (shop,)}
    machine.events = (Event(shop, age=20),)
    return machine


def play(inventory: Path, folder: Path, screen: Screen, *options: str) -> tuple[int, str]:
    """Run the playbook as a user would; returns the exit code and what it printed."""
    command = ["ansible-playbook", "-i", str(inventory), "winrights.seimpersonate.prove"]
    command += ["-e", f"prove_dir={folder}", "-e", "prove_kind=simulated", *options]
    first, *rest = command_lines(command)
    screen.say([f"$ {first}", *rest])
    environment = {**os.environ, "ANSIBLE_FORKS": "6", "NO_PROXY": "127.0.0.0/8"}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    screen.detail(ran.stdout.splitlines())
    return ran.returncode, ran.stdout


def table_in(output: str, host: str) -> list[str]:
    """The table of a host among what a run printed."""
    lines = output.splitlines()
    begin = next((at for at, line in enumerate(lines) if line == host), len(lines))
    end = next((at for at in range(begin, len(lines)) if "agrees;" in lines[at]), len(lines) - 1)
    return lines[begin : end + 1]


def check(case: Case, folder: Path, output: str) -> list[str]:
    """What is not as it should be with the proof of one host."""
    name = case.machine.name
    path = folder / f"prove-{name}.json"
    if not path.exists():
        return [f"{name}: there is no {path}"]
    recording = json.loads(path.read_text(encoding="utf-8"))
    wrong = []
    rows = recording["table"]
    differ = {row["fact"] for row in rows if row["verdict"] == "differs"}
    missed = [row for row in rows if row["verdict"] == "not asked"]
    if differ != case.differ:
        wrong.append(f"{name}: {sorted(differ)} differ instead of {sorted(case.differ)}")
    if len(missed) < case.not_asked or not all(row["why"] for row in missed):
        wrong.append(f"{name}: {len(missed)} sources were not asked instead of {case.not_asked}, or without a reason")
    table = table_in(output, name)
    if not table or max(map(len, table)) > 100:
        wrong.append(f"{name}: no table of at most 100 columns")
    text = path.read_text(encoding="utf-8").lower()
    wrong += [
        f"{name}: {word} is left in {path}" for word in (name, "sim.example", "svc-shop", "auditor", "hidden") if word in text
    ]
    return wrong


def prove(fleet: Fleet, its: list[Case], folder: Path, screen: Screen) -> list[str]:
    """Prove all hosts at once, then the honest ones alone; returns what is not as it should be."""
    inventory = fleet.write_inventory(folder / "fleet.yml")
    code, output = play(inventory, folder, screen)
    screen.say(["", *(fitted(f"  {line}") for line in table_in(output, "web01")), ""], most=24)
    wrong = [] if code == 2 else [f"ansible-playbook ended with {code} instead of 2, although one host lies"]
    for case in its:
        table = table_in(output, case.machine.name)
        lied = [
            fitted(f"           {line.strip()}")
            for at, line in enumerate(table)
            if line.startswith("!") or table[at - 1].startswith("!")
        ]
        screen.say([fitted(f"  {case.machine.name:8} {table[-1] if table else 'no table'}"), *lied[:2]])
        wrong += check(case, folder, output)
    screen.say([f"  ended with {code}: one host lies, and it is found", ""])
    honest, _output = play(inventory, folder, screen, "--limit", "all:!liar01")
    screen.say([f"  ended with {honest}: without it nothing differs"])
    return [*wrong, *([] if honest == 0 else [f"ansible-playbook ended with {honest} instead of 0, although no host lies"])]


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; 0 when everything is as it should be."""
    parser = argparse.ArgumentParser(prog="make demo-prove", description=__doc__)
    parser.add_argument("--backend", choices=sorted(BACK_ENDS), default="emulator")
    asked = parser.parse_args(arguments)
    folder = Path(".build", "demo-prove").absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    its = cases()
    lies = {case.machine.name: case.lie for case in its if case.lie is not None}
    everything = folder / "demo.log"
    with everything.open("w", encoding="utf-8") as log, Fleet([], Lying(back_end(asked.backend), lies)) as fleet:
        screen = Screen(functools.partial(print, flush=True), functools.partial(print, file=log), bool(os.environ.get("VERBOSE")))
        for case in its:
            fleet.add(case.machine)
        screen.say([f"{len(its)} simulated Windows hosts answer on loopback, over WinRM with NTLM.", ""])
        wrong = prove(fleet, its, folder, screen) + fleet.errors()
        for sentence in wrong:
            print("WRONG:", sentence, file=sys.stderr)
        if not wrong:
            end = [
                "The demo ended as it should.",
                f"Recordings: {folder}/prove-*.json",
                f"All output: {everything}; VERBOSE=1 shows it here.",
            ]
            screen.end(end)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
