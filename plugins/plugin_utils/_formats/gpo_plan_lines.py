# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change of a GPO as lines of text: what changes, and what that means for audited hosts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._accounts.parsing import shown
from .._gpo.plan import GpoPlan
from .._result.gpo_types import GpoAccountImpact, GpoChange, GpoHostImpact, Gpos
from .._wording import few_lines, hosts_in_words, some, visible

_NAMED = 5
_ACCOUNTS = 10  # that hosts gain, or lose
_LISTED = 20  # accounts of a line


def lines(plan: GpoPlan, change: GpoChange) -> list[str]:
    """For a terminal."""
    what = "nothing to change" if plan.empty else f"version {plan.was.version} becomes {plan.will.version}"
    reach = ["  impact: nothing changes"] if plan.empty else [f"  {line}" for line in impact_lines(change)]
    return [
        f"GPO {name_of(change)}: {what}",
        *([] if plan.before == plan.after else [f"  before: {says(plan.before)}", f"  after:  {says(plan.after)}"]),
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


def name_of(change: GpoChange) -> str:
    """The GPO of a change for a person."""
    return f"{visible(change['name'])} {change['guid']}" if change["name"] else change["guid"]


def head(change: GpoChange) -> str:
    """What was planned or made, and when."""
    plan = change["plan"]
    words = f"change {change['outcome'].replace('_', ' ')} at {change['at']} by the run {visible(change['run_id'])}"
    what = "" if plan["before"] == plan["after"] else f", from {says(plan['before'])} to {says(plan['after'])}"
    return f"{name_of(change)}: {words}{what}, version {plan['version_before']} to {plan['version_after']}"


def sentence(change: GpoChange) -> str:
    """A change and its impact in one line."""
    return f"{head(change)}; {'; '.join(line.strip() for line in impact_lines(change))}"


def changes(gpos: Gpos, most: int) -> list[str]:
    """Changes with their impact, the latest first, a line each."""
    latest = sorted(gpos["changes"], key=lambda one: one["at"], reverse=True)
    left = len(latest) - most
    more = [f"and {left} more {'change' if left == 1 else 'changes'} of GPOs, see the report"] if left > 0 else []
    return [*map(sentence, latest[:most]), *more]


def impact_lines(change: GpoChange) -> list[str]:
    """What a change means for the hosts of an earlier report, or that this is not known."""
    impact = change["impact"]
    if impact is None:
        return [f"impact: not known ({visible(change['impact_of'], 400)})"]
    wins = [one for one in impact if one["wins"] is not False]
    unsure = sum(one["wins"] is None for one in impact)
    sets, lost = f"{len(wins) - unsure} audited {'host' if len(wins) - unsure == 1 else 'hosts'}", len(impact) - len(wins)
    unseen = change["impact_unseen"] or 0
    more = [f"  {hosts_in_words(unseen)} of that report may be more: it is not known who sets the right there"] if unseen else []
    doubt = [f"  {hosts_in_words(unsure)}: which of several GPOs won is not known; counted as set by it"] if unsure else []
    return [
        f"impact by {visible(change['impact_of'])}: it sets the right on {sets}, and lost against another GPO on {lost}",
        *doubt,
        *(f"  {line}" for op in ("add", "remove") for line in _accounts(change["impact_accounts"] or (), op)),
        *(f"  {line}" for line in _hosts(impact, wins)),
        *more,
    ]


def _accounts(accounts: Sequence[GpoAccountImpact], op: str) -> list[str]:
    word = "gain" if op == "add" else "lose"
    texts = [f"{one['hosts']} would {word} {shown(one['sid'], one['name'])}" for one in accounts if one["op"] == op]
    return few_lines(texts, _ACCOUNTS)


def _hosts(impact: Sequence[GpoHostImpact], wins: Sequence[GpoHostImpact]) -> Iterator[str]:
    if unknown := [one for one in wins if one["gains"] is None]:
        yield f"{len(unknown)} keep the list or go back to their own, which cannot be known before"
    groups = [
        ("would drift", [one for one in impact if one["drifts"]]),
        *((f"run {feature}", [one for one in wins if feature in one["features"]]) for feature in ("IIS", "SSIS", "AD FS")),
        ("have services or pools under accounts of their own", [one for one in wins if one["own_accounts"]]),
    ]
    for words, hosts in groups:
        if hosts:
            yield f"{len(hosts)} {words}: {some([visible(one['host']) for one in hosts], _NAMED)}"


def says(accounts: Sequence[str] | None) -> str:
    """The accounts of a line for a person."""
    if accounts is None:
        return "not defined"
    return some([_account(one) for one in accounts], _LISTED) or "nobody"


def _account(text: str) -> str:
    return shown(text) if text.startswith("S-1-") else visible(text)


def _text(accounts: tuple[str, ...] | None, version: int, extensions: str | None) -> str:
    if accounts is None:
        rows = ["not defined"]
    else:
        rows = [f"  {_account(one)}" for one in sorted(accounts)]
        rows = ["SeImpersonatePrivilege =", *rows] if rows else ["SeImpersonatePrivilege = (nobody)"]
    return "\n".join([*rows, f"version {version}", f"extensions {visible(extensions or 'none', 2000)}", ""])
