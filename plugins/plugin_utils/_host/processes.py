# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that share the reading of many hosts. One that dies costs no other host its result, and none outlives its parent."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import selectors
import signal
import threading
import typing as t
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from ansible.utils.display import Display

from .child_display import display_by_parent, show

if t.TYPE_CHECKING:
    from multiprocessing.connection import Connection

Share = tuple[str, ...]
"""Hosts that one process reads."""
NOT_KEPT = 3
"""Exit status of a process that could not keep a result."""
_LOOK = 1.0  # seconds between two looks at whether the parent of this process lives


class Kind:
    """Shares of which so many at a time are read. Those that a process leaves are of its kind."""

    def __init__(self, shares: Iterable[Share], most: int) -> None:
        self.waiting, self.most, self.reading = deque(shares), most, 0

    @property
    def has_room(self) -> bool:
        """Whether one more process may be begun for them, and is needed."""
        return bool(self.waiting) and self.reading < self.most


@dataclass(frozen=True, slots=True, eq=False)
class _Process:
    """One that reads a share. Its end of the pipe closes when it ends, however it does."""

    pid: int
    pipe: Connection
    share: Share
    kind: Kind


class NoneBegun(Exception):
    """The system begins no process, and none is there that could read the hosts instead."""


class _Stopped(BaseException):
    """The run is stopped while something is shown. Whoever would take it may be gone, and the write would wait for ever."""


