# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payload's answer -> facts, each value of the type that its field declares. Pure."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing as t
from collections.abc import Callable, Mapping

from ._policy.facts import (
    AppPool,
    AskedAccount,
    Computer,
    ControlTraces,
    EventLog,
    Group,
    Holder,
    HostFacts,
    Iis,
    Mdm,
    Resolution,
    Rsop,
    Service,
    Session,
    Traces,
    Windows,
)
from ._policy.sids import parse_sid

Row = t.TypeVar("Row")
Part = t.TypeVar("Part")


def read_facts(answer: Mapping[str, t.Any]) -> HostFacts:
    """The facts of an answer. Raises KeyError for a key that is missing; AttributeError, TypeError or ValueError for a value of another
    form. What is read beside the right itself and cannot be understood is unknown instead.
    """
    holders = _rows(Holder, answer["holders"])
    accounts = _rows(AskedAccount, answer["accounts"])
    if holders is None or accounts is None:
        raise TypeError("holders and accounts are lists")
    for holder in holders:
        if parse_sid(holder.sid) != holder.sid:
            raise ValueError(f"holder {holder.sid!r} is no SID")
    return HostFacts(
        holders=holders,
        accounts=accounts,
        lookup_status=str(answer["lookup_status"]),
        computer=_typed(Computer, answer["computer"]),
        windows=_typed(Windows, answer["windows"]),
        iis=_typed(Iis, answer["iis"]),
        session=_typed(Session, answer["session"]),
        services=_guarded(lambda: _rows(Service, answer.get("services")), None),
        features=_guarded(lambda: _typed(Traces, answer["features"]), _NO_TRACES),
        pools=_guarded(lambda: _rows(AppPool, answer["pools"]), None),
        pools_status=str(answer.get("pools_status", "unreadable")),
        services_more=bool(answer.get("services_more", False)),
        control=_guarded(lambda: _control(answer["control"]), _NO_CONTROL),
        groups=_guarded(lambda: _rows(Group, answer.get("groups")), None),
        events=_guarded(lambda: _typed(EventLog, answer["events"]), EventLog(error="failed")) if answer.get("events") else None,
    )


# What stands for a part that cannot be understood. The right itself is judged all the same.
_NO_TRACES = Traces(ssis=None, adfs=None, spooler_known=False, session_host=None)
_NO_CONTROL = ControlTraces(now="", rsop=Rsop(error="an answer that cannot be understood"), templates=None, mdm=None)


def _control(data: t.Any) -> ControlTraces:
    """Traces of control. What a management service left is a part of its own: an odd value there spoils nothing else."""
    mdm: Mdm | None = _guarded(lambda: _typed(Mdm, data["mdm"]) if data["mdm"] is not None else None, None)
    return dataclasses.replace(_typed(ControlTraces, {**data, "mdm": None}), mdm=mdm)


def _guarded(read: Callable[[], Part], otherwise: Part) -> Part:
    """A part of the answer beside the right itself, or what stands for it where it cannot be understood."""
    try:
        return read()
    except (AttributeError, KeyError, TypeError, ValueError):
        return otherwise


def _rows(kind: type[Row], data: t.Any) -> tuple[Row, ...] | None:
    """A list of the host as facts; None for null, which means not asked for or not known."""
    if data is None:
        return None
    if not isinstance(data, list):
        raise TypeError(f"{type(data).__name__} instead of a list of {kind.__name__}")
    return tuple(_typed(kind, row) for row in data)


def _typed(kind: type[Row], data: Mapping[str, t.Any]) -> Row:
    """An object of the host as facts, each value of the type that the field declares: a number that came as a text is no number."""
    hints: dict[str, t.Any] = _hints(t.cast("t.Hashable", kind))
    values: dict[str, t.Any] = {}
    for key, value in data.items():
        if key not in hints:
            raise TypeError(f"{kind.__name__} has no {key}")
        values[key] = _value(f"{kind.__name__}.{key}", hints[key], value)
    for name in hints:
        if name not in values:
            raise KeyError(name)
    return kind(**values)


@functools.cache
def _hints(kind: type[t.Any]) -> dict[str, t.Any]:
    """Fields of a dataclass and their types; asked for every row of an answer."""
    return t.get_type_hints(kind)


def _value(where: str, hint: t.Any, value: t.Any) -> t.Any:
    """A value of the type that a field declares; raises TypeError for one of another type."""
    allowed = t.get_args(hint) if t.get_origin(hint) in (t.Union, types.UnionType) else (hint,)
    if value is None and type(None) in allowed:
        return None
    for one in allowed:
        if one is Resolution:
            return Resolution(value)
        if dataclasses.is_dataclass(one) and isinstance(value, Mapping):
            return _typed(t.cast("type[t.Any]", one), value)
        if t.get_origin(one) is tuple and isinstance(value, list):
            return tuple(_value(where, t.get_args(one)[0], item) for item in value)
        if one is str and isinstance(value, str):
            return value.encode("utf-8", "replace").decode()  # a lone surrogate in a name must not spoil the report
        if one is bool and isinstance(value, bool):
            return bool(value)
        if one is int and isinstance(value, int) and not isinstance(value, bool):
            return int(value)
    raise TypeError(f"{where} is {value!r}")
