# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A back end for benchmarks: our payload answered by the emulation, a bare module and the peer's modules by canned answers.

A simulated host takes CPU beside the controller that is measured. So the emulation answers the same payload once, and the other hosts of
the benchmark, which are alike, answer the same with their own names and SIDs.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

from fleet.backend import Output, Received
from fleet.backends import request
from fleet.backends.emulator.emulator import Emulator

if t.TYPE_CHECKING:
    from fleet.windows.machine import Machine


def _facts() -> dict[str, t.Any]:
    """As many facts, and of the form, that ansible.windows.setup gives of a small server; the keys are those of its setup.ps1."""
    profile = "C:\\Users\\auditor"
    adapter = {"connection_name": "Ethernet", "default_gateway": "10.0.0.1", "dns_domain": "sim.example", "interface_index": 6}
    address = {"address": "10.0.0.20", "prefix": "24"}
    return {
        "ansible_architecture": "64-bit",
        "ansible_bios_date": "04/01/2024",
        "ansible_bios_version": "Hyper-V UEFI Release v4.1",
        "ansible_date_time": dict.fromkeys(
            (
                *("date", "day", "epoch", "epoch_int", "epoch_local", "hour", "iso8601", "iso8601_basic", "iso8601_basic_short"),
                *("iso8601_micro", "minute", "month", "second", "time", "tz", "tz_offset", "weekday", "weekday_number", "weeknumber", "year"),
            ),
            "2026-01-31 08:15:00",
        ),
        "ansible_distribution": "Microsoft Windows Server 2022 Datacenter",
        "ansible_distribution_major_version": "10",
        "ansible_distribution_version": "10.0.20348.0",
        "ansible_domain": "sim.example",
        "ansible_env": {f"VARIABLE_{number:02}": f"{profile}\\AppData\\Local\\variable\\{number}" for number in range(40)},
        "ansible_fqdn": "web01.sim.example",
        "ansible_hostname": "web01",
        "ansible_interfaces": [{**adapter, "ipv4": [address], "ipv6": [address], "macaddress": f"00:15:5D:00:00:0{n}"} for n in range(4)],
        "ansible_ip_addresses": ["10.0.0.20", "fe80::1"],
        "ansible_kernel": "10.0.20348.0",
        "ansible_lastboot": "2026-01-30 08:15:00Z",
        "ansible_machine_id": "S-1-5-21-1004336348-1177238915-682003330",
        "ansible_memfree_mb": 2048, "ansible_memtotal_mb": 4096, "ansible_swaptotal_mb": 0,
        "ansible_netbios_name": "WEB01",
        "ansible_nodename": "web01.sim.example",
        "ansible_os_family": "Windows",
        "ansible_os_installation_type": "Server Core",
        "ansible_os_name": "Microsoft Windows Server 2022 Datacenter",
        "ansible_os_product_type": "server",
        "ansible_powershell_version": 5,
        "ansible_processor": ["0", "GenuineIntel", "A processor"] * 4,
        "ansible_processor_cores": 2, "ansible_processor_count": 1, "ansible_processor_vcpus": 4,
        "ansible_product_name": "Virtual Machine",
        "ansible_reboot_pending": False,
        "ansible_system": "Win32NT",
        "ansible_uptime_seconds": 86400,
        "ansible_user_dir": profile,
        "ansible_user_id": "auditor",
        "ansible_user_sid": "S-1-5-21-1004336348-1177238915-682003330-1110",
        "ansible_windows_domain": "sim.example",
        "ansible_windows_domain_member": True,
        "ansible_windows_domain_role": "Member server",
    }  # fmt: skip


ANSWERS: dict[str, dict[str, t.Any]] = {
    "bench.bench.bare": {"changed": False, "ping": "pong"},
    "ansible.windows.setup": {"changed": False, "ansible_facts": _facts()},
    "ansible.windows.win_reg_stat": {
        "changed": False,
        "exists": True,
        "raw_value": "ServerNT",
        "type": "REG_SZ",
        "value": "ServerNT",
    },
    "ansible.windows.win_user_right": {"changed": False, "added": [], "removed": []},
}
"""What a host prints for each module that is not ours: the controller's side is what is measured."""


class Answers:
    """Answers each of the modules that a benchmark runs, and keeps what the host called ``kept`` was sent last."""

    def __init__(self, kept: str = "") -> None:
        self._kept = kept
        self._outputs = {name: Output(json.dumps(answer).encode() + b"\r\n") for name, answer in ANSWERS.items()}
        self._alike = Alike()
        self.received: Received | None = None

    def run(self, machine: Machine, received: Received) -> Output:
        """Answer one command; what nobody knows fails as on a host without that module."""
        if machine.name == self._kept:
            self.received = received
        if output := self._alike.output(machine, received):
            return output
        call = request.decode(received.command_line, received.stdin)
        known = isinstance(call, request.ModuleCall) and self._outputs.get(call.name)
        return self._alike.keep(machine, received, known or Emulator().run(machine, received))


_Command = tuple[str, bytes, str, tuple[tuple[str, str], ...]]


class Alike:
    """What one host answered to a command, for others that differ from it in their names and SIDs alone."""

    _MOST = 20  # commands: a benchmark sends a few

    def __init__(self) -> None:
        self._kept: dict[_Command, tuple[Machine, Output]] = {}

    def keep(self, machine: Machine, received: Received, output: Output) -> Output:
        """Keep an answer, and return it."""
        if len(self._kept) < self._MOST:
            self._kept[_key(received)] = (machine, output)
        return output

    def output(self, machine: Machine, received: Received) -> Output | None:
        """The answer of a machine, None where nobody has answered that yet."""
        first, output = self._kept.get(_key(received), (machine, None))
        if output is None or first is machine:
            return output
        text = output.stdout.replace(first.sid.encode(), machine.sid.encode())
        return replace(output, stdout=text.replace(first.netbios.encode(), machine.netbios.encode()))


def _key(received: Received) -> _Command:
    return received.command_line, received.stdin, received.user, tuple(sorted(received.environment.items()))
