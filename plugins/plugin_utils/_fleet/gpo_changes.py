# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last planned or made change of each GPO, with its impact, in the section of the report. Pure."""

from __future__ import annotations

import typing as t

from .._gpo.plan import GpoPlan
from .._result.gpo_build import impact_rows, plan_row
from .._result.gpo_types import GpoAccountImpact, GpoChange, Gpos
from .gpo_look import Reach

PLANNED = "planned"


def change_of(plan: GpoPlan, reach: Reach | None, impact_of: str, run_id: str, at: str) -> GpoChange:
    """A plan as the report has it, before anything was sent. ``reach``: None where it is not known, and ``impact_of`` says why."""
    return {
        "guid": plan.gpo.guid,
        "name": plan.gpo.name,
        "run_id": run_id,
        "at": at,
        "outcome": PLANNED,
        "plan": plan_row(plan),
        "impact": None if reach is None else impact_rows(reach.impacts),
        "impact_of": impact_of,
        "impact_accounts": None if reach is None else _accounts(reach),
        "impact_unseen": None if reach is None else len(reach.unseen),
    }


def with_change(gpos: Gpos, change: GpoChange) -> Gpos:
    """The section with a change in the place of an earlier one of the same GPO."""
    others = [one for one in gpos["changes"] if one["guid"].upper() != change["guid"].upper()]
    changes = sorted([*others, change], key=lambda one: ((one["name"] or "").lower(), one["guid"].upper()))
    return t.cast("Gpos", {**gpos, "changes": changes})


def carried_over(gpos: Gpos, earlier: Gpos | None) -> Gpos:
    """What was read, with the changes of an earlier section of the same domain, as far as it shows them still.

    A GPO that is neither as before its change nor as after it was changed again since, so that the plan and its impact are history.
    """
    if earlier is None or not same_domain(earlier, gpos["domain"]):
        return gpos
    now = {row["guid"].upper(): (row["version"], row["template_sha256"]) for row in gpos["gpos"]}
    kept = [one for one in earlier["changes"] if one["guid"].upper() not in now or now[one["guid"].upper()] in _sides(one)]
    return t.cast("Gpos", {**gpos, "changes": kept})


def same_domain(gpos: Gpos, domain: str | None) -> bool:
    """Whether a section is of a domain; the default GPOs have the same GUIDs in all of them."""
    return (gpos["domain"] or "").lower() == (domain or "").lower()


def _sides(change: GpoChange) -> list[tuple[int, str | None]]:
    plan = change["plan"]
    return [
        (plan["version_before"], plan["template_sha256_before"]),
        (plan["version_after"], plan["template_sha256_after"]),
    ]


def _accounts(reach: Reach) -> list[GpoAccountImpact]:
    return [{"op": one.op, "sid": one.sid, "name": one.name, "hosts": len(one.hosts)} for one in reach.planned]
