# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payload's answer to a change of a GPO -> what the domain controller has done. What contradicts itself is not believed. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from .._gpo.facts import Digest
from .._gpo.plan import GpoPlan
from .._wording import visible
from .answers import TooLarge, typed
from .changes import LostContact
from .failures import not_begun, words_of

OUTCOMES = ("applied", "undone", "not_started", "unknown")
_STEPS = ("template", "container", "gpt_ini")


@dataclass(frozen=True, slots=True)
class GpoState:
    """The three parts, as the domain controller read them."""

    template_sha256: Digest | None
    version: int
    extensions: str | None
    gpt_ini_sha256: Digest | None


@dataclass(frozen=True, slots=True)
class GpoChange:
    """What the domain controller says it has done.

    ``outcome``: applied, undone, not_started (nothing was written) or unknown. ``after``: None where it could not be read.
    """

    outcome: str
    message: str | None
    after: GpoState | None
    attempted: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    call: str | None = None
    status: str | None = None


def gpo_change_of(answer: Mapping[str, object], plan: GpoPlan) -> GpoChange:
    """The change that an answer tells. Raises LostContact where the outcome cannot be understood or contradicts itself or the plan."""
    outcome = answer.get("outcome")
    if not isinstance(outcome, str) or outcome not in OUTCOMES:
        reason = not_begun(answer)
        if reason is None:
            raise LostContact(words_of(answer.get("msg")) or "the host gave no answer that can be understood")
        return GpoChange("not_started", reason, None)
    after = answer.get("after")
    try:
        state = typed(GpoState, after) if isinstance(after, Mapping) else None
    except (KeyError, TypeError, ValueError, TooLarge) as error:
        raise LostContact(words_of(f"the host says {outcome}, and its answer cannot be understood: {error}")) from None
    call, status = _error(answer.get("error"))
    change = GpoChange(
        outcome,
        words_of(answer.get("msg")) or None,
        state,
        _steps(answer.get("attempted")),
        _steps(answer.get("undone")),
        call,
        status,
    )
    contradiction = _contradiction(change, plan, bool(answer.get("failed")))
    if contradiction:
        raise LostContact(f"the host says {outcome}, and {contradiction}")
    return change


def _contradiction(change: GpoChange, plan: GpoPlan, failed: bool) -> str | None:
    """Why an outcome is not believed, or None."""
    if change.outcome == "applied":
        if failed:
            return "that it failed"
        return None if _is(change.after, plan.will.digests) else "its second read is not what was to be written"
    if change.outcome == "undone":
        after = change.after
        was = plan.was.digests
        same = after is not None and (after.template_sha256, after.extensions) == (was["template_sha256"], was["extensions"])
        return None if same else "its last read is not what was there before"
    return "that it wrote something" if change.outcome == "not_started" and change.attempted else None


def _is(state: GpoState | None, digests: Mapping[str, object]) -> bool:
    return state is not None and all(getattr(state, key) == value for key, value in digests.items())


def _steps(data: object) -> tuple[str, ...]:
    """Words of steps; none where they cannot be understood, since they only explain."""
    if not isinstance(data, list):
        return ()
    return tuple(step for step in data[: len(_STEPS)] if isinstance(step, str) and step in _STEPS)


def _error(data: t.Any) -> tuple[str | None, str | None]:
    if not isinstance(data, Mapping):
        return None, None
    return _word(data.get("call")), _word(data.get("status"))


def _word(value: object) -> str | None:
    return visible(value) if isinstance(value, str) else None
