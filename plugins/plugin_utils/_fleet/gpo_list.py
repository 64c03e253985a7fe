# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of accounts that a GPO gives the right to, as a host of a report tells of it, and that list beside the policy. Pure.

A record does not have the list itself: it has the holders, those that the host has besides the list (``extra``), and those of the list
that it lacks (``lacking``). None of the floor is ever ``extra``, and all of it that is absent is ``lacking``: it counts as on every list
(`_facts/controller`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .._accounts.sids import FLOOR, Sid
from .._policy.exceptions import State
from .._result.types import Controller, Record
from .._verdict.status import JUDGED


@dataclass(frozen=True, slots=True)
class GpoList:
    """The list of the GPO that sets the right on a host, by how the host differs from it."""

    extra: frozenset[Sid]
    lacking: frozenset[Sid]

    def of_held(self, sids: Collection[Sid]) -> frozenset[Sid]:
        """Those of some accounts that the host holds which have the right by the list."""
        return frozenset(sids) - self.extra

    def of_absent(self, sids: Collection[Sid]) -> frozenset[Sid]:
        """Those of some accounts that the host does not hold which the list leaves out as well."""
        return frozenset(sids) - self.lacking

    def accounts(self, holders: Collection[Sid]) -> frozenset[Sid]:
        """The whole list, with the floor; ``holders``: all of the host."""
        return self.of_held(holders) | self.lacking


@dataclass(frozen=True, slots=True)
class AgainstPolicy:
    """Where a list disagrees with the policy of a host: ``given`` are accounts on it that may not have the right, ``left_out`` those
    that must and are not on it.
    """

    given: frozenset[Sid]
    left_out: frozenset[Sid]


def list_of(controller: Controller) -> GpoList | None:
    """The list by what a host says; None where the holders could not be compared with it."""
    if controller["extra"] is None or controller["lacking"] is None:
        return None
    return GpoList(frozenset(controller["extra"]), frozenset(controller["lacking"]))


def against_policy(record: Record) -> AgainstPolicy | None:
    """A list beside the policy of its host; None where either is not known.

    A record that does not say whom its policy asks for, as of an earlier release, tells by its findings alone.
    """
    its = list_of(record["controller"]) if record["controller"] else None
    if its is None or record["status"] not in JUDGED:
        return None
    must = frozenset(record["required"] or ())
    not_yet = its.lacking - _allowed(record) if record["required"] is not None else frozenset[Sid]()
    return AgainstPolicy(
        given=its.of_held(record["unexpected"] or ()) | not_yet,
        left_out=its.of_absent(record["missing"] or ()) | (its.extra & must),
    )


def _allowed(record: Record) -> frozenset[Sid]:
    """Who may hold the right on a host, whether they do or not: by the floor, the policy and the exceptions that hold for it."""
    excepted = {one["sid"] for one in record["exceptions"] if one["sid"] and one["state"] in _HOLD}
    return frozenset({*FLOOR, *(record["required"] or ()), *(record["permitted"] or ()), *excepted})


_HOLD = (State.USED.value, State.UNUSED.value)
