# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of plain data that a person wrote: mappings, lists, texts, keys. Each raises BadInput that names the place."""

from __future__ import annotations

import datetime
import difflib
import reprlib
import typing as t
from collections.abc import Iterable, Mapping

from .errors import BadInput


def keys(where: str, data: Mapping[str, object], allowed: Iterable[str]) -> None:
    """Only these keys; says which one is near a misspelt one."""
    known = tuple(allowed)
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            place = f"{where}.{key}" if where else str(key)
            raise BadInput(f"{place}: {key!r} is not a key; allowed are {', '.join(known)}{hint}")


def mapping(where: str, data: object) -> Mapping[str, object]:
    """A mapping whose keys are texts."""
    if not isinstance(data, Mapping):
        raise BadInput(f"{where}: {brief(data)} is not a mapping")
    for key in data:
        if not isinstance(key, str):
            raise BadInput(f"{where}: {key!r} is not a text, and a key is one; put it in quotes")
    return data


def items(where: str, data: object) -> list[object]:
    """A list."""
    if not isinstance(data, (list, tuple)):
        raise BadInput(f"{where}: {brief(data)} is not a list")
    return list(data)


def text(where: str, data: object) -> str:
    """A text that is not empty."""
    if not isinstance(data, str) or not data.strip():
        hint = "" if data is None or isinstance(data, (str, Mapping, list, tuple)) else "; put it in quotes"
        raise BadInput(f"{where}: {brief(data)} is not a text that says something{hint}")
    return str(data)


def day(where: str, data: t.Any) -> datetime.date:
    """A day, as a text (``2026-01-31``) or as YAML reads it."""
    if isinstance(data, datetime.date) and not isinstance(data, datetime.datetime):
        return data
    try:
        return datetime.datetime.strptime(data, "%Y-%m-%d").date()
    except (TypeError, ValueError):
        raise BadInput(f"{where}: {brief(data)} is not a date; a date reads 2026-01-31") from None


class _Brief(reprlib.Repr):
    """The representation of a value of any size and depth, without the cost of all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 6, 100, 100
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = 20

    def repr_str(self, x: str, level: int) -> str:
        """The beginning of a text."""
        return repr(x[: self.maxstring])

    def repr_int(self, x: int, level: int) -> str:
        """A number; Python refuses to write those of thousands of digits."""
        return repr(x) if abs(x) < 1 << 256 else f"a number of {x.bit_length()} bits"


_BRIEF = _Brief()


def brief(data: object) -> str:
    """A value for a message, not longer than a line."""
    shown = _BRIEF.repr(data)
    return shown if len(shown) <= 80 else shown[:77] + "..."
