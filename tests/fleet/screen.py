# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a demo shows: a screen that does not scroll away, and everything in a file; and commands that work from a copy of the line."""

from __future__ import annotations

import shlex
import sys
import typing as t
from collections.abc import Iterable, Sequence
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Callable

LINES = 60
"""Lines that a demo shows without VERBOSE=1."""
_AT_THE_END = 8  # of them kept free for the last word
_WIDTH = 100
_SUMMARY = "SeImpersonatePrivilege: "  # of plugins/plugin_utils/_formats/terminal.py: the line below the verdict


class Screen:
    """Shows lines while there is room for them, all of them with ``verbose``; ``keep`` gets every line."""

    def __init__(self, show: Callable[[str], object], keep: Callable[[str], object], verbose: bool = False) -> None:
        self._show, self._keep, self._verbose = show, keep, verbose
        self._left = LINES - _AT_THE_END

    def say(self, lines: Iterable[str], most: int = LINES) -> None:
        """Show ``most`` of the lines, and how many more there are."""
        its = list(lines)
        room = max(0, min(most, self._left))
        if len(its) > room:
            room = max(0, room - 1)  # for the line that says so
        self._put(its, len(its) if self._verbose else room)

    def end(self, lines: Iterable[str]) -> None:
        """The last word, for which there is always room."""
        its = list(lines)
        self._put(its, len(its) if self._verbose else min(len(its), _AT_THE_END))

    def detail(self, lines: Iterable[str]) -> None:
        """What only a reader of everything wants."""
        self._put(list(lines), None if self._verbose else 0)

    def _put(self, lines: Sequence[str], shown: int | None) -> None:
        for place, line in enumerate(lines):
            self._keep(line)
            if shown is None or place < shown:
                self._show(line)
                self._left -= 1
        if shown and shown < len(lines):
            self._show(f"  ... {len(lines) - shown} more lines")
            self._left -= 1


def summary_of(output: str, whole: bool = True) -> list[str]:
    """The summary that a run printed, between two blank lines, or only its verdict; empty where there is none."""
    lines = output.splitlines()
    title = next((place for place, line in enumerate(lines) if line.startswith(_SUMMARY)), None)
    if title is None:
        return []
    begin = next((place + 1 for place in range(title, -1, -1) if not lines[place].strip()), 0)
    end = next((place for place in range(title, len(lines)) if not lines[place].strip()), len(lines))
    return lines[begin : end if whole else title]


def plan_of(output: str) -> list[str]:
    """The plan of the fleet that a run printed; empty where there is none."""
    lines = output.splitlines()
    begin = next((place for place, line in enumerate(lines) if line.startswith("The plan of the fleet:")), len(lines))
    end = next((place for place in range(begin, len(lines)) if not lines[place].strip()), len(lines))
    return lines[begin:end]


def environment(checkout: Path) -> list[str]:
    """The lines that a shell needs before the commands: the checkout's Python and collection, and no proxy on the way to loopback."""
    return [
        f"cd {shlex.quote(str(checkout))}",
        f"export PATH={shlex.quote(str(Path(sys.prefix) / 'bin'))}:$PATH",
        'export ANSIBLE_COLLECTIONS_PATH="$PWD/.build/collections" NO_PROXY=127.0.0.0/8',
    ]


def command_lines(command: Sequence[str]) -> list[str]:
    """A command for a shell, on lines that are joined again when they are copied; a long option may be wider than 100 columns."""
    words: list[str] = []
    for word in map(shlex.quote, command):
        if words and words[-1] in ("-e", "-i", "--limit"):  # an option and its value stay together
            words[-1] += f" {word}"
        else:
            words.append(word)
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 5 > _WIDTH:
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return lines


def fitted(line: str) -> str:
    """A line that is no wider than the screen."""
    return line if len(line) <= _WIDTH else line[: _WIDTH - 3] + "..."
