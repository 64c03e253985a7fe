# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running fleet: one WinRM listener per machine, and the inventory that leads to them."""

from __future__ import annotations

import contextlib
import importlib
import os
import selectors
import socket
import tempfile
import threading
import types
import typing as t
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from fleet.backend import BackEnd
from fleet.faults import SCENARIOS, Scenario
from fleet.host import Host
from fleet.winrm.authn import Access
from fleet.winrm.certificates import Authority
from fleet.winrm.journal import Journal, Record
from fleet.winrm.server import Listener

if t.TYPE_CHECKING:
    from fleet.windows.machine import Machine

ConnectionName = t.Literal["winrm", "psrp"]
Scheme = t.Literal["http", "https"]

# What the variables of the winrm connection are called with psrp.
PSRP = {
    "ansible_winrm_transport": "ansible_psrp_auth",
    "ansible_winrm_scheme": "ansible_psrp_protocol",
    "ansible_winrm_ca_trust_path": "ansible_psrp_ca_cert",
    "ansible_winrm_message_encryption": "ansible_psrp_message_encryption",
    "ansible_winrm_send_cbt": "ansible_psrp_negotiate_send_cbt",
    "ansible_winrm_kerberos_hostname_override": "ansible_psrp_negotiate_hostname_override",
    "ansible_winrm_operation_timeout_sec": "ansible_psrp_operation_timeout",
    "ansible_winrm_read_timeout_sec": "ansible_psrp_read_timeout",
}


