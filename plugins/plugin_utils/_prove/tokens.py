# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host must not leave it: names of accounts, hosts, domains and GPOs, but for those that every Windows has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .._accounts.sids import NAMES
from . import mentions, private
from .answers import Sources, Told
from .programs import RIGHT, sid_or_none

_RELATIVE = frozenset(
    {
        "administrator", "administrateur", "administrador", "administratore", "amministratore",
        "guest", "gast", "invité", "invitado", "ospite",
    }
)  # fmt: skip
"""Names of accounts that Windows makes itself; another one with such a RID was renamed."""
_AUTHORITIES = (
    "BUILTIN",
    "NT AUTHORITY",
    "NT SERVICE",
    "IIS APPPOOL",
    "RESTRICTED SERVICES",
    "NT VIRTUAL MACHINE",
    "NT TASK",
    "MicrosoftAccount",
    "Mandatory Label",
    "WORKGROUP",
    ".",
)
_STAY = ("LocalSystem", "LocalService", "NetworkService", "Everyone", "Default Domain Policy", "Local Group Policy",
         "Default Domain Controllers Policy", "LocalGPO", RIGHT)  # fmt: skip


@dataclass
class Tokens:
    """Original texts by kind, in the order in which they came. ``names`` and ``authorities``: in lower case, accounts and GPOs, and domains
    that every Windows has. A name that stays keeps no host and no domain of the same name."""

    accounts: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    domains: dict[str, None] = field(default_factory=dict)
    gpos: dict[str, None] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    authorities: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Names that every English Windows has, stay."""
        self.authorities |= {one.casefold() for one in _AUTHORITIES}
        self.names |= {one.casefold() for one in _STAY}
        self.names |= {name.rpartition("\\")[2].casefold() for name in NAMES.values()}

    def account(self, name: object, sid: object = None) -> None:
        """A name as DOMAIN\\name, name@domain or bare; of a well-known SID it stays, as does its domain, in every language."""
        if not isinstance(name, str) or not name or sid_or_none(name):
            return
        domain, bare = _split(name)
        if isinstance(sid, str) and not private.is_private(sid):
            self.authorities.add(domain.casefold())
            if not private.is_of_name(sid):
                self.names.add(bare.casefold())
            return
        if domain.casefold() in ("nt service", "iis apppool"):
            return
        if domain:
            self.domains.setdefault(domain)
        if _is_made_by_windows(bare, sid):
            self.names.add(bare.casefold())
        elif bare:
            self._private_name(bare)

    def _private_name(self, bare: str) -> None:
        """A Microsoft account is called by an address, whose parts may stand elsewhere."""
        self.accounts.setdefault(bare)
        user, found, domain = bare.partition("@")
        if found and user and domain:
            self.accounts.setdefault(user)
            self.domains.setdefault(domain)

    def all(self) -> Iterator[tuple[str, str]]:
        """Kind and text of all that must go."""
        kinds = (
            ("HOST", self.hosts, frozenset[str]()),
            ("DOM", self.domains, self.authorities),
            ("USER", self.accounts, self.names),
            ("GPO", self.gpos, self.names),
        )
        for kind, found, stay in kinds:
            yield from ((kind, one) for one in found if one.strip() and one.casefold() not in stay)


def _is_made_by_windows(bare: str, sid: object) -> bool:
    """Whether an account has a RID that Windows gives, and the two that are often renamed are not."""
    if not isinstance(sid, str) or not sid.startswith("S-1-5-21-"):
        return False
    rid = int(sid.rpartition("-")[2])
    return rid < 1000 and (rid not in (500, 501) or bare.casefold() in _RELATIVE)


def _split(name: str) -> tuple[str, str]:
    if "\\" in name:
        domain, _unused, bare = name.partition("\\")
        return domain, bare
    bare, _unused, domain = name.partition("@")
    return domain, bare


def gather(payload: Told, sources: Sources, hosts: Iterable[str] = ()) -> Tokens:
    """All tokens of one host. ``hosts``: its names in the inventory and its address."""
    tokens = Tokens()
    for name, sid in (*mentions.accounts(payload), *mentions.accounts_of_sources(sources)):
        tokens.account(name, sid)
    for name in (*hosts, *mentions.hosts(payload, sources)):
        tokens.hosts.setdefault(name)
        if not re.fullmatch(r"[\d.:]+", name):
            tokens.hosts.setdefault(name.partition(".")[0])
    tokens.domains.update(dict.fromkeys(mentions.domains(payload, sources)))
    tokens.gpos.update(dict.fromkeys(name for name in mentions.gpos(payload, sources) if not name.startswith("{")))
    return tokens
