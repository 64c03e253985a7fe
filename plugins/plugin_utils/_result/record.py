# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One record per host, made once from what the task registered. A host without a result is never compliant."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping, Sequence

from .._host.failures import lacks_resources
from .._input.brief import brief
from .._input.categories import ErrorCategory
from .._input.errors import BadInput
from .._verdict.findings import EXTRA
from .._verdict.outcome import Outcome
from .._verdict.status import GOOD, Status
from .._wording import MESSAGE, few_lines, message, some, visible
from .check import CHANGE, RECORD, checked, host_of, part_of
from .types import Change, Failure, Record

SCHEMA_VERSION: t.Final = "2"
EARLIER_VERSIONS: t.Final = ("1",)
"""Their reports have other keys, and are refused."""

_MOST = 50  # sentences of a kind, or names, in the reason of a host; all of them are in its record
_TAKEN_OVER = tuple(key for key in RECORD if key not in ("host", "reason", "change"))
# What is true of a host whatever else does not fit: when and how it answered, and what a change left on it.
_KEPT = ("policy", "transport", "checked_at", "duration_ms", "computer", "windows", "session", "change")

_STATUSES = frozenset(status.value for status in Status)
_OUTCOMES = tuple(outcome.value for outcome in Outcome)  # what is compared may have no hash


def record_of(host: str, result: Mapping[str, object] | None) -> Record:
    """The record of one host: the result's keys, with ``host`` and with ``reason``, one line for a person.

    ``result``: what the task registered for the host, or None when it registered nothing. ``change`` is None in an audit. A result that
    does not have the shape of a record is this host's error: whatever is written can be read again, and no other host pays for it.
    """
    if result is None or result.get("skipped"):
        why = "the host was expected, and no result was registered for it"
        return _reasoned({**_empty(host), "error": _error(ErrorCategory.NOT_CHECKED, why)})
    record: dict[str, object] = {**_empty(host), **{key: result[key] for key in _TAKEN_OVER if key in result}}
    if "outcome" in result:
        record["change"] = {key: result.get(key) for key in CHANGE}
    if result.get("unreachable"):
        why = _message(result)
        category = ErrorCategory.HOST_RESOURCES if lacks_resources(why) else ErrorCategory.UNREACHABLE
        record.update(status=Status.UNREACHABLE.value, error=_error(category, why))
    elif not _has_status(result) or (result.get("failed") and not record["error"]):
        record.update(status=Status.ERROR.value, error=_error(ErrorCategory.TASK_FAILED, _message(result)))
    try:
        return _reasoned(checked("", record))
    except BadInput as error:
        why = f"what the task registered for the host is not a record of ours: {error}"
        return _spoilt(host, record, ErrorCategory.MALFORMED_RESULT, why)


def read_record(where: str, data: Mapping[str, object]) -> Record:
    """A record of a file. One that is damaged becomes the error of its host, which says where: an older record must not hide it.

    Raises BadInput where it does not even name its host.
    """
    host = host_of(where, data)
    try:
        return checked(where, data)
    except BadInput as error:
        return _spoilt(host, data, ErrorCategory.MALFORMED_RECORD, f"the record of the host is damaged: {error}")


def _empty(host: str) -> Record:
    """The record of a host of which nothing is known: every key is there."""
    lists: dict[str, object] = {key: [] if isinstance(shape, list) else None for key, shape in RECORD.items()}
    return t.cast("Record", {**lists, "host": host, "reason": "", "status": Status.NOT_CHECKED.value})


def _reasoned(record: Record) -> Record:
    return {**record, "reason": _reason(record)}


def _spoilt(host: str, data: Mapping[str, object], category: ErrorCategory, message: str) -> Record:
    """The record of a host that cannot be relied on: what of it fits and does not judge, and what is wrong with the rest."""
    kept = {key: part_of(data, key) for key in _KEPT}
    change = data.get("change")
    if kept["change"] is None and isinstance(change, Mapping) and change.get("outcome") in _OUTCOMES:
        kept["change"] = {**dict.fromkeys(CHANGE), "outcome": change["outcome"]}  # that a host was changed must not be lost
    record = t.cast("Record", {**_empty(host), **kept})
    return _reasoned({**record, "status": Status.ERROR.value, "error": _error(category, message)})


def _has_status(result: Mapping[str, object]) -> bool:
    return isinstance(result.get("status"), str) and result["status"] in _STATUSES


def _reason(record: Record) -> str:
    """Why a host has its status, in one line for a person."""
    if record["error"]:
        category, words = record["error"]["category"], record["error"]["message"]
        return message(words if category in (record["status"], ErrorCategory.TASK_FAILED) else f"{category}: {words}")
    change = record["change"]
    sentences = change_sentences(change) if change else []
    sentences += _few([finding["text"] for finding in record["findings"]])
    if not sentences and record["holders"] and record["status"] in GOOD:
        sentences = [_of_holders(record), *_beyond_the_floor(record)]
    return "; ".join([*sentences, *_few(record["notes"])]) or "no finding"


def _of_holders(record: Record) -> str:
    """How many holders a host without a finding has, and whether the policy allows all of them: some may be left on purpose."""
    count, left = len(record["holders"]), sum(holder["standing"] in EXTRA for holder in record["holders"])
    allowed = "allowed or waived" if record["waived"] else "allowed"
    if not left:
        return f"holders: {count}, all of them {allowed}"
    return f"holders: {count}, {count - left} of them {allowed}, {left} left as {'it is' if left == 1 else 'they are'}"


def change_sentences(change: Change) -> list[str]:
    """What was or would be changed on a host, and what has to restart for it."""
    return [*_few(change["changes"] or ()), *_restarts(change)]


def _few(sentences: Sequence[str]) -> list[str]:
    """The first sentences of a list that has no end, and how many more there are; each fit to be seen."""
    return [visible(sentence, MESSAGE) for sentence in few_lines(sentences, _MOST)]


def _restarts(change: Change) -> list[str]:
    """When a change takes effect, where the next start of something really differs."""
    delayed = [
        f"{restart['kind']} {visible(restart['name'])}"
        for restart in change["restart"] or ()
        if not restart["through"] and restart["kind"] != "logon"
    ]
    return [f"effective after restart of {some(delayed, _MOST)}"] if delayed else []


def _beyond_the_floor(record: Record) -> list[str]:
    """Why a host without a finding has holders that not every host has."""
    others = [holder for holder in record["holders"] if holder["standing"] != "floor"]
    return _few([f"{visible(holder['name'] or holder['sid'])} {holder['why']}" for holder in others])


def _error(category: ErrorCategory, message: str) -> Failure:
    return {"category": category.value, "message": message, "call": None, "status": None}


_ENCODED = re.compile(r"(-Encoded(?:Command|Arguments) )[A-Za-z0-9+/=]{100,}")
"""A command of ansible-core in a message of its own, of thousands of characters that nobody can read, before what the host said to it."""


def _message(result: Mapping[str, object]) -> str:
    words = result.get("msg") or "the task gave no message"
    text = words if isinstance(words, str) else brief(words)
    return message(_ENCODED.sub(r"\1...", text)).removeprefix("Task failed: ")
