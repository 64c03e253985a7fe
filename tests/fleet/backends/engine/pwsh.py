# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A back end that runs what the client sent: the real payload under a real PowerShell engine on Linux.

Its Windows calls land in a shim library that asks the model of the machine; its registry, services, WMI, event log and clock
are known to stand-ins for cmdlets, its files lie in a folder of its own.
A payload that leaks, frees twice or asks for more access than it needs gets a failed answer that says so.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import fcntl
import functools
import hashlib
import json
import os
import subprocess
import tempfile
import typing as t
from pathlib import Path
from xml.sax.saxutils import escape

from fleet.backend import Output
from fleet.backends import request
from fleet.backends.emulator import control, texts
from fleet.backends.engine import engine, engine_process, stand_ins
from fleet.backends.engine.compared import compare
from fleet.backends.engine.shim_server import CHANGING, READING, TRYING, ShimServer
from fleet.backends.engine.ways import Way, kind
from fleet.windows import cim, iisconfig, registry, schema
from fleet.windows.machine import Fault, Token

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.backend import Received
    from fleet.windows.machine import Event, Machine

HERE = Path(__file__).resolve().parent
STARTUP, STARTUP_OF_PROVE, STARTUP_OF_DIRECTORY = HERE / "startup.ps1", HERE / "startup_prove.ps1", HERE / "startup_directory.ps1"
"""Stand-ins of the payload, of the independent script, and of the payload on a domain controller with a real directory."""
LIBRARIES = ("advapi32", "netapi32", "kernel32")


class PowerShell:
    """Runs commands under an engine, in one of the ways."""

    def __init__(self, program: Path | None = None, *, time_limit: float = 120, way: Way | None = None) -> None:
        found = program or engine.find("pwsh")
        if found is None:
            raise FileNotFoundError(f"no PowerShell engine that knows PWSH_STARTUP: not PWSH, {engine.BESIDE} or PATH")
        self.program, self._time_limit = found, time_limit
        self.libraries = shim()
        self._way = way or Way.chosen()

    def run(self, machine: Machine, received: Received) -> Output:
        """Run one command on one machine, logged on as the client was."""
        warm_in = None if self._way is Way.FRESH else kind(received)
        if warm_in is None or self._way is Way.WARM:
            return self._run(machine, received, warm_in)
        twin = copy.deepcopy(machine)
        fresh, warm = self._run(twin, received, None), self._run(machine, received, warm_in)
        compare(warm_in[0], (fresh, twin), (warm, machine))
        return warm

    def _run(self, machine: Machine, received: Received, warm_in: tuple[str, ...] | None) -> Output:
        with tempfile.TemporaryDirectory(prefix="host-") as folder:
            home = Path(folder)
            (home / "registry.json").write_text(json.dumps(_registry(machine)))
            (home / "services.json").write_text(json.dumps(_services(machine)))
            (home / "directory.json").write_text(json.dumps(_directory(machine, received)))
            held = _write_files(machine, home / "windows")
            logon = machine.find_logon(received.user)
            token = logon[1].token if logon else Token.USER
            asked = stand_ins.arguments(received)
            if asked is not None:
                stand_ins.write(machine, received.user, token, asked, home)
            server = ShimServer(machine, received.user, token, home / "shim", _masks(received))
            try:
                with held:
                    startup = STARTUP_OF_PROVE if asked is not None else STARTUP_OF_DIRECTORY if machine.directory else STARTUP
                    environment = self._environment(machine, home, startup)
                    output = self._start(received, environment, warm_in)
            except engine_process.TimeIsUp:
                return _failed(f"the PowerShell engine did not end within {self._time_limit:g} seconds")
            finally:
                breaches = [*server.finish(), *_breaches(home)]
        return _failed("the payload misused Windows: " + "; ".join(breaches)) if breaches else output

    def _start(self, received: Received, environment: Mapping[str, str], warm_in: tuple[str, ...] | None) -> Output:
        script, arguments = request.script_of(received.command_line)
        words = ["-NoProfile", "-NonInteractive", "-EncodedCommand", encoded(script)]
        if arguments:
            words += ["-EncodedArguments", encoded(_clixml(arguments))]
        command = engine_process.Command((*words,), received.stdin, environment, Path(environment["HOME"]))
        if warm_in is None:
            return engine_process.run(self.program, command, self._time_limit)
        return engine_process.SERVERS.run((self.program, warm_in), self.server, command, self._time_limit)

    def server(self, life: int = engine_process.LIFE) -> engine_process.Server:
        """Start a server for a few commands."""
        return engine_process.Server(self.program, self.surroundings(), self.libraries, life)

    def surroundings(self) -> dict[str, str]:
        """What is the same for every command."""
        beside = self.program.parent
        return {
            "PATH": os.pathsep.join([str(beside / "compat"), str(beside), os.environ.get("PATH", os.defpath)]),
            "LD_LIBRARY_PATH": str(self.libraries),
            "PWSH_STARTUP": str(STARTUP),
            "LANG": "C.UTF-8",
            "TZ": os.environ.get("TZ", "UTC"),
            "POWERSHELL_TELEMETRY_OPTOUT": "1",
            "DOTNET_EnableDiagnostics": "0",  # nobody listens, and a process that is killed leaves the sockets behind
            "DOTNET_EnableWriteXorExecute": "0",  # each page of code would be mapped twice; what runs here is our own
        }

    def _environment(self, machine: Machine, home: Path, startup: Path) -> dict[str, str]:
        return self.surroundings() | {
            "PWSH_STARTUP": str(startup),
            "FLEET_SHIM": str(home / "shim"),
            "FLEET_REGISTRY": str(home / "registry.json"),
            "FLEET_SERVICES": str(home / "services.json"),
            "FLEET_DIRECTORY": str(home / "directory.json"),
            "windir": str(home / "windows"),
            "COMPUTERNAME": machine.netbios,
            **dict.fromkeys(("HOME", "TEMP", "TMP", "TMPDIR"), str(home)),
        }


