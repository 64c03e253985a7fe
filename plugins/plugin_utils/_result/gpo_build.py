# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was read, judged and planned of GPOs -> the contract. Judges nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from .._gpo.facts import DomainFacts
from .._gpo.impact import HostImpact
from .._gpo.journal import strayed
from .._gpo.judgement import JudgedGpo
from .._gpo.links import Effect
from .._gpo.parts import digest
from .._gpo.plan import GpoPlan
from .._gpo.refusal import look_first
from .._gpo.template import State
from .._host.gpo_changes import GpoChange
from .._host.gpo_enforcement import GpoEnding
from .._input.categories import ErrorCategory
from .._wording import MESSAGE, visible
from .gpo_types import GpoChange as ChangeRow
from .gpo_types import GpoHostImpact, GpoLink, GpoPlanned, GpoRow, Gpos


def gpos(facts: DomainFacts, judged: Sequence[JudgedGpo], policy: str, read_at: str) -> Gpos:
    """The section of the report, by name: GPOs that define the right or were asked for, and others with something to say."""
    asked = {guid.upper() for row in facts.asked for guid in row.found}
    told = [
        _row(one)
        for one in judged
        if one.state is not State.NOT_DEFINED or one.findings or one.documented or one.facts.key in asked
    ]
    complete = facts.complete and facts.links is not None and not facts.links_truncated
    return {
        "domain": facts.controller.domain,
        "controller": facts.controller.dns_name or facts.controller.name,
        "read_at": read_at,
        "policy": policy,
        "complete": complete,
        "compliant": facts.complete and all(row["compliant"] for row in told),
        "not_defining": len(facts.others) + sum(one.state is State.NOT_DEFINED for one in judged),
        "unread": [{"guid": row.guid, "error": visible(row.error, MESSAGE)} for row in facts.unread],
        "changes": [],
        "gpos": sorted(told, key=lambda row: ((row["name"] or "").lower(), row["guid"].upper())),
    }


def impact_rows(impacts: Iterable[HostImpact]) -> list[GpoHostImpact]:
    """The hosts that a change reaches."""
    return [
        {
            "host": impact.audited.host,
            "wins": impact.audited.wins,
            "gains": None if impact.gains is None else list(impact.gains),
            "loses": None if impact.loses is None else list(impact.loses),
            "drifts": impact.drifts,
            "features": list(impact.audited.features),
            "own_accounts": list(impact.audited.own_accounts),
        }
        for impact in impacts
    ]


def plan_row(plan: GpoPlan) -> GpoPlanned:
    """What changes."""
    return {
        "before": None if plan.before is None else list(plan.before),
        "after": None if plan.after is None else list(plan.after),
        "version_before": plan.was.version,
        "version_after": plan.will.version,
        "extensions_before": plan.was.extensions,
        "extensions_after": plan.will.extensions,
        "template_sha256_before": digest(plan.was.template),
        "template_sha256_after": digest(plan.will.template),
        "finishes": plan.finishes,
    }


def planned(plan: GpoPlan, change: ChangeRow) -> dict[str, object]:
    """What a task returns of a plan. ``change``: as the report has it."""
    return {
        **{key: change[key] for key in ("guid", "name", "plan", "impact", "impact_of", "impact_accounts", "impact_unseen")},
        "changed": not plan.empty,
        "outcome": "unchanged" if plan.empty else "planned",
        "notes": list(plan.notes),
        "snapshot": None,
        "attempted": [],
        "undone": [],
    }


def ended(ending: GpoEnding, plan: GpoPlan) -> dict[str, object]:
    """What a task returns of a change: nothing where none was sent, failed unless it was applied."""
    change = ending.change
    if change is None:
        return {}
    result: dict[str, object] = {
        "changed": change.outcome in ("applied", "unknown"),
        "outcome": change.outcome,
        "snapshot": str(ending.snapshot),
        "attempted": list(change.attempted),
        "undone": list(change.undone),
    }
    warnings = [*([ending.warning] if ending.warning else []), *_leftovers(change)]
    if warnings:
        result["warnings"] = [visible(warning, MESSAGE) for warning in warnings]
    if change.outcome == "applied":
        return result
    words = {
        "undone": "the change failed and was undone",
        "not_started": "nothing was changed",
        "unknown": _unknown(change, plan),
    }[change.outcome]
    message = visible(f"{words}: {change.message or 'the domain controller gave no reason'}", MESSAGE)
    category = {
        "undone": ErrorCategory.UNDONE,
        "not_started": ErrorCategory.NOT_STARTED,
        "unknown": ErrorCategory.UNKNOWN_STATE,
    }[change.outcome]
    return {
        **result,
        "failed": True,
        "msg": message,
        "error": {"category": category.value, "message": message, "call": change.call, "status": change.status},
    }


def _unknown(change: GpoChange, plan: GpoPlan) -> str:
    """What is known of a change that neither was made nor was undone, and what a person does about it."""
    if change.after is None:
        return "it is not known what was changed; run again, and the next run finds out"
    other = strayed(plan.was.digests, plan.will.digests, dataclasses.asdict(change.after))
    if other:
        return f"the GPO is neither as it was nor as planned: {'; '.join(other)}. {look_first(plan.gpo.guid)}. What failed"
    return "the GPO is changed in part; run again, and the next run finishes the change, or take it back with restore. What failed"


def _leftovers(change: GpoChange) -> list[str]:
    """What a domain controller could not take away after a change that is made: its journal stays then, and goes last."""
    if change.outcome != "applied" or change.call is None:
        return []
    failed = f"{change.call} failed{f' with {change.status}' if change.status else ''}"
    return [f"the change is made, but files of it are left beside GptTmpl.inf ({failed}); the next run takes them away"]


def _row(judged: JudgedGpo) -> GpoRow:
    gpo = judged.facts
    return {
        "guid": gpo.guid,
        "name": gpo.name,
        "state": judged.state.value if judged.state else None,
        "holders": [
            {"text": one.text, "sid": one.sid, "name": one.name, "standing": one.standing.value, "why": one.why}
            for one in judged.holders
        ],
        "findings": [{"kind": one.kind.value, "sid": one.sid, "text": one.text} for one in judged.findings],
        "compliant": judged.good,
        "documented": judged.documented,
        "links": None if judged.links is None else [_link(one) for one in judged.links],
        "filters": list(judged.filters),
        "version": gpo.version,
        "folder_version": judged.folder_version,
        "extensions": gpo.extensions,
        "template_sha256": gpo.template.sha256,
    }


def _link(effect: Effect) -> GpoLink:
    return {
        "som": effect.som,
        "kind": effect.kind,
        "order": effect.order,
        "enforced": effect.enforced,
        "disabled": effect.disabled,
        "effective": effect.effective,
        "why": list(effect.why),
    }
