# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payload's answer to a change -> what the host has done. What contradicts itself or the plan is not believed. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from .._accounts.sids import Sid
from .._input.brief import brief
from .._verdict.outcome import Outcome
from .._verdict.plan import Plan, by_number
from .._wording import some
from . import limits
from .answers import TooLarge, refuse_long, typed, value_of
from .failures import CallError, NtStatus, call_error, not_begun, words_of

_SUCCESS = "0x00000000"
_OBJECT_NAME_NOT_FOUND = "0xC0000034"

_REPORTED = tuple(outcome.value for outcome in Outcome if outcome.reported)
Sids = tuple[str, ...]
_LIST = tuple[Sid, ...] | None


class LostContact(Exception):
    """The exchange ended before the host reported what it has done, or what it reported cannot be believed: its state is unknown."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call that the host made. ``op``: add or remove; ``status``: its NTSTATUS."""

    op: str
    sid: Sid
    status: NtStatus

    @property
    def done(self) -> bool:
        """The call succeeded, or found that the account was gone already."""
        return self.status == _SUCCESS or (self.op == "remove" and self.status == _OBJECT_NAME_NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Change:
    """What the host says it has done.

    ``outcome``: applied, changed_meanwhile (the right was changed by others; nothing was done), undone, undo_failed, not_started.
    ``after``: the holders at the end, None when the host could not read them. ``message``, ``attempted``, ``undone``, ``error`` are words
    only: None or empty where they cannot be understood.
    """

    outcome: Outcome
    message: str | None
    before: Sids | None
    after: Sids | None
    attempted: tuple[Step, ...]
    undone: tuple[Step, ...]
    error: CallError


def change_of(answer: Mapping[str, object], plan: Plan) -> Change:
    """The change that an answer tells. Raises LostContact where the outcome or the holders cannot be understood or contradict the plan."""
    word = answer.get("outcome")
    if not isinstance(word, str) or word not in _REPORTED:
        return _of_the_wrapper(answer)
    outcome = Outcome(word)
    try:
        before, after = _sids("before", answer["before"]), _sids("after", answer["after"])
    except KeyError as error:
        raise LostContact(f"the host says {word}, and its answer lacks {error}") from None
    except (TypeError, ValueError, TooLarge) as error:
        raise LostContact(words_of(f"the host says {word}, and its answer cannot be understood: {error}")) from None
    steps = len(plan.add) + len(plan.remove)
    change = Change(
        outcome=outcome,
        message=words_of(answer.get("msg")) or None,
        before=before,
        after=after,
        attempted=_steps(answer.get("attempted"), steps),
        undone=_steps(answer.get("undone"), steps),
        error=call_error(answer.get("error")),
    )
    contradiction = _contradiction(change, plan, bool(answer.get("failed")))
    if contradiction:
        raise LostContact(f"the host says {word}, and {contradiction}")
    return change


def _of_the_wrapper(answer: Mapping[str, object]) -> Change:
    """A change that the wrapper ended before the payload began. Raises LostContact for any other answer without an outcome."""
    reason = not_begun(answer)
    if reason is None:
        raise LostContact(words_of(answer.get("msg")) or "the host gave no answer that can be understood")
    return Change(Outcome.NOT_STARTED, reason, None, None, (), (), CallError())


def _contradiction(change: Change, plan: Plan, failed: bool) -> str | None:
    """Why an outcome is not believed, or None."""
    before, after = change.before, change.after
    written = any(step.done for step in change.attempted)
    if change.outcome is Outcome.APPLIED:
        if failed:
            return "that it failed"
        return _differs(before, plan.before, "its first read is not") or _differs(after, plan.after, "its second read is not")
    if change.outcome is Outcome.UNDONE:
        return _differs(before, plan.before, "its first read is not") or _differs(after, plan.before, "its last read is not")
    if change.outcome is Outcome.UNDO_FAILED:
        return _differs(before, plan.before, "its first read is not")
    if written:
        return "that it changed something"
    if change.outcome is Outcome.CHANGED_MEANWHILE:
        return "its read is what was expected" if before is None or before == plan.before or after != before else None
    return None if after is None or after == before else "that the holders are others"


def _differs(sids: Sids | None, expected: Sids, words: str) -> str | None:
    if sids == expected:
        return None
    return f"{words} what it should be: {_listed(sids)} for {_listed(expected)}"


def _listed(sids: Sids | None) -> str:
    return "not told" if sids is None else some(sids) or "no holder"


def _sids(where: str, data: object) -> Sids | None:
    """A list of SIDs. Raises TypeError or ValueError for anything else, such as a list that unrolled to a text, and TooLarge."""
    sids: Sids | None = value_of(where, _LIST, data)
    if sids is None:
        return None
    refuse_long(where, sids, limits.HOLDERS)
    return by_number(sids)


def _steps(data: object, limit: int) -> tuple[Step, ...]:
    """The calls that the host made; none where their list cannot be understood, since they only explain."""
    if not isinstance(data, list) or len(data) > limit:
        return ()
    try:
        return tuple(_step(row) for row in data)
    except (AttributeError, KeyError, TypeError, ValueError, TooLarge):
        return ()


def _step(row: t.Any) -> Step:
    """One call. Raises KeyError, TypeError or ValueError."""
    step = typed(Step, row)
    if step.op not in ("add", "remove"):
        raise ValueError(f"{brief(step.op)} is neither add nor remove")
    return step
