# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the directory of a domain holds of Group Policy ([MS-GPOL] 2.2.2 to 2.2.4): containers of GPOs, links of sites, domain and OUs.

One `Directory` is the replica of one domain controller.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field

BUSY, INSUFFICIENT_RIGHTS, UNAVAILABLE, SERVER_DOWN = (
    51,
    50,
    52,
    81,
)  # LDAP result codes; 81 is the client's own ([RFC4511], winldap.h)
SECURITY = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"  # the security extension ([MS-GPSB] 1.9)
PAIR = f"[{SECURITY}{{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}}]"
AUTHENTICATED_USERS, DOMAIN_CONTROLLERS = "S-1-5-11", "S-1-5-9"
DISABLED, ENFORCED = 1, 2
_LINK = re.compile(r"\[LDAP://([^;\]]*);(\d+)\]", re.I)
_GPO = re.compile(r"cn=(\{[-0-9A-F]{36}\}),cn=policies,cn=system,(.+)", re.I)


class LdapError(Exception):
    """An operation that failed, with its LDAP result code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"LDAP result {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Apply:
    """An entry of the DACL that allows or denies to apply the GPO (extended right edacfd8f-ffb3-11d1-b41d-00a0c968f939)."""

    sid: str = AUTHENTICATED_USERS
    allowed: bool = True
    inherited: bool = False


@dataclass
class Container:
    """A groupPolicyContainer."""

    guid: str
    name: str | None  # displayName
    path: str  # gPCFileSysPath
    flags: int = 0
    version: int | None = 0  # versionNumber: user << 16 | machine
    extensions: str | None = None  # gPCMachineExtensionNames
    wmi_filter: str | None = None  # gPCWQLFilter
    security: tuple[Apply, ...] | None = (Apply(),)  # None: the session may not read it
    functionality: int = 2  # gPCFunctionalityVersion


@dataclass
class Som:
    """A site, a domain or an OU: whatever GPOs can be linked to."""

    dn: str
    gp_link: str = ""
    gp_options: int = 0  # 1: block inheritance

    @property
    def kind(self) -> str:
        """What it is, by its DN."""
        return {"OU": "ou", "DC": "domain"}.get(self.dn[:2].upper(), "site")

    @property
    def links(self) -> list[tuple[str | None, int]]:
        """GUID and options of each link, by link order: the first has the highest precedence. A GPO of another domain has no GUID here.

        In gPLink it stands last. So it is in two public implementations that were tried against real domains (SSSD/sssd#5159, which mended
        the other order; DomainManagement of the Active Directory Management Framework); [MS-GPOL] 3.2.5.1.5 to the letter says the opposite.
        """
        found = [(_GPO.fullmatch(dn), int(options)) for dn, options in reversed(_LINK.findall(self.gp_link))]
        here = self.dn[self.dn.upper().find("DC=") :].lower()
        return [(gpo[1] if gpo and gpo[2].lower() == here else None, options) for gpo, options in found]


@dataclass
class Directory:
    """A replica; keys of `gpos` are GUIDs in upper case."""

    dn: str  # of the domain
    gpos: dict[str, Container] = field(default_factory=dict)
    soms: dict[str, Som] = field(default_factory=dict)  # DN in lower case -> it
    pdc_emulator: str = ""  # DNS name, by fSMORoleOwner of the domain

    @property
    def dns_name(self) -> str:
        """Of the domain."""
        return ".".join(part.partition("=")[2] for part in self.dn.split(","))

    def copy(self) -> Directory:
        """The same objects, apart from these."""
        return copy.deepcopy(self)

    def gpo(self, guid: str) -> Container:
        """The container of that GUID; raises LdapError (noSuchObject)."""
        if guid.upper() not in self.gpos:
            raise LdapError(32)
        return self.gpos[guid.upper()]

    def som(self, dn: str) -> Som:
        """A site, domain or OU, made where it is not there yet."""
        return self.soms.setdefault(dn.lower(), Som(dn))

    def link(self, guid: str, dn: str, options: int = 0) -> None:
        """Link a GPO where the others have precedence, as a tool does that is told no position."""
        som = self.som(dn)
        som.gp_link = f"[LDAP://cn={guid},cn=policies,cn=system,{self.dn};{options}]{som.gp_link}"
