# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one enforcing task is to do on one host, and the care around the change: pre-image first, truth afterwards."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import _arguments, _snapshots
from ._policy.accounts import Account
from ._policy.expectation import Wishes
from ._policy.facts import Holder, HostFacts, Resolution
from ._policy.plan import Controller, Handling, Plan, Refused, by_number, heed_controller, make_plan, refuse_pending_role
from ._policy.policy import Policy, plain_policy
from ._policy.sids import NAMES
from ._policy.verdict import judge
from ._windows import Change, LostContact, WindowsHost


@dataclass(frozen=True, slots=True)
class Job:
    """A task's options for one host, checked. ``pre_image``: the snapshot to restore, where the task restores."""

    host: str
    run_id: str
    folder: Path
    policy: Policy
    wishes: Wishes
    handling: Handling
    controller: Controller | None
    policy_digest: str | None = None
    pre_image: Mapping[str, t.Any] | None = None

    @property
    def names(self) -> list[str]:
        """Names that only the host can turn into SIDs."""
        return sorted({*self.policy.asked_names, *self.wishes.asked_names})

    @property
    def snapshot(self) -> Path:
        """Where the pre-image of this host and run goes."""
        return _snapshots.path_of(self.folder, self.run_id, self.host)


def job_of(options: Mapping[str, t.Any], host: str, now: datetime.datetime) -> Job | None:
    """The job of a task on one host; None when it restores a run that has no snapshot of this host. Raises BadInput."""
    folder = Path(options["snapshot_dir"])
    run_id = options.get("run_id") or _arguments.new_run_id(now)
    pre_image = digest = None
    if options.get("restore"):
        pre_image = _snapshots.find(folder, options["restore"], host, own_run=run_id)
        if pre_image is None:
            return None
        # The whole list as it was, by SIDs: also accounts that were deleted since then.
        policy, wishes = (
            plain_policy(closed=True),
            Wishes(required=tuple(Account(one["sid"], one["sid"]) for one in pre_image["before"])),
        )
        wishes = dataclasses.replace(wishes, keep_orphans=options["orphans"] == "keep")
    else:
        policy = _arguments.policy_of(options)
        wishes = _arguments.wishes_of(options, policy)
        digest = _arguments.digest_of(options["policy"]) if options.get("policy") else None
    return Job(
        host=host,
        run_id=run_id,
        folder=folder,
        policy=policy,
        wishes=wishes,
        handling=_arguments.handling_of(options),
        controller=_arguments.controller_of(options),
        policy_digest=digest,
        pre_image=pre_image,
    )


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a job. ``after``: the holders at the end, or in check mode as planned; None when nobody knows them.

    ``outcome``: unchanged, planned, refused; then applied, changed_meanwhile, undone, undo_failed, not_started as the host says,
    or unknown when contact was lost. ``category``, ``message``: why it failed, None when it did not.
    """

    plan: Plan
    outcome: str
    after: tuple[str, ...] | None
    names: Mapping[str, str | None]
    notes: tuple[str, ...] = ()
    warning: str | None = None
    category: str | None = None
    message: str | None = None
    done: Change | None = None


def plan(job: Job, facts: HostFacts, check_mode: bool) -> Made:
    """Judge the host and plan the change: unchanged, planned or refused. Raises CannotJudge."""
    names = _names(job, facts)
    notes = tuple(_look_back(job, facts, check_mode))
    before = by_number(facts.sids)
    try:
        its = make_plan(before, judge(facts, job.policy, job.wishes), job.handling)
        refuse_pending_role(facts.computer.role_pending, its)
        warning = heed_controller(job.controller, its, job.handling)
    except Refused as refused:
        nothing = Plan(before, (), (), ())
        return Made(nothing, "refused", before, names, notes, category=refused.category, message=str(refused))
    return Made(its, "unchanged" if its.empty else "planned", its.after, names, notes, warning)


def _names(job: Job, facts: HostFacts) -> dict[str, str | None]:
    """Names of all SIDs that may turn up: as the snapshot had them, as the host says them now."""
    names: dict[str, str | None] = {one["sid"]: one.get("name") for one in (job.pre_image or {}).get("before", ())}
    names.update({asked.sid: asked.name for asked in facts.accounts if asked.sid})
    names.update({holder.sid: holder.name for holder in facts.holders if holder.name})
    return names


def _look_back(job: Job, facts: HostFacts, check_mode: bool) -> list[str]:
    """What became of an earlier run that lost this host, as sentences; noted in that run's snapshot unless in check mode."""
    earlier = _snapshots.unfinished(job.folder, job.host)
    if earlier is None:
        return []
    path, snapshot = earlier
    before = {one["sid"] for one in snapshot["before"]}
    planned = (before - set(snapshot["plan"]["remove"])) | set(snapshot["plan"]["add"])
    if facts.sids == planned:
        found, words = "found_applied", "its plan was carried out"
    elif facts.sids == before:
        found, words = "found_unchanged", "nothing of its plan was carried out"
    else:
        found, words = "found_other", "the holders are neither those before it nor those of its plan"
    if not check_mode:
        _snapshots.settle(path, found, sorted(facts.sids))
    return [f"the run {snapshot['run_id']} lost this host and its state was unknown: {words}"]


