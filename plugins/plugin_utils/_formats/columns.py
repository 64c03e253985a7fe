# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts as wide as a terminal has room for them. Pure."""

from __future__ import annotations

import unicodedata

from .._wording import visible

WIDTH = 100
"""Columns of a screen."""


def columns(text: str) -> int:
    """The columns that a text takes: wide letters (Unicode Standard Annex 11) take two."""
    return len(text) if text.isascii() else sum(_wide(char) for char in text)


def fitted(text: str, most: int) -> str:
    """The text fit to be seen and not wider than ``most`` columns; what is left out at the end is three dots."""
    clean = visible(text, 4 * most)
    if columns(clean) <= most:
        return clean
    return _beginning(clean, most - 3) + "..."


def folded(text: str, first: str = "", rest: str = "  ", most: int = 2) -> list[str]:
    """A text as ``most`` lines at most, behind ``first`` and ``rest``, broken at blanks where there are any."""
    left = " ".join(visible(text, most * WIDTH * 2).split())
    lines: list[str] = []
    for begins in [first, *[rest] * (most - 1)]:
        room = WIDTH - columns(begins)
        if len(lines) == most - 1 or columns(left) <= room:
            return [*lines, begins + fitted(left, room)]
        part = _beginning(left, room + 1)
        cut = part.rpartition(" ")[0] or _beginning(left, room)
        lines.append(begins + cut)
        left = left[len(cut) :].lstrip()
    return lines


def _beginning(text: str, most: int) -> str:
    """As much of the beginning as ``most`` columns hold."""
    taken = 0
    for place, char in enumerate(text):
        taken += _wide(char)
        if taken > most:
            return text[:place]
    return text


def _wide(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
