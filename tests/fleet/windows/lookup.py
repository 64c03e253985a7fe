# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of SIDs and SIDs of names on a simulated machine, as [MS-LSAT] 3.1.4.5 and 3.1.4.9 look them up."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from fleet.windows import names
from fleet.windows.names import Account, Use

if t.TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.windows.machine import Machine


@dataclass(frozen=True, slots=True)
class TranslatedName:
    """LSA_TRANSLATED_NAME."""

    use: Use
    name: str
    domain_index: int


@dataclass(frozen=True, slots=True)
class TranslatedSid:
    """LSA_TRANSLATED_SID2."""

    use: Use
    sid: str | None
    domain_index: int


@dataclass
class Referenced:
    """LSA_REFERENCED_DOMAIN_LIST: (name, SID) of each domain that an entry points to, once."""

    domains: list[tuple[str, str]] = field(default_factory=list)

    def index(self, name: str, sid: str) -> int:
        """Place of a domain in the list, made when it is not there yet."""
        if (name, sid) not in self.domains:
            self.domains.append((name, sid))
        return self.domains.index((name, sid))


@dataclass
class Names(Referenced):
    """Answer to SIDs."""

    entries: list[TranslatedName] = field(default_factory=list)


@dataclass
class Sids(Referenced):
    """Answer to names."""

    entries: list[TranslatedSid] = field(default_factory=list)


def sids(machine: Machine, asked: Sequence[str]) -> Names:
    """Look SIDs up. An unknown one keeps its domain when that is known; its name is then the RID in hexadecimal."""
    answer, known, domains = Names(), accounts(machine), _domains(machine)
    for sid in asked:
        parent = names.domain_of(sid)
        if sid in known:
            account = known[sid]
            entry = TranslatedName(account.use, account.name, answer.index(account.domain, parent))
        elif sid in domains:
            # The field is not valid then ([MS-LSAT] leaves it open): some servers fill it.
            entry = TranslatedName(Use.DOMAIN, domains[sid] if machine.names_domains else "", answer.index(domains[sid], sid))
        elif parent.startswith(("S-1-5-21-", "S-1-5-32")) and parent in domains:
            rid = f"{int(sid.rpartition('-')[2]):08X}"
            entry = TranslatedName(Use.UNKNOWN, rid, answer.index(domains[parent], parent))
        else:
            entry = TranslatedName(Use.UNKNOWN, sid, -1)
        answer.entries.append(entry)
    return answer


def names_(machine: Machine, asked: Sequence[str], *, local: bool) -> Sids:
    """Look names up: `DOMAIN\\name`, `name@dns.domain`, or isolated ones; `local` keeps the latter on this machine."""
    answer, directory = Sids(), _Directory(machine)
    for name in asked:
        sid, use, domain = directory.find(name, local=local)
        index = -1 if domain is None else answer.index(*domain)
        answer.entries.append(TranslatedSid(use, sid, index))
    return answer


_Found = tuple[str | None, Use, tuple[str, str] | None]


class _Directory:
    def __init__(self, machine: Machine) -> None:
        self._accounts = accounts(machine)
        self._domains = _domains(machine)
        primary = machine.primary_domain
        remote = [*([primary] if primary else []), *machine.trusts]
        self._dns = {domain.dns_name.upper(): domain.name for domain in remote if domain.dns_name}
        self._remote = [domain.name for domain in remote if domain.name.upper() != machine.account_domain.upper()]
        self._own = machine.account_domain

    def find(self, asked: str, *, local: bool) -> _Found:
        if "\\" in asked:
            domain, _unused, name = asked.partition("\\")
            return self._qualified(self._dns.get(domain.upper(), domain), name)
        if "@" in asked and local:  # the options of the call exclude them from every view
            return None, Use.UNKNOWN, None
        if "@" in asked:
            name, _unused, domain = asked.rpartition("@")
            return self._qualified(self._dns.get(domain.upper(), domain), name)
        return self._isolated(asked, local=local)

    def _qualified(self, domain: str, name: str) -> _Found:
        for sid, account in self._accounts.items():
            if _same(account.domain, domain) and _same(account.name, name):
                return self._account(sid, account)
        for sid, known in self._domains.items():
            if _same(known, domain):
                return None, Use.UNKNOWN, (known, sid)
        return None, Use.UNKNOWN, None

    def _isolated(self, name: str, *, local: bool) -> _Found:
        # The order of the SDK's page of LsaLookupNames2; a name of a domain beats accounts of the same name.
        named = [(sid, account) for sid, account in self._accounts.items() if _same(account.name, name)]
        for sid, account in named:
            if account.use is Use.WELL_KNOWN_GROUP:
                return self._account(sid, account)
        for sid, known in self._domains.items():
            if known and _same(known, name) and (sid == "S-1-5-32" or sid.startswith("S-1-5-21-")):
                return sid, Use.DOMAIN, (known, sid)
        authorities = [domain for sid, domain in self._domains.items() if not sid.startswith("S-1-5-21-")]
        for domain in [*authorities, self._own, *([] if local else self._remote)]:
            for sid, account in named:
                if _same(account.domain, domain):
                    return self._account(sid, account)
        return None, Use.UNKNOWN, None

    def _account(self, sid: str, account: Account) -> _Found:
        return sid, account.use, (account.domain, names.domain_of(sid))


def _same(one: str, other: str) -> bool:
    return names.upper(one) == names.upper(other)


def accounts(machine: Machine) -> dict[str, Account]:
    """Every account that the machine can name, by its SID."""
    known = names.well_known(machine.language)
    for service in machine.service_names:
        known[names.service_sid(service)] = Account("NT SERVICE", service, Use.WELL_KNOWN_GROUP)
    for pool in machine.pools:
        known[names.app_pool_sid(pool.name)] = Account("IIS APPPOOL", pool.name, Use.WELL_KNOWN_GROUP)
    if machine.build >= 26100:
        known[names.PRINT_SPOOLER] = Account("RESTRICTED SERVICES", "PrintSpoolerService", Use.WELL_KNOWN_GROUP)
    return known | machine.accounts


def _domains(machine: Machine) -> dict[str, str]:
    domains = {**names.authorities(machine.language), machine.sid: machine.account_domain}
    if primary := machine.primary_domain:
        domains[primary.sid] = primary.name
    return domains | {domain.sid: domain.name for domain in machine.trusts}
