# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-images on the controller's disk: written before anything is sent, and what became of it afterwards.

One JSON file per host and run, FOLDER/RUN/HOST.json, mode 0600. Its outcome is ``pending`` until the host has answered; a run that was
killed leaves it so, and the next run on that host finds out what happened.
"""

from __future__ import annotations

import json
import typing as t
import urllib.parse
from collections.abc import Mapping
from pathlib import Path

from ._policy.errors import BadInput
from ._policy.sids import parse_sid
from ._report.files import write_atomically

SCHEMA_VERSION = "1"
OPEN_OUTCOMES = ("pending", "unknown")
"""Nobody knows yet whether the plan of the snapshot was carried out."""

Snapshot = dict[str, t.Any]
_KEYS = {"schema_version", "host", "run_id", "taken", "policy", "before", "plan", "outcome", "after"}


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
    """Note what became of the plan of a snapshot. Raises OSError."""
    write(path, {**read(path), "outcome": outcome, "after": None if after is None else list(after)})


def read(path: Path) -> Snapshot:
    """A snapshot from its file. Raises BadInput that names the file and what is wrong with it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise BadInput(f"snapshot {path}: cannot be read: {wrong}") from None
    if not isinstance(data, dict) or not data.keys() >= _KEYS:
        raise BadInput(f"snapshot {path}: is no snapshot; a snapshot has the keys {', '.join(sorted(_KEYS))}")
    if data["schema_version"] != SCHEMA_VERSION:
        raise BadInput(f"snapshot {path}: schema_version {data['schema_version']!r} is not known; known is {SCHEMA_VERSION}")
    for entry in data["before"]:
        if parse_sid(str(entry.get("sid"))) != entry.get("sid"):
            raise BadInput(f"snapshot {path}: {entry.get('sid')!r} is no SID")
    return data


def unfinished(folder: Path, host: str) -> tuple[Path, Snapshot] | None:
    """The newest snapshot of a host, if nobody knows what became of its plan."""
    newest = max(folder.glob(f"*/{_safe(host)}.json"), key=lambda path: path.parent.name, default=None)
    if newest is None:
        return None
    snapshot = read(newest)
    return (newest, snapshot) if snapshot["outcome"] in OPEN_OUTCOMES else None


def _runs(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_dir()} if folder.is_dir() else set()


def find(folder: Path, wanted: str, host: str, own_run: str | None = None) -> Snapshot | None:
    """The snapshot that ``restore`` means: a file, a folder of a run, the name of a run below ``folder``, or ``latest``.

    ``own_run``: the run that restores; its own snapshots of earlier batches are not the latest.
    None when the run has no snapshot of this host. Raises BadInput when there is no such run, or the file is another host's.
    """
    place = Path(wanted)
    if place.is_file():
        snapshot = read(place)
        if snapshot["host"] != host:
            raise BadInput(f"restore: {place} is the snapshot of {snapshot['host']}, not of {host}")
        return snapshot
    if wanted == "latest":
        runs = _runs(folder) - {_safe(own_run or "")}
        if not runs:
            raise BadInput(f"restore: {folder} has no runs")
        place = folder / max(runs)
    elif not place.is_dir():
        place = folder / _safe(wanted)
    if not place.is_dir():
        raise BadInput(f"restore: {wanted!r} is no snapshot file, no folder of a run, and no run of {folder}")
    path = place / f"{_safe(host)}.json"
    return read(path) if path.exists() else None
