# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compared: each subject is a command that the controller runs against the hosts of one inventory."""

from __future__ import annotations

import os
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from fleet.backend import Received

CHECKOUT = Path(__file__).resolve().parents[2]
PEER = CHECKOUT / ".build/wheels/collections"
BARE = """#!powershell
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

#Requires -Version 5.1

$result = @{ changed = $false }
$result.ping = 'pong'
$result.asked = $complex_args.Count
ConvertTo-Json -InputObject $result -Compress
"""
RIGHT = "SeImpersonatePrivilege"
REGISTRY = {"path": "HKLM:\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions", "name": "ProductType"}
HOLDERS = ["Administrators", "LOCAL SERVICE", "NETWORK SERVICE", "SERVICE"]
BARE_MODULE, OURS, FLOOR = "bare module", "local_right_info", "pywinrm floor"
HOST, FLEET = "audit, reader host", "audit, reader fleet"
PLAYS: dict[str, list[dict[str, object]]] = {
    "debug": [{"ansible.builtin.debug": {"msg": "hello"}}],
    BARE_MODULE: [{"bench.bench.bare": None}],
    OURS: [{"winrights.seimpersonate.local_right_info": {"policy": "microsoft"}}],
    "peer playbook": [
        {"ansible.windows.setup": None},
        {"ansible.windows.win_reg_stat": REGISTRY, "register": "product"},
        {"ansible.windows.win_user_right": {"name": RIGHT, "users": HOLDERS, "action": "set"}, "check_mode": True},
    ],
}
AUDITS = {HOST: "host", FLEET: "fleet"}
SUBJECTS = ("debug", BARE_MODULE, OURS, HOST, FLEET, FLOOR, "peer playbook")


@dataclass(frozen=True)
class Workplace:
    """A folder with what the subjects need: plays, the bare module, and the payload for the floor."""

    folder: Path
    forks: int = 10
    transport: str = "ntlm"

    def prepare(self) -> None:
        """Write plays and module."""
        module = self.folder / "ansible_collections/bench/bench/plugins/modules/bare.ps1"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(BARE)
        for name, tasks in PLAYS.items():
            play = {"hosts": "all", "gather_facts": False, "tasks": tasks}
            self._play(name).write_text(yaml.safe_dump([play], sort_keys=False))

    def keep(self, received: Received) -> None:
        """Keep what our module sent to a host, for the floor to send."""
        self._payload.write_bytes(pickle.dumps(received))

    def command(self, subject: str, inventory: Path) -> list[str]:
        """The command of a subject."""
        if subject == FLOOR:
            return [sys.executable, str(CHECKOUT / "tests/benchmarks/floor.py"), str(inventory), str(self._payload)]
        if subject in AUDITS:
            return audit(inventory, self.folder / "reports", self.forks, AUDITS[subject])
        return playbook(inventory, self.forks, str(self._play(subject)))

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of a command."""
        return environment(self.folder, PEER)

    def _play(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.yml"

    @property
    def _payload(self) -> Path:
        return self.folder / "payload"


def playbook(inventory: Path, forks: int, *words: str) -> list[str]:
    """The command of ansible-playbook beside this Python."""
    return [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory), "-f", str(forks), *words]


def audit(inventory: Path, reports: Path, forks: int, reader: str) -> list[str]:
    """The command of our audit with one of its readers."""
    variables = {"impersonate_report_dir": str(reports), "impersonate_reader": reader}
    options = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    return playbook(inventory, forks, "winrights.seimpersonate.audit", *options)


def environment(*collections: Path) -> dict[str, str]:
    """Environment variables of a command: the checkout's collection, further ones, and no proxy on the way to loopback."""
    paths = ":".join([*map(str, collections), os.environ["ANSIBLE_COLLECTIONS_PATH"]])
    loopback = {"NO_PROXY": "127.0.0.0/8", "no_proxy": "127.0.0.0/8"}
    return {**os.environ, **loopback, "ANSIBLE_COLLECTIONS_PATH": paths, "ANSIBLE_NOCOLOR": "1"}
