# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the payload of gpo_right does to a GPO of a simulated domain controller: compare, write in order, read again, undo; in Python."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import typing as t
from dataclasses import dataclass, field

from fleet.backends.emulator import gpo_report
from fleet.backends.emulator.gpo_steps import Places, Steps, digest, status
from fleet.windows.directory import LdapError
from fleet.windows.sysvol import FileError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.windows.machine import Machine, Token

Json = dict[str, t.Any]
_MEANING = {
    "not_started": "was not changed",
    "undone": "is as before, the change failed",
    "unknown": "may be half changed",
}


class StepError(Exception):
    """A step that failed, in the payload's words."""

    def __init__(self, call: str, code: str | None, sentence: str) -> None:
        super().__init__(sentence)
        self.call, self.code = call, code


@dataclass(frozen=True)
class Wanted:
    """What a change asks for: the three parts as they must be found, as they shall be, and for an undoing."""

    guid: str
    expected: Mapping[str, t.Any]
    template: bytes | None  # None: there shall be none
    version: int
    extensions: str | None
    gpt_ini: bytes
    undo_version: int
    undo_gpt_ini: bytes

    @classmethod
    def of(cls, change: Mapping[str, t.Any]) -> Wanted:
        """From the module's arguments."""
        undo = change["undo"]
        return cls(
            change["guid"],
            change["expected"],
            None if change["template"] is None else base64.b64decode(change["template"]),
            change["version"],
            change["extensions"],
            base64.b64decode(change["gpt_ini"]),
            undo["version"],
            base64.b64decode(undo["gpt_ini"]),
        )

    @property
    def after(self) -> Json:
        """The parts as they shall be, in the words of `expected`."""
        return {
            "template_sha256": digest(self.template),
            "version": self.version,
            "extensions": self.extensions,
            "gpt_ini_sha256": digest(self.gpt_ini),
        }


@dataclass
class _Run:
    """One change in the making."""

    steps: Steps
    wanted: Wanted
    places: Places
    outcome: str = "not_started"
    before: Json | None = None
    after: Json | None = None
    old: dict[str, bytes | None] = field(default_factory=dict)  # content of template and gpt_ini before
    attempted: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    error: Json | None = None
    earlier: bytes | None = None  # the journal that was there
    unfinished: bool = False  # an earlier change to the same goal has left its journal


def gpo_right(machine: Machine, user: str, token: Token, args: Mapping[str, t.Any]) -> Json:
    """The module's answer: to read, or to change."""
    change = args.get("change")
    if change is None:
        return gpo_report.gpo_right_info(machine, user, token, args.get("read") or {})
    if machine.language_mode != "FullLanguage":
        return _refused("language mode", f"PowerShell runs in {machine.language_mode} mode here.")
    controller = gpo_report.controller_of(machine, user, token)
    if machine.replica is None or controller["machine_role"] not in (4, 5):
        return _refused("machine role", "this host is no domain controller.")
    if controller["read_only"] or not controller["is_pdc_emulator"]:
        which = "is read-only" if controller["read_only"] else "is not the PDC emulator"
        return _refused("controller", f"this domain controller {which}, {controller['pdc_emulator']} is.")
    return _change(Steps(machine.replica, token), Wanted.of(change))


def _refused(call: str, sentence: str, code: str | None = None) -> Json:
    nothing: Json = {"outcome": "not_started", "attempted": [], "undone": [], "before": None, "after": None}
    return gpo_report.refused(call, sentence, code) | nothing | {"msg": f"The GPO {_MEANING['not_started']}: {sentence}"}


def _change(steps: Steps, wanted: Wanted) -> Json:
    try:
        places = Places(steps.container("ldap search", wanted.guid).path)
    except LdapError as error:
        return _refused("ldap search", f"ldap search failed with {error.code}.", status(error))
    if not steps.replica.sysvol.has_folder(places.folder):
        return _refused("compare", gpo_report.NO_FOLDER)
    run = _Run(steps, wanted, places)
    sentence = _carry_out(run)
    answer: Json = {
        "changed": run.outcome in ("applied", "unknown") and bool(run.attempted),
        "outcome": run.outcome,
        "attempted": run.attempted,
        "undone": run.undone,
        "before": run.before,
        "after": run.after,
        "error": run.error,
    }
    if run.outcome != "applied":
        answer |= {"failed": True, "msg": f"The GPO {_MEANING[run.outcome]}: {sentence}"}
    return answer


