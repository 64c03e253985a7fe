# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of records and of what stands above them, for all that is written and all that is read. Pure.

docs/schemas/report-1.schema.json says the same to others.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing as t
from collections.abc import Mapping

from .._policy.checks import brief
from .._policy.errors import BadInput
from .._policy.evidence import Kind as Controller
from .._policy.exceptions import State
from .._policy.expectation import Standing
from .._policy.facts import AppPool, Computer, Iis, Resolution, Session, Windows
from .._policy.kinds import Kind
from .._policy.policy import HostRole
from .._policy.provenance import Coverage
from .._policy.restarts import Restart
from .._policy.verdict import Status
from .shape import MapOf, OneOf, Optional, OrNone, Shape, check, time

SID = re.compile(r"S-1-(?:[0-9]{1,15}|0x[0-9a-fA-F]{1,12})(?:-[0-9]{1,10})*")
_TEXT, _NUMBER, _SID_OR_NONE = OrNone(str), OrNone(int), OrNone(SID)
_SIDS_OR_NONE = OrNone([SID])


def each(keys: str, shape: Shape) -> dict[str, Shape]:
    """The same shape for several keys."""
    return dict.fromkeys(keys.split(), shape)


def _fields(kind: type[t.Any]) -> dict[str, Shape]:
    """The shape of a dataclass as plain data. A field with a default may be absent: a report of an earlier release has not all of them."""
    hints = t.get_type_hints(kind)
    shapes = {
        field.name: SID if field.name == "sid" and hints["sid"] is str else _hint(hints[field.name], field.name)
        for field in dataclasses.fields(kind)
    }
    return {
        field.name: shapes[field.name] if field.default is dataclasses.MISSING else Optional(shapes[field.name])
        for field in dataclasses.fields(kind)
    }


def _hint(hint: t.Any, name: str) -> Shape:
    inner = [one for one in t.get_args(hint) if one is not type(None)]
    if t.get_origin(hint) in (t.Union, types.UnionType):
        return OrNone(_hint(inner[0], name))
    if t.get_origin(hint) is tuple:
        return [_hint(inner[0], name)]
    return SID if name == "sid" else t.cast("type", hint)


