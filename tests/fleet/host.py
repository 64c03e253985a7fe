# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated host behind its port: its shells, its scenario, and the threads in which its commands run."""

from __future__ import annotations

import importlib.util
import threading
import traceback
import typing as t
from collections import Counter
from dataclasses import replace

from fleet.backend import BackEnd, Output, Received
from fleet.faults import On, Scenario
from fleet.winrm import soap
from fleet.winrm.authn import Access, Users
from fleet.winrm.winrs import Command, Quota, Reply, Wait, Winrs

if t.TYPE_CHECKING:
    from fleet.windows.machine import Machine

IDENTITY = (
    f'<i:IdentifyResponse xmlns:i="{soap.WSMID}"><i:ProtocolVersion>{soap.W}</i:ProtocolVersion><i:ProductVendor>'
    "Winrights simulated fleet</i:ProductVendor><i:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</i:ProductVersion>"
    "</i:IdentifyResponse>"
)


class Host:
    """One simulated host: its shells, its scenario and the machine behind them."""

    def __init__(self, machine: Machine, back_end: BackEnd, access: Access, scenario: Scenario) -> None:
        self.machine, self.access, self.scenario = machine, access, scenario
        self.users = Users(lambda: {user: logon.password for user, logon in machine.logons.items()})
        self.errors: list[str] = []
        self.closing = threading.Event()
        self._back_end = back_end
        self._kinds = {kind.resource: kind for kind in _kinds(scenario.quota)}
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()
        self._workers: list[threading.Thread] = []

    def mishap(self, action: str) -> On | None:
        """Count a message and say what happens to it."""
        with self._lock:
            self._seen[action] += 1
            return self.scenario.mishap(action, self._seen[action], self._seen["Command"])

    def forget(self) -> None:
        """Lose all shells."""
        with self._lock:
            for kind in self._kinds.values():
                kind.forget()

    def open_shells(self) -> list[str]:
        """Ids of the shells that were created and not deleted."""
        with self._lock:
            return [shell for kind in self._kinds.values() for shell in kind.open()]

    def handle(self, request: soap.Request, user: str) -> Reply | Wait:
        """Answer one message, or say what to wait for; raises soap.Fault. Never blocks."""
        if request.action == "Identify":
            return Reply(IDENTITY)
        kind = self._kinds.get(request.resource)
        if kind is None:
            raise soap.not_supported()
        with self._lock:
            reply = kind.handle(request, user)
            if isinstance(reply, Reply) and reply.ready is not None:
                worker = threading.Thread(target=self._run, args=(reply.ready,), daemon=True)
                self._workers = [*(old for old in self._workers if old.is_alive()), worker]
                worker.start()
        return reply

    def stop(self) -> None:
        """Wait for the commands that still run; those that only wait are woken."""
        self.closing.set()
        for worker in self._workers:
            worker.join(timeout=5)

    def _run(self, command: Command) -> None:
        received = Received(command.line, bytes(command.stdin), command.user, command.environment)
        try:
            output = self._back_end.run(self.machine, received)
            output = self.scenario.output(output) if self.scenario.output else output
            if self.scenario.early:
                half = len(output.stdout) // 2
                command.say(Output(output.stdout[:half]))
                output = replace(output, stdout=output.stdout[half:])
            self.closing.wait(self.scenario.delay)
            command.finish(output)
        except Exception:  # noqa: BLE001  the client must get an answer; the test finds the error on the host
            self.errors.append(traceback.format_exc())
            command.finish(Output(b"", b"the back end of the simulated host failed\r\n", 1))


def _kinds(quota: Quota) -> list[Winrs]:
    """Kinds of shell that a host has; that of psrp only where psrpcore is installed."""
    if importlib.util.find_spec("psrpcore") is None:
        return [Winrs(quota)]
    return [Winrs(quota), importlib.import_module("fleet.winrm.psrp").Psrp(quota)]
