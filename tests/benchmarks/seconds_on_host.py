# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes on the wire, CPU of the controller and seconds on the host for one audited host, against a bare module. Run by `make bench`.

PYTHONPATH=tests python tests/benchmarks/wire.py [--hosts N]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ansible

from fleet.backend import Output, Received
from fleet.backends.emulator.emulator import Emulator
from fleet.backends.engine import engine
from fleet.backends.engine.pwsh import PowerShell
from fleet.backends.engine.ways import Way
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.grouppolicy import Setting
from fleet.windows.machine import Event, Iis, Machine, Running

BARE = """#!powershell
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

#Requires -Version 5.1

$result = @{ changed = $false }
$result.ping = 'pong'
$result.asked = $complex_args.Count
ConvertTo-Json -InputObject $result -Compress
"""
PLAY = "- hosts: all\n  gather_facts: false\n  tasks:\n    - {task}\n"
POLICY = "{name: own, title: Own, compare: exact, host_roles: {member_server: {required: [administrators], source: s}}}"
AUDIT = f"winrights.seimpersonate.local_right_info: {{policy: {POLICY}"
TASKS = {
    "bare module": "bench.bench.bare:",
    "local_right_info": AUDIT + "}",
    "everything on": AUDIT + ", exposure: true, expand_groups: true, events: 24h}",
    "audit.yml": "",
}
MOST_OF_AUDIT = 1.45
"""CPU of the whole audit, its report included, per host: at most so many times that of a bare module."""


# Bytes on the wire, both ways, that an audit with features and control may take beyond a bare module.
MOST_BEYOND_BARE = 105_000


def busy(name: str) -> Machine:
    """A web server with much behind its holders."""
    machine = Machine.member_server(
        name,
        iis=Iis(pools=tuple(f"pool-{number}" for number in range(50))),
        running={f"service-{number}": Running(required=("SeChangeNotifyPrivilege",)) for number in range(200)},
        gpos=(Setting("Servers"), Setting("Baseline", "{7E6A1F52-9A0B-4C61-8C1B-5D0A4E2F9B33}", precedence=2)),
        events=tuple(Event(names.USERS, age=number / 20) for number in range(100)),
    )
    people = [machine.add_account(f"person-{number}", domain="SIM") for number in range(100)]
    machine.members = {names.ADMINISTRATORS: tuple(people)}
    return machine


class Sizes:
    """A back end that keeps what came; answers the bare module itself."""

    def __init__(self) -> None:
        self._emulator, self.received = Emulator(), Received("", b"", "", {})

    def run(self, machine, received):
        self.received = received
        if b"local_right_info" in received.stdin:
            return self._emulator.run(machine, received)
        return Output(b'{"changed":false,"ping":"pong"}\r\n')


def seconds(make, received) -> str:
    """How long a PowerShell engine takes for the same on such a machine, its start and the compiler included; the better of two runs."""
    if engine.find("pwsh") is None or engine.find("cc") is None:
        return "no engine"
    runs = []
    for _unused in range(2):
        start = time.perf_counter()
        PowerShell(way=Way.FRESH).run(make("host000"), received)
        runs.append(time.perf_counter() - start)
    return f"{min(runs):.2f}"


def measure(task: str, connection: str, make, hosts: int, folder: Path) -> tuple[Received, int, int, float]:
    """What came, bytes to and from one host, CPU seconds of ansible-playbook."""
    (folder / "play.yml").write_text(PLAY.format(task=task))
    play = (
        [str(folder / "play.yml")] if task else ["winrights.seimpersonate.audit", "-e", f"impersonate_report_dir={folder}/reports"]
    )
    module = folder / "ansible_collections/bench/bench/plugins/modules/bare.ps1"
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(BARE)
    back_end = Sizes()
    with Fleet([make(f"host{number:03}") for number in range(hosts)], back_end, connection=connection) as fleet:
        inventory = fleet.write_inventory(folder / "fleet.yml")
        paths = f"{folder}:{os.environ['ANSIBLE_COLLECTIONS_PATH']}"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "-f", "10", *play],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": paths, "NO_PROXY": "127.0.0.0/8"},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        received, sent = fleet.journal.exchanged("host000")
    return back_end.received, received, sent, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=40)
    hosts = parser.parse_args().hosts
    print(f"ansible-core {ansible.__version__}, NTLM over HTTP, CPU per host from {hosts} hosts against 1")
    print(f"{'connection':10} {'task':18} {'stdin':>9} {'to host':>9} {'from host':>9} {'CPU ms/host':>12} {'engine s':>9}")
    for connection in ("winrm", "psrp"):
        sizes, spent = {}, {}
        for name, task in TASKS.items():
            make = busy if name == "everything on" else Machine.member_server
            with tempfile.TemporaryDirectory() as folder:
                came, to_host, from_host, cpu = measure(task, connection, make, hosts, Path(folder))
                one = measure(task, connection, make, 1, Path(folder))[3]
            sizes[name] = to_host + from_host
            spent[name] = cpu - one
            row = f"{connection:10} {name:18} {len(came.stdin):9,} {to_host:9,} {from_host:9,} {1000 * (cpu - one) / (hosts - 1):12.1f}"
            print(f"{row} {seconds(make, came):>9}")
        more = sizes["local_right_info"] - sizes["bare module"]
        times = spent["audit.yml"] / spent["bare module"]
        print(f"{connection:10} the whole audit takes {times:.2f} times the CPU of a bare module (at most {MOST_OF_AUDIT})")
        print(f"{connection:10} an audit takes {more:,} bytes beyond a bare module (at most {MOST_BEYOND_BARE:,})")


if __name__ == "__main__":
    main()
