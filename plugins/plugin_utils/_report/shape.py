# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of plain data that another run wrote, as tables: what each key holds. Pure."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from .._policy import clock
from .._policy.checks import brief
from .._policy.errors import BadInput

_WORDS = {str: "a text", int: "a whole number", bool: "true or false", dict: "a mapping"}


@dataclass(frozen=True, slots=True)
class OrNone:
    """Null, or of this shape."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with keys of any name, all of this shape."""

    shape: Shape


Shape = t.Union[type, "re.Pattern[str]", OrNone, MapOf, list[t.Any], dict[str, t.Any]]
"""A type; a text like a SID by its pattern; a list of one shape; keys that must be there, each with its shape."""


def check(where: str, data: t.Any, shape: Shape) -> None:
    """Raises BadInput that names the place (``line 3: holders[0].sid``) where the data does not have the shape. More keys may be there."""
    _check(where, "", data, shape)


def time(where: str, text: str) -> None:
    """A time in UTC, to the second; without one form for all, times could not be compared as texts."""
    try:
        clock.read(text)
        known = len(text) == len("2026-01-31T08:15:00Z")  # the reader takes 2026-1-31 too
    except ValueError:
        known = False
    if not known:
        raise BadInput(f"{where}: {brief(text)} is no time; a time reads 2026-01-31T08:15:00Z")


def _check(where: str, key: str, data: t.Any, shape: Shape) -> None:
    if isinstance(shape, OrNone):
        if data is not None:
            _check(where, key, data, shape.shape)
    elif isinstance(shape, type):
        if type(data) is not shape:
            raise BadInput(f"{_place(where, key)}: {brief(data)} is not {_WORDS[shape]}")
    elif isinstance(shape, MapOf):
        _check(where, key, data, dict)
        _mapping(where, key, data, dict.fromkeys(data, shape.shape))
    elif isinstance(shape, dict):
        _mapping(where, key, data, shape)
    elif isinstance(shape, list):
        _list(where, key, data, shape[0])
    elif type(data) is not str or not shape.fullmatch(data):
        raise BadInput(f"{_place(where, key)}: {brief(data)} is not a SID")


def _list(where: str, key: str, data: t.Any, shape: Shape) -> None:
    if type(data) is not list:
        raise BadInput(f"{_place(where, key)}: {brief(data)} is not a list")
    for number, item in enumerate(data):
        _check(where, f"{key}[{number}]", item, shape)


def _mapping(where: str, key: str, data: t.Any, shape: Mapping[str, Shape]) -> None:
    if type(data) is not dict:
        raise BadInput(f"{_place(where, key)}: {brief(data)} is not a mapping")
    for name, inner in shape.items():
        inside = f"{key}.{name}" if key else name
        if name not in data:
            raise BadInput(f"{_place(where, inside)}: the key is missing")
        _check(where, inside, data[name], inner)


def _place(where: str, key: str) -> str:
    return f"{where}: {key}" if key else where
