# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one enforcing task is to do on one host, and the care around the change: pre-image first, truth afterwards."""

from __future__ import annotations

import dataclasses
import datetime
import multiprocessing
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import _utc
from .._accounts.parsing import derived_names, shown
from .._accounts.sids import NAMES
from .._facts.controller import Controller, controller_on
from .._facts.facts import Holder, HostFacts, Resolution
from .._facts.roles import is_domain_controller
from .._input.categories import ErrorCategory
from .._input.errors import BadInput
from .._input.naming import called
from .._policy.policy import Policy
from .._verdict.expectation import Tailoring
from .._verdict.judgement import Judgement, judged
from .._verdict.outcome import Outcome
from .._verdict.plan import (
    Agreed,
    Handling,
    Plan,
    Refused,
    by_number,
    heed_controller,
    make_plan,
    refuse_beyond,
    refuse_needed,
    refuse_pending_role,
)
from .._verdict.verdict import judge
from . import locks, snapshots, turns
from .changes import Change, LostContact
from .machines import SnapshotComputer, other_machine, same_machine, snapshot_computer
from .windows import WindowsHost

# Not known: public templates of that policy show accounts of roles that a domain controller had, and nobody tried it.
_DOMAIN_WIDE = (
    "it is not known whether Windows writes a change on a domain controller into the Default Domain Controllers Policy, which counts on "
    "all of them: look at it with the playbook gpo_audit before and after"
)


@dataclass(frozen=True, slots=True)
class Job:
    """A task's options for one host, checked.

    ``controller``: who sets the right, where the task states it.
    ``pre_image``: the snapshot to restore, where the task restores. ``agreed``: what the fleet looked at.
    """

    host: str
    run_id: str
    folder: Path
    policy: Policy
    tailoring: Tailoring
    handling: Handling
    controller: Controller | None
    policy_digest: str | None = None
    pre_image: snapshots.Snapshot | None = None
    agreed: Agreed | None = None

    @property
    def names(self) -> list[str]:
        """Names that only the host can turn into SIDs."""
        return sorted({*self.policy.asked_names, *self.tailoring.asked_names})

    @property
    def snapshot(self) -> Path:
        """Where the pre-image of this host and run goes."""
        return snapshots.path_of(self.folder, self.run_id, self.host)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """``current``: the host as it was read; ``planned``: as it is when the plan is done."""

    current: Judgement
    planned: Judgement


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a job did not end as it should: what kind of error, and a sentence."""

    category: ErrorCategory
    message: str


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of a job. ``after``: the holders at the end, or in check mode as planned; None when they are not known.

    ``outcome``: unchanged, planned, refused; then applied, changed_meanwhile, undone, undo_failed, not_started as the host says,
    or unknown when contact was lost; same_machine where the run changes the machine under another name, ``changed_as``.
    ``controller``: who sets the right. ``ending``: how the host is judged, or why that is not known. Decided before anything is sent, so
    that nothing after a change can fail for want of a decision. ``computer``: which one was read.
    """

    plan: Plan
    outcome: Outcome
    after: tuple[str, ...] | None
    names_by_sid: Mapping[str, str | None]
    controller: Controller
    ending: Verdicts | Failed
    notes: tuple[str, ...] = ()
    warning: str | None = None
    change: Change | None = None
    computer: SnapshotComputer | None = None
    changed_as: str | None = None


