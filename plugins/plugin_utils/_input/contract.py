# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of plain data -> the shapes by which it is checked, so that a type is said once. Pure."""

from __future__ import annotations

import dataclasses
import types
import typing as t

from .forms import LATER, Form, Least, Words
from .shape import Absent, From, MapOf, Maybe, Shape


def shape_of(kind: t.Any) -> Shape:
    """The shape of a type of the contract: a TypedDict, a list or a mapping of one, a text, number or flag, each with its marks."""
    if t.is_typeddict(kind):
        keys = {name: shape_of(hint) for name, hint in t.get_type_hints(kind, include_extras=True).items()}
        return {name: shape if name in kind.__required_keys__ else _later(shape, Absent.LEFT_OUT) for name, shape in keys.items()}
    origin, inner = t.get_origin(kind), t.get_args(kind)
    if origin is t.Annotated:
        return _marked(shape_of(inner[0]), inner[1:])
    if origin in (t.Union, types.UnionType):
        return Maybe(shape_of(next(part for part in inner if part is not types.NoneType)), null=True)
    if origin is t.Literal:
        return Words(inner)
    if origin is list:
        return [shape_of(inner[0])]
    if origin is dict:
        return dict if inner[1] is object else MapOf(shape_of(inner[1]))
    return t.cast("type", kind)


def _later(shape: Shape, absent: Absent) -> Maybe:
    """The shape of a key that may be absent."""
    return dataclasses.replace(shape, absent=absent) if isinstance(shape, Maybe) else Maybe(shape, absent=absent)


def _marked(shape: Shape, marks: tuple[object, ...]) -> Shape:
    """The shape of a value whose type is marked: null stays allowed where it was."""
    for mark in marks:
        if mark is LATER:
            shape = _later(shape, Absent.NULL)
        elif isinstance(shape, Maybe):
            shape = dataclasses.replace(shape, shape=_marked(shape.shape, (mark,)))
        elif isinstance(shape, MapOf) and isinstance(mark, Words):
            shape = MapOf(shape.shape, mark)
        elif isinstance(mark, (Form, Words)):
            shape = mark
        elif isinstance(mark, Least) and shape is int:
            shape = From(mark.number)
    return shape
