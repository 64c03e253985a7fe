# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host said about itself. Field names are the keys of the payload's answer; no opinion here."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .._accounts.sids import Sid


class Resolution(str, enum.Enum):
    """How the name of a SID (or the SID of a name) was found."""

    LSA = "lsa"  # the host's LSA named it
    UNMAPPED = "unmapped"  # the LSA answered that there is no such account
    FAILED = "failed"  # the look-up itself failed: nothing is known


@dataclass(frozen=True, slots=True)
class Holder:
    """One account that holds the right. ``use`` is SID_NAME_USE ([MS-LSAT] 2.2.13); ``domain``: of an unmapped SID, where known."""

    sid: Sid
    name: str | None = None
    use: int | None = None
    resolved: Resolution = Resolution.FAILED
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class AskedAccount:
    """The host's answer for a name that only the host can resolve."""

    asked: str
    sid: Sid | None
    name: str | None
    use: int | None
    resolved: Resolution


_CONTROLLERS = (4, 5)  # DSROLE_MACHINE_ROLE of domain controllers ([MS-DSSP] 2.2.2)


@dataclass(frozen=True, slots=True)
class Computer:
    """Identity and place of the host.

    ``machine_role`` is DSROLE_MACHINE_ROLE ([MS-DSSP] 2.2.2), None when DsRole failed with the Win32 error ``role_status``.
    ``sid``: of the domain of the machine's own accounts, on a domain controller the domain's, so that all domain controllers of a domain
    share it (PolicyAccountDomainInformation, [MS-LSAD] 3.1.4.4.4); None where the LSA did not tell.
    """

    name: str
    machine_role: int | None
    role_status: int = 0
    read_only: bool = False
    role_pending: bool = False
    domain: str | None = None
    dns_domain: str | None = None
    entra_joined: bool | None = None
    sid: Sid | None = None

    @property
    def account_domain(self) -> str:
        """Name in front of the machine's own accounts: on a domain controller that of the domain ([MS-LSAD] 3.1.4.4.4)."""
        return self.domain or self.name if self.machine_role in _CONTROLLERS else self.name


@dataclass(frozen=True, slots=True)
class Windows:
    """Version and edition; None where the host could not say. ``sku`` is PRODUCT_* of GetProductInfo."""

    product_type: str | None = None
    sku: int | None = None
    build: int | None = None
    revision: int | None = None
    edition: str | None = None
    caption: str | None = None
    installation_type: str | None = None
    display_version: str | None = None


@dataclass(frozen=True, slots=True)
class Iis:
    """Traces of IIS.

    ``services``: which of IISADMIN, W3SVC, WAS, WMSVC exist, None when unreadable. ``readable``: InetStp could be looked at.
    """

    services: tuple[str, ...] | None = ()
    version: str | None = None
    components: tuple[str, ...] = ()
    readable: bool = True

    @property
    def installed(self) -> bool | None:
        """W3SVC and the InetStp version are there (KB 981949); None when that cannot be known.

        InetStp alone may be a leftover, so a host without the service has no IIS.
        """
        if self.services is None:
            return None
        if "W3SVC" not in self.services:
            return False
        return True if self.version else (False if self.readable else None)


@dataclass(frozen=True, slots=True)
class Session:
    """The logon that read the right."""

    user: Sid | None = None
    administrator: bool | None = None
    filtered: bool | None = None
    elevated: bool | None = None
    language_mode: str | None = None
    powershell: str | None = None
    bits: int | None = None
    windows_bits: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and whose token it has.

    ``pid``: its process. ``impersonate``: whether its RequiredPrivileges name the right, None where it has no such list.
    ``sid_type``: ServiceSidType of its key. 1 (unrestricted) and 3 (restricted) put the service's own SID into the token, 0 (none), also
    where there is no such value, does not (SERVICE_SID_INFO); None where the key could not be read.
    """

    name: str
    account: str | None
    sid: Sid | None
    pid: int | None = None
    impersonate: bool | None = None
    sid_type: int | None = None


@dataclass(frozen=True, slots=True)
class AppPool:
    """An application pool of IIS; ``account`` and ``sid`` only where its identity is a specific user.

    ``manual``: manualGroupMembership, so that IIS does not add IIS_IUSRS to the token of its processes (IIS, processModel element).
    """

    name: str
    identity: str
    account: str | None = None
    sid: Sid | None = None
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Traces:
    """Traces of further features; None where the host could not say.

    ``ssis``: services called MsDtsServer*. ``adfs``: the service adfssrv exists. ``spooler``: Start of the service Spooler, None when
    there is none, which ``spooler_known`` tells from not known. ``session_host``: TerminalServerMode is that of an application server.
    """

    ssis: tuple[str, ...] | None = ()
    adfs: bool | None = False
    spooler: int | None = None
    spooler_known: bool = True
    session_host: bool | None = False


@dataclass(frozen=True, slots=True)
class Setting:
    """What one GPO says about the right: an instance of RSOP_UserPrivilegeRight. ``accounts`` are texts for a reader.

    Any property of an instance may be null.
    """

    gpo: str | None
    som: str | None
    precedence: int | None
    status: int | None
    error: int | None
    accounts: tuple[str, ...] | None
    created: str | None


@dataclass(frozen=True, slots=True)
class Gpo:
    """An instance of RSOP_GPO: the GPOID of settings, the GUID and the name. ``version``: as it was logged, 0 where none was."""

    id: str | None
    guid: str | None
    name: str | None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Som:
    """An instance of RSOP_SOM, where GPOs are linked. ``type``: 1 local, 2 site, 3 domain, 4 OU."""

    id: str | None
    type: int | None


@dataclass(frozen=True, slots=True)
class Extension:
    """When the security extension of Group Policy last ended, and how (RSOP_ExtensionStatus)."""

    ended: str | None
    error: int | None
    logging: int | None


@dataclass(frozen=True, slots=True)
class Rsop:
    """What RSoP holds about the right. ``error``: of the first query that failed, after which no other was made."""

    error: str | None = None
    extension: Extension | None = None
    settings: tuple[Setting, ...] = ()
    gpos: tuple[Gpo, ...] = ()
    soms: tuple[Som, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A cached security template of the last policy run that has a line for the right.

    ``gpo``: the GUID in it, empty where there is none.
    """

    file: str
    gpo: str | None
    value: str


