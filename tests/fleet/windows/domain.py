# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain as Group Policy sees it: domain controllers with a replica each of directory and SYSVOL, GPOs, and machines in OUs.

Sources: [MS-GPOL], [MS-GPSB] 2.2, [MS-ADTS] 6.1.1.2.4 (OUs), 6.1.5 (roles); what the default GPOs hold: real files (docs/windows.md).
"""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass, field

from fleet.windows import inf, names
from fleet.windows.directory import DISABLED, ENFORCED, PAIR, Container, Directory
from fleet.windows.machine import RIGHT, Machine
from fleet.windows.sysvol import Sysvol

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

DEFAULT_DOMAIN = "{31B2F340-016D-11D2-945F-00C04FB984F9}"
DEFAULT_CONTROLLERS = "{6AC1786C-016F-11D2-945F-00C04fB984F9}"  # this spelling, as in SYSVOL
TEMPLATE = "Machine\\Microsoft\\Windows NT\\SecEdit\\GptTmpl.inf"
KILLED = -1  # as the status of a fault: the process ends there, and says nothing


@dataclass
class Replica:
    """What one domain controller has of the domain, and what happens when a step of the payload is reached.

    `faults`: name of a step -> Win32 code, LDAP result or KILLED instead of it; `after`: the same once it is done. `meddle`: what somebody
    else does, once, right before a step.
    """

    directory: Directory
    sysvol: Sysvol = field(default_factory=Sysvol)
    faults: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    meddle: dict[str, Callable[[Replica], object]] = field(default_factory=dict)

    def folder(self, guid: str) -> str:
        """Folder of a GPO, as its container says."""
        return self.directory.gpo(guid).path

    def template(self, guid: str) -> bytes | None:
        """The security template of a GPO; None where there is none."""
        path = f"{self.folder(guid)}\\{TEMPLATE}"
        return self.sysvol.read(path) if self.sysvol.exists(path) else None

    def gpt_ini(self, guid: str) -> bytes | None:
        """The file gpt.ini of a GPO; None where there is none."""
        path = f"{self.folder(guid)}\\gpt.ini"
        return self.sysvol.read(path) if self.sysvol.exists(path) else None


@dataclass
class PolicyDomain:
    """A domain. The machines of its domain controllers carry their replica; `members` are the OUs of all machines."""

    dns_name: str = "sim.example"
    netbios: str = "SIM"
    site: str = "Default-First-Site-Name"
    controllers: dict[str, Machine] = field(default_factory=dict)  # DNS name -> machine; the first is the PDC emulator
    members: dict[str, tuple[Machine, str]] = field(default_factory=dict)  # name -> machine, DN of its OU or container

    def __post_init__(self) -> None:
        """Make the directory with the two GPOs that every domain has ([MS-GPOL] 1.9 names neither; real files)."""
        self.replica = Replica(Directory(self.dn))
        self.replica.directory.som(self.dn)
        account = {"System Access": ("MinimumPasswordAge = 1",)}
        self.add_gpo("Default Domain Policy", DEFAULT_DOMAIN, account, version=3)
        self.add_gpo("Default Domain Controllers Policy", DEFAULT_CONTROLLERS, _of_controllers(), version=1)
        self.link(DEFAULT_DOMAIN, self.dn)
        self.link(DEFAULT_CONTROLLERS, self.ou("Domain Controllers"))

    @property
    def dn(self) -> str:
        """DN of the domain."""
        return ",".join(f"DC={part}" for part in self.dns_name.split("."))

    @property
    def site_dn(self) -> str:
        """DN of the only site."""
        return f"CN={self.site},CN=Sites,CN=Configuration,{self.dn}"

    @property
    def sid(self) -> str:
        """SID of the domain."""
        return names.domain_sid(self.netbios)

    def ou(self, *path: str) -> str:
        """DN of an OU, the innermost name last."""
        return ",".join([*(f"OU={name}" for name in reversed(path)), self.dn])

    # -- machines --------------------------------------------------------------------------------------------------

    def add_controller(self, name: str, *, read_only: bool = False, **options: t.Any) -> Machine:
        """A domain controller; the first is the PDC emulator. It has what the PDC emulator has."""
        machine = Machine.domain_controller(name, read_only=read_only, **options)
        if self.controllers:
            machine.machine_role = 4  # DsRole_RoleBackupDomainController ([MS-DSSP] 2.2.2)
            machine.replica = Replica(self.replica.directory.copy(), self.replica.sysvol.copy())
        else:
            self.replica.directory.pdc_emulator = machine.dns_name
            machine.replica = self.replica
        self.controllers[machine.dns_name] = machine
        self.members[machine.name] = (machine, self.ou("Domain Controllers"))
        return machine

    def join(self, machine: Machine, *ou: str) -> Machine:
        """Put a machine into an OU, without one into the container Computers, where no GPO can be linked."""
        self.members[machine.name] = (machine, self.ou(*ou) if ou else f"CN=Computers,{self.dn}")
        return machine

    def replicate(self) -> None:
        """Bring what the PDC emulator has to all others."""
        for machine in list(self.controllers.values())[1:]:
            assert machine.replica is not None
            machine.replica.directory, machine.replica.sysvol = self.replica.directory.copy(), self.replica.sysvol.copy()

    # -- GPOs ------------------------------------------------------------------------------------------------------

    def add_gpo(
        self,
        name: str | None,
        guid: str | None = None,
        sections: Mapping[str, Sequence[str]] | bytes | None = None,
        *,
        accounts: Iterable[str] | None = None,
        version: int = 1,
        extensions: str | None = PAIR,
        **more: t.Any,
    ) -> str:
        """Make a GPO; returns its GUID.

        `accounts` are those that its template gives the right, as they stand there, () is no account at all; `sections` the whole
        template otherwise, as text or as bytes. Without either there is no template.
        """
        guid = guid or f"{{{uuid.uuid5(uuid.NAMESPACE_DNS, str(name))}}}".upper()
        path = f"\\\\{self.dns_name}\\sysvol\\{self.dns_name}\\Policies\\{guid}"
        if accounts is not None:
            sections = {"Privilege Rights": (f"{RIGHT} = {','.join(accounts)}".rstrip(),)}
        if sections is None:
            extensions = None if extensions == PAIR else extensions
        container = Container(guid, name, path, version=version, extensions=extensions, **more)
        self.replica.directory.gpos[guid.upper()] = container
        if sections is not None:
            content = sections if isinstance(sections, bytes) else inf.written(sections).encode("utf-16")
            self.replica.sysvol.write(f"{container.path}\\{TEMPLATE}", content)
        self.replica.sysvol.write(f"{container.path}\\GPT.INI", f"[General]\r\nVersion={version}\r\n".encode())
        return guid

    def link(self, guid: str, dn: str, *, enforced: bool = False, disabled: bool = False) -> None:
        """Link a GPO to a site, the domain or an OU, below the links that are there."""
        self.replica.directory.link(guid, dn, (ENFORCED if enforced else 0) | (DISABLED if disabled else 0))

    def block(self, dn: str) -> None:
        """Block the inheritance of an OU."""
        self.replica.directory.som(dn).gp_options = 1


def _of_controllers() -> dict[str, tuple[str, ...]]:
    """What the template of a fresh Default Domain Controllers Policy is about: other rights, and Version last (observed in public files)."""
    return {"Privilege Rights": ("SeBackupPrivilege = *S-1-5-32-544,*S-1-5-32-549", "SeAuditPrivilege = *S-1-5-19,*S-1-5-20")}
