# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who feels a change only later: a token is built at logon and never updated (policy page of the right)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.sids import ALL_SERVICES, IIS_IUSRS, SERVICE, SYSTEM, service_sid, sort_key
from .._facts.facts import HostFacts
from .._facts.features import own_pool_sids
from .._facts.processes import GROUPS, NOT_IN_TOKEN, User, users_of
from .plan import Plan


@dataclass(frozen=True, slots=True)
class Restart:
    """A process or a logon that has other rights after its next start.

    ``kind``: service, app pool, or logon (of an account that runs neither); ``effect``: gains or loses.
    ``through``: the group, or another entry, by which the process has the right anyway, before and after; null where the next start
    really differs.
    """

    kind: str
    name: str
    account: str | None
    effect: str
    through: str | None = None


def restarts(facts: HostFacts, plan: Plan, names_by_sid: Mapping[str, str | None]) -> tuple[Restart, ...] | None:
    """Who must restart or log on again before the plan is effective, sorted; None when the host could not list what it runs.

    The exposure before and after the plan decides, so that both lists agree.
    """
    if facts.services is None or facts.pools is None:
        return None
    return tuple(
        sorted(_affected(facts, plan, names_by_sid), key=lambda restart: (restart.kind, restart.name.casefold(), restart.effect))
    )


def _affected(facts: HostFacts, plan: Plan, names_by_sid: Mapping[str, str | None]) -> Iterator[Restart]:
    # These entries concern services and pools, which have rows of their own, and LocalSystem has the right without an entry.
    owners: set[str | None] = {SERVICE, ALL_SERVICES, IIS_IUSRS, SYSTEM}
    listed: set[tuple[str, str]] = set()
    for before, after in zip(users_of(facts, plan.before), users_of(facts, plan.after), strict=True):
        row = _restart(before, after, plan, names_by_sid)
        if row:
            owners |= {before.sid, *_entries_of_its_own(before, after)}
            listed.add((row.kind, row.name))
            yield row
    for effect, changed in (("gains", plan.add), ("loses", plan.remove)):
        for sid in sorted(set(changed) - owners, key=sort_key):
            known, rows = _by_own_sid(sid, effect, facts)
            yield from (row for row in rows if (row.kind, row.name) not in listed)
            if not known:
                yield Restart("logon", shown(sid, names_by_sid.get(sid)), None, effect)


def _by_own_sid(sid: str, effect: str, facts: HostFacts) -> tuple[bool, list[Restart]]:
    """Whether this is the own SID of a service or a pool, and who may feel it: not a service whose token cannot have it."""
    services = [service for service in facts.services or () if service_sid(service.name) == sid]
    own = own_pool_sids(facts)
    pools = [pool for pool in facts.pools or () if own[pool.name] == sid]
    rows = [Restart("service", service.name, service.account, effect) for service in services if service.sid_type != NOT_IN_TOKEN]
    rows += [Restart("app pool", pool.name, pool.account or pool.identity, effect) for pool in pools]
    return bool(services or pools), rows


def _entries_of_its_own(before: User, after: User) -> set[str]:
    """Entries that come or go, without those of groups that many are in."""
    return (set(before.through) ^ set(after.through)) - GROUPS.keys()


def _restart(before: User, after: User, plan: Plan, names_by_sid: Mapping[str, str | None]) -> Restart | None:
    """What the next start of a service or a pool changes, if anything."""
    if (before.has is True) != (after.has is True):
        return Restart(before.kind, before.name, before.account, "loses" if before.has else "gains")
    own = _entries_of_its_own(before, after)
    if before.has and own:
        effect = "gains" if own & set(plan.add) else "loses"
        stays = next((sid for sid in before.through if sid in after.through), None)
        through = GROUPS.get(stays) or shown(stays, names_by_sid.get(stays)) if stays else None
        return Restart(before.kind, before.name, before.account, effect, through)
    return None
