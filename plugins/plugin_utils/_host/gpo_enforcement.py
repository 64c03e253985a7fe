# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a change of a GPO: keep the pre-image, send, see what became of it. Whatever fails afterwards is part of the result."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from .. import _utc
from .._gpo.facts import DomainFacts
from .._gpo.parts import parts_of
from .._gpo.plan import GpoPlan
from .._gpo.refusal import chosen_gpo, domain_of
from .._input.errors import BadInput
from .._input.naming import called
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

    def shelf(self, facts: DomainFacts, guid: str) -> gpo_snapshots.Shelf:
        """Where the snapshots of a GPO are."""
        return gpo_snapshots.Shelf(self.snapshot_dir, domain_of(facts.controller), guid)


@dataclass(frozen=True, slots=True)
class GpoEnding:
    """How a change ended. ``change``, ``snapshot``: None where there was nothing to send; ``earlier``: what became of an earlier run of
    which that was not known; ``warning``: what a person must know besides.
    """

    change: GpoChange | None
    snapshot: Path | None
    earlier: str | None = None
    warning: str | None = None


def carry_out(job: GpoJob, host: WindowsHost, facts: DomainFacts, plan: GpoPlan, now: datetime.datetime) -> GpoEnding:
    """Settle an earlier run, keep the pre-image, then send the plan, if there is something to send; one run at a time.

    Raises SnapshotNotKept where a snapshot cannot be read or kept, Busy, and HostError and GpoRefused where the GPO had to be read again
    and could not; no change is sent then.
    """
    shelf = job.shelf(facts, plan.gpo.guid)
    if plan.empty and not gpo_snapshots.folder_of(job.snapshot_dir).is_dir():  # no earlier run, and nothing to keep
        return GpoEnding(None, None)
    try:
        snapshots.make_folder(job.snapshot_dir)
        with locks.host(job.snapshot_dir, shelf.key, job.run_id):
            earlier = _settled(host, shelf)
            if plan.empty:
                return GpoEnding(None, None, earlier)
            path = shelf.path(job.run_id)
            gpo_snapshots.keep(path, _draft(job, shelf, facts, plan, now))
            change, warning = _sent(host, plan, path)
            return GpoEnding(change, path, earlier, warning)
    except (OSError, BadInput) as error:
        raise SnapshotNotKept(
            f"{called('snapshot_dir')}: a snapshot could not be read or kept, so nothing was sent: {error}"
        ) from error


def _settled(host: WindowsHost, shelf: gpo_snapshots.Shelf) -> str | None:
    """What became of an earlier run of which that is not known. The GPO is read again for it: what was read before the lock was held may
    be older than the end of that run. Raises HostError, GpoRefused, OSError and Spoilt.
    """
    unsettled = gpo_snapshots.unsettled(shelf)
    if unsettled is None:
        return None
    gpo = chosen_gpo(host.read_gpos_for_change([shelf.guid]), shelf.guid)
    return gpo_snapshots.settle_earlier(unsettled, parts_of(gpo).digests)


def _draft(
    job: GpoJob, shelf: gpo_snapshots.Shelf, facts: DomainFacts, plan: GpoPlan, now: datetime.datetime
) -> gpo_snapshots.GpoSnapshot:
    controller = facts.controller.dns_name or facts.controller.name
    before = gpo_snapshots.before_of(shelf, plan)
    return gpo_snapshots.draft(plan, job.run_id, _utc.precise(now), controller, shelf.domain, job.restore, before)


def _sent(host: WindowsHost, plan: GpoPlan, path: Path) -> tuple[GpoChange, str | None]:
    """Send the plan, with what a person must know besides; from here on nothing may raise."""
    try:
        change = host.change_gpo(plan)
    except LostContact as error:
        change = GpoChange("unknown", f"contact was lost before it was known what was done: {error}", None)
    try:
        gpo_snapshots.settle(path, change.outcome)
    except (OSError, BadInput) as error:
        return change, f"the snapshot could not be told what became of the change: {error}"
    return change, None