@functools.cache
def shim() -> Path:
    """Folder with the shim library under the names of the Windows ones; compiled once for each text of it."""
    source = HERE / "shim" / "shim.c"
    mark = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    folder = engine.CHECKOUT / ".build" / f"shim-{mark}"
    if not folder.is_dir():
        compiler = engine.find("cc")
        if compiler is None:
            raise FileNotFoundError("no C compiler for the shim library: set CC, or have cc on PATH")
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as made:
            library = Path(made) / "shims" / "shim.so"
            library.parent.mkdir()
            options = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread"]
            subprocess.run([str(compiler), *options, "-o", str(library), str(source)], check=True)
            for name in LIBRARIES:
                (library.parent / f"{name}.dll.so").symlink_to(library.name)
            with contextlib.suppress(OSError):  # another process was faster
                library.parent.rename(folder)
    return folder


def _masks(received: Received) -> frozenset[int]:
    """With which masks a command may open the policy: by the module that it runs, and by whether that is asked to read."""
    try:
        call = request.decode(received.command_line, received.stdin)
    except request.NotUnderstood:
        return READING
    if not isinstance(call, request.ModuleCall):
        return READING
    if call.name == f"{texts.COLLECTION}.prove_change":
        return TRYING
    return CHANGING if call.name == f"{texts.COLLECTION}.local_right" and "read" not in call.args else READING


def _changes_a_gpo(received: Received) -> bool:
    """Whether a command runs the module that writes GPOs, and not to read."""
    try:
        call = request.decode(received.command_line, received.stdin)
    except request.NotUnderstood:
        return False
    return isinstance(call, request.ModuleCall) and call.name == f"{texts.COLLECTION}.gpo_right" and "read" not in call.args


def _directory(machine: Machine, received: Received) -> dict[str, t.Any]:
    """What startup_directory.ps1 stands in with."""
    names = [machine.netbios, machine.dns_name]
    may_change = _changes_a_gpo(received)
    return {"faults": [], **(machine.directory or {}), "names": names, "schema": schema.directory(), "may_change": may_change}


