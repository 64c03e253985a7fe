# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of a job of AWX -> the records of its hosts, and what the run said of itself. What an event says is hostile until it is typed."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._input.errors import BadInput
from .._result.check import check_head
from .._result.record import record_of
from .._result.types import MergedRun, Record
from .controller import Object

KINDS = "runner_on_ok,runner_on_failed,runner_on_unreachable"
"""Kinds of events that have the result of a task."""
PLAN = "Plan | Read every host and plan its change"
"""The task of our role that plans: its results are no end of a change."""
_COLLECTION = "winrights.seimpersonate."
_READERS = tuple(_COLLECTION + name for name in ("local_right", "local_right_info", "fleet_read"))
_CHECK = f"{_COLLECTION}fleet_check"
_REPORT = f"{_COLLECTION}fleet_report"
_LOOKED = (_REPORT, f"{_COLLECTION}fleet_plan")
_LOST = "AWX kept no result of this host: one that is longer than its setting MAX_EVENT_RES_DATA allows is thrown away"


def record_in(event: Object) -> Record | None:
    """The record of a host that an event has, or None. A result that AWX threw away is that host's error."""
    data = _data(event)
    host = data.get("host") or event.get("host_name")
    if (
        _action(data) not in _READERS
        or str(data.get("task", "")).rpartition(" : ")[2] == PLAN
        or not isinstance(host, str)
        or not host
    ):
        return None
    result = data.get("res")
    if not isinstance(result, Mapping) or not result:
        return record_of(host, {"failed": True, "msg": _LOST})
    return record_of(host, {**result, "unreachable": True} if event.get("event") == "runner_on_unreachable" else result)


def expected_in(event: Object) -> list[str]:
    """Hosts that a run must account for, of an event: one that it read or planned for, or those that its check knew of."""
    data = _data(event)
    if _action(data) in _READERS:
        host = data.get("host") or event.get("host_name")
        return [host] if isinstance(host, str) and host else []
    result = data.get("res")
    expected = result.get("expected") if _action(data) == _CHECK and isinstance(result, Mapping) else None
    return [host for host in expected if isinstance(host, str)] if isinstance(expected, list) else []


def is_ours(event: Object) -> bool:
    """Whether an event is of a task of this collection."""
    return _action(_data(event)).startswith(_COLLECTION)


def looked_at_all(event: Object) -> bool:
    """Whether an event is of a task for the fleet, which runs when every host was read, or planned for."""
    return _action(_data(event)) in _LOOKED


def head_in(event: Object) -> MergedRun | None:
    """What a run says of itself, of the event of its report, or None. Raises BadInput for one that is not of the contract."""
    data = _data(event)
    if _action(data) != _REPORT:
        return None
    result = data.get("res")
    head = result.get("head") if isinstance(result, Mapping) else None
    if head is None:
        return None
    check_head("head", head, {})
    return t.cast("MergedRun", {key: head[key] for key in t.get_type_hints(MergedRun)})


def readable_head(event: Object) -> MergedRun | None:
    """The same, None for one that cannot be read."""
    try:
        return head_in(event)
    except BadInput:
        return None


def _data(event: Object) -> Mapping[str, t.Any]:
    data = event.get("event_data")
    return data if isinstance(data, Mapping) else {}


def _action(data: Mapping[str, t.Any]) -> str:
    return str(data.get("resolved_action") or data.get("task_action") or "")
