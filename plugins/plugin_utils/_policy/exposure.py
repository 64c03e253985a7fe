# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of a host have the right: services and application pools, and by which entry. Pure.

Sources: policy page of the right (SERVICE is in the token of every service), Security identifiers (ALL SERVICES has every service
process, Authenticated Users and Everyone every logon but anonymous), SERVICE_REQUIRED_PRIVILEGES_INFO structure (what a service
does not require is removed; a shared process has the union), processModel element of IIS (IIS_IUSRS, manualGroupMembership).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .facts import AppPool, HostFacts, Service
from .features import pool_sid
from .sids import (
    ALL_SERVICES,
    AUTHENTICATED_USERS,
    EVERYONE,
    IIS_IUSRS,
    LOCAL_SERVICE,
    NETWORK_SERVICE,
    SERVICE,
    SYSTEM,
)

_EVERYBODY = (AUTHENTICATED_USERS, EVERYONE)  # in the token of every process but those of anonymous


@dataclass(frozen=True, slots=True)
class User:
    """A service or an application pool. ``has``: whether its process has the right, None where that is not known.

    ``through``: the SIDs by which it has it (SYSTEM has it by itself, without an entry); ``why``: the sentence that says so.
    """

    kind: str
    name: str
    account: str | None
    sid: str | None
    has: bool | None
    through: tuple[str, ...]
    why: str
    pid: int | None = None


def users_of(facts: HostFacts, holders: Collection[str]) -> tuple[User, ...]:
    """Services and pools of a host as they would be with these holders, at their next start; sorted by kind and name."""
    found = [*_services(facts, holders), *(_pool(pool, holders) for pool in facts.pools or ())]
    return tuple(sorted(found, key=lambda user: (user.kind, user.name.casefold())))


def _services(facts: HostFacts, holders: Collection[str]) -> Iterator[User]:
    kept: dict[int, bool] = {}  # process -> whether one of its services keeps the right
    for service in facts.services or ():
        if service.pid:
            kept[service.pid] = kept.get(service.pid, False) or service.impersonate is not False
    for service in facts.services or ():
        through = _through_of(service, holders)
        keeps = kept[service.pid] if service.pid else service.impersonate is not False
        if not keeps:
            why = "its RequiredPrivileges do not name the right"
        elif through:
            shared = "; another service of its process requires it" if service.impersonate is False else ""
            why = f"{_by(through)}{shared}"
        else:
            unknown = "its account has no SID that the host knows, and SERVICE holds no entry"
            plain = "its account holds no entry" if service.sid in (LOCAL_SERVICE, NETWORK_SERVICE) else _NO_ENTRY
            why = plain if service.sid else unknown
        has = keeps and bool(through)
        unsure = keeps and not through and service.sid not in (LOCAL_SERVICE, NETWORK_SERVICE)
        yield User(
            "service", service.name, service.account, service.sid, None if unsure else has, through if has else (), why, service.pid
        )


def _through_of(service: Service, holders: Collection[str]) -> tuple[str, ...]:
    if service.sid == SYSTEM:
        return (SYSTEM,)
    return tuple(sid for sid in (service.sid, SERVICE, ALL_SERVICES, *_EVERYBODY) if sid and sid in holders)


def _pool(pool: AppPool, holders: Collection[str]) -> User:
    sid = pool_sid(pool)
    if sid == SYSTEM:
        return User("app pool", pool.name, pool.identity, sid, True, (SYSTEM,), _by((SYSTEM,)))
    through = tuple(one for one in (sid, None if pool.manual else IIS_IUSRS, *_EVERYBODY) if one and one in holders)
    has: bool | None = True if through else None
    if through:
        why = _by(through)
    elif sid in (LOCAL_SERVICE, NETWORK_SERVICE):
        has, why = False, "neither its account nor IIS_IUSRS holds an entry"
    elif sid is None:
        why = "its account is not known"
    else:
        why = _NO_ENTRY if not pool.manual else "it depends on the groups of its account: IIS does not add IIS_IUSRS to its token"
    return User("app pool", pool.name, pool.account or pool.identity, sid, has, through, why)


_NO_ENTRY = "its account holds no entry; whether a group of it does is not known"
GROUPS = {
    SERVICE: "SERVICE",
    IIS_IUSRS: "IIS_IUSRS",
    ALL_SERVICES: "ALL SERVICES",
    AUTHENTICATED_USERS: "Authenticated Users",
    EVERYONE: "Everyone",
}
_WORDS = {SYSTEM: "LocalSystem has the right by itself", **{sid: f"through {name}" for sid, name in GROUPS.items()}}


def _by(through: tuple[str, ...]) -> str:
    return " and ".join(_WORDS.get(sid, "through the entry of its account") for sid in through)