class Processes:
    """Reads shares of hosts, each in a process of its own.

    ``work`` reads a share, keeps the results, and may leave hosts unread: another process reads them then. ``read``: the hosts whose result
    is kept. ``died`` keeps the result of a host whose process died (by a signal: its number) while it alone was read. ``over``: whether the
    time of all is over. ``orphaned``: whether whoever waits for the results is gone.
    """

    def __init__(
        self, work: Callable[[Share], None], *, read: Callable[[], Collection[str]], died: Callable[[str, int], None],
        over: Callable[[], bool], orphaned: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._work, self._read, self._died, self._over, self._orphaned = work, read, died, over, orphaned
        self._living: dict[int, _Process] = {}
        self._showing = False
        self.stopped = False
        self.not_kept = False

    def run(self, *kinds: Kind) -> None:
        """Read all shares, until all are read, the time is over, or ``stop`` was called. For the main thread: it has a timer.

        Raises NoneBegun.
        """
        reach = os.pipe()
        try:
            with selectors.DefaultSelector() as selector, _timer(self._stop_if_orphaned):
                while self._living or (not self._ending and any(kind.waiting for kind in kinds)):
                    for kind in kinds:
                        while not self._ending and kind.has_room and self._start(kind, reach, selector):
                            pass
                    for key, _events in selector.select(_LOOK):
                        self._hear(key.data, selector)
                    self._stop_if_orphaned()
        finally:
            self._kill_all()
            for end in reach:
                os.close(end)

    def stop(self) -> None:
        """Begin nothing any more, end what was begun, and show nothing. For the handler of a signal, and for the thread of ``run``."""
        before, self.stopped = self.stopped, True
        self._kill_all()
        if self._showing and not before:
            raise _Stopped

    def _stop_if_orphaned(self) -> None:
        if not self.stopped and self._orphaned():
            self.stop()

    def _kill_all(self) -> None:
        for pid in list(self._living):
            _kill(pid)

    @property
    def _ending(self) -> bool:
        return self.stopped or self._over()

    def _start(self, kind: Kind, reach: tuple[int, int], selector: selectors.BaseSelector) -> bool:
        """Begin a process; ``reach`` closes when this one ends. Returns whether the system begins one.

        Where it does not, the share waits for those that are there. Raises NoneBegun where there are none.
        """
        share = kind.waiting.popleft()
        try:
            pid, receiver, sender = _forked()
        except OSError as error:
            kind.waiting.appendleft(share)
            if not self._living:
                raise NoneBegun(str(error)) from error
            kind.most = max(1, kind.reading)
            Display().warning(
                f"no more than {len(self._living)} processes read hosts at once: the system begins no other ({error})"
            )
            return False
        if pid == 0:
            receiver.close()
            _as_child(self._work, share, reach, sender)
        with contextlib.suppress(OSError):  # it has done so itself, or has ended
            os.setpgid(pid, pid)
        sender.close()
        process = self._living[pid] = _Process(pid, receiver, share, kind)
        kind.reading += 1
        selector.register(receiver, selectors.EVENT_READ, process)
        if self.stopped:  # by a signal that came before the process was known
            _kill(pid)
        return True

    def _hear(self, process: _Process, selector: selectors.BaseSelector) -> None:
        """Take what a process says, or its end."""
        try:
            message = process.pipe.recv()
        except (EOFError, OSError):  # the latter in the middle of a message
            selector.unregister(process.pipe)
            process.pipe.close()
            process.kind.reading -= 1
            process.kind.waiting.extend(self._ended(process.pid))
            return
        if not self.stopped:
            with contextlib.suppress(_Stopped):
                self._showing = True
                show(message)
                self._showing = False
            self._showing = False

    def _ended(self, pid: int) -> list[Share]:
        """A process ended. Returns the shares in which the hosts that it left are read.

        Where it died, each half of them has a process of its own, so that in the end a host of which a process dies is alone.
        """
        _pid, status = os.waitpid(pid, 0)
        _kill(pid)  # what it has begun, such as ssh to a host that does not answer
        share = self._living.pop(pid).share
        code = os.waitstatus_to_exitcode(status)
        if code == NOT_KEPT:
            self.not_kept = True
            self.stop()
        if self.stopped:
            return []
        kept = set(self._read())
        left = tuple(host for host in share if host not in kept)
        if not left or code == 0:
            return [left] if left else []
        Display().vv(f"the process {pid} that read {len(share)} hosts ended with {code}; {len(left)} of them are read again")
        if len(left) == 1 and len(share) == 1:
            self._died(left[0], code)
            return []
        half = len(left) // 2
        return [part for part in (left[:half], left[half:]) if part]


def _as_child(work: Callable[[Share], None], share: Share, reach: tuple[int, int], sender: Connection) -> t.NoReturn:
    """Work, and end without a way back into the code that the parent was forked from."""
    status = 1
    try:
        os.setpgid(0, 0)  # with all that it begins
        display_by_parent(sender)
        for number in (signal.SIGINT, signal.SIGHUP):  # of a terminal, which sends it to all processes; the parent decides
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.close(reach[1])
        gc.freeze()  # what the parent made stays shared memory, and is not searched for garbage again and again
        threading.Thread(target=_end_with_parent, args=(reach[0],), daemon=True).start()
        work(share)
        status = 0
    except BaseException as error:  # noqa: BLE001 - nothing may return into the code that the parent was forked from
        Display().warning(f"a process that reads hosts ended: {type(error).__name__}: {error}")
    finally:
        os._exit(status)


def _end_with_parent(reach: int) -> None:
    os.read(reach, 1)
    os.killpg(0, signal.SIGKILL)


def _kill(pid: int) -> None:
    """End a process and what it has begun."""
    try:
        os.killpg(pid, signal.SIGKILL)  # of any other one it might not know yet what to do
    except ProcessLookupError:  # it has ended meanwhile
        return


def _forked() -> tuple[int, Connection, Connection]:
    """A fork: its number, 0 in the process itself, and both ends of a pipe to the parent. Raises OSError."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    try:
        return os.fork(), receiver, sender
    except OSError:
        receiver.close()
        sender.close()
        raise


@contextlib.contextmanager
def _timer(look: Callable[[], None]) -> Iterator[None]:
    """Have this process look now and then whatever it does: it may wait for ever to show something that nobody takes any more."""
    before = signal.signal(signal.SIGALRM, lambda _number, _frame: look())
    signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
