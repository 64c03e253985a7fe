# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who feels a change only later: a token is built at logon and never updated (policy page of the right)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .accounts import shown
from .facts import AppPool, HostFacts
from .plan import Plan
from .sids import IIS_IUSRS, LOCAL_SERVICE, NETWORK_SERVICE, SERVICE, app_pool_sid, sort_key

_SYSTEM = "S-1-5-18"
# identityType of an application pool's processModel -> the account that it means
_IDENTITIES = {"localsystem": _SYSTEM, "localservice": LOCAL_SERVICE, "networkservice": NETWORK_SERVICE}


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

    Every service has SERVICE in its token (policy page of the right), worker processes of IIS have IIS_IUSRS (processModel of IIS).
    """
    if facts.services is None or facts.pools is None:
        return None
    return tuple(sorted(_affected(facts, plan, names), key=lambda one: (one.kind, one.name.casefold(), one.effect)))


def _affected(facts: HostFacts, plan: Plan, names: Mapping[str, str | None]) -> Iterator[Restart]:
    always = set(plan.before) & set(plan.after)
    for effect, changed in (("gains", set(plan.add)), ("loses", set(plan.remove))):
        owners = set()
        for service in facts.services or ():
            if service.sid in changed or (SERVICE in changed and service.sid not in {*always, _SYSTEM}):
                owners.add(service.sid)
                yield Restart("service", service.name, service.account, effect, "SERVICE" if SERVICE in always else None)
        for pool in facts.pools or ():
            sid = _sid_of(pool)
            if sid in changed or (IIS_IUSRS in changed and sid not in {*always, _SYSTEM}):
                owners.add(sid)
                yield Restart(
                    "app pool", pool.name, pool.account or pool.identity, effect, "IIS_IUSRS" if IIS_IUSRS in always else None
                )
        for sid in sorted(changed - owners - {SERVICE, IIS_IUSRS}, key=sort_key):
            yield Restart("logon", shown(sid, names.get(sid)), None, effect)


def _sid_of(pool: AppPool) -> str | None:
    return pool.sid or _IDENTITIES.get(pool.identity.casefold()) or (app_pool_sid(pool.name) if not pool.account else None)
