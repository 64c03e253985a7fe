# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who feels a change only later: a token is built at logon and never updated (policy page of the right)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .accounts import shown
from .exposure import GROUPS, User, users_of
from .facts import HostFacts
from .plan import Plan
from .sids import ALL_SERVICES, IIS_IUSRS, SERVICE, SYSTEM, sort_key


@dataclass(frozen=True, slots=True)
class Restart:
    """Somebody whose next start has other rights.

    ``kind``: service, app pool, or logon (of an account that runs neither); ``effect``: gains or loses.
    ``through``: the group by which the process has the right anyway, before and after; null where the next start really differs.
    """

    kind: str
    name: str
    account: str | None
    effect: str
    through: str | None = None


def restarts(facts: HostFacts, plan: Plan, names: Mapping[str, str | None]) -> tuple[Restart, ...] | None:
    """Who must restart or log on again before the plan is effective, sorted; None when the host could not list what it runs.

    The exposure before and after the plan decides, so that both lists agree.
    """
    if facts.services is None or facts.pools is None:
        return None
    return tuple(sorted(_affected(facts, plan, names), key=lambda one: (one.kind, one.name.casefold(), one.effect)))


def _affected(facts: HostFacts, plan: Plan, names: Mapping[str, str | None]) -> Iterator[Restart]:
    # These entries concern services and pools, which have rows of their own, and LocalSystem has the right without an entry.
    owners: set[str | None] = {SERVICE, ALL_SERVICES, IIS_IUSRS, SYSTEM}
    for before, after in zip(users_of(facts, plan.before), users_of(facts, plan.after), strict=True):
        row = _restart(before, after, plan)
        if row:
            owners.add(before.sid)
            yield row
    for effect, changed in (("gains", plan.add), ("loses", plan.remove)):
        for sid in sorted(set(changed) - owners, key=sort_key):
            yield Restart("logon", shown(sid, names.get(sid)), None, effect)


def _restart(before: User, after: User, plan: Plan) -> Restart | None:
    """What the next start of a service or a pool changes, if anything."""
    if (before.has is True) != (after.has is True):
        return Restart(before.kind, before.name, before.account, "loses" if before.has else "gains")
    if before.has and before.sid != SYSTEM and before.sid in {*plan.add, *plan.remove}:
        effect = "gains" if before.sid in plan.add else "loses"
        group = next((sid for sid in before.through if sid in after.through), None)  # never its account: that entry changes
        return Restart(before.kind, before.name, before.account, effect, GROUPS[group] if group else None)
    return None
