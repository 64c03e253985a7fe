# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether plain data is what the contract says, for all that is written and all that is read. Pure.

Made from the types of the contract: a new key needs no line here.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._input.contract import shape_of
from .._input.errors import BadInput
from .._input.shape import Absent, MapOf, Maybe, Shape, check
from .types import Change, Head, Record, Report


def _whole(shape: object) -> t.Any:
    """The shape with all keys: what this release writes has every one of them."""
    if isinstance(shape, Maybe):
        absent = Absent.REFUSED if shape.absent is Absent.NULL else shape.absent
        return Maybe(_whole(shape.shape), shape.null, absent)
    if isinstance(shape, dict):
        return {key: _whole(inner) for key, inner in shape.items()}
    if isinstance(shape, list):
        return [_whole(shape[0])]
    return MapOf(_whole(shape.shape), shape.keys) if isinstance(shape, MapOf) else shape


RECORD = t.cast("dict[str, Shape]", shape_of(Record))
CHANGE = t.cast("dict[str, Shape]", shape_of(Change))
_WRITTEN: dict[str, t.Any] = _whole(RECORD)
_HEAD = t.cast("dict[str, t.Any]", shape_of(Head))
_REPORT = t.cast("dict[str, t.Any]", shape_of(Report))


def checked(where: str, data: t.Any) -> Record:
    """Data as the record that it is. Raises BadInput that names the place. ``where``: of a line in a file; empty for one of this run."""
    check(where, data, RECORD if where else _WRITTEN, closed=True)
    return t.cast("Record", data)


def check_head(where: str, data: t.Any, besides: Mapping[str, Shape]) -> None:
    """Raises BadInput that names the place where data does not say what a run says of itself. ``besides``: other keys that it has."""
    check(where, data, {**_HEAD, **besides})


def check_report(where: str, data: object) -> None:
    """Raises BadInput that names the place where data has not what a comparison with a report needs. Its records are looked at apart."""
    summary = {key: _REPORT["summary"][key] for key in ("exceptions", "gate")}
    gate = {key: summary["gate"][key] for key in ("fail_on", "tolerate")}
    keys = {key: _REPORT[key] for key in ("run", "policy", "generator")}
    scope = {"source": _REPORT["scope"]["source"]}
    check(where, data, {**keys, "scope": scope, "summary": {**summary, "gate": gate}, "hosts": [dict]})


def part_of(data: Mapping[str, object], key: str) -> object:
    """The value of one key where it has the shape that a record's has, else None."""
    try:
        check("", data.get(key), _WRITTEN[key], closed=True)
    except BadInput:
        return None
    return data.get(key)


def host_of(where: str, data: Mapping[str, object]) -> str:
    """The host of a record. Raises BadInput for data that does not say whose it is."""
    check(where, data, {"host": str})
    if not data["host"]:
        raise BadInput(f"{where}: host", "is not the name of a host", value=data["host"])
    return str(data["host"])
