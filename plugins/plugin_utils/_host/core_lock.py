# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock around ansible-core where threads read hosts, released for as long as a thread waits for its host.

Templates and the plugin loader of ansible-core are made for one thread: two at a time end in "Out-of-order context deactivation" or in
a module that is loaded by half (both seen with 2.19). So a thread holds the lock whenever it runs code of ansible-core or ours. Python runs
one thread at a time anyway.
"""

from __future__ import annotations

import contextvars
import threading
import typing as t
from collections.abc import Callable

from ansible.utils.display import Display

if t.TYPE_CHECKING:
    from ansible.plugins.connection import ConnectionBase

_held: contextvars.ContextVar[threading.Lock | None] = contextvars.ContextVar("core_lock", default=None)

Answer = t.TypeVar("Answer")


def holding(lock: threading.Lock, call: Callable[[], Answer]) -> Answer:
    """Make a call that holds the lock, but for what a connection of ``releasing`` waits for."""
    token = _held.set(lock)
    try:
        with lock:
            return call()
    finally:
        _held.reset(token)


def releasing(connection: ConnectionBase) -> ConnectionBase:
    """The connection, which releases the lock while it talks to its host; the very connection where this thread holds none."""
    lock = _held.get()
    return connection if lock is None else _Releasing(connection, lock)


class _Releasing:
    """A connection plugin of ansible-core that is used by one thread of many, for one module."""

    def __init__(self, connection: ConnectionBase, lock: threading.Lock) -> None:
        self._connection, self._lock = connection, lock

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def exec_command(self, *args: object, **options: object) -> object:
        """As the plugin's, which connects first where that was not done yet. The connection is closed afterwards.

        ansible-core would close it when the task has ended, and all other threads would wait for that host.
        """
        return self._waiting(lambda: self._connection.exec_command(*args, **options), close=True)

    def put_file(self, *args: object, **options: object) -> object:
        """As the plugin's. The connection stays for the command that follows, which closes it; it is closed where the transfer fails.

        ansible-core sends the module as a file with ``ANSIBLE_KEEP_REMOTE_FILES``, between commands that make its folder and run it. The
        connections winrm and psrp connect again when they are used after they were closed.
        """
        return self._waiting(lambda: self._connection.put_file(*args, **options), close=False)

    def fetch_file(self, *args: object, **options: object) -> object:
        """As ``put_file``, the other way."""
        return self._waiting(lambda: self._connection.fetch_file(*args, **options), close=False)

    def _waiting(self, call: Callable[[], object], *, close: bool) -> object:
        """Make a call without the lock, and close the connection after it, if only where it failed."""
        self._lock.release()
        try:
            vars(self._connection).pop("close", None)
            try:
                answer = call()
            except BaseException:
                self._close()
                raise
            if close:
                self._close()
            return answer
        finally:
            self._lock.acquire()

    def _close(self) -> None:
        try:
            self._connection.close()
        except Exception as error:  # noqa: BLE001 - as ansible-core does: the answer is there, whatever becomes of the connection
            Display().debug(f"the connection could not be closed: {error}")
            vars(self._connection)["close"] = _closed  # the plugin would ask the host again, while all other threads wait


def _closed() -> None:
    """The end of a connection that has been closed as well as it can be."""
