# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an enforcing task -> what it is to do on one host."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .._accounts.parsing import Account
from .._host import snapshots
from .._host.enforcement import Job
from .._input.errors import BadInput
from .._policy.policy import plain_policy
from .._verdict.expectation import Tailoring
from .._verdict.plan import Orphans
from . import once
from . import options as task_options
from .given import Options


@dataclass(frozen=True, slots=True)
class NothingToRestore:
    """The run to restore did not change the host; ``why`` is the sentence that says so."""

    why: str


def job_of(options: Options, task_vars: Mapping[str, object], now: datetime.datetime) -> Job | NothingToRestore:
    """The job of a task on one host, or why there is nothing to restore on it. Raises BadInput, and Spoilt for its own snapshot."""
    host = str(task_vars.get("inventory_hostname", ""))
    folder = Path(options["snapshot_dir"]).expanduser().absolute()
    run_id = options.get("run_id") or task_options.new_run_id(now)
    pre_image = digest = None
    if options.get("restore"):
        for option in ("required", "permitted", "forbidden"):
            if options[option]:
                raise BadInput(option, "not together with restore, which brings the whole list back")
        pre_image = snapshots.find(folder, options["restore"], host)
        reason = _nothing_to_restore(folder, options["restore"], host, pre_image)
        if pre_image is None or reason:
            return NothingToRestore(reason)
        # The whole list as it was, by SIDs: also accounts that were deleted since then.
        policy = plain_policy(closed=True)
        tailoring = Tailoring(
            required=tuple(Account(holder["sid"], holder["sid"]) for holder in pre_image["before"]),
            required_by=f"as it held the right before the run {pre_image['run_id']}",
            keep_orphans=task_options.orphans_of(options) is Orphans.KEEP,
        )
    else:
        policy = once.policy(options)
        tailoring = task_options.tailoring_of(options, policy, task_vars, now.date())
        digest = task_options.digest_of(policy) if options.get("policy") else None
    return Job(
        host=host,
        run_id=run_id,
        folder=folder,
        policy=policy,
        tailoring=tailoring,
        handling=task_options.handling_of(options),
        controller=task_options.controller_of(options),
        policy_digest=digest,
        pre_image=pre_image,
        agreed=task_options.agreed_of(options, host),
    )


def _nothing_to_restore(folder: Path, wanted: str, host: str, pre_image: Mapping[str, object] | None) -> str:
    """Why there is nothing to restore, or an empty text."""
    if pre_image is not None:
        outcome = pre_image["outcome"]
        untouched = outcome in snapshots.UNTOUCHED_OUTCOMES
        return f"the run {pre_image['run_id']} left this host as it was ({outcome}): nothing to restore" if untouched else ""
    other_runs = [
        snapshot["run_id"]
        for _path, snapshot in snapshots.of_host(folder, host)[0]
        if snapshot["outcome"] not in snapshots.UNTOUCHED_OUTCOMES
    ]
    older = f"; other runs that changed it: {', '.join(other_runs)}" if other_runs else ""
    return f"the run {wanted} has no snapshot of this host: nothing to restore{older}"
