# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV of what changes of Group Policy Objects mean: one row a GPO, host and account, one for a host that gains and loses nothing, and one
for a change that no audited host names. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .._result.gpo_types import GpoChange, GpoHostImpact
from .._result.types import Report
from .._wording import SENTENCE, visible
from .csv import table
from .display import shown

COLUMNS = (
    "guid", "gpo", "change", "at", "run_id", "impact_of", "host", "wins", "effect", "account", "drifts", "features", "own_accounts",
    "unseen",
)  # fmt: skip


def csv_gpo_impact(report: Report) -> str:
    """Rows sorted as the report has them; of a change whose impact is not known, one row that says so."""
    gpos = report.get("gpos")
    return table(COLUMNS, (row for change in (gpos["changes"] if gpos else ()) for row in _rows(change)))


def _rows(change: GpoChange) -> Iterator[Sequence[str]]:
    head = [
        change["guid"],
        visible(change["name"] or ""),
        change["outcome"],
        change["at"],
        visible(change["run_id"]),
        visible(change["impact_of"], SENTENCE),
    ]
    if not change["impact"]:
        yield [*head, "", "", "not known" if change["impact"] is None else "none", "", "", "", "", _count(change["impact_unseen"])]
        return
    names = {one["sid"]: one["name"] for one in change["impact_accounts"] or ()}
    for host in change["impact"]:
        place = [*head, visible(host["host"]), _word(host["wins"])]
        rest = [_word(host["drifts"]), "; ".join(host["features"]), "; ".join(visible(one) for one in host["own_accounts"])]
        rest.append(_count(change["impact_unseen"]))
        yield from ([*place, effect, account, *rest] for effect, account in _effects(host, names))


def _effects(host: GpoHostImpact, names: Mapping[str, str | None]) -> list[tuple[str, str]]:
    if host["gains"] is None or host["loses"] is None:
        return [("not known", "")]
    effects = [
        (word, shown(sid, names.get(sid))) for word, sids in (("gains", host["gains"]), ("loses", host["loses"])) for sid in sids
    ]
    return effects or [("none", "")]


def _count(known: int | None) -> str:
    return "" if known is None else str(known)


def _word(known: bool | None) -> str:
    return {True: "yes", False: "no", None: "not known"}[known]
