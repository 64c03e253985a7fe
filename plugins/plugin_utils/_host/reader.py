# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that read many hosts in one process, as the schedule says. Knows no Ansible: what reads a host comes from outside."""

from __future__ import annotations

import contextvars
import threading
import time
import typing as t
from collections.abc import Callable, Iterable

from .schedule import Attempt, End, Limits, Schedule

Result = dict[str, t.Any]
Read = Callable[[str], tuple[End, Result]]
"""Reads one host. What it raises becomes the result that ``failed`` makes of it."""
Told = Callable[[str, Result], None]
"""Takes the result of a host that has ended; called by one thread at a time."""


class Reader:
    """Reads hosts in threads, as many at once as the schedule allows, until each has ended or the time of all is over.

    A thread whose host does not answer in time is left behind, since nothing can end a thread that waits in a library.
    ``given_up``: the result of such a host. ``failed``: the result of a read that raised an exception.
    """

    def __init__(
        self, hosts: Iterable[str], limits: Limits, read: Read, told: Told, *,
        given_up: Callable[[float], Result], failed: Callable[[BaseException], Result],
        clock: Callable[[], float] = time.monotonic, spent: Callable[[], float] = time.process_time,
    ) -> None:  # fmt: skip
        self._clock, self._spent, self._limits = clock, spent, limits
        self._schedule = Schedule(hosts, limits)
        self._read, self._told, self._given_up, self._failed = read, told, given_up, failed
        self._changed = threading.Condition()

    def run(self) -> list[str]:
        """Read the hosts. Returns those without a result. May be called once.

        There are some where the time of all was over, and where one was given up: the others wait for another process then.
        """
        with self._changed:
            while not self._schedule.done(self._clock()):
                self._begin_all()
                wake = self._schedule.wake()
                self._changed.wait(None if wake is None else max(0.0, wake - self._clock()))
                self._schedule.look(self._clock(), self._spent())
                self._give_up()
            return self._schedule.unread

    def _begin_all(self) -> None:
        """Begin what may begin now, each in a thread of its own."""
        while attempt := self._schedule.start(self._clock()):
            context = contextvars.copy_context()  # ansible-core from 2.19 on keeps there which task is run
            threading.Thread(target=context.run, args=(self._work, attempt), daemon=True).start()

    def _work(self, attempt: Attempt | None) -> None:
        """Read one host after the other, as long as there is one for this thread: a new thread for each would cost more."""
        while attempt:
            end, result = self._one(attempt.host)
            with self._changed:
                self._end(attempt, end, result)
                self._give_up()
                attempt = self._schedule.start(self._clock())
                self._begin_all()
                if attempt is None:
                    self._changed.notify_all()

    def _one(self, host: str) -> tuple[End, Result]:
        try:
            return self._read(host)
        except BaseException as error:  # noqa: BLE001 - what a library raises, SystemExit too, is this host's failure and no other's
            return End.ANSWERED, self._failed(error)

    def _give_up(self) -> None:
        """End the attempts whose time is over."""
        for attempt in self._schedule.overdue(self._clock()):
            self._end(attempt, End.GIVEN_UP, self._given_up(self._limits.attempt))

    def _end(self, attempt: Attempt, end: End, result: Result) -> None:
        if self._schedule.end(attempt, end, self._clock()):
            self._told(attempt.host, result)
