# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what a job of AWX writes is there when the job has ended: its container is thrown away, but for what is mounted into it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath

from .._input.errors import BadInput
from .._input.naming import called
from .given import Options, TaskVars

_JOB = PurePath("/runner")  # where ansible-runner has the job's own files in its container; the project is a copy for the job
_PASSING = (
    "overlay",
    "fuse-overlayfs",
    "tmpfs",
    "ramfs",
)  # podman's option O of a mount is an overlay: what is written is thrown away
_MOUNTS = Path("/proc/self/mounts")
_ESCAPE = re.compile(r"\\([0-7]{3})")  # proc(5): blanks of a path are written as octal numbers


def in_awx(task_vars: TaskVars) -> bool:
    """Whether AWX runs this."""
    return "awx_job_id" in task_vars


def ends_with_job(folder: str | Path, task_vars: TaskVars) -> bool:
    """Whether a folder ends with the job of AWX. Outside AWX none does."""
    if not in_awx(task_vars):
        return False
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        mounts = ""
    return not outlives(os.path.realpath(Path(folder).expanduser()), os.getcwd(), mounts)


def check_snapshots(options: Options, task_vars: TaskVars, named: Callable[[str], str]) -> list[str]:
    """The warning that a change in a job of AWX could not be taken back; none where its snapshots stay.

    ``named``: what the user calls an option. Raises BadInput where snapshots may not be lost.
    """
    if not ends_with_job(options["snapshot_dir"], task_vars):
        return []
    lost, mounted = "ends with the container of the job", "give a folder that is mounted into the execution environment"
    if options["snapshots_may_be_lost"]:
        return [f"{called('snapshot_dir')}: {options['snapshot_dir']} {lost}, and nothing can be restored then; {mounted}"]
    raise BadInput(
        "snapshot_dir",
        f"{lost}, so that nothing could be restored",
        value=options["snapshot_dir"],
        expected=f"{mounted}, or say {named('snapshots_may_be_lost')}: true",
    )


def outlives(folder: str, working: str, mounts: str) -> bool:
    """Whether a folder is on a mount of its own, and not among the files of the job. ``mounts``: the text of /proc/self/mounts."""
    place = PurePath(folder)
    if any(place.is_relative_to(passing) for passing in (_JOB, PurePath(working))):
        return False
    kinds = _kinds(mounts)
    on = next((kinds[str(point)] for point in (place, *place.parents[:-1]) if str(point) in kinds), None)
    return on is not None and on not in _PASSING


def _kinds(mounts: str) -> Mapping[str, str]:
    """Mount point -> kind of file system; the last one counts, which hides those below."""
    fields = [line.split(" ") for line in mounts.splitlines()]
    return {_ESCAPE.sub(lambda code: chr(int(code[1], 8)), mount[1]): mount[2] for mount in fields if len(mount) > 2}
