# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task wants of a GPO, and the GPO as it is -> the plan, and what that means for audited hosts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .._fleet.gpo_look import Reach, reach_of, refusal
from .._gpo.errors import NotUnderstood
from .._gpo.facts import DomainFacts, GpoFacts
from .._gpo.parts import parts_of
from .._gpo.plan import GpoPlan, listed, plan_gpo, plan_restore, sids_of, untouched
from .._gpo.reach import unseen_by_hosts
from .._gpo.refusal import GpoRefused, Reason, check_controller, domain_of
from .._gpo.template import read_template
from .._host import gpo_snapshots
from .._wording import some, visible
from .gpo_options import Wish


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and the hosts that it reaches. ``reach``: None where they are not known; ``impact_of``: the report, or why not.

    ``refusal``: why the plan is not carried out, for what it would do to hosts.
    """

    plan: GpoPlan
    reach: Reach | None
    impact_of: str
    refusal: GpoRefused | None = None


def planned(wish: Wish, facts: DomainFacts, gpo: GpoFacts, folder: Path) -> Planned:
    """The plan of a task. ``folder``: of snapshots. Raises BadInput, GpoRefused and Spoilt."""
    plan = _wanted(wish, facts, gpo) if wish.restore is None else _restore(wish.restore, facts, gpo, folder)
    known = None if plan.after is None else sids_of(facts, plan.after)
    names = [visible(account) for account, sid in (known or {}).items() if sid is None]
    if wish.records is not None and names:
        return Planned(plan, None, f"the list has names without a SID: {some(names)}")
    sids = None if known is None else [sid for sid in known.values() if sid is not None]
    reach = None if wish.records is None else reach_of(wish.records, gpo.guid, facts.controller.domain, sids)
    if plan.empty:
        return Planned(plan, reach, wish.impact_of)
    refused = refusal(sids, wish.allow, reach, wish.max_hosts)
    unseen = None if reach is None else unseen_by_hosts(facts, gpo, plan.before)
    return Planned(plan, None, unseen, refused) if unseen else Planned(plan, reach, wish.impact_of, refused)


def _wanted(wish: Wish, facts: DomainFacts, gpo: GpoFacts) -> GpoPlan:
    return plan_gpo(facts, gpo, wish.wanted.sids, wish.allow)


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
    return untouched(gpo, was, accounts, accounts, why)