def _carry_out(run: _Run) -> str:
    try:
        _compare(run)
        _announce(run)
    except StepError as error:
        run.error = {"call": error.call, "status": error.code}
        return str(error)
    try:
        _replace(run, "template", run.wanted.template)
        _modify(run)
        _replace(run, "gpt_ini", run.wanted.gpt_ini)
        run.after = _state(run, "re-read")
        if run.after != run.wanted.after:
            raise StepError("re-read", None, "a second read shows something else than was written.")
    except StepError as error:
        run.error = {"call": error.call, "status": error.code}
        _undo(run)
        return str(error)
    run.outcome = "applied"
    _clean(run)
    return ""


def _state(run: _Run, name: str) -> Json:
    """All three parts as they are."""
    read = _file_step(name, lambda: [run.steps.read(name, path) for path in (run.places.template, run.places.gpt_ini)])
    run.old = run.old or {"template": read[0], "gpt_ini": read[1]}
    try:
        container = run.steps.container("ldap search", run.wanted.guid)
    except LdapError as error:
        raise StepError(name, status(error), f"{name} failed with {error.code}.") from error
    return {
        "template_sha256": digest(read[0]),
        "version": container.version,
        "extensions": container.extensions,
        "gpt_ini_sha256": digest(read[1]),
    }


def _compare(run: _Run) -> None:
    run.before = run.after = _state(run, "compare")
    differing = sorted(key for key, value in run.wanted.expected.items() if run.before.get(key) != value)
    if differing:
        raise StepError("compare", None, f"{', '.join(differing)} is not the expected one.")


def _announce(run: _Run) -> None:
    """The journal: one that is there and speaks of the same goal stays, since it alone knows what was before."""
    text = json.dumps({"guid": run.wanted.guid, "before": run.before, "after": run.wanted.after})
    run.earlier = _file_step("write journal", lambda: run.steps.read("read journal", run.places.journal))
    run.unfinished = run.earlier is not None and _goal(run.earlier) == run.wanted.after
    if run.unfinished:
        return
    try:
        _file_step("write journal", lambda: run.steps.write("write journal", run.places.journal, text.encode()))
    except StepError:
        with contextlib.suppress(StepError):
            _put_journal_back(run)
        raise


def _goal(journal: bytes) -> t.Any:
    try:
        return json.loads(journal)["after"]
    except (ValueError, LookupError, TypeError):
        return None


def _replace(run: _Run, kind: str, content: bytes | None) -> None:
    """Write a file beside the other, look at the other once more, put it in its place. What is done already is left out."""
    if content == run.old[kind]:
        return
    target, temp, backup = getattr(run.places, kind), run.places.temp(kind), run.places.backup(kind)
    if content is not None:
        _file_step(f"write {kind}", lambda: run.steps.write(f"write {kind}", temp, content))
    there = _file_step(f"compare {kind}", lambda: run.steps.read(f"compare {kind}", target))
    if there != run.old[kind]:
        raise StepError(f"compare {kind}", None, f"{kind} was changed by somebody else meanwhile.")
    run.attempted.append(kind)
    _file_step(f"replace {kind}", lambda: run.steps.replace(f"replace {kind}", None if content is None else temp, target, backup))


def _modify(run: _Run) -> None:
    assert run.before is not None
    if (run.before["version"], run.before["extensions"]) == (run.wanted.version, run.wanted.extensions):
        return
    if _container(run) != (run.before["version"], run.before["extensions"]):
        raise StepError("compare container", None, "container was changed by somebody else meanwhile.")
    run.attempted.append("container")
    try:
        run.steps.modify("ldap modify", run.wanted.guid, run.wanted.version, run.wanted.extensions)
    except LdapError as error:
        raise StepError("ldap modify", status(error), f"ldap modify failed with {error.code}.") from error


