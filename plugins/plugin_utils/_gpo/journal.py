# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change that was not finished left beside the template, and how far it got. Pure."""

from __future__ import annotations

import enum
import json
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

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
        raise Unclear("what it left beside the template cannot be understood")
    before, after = journal.before.digests, journal.after.digests
    other = [key for key in _KEYS if now[key] not in (before[key], after[key])]
    if other:
        raise Unclear(f"somebody else has changed it since ({', '.join(other)})")
    if all(now[key] == before[key] for key in _KEYS):
        return Stage.NOTHING
    return Stage.DONE if all(now[key] == after[key] for key in _KEYS) else Stage.BEGUN


def _side(data: t.Any) -> Side:
    """Raises ValueError, LookupError or TypeError for another form."""
    side = {key: data[key] for key in _KEYS}
    for key in ("template_sha256", "extensions", "gpt_ini_sha256"):
        if side[key] is not None and not isinstance(side[key], str):
            raise TypeError(key)
    if not isinstance(side["version"], int) or isinstance(side["version"], bool):
        raise TypeError("version")
    return Side(side, side["version"])
