# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes by connection, and seconds on the host, for a bare module, our module, and our module with everything on. Run by `make bench`.

PYTHONPATH=tests python -m benchmarks.seconds_on_host
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks import measure
from benchmarks.answers import Answers
from benchmarks.subjects import BARE_MODULE, OURS, PLAYS, Workplace, environment, playbook
from benchmarks.traffic import Traffic, traffic_of
from fleet.backend import Received
from fleet.backends.engine import engine
from fleet.backends.engine.pwsh import PowerShell
from fleet.backends.engine.ways import Way
from fleet.simulation import ConnectionName, Fleet
from fleet.windows import names
from fleet.windows.grouppolicy import Setting
from fleet.windows.machine import Event, Iis, Machine, Running

HOST = "host00000"
EVERYTHING = {"policy": "microsoft", "exposure": True, "expand_groups": True, "events": "24h"}


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


RUNS: dict[str, tuple[list[dict[str, object]], Callable[[str], Machine]]] = {
    BARE_MODULE: (PLAYS[BARE_MODULE], Machine.member_server),
    OURS: (PLAYS[OURS], Machine.member_server),
    "everything on": ([{"winrights.seimpersonate.local_right_info": EVERYTHING}], busy),
}


def main() -> None:
    """Print the table."""
    print(f"{'connection':10} {'task':18} {'stdin':>9} {'to host':>9} {'from host':>9} {'messages':>9} {'engine s':>9}")
    for connection in ("winrm", "psrp"):
        for name, (tasks, make) in RUNS.items():
            came, its = sent(tasks, make(HOST), connection)
            numbers = f"{len(came.stdin):9,} {its.to_host:9,} {its.from_host:9,} {its.messages:9}"
            print(f"{connection:10} {name:18} {numbers} {seconds(make, came):>9}", flush=True)


def sent(tasks: list[dict[str, object]], machine: Machine, connection: ConnectionName) -> tuple[Received, Traffic]:
    """What a host got of a play, and what passed."""
    answers = Answers(HOST)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Fleet([machine], answers, connection=connection) as fleet:
        folder = Path(name)
        Workplace(folder).prepare()
        play = folder / "play.yml"
        play.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        measure.run(playbook(fleet.write_inventory(folder / "fleet.yml"), 1, str(play)), environment(folder), folder / "log")
        if answers.received is None:
            raise measure.Failed("the host was sent nothing")
        return answers.received, traffic_of(fleet.journal.records(HOST))


def seconds(make: Callable[[str], Machine], received: Received) -> str:
    """How long a PowerShell engine takes for the same on such a machine, its start and the compiler included; the better of two runs."""
    if engine.find("pwsh") is None or engine.find("cc") is None:
        return "no engine"
    runs = []
    for _unused in range(2):
        start = time.perf_counter()
        PowerShell(way=Way.FRESH).run(make(HOST), received)
        runs.append(time.perf_counter() - start)
    return f"{min(runs):.2f}"


if __name__ == "__main__":
    main()