def plan(job: Job, facts: HostFacts, changed: turns.Changed | None = None) -> JobResult:
    """Judge the host and plan the change: unchanged, planned or refused. Raises CannotJudge.

    ``changed``: what the run changed on this machine under another name. Where the host holds just that, nothing more is planned for it.
    """
    names_by_sid = _names_by_sid(job, facts)
    before = by_number(facts.sids)
    if changed and changed.after == facts.sids:
        return _under_another_name(job, facts, changed.host, names_by_sid)
    notes: tuple[str, ...] = ()
    controller = controller_on(facts, job.controller)
    try:
        notes = (*_earlier_run_notes(job, facts), *_machine_notes(job, facts), *_foreign_changes(job, facts))
        current = Judgement(facts, job.policy, judge(facts, job.policy, job.tailoring), controller)
        host_plan = make_plan(before, current.verdict, job.handling)
        refuse_pending_role(facts.computer.role_pending, host_plan)
        warning = heed_controller(controller, host_plan, job.handling)
        if job.pre_image is None:  # what was there before the run to restore comes back
            refuse_needed(current.verdict, host_plan)
        if not host_plan.empty:
            notes = (*notes, *filter(None, (controller.doubt, _DOMAIN_WIDE if is_domain_controller(facts) else "")))
        refuse_beyond(job.agreed, host_plan)
    except Refused as error:
        no_plan = Plan(before, (), (), ())
        failure = Failed(error.category, str(error))
        return JobResult(no_plan, Outcome.REFUSED, before, names_by_sid, controller, failure, notes)
    planned = (
        current
        if host_plan.empty
        else judged(_with_holders(facts, host_plan.after, names_by_sid), job.policy, job.tailoring, job.controller)
    )
    outcome = Outcome.UNCHANGED if host_plan.empty else Outcome.PLANNED
    computer = snapshot_computer(facts.computer)
    return JobResult(
        host_plan, outcome, host_plan.after, names_by_sid, controller, Verdicts(current, planned), notes, warning, computer=computer
    )


def _with_holders(facts: HostFacts, sids: tuple[str, ...], names_by_sid: Mapping[str, str | None]) -> HostFacts:
    """The same host with these holders; those that were not there before are accounts that the task named."""
    known = {holder.sid: holder for holder in facts.holders}
    added = {sid: Holder(sid, names_by_sid.get(sid) or NAMES.get(sid), None, Resolution.LSA) for sid in sids}
    return dataclasses.replace(facts, holders=tuple(known.get(sid, added[sid]) for sid in sids))


def _under_another_name(job: Job, facts: HostFacts, host: str, names_by_sid: Mapping[str, str | None]) -> JobResult:
    """The second name of a machine: it is judged by its own options, and nothing is sent. Raises CannotJudge."""
    before = by_number(facts.sids)
    notes = [f"the run changes this machine as {host}, another name of it in the inventory: nothing was sent under this name"]
    current = judged(facts, job.policy, job.tailoring, job.controller)
    try:
        differs = not make_plan(before, current.verdict, job.handling).empty
    except Refused:  # they would take what must not be taken
        differs = True
    if differs:
        notes.append(f"the options of this name ask for other holders than those of {host}: give both names the same options")
    no_plan = Plan(before, (), (), ())
    ending = Verdicts(current, current)
    return JobResult(no_plan, Outcome.SAME_MACHINE, before, names_by_sid, current.controller, ending, tuple(notes), changed_as=host)


def already_changed(job: Job, facts: HostFacts) -> turns.Changed | None:
    """What this run changed on the machine under another name, or None."""
    return turns.changed(job.folder, job.run_id, facts.computer, job.host)


def plan_in_turn(job: Job, facts: HostFacts) -> JobResult:
    """The same for a change that is to be made. Raises CannotJudge.

    A host that was read while the run changed it under another name may hold already what that change brings: its end is waited for.
    """
    job_result = plan(job, facts, already_changed(job, facts))
    if job_result.outcome is Outcome.UNCHANGED and turns.wait(job.folder, job.run_id, facts.computer):
        job_result = plan(job, facts, already_changed(job, facts))
    return job_result


def _names_by_sid(job: Job, facts: HostFacts) -> dict[str, str | None]:
    """Names of all SIDs that may turn up: as the snapshot had them, as they were written, as the host says them now."""
    names_by_sid: dict[str, str | None] = {
        holder["sid"]: holder["name"] for holder in (job.pre_image["before"] if job.pre_image else ())
    }
    rows = (account for row in job.policy.rows for account in row.accounts())
    names_by_sid.update(derived_names((*rows, *job.tailoring.accounts())))
    names_by_sid.update({asked.sid: asked.name for asked in facts.accounts if asked.sid and asked.name})
    names_by_sid.update({holder.sid: holder.name for holder in facts.holders if holder.name})
    return names_by_sid


