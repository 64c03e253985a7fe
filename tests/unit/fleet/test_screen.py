# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demos show: not more than a person reads, and where the rest is."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from fleet.screen import LINES, Screen, command_lines, plan_of, summary_of
from fleet.showcase import ending

SUMMARY = ["NOT COMPLIANT - 1 of 2 hosts", "  drift", "SeImpersonatePrivilege: who may", "  hosts: 2", "Report: /r.html"]
OUTPUT = "\n".join(
    ["TASK [plan]", "", "The plan of the fleet:", "- would add", "", "TASK [report]", "", *SUMMARY, "", "ok: [a]", "PLAY RECAP"]
)


class Shown(Screen):
    """Keeps both."""

    def __init__(self, verbose=False):
        self.shown, self.kept = [], []
        super().__init__(self.shown.append, self.kept.append, verbose)


def story(screen, lines):
    """A demo with so many lines in each of its parts."""
    for part in range(9):
        screen.say(f"part {part} line {line}" for line in range(lines))
        screen.detail(f"detail {part} line {line}" for line in range(lines))
    screen.end(ending(Path("reports"), Path("reports/demo.log"), alive=True))


@pytest.mark.parametrize("lines", [0, 1, 5, 6, 7, 40, 500])
def test_a_demo_has_sixty_lines_at_most_and_the_last_word_is_whole(lines):
    screen = Shown()
    story(screen, lines)

    assert len(screen.shown) <= LINES == 60
    assert len(screen.kept) == 18 * lines + 8
    assert screen.shown[-8:] == ending(Path("reports"), Path("reports/demo.log"), alive=True)
    assert not any(line.startswith("detail") for line in screen.shown)


def test_what_is_left_out_is_told():
    screen = Shown()
    screen.say(map(str, range(10)), 4)

    assert screen.shown == ["0", "1", "2", "  ... 7 more lines"]


def test_verbose_shows_all():
    screen = Shown(verbose=True)
    story(screen, 100)

    assert screen.shown == screen.kept
    assert len(screen.shown) == 18 * 100 + 8


@pytest.mark.parametrize(
    ("output", "whole", "lines"),
    [
        pytest.param(OUTPUT, True, SUMMARY, id="the summary"),
        pytest.param(OUTPUT, False, SUMMARY[:2], id="its verdict"),
        pytest.param("TASK [report]\nfatal: no\n", True, [], id="a run without one"),
        pytest.param("\n".join(SUMMARY), True, SUMMARY, id="nothing around it"),
    ],
)
def test_the_summary_is_cut_from_the_output(output, whole, lines):
    assert summary_of(output, whole) == lines


@pytest.mark.parametrize(("output", "lines"), [(OUTPUT, ["The plan of the fleet:", "- would add"]), ("ok", [])])
def test_the_plan_is_cut_from_the_output(output, lines):
    assert plan_of(output) == lines


COMMAND = ["ansible-playbook", "-i", "a b.yml", "x.audit", *["-e", "v=1 2"] * 20, "--check", "--limit", "a,b"]


def test_a_command_is_the_same_after_it_was_broken():
    lines = command_lines(COMMAND)

    assert max(map(len, lines)) <= 100
    assert len(lines) > 1
    assert shlex.split("\n".join(lines).replace("\\\n", " ")) == COMMAND
    assert not any(line.endswith(("-e \\", "-i \\", "--limit \\")) for line in lines)
