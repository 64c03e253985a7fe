# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a change of a GPO: keep the pre-image, send, see what became of it. Whatever fails afterwards is part of the result."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from .. import _utc
from .._gpo.facts import DomainFacts
from .._gpo.plan import GpoPlan
from .._input.errors import BadInput
from . import gpo_snapshots, locks, snapshots
from .changes import LostContact
from .enforcement import SnapshotNotKept
from .gpo_changes import GpoChange
from .windows import WindowsHost


@dataclass(frozen=True, slots=True)
class GpoJob:
    """One change: of which run, where its snapshot goes, and whether it is itself a restore."""

    run_id: str
    snapshot_dir: Path
    restore: bool


@dataclass(frozen=True, slots=True)
class GpoEnding:
    """How a change ended. ``snapshot``: its file; ``warning``: what a person must know besides."""

    change: GpoChange
    snapshot: Path
    warning: str | None = None


def settle_earlier(job: GpoJob, plan: GpoPlan) -> str | None:
    """What became of an earlier run of which that was not known; None where there is none. Raises SnapshotNotKept."""
    try:
        return gpo_snapshots.settle_earlier(job.snapshot_dir, plan.gpo.guid, plan.was.digests)
    except (OSError, BadInput) as error:
        raise SnapshotNotKept(
            f"snapshot_dir: an earlier snapshot cannot be read or written, so nothing was sent: {error}"
        ) from error


def carry_out(job: GpoJob, host: WindowsHost, facts: DomainFacts, plan: GpoPlan, now: datetime.datetime) -> GpoEnding:
    """Keep the pre-image, then send the plan. Raises SnapshotNotKept where it cannot be kept, and Busy; nothing is sent then."""
    path = gpo_snapshots.path_of(job.snapshot_dir, job.run_id, plan.gpo.guid)
    controller = facts.controller.dns_name or facts.controller.name
    try:
        snapshots.make_folder(job.snapshot_dir)
        with locks.host(job.snapshot_dir, f"gpo {plan.gpo.key}", job.run_id):
            taken = _utc.precise(now)
            before = gpo_snapshots.before_of(job.snapshot_dir, plan)
            gpo_snapshots.keep(
                path, gpo_snapshots.draft(plan, job.run_id, taken, controller, facts.controller.domain, job.restore, before)
            )
            return _sent(host, plan, path)
    except OSError as error:
        raise SnapshotNotKept(f"snapshot_dir: the pre-image could not be kept, so nothing was sent: {error}") from error


def _sent(host: WindowsHost, plan: GpoPlan, path: Path) -> GpoEnding:
    """Send the plan; from here on nothing may raise."""
    try:
        change = host.change_gpo(plan)
    except LostContact as error:
        change = GpoChange("unknown", f"contact was lost before it was known what was done: {error}", None)
    try:
        gpo_snapshots.settle(path, change.outcome)
    except (OSError, BadInput) as error:
        return GpoEnding(change, path, f"the snapshot could not be told what became of the change: {error}")
    return GpoEnding(change, path)
