# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last planned or made change of each GPO, with its impact, in the section of the report. Pure."""

from __future__ import annotations

import typing as t

from .._gpo.plan import GpoPlan
from .._result.gpo_build import impact_rows, plan_row
from .._result.gpo_types import GpoAccountImpact, GpoChange, GpoRow, Gpos
from .gpo_look import Reach

PLANNED = "planned"
_KEPT = ("undone", "unknown")


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


def carried_over(gpos: Gpos, earlier: Gpos | None, named: bool = False) -> Gpos:
    """What was read, with the changes of an earlier section of the same domain, as far as it shows them still. ``named``: only GPOs that
    were asked for were read, so that one without a row may define the right all the same.

    A GPO that is neither as before its change nor as after it, nor in the middle of it, was changed again since, so that the plan and its
    impact are history. A change that was undone, or of which nobody knows how it ended, is kept until the next one.
    """
    if earlier is None or not same_domain(earlier, gpos["domain"]):
        return gpos
    rows = {row["guid"].upper(): row for row in gpos["gpos"]}
    all_told = gpos["complete"] and not named
    kept = [one for one in earlier["changes"] if _shown(one, rows.get(one["guid"].upper()), all_told)]
    return t.cast("Gpos", {**gpos, "changes": kept})


def _shown(change: GpoChange, row: GpoRow | None, all_told: bool) -> bool:
    """Whether a GPO shows its last change still. ``all_told``: one without a row does not define the right."""
    if change["outcome"] in _KEPT:
        return True
    plan = change["plan"]
    if row is None:
        return not all_told or plan["before"] is None or plan["after"] is None
    return (row["version"], row["template_sha256"]) in _sides(change)


def same_domain(gpos: Gpos, domain: str | None) -> bool:
    """Whether a section is of a domain; the default GPOs have the same GUIDs in all of them."""
    return (gpos["domain"] or "").lower() == (domain or "").lower()


def _sides(change: GpoChange) -> list[tuple[int, str | None]]:
    """Version and template before, in the middle (the template is written first) and after."""
    plan = change["plan"]
    return [
        (plan["version_before"], plan["template_sha256_before"]),
        (plan["version_before"], plan["template_sha256_after"]),
        (plan["version_after"], plan["template_sha256_after"]),
    ]


def _accounts(reach: Reach) -> list[GpoAccountImpact]:
    return [{"op": one.op, "sid": one.sid, "name": one.name, "hosts": len(one.hosts)} for one in reach.planned]
