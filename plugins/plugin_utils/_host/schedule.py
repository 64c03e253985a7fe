# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host is read next, which one is given up, and which one is tried again, where one process reads many. Pure: it is told the time."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

PATIENCE = 3.0
"""Seconds without an end after which more hosts are begun: those that are read are dead or slow, and must not keep others waiting.

Where this process is what is slow, hosts do end, and more at once would only let them run into their time limits.
"""
_BESIDE = 8
"""So many times the hosts that are read at once may be read in the end."""


class End(enum.Enum):
    """How an attempt to read a host ended."""

    ANSWERED = "the host answered, whatever it said"
    LOST = "the host was not reached, and may be the next time"
    GIVEN_UP = "the host took longer than it may"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one attempt may take, when all of them are over (a time of the same clock; None: no limit), how often a host that was lost
    is tried again, and how many hosts are read at once.

    Attempts after the first are made when every host has had its first, so that dead hosts keep no thread from living ones.
    """

    attempt: float
    until: float | None = None
    retries: int = 0
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a host. Two tries at one host are two of these, so that a late answer of the first is not taken for the second's."""

    host: str
    number: int
    began: float


class Schedule:
    """The hosts of one reader. Not for several threads at a time: whoever shares it locks it."""

    def __init__(self, hosts: Iterable[str], limits: Limits) -> None:
        self._limits = limits
        self._waiting = deque((host, 1) for host in dict.fromkeys(hosts))
        self._running: dict[str, Attempt] = {}
        self._ends: dict[str, End] = {}
        self._winding_up = False
        self._allowed = limits.at_once
        self._moved: float | None = None

    def start(self, now: float) -> Attempt | None:
        """The next attempt, or None where there is nothing to begin any more, or not now."""
        if not self._waiting or self._over(now) or not self._has_room(now):
            return None
        host, number = self._waiting.popleft()
        self._moved = now if self._moved is None else self._moved
        attempt = self._running[host] = Attempt(host, number, now)
        return attempt

    def end(self, attempt: Attempt, end: End, now: float) -> bool:
        """An attempt ended. Returns whether its result counts: not that of one that was given up before, nor of one that is made again.

        An attempt that is given up leaves a thread behind, which only the end of the process ends: no other host is begun in it.
        """
        if self._running.get(attempt.host) != attempt:
            return False
        del self._running[attempt.host]
        self._moved = now
        if now - attempt.began >= PATIENCE:  # the slow ones leave, and with them what was begun beside them
            self._allowed = max(self._limits.at_once, self._allowed - 1)
        if end is End.LOST and attempt.number <= self._limits.retries and not self._out_of_time(now):
            self._waiting.append((attempt.host, attempt.number + 1))
            return False
        self._winding_up = self._winding_up or end is End.GIVEN_UP
        self._ends[attempt.host] = end
        return True

    def overdue(self, now: float) -> list[Attempt]:
        """Attempts whose time is over; each is to be ended as given up."""
        return [attempt for attempt in self._running.values() if self._until(attempt) <= now]

    def wake(self, now: float) -> float | None:
        """The time of the next deadline, or None where there is none."""
        times = [self._until(attempt) for attempt in self._running.values()]
        if self._waiting and not self._winding_up and self._allowed <= len(self._running) < self._most:
            times.append((now if self._moved is None else self._moved) + PATIENCE)
        return min([*times, *([] if self._limits.until is None else [self._limits.until])], default=None)

    def done(self, now: float) -> bool:
        """Nothing is begun any more, and nothing is waited for."""
        return self._out_of_time(now) or (not self._running and (not self._waiting or self._winding_up))

    @property
    def unread(self) -> list[str]:
        """Hosts that have no end yet, in the order in which they would be read."""
        return [*self._running, *(host for host, _number in self._waiting)]

    @property
    def ends(self) -> dict[str, End]:
        """How the hosts ended that did."""
        return dict(self._ends)

    @property
    def _most(self) -> int:
        return self._limits.at_once * _BESIDE

    def _has_room(self, now: float) -> bool:
        """Whether one more host may be begun; allows more of them at once where none has ended for long."""
        if len(self._running) >= self._allowed and self._moved is not None and now >= self._moved + PATIENCE:
            self._allowed, self._moved = min(self._allowed + self._limits.at_once, self._most), now
        return len(self._running) < self._allowed

    def _until(self, attempt: Attempt) -> float:
        return attempt.began + self._limits.attempt

    def _over(self, now: float) -> bool:
        return self._winding_up or self._out_of_time(now)

    def _out_of_time(self, now: float) -> bool:
        return self._limits.until is not None and now >= self._limits.until
