# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the independent script of the module prove tells of a simulated machine: the same questions in the same order, in Python."""

from __future__ import annotations

import base64
import gzip
import json
import typing as t

from fleet.backends.engine.shim_server import sid_bytes
from fleet.windows import cim, lsa, programs, schema
from fleet.windows.programs import NEVER_ENDS, NoSuchProgram, Programs, name_of, sid_of

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.windows.machine import Machine, Token

Json = dict[str, t.Any]
CIM_TYPES = {
    "string": "String", "string[]": "StringArray", "boolean": "Boolean", "uint8": "UInt8", "uint16": "UInt16", "uint32": "UInt32",
    "uint64": "UInt64", "sint32": "SInt32",
}  # fmt: skip
COMPUTER = ("DomainRole", "Name", "Domain", "PartOfDomain")
WINDOWS = ("BuildNumber", "OperatingSystemSKU", "ProductType", "Caption", "OSArchitecture", "OSLanguage")
PATH = "*"  # of a file that a program is told to write
LANGUAGES = {"en": "en-US", "de": "de-DE"}
_SECONDS = {"secedit.exe": 60, "gpresult.exe": 120, "translate": 120, "feature": 120}
"""Time limits of programs, and of cmdlets by their source, that are not the usual ones."""


def _timeout(seconds: int) -> str:
    return f"timeout after {seconds} seconds"


def prove(machine: Machine, user: str, token: Token, args: Mapping[str, t.Any]) -> Json:
    """The script's answer."""
    asked = Asked(machine, Programs(machine, user, token))
    asked.all(args)
    return {"changed": False, "clean": True, "answers": asked.answers}


def packed(content: bytes | str | None) -> str | None:
    """As the script packs a part of an answer."""
    if content is None:
        return None
    return base64.b64encode(gzip.compress(content.encode() if isinstance(content, str) else content, mtime=0)).decode()


class Asked:
    """Asks one source after the other."""

    def __init__(self, machine: Machine, its: Programs) -> None:
        self.answers: list[Json] = []
        self.started: list[tuple[str, tuple[str, ...], programs.Printed | None]] = []  # None: there is no such program
        self._machine, self._programs, self._faults = machine, its, lsa.Faults(machine.faults)

    def all(self, args: Mapping[str, t.Any]) -> None:
        """Everything, in the order of the script."""
        self._cmdlet("ground", "ground", [ground(self._machine)])
        for kind in ("secedit", "secedit_merged"):
            merged = ["/mergedpolicy"] if kind == "secedit_merged" else []
            words = ["/export", *merged, "/cfg", PATH, "/areas", "USER_RIGHTS", "/log", PATH, "/quiet"]
            self._program(kind, "secedit.exe", words)
        self._cmdlet("translate", "SecurityIdentifier.Translate", translated(self._machine, args))
        for what in ("user", "groups", "priv"):
            self._program(f"whoami_{what}", "whoami.exe", [f"/{what}", "/fo", "csv"])
        self._cmdlet("computer_system", "Win32_ComputerSystem", [instance(self._machine, "Win32_ComputerSystem", COMPUTER)])
        self._cmdlet("operating_system", "Win32_OperatingSystem", [instance(self._machine, "Win32_OperatingSystem", WINDOWS)])
        self._program("ver", "cmd.exe", ["/c", "ver"])
        self._program("dsregcmd", "dsregcmd.exe", ["/status"])
        self._cmdlet(
            "feature",
            "Get-WindowsFeature" if args["server"] else "Get-WindowsOptionalFeature",
            features(self._machine, args["server"]),
        )
        self._program("appcmd", "appcmd.exe", ["list", "apppool", "/config", "/xml"])
        self._program("sc_queryex", "sc.exe", ["queryex", "type=", "service", "bufsize=", "262144"])
        for name in args["services"]:
            for verb in ("qc", "qprivs", "qsidtype"):
                self._program(f"sc_{verb} {name}", "sc.exe", [verb, name, *([] if verb == "qsidtype" else ["8192"])])
        for sid in args["groups"]:
            self._cmdlet(f"adsi {sid}", "WinNT", [{"sid": hexed(one)} for one in self._machine.members.get(sid, ())])
        for name in args["group_names"]:
            self._program(f"net {name}", "net.exe", ["localgroup", name])
        self._program("gpresult", "gpresult.exe", ["/scope", "computer", "/x", PATH, "/f"])
        for key, value in args["registry"]:
            self._program(f"reg {key}|{value}", "reg.exe", ["query", f"HKLM\\{key}", *(["/v", value] if value else []), "/reg:64"])
        within = f"TimeCreated[timediff(@SystemTime) <= {3_600_000 * args['hours']}]"
        query = f"/q:*[System[(EventID=4704 or EventID=4705) and {within}]]"
        self._program("wevtutil", "wevtutil.exe", ["qe", "Security", query, "/c:200", "/rd:true", "/f:xml"])
        self._program("auditpol", "auditpol.exe", ["/get", "/subcategory:{0CCE9231-69AE-11D9-BED3-505054503030}", "/r"])
        for space, name in args["classes"]:
            self._cmdlet(f"class {space}|{name}", "Get-CimClass", properties(space, name))

    def _program(self, source: str, program: str, words: Sequence[str]) -> None:
        try:
            printed, problem = self._programs.run(program, words), None
            self.started.append((program, tuple(words), printed))
        except NoSuchProgram:
            printed, problem = programs.Printed(), "The system cannot find the file specified"
            self.started.append((program, tuple(words), None))
        if printed.code == NEVER_ENDS:
            printed, problem = programs.Printed(), _timeout(_SECONDS.get(program, 30))
        out = hidden(printed.out) if program == "appcmd.exe" else printed.out
        code = None if problem else printed.code
        self._add(source, f"{program} {' '.join(words)}", code, problem, out, printed.err, printed.file)

    def _cmdlet(self, source: str, asked: str, rows: list[Json]) -> None:
        status = self._faults.status(asked)
        if status is not None:
            problem = _timeout(_SECONDS.get(source, 60)) if status == NEVER_ENDS else "PermissionDenied: Access denied"
            self._add(source, asked, None, problem, None, None, None)
            return
        self._add(source, asked, None, None, json.dumps(rows), None, None)

    def _add(self, source: str, asked: str, code: int | None, problem: str | None, *parts: bytes | str | None) -> None:
        out, err, file = map(packed, parts)
        row = {"source": packed(source), "asked": packed(asked), "seconds": 0.1, "exit_code": code, "problem": packed(problem)}
        self.answers.append({**row, "cut": False, "out": out, "err": err, "file": file})


