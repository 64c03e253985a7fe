# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of a machine in one run, whatever names the inventory has for it: a file per machine in the folder of the run.

The file is locked while the machine is changed, and says afterwards under which name that was and who holds the right since then. A host
may give itself out for another one; so what the file says counts only for a host that holds what it says, and no run waits for ever.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .._accounts.sids import SID_FORM
from .._facts.facts import Computer
from .._files import file_name
from .._input import shape
from .._input.errors import BadInput
from . import locks

_SHAPE: shape.Shape = {"host": str, "after": [SID_FORM]}
_LARGEST = 2**20
"""Bytes that are read of such a file; 5,000 SIDs have less than half."""
_PATIENCE = 30.0
"""Seconds to wait for the change under another name, which takes a few."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of this run. ``host``: under which name; ``after``: the holders since then."""

    host: str
    after: frozenset[str]


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of one name at its machine. ``first``: no other name had one, so that what was read before it is still so."""

    first: bool
    path: Path | None

    def note(self, host: str, after: Sequence[str]) -> str | None:
        """Note a change under this name. The sentence why that failed, or None."""
        if self.path is None:
            return None
        try:
            self.path.write_text(json.dumps({"host": host, "after": list(after)}), encoding="utf-8")
        except OSError as error:
            return f"that this machine was changed could not be noted for its other names: {error}"
        return None


def path_of(folder: Path, run_id: str, sid: str, name: str) -> Path:
    """The file of a machine: known by the SID of its own accounts and its name, as domain controllers share the SID of their domain."""
    return folder / file_name(run_id) / file_name(f"{sid} {name.casefold()}", ".lock", prefix=".machine-")


def changed(folder: Path, run_id: str, computer: Computer, host: str) -> Changed | None:
    """What the run changed on this machine under another name than ``host``; None where it did not, or nothing can be read of it."""
    path = _path(folder, run_id, computer)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(_LARGEST))
        shape.check("", data, _SHAPE)
    except (OSError, ValueError, RecursionError, BadInput):  # not there, or in the making
        return None
    return Changed(data["host"], frozenset(data["after"])) if data["host"] != host else None


@contextlib.contextmanager
def turn(folder: Path, run_id: str, computer: Computer) -> Iterator[Turn]:
    """Hold the file of a machine, so that no other name of it is changed meanwhile. Raises OSError.

    A machine whose SID is not known has no file: its names cannot be told from those of copies of one installation.
    """
    path = _path(folder, run_id, computer)
    if path is None:
        yield Turn(True, None)
        return
    with locks.acquire(path, _PATIENCE) as (held, waited):
        yield Turn(held and not waited and not path.stat().st_size, path if held else None)


def wait(folder: Path, run_id: str, computer: Computer) -> bool:
    """Wait for a change of a machine that is under way under another name. Whether there was one."""
    path = _path(folder, run_id, computer)
    if path is None or not path.exists():
        return False
    try:
        with locks.acquire(path, _PATIENCE) as (_held, waited):
            return waited
    except OSError:  # nothing is to be changed, so that nothing depends on it
        return False


def _path(folder: Path, run_id: str, computer: Computer) -> Path | None:
    return path_of(folder, run_id, computer.sid, computer.name) if computer.sid else None
