# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""gpt.ini, which holds the version of the folder of a GPO: read, and written without touching anything else. Pure.

Source: [MS-GPOL] 2.2.4: section ``General``, key ``Version``, a decimal number; names regardless of case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .coding import Coding, decoded, encoded, newline_of
from .errors import NotUnderstood

_ROW = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
_NUMBER = re.compile(r"-?[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GptIni:
    """A file that was understood. ``place``: where the number stands; ``room``: where its line is inserted; each None if there is none."""

    data: bytes
    text: str
    coding: Coding
    version: int | None
    place: tuple[int, int] | None
    room: int | None


def read_gpt_ini(data: bytes) -> GptIni:
    """A file from its bytes. Raises NotUnderstood that names the line: a version that is no number, two of them, an odd section."""
    text, coding = decoded(data)
    version: int | None = None
    place: tuple[int, int] | None = None
    room: int | None = None
    section = ""
    for line, row in enumerate(_ROW.finditer(text), 1):
        content = row[0].strip()
        if content.startswith("["):
            if not content.endswith("]"):
                raise NotUnderstood(f"{content[:40]!r} is not the name of a section", line)
            section = content.strip("[] \t").lower()
            room = row.end() if room is None and section == "general" else room
        key, equals, value = content.partition("=")
        if section != "general" or not equals or key.strip().lower() != "version":
            continue
        if version is not None:
            raise NotUnderstood("there is a second version", line)
        if not _NUMBER.fullmatch(value.strip()):
            raise NotUnderstood(f"the version {value.strip()[:40]!r} is not a number", line)
        start = text.index("=", row.start()) + 1
        start += len(row[0][start - row.start() :]) - len(row[0][start - row.start() :].lstrip())
        version, place = int(value), (start, start + len(value.strip()))
    return GptIni(data, text, coding, version, place, room)


def write_gpt_ini(file: GptIni | None, version: int) -> bytes:
    """The bytes of a file with this version. ``file``: as it is, None where there is none."""
    if file is None:
        return f"[General]\r\nVersion={version}\r\n".encode("ascii")
    text, newline = file.text, newline_of(file.text)
    if file.place:
        text = text[: file.place[0]] + str(version) + text[file.place[1] :]
    elif file.room is not None:
        before = text[: file.room]
        before += "" if before.endswith(("\r", "\n")) else newline
        text = f"{before}Version={version}{newline}{text[file.room :]}"
    else:
        text += "" if not text or text.endswith(("\r", "\n")) else newline
        text += f"[General]{newline}Version={version}{newline}"
    return encoded(text, file.coding)