class Fleet:
    """Simulated Windows hosts on loopback, from `with` to the end of its block.

    `connection`, `transport` and `scheme` are what the inventory tells Ansible to use; the hosts speak WinRS and PSRP
    whatever it says. Variables of the winrm connection get the names they have with psrp. A fleet ends by itself after
    `life` seconds.
    """

    def __init__(
        self,
        machines: Iterable[Machine],
        back_end: BackEnd,
        *,
        connection: ConnectionName = "winrm",
        transport: str = "ntlm",
        scheme: Scheme = "http",
        access: Access | None = None,
        life: float = 900.0,
        journal: Path | None = None,
    ) -> None:
        if connection == "psrp":
            importlib.import_module("psrpcore")  # where it is missing the hosts have no shells for psrp
        self.journal = Journal(journal)
        self._back_end, self._connection, self._transport, self._scheme = back_end, connection, transport, scheme
        self._access = access or Access(unencrypted=transport in ("basic", "plaintext"))
        self._folder = tempfile.TemporaryDirectory(prefix="fleet-")
        self._authority = Authority(Path(self._folder.name)) if scheme == "https" else None
        self._listeners: dict[str, Listener] = {}
        self._variables: dict[str, dict[str, t.Any]] = {}
        self._groups: dict[str, set[str]] = {}
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakes = socket.socketpair()
        self._waker.setblocking(False)
        self._ended = threading.Event()
        self._stopping = threading.Lock()
        self._acceptor = threading.Thread(target=self._accept, name="fleet", daemon=True)
        self._timer = threading.Timer(life, self.stop)
        self._timer.daemon = True
        for machine in machines:
            self.add(machine)

    def __enter__(self) -> Fleet:
        """Start to answer."""
        self._selector.register(self._wakes, selectors.EVENT_READ)
        self._acceptor.start()
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        """Stop, close everything, wait for the threads."""
        self.stop()

    def add(
        self,
        machine: Machine,
        *,
        scenario: Scenario | str | None = None,
        access: Access | None = None,
        user: str | None = None,
        groups: Iterable[str] = (),
        variables: Mapping[str, t.Any] | None = None,
    ) -> None:
        """Put a machine into the fleet, before or after it started.

        `scenario` is what goes wrong with it, or its name in `faults.SCENARIOS`; `user` the one of its logons that
        the inventory uses, by default the first; `variables` are further ones of the host in the inventory.
        """
        if machine.name in self._listeners:
            raise ValueError(f"{machine.name} is in the fleet already")
        trouble = SCENARIOS[scenario] if isinstance(scenario, str) else scenario or Scenario()
        host = Host(machine, self._back_end, access or trouble.access or self._access, trouble)
        address = _address(len(self._listeners))
        tls = self._authority.issue(address) if self._authority else None
        listener = Listener(address, host, self.journal, tls)
        user = user or next(iter(machine.logons))
        self._variables[machine.name] = {
            "ansible_host": address,
            "ansible_port": listener.server_port,
            "ansible_user": user,
            "ansible_password": machine.logons[user].password,
            **self._named({**trouble.variables, **(variables or {})}),
        }
        for group in groups:
            self._groups.setdefault(group, set()).add(machine.name)
        self._listeners[machine.name] = listener
        if not (trouble.down or trouble.silent):
            self._selector.register(listener, selectors.EVENT_READ, listener)
            self._wake()

    @property
    def machines(self) -> list[Machine]:
        """The machines of the fleet, in the order in which they came."""
        return [listener.host.machine for listener in self._listeners.values()]

    def also(self, name: str, of: str) -> None:
        """Give a machine that is in the fleet one more name in the inventory."""
        if name in self._variables:
            raise ValueError(f"{name} is in the fleet already")
        self._variables[name] = dict(self._variables[of])

    def inventory(self) -> dict[str, t.Any]:
        """Give the inventory as Ansible's YAML plugin reads it; `ansible_shell_type` is the connection's to choose."""
        variables: dict[str, t.Any] = {
            "ansible_winrm_transport": self._transport,
            "ansible_winrm_scheme": self._scheme,
            "ansible_winrm_operation_timeout_sec": 10,
            "ansible_winrm_read_timeout_sec": 30,
        }
        if self._authority:
            variables["ansible_winrm_ca_trust_path"] = str(self._authority.ca_file)
        groups: dict[str, t.Any] = {
            name: {"hosts": {host: {} for host in sorted(its)}} for name, its in sorted(self._groups.items())
        }
        hosts = {name: dict(its) for name, its in self._variables.items()}
        variables = {"ansible_connection": self._connection, **self._named(variables)}
        return {"all": {"vars": variables, "hosts": hosts, "children": groups}}

    def write_inventory(self, path: Path) -> Path:
        """Write the inventory as YAML, all of it or nothing, for its owner alone: it holds the passwords."""
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yaml.dump(self.inventory(), file, Dumper=_Plain, sort_keys=False, allow_unicode=True)
        Path(name).replace(path)
        return path

    def address(self, host: str) -> tuple[str, int]:
        """Where a host listens."""
        return self._variables[host]["ansible_host"], self._listeners[host].server_port

    def commands(self, host: str) -> list[Record]:
        """Commands that a host was sent, each with what it ran; what was never run has no module."""
        return self.journal.commands(host)

    def creates(self, host: str) -> list[Record]:
        """Shells that a host was asked for."""
        return self.journal.records(host, "Create")

    def open_shells(self) -> dict[str, list[str]]:
        """Shells that were created and not deleted, by host; empty when every client cleaned up."""
        found = {name: listener.host.open_shells() for name, listener in self._listeners.items()}
        return {name: shells for name, shells in found.items() if shells}

    def errors(self) -> list[str]:
        """Defects of the simulation and its back end that the clients saw as faults; tests want none."""
        return [error for listener in self._listeners.values() for error in listener.host.errors]

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end of the fleet's life; say whether it came."""
        return self._ended.wait(seconds)

    def stop(self) -> None:
        """Close all ports and connections and wait for their threads; a second call does nothing."""
        with self._stopping:
            if self._ended.is_set():
                return
            self._ended.set()
            self._wake()
            self._timer.cancel()
            for thread in (self._acceptor, self._timer):
                if thread.is_alive() and thread is not threading.current_thread():
                    thread.join()
            for listener in self._listeners.values():
                listener.stop()
            self._selector.close()
            self._waker.close()
            self._wakes.close()
            self._folder.cleanup()

    def _named(self, variables: Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Call variables of the winrm connection as the fleet's own connection does."""
        if self._connection == "winrm":
            return dict(variables)
        named = {PSRP.get(name, name): value for name, value in variables.items()}
        if named.get("ansible_psrp_auth") == "basic" and self._scheme == "http":
            named["ansible_psrp_message_encryption"] = "never"  # pypsrp wants to be told, pywinrm does not
        return named

    def _wake(self) -> None:
        """Make the acceptor look again; before the start nobody reads, and a socket that is full says it already."""
        with contextlib.suppress(BlockingIOError):
            self._waker.send(b"+")

    def _accept(self) -> None:
        """Accept for all listeners in one thread, until the end of life."""
        while not self._ended.is_set():
            for key, _events in self._selector.select():
                if key.data is None:
                    self._wakes.recv(64)
                else:
                    key.data.handle_request()


class _Plain(yaml.SafeDumper):
    """Writes what stands in two places twice, instead of an anchor and an alias."""

    def ignore_aliases(self, data: t.Any) -> bool:
        """Say so."""
        return True


def _loopback_net() -> bool:
    """Say whether all of 127.0.0.0/8 is ours, as on Linux and Windows, or 127.0.0.1 alone, as on macOS."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.1.1", 0))
        except OSError:
            return False
    return True


_NET = _loopback_net()


def _address(number: int) -> str:
    """Give the nth host its address: 127.0.1.1 and up, so that a log tells the hosts apart."""
    return f"127.0.{1 + number // 254}.{1 + number % 254}" if _NET else "127.0.0.1"
