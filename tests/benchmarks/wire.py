# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes on the wire and CPU of the controller for one audited host, against a bare module of ten lines. Run by `make bench`.

PYTHONPATH=tests python tests/benchmarks/wire.py [--hosts N]
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import ansible

from fleet.backend import Output
from fleet.emulator import Emulator
from fleet.fleet import Fleet
from fleet.machine import Machine

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
TASKS = {"bare module": "bench.bench.bare:", "local_right_info": f"winrights.seimpersonate.local_right_info: {{policy: {POLICY}}}"}


# Bytes to and from one host for an audit before it looked for features (commit 56bc8b6), on ansible-core 2.19.
WITHOUT_FEATURES = {"winrm": 142_082 + 8_388, "psrp": 143_984 + 10_630}


class Sizes:
    """A back end that counts what comes on stdin; answers the bare module itself."""

    def __init__(self) -> None:
        self._emulator, self.stdin = Emulator(), 0

    def run(self, machine, received):
        self.stdin = len(received.stdin)
        if b"local_right_info" in received.stdin:
            return self._emulator.run(machine, received)
        return Output(b'{"changed":false,"ping":"pong"}\r\n')


def measure(task: str, connection: str, hosts: int, folder: Path) -> tuple[int, int, int, float]:
    """stdin bytes, bytes to and from one host, CPU seconds of ansible-playbook."""
    (folder / "play.yml").write_text(PLAY.format(task=task))
    module = folder / "ansible_collections/bench/bench/plugins/modules/bare.ps1"
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(BARE)
    back_end = Sizes()
    with Fleet([Machine.member_server(f"host{number:03}") for number in range(hosts)], back_end, connection=connection) as fleet:
        inventory = fleet.write_inventory(folder / "fleet.yml")
        paths = f"{folder}:{os.environ['ANSIBLE_COLLECTIONS_PATH']}"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "-f", "10", str(folder / "play.yml")],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": paths, "NO_PROXY": "127.0.0.0/8"},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        received, sent = fleet.journal.exchanged("host000")
    return back_end.stdin, received, sent, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=40)
    hosts = parser.parse_args().hosts
    print(f"ansible-core {ansible.__version__}, NTLM over HTTP, CPU per host from {hosts} hosts against 1")
    print(f"{'connection':10} {'task':18} {'stdin':>9} {'to host':>9} {'from host':>9} {'CPU ms/host':>12}")
    for connection in ("winrm", "psrp"):
        for name, task in TASKS.items():
            with tempfile.TemporaryDirectory() as folder:
                stdin, received, sent, cpu = measure(task, connection, hosts, Path(folder))
                one = measure(task, connection, 1, Path(folder))[3]
            print(f"{connection:10} {name:18} {stdin:9,} {received:9,} {sent:9,} {1000 * (cpu - one) / (hosts - 1):12.1f}")
        if ansible.__version__.startswith("2.19."):
            growth = received + sent - WITHOUT_FEATURES[connection]
            print(f"{connection:10} an audit is {growth:+,} bytes against one that looks for no features")


if __name__ == "__main__":
    main()
