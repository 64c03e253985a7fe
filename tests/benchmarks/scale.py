# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits of large fleets by both readers: CPU, wall, memory, and hosts that were lost. Run by `make bench-scale`.

PYTHONPATH=tests python -m benchmarks.scale [--hosts 500 2000 10000] [--latency 0 1 2] [--dead 10] [--slow 5] [--readers host fleet]
The hosts are simulated in processes of their own, one for each processor, that take CPU beside the controller but are not counted.
A host is lost when the report gives it another status than it should have, or does not have it at all.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import typing as t
from pathlib import Path

from benchmarks import bounds, measure, subjects
from benchmarks.estate import Estate
from benchmarks.kinds import lost

COLUMNS = ("hosts", "latency s", "reader", "CPU s", "CPU ms/host", "wall s", "hosts/s", "main MB", "all MB", "lost")


def main() -> None:
    """Measure, print a row for each run, keep them as JSON after each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, nargs="+", default=[500, 2000, 10_000])
    parser.add_argument("--latency", type=float, nargs="+", default=[0, 1, 2], help="seconds that a command takes on each host")
    parser.add_argument("--dead", type=int, default=10, help="percent")
    parser.add_argument("--slow", type=int, default=5, help="percent")
    parser.add_argument("--readers", nargs="+", choices=("host", "fleet"), default=["host", "fleet"])
    parser.add_argument("--forks", type=int, default=50)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="of the simulated fleet")
    parser.add_argument("--json", type=Path, default=Path(".build/bench-scale.json"))
    asked = parser.parse_args()
    facts = measure.circumstances()
    print(f"{facts['machine']}\n{facts['versions']}\n{facts['date']}, load {facts['load']} before it began")
    print(f"{asked.dead} % dead (half of them refuse, half never answer), {asked.slow} % slow, {asked.forks} forks\n")
    print("".join(f"{name:>12}" for name in COLUMNS), flush=True)
    rows: list[dict[str, t.Any]] = []
    for hosts in asked.hosts:
        for latency in asked.latency:
            with Estate(hosts, dead=asked.dead, slow=asked.slow, latency=latency, processes=asked.processes) as estate:
                for reader in asked.readers:
                    rows.append(row_of(estate, reader, latency, asked.forks))
                    print(line_of(rows[-1]), flush=True)
                    whole = {**facts, "dead": asked.dead, "slow": asked.slow, "forks": asked.forks, "rows": rows}
                    asked.json.write_text(json.dumps(whole, indent=1))


def row_of(estate: Estate, reader: str, latency: float, forks: int) -> dict[str, t.Any]:
    """Audit all hosts once. Exit code 2 is that of a gate that some hosts have not passed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        command = subjects.audit(estate.write_inventory(folder / "fleet.yml"), folder / "reports", forks, reader)
        cost = measure.run(command, subjects.environment(), folder / "log", codes=(0, 2), memory=True)
        statuses = statuses_of(folder / "reports")
    if errors := estate.errors():
        raise measure.Failed(f"the simulated hosts failed: {errors[0]}")
    missed = lost(estate.kinds, statuses)
    return {
        "hosts": len(estate.kinds), "latency": latency, "reader": reader, "cpu_s": cost.cpu, "wall_s": cost.wall,
        "main_mb": cost.main_kb / 1000, "all_mb": cost.all_kb / 1000, "lost": len(missed), "examples": dict(list(missed.items())[:5]),
    }  # fmt: skip


def statuses_of(reports: Path) -> dict[str, str]:
    """The status of each host in the one report of a folder."""
    (file,) = reports.glob("*.json")
    return {record["host"]: record["status"] for record in json.loads(file.read_text(encoding="utf-8"))["hosts"]}


def line_of(row: dict[str, t.Any]) -> str:
    """A row as text, with its bound where there is one."""
    hosts, wall = row["hosts"], row["wall_s"]
    cells = (
        f"{hosts:,}", f"{row['latency']:g}", row["reader"], f"{row['cpu_s']:.1f}", f"{1000 * row['cpu_s'] / hosts:.1f}", f"{wall:.1f}",
        f"{hosts / wall:.1f}", f"{row['main_mb']:.0f}", f"{row['all_mb']:.0f}", f"{row['lost']}",
    )  # fmt: skip
    bound = bounds.whole_of(hosts, row["latency"]) if row["reader"] == "fleet" else None
    beside = f"  at most {bound.seconds:g} s and {bound.megabytes:g} MB" if bound else ""
    examples = "".join(f"\n  {host}: {what}" for host, what in row["examples"].items())
    return "".join(f"{cell:>12}" for cell in cells) + beside + examples


if __name__ == "__main__":
    main()
