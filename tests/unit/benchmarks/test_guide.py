# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measured numbers come into the guide between their marks, and no other line of it changes."""

from __future__ import annotations

import pytest

from benchmarks import guide
from benchmarks.subjects import BARE_MODULE, HOST

ROW = {
    "hosts": 2000,
    "latency": 0,
    "reader": "host",
    "cpu_s": 60.0,
    "wall_s": 200.0,
    "main_mb": 80,
    "all_mb": 300,
    "lost": 0,
    "examples": {},
}
FILE = {
    "machine": "m", "versions": "v", "date": "2026-01-31", "load": "0.1", "dead": 10, "slow": 5, "forks": 50,
    "rows": [ROW, {**ROW, "reader": "fleet", "cpu_s": 10.0, "lost": 3}],
}  # fmt: skip
TRAFFIC = {"to_host": 10, "from_host": 1, "messages": 9, "answers": 9, "waits": 0, "bytes_of_waits": 0}
BENCH = {
    **FILE, "busy": False, "connection": "winrm", "rounds": 3, "stdin": 7,
    "rows": [{"hosts": 100, "subject": HOST, "ms": 80.0, "least": 70.0, "most": 90.0, "ratio": 1.6, "bound": 1.45}],
    "traffic": {HOST: {**TRAFFIC, "to_host": 200_000}, BARE_MODULE: TRAFFIC},
}  # fmt: skip
TEXT = "before\n.. Begin of what make bench measured\nold\n.. End of what make bench measured\nafter\n"


def test_only_what_is_between_the_marks_changes():
    once = guide.between(TEXT, "make bench", ["new"])

    assert once == TEXT.replace("old\n", "\nnew\n\n")
    assert guide.between(once, "make bench", ["new"]) == once


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("before\nafter\n", id="none"),
        pytest.param(TEXT + TEXT, id="twice"),
        pytest.param(TEXT.replace(".. End of what make bench measured\n", ""), id="no end"),
    ],
)
def test_a_guide_without_its_marks_is_refused(text):
    with pytest.raises(ValueError, match="has not one line"):
        guide.between(text, "make bench", ["new"])


def test_the_guide_has_the_marks_of_both_benchmarks():
    text = guide.GUIDE.read_text(encoding="utf-8")

    for name in ("make bench", "make bench-scale"):
        guide.between(text, name, [])


def test_lost_hosts_and_bounds_that_are_not_held_are_in_the_tables():
    scale, bench = guide.of_scale(FILE), guide.of_bench(BENCH)

    assert scale.count("     - 3") == 1
    assert "     - 1.45 (not held)" in bench
    assert "at most 105,000, which is not held" in " ".join(bench)


def test_what_is_computed_is_said_to_be():
    words = " ".join(guide.of_scale(FILE))

    assert "**Computed, not measured**" in words
    assert "one controller 17 minutes; 5 slices 4 minutes; 10 slices 2 minutes" in words


def test_nothing_is_computed_from_few_hosts():
    assert "Computed" not in " ".join(guide.of_scale({**FILE, "rows": [{**ROW, "hosts": 200}]}))


@pytest.mark.parametrize("lines", [pytest.param(guide.of_scale(FILE), id="scale"), pytest.param(guide.of_bench(BENCH), id="bench")])
def test_no_line_is_longer_than_documentation_may_be(lines):
    assert max(map(len, lines)) <= 160


@pytest.mark.parametrize(
    ("load", "said"), [pytest.param("0.1", False, id="quiet"), pytest.param("9.3", True, id="something else ran beside")]
)
def test_numbers_of_a_busy_machine_say_so(load, said):
    for lines in (guide.of_scale({**FILE, "load": load}), guide.of_bench({**BENCH, "load": load})):
        assert (f"The machine was not quiet** (its load was {load} before)" in " ".join(lines)) is said


def test_runs_of_several_files_are_put_together():
    more = {**FILE, "rows": [{**ROW, "hosts": 50}]}

    assert [(row["hosts"], row["reader"]) for row in guide.together([FILE, more])["rows"]] == [
        (50, "host"),
        (2000, "host"),
        (2000, "fleet"),
    ]


def test_runs_on_different_machines_are_not_one_table():
    with pytest.raises(ValueError, match="differ"):
        guide.together([FILE, {**FILE, "machine": "another"}])