EXCEPTION: dict[str, Shape] = {
    **each("account reason owner", str),
    **each("ticket approved_by expires", _TEXT),
    **each("hosts groups host_roles features", [str]),
}
_DOCUMENT = {"title": str, **each("publisher version date url differs", _TEXT)}
_GPO = {**each("name guid link status", _TEXT), **each("precedence error", _NUMBER)}
_CONTROLLED: dict[str, Shape] = {
    **_GPO,
    "kind": OneOf.of(Controller),
    **each("evidence why", str),
    **each("provider as_of", _TEXT),
    "losers": [_GPO],
    **each("extra lacking", _SIDS_OR_NONE),
}
_USER: dict[str, Shape] = {
    "kind": OneOf(("service", "app pool")),
    **each("name why", str),
    "account": _TEXT,
    "sid": _SID_OR_NONE,
    "has": OrNone(bool),
    "through": [SID],
    "pid": _NUMBER,
}
_MEMBER: dict[str, Shape] = {"sid": SID, "name": _TEXT, "broad": bool}
_EVENT: dict[str, Shape] = {
    "time": str,
    "by": OneOf(("machine", "account")),
    **each("target subject", SID),
    **each("target_name subject_name logon", _TEXT),
    "event": int,
    "given": bool,
}
_SOURCE = OneOf(("declared", "detected"))
_FEATURE: dict[str, Shape] = {"present": OrNone(bool), "source": _SOURCE, "because": _TEXT, "found": [str]}
_IIS: dict[str, Shape] = {
    **_fields(Iis),
    "installed": OrNone(bool),
    "source": _SOURCE,
    "pools": OrNone([_fields(AppPool)]),
    "pools_status": str,
}
_STEP: dict[str, Shape] = {"op": OneOf(("add", "remove")), "sid": SID, "status": str}
OUTCOMES = (
        "unchanged", "planned", "refused", "applied", "changed_meanwhile", "undone", "undo_failed", "not_started", "unknown",
        "nothing_to_restore", "same_machine",
)  # fmt: skip
_RESTART: dict[str, Shape] = {
    **_fields(Restart),
    "kind": OneOf(("service", "app pool", "logon")),
    "effect": OneOf(("gains", "loses")),
}
_FINDING = OneOf(
    ("missing", "unexpected", "orphan", "legacy", *(f"exception_{state.value}" for state in (State.EXPIRED, State.TOO_WIDE)))
)
CHANGE: dict[str, Shape] = {
    "outcome": OneOf(OUTCOMES),
    "status_after": OrNone(OneOf.of(Status)),
    "changes": OrNone([str]),
    **each("before after added removed left", _SIDS_OR_NONE),
    "unhandled": OrNone([str]),
    **each("attempted done undone", OrNone([_STEP])),
    "restart": OrNone([_RESTART]),
    "snapshot": _TEXT,
    "changed_as": Optional(_TEXT),
}
_KIND, _STANDING = OneOf.of(Kind), OrNone(OneOf.of(Standing))
RECORD: dict[str, Shape] = {
    **each("host reason", str),
    "status": OneOf.of(Status),
    **each("policy transport checked_at", _TEXT),
    "host_role": OrNone(OneOf.of(HostRole)),
    "role_source": OrNone(_SOURCE),
    "control": OrNone({**each("row source", str), **each("control rule", _TEXT), "document": OrNone(_DOCUMENT)}),
    "holders": [{"sid": SID, "name": _TEXT, "resolved": OneOf.of(Resolution), "kind": _KIND, "why": str, "standing": _STANDING}],
    **each("required permitted", _SIDS_OR_NONE),
    **each("missing unexpected waived", [SID]),
    "notes": [str],
    "findings": [{"kind": _FINDING, "text": str, "sid": SID, "name": _TEXT}],
    "exceptions": [{**EXCEPTION, "sid": _SID_OR_NONE, "state": OneOf.of(State)}],
    "controlled_by": OrNone(_CONTROLLED),
    "exposure": OrNone({"complete": bool, **each("users excluded unknown", [_USER]), "notes": [str]}),
    "groups": OrNone([{**_MEMBER, "status": str, "members": OrNone([_MEMBER])}]),
    "provenance": OrNone({"window_hours": int, "why": str, "coverage": OneOf.of(Coverage), "oldest": _TEXT, "events": [_EVENT]}),
    "features": OrNone(MapOf(_FEATURE)),
    "iis": OrNone(_IIS),
    "computer": OrNone(_fields(Computer)),
    "windows": OrNone(_fields(Windows)),
    "session": OrNone(_fields(Session)),
    "duration_ms": _NUMBER,
    "error": OrNone({**each("category message", str), **each("call status", _TEXT)}),
    "change": OrNone(CHANGE),
}


def _whole(shape: t.Any) -> t.Any:
    """The shape with all keys: what this release writes has every one of them."""
    if isinstance(shape, dict):
        return {key: _whole(inner.shape if isinstance(inner, Optional) else inner) for key, inner in shape.items()}
    if isinstance(shape, list):
        return [_whole(shape[0])]
    return type(shape)(_whole(shape.shape)) if isinstance(shape, (OrNone, MapOf)) else shape


_WRITTEN: dict[str, Shape] = _whole(RECORD)


def check_record(where: str, data: t.Any) -> None:
    """Raises BadInput that names the place where data is no record. ``where``: of a line in a file; empty for a record of this run."""
    check(where, data, RECORD if where else _WRITTEN, closed=True)
    if data["checked_at"] is not None:
        time(f"{where}: checked_at" if where else "checked_at", data["checked_at"])


def part_of(data: Mapping[str, t.Any], key: str) -> t.Any:
    """The value of one key where it has the shape that a record's has, else None."""
    try:
        check("", data.get(key), _WRITTEN[key], closed=True)
        if key == "checked_at" and data.get(key) is not None:
            time(key, data[key])
    except BadInput:
        return None
    return data.get(key)


def host_of(where: str, data: Mapping[str, t.Any]) -> str:
    """The host of a record. Raises BadInput for data that does not say whose it is."""
    check(where, data, {"host": str})
    if not data["host"]:
        raise BadInput(f"{where}: host: {brief(data['host'])} is no name of a host")
    return str(data["host"])
