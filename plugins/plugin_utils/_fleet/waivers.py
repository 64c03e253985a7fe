# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each exception on the whole fleet. Pure."""

from __future__ import annotations

import datetime
import json
import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence

from .. import _utc
from .._policy.exceptions import State, covers
from .._result.types import Applied, Declared, Record, Used

_DECLARED = frozenset(t.get_type_hints(Declared))
SOON: t.Final = 30
"""Days before its end in which an exception needs a look."""
WORST_FIRST: t.Final = (State.EXPIRED, State.TOO_WIDE, State.NOT_FORESEEN, State.UNKNOWN, State.UNUSED, State.USED)
"""The states of an exception, those first that need a look."""
_REFUSED = (State.EXPIRED.value, State.TOO_WIDE.value, State.NOT_FORESEEN.value)


def exceptions_of(
    records: Sequence[Record],
    declared: Iterable[Declared],
    unread: Mapping[str, Collection[str]],
    today: datetime.date,
) -> list[Used]:
    """Every exception once, with its state and the hosts that use it (``used_by``) or would, if it held (``wanted_by``), and how many it
    is meant for. Those that need attention come first.

    ``declared``: those of the run as plain data; more come from hosts that have their own. ``unread``: every host of the inventory that
    the run did not read, with its groups. The state is one of State: expired and too_wide before used; unused only when every host was
    read that the exception is meant for.
    """
    found: dict[str, Declared] = {}
    claims: dict[str, list[tuple[Record, Applied]]] = {}
    for exception in declared:
        found.setdefault(_key(exception), plain(exception))
    for record in records:
        for claim in record["exceptions"] or ():
            found.setdefault(_key(claim), plain(claim))
            claims.setdefault(_key(claim), []).append((record, claim))
    rows = [_row(found[key], claims.get(key, []), unread, today) for key in sorted(found)]
    return sorted(rows, key=lambda row: (WORST_FIRST.index(State(row["state"])), row["account"].casefold()))


def days_left(exception: Used, finished: str) -> int | None:
    """Days until an exception ends, where it holds and ends within SOON days of a run; 0 on its last day. None for the others."""
    if exception["expires"] is None or exception["state"] == State.EXPIRED.value:
        return None
    try:
        left = (datetime.date.fromisoformat(exception["expires"]) - _utc.read(finished).date()).days
    except ValueError:  # a day that never was, in a report of another
        return None
    return left if 0 <= left <= SOON else None


def _row(
    declared: Declared,
    claims: Sequence[tuple[Record, Applied]],
    unread: Mapping[str, Collection[str]],
    today: datetime.date,
) -> Used:
    states = {claim["state"] for _record, claim in claims}
    against = {record["host"]: set(record["unexpected"]) for record, claim in claims if claim["state"] in _REFUSED}
    over = declared["expires"] is not None and declared["expires"] < today.isoformat()
    if over or State.EXPIRED.value in states:
        state = State.EXPIRED
    else:
        state = next(
            (state for state in (State.TOO_WIDE, State.NOT_FORESEEN, State.USED, State.UNKNOWN) if state.value in states),
            State.UNUSED,
        )
    if state is State.UNUSED and any(
        covers(declared["hosts"], declared["groups"], host, groups) for host, groups in unread.items()
    ):
        state = State.UNKNOWN
    return {
        **declared,
        "state": state.value,
        "used_by": sorted({record["host"] for record, claim in claims if claim["state"] == State.USED.value}),
        "wanted_by": sorted(
            {record["host"] for record, claim in claims if claim["state"] in _REFUSED and claim["sid"] in against[record["host"]]}
        ),
        "meant_for": len({record["host"] for record, _claim in claims}),
    }


def meant_for_none(exception: Used) -> bool:
    """Whether an exception is meant for no host of a report: its hosts, groups, host roles and features fit none, and none was left out
    that they may fit. A group that the inventory does not have looks so, and a feature that no host has.
    """
    return exception["state"] == State.UNUSED.value and exception.get("meant_for") == 0


def plain(claim: Declared) -> Declared:
    """The exception alone, without what one host made of it."""
    return t.cast("Declared", {key: value for key, value in claim.items() if key in _DECLARED})


def _key(claim: Declared) -> str:
    return json.dumps(plain(claim), sort_keys=True)
