# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make demo`: the real ansible-playbook audits the simulated fleet over real WinRM, and every verdict is compared with what it should be."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from fleet import demo
from fleet.__main__ import BACK_ENDS, back_end
from fleet.fleet import Fleet

PLAYBOOK = "winrights.seimpersonate.audit"


def audit(inventory: Path, reports: Path, *more: str) -> int:
    """Run the audit as a user would, its output on this terminal; returns the exit code."""
    command = ["ansible-playbook", "-i", str(inventory), PLAYBOOK, "-e", f"impersonate_report_dir={reports}", *more]
    print("$", " ".join(command), flush=True)
    # The forks only shorten the wait for slow hosts; the verdicts are the same with any number.
    return subprocess.run(command, env={**os.environ, "ANSIBLE_FORKS": "10", "NO_PROXY": "127.0.0.0/8"}, check=False).returncode


def verdict(report: dict[str, t.Any]) -> str:
    """The hosts by status, a line each."""
    by_status: dict[str, list[str]] = {}
    for record in report["hosts"]:
        by_status.setdefault(record["status"], []).append(record["host"])
    return "\n".join(f"{status:12} {len(names):3}  {', '.join(names)}" for status, names in sorted(by_status.items()))


def wrong_verdicts(report: dict[str, t.Any], hosts: list[demo.Host]) -> list[str]:
    """A sentence for every host whose status or reason is not what it should be."""
    records = {record["host"]: record for record in report["hosts"]}
    wrong = []
    for host in hosts:
        record = records.get(host.machine.name)
        if record is None:
            wrong.append(f"{host.machine.name}: not in the report")
        elif record["status"] != host.status or host.words not in record["reason"]:
            wrong.append(f"{host.machine.name}: {record['status']} ({record['reason']}) instead of {host.status} ({host.words})")
    return wrong


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; 0 when every host has the verdict that it should have."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--backend", choices=sorted(BACK_ENDS), default="emulator")
    parser.add_argument("--reports", type=Path, default=Path(".build/demo"))
    asked = parser.parse_args(arguments)
    asked.reports.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Fleet([], back_end(asked.backend)) as fleet:
        hosts = demo.fill(fleet)
        print(f"{len(hosts)} simulated Windows hosts answer on loopback, over WinRM with NTLM.", flush=True)
        code = audit(fleet.write_inventory(Path(folder) / "fleet.yml"), asked.reports)
        commands = {host.machine.name: len(fleet.commands(host.machine.name)) for host in hosts}
        trouble = fleet.errors()
    report = json.loads(max(asked.reports.glob("*.json")).read_text(encoding="utf-8"))
    trouble += wrong_verdicts(report, hosts)
    trouble += [f"{name}: {count} remote commands instead of at most one" for name, count in commands.items() if count > 1]
    for sentence in trouble:
        print("WRONG:", sentence, file=sys.stderr)
    if code != 2:
        print(f"WRONG: ansible-playbook ended with {code} instead of 2", file=sys.stderr)
    if trouble or code != 2:
        return 1
    read = sum(commands.values())
    print(
        f"{verdict(report)}\n\n"
        f"All {len(hosts)} verdicts are as they should be: {read} hosts were read with one remote command each, and nothing was written.\n"
        "ansible-playbook ended with 2 because the gate of the fleet failed: this fleet drifts on purpose.\n"
        f"The table above and the full report: {asked.reports.resolve()}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
