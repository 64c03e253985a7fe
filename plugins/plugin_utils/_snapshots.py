# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-images on the controller's disk: written before anything is sent, and what became of it afterwards.

One JSON file per host and run, FOLDER/RUN/HOST.json, mode 0600. Its outcome is ``pending`` until the host has answered; a run that was
killed leaves it so, and the next run on that host finds out what happened.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import typing as t
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

from ._policy.errors import BadInput
from ._policy.sids import checked_sid
from ._report.files import write_atomically

SCHEMA_VERSION = "1"
OPEN_OUTCOMES = ("pending", "unknown")
"""Nobody knows yet whether the plan of the snapshot was carried out."""
UNTOUCHED_OUTCOMES = ("changed_meanwhile", "undone", "not_started", "found_unchanged")
"""The run left the host as it was, so there is nothing of it to restore."""

Snapshot = dict[str, t.Any]
_KEYS = {"schema_version", "host", "run_id", "kind", "taken", "writer", "policy", "before", "plan", "outcome", "after"}


class Spoilt(BadInput):
    """A file that is there and is no snapshot. It says nothing about other hosts."""


def path_of(folder: Path, run_id: str, host: str) -> Path:
    """Where the snapshot of a host is; names of hosts and runs cannot lead out of the folder."""
    return folder / _safe(run_id) / f"{_safe(host)}.json"


def _safe(name: str) -> str:
    quoted = urllib.parse.quote(name, safe="")
    return quoted.replace(".", "%2E") if not name.strip(".") else quoted


def write(path: Path, snapshot: Mapping[str, t.Any]) -> None:
    """Write a snapshot whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps({"schema_version": SCHEMA_VERSION, **snapshot}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_atomically(path, text, mode=0o600)


def settle(path: Path, outcome: str, after: t.Sequence[str] | None) -> None:
    """Note what became of the plan of a snapshot. Raises OSError or BadInput."""
    write(path, {**read(path), "outcome": outcome, "after": None if after is None else list(after)})


def writer() -> dict[str, t.Any]:
    """Who is at work: the controller and the process."""
    return {"controller": platform.node(), "pid": os.getpid()}


def still_writing(snapshot: Snapshot) -> bool:
    """Whether the run that wrote a pending snapshot is another process that still runs on this controller."""
    its = snapshot["writer"]
    if snapshot["outcome"] != "pending" or its.get("controller") != platform.node() or its.get("pid") == os.getpid():
        return False
    return Path("/proc", str(its.get("pid"))).exists() if Path("/proc/self").exists() else False


def read(path: Path) -> Snapshot:
    """A snapshot from its file. Raises Spoilt that names the file and what is wrong with it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise Spoilt(f"snapshot {path}: cannot be read: {wrong}") from None
    if not isinstance(data, dict) or not data.keys() >= _KEYS:
        raise Spoilt(f"snapshot {path}: is no snapshot; a snapshot has the keys {', '.join(sorted(_KEYS))}")
    if data["schema_version"] != SCHEMA_VERSION:
        raise Spoilt(f"snapshot {path}: schema_version {data['schema_version']!r} is not known; known is {SCHEMA_VERSION}")
    for key, kind in (
        ("host", str),
        ("run_id", str),
        ("taken", str),
        ("outcome", str),
        ("plan", dict),
        ("before", list),
        ("writer", dict),
    ):
        if not isinstance(data[key], kind):
            raise Spoilt(f"snapshot {path}: {key} is {data[key]!r}")
    for entry in data["before"]:
        if not isinstance(entry, dict):
            raise Spoilt(f"snapshot {path}: {entry!r} is no SID with its name")
    sids = [entry.get("sid") for entry in data["before"]]
    for sid in [*sids, *_list(path, data["plan"], "add"), *_list(path, data["plan"], "remove"), *(data["after"] or ())]:
        try:
            checked_sid(sid)
        except ValueError:
            raise Spoilt(f"snapshot {path}: {sid!r} is no SID") from None
    return data


def _list(path: Path, plan: Mapping[str, t.Any], key: str) -> list[t.Any]:
    if not isinstance(plan.get(key), list):
        raise Spoilt(f"snapshot {path}: plan.{key} is {plan.get(key)!r}")
    return list(plan[key])


def of_host(folder: Path, host: str) -> list[tuple[Path, Snapshot]]:
    """All snapshots of a host, oldest first. Raises BadInput for one that cannot be read."""
    found = [(path, read(path)) for path in folder.glob(f"*/{_safe(host)}.json")]
    return sorted(found, key=lambda one: one[1]["taken"])


def unfinished(folder: Path, host: str) -> tuple[Path, Snapshot] | None:
    """The newest snapshot of a host, if nobody knows what became of its plan."""
    snapshots = of_host(folder, host)
    return snapshots[-1] if snapshots and snapshots[-1][1]["outcome"] in OPEN_OUTCOMES else None


def latest_run(folder: Path) -> str:
    """Name of the newest run that changed something and is itself no restore, so that a restore can be repeated.

    Raises BadInput when there is none.
    """
    newest: dict[str, str] = {}
    for path in folder.glob("*/*.json"):
        if path.parent.name not in newest:  # one file tells for its run; a spoilt one is an error of its host alone
            with contextlib.suppress(Spoilt):
                snapshot = read(path)
                if snapshot["kind"] != "restore":
                    newest[path.parent.name] = snapshot["taken"]
    if not newest:
        raise BadInput(f"restore: {folder} has no run to restore")
    return urllib.parse.unquote(max(newest, key=lambda run: newest[run]))


def find(folder: Path, wanted: str, host: str) -> Snapshot | None:
    """The snapshot that ``restore`` means: a file, a folder of a run, the name of a run below ``folder``, or ``latest``.

    ``latest`` is the newest snapshot of this host from a run that is itself no restore.
    None when the run has no snapshot of this host. Raises BadInput when there is no such run.
    """
    place = Path(wanted).expanduser()
    if place.is_file():
        snapshot = read(place)
        return snapshot if snapshot["host"] == host else None
    if wanted == "latest":
        runs = [snapshot for _path, snapshot in of_host(folder, host) if snapshot["kind"] != "restore"]
        return runs[-1] if runs else None
    if not (place.is_dir() and any(place.glob("*.json"))):
        place = folder / _safe(wanted)
    if not any(place.glob("*.json")):
        raise BadInput(f"restore: {wanted!r} is no snapshot file, no folder of a run, and no run of {folder}")
    path = place / f"{_safe(host)}.json"
    return read(path) if path.exists() else None