def _earlier_run_notes(job: Job, facts: HostFacts) -> list[str]:
    """What became of an earlier run that lost this host, as a sentence. Raises Refused (``busy``) when it is still at work."""
    try:
        locks.check_free(job.folder, job.host)
    except locks.Busy as error:
        raise Refused(ErrorCategory.BUSY, str(error)) from None
    earlier, notes = snapshots.of_host(job.folder, job.host)  # an old file that is spoilt must not keep a new run from its work
    if not earlier or earlier[-1][1]["outcome"] not in snapshots.OPEN_OUTCOMES:
        return notes
    snapshot = earlier[-1][1]
    mismatch = other_machine(snapshot.get("computer"), facts.computer)
    if mismatch:
        note = f"the run {snapshot['run_id']} lost this host and its state was unknown; that is not found out any more: {mismatch}"
        return [*notes, note]
    words = {
        "found_applied": "its plan was carried out",
        "found_unchanged": "nothing of its plan was carried out",
        "found_other": "the holders are neither those before it nor those of its plan",
    }[_found(snapshot, facts)]
    return [*notes, f"the run {snapshot['run_id']} lost this host and its state was unknown: {words}"]


def _found(snapshot: snapshots.Snapshot, facts: HostFacts) -> str:
    if other_machine(snapshot.get("computer"), facts.computer):
        return "found_other"
    before = {holder["sid"] for holder in snapshot["before"]}
    planned = (before - set(snapshot["plan"]["remove"])) | set(snapshot["plan"]["add"])
    return "found_applied" if facts.sids == planned else "found_unchanged" if facts.sids == before else "found_other"


def settle_earlier(job: Job, facts: HostFacts, job_result: JobResult) -> JobResult:
    """Note in the snapshot of a run that lost this host what was found, now that a result says so; a warning where that fails."""
    try:
        locks.check_free(job.folder, job.host)
        earlier = snapshots.unfinished(job.folder, job.host)
        if earlier is not None:
            snapshots.settle(earlier[0], _found(earlier[1], facts), sorted(facts.sids))
    except (OSError, BadInput, locks.Busy) as error:
        return dataclasses.replace(job_result, warning=f"what became of an earlier run could not be noted: {error}")
    return job_result


def _machine_notes(job: Job, facts: HostFacts) -> list[str]:
    """What was compared of the machine of the snapshot and this one. Raises Refused (``other_machine``)."""
    note = same_machine(job.pre_image.get("computer"), facts.computer) if job.pre_image else None
    return [note] if note else []


def _foreign_changes(job: Job, facts: HostFacts) -> list[str]:
    """What others changed between the run to restore and now, which a restore takes back as well."""
    if job.pre_image is None or job.pre_image["after"] is None:
        return []
    differing = by_number(facts.sids ^ set(job.pre_image["after"]))
    return (
        [f"changed by others since the run {job.pre_image['run_id']}: {', '.join(shown(sid) for sid in differing)}"]
        if differing
        else []
    )


def apply(
    job: Job, host: WindowsHost, facts: HostFacts, job_result: JobResult, now: datetime.datetime
) -> tuple[HostFacts, JobResult]:
    """Keep the pre-image, then carry out the plan; what was read last, and what became of it.

    Raises NotKept when the pre-image cannot be kept; nothing is sent then. Raises HostError and CannotJudge where the host is read again,
    because the run was at work on the machine under another name. Whatever fails after the change began is part of what is returned.
    """
    try:
        snapshots.make_folder(job.folder)
        snapshots.make_folder(job.snapshot.parent)
        with turns.turn(job.folder, job.run_id, facts.computer) as turn:
            if not turn.first:
                facts = host.read_for_change(job.names)
                second = plan(job, facts, already_changed(job, facts))
                job_result = dataclasses.replace(second, notes=tuple(dict.fromkeys((*job_result.notes, *second.notes))))
            if job_result.outcome is not Outcome.PLANNED:
                return facts, job_result
            with locks.host(job.folder, job.host, job.run_id):
                _keep_pre_image(job, job_result, now)
                return facts, _note_for_other_names(job, turn, _carry_out(job, host, job_result))
    except locks.Busy as error:
        before = job_result.plan.before
        no_plan = Plan(before, (), (), ())
        failure = Failed(ErrorCategory.BUSY, str(error))
        return facts, dataclasses.replace(job_result, plan=no_plan, outcome=Outcome.REFUSED, after=before, ending=failure)
    except OSError as error:
        raise SnapshotNotKept(f"{called('snapshot_dir')}: the pre-image could not be kept, so nothing was sent: {error}") from error


