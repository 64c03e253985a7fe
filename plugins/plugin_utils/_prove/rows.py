# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One row of the table: a fact, what the payload and a source say of it, and the verdict. The few ways in which a verdict comes about."""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from .answers import Unasked


class Verdict(str, enum.Enum):
    """How payload and source stand to one another."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_ASKED = "not asked"  # the source could not be asked, or the payload could not tell; why
    SHOWN = "shown"  # both are shown and not judged; why


@dataclass(frozen=True, slots=True)
class Row:
    """A fact by one source. ``payload``, ``answer``: what each said, for a reader; ``why``: of a difference, or of none."""

    fact: str
    source: str
    verdict: Verdict
    payload: str = ""
    answer: str = ""
    why: str = ""


def said(value: object) -> str:
    """A value for a reader."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={said(one)}" for key, one in sorted(value.items())) or "none"
    if isinstance(value, (set, frozenset, list, tuple)):
        return ", ".join(sorted(map(said, value))) or "none"
    return str(value)


def one_value(fact: str, source: str, told: object, ask: Callable[[], object], shown: str = "") -> Row:
    """Payload and source name the same thing, or they do not. ``shown``: why that is not judged. ``ask`` raises Unasked."""
    try:
        answer = ask()
    except Unasked as reason:
        return Row(fact, source, Verdict.NOT_ASKED, said(told), why=str(reason))
    if shown:
        return Row(fact, source, Verdict.SHOWN, said(told), said(answer), shown)
    if told is None and answer is not None:
        return Row(fact, source, Verdict.NOT_ASKED, said(told), said(answer), "the payload could not tell")
    return Row(fact, source, Verdict.AGREES if told == answer else Verdict.DIFFERS, said(told), said(answer))


def sets(fact: str, source: str, told: frozenset[str], ask: Callable[[], frozenset[str]], shown: str = "") -> Row:
    """Payload and source list the same, or one has what the other lacks. ``ask`` raises Unasked."""
    try:
        answer = ask()
    except Unasked as reason:
        return Row(fact, source, Verdict.NOT_ASKED, f"{len(told)}", why=str(reason))
    parts = [f"{who}: {said(its)}" for who, its in (("only payload", told - answer), ("only source", answer - told)) if its]
    verdict = Verdict.SHOWN if shown else Verdict.DIFFERS if parts else Verdict.AGREES
    why = "; ".join([*parts, *([shown] if shown else [])])
    return Row(fact, source, verdict, f"{len(told)}", f"{len(answer)}", why)


Pair = tuple[str, object, Callable[[], object]]


def pairs(fact: str, source: str, asked: Iterable[Pair], nothing: str) -> Row:
    """Many things of one kind, each by its own question; one that differs makes the row differ. ``nothing``: why none is asked."""
    differ, missed, count = [], [], 0
    for label, told, ask in asked:
        count += 1
        try:
            answer = ask()
        except Unasked as reason:
            missed.append(f"{label}: {reason}")
            continue
        if answer != told:
            differ.append(f"{label}: {said(told)}, by the source {said(answer)}")
    if not count or (len(missed) == count):
        return Row(fact, source, Verdict.NOT_ASKED, f"{count}", why="; ".join(missed) or nothing)
    why = "; ".join([*differ, *(f"not asked: {one}" for one in missed)])
    verdict = Verdict.DIFFERS if differ else Verdict.AGREES
    return Row(fact, source, verdict, f"{count}", f"{count - len(missed)} asked", why)


def told_or_none(value: t.Any) -> str | None:
    """A text of a cmdlet; None for an empty one or for none."""
    return value if isinstance(value, str) and value else None
