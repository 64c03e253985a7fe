# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of a report as a page may show them: names that are not ours made visible, numbers, the words of a status. Pure."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from ... import _utc
from ..._policy.exceptions import State
from ..._verdict.findings import EXTRA
from ..._verdict.rank import Rank
from ..._verdict.status import Status
from ..._wording import NAME, visible
from ..sentences import STATES

VARIES = re.compile(r"(0x[0-9a-fA-F]+|\d+(?:\.\d+)*)")
"""Numbers in an error, which differ between hosts with the same one."""
_BREAKS = re.compile(r"([\\_,])")


@dataclass(frozen=True, slots=True)
class Word:
    """A status for people: the words, a sign beside the colour, and what it means."""

    text: str
    sign: str
    meaning: str


STATUSES: dict[str, Word] = {
    Status.COMPLIANT.value: Word("compliant", "✓", "the accounts that hold the right are those that the policy asks for or allows"),
    Status.DRIFT.value: Word(
        "drift", "✕", "an account holds the right that the policy does not allow, or one lacks it that must have it"
    ),
    Status.WAIVED.value: Word("waived", "≈", "every difference is covered by an exception that was valid on the day of the run"),
    Status.NOT_APPLICABLE.value: Word("not in the policy", "–", "the host was read, and the policy has no row for it"),
    Status.UNREACHABLE.value: Word("unreachable", "∅", "no connection to the host; nothing is known about it"),
    Status.ERROR.value: Word(
        "error",
        "!",
        "the host could not be read or judged, or its change was refused or did not end as planned: its reason says which",
    ),
    Status.NOT_CHECKED.value: Word("not checked", "?", "the host was expected, and there is no result for it"),
}

STANDINGS: dict[str, Word] = {
    "unexpected": Word("unexpected", "✕", "no row of the policy and no valid exception names the account for that host"),
    "orphan": Word("orphan", "✕", "the SID of an account that no longer exists"),
    "legacy": Word("legacy", "✕", "has the name of an account of IIS 6 or ASP.NET 1.x; permit it where it is still needed"),
    "waived": Word("waived", "≈", "an exception with a reason and an owner allows it"),
    "permitted": Word("permitted", "✓", "the policy allows it and does not ask for it"),
    "default": Word("default", "✓", "Windows gives the right to it by default"),
    "required": Word("required", "✓", "the policy asks for it: without the right something breaks"),
    "floor": Word("floor", "✓", "every Windows needs it; it is never taken away"),
    "not judged": Word("not judged", "–", "the policy has no row for the host"),
}
RANKS: dict[str, Word] = {
    Rank.CRITICAL.value: Word("critical", "▲", "a group of nearly everybody, or an account on a tier-0 host"),
    Rank.HIGH.value: Word("high", "△", "a process runs under the account, or a service has it on a tier-0 host"),
    Rank.MEDIUM.value: Word("medium", "◆", "an account of a server"),
    Rank.LOW.value: Word(
        "low", "◇", "an account of a client or of a program, a deleted account, or an account that lacks the right"
    ),
}
_OF_EXCEPTIONS = {
    State.EXPIRED: ("✕", "its last day is over, so that it waives no holder"),
    State.TOO_WIDE: ("✕", "its account is a group of nearly everybody, so that it is refused"),
    State.NOT_FORESEEN: (
        "✕",
        "it waives no holder: the rule that judges the host foresees no exception, and this run takes only what a rule foresees",
    ),
    State.UNKNOWN: (
        "?",
        "whether it is needed is not known: a host that it may be meant for was not read or not judged, or its account or a feature of "
        "a host could not be looked up",
    ),
    State.UNUSED: ("–", "no host needs it, and every host that it is meant for, if any, was read and judged"),
    State.USED: ("✓", "it waives a holder on at least one host"),
}
EXCEPTION_STATES = {state.value: Word(STATES[state.value], sign, meaning) for state, (sign, meaning) in _OF_EXCEPTIONS.items()}
"""What became of an exception."""
AGAINST = EXTRA
"""Standings that make a host drift."""


def clean(text: str | None, most: int = NAME) -> str:
    """A text that others chose, or none, fit to be seen (see texts.visible)."""
    return visible(str(text), most) if text is not None else ""


def soft(text: str) -> Markup:
    """A name that may break behind its domain and between the words of a symbol or a path, before it breaks anywhere."""
    return Markup("").join(
        Markup("{}<wbr>").format(part) if _BREAKS.fullmatch(part) else escape(part) for part in _BREAKS.split(text)
    )


def number(count: float) -> str:
    """10000 -> 10,000."""
    return f"{count:,}"


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 host``, ``2 hosts``."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def role_words(role: str | None) -> str:
    """``member server``; a host that was not read has none."""
    return (role or "not known").replace("_", " ").replace("standalone", "stand-alone")


def most_common(counts: Mapping[str, int], most: int) -> list[str]:
    """The most frequent texts, ties by the text; an empty one does not count."""
    return sorted(filter(None, counts), key=lambda text: (-counts[text], text))[:most]


def duration(seconds: t.Any) -> str:
    """``26 min 12 s``."""
    minutes, rest = divmod(int(seconds or 0), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
        f"{rest} s" if rest or not (hours or minutes) else "",
    ]
    return " ".join(filter(None, parts))


def moment(text: str | None) -> str:
    """``2026-01-31T08:15:00Z`` -> ``2026-01-31 08:15:00 UTC``; anything else as it is."""
    text = clean(text, 40)
    return f"{text[:10]} {text[11:19]} UTC" if len(text) == 20 and text[10] == "T" and text[-1] == "Z" else text


def age(since: str, run: Mapping[str, str]) -> tuple[str, str]:
    """Since which report something is there, and for how many days at the end of a run; new where it began with that run."""
    if since == run["started"]:
        return "new", ""
    days = (_utc.read(run["finished"]) - _utc.read(since)).days
    return f"since {since[:10]}", counted(days, "day")


def joined(texts: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))
