# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes measured numbers into the guide of large fleets, each table between two marks, from the JSON that the benchmarks have kept.

PYTHONPATH=tests python -m benchmarks.guide [--bench .build/bench.json] [--scale .build/bench-scale.json ...]
Rows of several files of scale are put together; they must have the same circumstances.
"""

from __future__ import annotations

import argparse
import json
import math
import textwrap
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks import bounds
from benchmarks.bench import BUSY
from benchmarks.curves import panels
from benchmarks.subjects import BARE_MODULE, HOST
from benchmarks.traffic import Traffic

GUIDE = Path(__file__).resolve().parents[2] / "docs/docsite/rst/guide_large_fleets.rst"
MARKS = (".. Begin of what {name} measured", ".. End of what {name} measured")
SLICES = (5, 10)
FEWEST = 2000
"""Hosts of a run from which more are computed: in a smaller one the wait for dead hosts is most of the time."""
_COLUMNS = 158  # ansible-test allows 160
Row = Mapping[str, t.Any]
PANELS = (
    ("CPU of the controller, ms for one host", lambda row: 1000 * row["cpu_s"] / row["hosts"]),
    ("Wall, seconds", lambda row: row["wall_s"]),
    ("Memory of all processes, MB", lambda row: row["all_mb"]),
)


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", type=Path)
    parser.add_argument("--scale", type=Path, nargs="+", default=[])
    asked = parser.parse_args()
    text = GUIDE.read_text(encoding="utf-8")
    if asked.bench:
        text = between(text, "make bench", of_bench(json.loads(asked.bench.read_text())))
    if asked.scale:
        text = between(text, "make bench-scale", of_scale(together([json.loads(file.read_text()) for file in asked.scale])))
    GUIDE.write_text(text, encoding="utf-8")


def between(text: str, name: str, lines: Iterable[str]) -> str:
    """The text with other lines between the two marks of a name; raises ValueError where it has not each of them once."""
    begin, end = (mark.format(name=name) for mark in MARKS)
    for mark in (begin, end):
        if text.splitlines().count(mark) != 1:
            raise ValueError(f"the guide has not one line {mark!r}")
    head, _begin, rest = text.partition(f"{begin}\n")
    _old, _end, tail = rest.partition(f"{end}\n")
    return "\n".join([head + begin, "", *lines, "", end, ""]) + tail


def together(files: Sequence[Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """One file of scale of several; raises ValueError where they were not measured in the same circumstances."""
    same = ("machine", "versions", "dead", "slow", "forks")
    if len({tuple(file[key] for key in same) for file in files}) != 1:
        raise ValueError(f"the files differ in one of {', '.join(same)}")
    rows = {(row["hosts"], row["latency"], row["reader"]): row for file in files for row in file["rows"]}
    order = sorted(rows, key=lambda key: (key[0], key[1], key[2] != "host"))
    return {**files[-1], "rows": [rows[key] for key in order]}


def of_bench(result: Mapping[str, t.Any]) -> list[str]:
    """The comparison: CPU for one host, and bytes on the wire."""
    table = [("hosts", "what is run", "CPU of the controller, ms for one host", "of the rounds", "times a bare module", "at most")]
    table += [
        (
            f"{row['hosts']:,}", row["subject"], f"{row['ms']:.1f}", f"{row['least']:.1f} to {row['most']:.1f}",
            f"{row['ratio']:.2f}", number(row["bound"]) + (" (not held)" if row["bound"] and row["ratio"] > row["bound"] else ""),
        )
        for row in result["rows"]
    ]  # fmt: skip
    wire = [("what is run", "bytes to the host", "bytes from the host", "messages to the host", "answers")]
    wire += [
        (name, f"{its['to_host']:,}", f"{its['from_host']:,}", f"{its['messages']}", f"{its['answers']}")
        for name, its in result["traffic"].items()
    ]
    return [
        *paragraph(
            f"Measured on {result['date']}: {result['machine']}; {result['versions']}; {result['connection']}, NTLM over HTTP, "
            f"{result['forks']} forks. {quiet(result['load'])}Medians of {result['rounds']} interleaved rounds; "
            "a start of ``ansible-playbook`` is not in the numbers for one host."
        ),
        "", *list_table(table), "", *list_table(wire), "", *bytes_lines(result["traffic"], result["stdin"]),
    ]  # fmt: skip


def bytes_lines(traffic: Mapping[str, Mapping[str, int]], stdin: int) -> list[str]:
    """What the bytes are, and their bound."""
    audit, bare = Traffic(**traffic[HOST]), Traffic(**traffic[BARE_MODULE])
    more, most = audit.bytes - bare.bytes, bounds.bytes_allowed(audit)
    held = "" if more <= most else ", which is not held"
    messages = audit.messages - bare.messages
    return paragraph(
        "Bytes are bodies of HTTP, in one run with one host. Most of them are the program: the wrapper of ansible-core, the module and what it "
        f"imports, as text that PowerShell is given ({stdin:,} bytes for an audit), which the ``winrm`` connection sends in base64 and encrypted. "
        "The answer is JSON, and its size grows with the holders. "
        f"An audit takes {more:,} bytes beyond a bare module, in {messages} {'message' if messages == 1 else 'messages'} more; at most {most:,}{held}."
    )


def of_scale(result: Mapping[str, t.Any]) -> list[str]:
    """The runs of large fleets: circumstances, curves, the table, and what follows for slices."""
    rows: list[Row] = result["rows"]
    head = (
        "hosts",
        "seconds that each command takes",
        "``impersonate_reader``",
        "CPU, ms for one host",
        "wall, s",
        "main process, MB",
        "all processes, MB",
        "hosts lost",
    )
    table = [head] + [
        (
            f"{row['hosts']:,}", f"{row['latency']:g}", row["reader"], f"{1000 * row['cpu_s'] / row['hosts']:.1f}", f"{row['wall_s']:.0f}",
            f"{row['main_mb']:.0f}", f"{row['all_mb']:.0f}", f"{row['lost']}",
        )
        for row in rows
    ]  # fmt: skip
    return [
        *paragraph(
            f"Measured on {result['date']}: {result['machine']}; {result['versions']}; NTLM over HTTP, {result['forks']} forks for a task per "
            f"host. {quiet(result['load'])}Of the hosts {result['dead']} % are dead (half of them refuse connections, half take them and never answer) and "
            f"{result['slow']} % are slow. They are simulated on the same machine, and take processors from the controller: a wall time would be "
            "shorter against real hosts. CPU is the controller's alone, and memory is without what the simulation takes."
        ),
        "", ".. raw:: html", "", *(f"   {line}" for line in picture(rows).splitlines()), "",
        *list_table(table), "", *slices(rows),
    ]  # fmt: skip


def picture(rows: Iterable[Row]) -> str:
    """The curves: a line for each reader and latency."""
    its = list(rows)
    lines = {row_name(row): [other for other in its if row_name(other) == row_name(row)] for row in its}
    drawn = [(what, {name: [(row["hosts"], value(row)) for row in mine] for name, mine in lines.items()}) for what, value in PANELS]
    return panels("CPU, wall time and memory of an audit over the number of hosts, by reader", drawn)


def row_name(row: Row) -> str:
    """The line that a row belongs to."""
    return f"reader {row['reader']}, commands of {row['latency']:g} s"


def slices(rows: Sequence[Row]) -> list[str]:
    """What slices of an AWX job would take, computed from the largest run of a task per host, which is what AWX gets by default."""
    hosts = [row for row in rows if row["reader"] == "host" and row["hosts"] >= FEWEST]
    if not hosts:
        return []
    largest = max(hosts, key=lambda row: (row["hosts"], -row["latency"]))
    pace = largest["wall_s"] / largest["hosts"]
    said = "; ".join(f"{number(count)} slices {math.ceil(10_000 / count * pace / 60)} minutes" for count in SLICES)
    return paragraph(
        "**Computed, not measured**: beyond one controller, a job template of AWX with slices divides its hosts among as many jobs. At the pace of "
        f"{largest['hosts']:,} hosts with a task for each ({1000 * pace:.0f} ms of wall time for one host), and each slice on a node of its own "
        f"with these processors, 10,000 hosts would take: one controller {math.ceil(10_000 * pace / 60)} minutes; {said}."
    )


def quiet(load: str) -> str:
    """A sentence where the machine was not quiet before the benchmark began, by its load average; empty where it was."""
    if float(load) <= BUSY:
        return ""
    return (
        f"**The machine was not quiet** (its load was {load} before): CPU and times would be less on one that does nothing else. "
    )


def paragraph(text: str) -> list[str]:
    """Lines of a text."""
    return textwrap.wrap(text, _COLUMNS, break_long_words=False, break_on_hyphens=False)


def number(value: float | None) -> str:
    """A number of the table; empty where there is none."""
    return "" if value is None else f"{value:,g}"


def list_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in reStructuredText, its first row the head."""
    cells = (f"   {'* -' if place == 0 else '  -'} {cell}".rstrip() for row in rows for place, cell in enumerate(row))
    return [".. list-table::", "   :header-rows: 1", "", *cells]


if __name__ == "__main__":
    main()