def _note_for_other_names(job: Job, turn: turns.Turn, job_result: JobResult) -> JobResult:
    """Note a change for the other names of the machine."""
    warning = (
        turn.note(job.host, job_result.after) if job_result.outcome is Outcome.APPLIED and job_result.after is not None else None
    )
    return dataclasses.replace(job_result, warning=job_result.warning or warning)


def _keep_pre_image(job: Job, job_result: JobResult, now: datetime.datetime) -> None:
    """Keep the pre-image. Raises OSError."""
    snapshots.keep(
        job.snapshot,
        {
            "host": job.host,
            "run_id": job.run_id,
            "kind": "restore" if job.pre_image else "enforce",
            "taken": _utc.precise(now),
            "writer": snapshots.writer(),
            "computer": job_result.computer,
            "policy": {"name": job.policy.name, "title": job.policy.title, "sha256": job.policy_digest},
            "before": [{"sid": sid, "name": job_result.names_by_sid.get(sid)} for sid in job_result.plan.before],
            "plan": {"add": list(job_result.plan.add), "remove": list(job_result.plan.remove)},
            "outcome": "pending",
            "after": None,
        },
    )


def _orphaned() -> bool:
    """Whether the run that began this task is gone: a worker outlives a main process that was killed, and no process waits for it."""
    parent = multiprocessing.parent_process()
    return parent is not None and os.getppid() != parent.pid


def _carry_out(job: Job, host: WindowsHost, job_result: JobResult) -> JobResult:
    if _orphaned():
        outcome = Outcome.NOT_STARTED
        failure = Failed(_CATEGORIES[outcome], f"{_WORDS[outcome]}: the process that began the run has ended")
        return _settle_snapshot(job, dataclasses.replace(job_result, outcome=outcome, after=job_result.plan.before, ending=failure))
    try:
        change = host.apply(job_result.plan)
    except LostContact as error:
        message = (
            f"contact was lost during the change, so the state of the host is unknown until the next run finds it out: {error}. "
            f"The holders before it are in {job.snapshot}"
        )
        failure = Failed(ErrorCategory.UNKNOWN_STATE, message)
        return _settle_snapshot(job, dataclasses.replace(job_result, outcome=Outcome.UNKNOWN, after=None, ending=failure))
    settled = _settle_snapshot(job, dataclasses.replace(job_result, outcome=change.outcome, after=change.after, change=change))
    if change.outcome is Outcome.APPLIED:
        return settled
    return dataclasses.replace(settled, ending=Failed(_CATEGORIES[change.outcome], _sentence(change)))


def _settle_snapshot(job: Job, job_result: JobResult) -> JobResult:
    """Note in the snapshot what became of its plan; a warning where that fails."""
    try:
        snapshots.settle(job.snapshot, job_result.outcome.value, job_result.after)
    except (OSError, BadInput) as error:
        return dataclasses.replace(job_result, warning=f"what became of the change could not be noted in the snapshot: {error}")
    return job_result


class SnapshotNotKept(Exception):
    """The pre-image could not be written to the controller's disk."""


_WORDS = {
    Outcome.CHANGED_MEANWHILE: "nothing was changed: somebody else changed the right between the read and the change",
    Outcome.NOT_STARTED: "nothing was changed: the change could not begin",
    Outcome.UNDONE: "the change failed and was undone; the host has the holders that it had before",
    Outcome.UNDO_FAILED: "the change failed and could NOT be undone completely; compare before, after and undone",
}

_CATEGORIES = {
    Outcome.CHANGED_MEANWHILE: ErrorCategory.CHANGED_MEANWHILE,
    Outcome.NOT_STARTED: ErrorCategory.NOT_STARTED,
    Outcome.UNDONE: ErrorCategory.UNDONE,
    Outcome.UNDO_FAILED: ErrorCategory.UNDO_FAILED,
}


def _sentence(change: Change) -> str:
    words = f"{_WORDS[change.outcome]}{': ' + change.error.words if change.error.words else ''}"
    return f"{words}. The host says: {change.message}" if change.message else words
