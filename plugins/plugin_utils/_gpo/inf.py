# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines, sections, keys and values of an INF file, with their places in its text. Pure.

Source: General Syntax Rules for INF Files (Windows driver documentation): names regardless of case, ``;`` begins a comment outside of
quotes, ``""`` is a quote inside of quotes, a backslash at the end of a line continues it.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .coding import NEWLINE, line_at
from .errors import NotUnderstood

_BLANKS = " \t"
_ROW = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_HEADER = re.compile(r"[ \t]*\[([^\[\]\r\n]*)\][ \t]*(?:;.*)?")
_CODE = re.compile(r'(?:"(?:[^"]|"")*"|[^";])*')
"""A line as far as its comment."""
_WRAPPED = r"\\[ \t]*(?:\r\n|\r|\n)"
_SPACE = re.compile(rf"(?:[ \t]|{_WRAPPED})*")
_QUOTED = re.compile(r'"((?:[^"\r\n]|"")*)"')
_BARE = re.compile(r'(?:[^",;\r\n\\]|\\(?![ \t]*(?:[\r\n;]|\Z)))+')


class Kind(enum.Enum):
    """What a line of a file is."""

    EMPTY = "empty"  # nothing, or a comment
    HEADER = "header"
    ENTRY = "entry"
    CONTINUED = "continued"  # the one before it ends with a backslash


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: its number, where it starts and where the next one does, and the section that it is in (in lower case)."""

    number: int
    start: int
    stop: int
    kind: Kind
    section: str | None
    key: str | None = None
    """Of an entry with an equals sign: the part before it, without quotes, in lower case."""
    value_at: int = 0
    """Of such an entry: where its value starts, after blanks."""


@dataclass(frozen=True, slots=True)
class Values:
    """The values of an entry: each with the position where it stands. ``end``: behind the last one; ``stop``: behind the whole line."""

    texts: tuple[tuple[str, int], ...]
    end: int
    stop: int


def rows_of(text: str) -> Iterator[Row]:
    """The lines of a file. Raises NotUnderstood for a header without its bracket, and for an entry before the first section."""
    section, open_before = None, False
    for number, match in enumerate(_ROW.finditer(text), 1):
        if not match[0]:
            return
        content = NEWLINE.sub("", match[0])
        kind = _kind(content)
        if kind is Kind.HEADER:
            section = _section(content, number, open_before)
        elif kind is Kind.ENTRY and section is None:
            raise NotUnderstood("there is text before the first section", number)
        key, value_at = _key(content) if kind is Kind.ENTRY else (None, 0)
        if open_before and kind is Kind.ENTRY:
            kind = Kind.CONTINUED
        yield Row(number, match.start(), match.end(), kind, section, key, match.start() + value_at)
        open_before = kind in (Kind.ENTRY, Kind.CONTINUED) and _code(content).rstrip(_BLANKS).endswith("\\")


def values_at(text: str, position: int) -> Values:
    """The values of an entry that start at a position, separated by commas. Raises NotUnderstood that names the line."""
    texts: list[tuple[str, int]] = []
    end = position
    at = _skip(text, position)
    while texts or not _ended(text, at):
        match = _QUOTED.match(text, at) or _BARE.match(text, at)
        value = "" if match is None else match[1].replace('""', '"') if match.re is _QUOTED else match[0].strip(_BLANKS)
        if match is None or not value:
            raise NotUnderstood("a value of the list is empty or is not closed", line_at(text, at))
        texts.append((value, at))
        end = match.start() + len(match[0].rstrip(_BLANKS))
        at = _skip(text, match.end())
        if _ended(text, at):
            break
        if text[at] != ",":
            raise NotUnderstood(f"there is {text[at]!r} where a comma is expected", line_at(text, at))
        at = _skip(text, at + 1)
    row = _ROW.match(text, at)
    return Values(tuple(texts), end, row.end() if row else at)


def bare_entry(text: str, row: Row) -> str:
    """What an entry without an equals sign says, without quotes, in lower case."""
    return _code(NEWLINE.sub("", text[row.start : row.stop])).strip(_BLANKS + '\\"').lower()


def _kind(content: str) -> Kind:
    first = content.strip(_BLANKS)[:1]
    return Kind.EMPTY if first in ("", ";") else Kind.HEADER if first == "[" else Kind.ENTRY


def _section(content: str, number: int, open_before: bool) -> str:
    match = _HEADER.fullmatch(content)
    if match is None:
        raise NotUnderstood("a header of a section has no closing bracket, or text behind it", number)
    if open_before:
        raise NotUnderstood("the line before this header ends with a backslash: it is not clear whether they are one", number)
    if match[1] != match[1].strip(_BLANKS):
        raise NotUnderstood("the name of the section has blanks around it", number)
    return match[1].lower()


def _key(content: str) -> tuple[str | None, int]:
    """The key of an entry, in lower case, and where its value starts; None without an equals sign behind a name."""
    first = len(content) - len(content.lstrip(_BLANKS))
    quoted = _QUOTED.match(content, first)
    end = quoted.end() if quoted else first
    name, equals, value = content[end:].partition("=")
    if not equals or '"' in name or ";" in name or (quoted and name.strip(_BLANKS)):
        return None, 0
    key = quoted[1].replace('""', '"') if quoted else name.strip(_BLANKS)
    return key.lower(), len(content) - len(value.lstrip(_BLANKS))


def _code(content: str) -> str:
    match = _CODE.match(content)
    return content if match is None or content[match.end() : match.end() + 1] == '"' else match[0]


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _ended(text: str, position: int) -> bool:
    return position >= len(text) or text[position] in "\r\n;"
