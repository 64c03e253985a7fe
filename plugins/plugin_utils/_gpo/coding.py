# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes of a file of a GPO <-> its text, so that what is not changed is the same byte for byte. Pure.

[MS-GPSB] 2.2 wants UTF-16LE with a byte order mark; real files are also without one, in UTF-8 and in the ANSI code page of a machine.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from .errors import NotUnderstood

NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Coding:
    """How a file is encoded: the codec of Python, and the byte order mark that it begins with."""

    codec: str
    mark: bytes = b""


UTF_16 = Coding("utf-16-le", codecs.BOM_UTF16_LE)
"""What [MS-GPSB] 2.2 asks for."""
_MARKED = (Coding("utf-8", codecs.BOM_UTF8), UTF_16, Coding("utf-16-be", codecs.BOM_UTF16_BE))
_ANSI = "latin-1"
"""Stands for the ANSI code page, which no file names: one byte is one character, and none is lost."""


def decoded(data: bytes) -> tuple[str, Coding]:
    """The text of a file, without its byte order mark, and how it is encoded. Raises NotUnderstood that names the line."""
    coding = _coding_of(data)
    body = data[len(coding.mark) :]
    try:
        text = body.decode(coding.codec)
    except UnicodeDecodeError as error:
        before = body[: error.start].decode(coding.codec, "replace")
        raise NotUnderstood(f"the bytes are no {coding.codec.upper()}", line_at(before, len(before))) from None
    if "\0" in text:
        raise NotUnderstood("there is a null character", line_at(text, text.index("\0")))
    return text, coding


def encoded(text: str, coding: Coding) -> bytes:
    """The bytes of a text, with the byte order mark."""
    return coding.mark + text.encode(coding.codec)


def line_at(text: str, position: int) -> int:
    """The number of the line that a position is in, from 1 on."""
    return 1 + len(NEWLINE.findall(text, 0, position))


def newline_of(text: str) -> str:
    """How the first line of a text ends; CRLF where none does."""
    found = NEWLINE.search(text)
    return found[0] if found else "\r\n"


def _coding_of(data: bytes) -> Coding:
    for coding in _MARKED:
        if data.startswith(coding.mark):
            return coding
    if data[:1] != b"\0" and data[1:2] == b"\0":  # the first character of such a file is ASCII: a bracket, a blank, a semicolon
        return Coding("utf-16-le")
    if data[:1] == b"\0" and data[1:2] not in (b"", b"\0"):
        return Coding("utf-16-be")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return Coding(_ANSI)
    return Coding("utf-8")
