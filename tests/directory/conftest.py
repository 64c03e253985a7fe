# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samba's directory, provisioned and started once, and GPOs in it, each test its own; the payload runs on its domain controller."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import fcntl
import hashlib
import json
import shutil
import socket
import subprocess
import tempfile
import time
import typing as t
import uuid
from pathlib import Path

import pytest

from fleet.backend import Output
from fleet.backends.engine import engine
from fleet.backends.engine.pwsh import PowerShell
from fleet.built import built
from fleet.windows import names
from fleet.windows.machine import Machine
from samba import server

if t.TYPE_CHECKING:
    from collections.abc import Iterator

REALM, DOMAIN, HOST = "sim.test", "SIM", "DC1"
PASSWORD, USER = "Simulated-Admin-1", "SIM\\auditor"
PACKAGES = "samba samba-ad-provision samba-dsdb-modules samba-vfs-modules python3-samba libldap-2.5-0"
LDAP = 389  # Samba has no other port for it: each run of the tests has an address of its own
SECEDIT = Path("Machine", "Microsoft", "Windows NT", "SecEdit")
CSE = "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}{803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]"
DEFAULT = "Default Domain Policy"


def template(value: str | None = "*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-6", newline: str = "\r\n") -> bytes:
    """A security template as Windows writes it; None: the right is not in it."""
    lines = [
        "[Unicode]",
        "Unicode=yes",
        "[Version]",
        'signature="$CHICAGO$"',
        "Revision=1",
        "[Privilege Rights]",
        "SeTcbPrivilege =",
    ]
    lines += [] if value is None else [f"SeImpersonatePrivilege = {value}".rstrip()]
    return (newline.join(lines) + newline).encode("utf-16")


def gpt_ini(version: int) -> bytes:
    """A gpt.ini as Windows writes it."""
    return f"[General]\r\nVersion={version}\r\n".encode()


def digest(content: bytes | None) -> str | None:
    """SHA-256 of a file, None for one that is not there."""
    return None if content is None else hashlib.sha256(content).hexdigest()


@dataclasses.dataclass
class Directory:
    """A running domain: its folder of policies, its address, and a client for what tests prepare and check."""

    address: str
    sysvol: Path
    configuration: Path
    _client: subprocess.Popen[str]

    def __post_init__(self) -> None:
        told = self.ask("domain")
        self.dn, self.sid, self.configuration_dn = told["dn"], told["sid"], told["configuration"]
        self.base = f"CN=Policies,CN=System,{self.dn}"

    def ask(self, name: str, *arguments: t.Any) -> t.Any:
        """What a function of client.py returns."""
        pipe_in, pipe_out = t.cast("t.IO[str]", self._client.stdin), t.cast("t.IO[str]", self._client.stdout)
        pipe_in.write(json.dumps([name, *arguments]) + "\n")
        pipe_in.flush()
        line = pipe_out.readline()
        assert line, "the client of the directory ended"
        told = json.loads(line)
        assert "failed" not in told, f"{name}: {told['failed']}"
        return told["returned"]

    @property
    def policies(self) -> Path:
        """Folder of the GPOs."""
        return self.sysvol / REALM / "Policies"

    def machine(self, user: str = "Administrator", password: str = PASSWORD, faults: t.Sequence[dict[str, t.Any]] = ()) -> Machine:
        """The domain controller as the payload sees it."""
        machine = Machine.domain_controller(HOST.lower())
        machine.domain, machine.dns_domain, machine.sysvol = DOMAIN, REALM, str(self.sysvol)
        machine.logons = {USER: next(iter(machine.logons.values()))}
        machine.directory = {
            "address": self.address,
            "port": LDAP,
            "user": f"{user}@{REALM}",
            "password": password,
            "faults": list(faults),
        }
        return machine


