# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing files so that a reader sees the old one or the new one whole, never half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .._policy.errors import BadInput

LONGEST_NAME = 255
"""Bytes that the name of a file or a folder may have."""


def write_atomically(path: Path, text: str, mode: int = 0o640) -> None:
    """Write ``text`` as UTF-8 beside ``path``, flush it to the disk and rename it over. Raises OSError; leaves no remnant then."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".impersonate-")  # a name of the greatest length leaves no room
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
        folder = os.open(path.parent, os.O_RDONLY)  # the new name must survive a power cut as well
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def check_folder(option: str, place: Path, loss: str) -> None:
    """Raises BadInput that names the option where no file can be written below ``place``; ``loss``: what could not be done then.

    The folder need not be there. It is tried and not looked up, since a right tells nothing about a file system that is read-only.
    """
    try:
        if any(len(os.fsencode(part)) > LONGEST_NAME for part in place.parts):
            raise OSError(f"a name of a folder has more than {LONGEST_NAME} bytes")
        if "\0" in str(place):
            raise OSError("a name has a null character")
        there = next(folder for folder in (place, *place.parents) if os.path.lexists(folder))
        if not there.is_dir():
            raise NotADirectoryError(f"{there} is no folder")
        with tempfile.TemporaryDirectory(dir=there, prefix=".impersonate-"):
            pass
    except OSError as wrong:
        why = getattr(wrong, "strerror", None) or wrong
        raise BadInput(f"{option}: {place} cannot be written ({why}), {loss}") from None
