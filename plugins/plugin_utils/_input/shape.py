# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of plain data that another run wrote, as tables: what each key holds. Pure."""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from .brief import brief
from .errors import BadInput
from .forms import GREATEST, SMALLEST, Form, Words

_NOUNS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", dict: "a mapping"}


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with all values of this shape. ``keys``: of any name, or of these."""

    shape: Shape
    keys: Words | None = None


class Absent(enum.Enum):
    """What becomes of a key that is not there."""

    REFUSED = enum.auto()
    LEFT_OUT = enum.auto()
    NULL = enum.auto()  # it is there afterwards, with null


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value that may be null (``null``), or of a key that may be absent (``absent``)."""

    shape: Shape
    null: bool = False
    absent: Absent = Absent.REFUSED


@dataclass(frozen=True, slots=True)
class From:
    """A whole number from this one on."""

    least: int


Shape = type | Form | From | Words | Maybe | MapOf | list[object] | dict[str, t.Any]
"""A type; a text of a form, or one of some words; a list of one shape; keys that must be there, each with its shape."""


def check(where: str, data: t.Any, shape: Shape, closed: bool = False) -> None:
    """Raises BadInput that names the place (``line 3: holders[0].sid``) where the data does not have the shape.

    ``where``: what the place is in; may be empty. ``closed``: no other keys than those of the shape, at any depth.
    """
    try:
        _check(data, shape, closed)
    except _Misfit as error:
        key = "".join(
            part if part.startswith("[") or not number else f".{part}" for number, part in enumerate(reversed(error.path))
        )
        raise BadInput(": ".join(filter(None, (where, key))), error.words) from None


class _Misfit(Exception):
    """``words``: what is wrong with a value; ``path``: the keys that lead to it, the inmost first, gathered on the way out."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
        self.path: list[str] = []


def _check(data: t.Any, shape: t.Any, closed: bool) -> None:
    """Every value of every host passes here: the frequent shapes first, and no text is made before something does not fit."""
    kind = type(shape)
    if kind is Maybe:
        if data is None and shape.null:
            return
        shape = shape.shape
        kind = type(shape)
    if kind is type:
        if type(data) is not shape or (shape is int and not SMALLEST <= data <= GREATEST):
            raise _Misfit(f"{brief(data)} is not {_NOUNS[shape]}")
    elif kind is dict:
        _mapping(data, shape, closed)
    elif kind is list:
        _list(data, shape[0], closed)
    elif kind is Words:
        if type(data) is not str or data not in shape.texts:
            raise _Misfit(f"{brief(data)} is none of {', '.join(shape.texts)}")
    elif kind is Form:
        if type(data) is not str or not shape.compiled.fullmatch(data):
            raise _Misfit(f"{brief(data)} is not {shape.noun}")
    elif kind is From:
        _check(data, int, closed)
        if data < shape.least:
            raise _Misfit(f"{brief(data)} is less than {shape.least}")
    else:
        _check(data, dict, closed)
        for name in data:
            _check(name, shape.keys or str, closed)
        _mapping(data, dict.fromkeys(data, shape.shape), closed)


def _list(data: t.Any, shape: Shape, closed: bool) -> None:
    if type(data) is not list:
        raise _Misfit(f"{brief(data)} is not a list")
    done = 0
    try:
        for item in data:
            _check(item, shape, closed)
            done += 1
    except _Misfit as error:
        error.path.append(f"[{done}]")
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
                if (type(value) is not inner or inner is int) and (value is not None or type(inner) is not Maybe or not inner.null):
                    _check(value, inner, closed)
            elif type(inner) is Maybe and inner.absent is Absent.NULL:
                data[name] = None
                known += 1
            elif type(inner) is not Maybe or inner.absent is Absent.REFUSED:
                raise _Misfit("the key is missing")
    except _Misfit as error:
        error.path.append(name)
        raise
    if closed and known < len(data):
        raise _Misfit(f"{brief(next(name for name in data if name not in shape))} is not a key of it")
