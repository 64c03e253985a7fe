# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change that was not finished left beside the template, and how far it got. Pure."""

from __future__ import annotations

import enum
import json
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._wording import visible

_KEYS = ("template_sha256", "version", "extensions", "gpt_ini_sha256")


class Unclear(Exception):
    """A journal from which nobody can tell what happened."""


class Stage(enum.Enum):
    """How far a change got."""

    NOTHING = "nothing"  # was written
    BEGUN = "begun"  # some parts are new, some old
    DONE = "done"  # all parts are new; only the journal was left


@dataclass(frozen=True, slots=True)
class Side:
    """The parts of a GPO before or after a change, by their digests."""

    digests: Mapping[str, object]
    version: int


@dataclass(frozen=True, slots=True)
class Journal:
    """What a run wrote down before it began. None where its text could not be understood."""

    before: Side
    after: Side
    clear: bool = True


def read_journal(text: str | None) -> Journal | None:
    """A journal from its text; None where there is none. One that cannot be understood is kept as unclear."""
    if text is None:
        return None
    try:
        data = json.loads(text)
        return Journal(_side(data["before"]), _side(data["after"]))
    except (ValueError, LookupError, TypeError, RecursionError):
        nothing = Side({}, 0)
        return Journal(nothing, nothing, clear=False)


def stage_of(journal: Journal, now: Mapping[str, object]) -> Stage:
    """How far the change got, by the digests of what is there now. Raises Unclear where a part is neither old nor new."""
    if not journal.clear:
        raise Unclear("what it left beside GptTmpl.inf (~winrights-seimpersonate.tmp) cannot be understood")
    before, after = journal.before.digests, journal.after.digests
    other = strayed(before, after, now)
    if other:
        raise Unclear(f"somebody else has changed it since, or an undo failed: {'; '.join(other)}")
    if all(now[key] == before[key] for key in _KEYS):
        return Stage.NOTHING
    return Stage.DONE if all(now[key] == after[key] for key in _KEYS) else Stage.BEGUN


def strayed(before: Mapping[str, object], after: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """The parts that are neither as before a change nor as after it, in words that say where to look."""
    return [_PLACES[key](before[key], after[key], now[key]) for key in _KEYS if now[key] not in (before[key], after[key])]


def _file(name: str) -> Callable[[object, object, object], str]:
    return lambda _before, _after, now: f"{name} {'is gone' if now is None else 'has other bytes than before or planned'}"


def _value(name: str) -> Callable[[object, object, object], str]:
    return lambda before, after, now: f"{name} is {_shown(now)}, was {_shown(before)}, and {_shown(after)} was planned"


def _shown(value: object) -> str:
    return "not set" if value is None else visible(str(value))


_PLACES: Mapping[str, Callable[[object, object, object], str]] = {
    "template_sha256": _file("GptTmpl.inf"),
    "version": _value("versionNumber"),
    "extensions": _value("gPCMachineExtensionNames"),
    "gpt_ini_sha256": _file("gpt.ini"),
}


def _side(data: t.Any) -> Side:
    """Raises ValueError, LookupError or TypeError for another form."""
    side = {key: data[key] for key in _KEYS}
    for key in ("template_sha256", "extensions", "gpt_ini_sha256"):
        if side[key] is not None and not isinstance(side[key], str):
            raise TypeError(key)
    if not isinstance(side["version"], int) or isinstance(side["version"], bool):
        raise TypeError("version")
    return Side(side, side["version"])
