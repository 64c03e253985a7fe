# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of one simulated Windows machine. Plain data: who asks for it, and how, is not known here."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from fleet.windows import names
from fleet.windows.grouppolicy import Rsop, Setting, template
from fleet.windows.names import Account

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fleet.windows.domain import Replica
    from fleet.windows.registry import Odd

RIGHT = "SeImpersonatePrivilege"
FLOOR = (names.ADMINISTRATORS, names.LOCAL_SERVICE, names.NETWORK_SERVICE, names.SERVICE)

# What the account objects of a fresh installation hold besides, so that they outlive the loss of our right.
_OTHER_RIGHTS: dict[str, set[str]] = {
    names.ADMINISTRATORS: {"SeBackupPrivilege", "SeChangeNotifyPrivilege", "SeCreateGlobalPrivilege"},
    names.LOCAL_SERVICE: {"SeAuditPrivilege", "SeChangeNotifyPrivilege", "SeCreateGlobalPrivilege"},
    names.NETWORK_SERVICE: {"SeAuditPrivilege", "SeChangeNotifyPrivilege", "SeCreateGlobalPrivilege"},
    names.SERVICE: {"SeCreateGlobalPrivilege"},
    names.EVERYONE: {"SeChangeNotifyPrivilege"},
}


class Token(Enum):
    """What a logon over the network gets."""

    ADMINISTRATOR = "administrator"
    FILTERED = "filtered"  # an administrator's token after UAC: Administrators is there for deny only
    USER = "user"


@dataclass(frozen=True, slots=True)
class Logon:
    """Someone who may log on; the SID is invented from the name when none is given."""

    password: str
    token: Token = Token.ADMINISTRATOR
    sid: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """A status that a call answers instead of doing its work; `on` counts the calls of one run from 1, None is all."""

    status: int
    on: int | tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Meddling:
    """What somebody else does to the right, once, right after the nth call of a run."""

    call: str
    on: int = 1
    grant: tuple[str, ...] = ()
    revoke: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pool:
    """An application pool; what is None is not said in the configuration, where the defaults count then."""

    name: str
    identity: str | None = None
    account: str | None = None
    manual: bool | str | None = None  # manualGroupMembership; a text stands as it is


@dataclass(frozen=True, slots=True)
class Iis:
    """An installed web server; `components` are the features whose value is 1."""

    version: str = "10.0"
    services: tuple[str, ...] = ("W3SVC", "WAS")
    components: tuple[str, ...] = ("ASPNET45", "CoreWebEngine", "W3SVC")
    pools: tuple[Pool | str, ...] = ("DefaultAppPool",)
    pool_defaults: Pool | None = None  # its name does not count
    elsewhere: bool | str = False  # another host keeps the configuration; a text stands as it is
    config: str | bytes | None = None  # applicationHost.config, where it is not to tell the above; a text is sent as UTF-8
    locked: bool = False  # another process holds that file
    denied: bool = False  # the session may not read that file


@dataclass(frozen=True, slots=True)
class Running:
    """A running service, where there is more to say than its account."""

    account: str | None = "LocalSystem"  # in the words of Win32_Service
    pid: int | None = 0  # 0: a process of its own; None: WMI does not tell
    required: tuple[str, ...] | None = None  # RequiredPrivileges; None: no such value
    sid_type: int | Odd | None = None  # ServiceSidType; None: no such value


