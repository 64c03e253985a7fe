# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs of Windows print of a simulated machine, in their own formats and encodings, each with the document that shows it.

A machine's fault of the name of a program is the exit code with which it refuses to answer, or NEVER_ENDS.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from fleet.windows import lookup, lsa, names, registry, service_words, winapi
from fleet.windows.machine import RIGHT, Event, Machine, Token

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SOURCES = {
    "secedit.exe": "[MS-GPSB] 2.2; exports in SecurityPolicyDsc, local_security_policy and, German, jebr/system-setup-program",
    "whoami.exe": "Microsoft, whoami (/fo csv); columns as public scripts read them; German words of the heads: unproven",
    "cmd.exe": "Microsoft, ver",
    "dsregcmd.exe": "Microsoft Entra, Troubleshoot devices by using the dsregcmd command",
    "appcmd.exe": "Microsoft IIS, Getting Started with AppCmd.exe; a public export of one pool",
    "sc.exe": "Microsoft, sc.exe query and qc, public outputs in five languages (service_words); qsidtype: a public script; qprivs: unproven",
    "net.exe": "Microsoft, net localgroup; a public output",
    "gpresult.exe": "a public file of gpresult with UserRightsAssignment (Rsop of http://www.microsoft.com/GroupPolicy/Rsop)",
    "reg.exe": "Microsoft, reg query",
    "wevtutil.exe": "Microsoft, events 4704 and 4705 (XML)",
    "auditpol.exe": "Microsoft, auditpol get; the head of /r in a public test",
}
OEM = {"en": "cp437", "de": "cp850", "es": "cp850", "ru": "cp866"}
_HEADS = {
    "en": {"user": ("User Name", "SID"), "groups": ("Group Name", "Type", "SID", "Attributes"), "priv": ("Privilege Name", "Description", "State")},
    "de": {"user": ("Benutzername", "SID"), "groups": ("Gruppenname", "Typ", "SID", "Attribute"), "priv": ("Berechtigungsname", "Beschreibung", "Status")},
}  # fmt: skip
_TYPES, _BASE = "http://www.microsoft.com/GroupPolicy/Types", "http://www.microsoft.com/GroupPolicy/Settings/Base"
EVENTS = "http://schemas.microsoft.com/win/2004/08/events/event"


NEVER_ENDS = 258
"""WAIT_TIMEOUT (winerror.h), for a program or a cmdlet that does not answer at all."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a program left: its exit code, its two streams, and the file that it was told to write."""

    code: int = 0
    out: bytes = b""
    err: bytes = b""
    file: bytes | None = None


class NoSuchProgram(Exception):
    """The machine does not have the program."""


