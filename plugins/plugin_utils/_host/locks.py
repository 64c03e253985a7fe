# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time: locks on files of the controller, which the system gives back when their process ends, however it ends.

A number of a process would not do: another process may have it by now, a container has numbers of its own, and only Linux tells when
a process began. These locks count in every process that sees the folder, on Linux and macOS alike.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

from .._files import file_name

_PAUSE = 0.1  # seconds between two attempts at a file that another process has locked


class Busy(Exception):
    """Another process holds the lock; the message names it, the file, and what to do."""


def path_of(folder: Path, host: str) -> Path:
    """The lock of a host in a folder of snapshots."""
    return folder / file_name(host, prefix=".busy-")


@contextlib.contextmanager
def host(folder: Path, name: str, run_id: str) -> Iterator[None]:
    """Hold the lock of a host. Raises Busy when another process does, OSError where there are no locks."""
    path = path_of(folder, name)
    handle = _acquired(path)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps({"run_id": run_id, "controller": platform.node(), "pid": os.getpid()}).encode(), 0)
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: whoever waits for it sees that it is gone
        os.close(handle)


def _acquired(path: Path) -> int:
    for last_try in (False, True):
        while True:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = _owner_of(handle)
                os.close(handle)
                if last_try:
                    raise Busy(_sentence(path, owner)) from None
                time.sleep(_PAUSE)  # a look of another run holds it for an instant
                break
            except OSError:
                os.close(handle)
                raise
            if _still_there(path, handle):
                return handle
            os.close(handle)
    raise AssertionError("the second round returns or raises")


def _still_there(path: Path, handle: int) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path), os.fstat(handle))
    return False


def check_free(folder: Path, name: str) -> None:
    """Raises Busy when another process holds the lock of a host. Writes nothing."""
    path = path_of(folder, name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # no lock
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Busy(_sentence(path, _owner_of(handle))) from None
    except OSError:  # no locks on this file system; who changes a host says so
        return
    finally:
        os.close(handle)


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """Wait for one's turn at a file that every process of a folder waits at, and take it away. Raises OSError."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _still_there(path, handle):
                yield
                path.unlink(missing_ok=True)
                return
        finally:
            os.close(handle)


@contextlib.contextmanager
def acquire(path: Path, seconds: float) -> Iterator[tuple[bool, bool]]:
    """Hold a file that stays where it is: whether it is held, and whether that took any waiting. Raises OSError.

    ``seconds``: the longest wait; whoever holds it then goes on holding it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        yield _acquired_within(handle, round(seconds / _PAUSE))
    finally:
        os.close(handle)


def _acquired_within(handle: int, pauses: int) -> tuple[bool, bool]:
    for number in range(pauses + 1):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if number < pauses:
                time.sleep(_PAUSE)
        else:
            return True, number > 0
    return False, True


def _owner_of(handle: int) -> object:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        return json.loads(os.pread(handle, 4096, 0))
    return None


def _sentence(path: Path, owner: object) -> str:
    details = owner if isinstance(owner, dict) else {}
    run, pid, controller = (ascii(details.get(key))[:80] for key in ("run_id", "pid", "controller"))
    run_words = f"the run {run} (process {pid} of {controller})" if details else "another run"
    return (
        f"nothing was changed: {run_words} is at work on this host and holds {path}. "
        "Wait for it or end that process, which gives the lock back, and run again"
    )
