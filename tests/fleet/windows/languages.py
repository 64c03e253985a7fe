# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the LSA calls its own accounts in other languages than English, as far as public documents show.

The first source of a language is the table "Localized service names" of Microsoft's "Configure Windows service accounts and
permissions" (SQL Server), for Japanese, Korean and Chinese the only one: all English there. ``seen`` is what public outputs of whoami,
icacls and Get-Acl on such hosts show besides, and where they differ from the table. A name in neither stays English here, and is in
``UNPROVEN``, which docs/windows.md lists. IUSR and IIS_IUSRS are never localized (IIS documentation), their domain part is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

NT, BUILTIN = "NT AUTHORITY", "BUILTIN"
EVERYONE = "S-1-1-0"
SERVICE = "S-1-5-6"
AUTHENTICATED_USERS = "S-1-5-11"
SYSTEM = "S-1-5-18"
LOCAL_SERVICE = "S-1-5-19"
NETWORK_SERVICE = "S-1-5-20"
ADMINISTRATORS = "S-1-5-32-544"
USERS = "S-1-5-32-545"
LOCALIZED = (EVERYONE, SERVICE, AUTHENTICATED_USERS, SYSTEM, LOCAL_SERVICE, NETWORK_SERVICE, ADMINISTRATORS, USERS)


@dataclass(frozen=True, slots=True)
class Language:
    """Domains and names that differ from the English ones, and SIDs of names that a source shows to be the same."""

    domains: Mapping[str, str] = field(default_factory=dict)
    table: Mapping[str, str] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    same: tuple[str, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """SID -> name; what hosts show goes before the table."""
        return {**self.table, **self.seen}


_ENGLISH = Language(same=(LOCAL_SERVICE, NETWORK_SERVICE, SYSTEM, ADMINISTRATORS))

LANGUAGES: Mapping[str, Language] = {
    "en": Language(same=LOCALIZED),
    "de": Language(
        domains={NT: "NT-AUTORITÄT", BUILTIN: "VORDEFINIERT"},
        table={LOCAL_SERVICE: "LOKALER DIENST", NETWORK_SERVICE: "NETZWERKDIENST", ADMINISTRATORS: "Administratoren"},
        seen={USERS: "Benutzer", AUTHENTICATED_USERS: "Authentifizierte Benutzer", EVERYONE: "Jeder"},
        same=(SYSTEM,),
    ),
    "fr": Language(
        domains={NT: "AUTORITE NT"},
        table={LOCAL_SERVICE: "SERVICE LOCAL", NETWORK_SERVICE: "SERVICE RÉSEAU"},
        seen={  # the table has BUILTIN\Administrators and SYSTEM
            ADMINISTRATORS: "Administrateurs", USERS: "Utilisateurs", SYSTEM: "Système", EVERYONE: "Tout le monde",
        },
        same=(SERVICE,),
    ),
    "it": Language(
        table={LOCAL_SERVICE: "SERVIZIO LOCALE", NETWORK_SERVICE: "SERVIZIO DI RETE"}, same=(SYSTEM, ADMINISTRATORS)
    ),
    "es": Language(
        table={LOCAL_SERVICE: "SERVICIO LOC", NETWORK_SERVICE: "SERVICIO DE RED", ADMINISTRATORS: "Administradores"},
        seen={SERVICE: "SERVICIO", USERS: "Usuarios", EVERYONE: "Todos"},
        same=(SYSTEM,),
    ),
    "ru": Language(
        table={SYSTEM: "СИСТЕМА", ADMINISTRATORS: "Администраторы"}, same=(LOCAL_SERVICE, NETWORK_SERVICE)
    ),
    "ja": _ENGLISH,
    "ko": _ENGLISH,
    "zh": _ENGLISH,
}  # fmt: skip


def unproven(language: str) -> set[str]:
    """SIDs whose name in a language no public document shows."""
    one = LANGUAGES[language]
    return set(LOCALIZED) - set(chain(one.names, one.same))
