# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host must not leave it: names of accounts, hosts, domains and GPOs, but for those that every Windows has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .._accounts.sids import NAMES
from . import mentions
from .answers import Sources, Told
from .programs import RIGHT, sid_or_none

_PRIVATE = re.compile(r"S-1-(?:5-21|12-1)-", re.IGNORECASE)
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
    "Mandatory Label",
    ".",
)
_STAY = ("WORKGROUP", "LocalSystem", "LocalService", "NetworkService", "Everyone", "Default Domain Policy", "Local Group Policy",
         "Default Domain Controllers Policy", "LocalGPO", RIGHT)  # fmt: skip


@dataclass
class Tokens:
    """Original texts by kind, in the order in which they came; ``stay``: texts in lower case that every Windows has."""

    accounts: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    domains: dict[str, None] = field(default_factory=dict)
    gpos: dict[str, None] = field(default_factory=dict)
    stay: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Names that every English Windows has, stay."""
        self.stay |= {one.casefold() for one in (*_AUTHORITIES, *_STAY)}
        for name in NAMES.values():
            self.stay |= {part.casefold() for part in name.split("\\")}

    def account(self, name: object, sid: object = None) -> None:
        """A name as DOMAIN\\name, name@domain or bare; of a well-known SID it stays, as does its domain, in every language."""
        if not isinstance(name, str) or not name or sid_or_none(name):
            return
        domain, bare = _split(name)
        if isinstance(sid, str) and not _PRIVATE.match(sid):
            self.stay |= {domain.casefold(), bare.casefold()} - {""}
            return
        if domain.casefold() in ("nt service", "iis apppool"):
            return
        if domain:
            self.domains.setdefault(domain)
        rid = sid.rpartition("-")[2] if isinstance(sid, str) else ""
        made = rid.isdigit() and int(rid) < 1000 and (int(rid) not in (500, 501) or bare.casefold() in _RELATIVE)
        if made:
            self.stay.add(bare.casefold())
        elif bare:
            self.accounts.setdefault(bare)

    def all(self) -> Iterator[tuple[str, str]]:
        """Kind and text of all that must go."""
        for kind, found in (("HOST", self.hosts), ("DOM", self.domains), ("USER", self.accounts), ("GPO", self.gpos)):
            yield from ((kind, one) for one in found if one.strip() and one.casefold() not in self.stay)


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
