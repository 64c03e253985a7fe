# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing files so that a reader sees the old one or the new one whole, never half of it; what a killed run leaves is taken away."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import stat
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

from ._input.errors import BadInput

LONGEST_NAME = 255
"""Bytes that the name of a file or a folder may have."""
_PREFIX = ".impersonate-"
"""How a file is called until it is whole."""


def file_name(name: str, ending: str = "", prefix: str = "") -> str:
    """A name of a host or a run as the name of a file: it leads to no other folder, and no other name gives the same.

    One that is too long is cut, and ends in the start of its SHA-256. Lone surrogates are escaped.
    """
    quoted = urllib.parse.quote(name, safe="", errors="surrogatepass")
    if not name.strip("."):
        quoted = quoted.replace(".", "%2E")
    room = LONGEST_NAME - len(os.fsencode(prefix + ending))
    if len(quoted) > room:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        quoted = f"{quoted[: room - len(digest) - 1]}~{digest}"
    return prefix + quoted + ending


def write_atomically(path: Path, text: str, mode: int = 0o640, beside: Path | None = None) -> None:
    """Write ``text`` as UTF-8, flush it to the disk and rename it to ``path``. Raises OSError; leaves no remnant then.

    ``mode``: the most that the file may have; the umask takes its part away. ``beside``: where it is written, on the same file
    system, if that is not the folder of ``path``.
    """
    with _unfinished(beside or path.parent, mode) as (handle, name):
        with os.fdopen(handle, "w", encoding="utf-8", newline="", closefd=False) as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.replace(name, path)
        folder = os.open(path.parent, os.O_RDONLY)  # the new name must survive a power cut as well
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextlib.contextmanager
def _unfinished(folder: Path, mode: int) -> Iterator[tuple[int, str]]:
    """A new file that is locked as long as its writer lives, so that the next run knows which ones will not be finished."""
    while True:
        name = os.path.join(folder, f"{_PREFIX}{secrets.token_hex(6)}")
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with contextlib.suppress(OSError):  # a file system without locks: then it is not taken away either
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            break
        os.close(handle)  # another run tidied up before the lock was taken
    try:
        yield handle, name
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def sweep(folder: Path) -> list[str]:
    """Take away what killed runs of this user left half-written in a folder; returns the names. What a living one writes stays."""
    gone = []
    try:
        left = [entry.path for entry in os.scandir(folder) if entry.name.startswith(_PREFIX)]
    except OSError:  # no folder yet
        return []
    for path in left:
        with contextlib.suppress(OSError):  # in use, or gone meanwhile, or not ours to take away
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                found = os.fstat(handle)
                if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(path)
                    gone.append(os.path.basename(path))
            finally:
                os.close(handle)
    return sorted(gone)


def check_folder(option: str, place: Path, loss: str) -> None:
    """Raises BadInput that names the option where no file can be written below ``place``; ``loss``: what could not be done then.

    The folder need not be there. It is tried and not looked up, since a right tells nothing about a file system that is read-only.
    What killed runs left there is taken away.
    """
    try:
        if any(len(os.fsencode(part)) > LONGEST_NAME for part in place.parts):
            raise OSError(f"a name of a folder has more than {LONGEST_NAME} bytes")
        if "\0" in str(place):
            raise OSError("a name has a null character")
        there = next(folder for folder in (place, *place.parents) if os.path.lexists(folder))
        if not there.is_dir():
            raise NotADirectoryError(f"{there} is not a folder")
        with _unfinished(there, 0o600) as (_handle, name):
            os.unlink(name)
        sweep(there)
    except OSError as error:
        why = getattr(error, "strerror", None) or error
        raise BadInput(option, f"{place} cannot be written ({why}), {loss}") from None