@dataclass(frozen=True, slots=True)
class Mdm:
    """Traces of a management service (Policy CSP UserRights/ImpersonateClient).

    ``value`` is what the registry holds, whole: accounts as ``*SID`` or names with U+F000 between them, maybe inside ``<![CDATA[...]]>``;
    empty for no account. Longer than 20,000 characters it is not told, and nothing else of the service either. The SIDs of the names in it
    are among ``ControlTraces.sids``, by the name as it stands between U+F000, CDATA marks and blanks.
    """

    provider: str | None = None
    set: int | str | None = None
    value: str | int | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class TextSid:
    """The SID of an account as a GPO names it, None where the host knows none."""

    asked: str
    sid: Sid | None


@dataclass(frozen=True, slots=True)
class ControlTraces:
    """Traces of those who set the right from outside. ``logging``: RSoPLogging. ``templates``, ``mdm``: None when they cannot be known."""

    now: str
    rsop: Rsop = Rsop()
    logging: int | str | None = None
    templates: tuple[Template, ...] | None = ()
    mdm: Mdm | None = Mdm()
    sids: tuple[TextSid, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group. ``use``: SID_NAME_USE, None where its name was not asked for; ``sid``: None where the host tells none."""

    sid: Sid | None
    name: str | None
    use: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """A group and its members.

    ``status``: read; limit, where the list was cut; failed; incomplete, where WMI told the members, which leaves out those that are no
    Win32_Account (docs/windows.md); not_told, where it told none, as it does to a session that may not look into the directory.
    """

    sid: Sid
    name: str | None
    status: str
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True)
class RightEvent:
    """One event of the security log: 4704 gave the right, 4705 took it (event 4704, 4705)."""

    id: int
    time: str
    subject: Sid
    subject_name: str | None
    logon: str | None
    target: Sid


@dataclass(frozen=True, slots=True)
class EventLog:
    """What the security log says of the right, newest first. ``truncated``: a limit was hit; ``others``: events about other rights.

    ``error``: denied, timeout or failed.
    """

    error: str | None = None
    events: tuple[RightEvent, ...] = ()
    truncated: bool = False
    oldest: str | None = None
    others: int = 0


@dataclass(frozen=True, slots=True)
class HostFacts:
    """Everything that one read brought. ``services``: None when not asked for, or the host could not list them.

    ``pools``: None when they could not be read; ``pools_status`` is one word about that (read, none, elsewhere, locked, many, ...).
    ``groups``, ``events``: None when not asked for. ``not_asked``: names and SIDs that the host did not look up because earlier
    look-ups had taken too long, at most the first 100: nothing is known of them.
    """

    holders: tuple[Holder, ...]
    computer: Computer
    windows: Windows = Windows()
    iis: Iis = Iis()
    session: Session = Session()
    accounts: tuple[AskedAccount, ...] = ()
    lookup_status: str = "0x00000000"
    services: tuple[Service, ...] | None = None
    features: Traces = Traces()
    pools: tuple[AppPool, ...] | None = ()
    pools_status: str = "none"
    services_truncated: bool = False
    control: ControlTraces = ControlTraces(now="1970-01-01T00:00:00Z")
    groups: tuple[Group, ...] | None = None
    events: EventLog | None = None
    not_asked: tuple[str, ...] = ()

    @property
    def sids(self) -> frozenset[str]:
        """The SIDs of all holders."""
        return frozenset(holder.sid for holder in self.holders)

    @property
    def names_by_sid(self) -> dict[str, str | None]:
        """What the host calls each holder; None where it has no name for it."""
        return {holder.sid: holder.name for holder in self.holders}
