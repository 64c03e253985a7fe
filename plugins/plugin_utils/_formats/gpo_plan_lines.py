# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a GPO as lines of text: what changes, and what that means for audited hosts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from .._accounts.parsing import shown
from .._gpo.impact import HostImpact, taken_from
from .._gpo.plan import GpoPlan
from .._wording import some, visible

_NAMED = 5


def lines(plan: GpoPlan, impacts: Sequence[HostImpact] | None, impact: str) -> list[str]:
    """For a terminal. ``impact``: the report that the impact is taken from, or why there is none."""
    name = f"{visible(plan.gpo.name)} {plan.gpo.guid}" if plan.gpo.name else plan.gpo.guid
    change = "nothing to change" if plan.empty else f"version {plan.was.version} becomes {plan.will.version}"
    reach = ["  impact: nothing changes"] if plan.empty else list(_impact(impacts, impact))
    return [
        f"GPO {name}: {change}",
        *([] if plan.before == plan.after else [f"  before: {_says(plan.before)}", f"  after:  {_says(plan.after)}"]),
        *(f"  {visible(note, 400)}" for note in plan.notes),
        *reach,
    ]


def diff(plan: GpoPlan) -> dict[str, str]:
    """The line of the right, version and extensions as a difference."""
    where = plan.gpo.guid
    return {
        "before_header": where,
        "after_header": where,
        "before": _text(plan.before, plan.was.version, plan.was.extensions),
        "after": _text(plan.after, plan.will.version, plan.will.extensions),
    }


def _impact(impacts: Sequence[HostImpact] | None, impact: str) -> Iterator[str]:
    if impacts is None:
        yield f"  impact: not known ({visible(impact, 400)})"
        return
    wins = [one for one in impacts if one.audited.wins]
    lost = len(impacts) - len(wins)
    yield f"  impact by {visible(impact)}: it sets the right on {len(wins)} audited hosts, and lost against another GPO on {lost}"
    gained = Counter(sid for one in impacts for sid in one.gains or ())
    for words, counts in (("gain", gained), ("lose", taken_from(impacts))):
        for sid, hosts in sorted(counts.items()):
            yield f"    {hosts} would {words} {shown(sid)}"
    if unknown := [one for one in wins if one.gains is None]:
        yield f"    {len(unknown)} keep the list or go back to their own, which cannot be known before"
    if drifting := [visible(one.audited.host) for one in impacts if one.drifts]:
        yield f"    {len(drifting)} would drift: {some(drifting, _NAMED)}"
    for feature in ("IIS", "SSIS", "AD FS"):
        if hosts_with := [visible(one.audited.host) for one in wins if feature in one.audited.features]:
            yield f"    {len(hosts_with)} run {feature}: {some(hosts_with, _NAMED)}"
    if own := [visible(one.audited.host) for one in wins if one.audited.own_accounts]:
        yield f"    {len(own)} have services or pools under accounts of their own: {some(own, _NAMED)}"


def _says(accounts: tuple[str, ...] | None) -> str:
    if accounts is None:
        return "not defined"
    return ", ".join(shown(one) if one.startswith("S-1-") else visible(one) for one in accounts) or "nobody"


def _text(accounts: tuple[str, ...] | None, version: int, extensions: str | None) -> str:
    if accounts is None:
        rows = ["not defined"]
    else:
        rows = [f"  {shown(one) if one.startswith('S-1-') else visible(one)}" for one in sorted(accounts)]
        rows = ["SeImpersonatePrivilege =", *rows] if rows else ["SeImpersonatePrivilege = (nobody)"]
    return "\n".join([*rows, f"version {version}", f"extensions {visible(extensions or 'none', 2000)}", ""])
