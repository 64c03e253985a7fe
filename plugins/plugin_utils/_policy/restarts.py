# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services and application pools feel a change only after their restart: a token is built at logon and never updated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .facts import HostFacts
from .plan import Plan
from .sids import IIS_IUSRS, SERVICE

_SYSTEM = "S-1-5-18"


@dataclass(frozen=True, slots=True)
class Restart:
    """A process owner whose next start has other rights. ``kind``: service or app pool; ``effect``: gains or loses."""

    kind: str
    name: str
    account: str | None
    effect: str


def restarts(facts: HostFacts, plan: Plan) -> tuple[Restart, ...] | None:
    """What must restart before the plan is effective, sorted; None when the host could not list its services or pools.

    Every service has SERVICE in its token, every worker process of IIS has IIS_IUSRS (policy page of the right; processModel of IIS).
    Membership of other groups is not known here.
    """
    if facts.services is None or facts.pools is None:
        return None
    return tuple(sorted(_affected(facts, plan), key=lambda one: (one.kind, one.name.casefold())))


def _affected(facts: HostFacts, plan: Plan) -> Iterator[Restart]:
    for effect, changed, others in (("gains", set(plan.add), plan.before), ("loses", set(plan.remove), plan.after)):
        for service in facts.services or ():
            # An account that has the right by itself before or after does not feel what its group gains or loses.
            if service.sid in changed or (SERVICE in changed and service.sid not in others and service.sid != _SYSTEM):
                yield Restart("service", service.name, service.account, effect)
        for pool in facts.pools or ():
            if (pool.sid and pool.sid in changed) or (IIS_IUSRS in changed and pool.sid not in others):
                yield Restart("app pool", pool.name, pool.account or pool.identity, effect)
