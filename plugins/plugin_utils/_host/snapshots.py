# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-images on the controller's disk: written before anything is sent, and what became of it afterwards.

One JSON file per host and run, FOLDER/RUN/HOST.json, mode 0600. Its outcome is ``pending`` until the host has answered; a run that was
killed leaves it so, and the next run on that host finds out what happened. Runs have numbers, because clocks are set back.
"""

from __future__ import annotations

import json
import os
import platform
import stat
import typing as t
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .._accounts.sids import Sid, checked_sid
from .._files import file_name, write_atomically
from .._input.brief import brief
from .._input.contract import shape_of
from .._input.errors import BadInput
from .._input.forms import LATER, Least, Words
from .._input.shape import check
from .._verdict.outcome import Outcome
from .._wording import some, visible
from . import locks
from .machines import SnapshotComputer

SCHEMA_VERSION = "1"
OPEN_OUTCOMES = ("pending", Outcome.UNKNOWN.value)
"""It is not known yet whether the plan of the snapshot was carried out."""
UNTOUCHED_OUTCOMES = (Outcome.CHANGED_MEANWHILE.value, Outcome.UNDONE.value, Outcome.NOT_STARTED.value, "found_unchanged")
"""The run left the host as it was, so there is nothing of it to restore."""
_CHANGED_OUTCOMES = (Outcome.APPLIED.value, Outcome.UNDO_FAILED.value, "found_applied", "found_other")


class Named(t.TypedDict):
    """A holder, with the name that it had."""

    sid: Sid
    name: str | None


class Planned(t.TypedDict):
    """What was to be sent."""

    add: list[Sid]
    remove: list[Sid]


class Draft(t.TypedDict):
    """What a run knows of a host before it sends anything. ``taken``: when, in UTC; ``writer``, ``policy``: for a reader."""

    host: str
    run_id: str
    kind: t.Annotated[str, Words(("enforce", "restore"))]
    taken: str
    writer: dict[str, object]
    computer: t.Annotated[SnapshotComputer | None, LATER]
    policy: dict[str, object]
    before: list[Named]
    plan: Planned
    outcome: t.Annotated[str, Words((*OPEN_OUTCOMES, *UNTOUCHED_OUTCOMES, *_CHANGED_OUTCOMES))]
    after: list[Sid] | None


class Snapshot(Draft):
    """A snapshot in its file. ``sequence``: the number of its run; of the first release, 0."""

    sequence: t.Annotated[int, Least(0)]


_SHAPE = shape_of(Snapshot)
_LARGEST = 16 * 2**20
"""Bytes of the largest snapshot that is read; one of 10,000 holders has less than 2 MB."""


class Spoilt(BadInput):
    """A file that is there and is not a snapshot that can be trusted. It says nothing about other hosts."""


def path_of(folder: Path, run_id: str, host: str) -> Path:
    """Where the snapshot of a host is; names of hosts and runs cannot lead out of the folder."""
    return folder / file_name(run_id) / file_name(host, ".json")


def may_be_there(folder: str | None, run_id: str, host: str) -> bool:
    """Whether the run may have kept a snapshot of a host: False where it certainly has not. ``folder``: None where that is not known."""
    if folder is None:
        return True
    try:
        path_of(Path(folder), run_id, host).lstat()
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def writer() -> dict[str, object]:
    """Who is at work: the controller and the process. For a reader; what decides is a lock."""
    return {"controller": platform.node(), "pid": os.getpid()}


def keep(path: Path, draft: Draft) -> None:
    """Keep a new snapshot, with the number of its run. Raises OSError, also where there is one already or others could change it."""
    folder = path.parent.parent
    for place in (folder, path.parent):
        make_folder(place)
    with locks.turn(folder / ".sequence"):
        if path.exists():
            raise FileExistsError(f"{path} is there already; a run keeps one pre-image per host")
        write(path, {**draft, "sequence": _number(path.parent)})


def make_folder(place: Path) -> None:
    """Make a folder for its owner alone. Raises OSError, also where one is there that others can write to."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    why = _distrust(os.stat(place))
    if why:
        raise PermissionError(f"{place} {why}, so that a restore could not trust what it holds")