def _file_step(name: str, work: t.Callable[[], t.Any]) -> t.Any:
    try:
        return work()
    except FileError as error:
        raise StepError(name, status(error), f"{name} failed with {error.hresult}.") from error


# -- undo ----------------------------------------------------------------------------------------------------------


def _undo(run: _Run) -> None:
    """Put back in reverse order what was written, and look at all of it again. What cannot be put back is left, with the journal."""
    run.outcome, run.after = "unknown", None
    assert run.before is not None
    told = "container" in run.attempted and _container_was_written(run)
    gpt_ini = run.wanted.undo_gpt_ini if told else run.old["gpt_ini"]
    version = run.wanted.undo_version if told else run.before["version"]
    goal = {**run.before, "version": version, "gpt_ini_sha256": digest(gpt_ini)}
    with contextlib.suppress(StepError):
        if told or "gpt_ini" in run.attempted:
            _put_back(run, "gpt_ini", gpt_ini)
    if told:
        with contextlib.suppress(LdapError):
            run.steps.modify("ldap undo", run.wanted.guid, version, run.before["extensions"])
            run.undone.append("container")
    with contextlib.suppress(StepError):
        if "template" in run.attempted:
            _put_back(run, "template", run.old["template"])
    with contextlib.suppress(StepError):
        run.after = _state(run, "re-read after undo")
        if run.after == goal or not run.attempted:
            run.outcome = "undone" if run.attempted else "not_started"
            _clean(run, undone=True)


def _container_was_written(run: _Run) -> bool:
    """Whether the directory has this change, whatever was answered, and no other; not where that cannot be read."""
    try:
        return _container(run, "ldap compare before undo") == (run.wanted.version, run.wanted.extensions)
    except StepError:
        return False


def _container(run: _Run, name: str = "ldap compare container") -> tuple[int | None, str | None]:
    """Both attributes as they are."""
    try:
        container = run.steps.take(name, lambda: run.steps.container("ldap search", run.wanted.guid))
    except LdapError as error:
        raise StepError("ldap search", status(error), f"ldap search failed with {error.code}.") from error
    return container.version, container.extensions


def _put_back(run: _Run, kind: str, content: bytes | None) -> None:
    """Give a file its old content, but not where somebody else has written it since."""
    ours = run.wanted.template if kind == "template" else run.wanted.gpt_ini
    target, temp, backup = getattr(run.places, kind), run.places.temp(kind), run.places.backup(kind)
    name = f"undo {kind}"
    there = _file_step(name, lambda: run.steps.read(name, target))
    if there == content:
        return
    if there not in (ours, run.old[kind], None):  # none: ReplaceFileW has moved the original away and could not go on
        raise StepError(name, None, f"{kind} was changed by somebody else meanwhile.")
    if content is not None:
        _file_step(name, lambda: run.steps.write(name, temp, content))
    _file_step(name, lambda: run.steps.remove(name, backup))
    _file_step(name, lambda: run.steps.replace(name, None if content is None else temp, target, backup))
    run.undone.append(kind)


def _put_journal_back(run: _Run) -> None:
    """The journal as this run found it: that of another change that did not end tells of what is there still."""
    if run.unfinished:
        return
    earlier = run.earlier
    if earlier is None:
        _file_step("remove journal", lambda: run.steps.remove("remove journal", run.places.journal))
    else:
        _file_step("remove journal", lambda: run.steps.write("remove journal", run.places.journal, earlier))


def _clean(run: _Run, *, undone: bool = False) -> None:
    """Remove what lies beside the files; what cannot be removed is told, and the journal goes last, if it goes."""
    kinds = [
        *(run.places.temp(kind) for kind in ("template", "gpt_ini")),
        *(run.places.backup(kind) for kind in ("template", "gpt_ini")),
    ]
    try:
        for path in [one for one in kinds if run.steps.replica.sysvol.exists(one)]:
            _file_step("remove backup", functools.partial(run.steps.remove, "remove backup", path))
        if undone:
            _put_journal_back(run)
        else:
            _file_step("remove journal", lambda: run.steps.remove("remove journal", run.places.journal))
    except StepError as error:
        run.error = run.error or {"call": error.call, "status": error.code}