def hidden(out: bytes) -> bytes:
    """Without passwords, as the script takes them out before it answers."""
    before, _found, after = out.partition(b' password="')
    return before + hidden(after.partition(b'"')[2]) if _found else out


def ground(machine: Machine) -> Json:
    """What the answers stand on."""
    oem = int(programs.OEM.get(machine.language, "cp437").removeprefix("cp"))
    language = LANGUAGES.get(machine.language, machine.language)
    return {
        "powershell": {"PSVersion": machine.powershell_version, "PSEdition": "Desktop"},
        "compiler": "4.8.4084.0", "culture": language, "language": language, "ansi": 1252, "oem": oem, "console": oem,
        "bits": machine.bits, "json": '{"list":["one"]}',
    }  # fmt: skip


def translated(machine: Machine, args: Mapping[str, t.Any]) -> list[Json]:
    """SecurityIdentifier.Translate and back, and NTAccount.Translate."""
    rows = []
    for name in args["names"]:
        sid = sid_of(machine, name)
        rows.append({"asked": name, "sid": sid, "error": None if sid else "IdentityNotMappedException"})
    for sid in args["sids"]:
        its = name_of(machine, sid)
        back = sid_of(machine, its) if its else None
        rows.append({"sid": sid, "name": its, "back": back, "error": None if its else "IdentityNotMappedException"})
    return rows


def instance(machine: Machine, name: str, wanted: Sequence[str]) -> Json:
    """The only instance of a class, with these properties."""
    row = cim.instances(machine)[cim.CIMV2][name][0]
    return {one: row[one] for one in wanted}


def features(machine: Machine, server: bool) -> list[Json]:
    """Get-WindowsFeature, or Get-WindowsOptionalFeature on a client."""
    has = machine.iis is not None
    if not server:
        return [{"Name": "IIS-WebServer", "State": "Enabled" if has else "Disabled"}]
    return [{"Name": name, "State": "Installed" if has else "Available"} for name in ("Web-Server", "Web-WebServer")]


def hexed(sid: str) -> str:
    """The bytes of a SID as BitConverter.ToString writes them."""
    return sid_bytes(sid).hex("-").upper()


def properties(space: str, name: str) -> list[Json]:
    """Get-CimClass: what the schema has for a class."""
    known = schema.classes()[space.lower()][name]["properties"]
    keys = schema.key_properties().get(name, ())
    return [{"name": one, "type": CIM_TYPES.get(kind, kind), "key": one in keys} for one, kind in known.items()]