@dataclasses.dataclass
class Gpo:
    """A GPO of a test: its object, and its folder."""

    directory: Directory
    guid: str
    name: str

    @property
    def dn(self) -> str:
        return f"CN={self.guid},{self.directory.base}"

    @property
    def folder(self) -> Path:
        return self.directory.policies / self.guid

    @property
    def template(self) -> Path:
        return self.folder / SECEDIT / "GptTmpl.inf"

    @property
    def ini(self) -> Path:
        return self.folder / "gpt.ini"

    @property
    def journal(self) -> Path:
        return self.template.parent / "~winrights-seimpersonate.tmp"

    @property
    def files(self) -> list[str]:
        """Every file of the GPO, below its folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    @property
    def state(self) -> dict[str, t.Any]:
        """What a change writes, read without the payload."""
        told = self.directory.ask("get", self.dn, ["versionNumber", "gPCMachineExtensionNames"])
        read = {path: path.read_bytes() if path.exists() else None for path in (self.template, self.ini)}
        return {
            "template_sha256": digest(read[self.template]),
            "version": int(told["versionNumber"]),
            "extensions": told["gPCMachineExtensionNames"],
            "gpt_ini_sha256": digest(read[self.ini]),
        }


class MakeGpo(t.Protocol):
    """Makes a GPO for one test."""

    def __call__(
        self,
        content: bytes | None = ...,
        *,
        version: int = ...,
        extensions: str | None = ...,
        name: str | None = ...,
        path: str | None = ...,
        ini: bytes | None = ...,
        **attributes: str,
    ) -> Gpo:
        """One call."""


@pytest.fixture(scope="session")
def free_address() -> Iterator[str]:
    """An address of this machine where nobody has a directory, nor another run of these tests before it has one."""
    server.need(("samba", "samba-tool"), (server.PROVISION_DATA, Path("/usr/lib/python3/dist-packages/samba")), PACKAGES)
    for one in range(1, 250):
        address = f"127.83.19.{one}"
        with Path(tempfile.gettempdir(), f"directory-{address}.lock").open("w") as lock, socket.socket() as listener:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                listener.bind((address, LDAP))
            except OSError:
                continue
            listener.close()
            yield address
            return
    pytest.fail("every address has a directory")


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + server.SECONDS
    while True:
        try:
            socket.create_connection((address, LDAP), timeout=5).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"Samba does not answer: {log.read_text()[-1500:]}")
            time.sleep(0.2)


def _as_windows_names_it(policies: Path) -> None:
    """Samba provisions MACHINE and GPT.INI. On Windows case does not count; here the payload's spelling does."""
    for folder in policies.iterdir():
        (folder / "MACHINE").rename(folder / "Machine")
        (folder / "GPT.INI").rename(folder / "gpt.ini")


def _domain(folder: Path) -> Path:
    """A domain in a folder, provisioned once for each version of Samba; returns the path of its configuration.

    What is kept serves for years, so that no password of it may expire.
    """
    version = server.run("samba", "--version").split()[-1]
    kept = engine.CHECKOUT / ".build" / f"lasting-directory-{version}"
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(dir=kept.parent) as made:
            options = {"server services": "ldap"}
            server.provision(
                Path(made, "domain"),
                realm=REALM,
                domain=DOMAIN,
                sid=names.domain_sid(DOMAIN),
                password=PASSWORD,
                host=HOST,
                options=options,
            )
            configuration = Path(made, "domain", "etc", "smb.conf")
            server.run("samba-tool", "domain", "passwordsettings", "set", "--max-pwd-age=0", f"--configfile={configuration}")
            configuration.write_text(configuration.read_text().replace(str(Path(made, "domain")), "FOLDER"))
            with contextlib.suppress(OSError):  # another run was faster
                Path(made, "domain").rename(kept)
    subprocess.run(["cp", "--archive", "--no-target-directory", kept, folder], check=True)
    configuration = folder / "etc" / "smb.conf"
    configuration.write_text(configuration.read_text().replace("FOLDER", str(folder)))
    return configuration