@dataclass(frozen=True, slots=True)
class Event:
    """One record of the Security log: 4704, a right was given, or 4705, it was taken."""

    target: str  # SID that got or lost it
    id: int = 4704
    age: float = 1.0  # hours before the machine's clock
    subject: str = names.SYSTEM
    subject_name: str | None = None  # DOMAIN\name; None: the machine's own account
    logon: int = 0x3E7
    privileges: str = RIGHT  # PrivilegeList as it stands


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain that the machine can ask: its own or a trusted one."""

    name: str
    dns_name: str
    sid: str


@dataclass
class Machine:
    """One simulated host. The defaults are a member server with Windows Server 2022.

    A host has three names: ``name`` is that of the inventory, ``host_name`` the one it was given, which DNS knows, and ``netbios``
    what Windows calls itself and its accounts by.
    """

    name: str
    host_name: str | None = None  # None: that of the inventory, up to its first dot
    machine_role: int = 3  # DSROLE_MACHINE_ROLE
    read_only: bool = False
    role_pending: bool = False
    role_status: int = 0  # what DsRoleGetPrimaryDomainInformation returns
    domain: str | None = "SIM"
    dns_domain: str | None = "sim.example"
    entra_joined: bool = False
    product_type: str = "ServerNT"
    sku: int = 7
    build: int = 20348
    revision: int = 2340
    edition: str = "ServerStandard"
    caption: str = "Windows Server 2022 Standard"
    installation_type: str = "Server"
    display_version: str | None = "21H2"
    iis: Iis | None = None
    installed: str = ""  # another text is another installation, with a SID of its own
    services: tuple[str, ...] = ()  # besides those of IIS and the spooler
    spooler: int | None = 2  # Start of the service Spooler; None: there is no such service
    session_host: bool = False  # Remote Desktop Services serve applications
    running: dict[str, str | Running | None] = field(default_factory=dict)  # a text or None is the account
    language: str = "en"
    rights: dict[str, set[str]] = field(default_factory=dict)  # account objects; one without rights does not exist
    accounts: dict[str, Account] = field(default_factory=dict)  # besides the well-known ones
    trusts: tuple[Domain, ...] = ()
    logons: dict[str, Logon] = field(default_factory=lambda: {"SIM\\auditor": Logon("Simulated-1")})
    language_mode: str = "FullLanguage"
    powershell: str | None = None  # None: 5.1 with the build of Windows
    bits: int = 64  # of PowerShell
    windows_bits: int = 64
    # By the name of the Windows call, of Get-CimInstance, Get-Service or Get-WinEvent, or of a CIM class.
    faults: dict[str, Fault | int] = field(default_factory=dict)
    # Seconds that a call of this name takes, by the machine's own clock.
    slow: dict[str, float] = field(default_factory=dict)
    names_domains: bool = True  # whether the LSA fills in the name of a domain's SID, which is not valid
    meddle: list[Meddling] = field(default_factory=list)  # still to come
    denied_keys: tuple[str, ...] = ()  # registry keys that the session may not read
    clock: datetime = datetime(2026, 6, 15, 12, 0, 0, tzinfo=UTC)  # it stands still
    gpos: tuple[Setting, ...] = ()  # GPOs that set our right
    rsop: Rsop = field(default_factory=Rsop)
    templates: Mapping[str, str | bytes] | None = None  # file -> what it holds, a text as UTF-16; None: one file for each of gpos
    templates_denied: bool = False
    templates_locked: bool = False  # another process holds the files
    mdm: Mapping[str, int | str | Odd] | None = None  # values of PolicyManager\current\device\UserRights; None: no such key
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # SID of a group -> SIDs of its members
    events: tuple[Event, ...] = ()
    sysvol: str | None = None  # the shared folder that the registry names; None: no such value
    directory: Mapping[str, t.Any] | None = (
        None  # a real one, for the engine: address, who asks, what goes wrong (startup_directory.ps1)
    )
    log_oldest: float | None = 720.0  # age in hours of the oldest record in the Security log; None: the log is empty
    replica: Replica | None = None  # of a domain controller: its directory and SYSVOL
    policy_seen: tuple[t.Any, ...] | None = None  # GPOs with their versions that the last refresh applied; None: there was none

    @property
    def dns_name(self) -> str:
        """Name in DNS, with the domain where there is one."""
        return ".".join(filter(None, (self.host_name or self.name.partition(".")[0], self.dns_domain)))

    @property
    def netbios(self) -> str:
        """NetBIOS name: 15 characters of the host name, in upper case (Microsoft, SetComputerNameExW and GetComputerNameW)."""
        return self.dns_name.partition(".")[0][:15].upper()

    @property
    def sid(self) -> str:
        """SID of the machine's own accounts; a domain controller has those of its domain only."""
        return names.domain_sid(self.domain or "") if self.machine_role >= 4 else names.domain_sid(self.name + self.installed)

    @property
    def account_domain(self) -> str:
        """Name in front of the machine's own accounts."""
        return (self.domain or "") if self.machine_role >= 4 else self.netbios

    @property
    def primary_domain(self) -> Domain | None:
        """The domain that the machine has joined."""
        if self.machine_role in (0, 2) or self.domain is None:
            return None
        return Domain(self.domain, self.dns_domain or "", names.domain_sid(self.domain))

    @property
    def service_names(self) -> tuple[str, ...]:
        """Services whose key exists."""
        spooler = () if self.spooler is None else ("Spooler",)
        return tuple(sorted({*self.services, *self.running, *spooler, *(self.iis.services if self.iis else ())}))

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Application pools that the machine has, with what its own configuration says of them."""
        return tuple(Pool(pool) if isinstance(pool, str) else pool for pool in (self.iis.pools if self.iis else ()))

    @property
    def services_running(self) -> dict[str, Running]:
        """Running services in no order that a client may rely on, here that of `running`; those without a process of their own share none."""
        told = {name: one if isinstance(one, Running) else Running(one) for name, one in self.running.items()}
        processes = {name: 1000 + 4 * index for index, name in enumerate(sorted(told))}
        return {name: replace(one, pid=processes[name]) if one.pid == 0 else one for name, one in told.items()}

    @property
    def cached_templates(self) -> dict[str, bytes]:
        """Security templates that the last run of the extension has left."""
        told = self.templates
        if told is None:
            told = {f"gpt{number:05}.dom": template(one) for number, one in enumerate(self.gpos)}
        return {name: text if isinstance(text, bytes) else text.encode("utf-16") for name, text in told.items()}

    @property
    def alone(self) -> bool:
        """In a workgroup, where no domain's GPO applies and RSoP is empty."""
        return self.machine_role in (0, 2)

    def ago(self, hours: float) -> datetime:
        """A time that lies so many hours back."""
        return self.clock - timedelta(hours=hours)

    @property
    def powershell_version(self) -> str:
        """`$PSVersionTable.PSVersion`."""
        return self.powershell or f"5.1.{self.build}.{self.revision}"

    def holders(self, right: str = RIGHT) -> list[str]:
        """SIDs that hold a right, as a test wants to see them: sorted, no one asked for permission."""
        return sorted(sid for sid, rights in self.rights.items() if right in rights)

    def grant(self, sid: str, right: str = RIGHT) -> None:
        """Give a right behind the back of the LSA, as an installer or a colleague does."""
        self.rights.setdefault(sid, set()).add(right)

    def revoke(self, sid: str, right: str = RIGHT) -> None:
        """Take a right behind the back of the LSA, protected or not."""
        rights = self.rights.get(sid, set())
        rights.discard(right)
        if not rights:
            self.rights.pop(sid, None)

    def after_call(self, call: str, nth: int) -> None:
        """Let the others do what they do after the nth call of a run."""
        for meddling in [one for one in self.meddle if (one.call, one.on) == (call, nth)]:
            self.meddle.remove(meddling)
            for sid in meddling.grant:
                self.grant(sid)
            for sid in meddling.revoke:
                self.revoke(sid)

    def add_account(self, name: str, *, domain: str | None = None, use: names.Use = names.Use.USER, rid: int | None = None) -> str:
        """Make an account, by default of the machine itself; returns its SID."""
        domain = self.account_domain if domain is None else domain
        sid = f"{self._domain_sid(domain)}-{rid or 1101 + len(self.accounts)}"
        self.accounts[sid] = Account(domain, name, use)
        return sid

    def find_logon(self, user: str) -> tuple[str, Logon] | None:
        """Logon of `DOMAIN\\user`, `user@domain` or a bare name, with its key; None when nobody is called so."""
        wanted = _split(user)
        for key, logon in self.logons.items():
            domain, name = _split(key)
            if name == wanted[1] and (not wanted[0] or not domain or domain.partition(".")[0] == wanted[0]):
                return key, logon
        return None

    def user_sid(self, user: str) -> str:
        """SID of someone who may log on, or of SYSTEM."""
        if user == "SYSTEM":
            return names.SYSTEM
        found = self.find_logon(user)
        if found is None:
            raise KeyError(f"{self.name}: nobody called {user!r} may log on")
        key, logon = found
        if logon.sid:
            return logon.sid
        domain, name = _split(key)
        return f"{self._domain_sid(domain or self.account_domain)}-{1000 + sum(name.encode()) % 9000}"

    def _domain_sid(self, domain: str) -> str:
        if domain.upper() == self.account_domain.upper():
            return self.sid
        return next((d.sid for d in self.trusts if d.name.upper() == domain.upper()), names.domain_sid(domain))

    # -- the usual kinds of machine ------------------------------------------------------------------------------

    @classmethod
    def member_server(cls, name: str, *, build: int = 20348, **options: t.Unpack[Options]) -> Machine:
        """A server in a domain."""
        return _make(cls(name, **_server(build)), options)

    @classmethod
    def standalone_server(cls, name: str, *, build: int = 20348, **options: t.Unpack[Options]) -> Machine:
        """A server in a workgroup."""
        machine = cls(name, **_server(build), machine_role=2, domain="WORKGROUP", dns_domain=None)
        return _make(machine, options)

    @classmethod
    def domain_controller(cls, name: str, *, build: int = 20348, read_only: bool = False, **options: t.Unpack[Options]) -> Machine:
        """The PDC emulator of the domain, or a read-only domain controller."""
        machine = cls(name, **_server(build), machine_role=4 if read_only else 5, read_only=read_only)
        machine.product_type = "LanmanNT"
        return _make(machine, options)

    @classmethod
    def client(cls, name: str, *, build: int = 22631, **options: t.Unpack[Options]) -> Machine:
        """A Windows 10 or 11 Enterprise in a domain."""
        return _make(cls(name, **_client(build), machine_role=1), options)

    @classmethod
    def multi_session_client(cls, name: str, *, build: int = 22631, **options: t.Unpack[Options]) -> Machine:
        """A Windows 10 or 11 multi-session host: a client that calls itself a server."""
        machine = cls(name, **_client(build), machine_role=3)
        machine.product_type, machine.sku, machine.edition = "ServerNT", 175, "ServerRdsh"
        machine.caption = "Windows 10 Enterprise multi-session"
        return _make(machine, options)


