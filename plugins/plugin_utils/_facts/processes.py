# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes of a host have the right: services and application pools, and by which entry. Pure.

Sources: policy page of the right (SERVICE is in the token of every service), Security identifiers (ALL SERVICES has every service
process, Authenticated Users and Everyone every logon but anonymous), SERVICE_REQUIRED_PRIVILEGES_INFO structure (what a service
does not require is removed; a shared process has the union), SERVICE_SID_INFO structure (the SCM adds the SIDs of services to the token
of their process, by ServiceSidType), processModel element of IIS (IIS_IUSRS, manualGroupMembership).
"""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .._accounts.sids import (
    ALL_SERVICES,
    AUTHENTICATED_USERS,
    EVERYONE,
    IIS_IUSRS,
    LOCAL_SERVICE,
    NETWORK_SERVICE,
    SERVICE,
    SYSTEM,
    service_sid,
)
from .._wording import some
from .facts import AppPool, HostFacts, Service
from .features import own_pool_sids, pool_sid

_IN_TOKEN, NOT_IN_TOKEN = (1, 3), 0  # ServiceSidType: unrestricted and restricted, none (SERVICE_SID_INFO)
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
    own = own_pool_sids(facts)
    found = [*_services(facts, holders), *(_pool(pool, holders, own) for pool in facts.pools or ())]
    return tuple(sorted(found, key=lambda user: (user.kind, user.name.casefold())))


@dataclass(frozen=True, slots=True)
class _Process:
    """What services of one process share. ``keeps``: one of them keeps the right; services by their own SIDs: ``own`` in its token,
    ``unsure`` where that is not known, ``outside`` kept out of it.
    """

    keeps: bool
    own: Mapping[str, str]
    unsure: Mapping[str, str]
    outside: Mapping[str, str]


def _process(services: Sequence[Service]) -> _Process:
    known = (*_IN_TOKEN, NOT_IN_TOKEN)
    return _Process(
        any(service.impersonate is not False for service in services),
        {service_sid(service.name): service.name for service in services if service.sid_type in _IN_TOKEN},
        {service_sid(service.name): service.name for service in services if service.sid_type not in known},
        {service_sid(service.name): service.name for service in services if service.sid_type == NOT_IN_TOKEN},
    )


def _services(facts: HostFacts, holders: Collection[str]) -> Iterator[User]:
    shared: dict[int | str, list[Service]] = collections.defaultdict(list)
    for service in facts.services or ():
        shared[service.pid or service.name].append(service)
    for services in shared.values():
        process = _process(services)
        for service in services:
            yield _service(service, process, holders)


def _service(service: Service, process: _Process, holders: Collection[str]) -> User:
    through = _through_of(service, process, holders)
    builtin = service.sid in (LOCAL_SERVICE, NETWORK_SERVICE)
    unsure = [f"NT SERVICE\\{name}" for sid, name in process.unsure.items() if sid in holders]
    has: bool | None = None
    if not process.keeps:
        has, through, why = False, (), "its RequiredPrivileges do not name the right"
    elif through:
        needed = "; another service of its process requires it" if service.impersonate is False else ""
        has, why = True, f"{_by(through, _own_words(service, process))}{needed}"
    elif unsure:
        why = f"{some(unsure)} holds an entry, and whether its SID is in the token is not known: ServiceSidType could not be read"
    else:
        unknown = "its account has no SID that the host knows, and SERVICE holds no entry"
        has = False if builtin else None
        why = "its account holds no entry" if builtin else _NO_ENTRY if service.sid else unknown
        if service_sid(service.name) in process.outside.keys() & {*holders}:
            why = f"{why}; NT SERVICE\\{service.name} holds one, and ServiceSidType keeps it out of the token"
    return User("service", service.name, service.account, service.sid, has, through, why, service.pid)


def _through_of(service: Service, process: _Process, holders: Collection[str]) -> tuple[str, ...]:
    if service.sid == SYSTEM:
        return (SYSTEM,)
    own_sids = (service.sid, *sorted(process.own), SERVICE, ALL_SERVICES, *_EVERYBODY)
    return tuple(dict.fromkeys(sid for sid in own_sids if sid and sid in holders))


def _own_words(service: Service, process: _Process) -> Mapping[str, str]:
    """Own SIDs of services for sentences; the account that a service runs under may be its own."""
    return {
        sid: "through the entry of its own SID"
        if name == service.name
        else f"through the entry of NT SERVICE\\{name} of its process"
        for sid, name in process.own.items()
        if sid != service.sid
    }


def _pool(pool: AppPool, holders: Collection[str], own: Mapping[str, str]) -> User:
    sid = pool_sid(pool, own)
    if sid == SYSTEM:
        return User("app pool", pool.name, pool.identity, sid, True, (SYSTEM,), _by((SYSTEM,)))
    through = tuple(entry for entry in (sid, None if pool.manual else IIS_IUSRS, *_EVERYBODY) if entry and entry in holders)
    has: bool | None = True if through else None
    if through:
        why = _by(through)
    elif sid in (LOCAL_SERVICE, NETWORK_SERVICE):
        has, why = False, "neither its account nor IIS_IUSRS holds an entry"
    elif sid is None:
        why = "its account is not known"
    else:
        why = _NO_ENTRY if not pool.manual else "it depends on the groups of its account: IIS does not add IIS_IUSRS to its token"
    if not through and own[pool.name] in holders:  # of a pool with another identity
        has, why = None, f"{why}; IIS APPPOOL\\{pool.name} holds one, and whether its token has that SID is not known"
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


def _by(through: tuple[str, ...], own: Mapping[str, str] | None = None) -> str:
    words = {**_WORDS, **(own or {})}
    return " and ".join(words.get(sid, "through the entry of its account") for sid in through)