class Programs:
    """The programs of one machine as one session runs them."""

    def __init__(self, machine: Machine, user: str, token: Token) -> None:
        self._machine, self._user = machine, user
        self._windows = winapi.Windows(machine, user, token, lsa.Faults({}))
        self._token = token
        self._faults = lsa.Faults(machine.faults)
        self._oem = OEM.get(machine.language, "cp437")

    def run(self, program: str, words: Sequence[str]) -> Printed:
        """Run a program by its name. Raises NoSuchProgram."""
        if program == "appcmd.exe" and not self._machine.iis:
            raise NoSuchProgram(program)
        status = self._faults.status(program)
        if status is not None:
            return Printed(status, err=b"Access is denied.\r\n")
        answer: Callable[[Sequence[str]], Printed] = getattr(self, "_" + program.removesuffix(".exe"))
        return answer(words)

    def _printed(self, text: str) -> Printed:
        return Printed(out=text.replace("\n", "\r\n").encode(self._oem, "replace"))

    def _secedit(self, words: Sequence[str]) -> Printed:
        """The right as the LSA has it; local accounts by their bare names."""
        known = lookup.accounts(self._machine)
        own = f"{self._machine.sid}-"
        local = self._machine.machine_role < 4
        entries = [
            known[sid].name if local and sid.startswith(own) and sid in known else f"*{sid}" for sid in self._exported(words)
        ]
        text = (
            '[Unicode]\nUnicode=yes\n[Version]\nsignature="$CHICAGO$"\nRevision=1\n[Privilege Rights]\n'
            f"SeBackupPrivilege = *S-1-5-32-544,*S-1-5-32-551\n{RIGHT} = {','.join(entries)}\n"
        )
        return Printed(file=text.replace("\n", "\r\n").encode("utf-16"))

    def _exported(self, words: Sequence[str]) -> list[str]:
        """On a domain controller the plain export lacks what the merged one has (elysium-suite/aeacus, issue 140)."""
        if self._machine.machine_role >= 4 and "/mergedpolicy" not in words:
            return []
        return self._machine.holders()

    def _whoami(self, words: Sequence[str]) -> Printed:
        what = words[0].removeprefix("/")
        rows: list[Sequence[str]] = [_HEADS.get(self._machine.language, _HEADS["en"])[what]]
        rows += {"user": self._who, "groups": self._groups, "priv": self._privileges}[what]()
        return self._printed("".join(",".join(f'"{one}"' for one in row) + "\n" for row in rows))

    def _who(self) -> list[Sequence[str]]:
        return [(self._user.lower(), self._machine.user_sid(self._user))]

    def _groups(self) -> list[Sequence[str]]:
        level = names.Account(
            "Mandatory Label", "High Mandatory Level" if self._token is Token.ADMINISTRATOR else "Medium Mandatory Level"
        )
        rows = [
            (name_of(self._machine, sid) or sid, "Well-known group", sid, str(attributes))
            for sid, attributes in self._windows.token_groups() or ()
        ]
        number = "S-1-16-12288" if self._token is Token.ADMINISTRATOR else "S-1-16-8192"
        return [*rows, (f"{level.domain}\\{level.name}", "Label", number, "")]

    def _privileges(self) -> list[Sequence[str]]:
        has = self._token is Token.ADMINISTRATOR and names.ADMINISTRATORS in self._machine.holders()
        rows = [("SeChangeNotifyPrivilege", "Bypass traverse checking", "Enabled")]
        return [*rows, *([(RIGHT, "Impersonate a client after authentication", "Enabled")] if has else [])]

    def _cmd(self, words: Sequence[str]) -> Printed:
        word = {"de": "Version"}.get(self._machine.language, "Version")
        return self._printed(f"\nMicrosoft Windows [{word} 10.0.{self._machine.build}.{self._machine.revision}]\n")

    def _dsregcmd(self, words: Sequence[str]) -> Printed:
        line, its = "+" + "-" * 70 + "+", self._machine
        joined = "YES" if its.entra_joined else "NO"
        domain = "YES" if its.primary_domain else "NO"
        return self._printed(
            f"\n{line}\n| Device State                                                         |\n{line}\n\n"
            f"             AzureAdJoined : {joined}\n          EnterpriseJoined : NO\n              DomainJoined : {domain}\n"
            f"               Device Name : {its.dns_name}\n"
        )

    def _appcmd(self, words: Sequence[str]) -> Printed:
        defaults = self._machine.iis.pool_defaults if self._machine.iis else None
        told = []
        for pool in self._machine.pools:
            model = ""
            identity = pool.identity or (defaults.identity if defaults else None)
            if identity:
                model += f" identityType={quoteattr(identity)}"
            if pool.account:
                model += f' userName={quoteattr(pool.account)} password="Simulated-7"'
            if isinstance(pool.manual, bool):
                model += f' manualGroupMembership="{"true" if pool.manual else "false"}"'
            name = quoteattr(pool.name)
            told.append(f'<APPPOOL APPPOOL.NAME={name} state="Started"><add name={name}><processModel{model} /></add></APPPOOL>')
        return Printed(out=f'<?xml version="1.0" encoding="UTF-8"?>\r\n<appcmd>{"".join(told)}</appcmd>\r\n'.encode())

    def _sc(self, words: Sequence[str]) -> Printed:
        verb = words[0]
        running = self._machine.services_running
        language = self._machine.language
        if verb == "queryex":
            told = [service_words.process(language, name, one.pid) for name, one in running.items() if one.pid is not None]
            return self._printed("".join(f"\n{one}" for one in told))
        one = running.get(words[1])
        if one is None:
            return Printed(1060, f"[SC] OpenService FAILED 1060:\r\n\r\n{words[1]}\r\n".encode(self._oem))
        if verb == "qc":
            return self._printed(service_words.configuration(language, words[1], one.account or ""))
        head = service_words.head(language, words[1], "QueryServiceConfig2")
        if verb == "qprivs":
            listed = [f"{'PRIVILEGES' if not at else '':16} : {each}\n" for at, each in enumerate(one.required or ())]
            return self._printed(head + "".join(f"        {line}" for line in listed or ["PRIVILEGES       : \n"]))
        kind = {0: "NONE", 1: "UNRESTRICTED", 3: "RESTRICTED"}[one.sid_type if isinstance(one.sid_type, int) else 0]
        return self._printed(f"{head}SERVICE_SID_TYPE:  {kind}\n")

    def _net(self, words: Sequence[str]) -> Printed:
        for sid, account in lookup.accounts(self._machine).items():
            if account.use is names.Use.ALIAS and account.name.upper() == words[1].upper():
                shown = [name_of(self._machine, one) or one for one in self._machine.members.get(sid, ())]
                own = f"{self._machine.account_domain}\\"
                lines = [one.removeprefix(own) for one in shown]
                return self._printed(
                    f"Alias name     {account.name}\nComment        \n\nMembers\n\n{'-' * 79}\n"
                    + "".join(f"{one}\n" for one in lines)
                    + "The command completed successfully.\n\n"
                )
        return Printed(2, err=b"System error 1376 has occurred.\r\n")

    def _gpresult(self, words: Sequence[str]) -> Printed:
        settings = "".join(
            f'<q1:UserRightsAssignment><GPO xmlns="{_BASE}"><Identifier xmlns="{_TYPES}">'
            f'{one.guid if one.som_type != 1 else "LocalGPO"}</Identifier><Domain xmlns="{_TYPES}">{self._machine.dns_domain}</Domain></GPO>'
            f'<Precedence xmlns="{_BASE}">{one.precedence}</Precedence><q1:Name>{RIGHT}</q1:Name></q1:UserRightsAssignment>'
            for one in self._machine.gpos
        )
        gpos = "".join(
            f'<GPO><Name>{escape(one.name or one.guid)}</Name><Path><Identifier xmlns="{_TYPES}">{one.guid}</Identifier></Path></GPO>'
            for one in self._machine.gpos
        )
        text = (
            '<?xml version="1.0" encoding="utf-16"?>\r\n'
            '<Rsop xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://www.microsoft.com/GroupPolicy/Rsop">'
            f"<ReadTime>2026-06-15T12:00:00Z</ReadTime><DataType>LoggedData</DataType><ComputerResults><Name>{self._machine.netbios}</Name>{gpos}"
            '<ExtensionData><Extension xmlns:q1="http://www.microsoft.com/GroupPolicy/Settings/Security" xsi:type="q1:SecuritySettings">'
            f"{settings}</Extension></ExtensionData></ComputerResults></Rsop>"
        )
        return Printed(file=text.encode("utf-16"))

    def _reg(self, words: Sequence[str]) -> Printed:
        path = words[1].replace("HKLM\\", "HKLM:\\")
        view = registry.View(self._machine)
        missing = Printed(1, err=b"ERROR: The system was unable to find the specified registry key or value.\r\n")
        try:
            values, children = view.values(path), view.children(path)
        except registry.KeyDeniedError:
            return Printed(1, err=b"ERROR: Access is denied.\r\n")
        if values is None:
            return missing
        head = f"\nHKEY_LOCAL_MACHINE{path.removeprefix('HKLM:')}\n"
        if "/v" not in words:
            return self._printed("".join(f"{head.rstrip()}\\{child}\n" for child in children or ()))
        name = words[words.index("/v") + 1]
        if name not in values:
            return missing
        value = values[name]
        kind = "REG_DWORD" if isinstance(value, int) else "REG_SZ" if isinstance(value, str) else "REG_MULTI_SZ"
        shown = hex(value) if isinstance(value, int) else value if isinstance(value, str) else "\\0".join(value)
        return self._printed(f"{head}    {name}    {kind}    {shown}\n\n")

    def _wevtutil(self, words: Sequence[str]) -> Printed:
        most = next(int(word.removeprefix("/c:")) for word in words if word.startswith("/c:"))
        told = [self._event(one) for one in sorted(self._machine.events, key=lambda one: one.age) if one.age <= 168]
        return self._printed("".join(told[:most]))

    def _event(self, one: Event) -> str:
        fields = {"SubjectUserSid": one.subject, "TargetSid": one.target, "PrivilegeList": one.privileges}
        data = "".join(f"<Data Name='{name}'>{escape(value)}</Data>" for name, value in fields.items())
        when = self._machine.ago(one.age).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
        system = f"<EventID>{one.id}</EventID><TimeCreated SystemTime='{when}'/><Computer>{self._machine.dns_name}</Computer>"
        return f"<Event xmlns='{EVENTS}'><System>{system}</System><EventData>{data}</EventData></Event>\n"

    def _auditpol(self, words: Sequence[str]) -> Printed:
        return self._printed(
            "Machine Name,Policy Target,Subcategory,Subcategory GUID,Inclusion Setting,Exclusion Setting\n\n"
            f"{self._machine.netbios},System,Authorization Policy Change,{{0CCE9231-69AE-11D9-BED3-505054503030}},Success,\n"
        )


def name_of(machine: Machine, sid: str) -> str | None:
    """The name that the LSA has for a SID, with its domain; None where it has none."""
    found = lookup.sids(machine, [sid])
    entry = found.entries[0]
    if entry.use in (names.Use.UNKNOWN, names.Use.INVALID, names.Use.DOMAIN):
        return None
    domain = found.domains[entry.domain_index][0] if entry.domain_index >= 0 else ""
    return f"{domain}\\{entry.name}" if domain else entry.name


def sid_of(machine: Machine, name: str) -> str | None:
    """The SID that the LSA has for a name; None where it has none."""
    return lookup.names_(machine, [name], local=False).entries[0].sid
