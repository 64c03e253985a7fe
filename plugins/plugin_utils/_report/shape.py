# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of plain data that another run wrote, as tables: what each key holds. Pure."""

from __future__ import annotations

import enum
import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from .._policy import clock
from .._policy.checks import brief
from .._policy.errors import BadInput

_GREATEST = 1 << 64  # of a number, as of one in an answer; Python does not write one of 4,300 digits
_WORDS = {str: "a text", int: "a whole number", bool: "true or false", dict: "a mapping"}


@dataclass(frozen=True, slots=True)
class OrNone:
    """Null, or of this shape."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with keys of any name, all of this shape."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class Optional:
    """The value of a key that may be absent."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these texts."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, words: type[enum.Enum]) -> OneOf:
        """The values of an enum."""
        return cls(tuple(word.value for word in words))


Shape = t.Union[type, "re.Pattern[str]", OrNone, MapOf, Optional, OneOf, list[t.Any], dict[str, t.Any]]
"""A type; a text like a SID by its pattern; a list of one shape; keys that must be there, each with its shape."""


def check(where: str, data: t.Any, shape: Shape, closed: bool = False) -> None:
    """Raises BadInput that names the place (``line 3: holders[0].sid``) where the data does not have the shape.

    ``where``: what the place is in; may be empty. ``closed``: no other keys than those of the shape, at any depth.
    """
    try:
        _check(data, shape, closed)
    except _Misfit as wrong:
        key = "".join(
            part if part.startswith("[") or not number else f".{part}" for number, part in enumerate(reversed(wrong.path))
        )
        raise BadInput(": ".join(filter(None, (where, key, wrong.words)))) from None


def time(where: str, text: str) -> None:
    """A time in UTC, to the second; without one form for all, times could not be compared as texts."""
    try:
        clock.read(text)
        known = len(text) == len("2026-01-31T08:15:00Z")  # the reader takes 2026-1-31 too
    except ValueError:
        known = False
    if not known:
        raise BadInput(f"{where}: {brief(text)} is no time; a time reads 2026-01-31T08:15:00Z")


class _Misfit(Exception):
    """``words``: what is wrong with a value; ``path``: the keys that lead to it, the inmost first, gathered on the way out."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
        self.path: list[str] = []


def _check(data: t.Any, shape: t.Any, closed: bool) -> None:
    """Every value of every host passes here: the frequent shapes first, and no text is made before something does not fit."""
    if isinstance(shape, (OrNone, Optional)):
        if data is None and type(shape) is OrNone:
            return
        shape = shape.shape
    kind = type(shape)
    if kind is type:
        if type(data) is not shape or (shape is int and not -_GREATEST < data < _GREATEST):
            raise _Misfit(f"{brief(data)} is not {_WORDS[shape]}")
    elif kind is dict:
        _mapping(data, shape, closed)
    elif kind is list:
        _list(data, shape[0], closed)
    elif kind is OneOf:
        if type(data) is not str or data not in shape.texts:
            raise _Misfit(f"{brief(data)} is none of {', '.join(shape.texts)}")
    elif kind is MapOf:
        _check(data, dict, closed)
        for name in data:
            _check(name, str, closed)
        _mapping(data, dict.fromkeys(data, shape.shape), closed)
    elif kind is re.Pattern:
        if type(data) is not str or not shape.fullmatch(data):
            raise _Misfit(f"{brief(data)} is not a SID")
    else:
        _check(data, shape, closed)  # null or a value, of a key that may be absent


def _list(data: t.Any, shape: Shape, closed: bool) -> None:
    if type(data) is not list:
        raise _Misfit(f"{brief(data)} is not a list")
    done = 0
    try:
        for item in data:
            _check(item, shape, closed)
            done += 1
    except _Misfit as wrong:
        wrong.path.append(f"[{done}]")
        raise


def _mapping(data: t.Any, shape: Mapping[str, Shape], closed: bool) -> None:
    if type(data) is not dict:
        raise _Misfit(f"{brief(data)} is not a mapping")
    known, name = 0, ""
    try:
        for name, inner in shape.items():
            if name in data:
                known += 1
                value = data[name]
                if (type(value) is not inner or inner is int) and (value is not None or type(inner) is not OrNone):
                    _check(value, inner, closed)
            elif type(inner) is not Optional:
                raise _Misfit("the key is missing")
    except _Misfit as wrong:
        wrong.path.append(name)
        raise
    if closed and known < len(data):
        raise _Misfit(f"{brief(next(name for name in data if name not in shape))} is not a key of it")