@pytest.fixture(scope="session")
def directory(free_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Directory]:
    """The domain."""
    folder, address = tmp_path_factory.mktemp("directory"), free_address
    configuration = _domain(folder)
    sysvol, log = folder / "state" / "sysvol", folder / "samba.log"
    _as_windows_names_it(sysvol / REALM / "Policies")
    process = server.start(configuration, log, interfaces=f"{address}/8", ldap_server_require_strong_auth="no")
    command = [
        server.PYTHON,
        "-I",
        str(Path(__file__).with_name("client.py")),
        str(configuration),
        str(folder / "private" / "sam.ldb"),
    ]
    client = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=server.ENVIRONMENT, text=True)
    try:
        _wait(process, address, log)
        yield Directory(address, sysvol, configuration, client)
    finally:
        client.kill()
        client.wait()
        server.stop(process)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_gpo(directory: Directory) -> Iterator[MakeGpo]:
    """Makes GPOs that are gone after the test."""
    made: list[Gpo] = []

    def make(
        content: bytes | None = template(),
        *,
        version: int = 0x10001,
        extensions: str | None = CSE,
        name: str | None = None,
        path: str | None = None,
        ini: bytes | None = b"",
        **attributes: str,
    ) -> Gpo:
        guid = f"{{{str(uuid.uuid4()).upper()}}}"
        gpo = Gpo(directory, guid, name or f"Test {guid}")
        share = path if path is not None else rf"\\{REALM}\sysvol\{REALM}\Policies\{guid}"
        told = {
            "objectClass": "groupPolicyContainer",
            "displayName": gpo.name,
            "flags": "0",
            "versionNumber": str(version),
            "gPCFileSysPath": share,
            "gPCFunctionalityVersion": "2",
            **({"gPCMachineExtensionNames": extensions} if extensions else {}),
            **attributes,
        }
        directory.ask("add", gpo.dn, told)
        made.append(gpo)
        gpo.folder.mkdir()
        if content is not None:
            gpo.template.parent.mkdir(parents=True)
            gpo.template.write_bytes(content)
        if ini is not None:
            gpo.ini.write_bytes(ini or gpt_ini(version))
        return gpo

    yield make
    for gpo in made:
        directory.ask("remove", gpo.dn)
        shutil.rmtree(gpo.folder)


@pytest.fixture
def other_pdc(directory: Directory) -> Iterator[str]:
    """DNS name of another domain controller, which is the PDC emulator for the time of a test."""
    server_dn = f"CN=DC2,CN=Servers,CN=Default-First-Site-Name,CN=Sites,{directory.configuration_dn}"
    before = directory.ask("get", directory.dn, ["fSMORoleOwner"])
    directory.ask("add", server_dn, {"objectClass": "server", "dNSHostName": f"dc2.{REALM}"})
    directory.ask("add", f"CN=NTDS Settings,{server_dn}", {"objectClass": "nTDSDSA"}, ["relax:0"])
    directory.ask("set", directory.dn, {"fSMORoleOwner": f"CN=NTDS Settings,{server_dn}"})
    yield f"dc2.{REALM}"
    directory.ask("set", directory.dn, before)
    directory.ask("remove", server_dn)


@pytest.fixture(scope="session")
def powershell() -> PowerShell:
    """The back end that runs the payload under a real engine."""
    engine.need("cc")
    return PowerShell(engine.need("pwsh"))


class Tell(t.Protocol):
    """Sends a module to the domain controller; returns its answer."""

    def __call__(self, machine: Machine, module: str, **arguments: t.Any) -> dict[str, t.Any]:
        """One call."""


Send = t.Callable[..., Output]


@pytest.fixture(scope="session")
def send(powershell: PowerShell) -> Send:
    """Send a module to the domain controller; returns what its process left."""
    return lambda machine, module, **arguments: powershell.run(machine, built(module, USER, **arguments))


@pytest.fixture(scope="session")
def tell(send: Send) -> Tell:
    """The answer must be all that was printed."""

    def run(machine: Machine, module: str, **arguments: t.Any) -> dict[str, t.Any]:
        output = send(machine, module, **arguments)
        assert output.stderr == b"", output.stderr.decode()
        assert output.stdout.isascii()
        return t.cast("dict[str, t.Any]", json.loads(output.stdout))

    return run


@pytest.fixture
def ask(directory: Directory, tell: Tell) -> t.Callable[..., dict[str, t.Any]]:
    """Read GPOs, by GUID or name, or all."""

    def read(*gpos: str, machine: Machine | None = None) -> dict[str, t.Any]:
        answer = tell(machine or directory.machine(), "gpo_right_info", gpos=list(gpos))
        assert not answer.get("failed"), answer["msg"]
        return answer

    return read


def b64(content: bytes) -> str:
    """Bytes for an argument."""
    return base64.b64encode(content).decode()
