# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of plain data that a person wrote: mappings, lists, texts, keys. Each raises BadInput that names the place."""

from __future__ import annotations

import datetime
import difflib
import typing as t
from collections.abc import Iterable, Mapping

from .errors import BadInput


def keys(where: str, data: Mapping[str, object], allowed: Iterable[str]) -> None:
    """Only these keys; says which one is near a misspelt one."""
    known = tuple(allowed)
    for key in data:
        if key not in known:
            place = f"{where}.{key}" if where else str(key)
            raise BadInput(place, "is not a key", value=key, expected=f"allowed are {', '.join(known)}", near=close(key, known))


def close(value: object, known: Iterable[str]) -> tuple[str, ...]:
    """The known word that a misspelt one is near to; upper and lower case count alike."""
    words = {word.casefold(): word for word in known}
    return tuple(words[near] for near in difflib.get_close_matches(str(value).casefold(), list(words), n=1))


def mapping(where: str, data: object) -> Mapping[str, object]:
    """A mapping whose keys are texts."""
    if not isinstance(data, Mapping):
        raise BadInput(where, "is not a mapping", value=data)
    for key in data:
        if not isinstance(key, str):
            raise BadInput(where, "is not a text, and a key is one", value=key, expected="put it in quotes")
    return data


def items(where: str, data: object) -> list[object]:
    """A list."""
    if not isinstance(data, (list, tuple)):
        raise BadInput(where, "is not a list", value=data)
    return list(data)


def text(where: str, data: object) -> str:
    """A text that is not empty."""
    if not isinstance(data, str) or not data.strip():
        plain = data is None or isinstance(data, (str, Mapping, list, tuple))
        raise BadInput(where, "is not a text that says something", value=data, expected="" if plain else "put it in quotes")
    return str(data)


def day(where: str, data: t.Any) -> datetime.date:
    """A day, as a text (``2026-01-31``) or as YAML reads it."""
    if isinstance(data, datetime.date) and not isinstance(data, datetime.datetime):
        return data
    try:
        return datetime.datetime.strptime(data, "%Y-%m-%d").date()
    except (TypeError, ValueError):
        raise BadInput(where, "is not a date", value=data, expected="a date reads 2026-01-31") from None
