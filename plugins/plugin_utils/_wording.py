# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of sentences, and texts that others chose as a person may see them. Pure.

Whatever a host says passes ``visible`` before a terminal, a log, a diff or a file for people has it: this is the one place that decides
what cannot be seen. Formats add the escapes of their own syntax.
"""

from __future__ import annotations

import functools
import re
import typing as t
from collections.abc import Sequence

NAME, SENTENCE, WORDS, MESSAGE = 200, 400, 1_000, 2_000
"""Characters of a name, of a sentence in a table, of what a host says inside a message, and of a message that stands alone."""

# Characters that Python calls printable and no screen shows: Default_Ignorable_Code_Point of the Unicode Character Database
# (DerivedCoreProperties.txt) beside those of the categories of controls and formats.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


Item = t.TypeVar("Item")


def first_few(items: Sequence[Item], limit: int) -> tuple[Sequence[Item], Sequence[Item]]:
    """The first ``limit`` items, and those that are left out."""
    return items[:limit], items[limit:]


def some(texts: Sequence[str], limit: int = 5) -> str:
    """``a, b, c``, and of more than ``limit`` texts the first ones and how many more there are."""
    shown, left_out = first_few(texts, limit)
    return ", ".join(shown) + (f" and {len(left_out)} more" if left_out else "")


def few_lines(lines: Sequence[str], limit: int) -> list[str]:
    """The first ``limit`` lines, and one that says how many more there are."""
    shown, left_out = first_few(lines, limit)
    return [*shown, *([f"and {len(left_out)} more"] if left_out else [])]


def hosts_in_words(count: int) -> str:
    """``1 host``, ``2 hosts``."""
    return f"{count} {'host' if count == 1 else 'hosts'}"


@functools.lru_cache(maxsize=50_000)
def visible(text: str, most: int = NAME) -> str:
    """The text on one line, not longer than ``most`` characters; what cannot be seen is written out: ``\\n``, ``\\x1b``, ``\\u202e``.

    So that ``admin<right-to-left mark>nimda`` reads ``admin\\u202enimda``, and no name begins a line or a command of a terminal. Letters of
    every language stay.
    """
    seen = text[: most + 1]  # so that not all of a very long text is looked at
    if not seen.isascii() or not seen.isprintable():
        seen = "".join(char if char.isprintable() and not _UNSEEN.match(char) else _written(char) for char in seen)
    return seen if len(seen) <= most else seen[: most - 3] + "..."


def message(text: str) -> str:
    """The words of a host or of a library as a message: on one line, its blanks and line breaks made one blank each, and bounded."""
    return visible(" ".join(text[: 4 * MESSAGE].split()), MESSAGE)


def _written(char: str) -> str:
    number = ord(char)
    return _SHORT.get(char) or (
        f"\\x{number:02x}" if number <= 0xFF else f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
    )