def apply(job: Job, host: WindowsHost, made: Made, now: datetime.datetime) -> Made:
    """Keep the pre-image, then carry out the plan.

    Raises OSError when the pre-image cannot be kept; nothing is sent then.
    """
    if job.snapshot.exists():
        raise FileExistsError(f"{job.snapshot} is there already; a run keeps one pre-image per host")
    _snapshots.write(
        job.snapshot,
        {
            "host": job.host,
            "run_id": job.run_id,
            "taken": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "policy": {"name": job.policy.name, "title": job.policy.title, "sha256": job.policy_digest},
            "before": [{"sid": sid, "name": made.names.get(sid)} for sid in made.plan.before],
            "plan": {"add": list(made.plan.add), "remove": list(made.plan.remove)},
            "outcome": "pending",
            "after": None,
        },
    )
    try:
        done = host.apply(made.plan)
    except LostContact as lost:
        _snapshots.settle(job.snapshot, "unknown", None)
        message = (
            f"contact was lost during the change, so the state of the host is unknown until the next run finds it out: {lost}. "
            f"The holders before it are in {job.snapshot}"
        )
        return dataclasses.replace(made, outcome="unknown", after=None, category="unknown_state", message=message)
    _snapshots.settle(job.snapshot, done.outcome, done.after)
    if done.outcome == "applied":
        return dataclasses.replace(made, outcome="applied", after=done.after, done=done)
    return dataclasses.replace(
        made, outcome=done.outcome, after=done.after, done=done, category=done.outcome, message=_sentence(done)
    )


_WORDS = {
    "changed_meanwhile": "nothing was changed: somebody else changed the right between the read and the change",
    "not_started": "nothing was changed: the change could not begin",
    "undone": "the change failed and was undone; the host has the holders that it had before",
    "undo_failed": "the change failed and could NOT be undone completely; compare before, after and undone",
}


def _sentence(done: Change) -> str:
    error = done.error or {}
    call = " ".join(str(error[key]) for key in ("call", "status", "sid") if error.get(key))
    return f"{_WORDS[done.outcome]}{': ' + call if call else ''}"


def end_of(facts: HostFacts, made: Made) -> HostFacts:
    """The same host with the holders at the end; those that were not there before are accounts that the task named."""
    known = {holder.sid: holder for holder in facts.holders}
    ends = made.after or ()
    added = {sid: Holder(sid, made.names.get(sid) or NAMES.get(sid), None, Resolution.LSA) for sid in ends}
    return dataclasses.replace(facts, holders=tuple(known.get(sid, added[sid]) for sid in ends))
