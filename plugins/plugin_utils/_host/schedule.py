# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host is read next, which one is given up, and which one is tried again, where one process reads many. Pure: it is told the time."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

LOOK = 0.5
"""Seconds between two looks at how busy this process is, while hosts wait to be read."""
SPARE, FULL = 0.6, 0.75
"""Share of a processor that this process has: below the first its threads wait for their hosts, and more hosts are begun; from the second
on hosts wait for it. Its threads take turns, so that it has never more than one processor, and rarely all of one."""
LATE = 0.025
"""Seconds by which it looks later than it would, on average, from which on other processes keep it from running.

However little it has of a processor then, more hosts at once would only let all of them run into their time limits. Measured on 2
processors: 0.0001 where threads wait for their hosts, 0.01 where 16 of them are busy, 0.06 with six other busy processes.
"""
_LATEST = 0.1
"""Seconds that one look counts as late at most: one pause of the whole machine says nothing of the time after it."""
_WEIGHT = 0.3
"""Of one look in the average."""
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
    is tried again, and how many hosts are read at once, or up to eight times as many while the process has time to spare: hosts that are
    slow or dead must not keep the others waiting.

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
        self._looked: float | None = None
        self._spent = self._lateness = 0.0

    def start(self, now: float) -> Attempt | None:
        """The next attempt, or None where there is nothing to begin any more, or not now."""
        if not self._waiting or self._over(now) or len(self._running) >= self._allowed:
            return None
        host, number = self._waiting.popleft()
        self._looked = now if self._looked is None else self._looked
        attempt = self._running[host] = Attempt(host, number, now)
        return attempt

    def end(self, attempt: Attempt, end: End, now: float) -> bool:
        """An attempt ended. Returns whether its result counts: not that of one that was given up before, nor of one that is made again.

        An attempt that is given up leaves a thread behind, which only the end of the process ends: no other host is begun in it.
        """
        if self._running.get(attempt.host) != attempt:
            return False
        del self._running[attempt.host]
        if end is End.LOST and attempt.number <= self._limits.retries and not self._out_of_time(now):
            self._waiting.append((attempt.host, attempt.number + 1))
            return False
        self._winding_up = self._winding_up or end is End.GIVEN_UP
        self._ends[attempt.host] = end
        return True

    def look(self, now: float, spent: float) -> None:
        """Allow more hosts at once where this process has time to spare, fewer where it has not. What is read already is read to its end.

        ``spent``: seconds of a processor that it has had so far.
        """
        due = self._next_look
        if due is None or self._looked is None or now < due:
            return
        share = (spent - self._spent) / (now - self._looked)
        self._looked, self._spent = now, spent
        self._lateness += _WEIGHT * (min(now - due, _LATEST) - self._lateness)
        step = max(1, self._allowed // 4)
        if share >= FULL or self._lateness >= LATE:
            self._allowed = max(self._allowed - step, self._limits.at_once)
        elif share < SPARE and len(self._running) >= self._allowed:
            self._allowed = min(self._allowed + step, self._limits.at_once * _BESIDE)

    def overdue(self, now: float) -> list[Attempt]:
        """Attempts whose time is over; each is to be ended as given up."""
        return [attempt for attempt in self._running.values() if self._until(attempt) <= now]

    def wake(self) -> float | None:
        """The time of the next look or deadline, or None where there is none."""
        times = [self._until(attempt) for attempt in self._running.values()]
        others = (self._next_look, self._limits.until)
        return min([*times, *(time for time in others if time is not None)], default=None)

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
    def _next_look(self) -> float | None:
        """None where nothing is begun any more, whether there is time or not."""
        return self._looked + LOOK if self._looked is not None and self._waiting and not self._winding_up else None

    def _until(self, attempt: Attempt) -> float:
        return attempt.began + self._limits.attempt

    def _over(self, now: float) -> bool:
        return self._winding_up or self._out_of_time(now)

    def _out_of_time(self, now: float) -> bool:
        return self._limits.until is not None and now >= self._limits.until
