# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payload's answer -> facts, each value of the type that its field declares and within its limits. Pure."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing as t
from collections.abc import Callable, Mapping, Sequence

from .._accounts.sids import Sid, checked_sid
from .._facts.facts import (
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
from .._input.brief import brief
from .._input.forms import GREATEST, SMALLEST, Form
from . import limits

Row = t.TypeVar("Row")
Part = t.TypeVar("Part")


class TooLarge(Exception):
    """The answer is beyond a limit; the message says which one."""


def read_facts(answer: Mapping[str, t.Any]) -> HostFacts:
    """The facts of an answer. Raises KeyError for a key that is missing; AttributeError, TypeError or ValueError for a value of another
    form; TooLarge. What is read beside the right itself and cannot be understood is unknown instead.
    """
    refuse_large(answer)
    holders = _rows(Holder, answer["holders"], limits.HOLDERS)
    accounts = _rows(AskedAccount, answer["accounts"])
    if holders is None or accounts is None:
        raise TypeError("holders and accounts are lists")
    if len({holder.sid for holder in holders}) < len(holders):
        raise ValueError("a holder is named twice")
    return HostFacts(
        holders=holders,
        accounts=accounts,
        lookup_status=value_of("lookup_status", str, answer["lookup_status"]),
        computer=typed(Computer, answer["computer"]),
        windows=typed(Windows, answer["windows"]),
        iis=typed(Iis, answer["iis"]),
        session=typed(Session, answer["session"]),
        services=_guarded(lambda: _rows(Service, answer.get("services")), None),
        features=_guarded(lambda: typed(Traces, answer["features"]), _NO_TRACES),
        pools=_guarded(lambda: _rows(AppPool, answer["pools"]), None),
        pools_status=_guarded(lambda: value_of("pools_status", str, answer["pools_status"]), "unreadable"),
        services_truncated=_guarded(lambda: value_of("services_more", bool, answer.get("services_more", False)), True),
        control=_guarded(lambda: _control(answer["control"]), _NO_CONTROL),
        groups=_guarded(lambda: _rows(Group, answer.get("groups")), None),
        events=_guarded(lambda: _event_log(answer["events"]), EventLog(error="failed")) if answer.get("events") else None,
        not_asked=_guarded(lambda: value_of("not_asked", tuple[str, ...], answer.get("not_asked", [])), ()),
    )


# What stands for a part that cannot be understood. The right itself is judged all the same.
_UNKNOWN: dict[str, t.Any] = {field.name: False if field.name.endswith("_known") else None for field in dataclasses.fields(Traces)}
_NO_TRACES = Traces(**_UNKNOWN)
_NO_CONTROL = ControlTraces(now="", rsop=Rsop(error="an answer that cannot be understood"), templates=None, mdm=None)


def refuse_large(answer: object) -> None:
    """Raises TooLarge for an answer beyond ``ANSWER``. It may be nested deeper than Python's stack."""
    size, pending = 0, [answer]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            size += len(value)
        elif isinstance(value, Mapping):
            pending += [*value, *value.values()]
        elif isinstance(value, (list, tuple)):
            pending += value
        size += 1
        if size > limits.ANSWER or len(pending) > limits.ANSWER:
            raise TooLarge(f"the answer is larger than {limits.ANSWER:,} characters")


def _control(data: t.Any) -> ControlTraces:
    """Traces of control. What a management service left is a part of its own: an odd value there spoils nothing else."""
    mdm: Mdm | None = _guarded(lambda: typed(Mdm, data["mdm"]) if data["mdm"] is not None else None, None)
    return dataclasses.replace(typed(ControlTraces, {**data, "mdm": None}), mdm=mdm)


def _event_log(data: t.Any) -> EventLog:
    """What the security log says; in the answer, ``more`` says that the list is truncated."""
    return typed(EventLog, {**{key: value for key, value in data.items() if key != "more"}, "truncated": data["more"]})


def _guarded(read: Callable[[], Part], otherwise: Part) -> Part:
    """A part of the answer beside the right itself, or what stands for it where it cannot be understood. Raises TooLarge."""
    try:
        return read()
    except (AttributeError, KeyError, TypeError, ValueError):
        return otherwise


def _rows(kind: type[Row], data: t.Any, limit: int = limits.ROWS) -> tuple[Row, ...] | None:
    """A list of the host as facts; None for null, which means not asked for or not known."""
    if data is None:
        return None
    if not isinstance(data, list):
        raise TypeError(f"{type(data).__name__} instead of a list of {kind.__name__}")
    refuse_long(kind.__name__, data, limit)
    return tuple(typed(kind, row) for row in data)


def refuse_long(where: str, data: Sequence[object], limit: int) -> None:
    """Raises TooLarge for a list beyond its limit."""
    if len(data) > limit:
        raise TooLarge(f"the answer has {len(data):,} rows of {where}; at most {limit:,} are read")


def typed(kind: type[Row], data: Mapping[str, t.Any]) -> Row:
    """An object of the host as facts, each value of the type that the field declares: a number that came as a text is not a number."""
    hints = _hints(t.cast("t.Hashable", kind))
    values: dict[str, object] = {}
    for key, value in data.items():
        if key not in hints:
            raise TypeError(f"{kind.__name__} has no {brief(key)}")
        values[key] = _value(f"{kind.__name__}.{key}", hints[key], value)
    for name in hints:
        if name not in values:
            raise KeyError(name)
    return kind(**values)


@functools.cache
def _hints(kind: type[object]) -> dict[str, tuple[object, ...]]:
    """Fields of a dataclass and the types of each; asked for every row of an answer."""
    return {name: _alternatives(hint) for name, hint in t.get_type_hints(kind, include_extras=True).items()}


def _alternatives(hint: object) -> tuple[object, ...]:
    return t.get_args(hint) if t.get_origin(hint) in (t.Union, types.UnionType) else (hint,)


def _learn(hint: object) -> None:
    """Keep the fields of a dataclass, and of those inside of it."""
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        for kind in (kind for kinds in _hints(hint).values() for kind in kinds):
            _learn(kind)
    for part in t.get_args(hint):
        _learn(part)


# Here and not when the first answer comes: Ansible imports this once and reads each host in a child of that process, and each child
# would spend more on the types than on the answer.
_learn(HostFacts)


_LONG = (
    "AskedAccount.asked", "GpoFacts.extensions", "GpoFacts.journal", "Mdm.value", "Setting.accounts", "Template.value",
    "TemplateAccount.asked", "TextSid.asked",
)  # fmt: skip
"""Fields with texts of ``TEXT`` characters; every other one has names."""


def value_of(where: str, hint: object, value: object) -> t.Any:
    """A value of the type that a field declares. Raises TypeError or ValueError for one of another type, and TooLarge."""
    return _value(where, _alternatives(hint), value)


def _value(where: str, kinds: tuple[object, ...], value: object) -> t.Any:
    if value is None and types.NoneType in kinds:
        return None
    for kind in kinds:
        if kind is Resolution and isinstance(value, str):  # the error of an enum has all of the value in it, however deep that is
            return Resolution(value)
        if kind == Sid:
            return _sid(where, value)
        if dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
            return typed(t.cast("type[t.Any]", kind), value)
        if t.get_origin(kind) is tuple and isinstance(value, list):
            refuse_long(where, value, limits.ROWS)
            inner = _alternatives(t.get_args(kind)[0])
            return tuple(_value(where, inner, item) for item in value)
        if kind is str and isinstance(value, str):
            return _text(where, value)
        if kind is bool and isinstance(value, bool):
            return bool(value)
        if kind is int and isinstance(value, int) and not isinstance(value, bool) and SMALLEST <= value <= GREATEST:
            return int(value)
        if t.get_origin(kind) is t.Annotated and isinstance(value, str):
            return _formed(where, t.get_args(kind)[1], value)
    raise TypeError(f"{where} is {brief(value)}")


def _sid(where: str, value: t.Any) -> str:
    try:
        return checked_sid(value)
    except ValueError:
        raise ValueError(f"{where} is {brief(value)}, which is not a SID") from None


def _formed(where: str, form: Form, value: str) -> str:
    if not form.compiled.fullmatch(value):
        raise ValueError(f"{where} is {brief(value)}, which is not {form.noun}")
    return value


def _text(where: str, value: str) -> str:
    """A text within its limit. A lone surrogate in a name must not spoil the report."""
    limit = limits.TEXT if where in _LONG else limits.NAME
    if len(value) > limit:
        raise TooLarge(f"{where} has {len(value):,} characters; at most {limit:,} are read")
    return value.encode("utf-8", "replace").decode()
