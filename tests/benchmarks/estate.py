# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated fleet in processes of its own: their CPU is not the controller's, and each has its own limits of threads and files."""

from __future__ import annotations

import gc
import json
import multiprocessing
import resource
import types
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.answers import Answers
from benchmarks.kinds import Kind, kinds, scenario
from benchmarks.traffic import Traffic, traffic_of
from fleet.simulation import ConnectionName, Fleet
from fleet.windows.machine import Machine

if t.TYPE_CHECKING:
    from fleet.backend import Received

LIFE = 4 * 3600.0
_START = 300  # seconds for a process to build its hosts


@dataclass(frozen=True)
class Share:
    """The hosts of one process."""

    hosts: Mapping[str, Kind]
    kept: str
    latency: float
    connection: ConnectionName


class Estate:
    """Many simulated hosts, from `with` to the end of its block.

    ``dead``, ``slow``: percent. ``latency``: seconds that a command takes. ``processes``: how many share the hosts.
    """

    def __init__(
        self, hosts: int, *, dead: int = 0, slow: int = 0, latency: float = 0.0, processes: int = 1, connection: ConnectionName = "winrm",
    ) -> None:  # fmt: skip
        self.kinds = kinds(hosts, dead, slow)
        self.first = next(iter(self.kinds))
        names = list(self.kinds)
        self._of: dict[str, int] = {name: place % processes for place, name in enumerate(names)}
        self._shares = [
            Share({name: self.kinds[name] for name in names if self._of[name] == process}, self.first, latency, connection)
            for process in range(min(processes, hosts))
        ]
        self._ends: list[Connection] = []
        self._processes: list[t.Any] = []

    def __enter__(self) -> Estate:
        """Start the processes and wait until their hosts answer."""
        spawn = multiprocessing.get_context("spawn")  # a fork would share this process's threads and garbage
        for share in self._shares:
            here, there = spawn.Pipe()
            process = spawn.Process(target=serve, args=(there, share), daemon=True)
            process.start()
            there.close()
            self._ends.append(here)
            self._processes.append(process)
        try:
            inventories = [self._answer(end) for end in self._ends]
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self._variables: dict[str, t.Any] = inventories[0]["vars"]
        self._hosts: dict[str, dict[str, t.Any]] = {}
        for inventory in inventories:
            self._hosts.update(inventory["hosts"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None,
    ) -> None:  # fmt: skip
        """End the processes."""
        for end in self._ends:
            end.close()  # the process sees the end of its pipe
        for process in self._processes:
            process.join(timeout=20)
            if process.is_alive():
                process.kill()
                process.join()

    def write_inventory(self, path: Path, hosts: int | None = None) -> Path:
        """Write the inventory of the first so many hosts as JSON, which is YAML; what all hosts have in common stands once."""
        names = list(self.kinds)[:hosts]
        mine = {name: self._hosts[name] for name in names}
        common = dict.fromkeys(("ansible_user", "ansible_password"))
        shared = {key: self._hosts[names[0]][key] for key in common if len({its[key] for its in mine.values()}) == 1}
        rows = {name: {key: value for key, value in its.items() if key not in shared} for name, its in mine.items()}
        path.write_text(json.dumps({"all": {"vars": {**self._variables, **shared}, "hosts": rows}}), encoding="utf-8")
        return path

    def traffic(self) -> Traffic:
        """What passed between the controller and the first host since the last call."""
        return Traffic(**self._ask("traffic"))

    def received(self) -> Received | None:
        """What the first host was sent last."""
        return t.cast("Received | None", self._ask("received"))

    def errors(self) -> list[str]:
        """Defects of the simulation: a benchmark with one of them measured something else."""
        return [error for place in range(len(self._ends)) for error in self._ask("errors", place)]

    def _ask(self, question: str, place: int | None = None) -> t.Any:
        end = self._ends[self._of[self.first] if place is None else place]
        end.send(question)
        return self._answer(end)

    def _answer(self, end: Connection) -> t.Any:
        if not end.poll(_START):
            raise TimeoutError(f"a process of the simulated fleet has said nothing for {_START} seconds")
        try:
            return end.recv()
        except EOFError:
            raise RuntimeError("a process of the simulated fleet has ended; what it wrote says why") from None


def serve(end: Connection, share: Share) -> None:
    """Be the hosts of a share, answer questions about them, until the other end of the pipe is closed."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # a port for each host, and a connection for each that is read
    answers = Answers(share.kept)
    with Fleet([], answers, connection=share.connection, life=LIFE) as fleet:
        for name, kind in share.hosts.items():
            fleet.add(Machine.member_server(name), scenario=scenario(kind, share.latency))
        gc.freeze()  # thousands of machines would be searched for garbage again and again
        end.send(fleet.inventory()["all"])
        for question in _questions(end):
            end.send(_answer(question, fleet, answers, share.kept))
            if question == "traffic":
                fleet.journal.clear()


def _questions(end: Connection) -> Iterable[str]:
    while True:
        try:
            yield end.recv()
        except (EOFError, ConnectionError, KeyboardInterrupt):  # whoever asked is gone, or was asked to stop
            return


def _answer(question: str, fleet: Fleet, answers: Answers, kept: str) -> t.Any:
    if question == "traffic":
        return asdict(traffic_of(fleet.journal.records(kept)))
    return {"received": answers.received, "errors": fleet.errors()}[question]