def check_place(option: str, place: Path) -> None:
    """Raises BadInput that names the option where a folder is there whose snapshots could be another user's."""
    why = _distrust(os.stat(place)) if place.is_dir() else ""
    if why:
        raise BadInput(option, f"{place} {why}, so that a restore could not trust what it holds")


def _number(run: Path) -> int:
    """The number of a run: the one that its snapshots have, or the next one of the folder."""
    known = _sequence(run)
    return known or 1 + max(map(_sequence, runs(run.parent)), default=0)


def _sequence(run: Path) -> int:
    return next((snapshot["sequence"] for snapshot in _readable(run, [])), 0)


def write(path: Path, snapshot: Snapshot) -> None:
    """Write a snapshot whole or not at all. Raises OSError."""
    text = json.dumps({"schema_version": SCHEMA_VERSION, **snapshot}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    text = text.encode("utf-8", "replace").decode()  # a name with half of a pair of surrogates
    write_atomically(path, text, mode=0o600, beside=path.parent.parent)


def settle(path: Path, outcome: str, after: t.Sequence[str] | None) -> None:
    """Note what became of the plan of a snapshot. Raises OSError or Spoilt."""
    write(path, {**read(path), "outcome": outcome, "after": None if after is None else list(after)})


def read(path: Path, host: str | None = None) -> Snapshot:
    """A snapshot from its file. Raises Spoilt that names the file and what is wrong with it.

    ``host``: whose it must be. One without a number is of the first release, and older than all others; it does not tell its computer.
    """
    where = f"snapshot {path}"
    try:
        data = json.loads(text_of(path))
        json.dumps(data, ensure_ascii=False).encode()  # a lone surrogate could be written to no report
    except (OSError, ValueError, RecursionError) as error:
        raise Spoilt(where, f"cannot be read: {error}") from None
    if not isinstance(data, dict):
        raise Spoilt(where, "is not a snapshot; a snapshot is a mapping")
    if data.get("schema_version") != SCHEMA_VERSION:
        raise Spoilt(where, f"schema_version {brief(data.get('schema_version'))} is not known; known is {SCHEMA_VERSION}")
    data.setdefault("sequence", 0)
    try:
        check(where, data, _SHAPE)
        snapshot = t.cast("Snapshot", data)
        _check_sids(where, snapshot)
    except BadInput as error:
        raise Spoilt.of(error) from None
    if host is not None and snapshot["host"] != host:
        raise Spoilt(where, f"it is of the host {brief(snapshot['host'])}, and its name says {brief(host)}")
    return snapshot


def _check_sids(where: str, snapshot: Snapshot) -> None:
    """Raises BadInput for a text that has the form of a SID and is none: it would be sent to the host."""
    computer, plan = snapshot["computer"], snapshot["plan"]
    sids = [entry["sid"] for entry in snapshot["before"]]
    sids += [computer["sid"]] if computer and computer["sid"] is not None else []
    for sid in [*sids, *plan["add"], *plan["remove"], *(snapshot["after"] or ())]:
        try:
            checked_sid(sid)
        except ValueError:
            raise BadInput(where, "is not a SID", value=sid) from None


def text_of(path: Path) -> str:
    """What a file says that no other user could have written. Raises OSError or ValueError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        own = os.fstat(handle)
        if not stat.S_ISREG(own.st_mode) or own.st_size > _LARGEST:
            raise OSError(f"it is no file, or has more than {_LARGEST} bytes")
        folder = path.absolute().parent
        for place, info in (("it", own), (f"its folder {folder}", os.stat(folder))):
            why = _distrust(info)
            if why:
                raise PermissionError(f"{place} {why}")
        return file.read().decode("utf-8")


def _distrust(info: os.stat_result) -> str:
    """Why a file or a folder may hold what another user wrote, or an empty text. Whoever is root here may do anything anyway."""
    if info.st_uid not in (os.geteuid(), 0):
        return f"belongs to another user (uid {info.st_uid}, and this is {os.geteuid()})"
    return "can be written by everybody; take that right away (chmod o-w)" if info.st_mode & stat.S_IWOTH else ""


def runs(folder: Path) -> list[Path]:
    """The folders of the runs of a folder; none where it is not there. Raises OSError where they cannot be listed."""
    return _listed(folder, lambda entry: entry.is_dir())


def files(run: Path) -> list[Path]:
    """The snapshots of a run. Raises OSError where they cannot be listed."""
    return _listed(run, lambda entry: entry.name.endswith(".json"))


def _listed(folder: Path, wanted: t.Callable[[os.DirEntry[str]], bool]) -> list[Path]:
    """Path.glob would take a folder that may not be read for an empty one."""
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / entry.name for entry in entries if wanted(entry))
    except (FileNotFoundError, NotADirectoryError):
        return []


def exists(path: Path) -> bool:
    """Whether there is something under this name. Raises Spoilt where that cannot be known."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise Spoilt("", unread(error)) from None
    return True


def unread(error: OSError) -> str:
    """What cannot be read, and why."""
    return f"{error.filename} cannot be read: {error.strerror}"


def _readable(run: Path, spoilt: list[str]) -> Iterator[Snapshot]:
    """The snapshots of a run; a sentence about each that is spoilt, or about a run that may not be read, goes to ``spoilt``."""
    try:
        paths = files(run)
    except OSError as error:
        spoilt.append(unread(error))
        return
    for path in paths:
        try:
            yield read(path)
        except Spoilt as error:  # an error of its host alone, when that one is restored
            spoilt.append(str(error))


def of_host(folder: Path, host: str) -> tuple[list[tuple[Path, Snapshot]], list[str]]:
    """All snapshots of a host, oldest first; and a sentence about each that is spoilt, or that may be where nothing can be read."""
    snapshots, spoilt = [], []
    try:
        paths = [run / file_name(host, ".json") for run in runs(folder)]
    except OSError as error:
        return [], [unread(error)]
    for path in paths:
        try:
            if exists(path):
                snapshots.append((path, read(path, host)))
        except Spoilt as error:
            spoilt.append(str(error))
    return sorted(snapshots, key=lambda snapshot: _age(snapshot[1])), spoilt


def _age(snapshot: Snapshot) -> tuple[int, str]:
    """What orders snapshots: the number of the run, and the clock only where there is none."""
    return snapshot["sequence"], snapshot["taken"]


def unfinished(folder: Path, host: str) -> tuple[Path, Snapshot] | None:
    """The newest snapshot of a host, if it is not known what became of its plan."""
    snapshots, _spoilt = of_host(folder, host)
    return snapshots[-1] if snapshots and snapshots[-1][1]["outcome"] in OPEN_OUTCOMES else None


def restorable(snapshot: Snapshot) -> bool:
    """Whether a run may have changed the host, and is itself no restore, so that a restore can be repeated."""
    return snapshot["kind"] != "restore" and snapshot["outcome"] not in UNTOUCHED_OUTCOMES


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of the folder. ``age``: None where no snapshot of it can be read, so that its age is not known."""

    folder: Path
    age: tuple[int, str] | None
    changed: str | None
    spoilt: tuple[str, ...]


def _run(folder: Path) -> _Run:
    spoilt: list[str] = []
    snapshots = list(_readable(folder, spoilt))
    changed = next((str(snapshot["run_id"]) for snapshot in snapshots if restorable(snapshot)), None)
    return _Run(folder, _age(snapshots[0]) if snapshots else None, changed, tuple(spoilt))


def latest_run(folder: Path) -> tuple[str, list[str]]:
    """The newest run that changed something and is itself no restore: its name, or its folder where that is not called so.

    With a sentence about each spoilt snapshot because of which another run may be the latest, or a host of it may be missing.
    Raises BadInput when there is none, where it names them as well, and where the folder cannot be read.
    """
    try:
        found = [_run(path) for path in runs(folder)]
    except OSError as error:
        raise BadInput("restore", unread(error)) from None
    known = sorted((run for run in found if run.age), key=lambda run: (run.age, run.folder))
    latest = next((run for run in reversed(known) if run.changed), None)
    doubts = sorted(
        text for run in found if not (latest and run.age and latest.age and run.age < latest.age) for text in run.spoilt
    )
    if latest is None or latest.changed is None:
        why = f"; what cannot be read of it: {some(doubts)}" if doubts else ""
        raise BadInput("restore", f"{folder} has no run to restore that changed a host{why}")
    name = latest.changed if latest.folder.name == file_name(latest.changed) else str(latest.folder)
    return name, doubts


def find(folder: Path, wanted: str, host: str) -> Snapshot | None:
    """The snapshot that ``restore`` means: a file, a folder of a run, the name of a run below ``folder``, or ``latest``.

    ``latest`` is the newest snapshot of this host from a run that changed it and is itself no restore.
    None when the run has no snapshot of this host. Raises BadInput as ``check_wanted`` does, and Spoilt for a spoilt file.
    """
    place = at_home(wanted)
    if is_there(place, Path.is_file):
        snapshot = read(place)
        return snapshot if snapshot["host"] == host else None
    if wanted == "latest":
        snapshots, spoilt = of_host(folder, host)
        if spoilt:  # it may be the newest one
            raise Spoilt("", f"{spoilt[0]}; so it is not known which run is the latest: name one")
        return next((snapshot for _path, snapshot in reversed(snapshots) if restorable(snapshot)), None)
    path = _folder_of_run(folder, wanted) / file_name(host, ".json")
    return read(path, host) if exists(path) else None


def check_wanted(folder: Path, wanted: str) -> None:
    """Raises BadInput, which names the newest runs that there are, where ``restore`` means no file, no folder of a run and no run, and
    where that cannot be known.
    """
    if wanted != "latest" and not is_there(at_home(wanted), Path.is_file):
        _folder_of_run(folder, wanted)


def _folder_of_run(folder: Path, wanted: str) -> Path:
    place = at_home(wanted)
    try:
        if not (is_there(place, Path.is_dir) and files(place)):
            place = folder / file_name(wanted)
        if files(place):
            return place
        known = _names_of_runs(folder)
    except OSError as error:
        raise BadInput("restore", unread(error), value=wanted) from None
    refuse_hidden(wanted)
    wrong = f"is not a snapshot file, the folder of a run or a run of {folder}"
    raise BadInput("restore", wrong, value=wanted, expected=in_words(known))


def at_home(wanted: str) -> Path:
    """A path, with the folder of a user for its ``~``. Raises BadInput where there is no such user."""
    try:
        return Path(wanted).expanduser()
    except RuntimeError as error:
        raise BadInput("restore", f"leads nowhere: {error}", value=wanted) from None


def _names_of_runs(folder: Path) -> list[str]:
    """What the runs of a folder are called, the newest first; those of which no snapshot can be read are the last. Raises OSError."""
    known = []
    for run in runs(folder):
        spoilt: list[str] = []
        first = next(_readable(run, spoilt), None)
        if first:
            name = str(first["run_id"]) if run.name == file_name(str(first["run_id"])) else run.name
            known.append((_age(first), name))
        elif spoilt:
            known.append(((-1, ""), run.name))
    return [name for _run_age, name in sorted(known, reverse=True)]


def in_words(runs: t.Sequence[str]) -> str:
    """The runs that there are, the newest ones by name."""
    return f"its runs, the newest first: {some([visible(run) for run in runs])}" if runs else "it has no run"


def refuse_hidden(wanted: str) -> None:
    """Raises BadInput for a path below a folder that may not be looked into: whether something is there is not known."""
    try:
        os.stat(at_home(wanted))
    except PermissionError as error:
        if os.sep in wanted:  # not the name of a run, that somebody gives in a folder of others
            raise BadInput("restore", unread(error)) from None
    except (OSError, ValueError):
        return


def is_there(place: Path, kind: t.Callable[[Path], bool]) -> bool:
    """Whether there is such a thing. A name of a run may be longer than the name of a file."""
    try:
        return kind(place)
    except (OSError, ValueError):
        return False
