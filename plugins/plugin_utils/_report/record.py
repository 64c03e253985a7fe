# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One record per host, made once from what the task registered. A host without a result is never compliant."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from .._policy.verdict import Status

SCHEMA_VERSION = "1"

Record = dict[str, t.Any]

_TAKEN_OVER = (
    "status", "policy", "control", "host_role", "role_source", "holders", "required", "permitted", "missing", "unexpected",
    "waived", "findings", "exceptions", "controlled_by", "exposure", "groups", "provenance", "notes", "features", "iis",
    "computer", "windows", "session", "transport", "checked_at", "duration_ms", "error",
)  # fmt: skip


_CHANGE = (
    "outcome", "status_after", "changes", "before", "after", "added", "removed", "unhandled", "attempted", "done",
    "undone", "left", "restart", "snapshot",
)  # fmt: skip


def record_of(host: str, result: Mapping[str, t.Any] | None) -> Record:
    """The record of one host: the result's keys, with ``host`` and with ``reason``, one line for a person.

    ``result``: what the task registered for the host, or None when it registered nothing. ``change`` is None in an audit.
    """
    record: Record = {"host": host, **dict.fromkeys(_TAKEN_OVER), "status": Status.NOT_CHECKED.value}
    record.update(
        {key: [] for key in ("holders", "missing", "unexpected", "waived", "findings", "exceptions", "notes")}, change=None
    )
    if result is None or result.get("skipped"):
        record["error"] = _error("not_checked", "the host was expected, and no result was registered for it")
        return {**record, "reason": _reason(record)}
    record.update({key: result[key] for key in _TAKEN_OVER if key in result})
    if "outcome" in result:
        record["change"] = {key: result.get(key) for key in _CHANGE}
    if result.get("unreachable"):
        record.update(status=Status.UNREACHABLE.value, error=_error("unreachable", _message(result)))
    elif result.get("status") not in {status.value for status in Status} or (result.get("failed") and not record["error"]):
        record.update(status=Status.ERROR.value, error=_error("task_failed", _message(result)))
    return {**record, "reason": _reason(record)}


def _reason(record: Record) -> str:
    """Why a host has its status, in one line for a person."""
    if record["error"]:
        category, message = record["error"]["category"], record["error"]["message"]
        return message if category in (record["status"], "task_failed") else f"{category}: {message}"
    change = record["change"] or {}
    sentences = [*(change.get("changes") or ()), *_restarts(change), *(finding["text"] for finding in record["findings"])]
    if not sentences and record["holders"] and record["status"] in (Status.COMPLIANT.value, Status.WAIVED.value):
        allowed = "allowed or waived" if record["waived"] else "allowed"
        sentences = [f"holders: {len(record['holders'])}, all of them {allowed}", *_beyond_the_floor(record)]
    return "; ".join([*sentences, *record["notes"]]) or "no finding"


def _restarts(change: Mapping[str, t.Any]) -> list[str]:
    """When a change takes effect, where the next start of something really differs."""
    felt = [f"{one['kind']} {one['name']}" for one in change.get("restart") or () if not one["through"] and one["kind"] != "logon"]
    return [f"effective after restart of {', '.join(felt)}"] if felt else []


def _beyond_the_floor(record: Record) -> list[str]:
    """Why a host without a finding has holders that not every host has."""
    return [f"{holder['name'] or holder['sid']} {holder['why']}" for holder in record["holders"] if holder["standing"] != "floor"]


def _error(category: str, message: str) -> dict[str, t.Any]:
    return {"category": category, "message": message, "call": None, "status": None}


def _message(result: Mapping[str, t.Any]) -> str:
    message = " ".join(str(result.get("msg") or "the task gave no message").split())
    return message.removeprefix("Task failed: ")
