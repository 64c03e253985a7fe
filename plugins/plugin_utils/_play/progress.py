# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a long run: hosts are done in other processes, which count together in a file of the controller."""

from __future__ import annotations

import datetime
import fcntl
import os
from collections.abc import Callable
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
_LEAST = 2.0  # and never sooner than so long after the last one, but for the line of the last host
_MARKS = {"drift": b"d", "error": b"l", "unreachable": b"l"}


def tell(task_vars: TaskVars, options: Options, status: str) -> None:
    """Count the host of a task, and print a line where one is due. A controller whose disk is full says nothing."""
    run_id, total = options["run_id"], len(task_vars.get("ansible_play_hosts_all", ()))
    if not (options["progress"] and run_id):
        return
    try:
        count_one(Path(constants.DEFAULT_LOCAL_TMP), run_id, total, status, _utc.now(), Display().display)
    except OSError as error:
        Display().vv(f"the progress of the run is not counted: {error}")


def count_one(folder: Path, run_id: str, total: int, status: str, now: datetime.datetime, show: Callable[[str], object]) -> None:
    """Count one host of a run by its status, and show a line unless the last one is fresh enough.

    ``folder``: one that all processes of a run share. ``total``: hosts of the run. One process after another counts and shows, so that no
    line has a lower number than the one above it. Raises OSError.
    """
    if total < FEW:
        return
    marks, last_line = (
        folder / file_name(run_id, ending, "impersonate-") for ending in (".done", ".said")
    )  # a user may name a run
    handle = os.open(marks, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.write(handle, _MARKS.get(status, b"c"))
        count = os.lseek(handle, 0, os.SEEK_CUR)
        if _due(last_line, count, total, now):
            show(_line(count, total, os.pread(handle, count, 0), run_id, now))
    finally:
        os.close(handle)  # and with it the lock


def _due(last_line: Path, count: int, total: int, now: datetime.datetime) -> bool:
    """Whether a line is due; keeps in a file that one was shown, with the time of it as the file's."""
    try:
        shown, silence = bool(last_line.stat().st_size), now.timestamp() - last_line.stat().st_mtime
    except FileNotFoundError:
        shown, silence = False, 0.0
        _keep(last_line, b"", now)
    step = count * _STEPS // total != (count - 1) * _STEPS // total
    fresh = shown and 0 <= silence < _LEAST  # a clock may be set back
    due = count == total or (not fresh and (step or silence > _SECONDS))
    if due:
        _keep(last_line, b"line", now)
    return due


def _keep(last_line: Path, mark: bytes, now: datetime.datetime) -> None:
    last_line.touch(mode=0o600)
    last_line.write_bytes(mark)
    os.utime(last_line, (now.timestamp(), now.timestamp()))


def _line(count: int, total: int, seen: bytes, run_id: str, now: datetime.datetime) -> str:
    remaining = ""
    if count < total:
        try:
            elapsed = now - _utc.stamped(run_id)
        except ValueError:  # a run with a name of its own
            elapsed = None
        if elapsed is not None:
            elapsed = max(elapsed, datetime.timedelta())  # a clock may be set back
            remaining = f", about {datetime.timedelta(seconds=round(elapsed.total_seconds() / count * (total - count)))} left"
    return f"{count} of {total} hosts done, {seen.count(b'd')} drift, {seen.count(b'l')} not assessed{remaining}"
