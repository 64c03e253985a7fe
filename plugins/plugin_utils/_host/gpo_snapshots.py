# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pre-images of GPOs on the controller's disk: written before anything is sent, and what became of the change afterwards.

One JSON file per GPO and run, FOLDER/gpos/RUN/DOMAIN/{GUID}.json, mode 0600: bytes, attributes, digests and the plan. By domain, since
the default GPOs have the same GUID in all of them.
"""

from __future__ import annotations

import base64
import binascii
import json
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .._files import file_name, write_atomically
from .._gpo.facts import Base64, Digest, Guid
from .._gpo.journal import Journal, Stage, Unclear, read_journal, stage_of
from .._gpo.parts import Parts
from .._gpo.plan import GpoPlan
from .._input.contract import shape_of
from .._input.errors import BadInput
from .._input.forms import Words
from .._input.shape import check
from . import snapshots

SCHEMA_VERSION = "1"
OPEN = ("pending", "unknown")
"""It is not known yet whether the plan was carried out."""
UNTOUCHED = ("undone", "not_started", "found_unchanged")
"""The GPO was left as it was."""
_OUTCOMES = (*OPEN, *UNTOUCHED, "applied", "found_applied", "found_other")


class Digests(t.TypedDict):
    """The three parts of a GPO by their digests."""

    template_sha256: Digest | None
    version: int
    extensions: str | None
    gpt_ini_sha256: Digest | None


class Before(t.TypedDict):
    """The three parts as they were. ``accounts``: SIDs and names of the line, null for not defined."""

    template: Base64 | None
    version: int
    extensions: str | None
    gpt_ini: Base64 | None
    accounts: list[str] | None


class GpoSnapshot(t.TypedDict):
    """A snapshot in its file. ``plan``: what was to be there afterwards; ``accounts``: as the line was to be.

    ``whole``: ``before`` is no half-made change of another run.
    """

    kind: t.Annotated[str, Words(("gpo_enforce", "gpo_restore"))]
    run_id: str
    taken: str
    writer: dict[str, object]
    domain: str
    controller: str
    guid: Guid
    name: str | None
    before: Before
    whole: bool
    plan: Digests
    accounts: list[str] | None
    outcome: t.Annotated[str, Words(_OUTCOMES)]


_SHAPE = shape_of(GpoSnapshot)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the snapshots of one GPO of one domain are."""

    snapshot_dir: Path
    domain: str
    guid: str

    @property
    def key(self) -> str:
        """The GPO, for a lock."""
        return f"gpo {self.domain.lower()} {self.guid.upper()}"

    def path(self, run_id: str) -> Path:
        """The snapshot of a run; no name of a run or a domain leads out of the folder."""
        return folder_of(self.snapshot_dir) / file_name(run_id) / self.inside

    @property
    def inside(self) -> Path:
        """Its place in the folder of a run."""
        return Path(file_name(self.domain.lower()), file_name(self.guid.upper(), ".json"))

    def has(self, snapshot: GpoSnapshot) -> bool:
        """Whether a snapshot is of this GPO of this domain."""
        return (snapshot["domain"].lower(), snapshot["guid"].upper()) == (self.domain.lower(), self.guid.upper())


def folder_of(snapshot_dir: Path) -> Path:
    """Where the snapshots of GPOs are, apart from those of hosts."""
    return snapshot_dir / "gpos"


def draft(
    plan: GpoPlan, run_id: str, taken: str, controller: str, domain: str, restore: bool, before: Before | None
) -> GpoSnapshot:
    """What there is to keep of a plan before it is sent. ``before``: as ``before_of`` says."""
    return {
        "kind": "gpo_restore" if restore else "gpo_enforce",
        "run_id": run_id,
        "taken": taken,
        "writer": snapshots.writer(),
        "domain": domain,
        "controller": controller,
        "guid": plan.gpo.guid,
        "name": plan.gpo.name,
        "before": before or _before(plan),
        "whole": before is not None,
        "plan": t.cast("Digests", plan.will.digests),
        "accounts": None if plan.after is None else list(plan.after),
        "outcome": "pending",
    }


def before_of(shelf: Shelf, plan: GpoPlan) -> Before | None:
    """What a restore of this plan brings back: the parts as they are, or, where an earlier run has left its change half made, the parts
    before that one; None where no snapshot has those. Where somebody else has changed the GPO since, it is theirs. Raises Spoilt.
    """
    journal = read_journal(plan.gpo.journal)
    if journal is None or not _half_made(journal, plan):
        return _before(plan)
    known = (snapshot for _path, snapshot in of_gpo(shelf) if snapshot["whole"])
    return next((one["before"] for one in known if pre_image(one).digests == journal.before.digests), None)


def _half_made(journal: Journal, plan: GpoPlan) -> bool:
    """Whether the parts are some old and some new; those that somebody else has changed since are no half of that change."""
    try:
        return stage_of(journal, plan.was.digests) is Stage.BEGUN
    except Unclear:
        return False


def keep(path: Path, snapshot: GpoSnapshot) -> None:
    """Keep a new snapshot. Raises OSError, also where there is one already or where others could change it."""
    for place in reversed(path.parents[:4]):
        snapshots.make_folder(place)
    if path.exists():
        raise FileExistsError(f"{path} is there already; a run keeps one pre-image per GPO")
    _write(path, snapshot)


def settle(path: Path, outcome: str) -> None:
    """Note what became of the plan. Raises OSError or Spoilt."""
    _write(path, {**read(path), "outcome": outcome})