class Options(t.TypedDict, total=False):
    """What the short constructors take beyond the build."""

    iis: bool | Iis
    holders: Iterable[str]  # instead of the defaults
    also: Iterable[str]  # besides the defaults
    spooler: bool  # the restricted print spooler service holds the right, as on builds from 26100
    language: str
    accounts: Mapping[str, Account]
    logons: Mapping[str, Logon]
    faults: Mapping[str, Fault | int]
    running: Mapping[str, str | Running | None]
    gpos: tuple[Setting, ...]
    rsop: Rsop
    mdm: Mapping[str, int | str | Odd]
    members: Mapping[str, tuple[str, ...]]
    events: tuple[Event, ...]


_AS_THEY_ARE = ("gpos", "rsop", "mdm", "members", "events")


def _make(machine: Machine, options: Options) -> Machine:
    iis = options.get("iis", False)
    machine.iis = Iis() if iis is True else iis or None
    machine.language = options.get("language", "en")
    machine.accounts.update(options.get("accounts", {}))
    machine.faults.update(options.get("faults", {}))
    machine.running.update(options.get("running", {}))
    machine.logons = dict(options.get("logons", machine.logons))
    for name in _AS_THEY_ARE:
        setattr(machine, name, options.get(name, getattr(machine, name)))
    defaults = [*FLOOR]
    if machine.iis:
        defaults.append(names.IIS_IUSRS)
    if options.get("spooler"):
        defaults.append(names.PRINT_SPOOLER)
    machine.rights = {sid: set(rights) for sid, rights in _OTHER_RIGHTS.items()}
    for sid in (*options.get("holders", defaults), *options.get("also", ())):
        machine.grant(sid)
    return machine


