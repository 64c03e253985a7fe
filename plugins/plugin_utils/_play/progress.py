# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a long run: hosts are done in other processes, which count together in a file of the controller."""

from __future__ import annotations

import datetime
import os
import time
from pathlib import Path

from ansible import constants
from ansible.utils.display import Display

from .. import _utc
from .._files import file_name
from .given import Options, TaskVars

FEW = 20
"""Runs of fewer hosts say nothing: their hosts scroll by anyway."""
_STEPS = 20  # a line at every 5 %
_SECONDS = 15.0  # or after so long
_MARKS = {"drift": b"d", "error": b"l", "unreachable": b"l"}


def tell(task_vars: TaskVars, options: Options, status: str) -> None:
    """Count the host of a task, and print a line where one is due. A controller whose disk is full says nothing."""
    run_id, total = options["run_id"], len(task_vars.get("ansible_play_hosts_all", ()))
    if not (options["progress"] and run_id):
        return
    try:
        line = progress_line(Path(constants.DEFAULT_LOCAL_TMP), run_id, total, status, _utc.now())
    except OSError as error:
        Display().vv(f"the progress of the run is not counted: {error}")
        return
    if line:
        Display().display(line)


def progress_line(folder: Path, run_id: str, total: int, status: str, now: datetime.datetime) -> str | None:
    """Count one host of a run by its status; the line to print, or None where the last one is fresh enough.

    ``folder``: one that all processes of a run share. ``total``: hosts of the run. Raises OSError.
    """
    if total < FEW:
        return None
    marks, said = (folder / file_name(run_id, ending, "impersonate-") for ending in (".done", ".said"))  # a user may name a run
    handle = os.open(marks, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, _MARKS.get(status, b"c"))
        count = os.lseek(handle, 0, os.SEEK_CUR)  # where this very mark ended: no other process has the same
        step = count * _STEPS // total != (count - 1) * _STEPS // total
        if not step and not _silent(said):
            return None
        seen = os.pread(handle, count, 0)
    finally:
        os.close(handle)
    said.touch(mode=0o600)
    return _line(count, total, seen, run_id, now)


def _silent(said: Path) -> bool:
    """Whether no line was printed for a while."""
    try:
        return time.time() - said.stat().st_mtime > _SECONDS
    except FileNotFoundError:
        said.touch(mode=0o600)
        return False


def _line(count: int, total: int, seen: bytes, run_id: str, now: datetime.datetime) -> str:
    left = ""
    if count < total:
        try:
            elapsed = now - _utc.stamped(run_id)
        except ValueError:  # a run with a name of its own
            elapsed = None
        if elapsed is not None:
            elapsed = max(elapsed, datetime.timedelta())  # a clock may be set back
            left = f", about {datetime.timedelta(seconds=round(elapsed.total_seconds() / count * (total - count)))} left"
    return f"{count} of {total} hosts done, {seen.count(b'd')} drift, {seen.count(b'l')} lost{left}"
