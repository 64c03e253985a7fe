# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of the right in a security template (GptTmpl.inf): read, and written without touching anything else. Pure.

Sources: [MS-GPSB] 2.2 and 2.2.6. The grammar there has no empty list; Windows writes ``SeTcbPrivilege =`` for a right that no account has.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass

from .._accounts.sids import Sid, parse_sid, sort_key
from .._input.errors import BadInput
from .coding import UTF_16, Coding, decoded, encoded, line_at, newline_of
from .errors import NotUnderstood
from .inf import Kind, Row, Values, bare_entry, rows_of, values_at

RIGHT = "SeImpersonatePrivilege"
SECTION = "Privilege Rights"
_KEY, _PLACE = RIGHT.lower(), SECTION.lower()
_HEADS = ("unicode", "version")
"""Sections that set nothing ([MS-GPSB] 2.2)."""
_NEW = ("[Unicode]", "Unicode=yes", "[Version]", 'signature="$CHICAGO$"', "Revision=1")
_NOT_IN_NAMES = frozenset('"/[]:;|=,+*?<>%')
"""What a name of an account cannot have ([MS-SAMR] 3.1.1.8.4 among others); % begins a text of the section [Strings] of an INF file."""


class State(str, enum.Enum):
    """What a template says of the right."""

    DEFINED = "defined"
    NOBODY = "nobody"
    NOT_DEFINED = "not_defined"


@dataclass(frozen=True, slots=True)
class Entry:
    """One account of the line. ``text``: as it stands there, without quotes; ``sid``: None for a name."""

    text: str
    sid: Sid | None


@dataclass(frozen=True, slots=True)
class RightLine:
    """A line that sets the right. ``number``: of the line in the file; ``row``, ``values``: its place in the text."""

    entries: tuple[Entry, ...]
    row: Row
    values: Values

    @property
    def number(self) -> int:
        """The number of the line."""
        return self.row.number


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was understood.

    ``lines``: those that set the right, one in a proper file. ``room``: where such a line is inserted, None without the section.
    ``others``: it has settings besides the right.
    """

    data: bytes
    text: str
    coding: Coding
    lines: tuple[RightLine, ...]
    room: int | None
    others: bool

    @property
    def state(self) -> State:
        """Defined, defined as nobody, or not defined; of two lines, defined where one of them names an account."""
        if not self.lines:
            return State.NOT_DEFINED
        return State.DEFINED if any(line.entries for line in self.lines) else State.NOBODY

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The accounts of all lines, each text once."""
        return tuple({entry.text: entry for line in self.lines for entry in line.entries}.values())


def read_template(data: bytes) -> Template:
    """A template from its bytes. Raises NotUnderstood that names the line."""
    text, coding = decoded(data)
    lines: list[RightLine] = []
    room: int | None = None
    others = in_first = False
    for row in rows_of(text):
        if row.kind is Kind.HEADER:
            in_first = row.section == _PLACE and room is None
        elif row.kind is not Kind.EMPTY:
            ours = row.section == _PLACE and _sets_the_right(text, row)
            if ours:
                values = values_at(text, row.value_at)
                lines.append(RightLine(tuple(_entry(text, value, at) for value, at in values.texts), row, values))
            elif row.section not in _HEADS:
                others = others or not lines or row.start >= lines[-1].values.stop
        if in_first and row.kind is not Kind.EMPTY:
            room = row.stop
    return Template(data, text, coding, tuple(lines), room, others)


def write_template(template: Template | None, sids: Collection[Sid] | None) -> bytes | None:
    """The bytes of a template in which the right is given to these accounts: to nobody where there are none, not defined for None.

    ``template``: as it is, None where there is no file; what is written then is UTF-16LE with a byte order mark and CRLF. Only the line
    of the right is changed, and only where it says something else; several of them become the first one.
    """
    if template is None:
        return None if sids is None else _new(sids)
    if sids is None and not template.lines:
        return template.data
    if not template.text.strip():
        return _new(sids or ())
    line = template.lines[0] if template.lines else None
    text = template.text
    for other in reversed(template.lines[1:] if sids is not None else template.lines):
        text = text[: other.row.start] + text[other.values.stop :]
    if sids is not None and line is None:
        text = _with_line(template, _listed(sids))
    elif sids is not None and line is not None and not _says(line, sids):
        text = text[: line.row.value_at] + text[line.values.end :] if line.entries else text
        text = _with_value(text, line.row.value_at, _listed(sids))
    return encoded(text, template.coding)


def _sets_the_right(text: str, row: Row) -> bool:
    """Raises NotUnderstood for a line that could be meant for it."""
    if row.key is None:
        if bare_entry(text, row) == _KEY:
            raise NotUnderstood(f"{RIGHT} without an equals sign", row.number)
        return False
    if row.key == _KEY and row.kind is Kind.CONTINUED:
        wrong = "the line before this one ends with a backslash: it is not clear whether they are one"
        raise NotUnderstood(wrong, row.number)
    return row.key == _KEY


def _entry(file: str, text: str, at: int) -> Entry:
    """An account of the line. Raises NotUnderstood for what is neither ``*SID`` nor a name."""
    try:
        sid = parse_sid(text) if text.startswith("*") else None
    except BadInput:
        sid = None
    domain, _backslash, name = text.rpartition("\\")
    if sid is None and (not name or "\\" in domain or not text.isprintable() or _NOT_IN_NAMES & set(text)):
        raise NotUnderstood(
            f"{text[:100]!r} is neither a SID with an asterisk before it nor a name of an account", line_at(file, at)
        )
    return Entry(text, sid)


def _says(line: RightLine, sids: Collection[Sid]) -> bool:
    return {entry.sid for entry in line.entries} == set(sids)


def _listed(sids: Collection[Sid]) -> str:
    return ",".join(f"*{sid}" for sid in sorted(set(sids), key=sort_key))


def _with_value(text: str, position: int, value: str) -> str:
    """The text with a value at a position. Blanks around the equals sign are the same on both sides where there was no value."""
    before, after = text[:position], text[position:]
    if not value:
        before = before.rstrip(" \t")
    elif before.endswith(" ="):
        before += " "
    return before + value + after


def _with_line(template: Template, value: str) -> str:
    newline = newline_of(template.text)
    added = f"{RIGHT} = {value}".rstrip()
    at = len(template.text) if template.room is None else template.room
    before, after = template.text[:at], template.text[at:]
    if before.endswith(("\r", "\n")):
        added += newline
    else:
        before += newline
    if template.room is None:
        added = f"[{SECTION}]{newline}{added}"
    return before + added + after


def _new(sids: Collection[Sid]) -> bytes:
    rows = [*_NEW, f"[{SECTION}]", f"{RIGHT} = {_listed(sids)}".rstrip()]
    return encoded("".join(f"{row}\r\n" for row in rows), UTF_16)