# Display versions came with 20H2. ProductName still says Windows 10 on Windows 11.
_SERVERS: dict[int, tuple[str, int, str | None]] = {
    14393: ("Windows Server 2016 Standard", 6529, None),
    17763: ("Windows Server 2019 Standard", 5329, None),
    20348: ("Windows Server 2022 Standard", 2340, "21H2"),
    26100: ("Windows Server 2025 Standard", 2314, "24H2"),
}
_CLIENTS: dict[int, tuple[str, int, str | None]] = {
    19045: ("Windows 10 Enterprise", 4046, "22H2"),
    22631: ("Windows 10 Enterprise", 3007, "23H2"),
    26100: ("Windows 10 Enterprise", 2314, "24H2"),
}


def _server(build: int) -> dict[str, t.Any]:
    caption, revision, display = _SERVERS[build]
    return {"build": build, "caption": caption, "revision": revision, "display_version": display}


def _client(build: int) -> dict[str, t.Any]:
    caption, revision, display = _CLIENTS[build]
    return {
        "build": build,
        "caption": caption,
        "revision": revision,
        "display_version": display,
        "product_type": "WinNT",
        "sku": 4,
        "edition": "Enterprise",
        "installation_type": "Client",
    }


def _split(user: str) -> tuple[str, str]:
    if "@" in user:
        name, _unused, domain = user.partition("@")
        return domain.partition(".")[0].upper(), name.lower()
    domain, _unused, name = user.rpartition("\\")
    return domain.upper(), name.lower()
