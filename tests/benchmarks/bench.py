# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU of the controller for one host, by everything that could read it, in one interleaved run, beside the bounds. Run by `make bench`.

PYTHONPATH=tests python -m benchmarks.bench [--hosts 1 100 500] [--rounds 3]
The hosts are simulated in a process of their own, which is not counted. For each subject and round: CPU of the run with so many hosts, less
that with one, by the number of further hosts. Medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import typing as t
from collections.abc import Mapping
from pathlib import Path

from benchmarks import bounds, measure
from benchmarks.estate import Estate
from benchmarks.subjects import BARE_MODULE, FLEET, FLOOR, HOST, OURS, SUBJECTS, Workplace
from benchmarks.traffic import Traffic

BUSY = 0.5  # of the load average, above which something else has run beside


def main() -> None:
    """Measure, print the tables, and keep them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, nargs="+", default=[1, 100], help="sizes; 1 is always measured")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--forks", type=int, default=10)
    parser.add_argument("--connection", choices=("winrm", "psrp"), default="winrm")
    parser.add_argument("--subjects", nargs="+", choices=SUBJECTS, default=SUBJECTS)
    parser.add_argument("--json", type=Path, default=Path(".build/bench.json"))
    asked = parser.parse_args()
    subjects = [name for name in asked.subjects if name != FLOOR or asked.connection == "winrm"]
    result = {**measure.circumstances(), **measured(sorted({1, *asked.hosts}), subjects, asked)}
    result["busy"] = float(str(result["load"])) > BUSY
    asked.json.write_text(json.dumps(result, indent=1))
    print("\n".join(lines(result)))


def measured(sizes: list[int], subjects: list[str], asked: argparse.Namespace) -> dict[str, t.Any]:
    """Run everything: rows of CPU per host, and what passed to and from one host."""
    costs: dict[tuple[str, int], list[measure.Cost]] = {}
    traffic: dict[str, Traffic] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as name, Estate(max(sizes), connection=asked.connection) as estate:
        place = Workplace(Path(name), asked.forks)
        place.prepare()
        inventories = {size: estate.write_inventory(place.folder / f"{size}.yml", size) for size in sizes}
        once(place, OURS, inventories[1])
        received = estate.received()
        if received is None:
            raise measure.Failed("the first host was sent nothing")
        place.keep(received)
        for number in range(1, asked.rounds + 1):
            for subject in subjects:
                for size in sizes:
                    estate.traffic()
                    costs.setdefault((subject, size), []).append(once(place, subject, inventories[size]))
                    traffic[subject] = estate.traffic() if size == 1 else traffic[subject]
                print(f"round {number}: {subject}", file=sys.stderr, flush=True)
        if errors := estate.errors():
            raise measure.Failed(f"the simulated hosts failed: {errors[0]}")
    return {
        "rounds": asked.rounds, "forks": asked.forks, "connection": asked.connection, "stdin": len(received.stdin), "sizes": sizes,
        "start": {subject: statistics.median(cost.cpu for cost in costs[subject, 1]) for subject in subjects},
        "rows": [row for size in sizes if size > 1 for row in rows_of(size, costs, subjects)],
        "traffic": {subject: vars(its) for subject, its in traffic.items()},
    }  # fmt: skip


def once(place: Workplace, subject: str, inventory: Path) -> measure.Cost:
    """One run of a subject."""
    return measure.run(place.command(subject, inventory), place.environment, place.folder / "log")


def rows_of(size: int, costs: Mapping[tuple[str, int], list[measure.Cost]], subjects: list[str]) -> list[dict[str, t.Any]]:
    """A row for each subject: milliseconds of CPU for one more host (median, least, most of the rounds), and the ratio with its bound."""
    per_host = {
        subject: [
            1000 * (many.cpu - one.cpu) / (size - 1) for many, one in zip(costs[subject, size], costs[subject, 1], strict=True)
        ]
        for subject in subjects
    }
    bare = statistics.median(per_host[BARE_MODULE]) if BARE_MODULE in per_host else None
    return [
        {
            "hosts": size, "subject": subject, "ms": statistics.median(its), "least": min(its), "most": max(its),
            "ratio": statistics.median(its) / bare if bare else None, "bound": bounds.most_of(subject, size),
        }
        for subject, its in per_host.items()
    ]  # fmt: skip


def lines(result: Mapping[str, t.Any]) -> list[str]:
    """The tables as text."""
    load = f"load {result['load']} before it began" + (": NOT A QUIET MACHINE" if result["busy"] else "")
    said = [
        result["machine"], result["versions"],
        f"{result['date']}, {load}; {result['connection']}, NTLM over HTTP, {result['forks']} forks, {result['rounds']} rounds",
        "", f"{'hosts':>6} {'subject':20} {'CPU ms/host':>12} {'of the rounds':>17} {'x bare':>7}  bound",
    ]  # fmt: skip
    for row in result["rows"]:
        spread = f"{row['least']:.1f} to {row['most']:.1f}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        said.append(
            f"{row['hosts']:6} {row['subject']:20} {row['ms']:12.1f} {spread:>17} {ratio:>7}  {verdict(row['ratio'], row['bound'])}"
        )
    said += [
        "",
        f"{'':6} {'subject':20} {'start, s CPU':>12} {'to host':>9} {'from host':>9} {'messages':>9} {'answers':>8} {'waits':>6}",
    ]
    for subject, its in result["traffic"].items():
        numbers = f"{its['to_host']:9,} {its['from_host']:9,} {its['messages']:9} {its['answers']:8} {its['waits']:6}"
        said.append(f"{'':6} {subject:20} {result['start'][subject]:12.2f} {numbers}")
    return [
        *said,
        "",
        *bytes_lines(result["traffic"]),
        f"of them {result['stdin']:,} bytes are what PowerShell is given to run (stdin)",
    ]


def bytes_lines(traffic: Mapping[str, Mapping[str, int]]) -> list[str]:
    """What each audit takes on the wire beyond a bare module."""
    if BARE_MODULE not in traffic:
        return []
    bare = Traffic(**traffic[BARE_MODULE])
    said = []
    for subject in (HOST, FLEET):
        if subject in traffic:
            audit = Traffic(**traffic[subject])
            more, most = audit.bytes - bare.bytes, bounds.bytes_allowed(audit)
            why = f", with one exchange more: {audit.waits} Receives ran into their time limit" if audit.waits else ""
            said.append(f"{subject}: {more:,} bytes beyond a bare module, {verdict(more, most)}{why}")
    return said


def verdict(value: float | None, most: float | None) -> str:
    """A value against its bound, in words."""
    if value is None or most is None:
        return ""
    return f"at most {most:,}" if value <= most else f"BEYOND ITS BOUND of {most:,}"


if __name__ == "__main__":
    main()
