# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task wants of a GPO, and the GPO as it is -> the plan, and what that means for audited hosts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .._accounts.sids import Sid
from .._fleet.gpo_hosts import audited
from .._gpo.errors import NotUnderstood
from .._gpo.facts import DomainFacts, GpoFacts
from .._gpo.impact import HostImpact, impact_of
from .._gpo.plan import (
    GpoPlan,
    GpoRefused,
    Reason,
    check_controller,
    domain_of,
    listed,
    parts_of,
    plan_gpo,
    plan_restore,
    refuse_for_hosts,
)
from .._gpo.reach import unseen_by_hosts
from .._gpo.template import read_template
from .._host import gpo_snapshots
from .._wording import visible
from .gpo_options import Wish


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the hosts that it reaches. ``impacts``: None where they are not known; ``impact_of``: the report, or why not."""

    plan: GpoPlan
    impacts: tuple[HostImpact, ...] | None
    impact_of: str


def planned(wish: Wish, facts: DomainFacts, gpo: GpoFacts, folder: Path) -> Planned:
    """The plan of a task. ``folder``: of snapshots. Raises BadInput, GpoRefused and Spoilt."""
    hosts = None if wish.records is None else audited(wish.records, gpo.guid, facts.controller.domain)
    if wish.restore is None:
        impacts = None if hosts is None else impact_of(hosts, wish.wanted.sids)
        plan = plan_gpo(facts, gpo, wish.wanted.sids, wish.allow, impacts, wish.max_hosts)
    else:
        plan = _restore(wish.restore, facts, gpo, folder)
        sids = _sids_of(plan.after)
        impacts = None if hosts is None else impact_of(hosts, sids)
        if not plan.empty:
            refuse_for_hosts(sids, wish.allow, impacts, wish.max_hosts)
    unseen = None if impacts is None or plan.empty else unseen_by_hosts(facts, gpo, plan.before)
    return Planned(plan, None, unseen) if unseen else Planned(plan, impacts, wish.impact_of)


def _restore(wanted: str, facts: DomainFacts, gpo: GpoFacts, folder: Path) -> GpoPlan:
    snapshot = gpo_snapshots.find(gpo_snapshots.Shelf(folder, domain_of(facts.controller), gpo.guid), wanted)
    if snapshot is None or snapshot["outcome"] in gpo_snapshots.UNTOUCHED:
        return _nothing_to_restore(facts, gpo, "no run changed this GPO: nothing to restore")
    if not snapshot["whole"]:
        why = f"the run {snapshot['run_id']} went on with a change of which the beginning has no snapshot here: nothing to restore"
        return _nothing_to_restore(facts, gpo, why)
    return plan_restore(facts, gpo, gpo_snapshots.pre_image(snapshot), {**snapshot["plan"]})


def _nothing_to_restore(facts: DomainFacts, gpo: GpoFacts, why: str) -> GpoPlan:
    """The plan of a restore where the folder has nothing to bring back. Raises GpoRefused."""
    check_controller(facts.controller)
    was = parts_of(gpo)
    try:
        accounts = listed(None if was.template is None else read_template(was.template))
    except NotUnderstood as error:
        raise GpoRefused(Reason.NOT_UNDERSTOOD, f"GptTmpl.inf of {gpo.guid} cannot be understood: {visible(str(error))}") from None
    return GpoPlan(gpo, was, was, (was.version, was.gpt_ini or b""), accounts, accounts, notes=(why,))


def _sids_of(accounts: Iterable[str] | None) -> tuple[Sid, ...] | None:
    """Those of the accounts of a line that are SIDs; None for a right that is not defined."""
    return None if accounts is None else tuple(account for account in accounts if account.startswith("S-1-"))