def _breaches(home: Path) -> list[str]:
    """What the stand-ins of startup.ps1 found wrong: names that Windows does not have."""
    told = home / "services.json.breaches"
    return sorted(set(told.read_text().splitlines())) if told.exists() else []


def _registry(machine: Machine) -> dict[str, t.Any]:
    """What the stand-ins of startup.ps1 read."""
    view = registry.View(machine)
    keys = {path: {"values": view.values(path), "children": view.children(path)} for path in view.paths()}
    return {"keys": keys, "denied": [path.lower() for path in machine.denied_keys], "known": sorted(schema.registry_keys())}


def _write_files(machine: Machine, windows: Path) -> contextlib.ExitStack:
    """What lies in the folder of Windows, and what holds it meanwhile; a service of IIS without IIS has left an empty folder."""
    folder, held = windows.joinpath(*iisconfig.folder(machine)), contextlib.ExitStack()
    if machine.iis or "W3SVC" in machine.services:
        folder.mkdir(parents=True)
    for name, text in iisconfig.files(machine).items():
        (folder / name).write_bytes(text)
    config = folder / iisconfig.CONFIG
    if machine.iis and machine.iis.denied:  # nobody may open a folder like a file, not even root
        config.unlink()
        config.mkdir()
    elif machine.iis and machine.iis.locked:  # .NET shares a file by a shared lock
        fcntl.flock(held.enter_context(config.open("rb")), fcntl.LOCK_EX)
    _write_templates(machine, windows, held)
    return held


def _write_templates(machine: Machine, windows: Path, held: contextlib.ExitStack) -> None:
    """The cached security templates; there is no folder where there are none."""
    folder, files = windows / "security" / "templates" / "policies", machine.cached_templates
    if files or machine.templates_denied or machine.templates_locked:
        folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_bytes(text)
        if machine.templates_locked:
            fcntl.flock(held.enter_context((folder / name).open("rb")), fcntl.LOCK_EX)
    if machine.templates_denied:  # a link to itself opens for nobody, not even for root
        (folder / "gpt99999.dom").symlink_to("gpt99999.dom")


def _services(machine: Machine) -> dict[str, t.Any]:
    """What services, WMI, the event log and the clock tell, and which of their calls fail: those of these numbers, or all of them."""
    faults = {}
    for call, fault in machine.faults.items():
        chosen = fault.on if isinstance(fault, Fault) else None
        status = fault.status if isinstance(fault, Fault) else fault
        faults[call] = {"status": status, "on": [chosen] if isinstance(chosen, int) else chosen}
    # More of the log than anybody may ask for at once is not written down.
    events = [
        {
            "Id": one.id,
            "TimeCreated": machine.ago(one.age).isoformat(),
            "Properties": _fields(machine, one),
        }
        for one in control.records(machine)[: control.MOST_READ + 1]
    ]
    return {
        "names": machine.service_names,
        "cim": cim.stand_in(machine),
        "rsop": machine.rsop.error,
        "clock": machine.clock.isoformat(),
        "oldest": None if machine.log_oldest is None else machine.ago(machine.log_oldest).isoformat(),
        "events": events,
        "faults": faults,
    }


def _fields(machine: Machine, event: Event) -> list[str | int]:
    """The fields of an event at the places that the provider's manifest has for them."""
    domain, name = control.subject(machine, event)
    told = {
        "SubjectUserSid": event.subject,
        "SubjectUserName": name,
        "SubjectDomainName": domain,
        "SubjectLogonId": event.logon,
        "TargetSid": event.target,
        "PrivilegeList": event.privileges,
    }
    return [told[field] for field in schema.event_fields(event.id)]


def _failed(message: str) -> Output:
    return Output(json.dumps({"failed": True, "changed": False, "msg": message}).encode() + b"\r\n", b"", 1)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-le")).decode()


def _clixml(arguments: tuple[str, ...]) -> str:
    strings = "".join(f"<S>{escape(argument)}</S>" for argument in arguments)
    return (
        '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0">'
        '<TN RefId="0"><T>System.Collections.ArrayList</T><T>System.Object</T></TN>'
        f"<LST>{strings}</LST></Obj></Objs>"
    )
