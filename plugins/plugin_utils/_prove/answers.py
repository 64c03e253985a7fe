# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The independent script's answer -> one typed answer for each source. What a host sends is hostile until it is here."""

from __future__ import annotations

import base64
import json
import typing as t
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from .texts import decoded

Told = Mapping[str, t.Any]
"""An object of a host, or of a recording, before it has types."""

MOST, MOST_BYTES, MOST_IN_ALL = 1_000, 4_000_000, 40_000_000
"""Answers of one host, bytes of a part of one, and bytes of all of them."""


class Unreadable(ValueError):
    """The answer of the script is not of its form."""


class Unasked(Exception):
    """A source could not be asked, or answered nothing that can be understood; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source answered, as it came. ``problem``: why it could not be asked; ``cut``: there was more than is kept."""

    source: str
    asked: str
    seconds: float
    exit_code: int | None
    problem: str | None
    cut: bool
    out: bytes
    err: bytes
    file: bytes | None


Sources = Mapping[str, Answer]


def read_answers(answer: Told) -> dict[str, Answer]:
    """Answers by their source, in the order in which they were asked. Raises Unreadable."""
    rows = answer.get("answers")
    if not isinstance(rows, list) or len(rows) > MOST or not all(isinstance(row, Mapping) for row in rows):
        raise Unreadable("the independent script did not answer with a list of answers")
    found: dict[str, Answer] = {}
    left = MOST_IN_ALL
    for row in rows:
        one = _answer(row)
        left -= len(one.out) + len(one.err) + len(one.file or b"")
        if left < 0:
            raise Unreadable(f"the answers have more than {MOST_IN_ALL:,} bytes")
        found[one.source] = one
    return found


def _answer(row: Told) -> Answer:
    code, seconds, cut = row.get("exit_code"), row.get("seconds"), row.get("cut")
    if not (code is None or (isinstance(code, int) and not isinstance(code, bool))):
        raise Unreadable("an exit code is no number")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not isinstance(cut, bool):
        raise Unreadable("an answer lacks its seconds, or whether it is whole")
    problem, file = unpacked(row.get("problem")), unpacked(row.get("file"))
    return Answer(
        source=_text(row.get("source")),
        asked=_text(row.get("asked")),
        seconds=float(seconds),
        exit_code=code,
        problem=None if problem is None else problem.decode("utf-8", "replace"),
        cut=cut,
        out=unpacked(row.get("out")) or b"",
        err=unpacked(row.get("err")) or b"",
        file=file,
    )


def _text(packed: object) -> str:
    found = unpacked(packed)
    if found is None:
        raise Unreadable("an answer lacks its source")
    return found.decode("utf-8", "replace")


def unpacked(packed: object) -> bytes | None:
    """Bytes that came as base64 of gzip; None for none. Raises Unreadable, also for more than may come."""
    if packed is None:
        return None
    if not isinstance(packed, str):
        raise Unreadable("a part of an answer is no text")
    if not packed:
        return b""  # .NET's GZipStream writes nothing for nothing
    try:
        unzip = zlib.decompressobj(wbits=31)
        found = unzip.decompress(base64.b64decode(packed, validate=True), MOST_BYTES + 1)
    except (ValueError, zlib.error) as error:
        raise Unreadable("a part of an answer is not base64 of gzip") from error
    if len(found) > MOST_BYTES or not unzip.eof:
        raise Unreadable(f"a part of an answer is not whole, or has more than {MOST_BYTES:,} bytes")
    return found


def whole(sources: Sources, source: str, *, codes: tuple[int, ...] = (0,)) -> Answer:
    """The answer of a source that did answer, with one of these exit codes. Raises Unasked that says why there is none."""
    answer = sources.get(source)
    if answer is None:
        raise Unasked("was not asked")
    if answer.problem is not None:
        raise Unasked(answer.problem)
    if answer.exit_code is not None and answer.exit_code not in codes:
        said = " ".join((text_of(answer.err, sources) or text_of(answer.out, sources)).split())
        raise Unasked(f"ended with {answer.exit_code}{': ' + said if said else ''}")
    if answer.cut:
        raise Unasked("answered more than is read")
    return answer


def program(sources: Sources, source: str, *, codes: tuple[int, ...] = (0,)) -> str:
    """What a program printed. Raises Unasked."""
    return text_of(whole(sources, source, codes=codes).out, sources)


def file_of(sources: Sources, source: str) -> str:
    """What a program wrote into its file. Raises Unasked."""
    answer = whole(sources, source)
    if answer.file is None:
        raise Unasked("wrote no file")
    return text_of(answer.file, sources)


def rows_of(sources: Sources, source: str) -> list[Told]:
    """The objects that a cmdlet returned. Raises Unasked."""
    answer = whole(sources, source)
    try:
        found = json.loads(answer.out or b"[]")
    except (ValueError, RecursionError):
        raise Unasked("answered no JSON") from None
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Unasked("answered no list of objects")
    return found


def text_of(raw: bytes, sources: Sources) -> str:
    """Bytes of a program as text: by a mark of UTF-16 or UTF-8, as UTF-8, else by the code pages that the host named."""
    return decoded(raw, code_pages(sources))[0]


def code_pages(sources: Sources) -> tuple[int, ...]:
    """Code pages of the console, the OEM one and the ANSI one, as far as the host told them."""
    try:
        ground = rows_of({key: one for key, one in sources.items() if key == "ground"}, "ground")[0]
    except (Unasked, IndexError):
        return ()
    return tuple(page for page in (ground.get(key) for key in ("console", "oem", "ansi")) if isinstance(page, int))
