# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes of Group Policy Objects mean for audited hosts, in the section of the page on these. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from ..._result.gpo_types import GpoChange, GpoHostImpact, Gpos
from ..._result.types import Record
from ..._wording import SENTENCE, few_lines, first_few
from .. import gpo_plan_lines
from ..display import shown as account
from .words import clean

_CHANGES, _HOSTS, _FEW = 10, 60, 10  # changes; hosts of one; accounts, services and pools of a host


def gpo_changes(gpos: Gpos, records: Sequence[Record]) -> dict[str, object]:
    """The latest changes, each with a table of hosts, those first that would drift; hosts of this report lead to their rows."""
    here = {record["host"] for record in records}
    shown, left_out = first_few(sorted(gpos["changes"], key=lambda one: one["at"], reverse=True), _CHANGES)
    return {"changes": [_change(one, here) for one in shown], "changes_left": len(left_out)}


def _change(change: GpoChange, here: Set[str]) -> dict[str, object]:
    names = {one["sid"]: one["name"] for one in change["impact_accounts"] or ()}
    hosts = sorted(
        change["impact"] or (), key=lambda one: (not one["drifts"], not (one["gains"] or one["loses"]), one["wins"] is False)
    )
    shown, left_out = first_few(hosts, _HOSTS)
    return {
        "guid": change["guid"],
        "head": clean(gpo_plan_lines.head(change), 2 * SENTENCE),
        "counts": [clean(line.strip(), SENTENCE) for line in gpo_plan_lines.impact_lines(change)],
        "hosts": [_host(one, names, here) for one in shown],
        "left": len(left_out),
    }


def _host(impact: GpoHostImpact, names: Mapping[str, str | None], here: Set[str]) -> dict[str, object]:
    return {
        "host": clean(impact["host"]),
        "link": impact["host"] if impact["host"] in here else None,
        "wins": impact["wins"],
        "known": impact["gains"] is not None,
        "gains": few_lines([account(sid, names.get(sid)) for sid in impact["gains"] or ()], _FEW),
        "loses": few_lines([account(sid, names.get(sid)) for sid in impact["loses"] or ()], _FEW),
        "drifts": impact["drifts"],
        "runs": few_lines([*impact["features"], *map(clean, impact["own_accounts"])], _FEW),
    }