def read(path: Path) -> GpoSnapshot:
    """A snapshot from its file. Raises Spoilt that names the file and what is wrong with it."""
    where = f"snapshot {path}"
    try:
        data = json.loads(snapshots.text_of(path))
    except (OSError, ValueError, RecursionError) as error:
        raise snapshots.Spoilt(where, f"cannot be read: {error}") from None
    if not isinstance(data, dict) or data.pop("schema_version", None) != SCHEMA_VERSION:
        raise snapshots.Spoilt(where, "is not the snapshot of a GPO of this release")
    try:
        check(where, data, _SHAPE)
    except BadInput as error:
        raise snapshots.Spoilt.of(error) from None
    snapshot = t.cast("GpoSnapshot", data)
    try:
        pre_image(snapshot)
    except binascii.Error:
        raise snapshots.Spoilt(where, "its files are not Base64") from None
    return snapshot


def pre_image(snapshot: GpoSnapshot) -> Parts:
    """The three parts as they were."""
    before = snapshot["before"]
    return Parts(_bytes(before["template"]), before["version"], before["extensions"], _bytes(before["gpt_ini"]))


def of_gpo(shelf: Shelf) -> list[tuple[Path, GpoSnapshot]]:
    """All snapshots of a GPO, the oldest first. Raises Spoilt where one cannot be read: it may be the newest."""
    try:
        paths = [run / shelf.inside for run in snapshots.runs(folder_of(shelf.snapshot_dir))]
    except OSError as error:
        raise snapshots.Spoilt("", snapshots.unread(error)) from None
    found = [(path, read(path)) for path in paths if snapshots.exists(path)]
    return sorted(found, key=lambda entry: (entry[1]["taken"], entry[0]))


def check_wanted(snapshot_dir: Path, wanted: str) -> None:
    """Raises BadInput, which names the newest runs that there are, where ``restore`` means no snapshot that can be read and no run, and
    where that cannot be known.
    """
    place, folder = snapshots.at_home(wanted), folder_of(snapshot_dir)
    if snapshots.is_there(place, Path.is_file):
        read(place)
    elif wanted != "latest":
        try:
            runs = snapshots.runs(folder)
        except OSError as error:
            raise BadInput("restore", snapshots.unread(error), value=wanted) from None
        if folder / file_name(wanted) not in runs:
            snapshots.refuse_hidden(wanted)
            wrong = f"is neither a snapshot of a GPO nor a run of {folder}"
            raise BadInput("restore", wrong, value=wanted, expected=snapshots.in_words(_names_of_runs(runs)))


def _names_of_runs(runs: list[Path]) -> list[str]:
    """What runs are called, the newest first; those of which a snapshot cannot be read are the last."""
    known = []
    for run in runs:
        try:
            found = [read(path) for domain in snapshots.runs(run) for path in snapshots.files(domain)]
        except (OSError, snapshots.Spoilt):  # it is not the one that was asked for
            known.append(("", run.name))
            continue
        known += [(one["taken"], one["run_id"] if run.name == file_name(one["run_id"]) else run.name) for one in found]
    return list(dict.fromkeys(name for _taken, name in sorted(known, reverse=True)))


def find(shelf: Shelf, wanted: str) -> GpoSnapshot | None:
    """The snapshot that ``restore`` means: a file, the name of a run, or ``latest``; None where the run has none of this GPO.

    ``latest`` is the newest from a run that changed the GPO and is itself no restore. One whose plan is what was there before only took a
    journal away. Raises BadInput where it is the file of another GPO, and Spoilt.
    """
    place = snapshots.at_home(wanted)
    if snapshots.is_there(place, Path.is_file):
        snapshot = read(place)
        if not shelf.has(snapshot):
            whose = f"the GPO {snapshot['guid']} of {snapshot['domain']}"
            raise BadInput("restore", f"is a snapshot of {whose}, and not of {shelf.guid} of {shelf.domain}", value=wanted)
        return snapshot
    if wanted == "latest":
        fit = [entry for _path, entry in of_gpo(shelf) if entry["kind"] != "gpo_restore" and not _idle(entry)]
        return fit[-1] if fit else None
    path = shelf.path(wanted)
    return read(path) if snapshots.exists(path) else None


def unsettled(shelf: Shelf) -> tuple[Path, GpoSnapshot] | None:
    """The newest snapshot of a GPO, where it is not known yet what became of its plan. Raises Spoilt."""
    found = of_gpo(shelf)
    return found[-1] if found and found[-1][1]["outcome"] in OPEN else None


def settle_earlier(found: tuple[Path, GpoSnapshot], now: Mapping[str, object]) -> str:
    """Note in a snapshot what became of its plan, by the parts as they are, and return the sentence for a reader.

    Raises OSError and Spoilt.
    """
    path, snapshot = found
    before, plan = pre_image(snapshot).digests, t.cast("Mapping[str, object]", snapshot["plan"])
    outcome = "found_applied" if now == plan else "found_unchanged" if now == before else "found_other"
    settle(path, outcome)
    words = {"found_applied": "it was carried out", "found_unchanged": "nothing of it was done"}
    return f"what became of the run {snapshot['run_id']} was not known: {words.get(outcome, 'the GPO is neither as before nor as planned')}"


def _idle(snapshot: GpoSnapshot) -> bool:
    """Whether its run left the GPO as it was."""
    return snapshot["outcome"] in UNTOUCHED or pre_image(snapshot).digests == snapshot["plan"]


def _before(plan: GpoPlan) -> Before:
    return {
        "template": _text(plan.was.template),
        "version": plan.was.version,
        "extensions": plan.was.extensions,
        "gpt_ini": _text(plan.was.gpt_ini),
        "accounts": None if plan.before is None else list(plan.before),
    }


def _write(path: Path, snapshot: GpoSnapshot) -> None:
    text = json.dumps({"schema_version": SCHEMA_VERSION, **snapshot}, indent=2, sort_keys=True) + "\n"
    write_atomically(path, text, mode=0o600, beside=path.parents[2])


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
