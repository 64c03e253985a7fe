# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one read of the GPOs of a domain takes: remote commands and bytes, beside their bounds. Run by `make bench`.

PYTHONPATH=tests python -m benchmarks.gpo_read
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks import bounds, measure
from benchmarks.subjects import environment, playbook
from benchmarks.traffic import Traffic, traffic_of
from fleet.backends.emulator.emulator import Emulator
from fleet.simulation import Fleet
from fleet.windows.domain import PolicyDomain
from fleet.windows.machine import FLOOR

HOST = "dc01"
SIZES = (10, 500, 2000)
DEFINING, PLACES = 3, 20
TASK = {"winrights.seimpersonate.gpo_right_info": {"policy": "microsoft"}}


def domain_of(gpos: int) -> PolicyDomain:
    """A domain with so many GPOs, each linked to an OU; three of them define the right and are linked to twenty."""
    domain = PolicyDomain()
    domain.add_controller(HOST)
    accounts = [f"*{sid}" for sid in FLOOR]
    for number in range(DEFINING):
        made = domain.add_gpo(f"Servers {number}", accounts=accounts)
        for place in range(PLACES):
            domain.link(made, domain.ou(f"Place {place}", f"Servers {number}"))
    for number in range(gpos - len(domain.replica.directory.gpos)):
        made = domain.add_gpo(f"Department {number:04}", sections={"Event Audit": ("AuditLogonEvents = 3",)})
        domain.link(made, domain.ou(f"Department {number:04}"))
    return domain


def read(gpos: int) -> tuple[int, Traffic]:
    """Commands that the domain controller was sent for one task, and what passed."""
    domain = domain_of(gpos)
    machine = next(iter(domain.controllers.values()))
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Fleet([machine], Emulator()) as fleet:
        folder = Path(name)
        play = folder / "play.yml"
        play.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [TASK]}]))
        measure.run(playbook(fleet.write_inventory(folder / "fleet.yml"), 1, str(play)), environment(), folder / "log")
        if errors := fleet.errors():
            raise measure.Failed(f"the simulated domain controller failed: {errors[0]}")
        return len(fleet.commands(HOST)), traffic_of(fleet.journal.records(HOST))


def main() -> int:
    """Print the table; 1 where something is beyond its bound."""
    print(f"{'GPOs':>6} {'commands':>9} {'to host':>9} {'from host':>9}  bound of what comes back")
    beyond = False
    for gpos in SIZES:
        commands, its = read(gpos)
        good = commands <= bounds.GPO_COMMANDS and its.from_host <= bounds.GPO_BYTES_BACK
        beyond = beyond or not good
        words = f"at most {bounds.GPO_BYTES_BACK:,}, in {bounds.GPO_COMMANDS} command" if good else "BEYOND ITS BOUND"
        print(f"{gpos:6} {commands:9} {its.to_host:9,} {its.from_host:9,}  {words}", flush=True)
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
