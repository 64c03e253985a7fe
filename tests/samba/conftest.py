# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain controller of Samba, made once and stopped with all its processes, and its answers to every sequence."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from samba.sequences import ADMINISTRATOR, COMPUTER, DNS_DOMAIN, DOMAIN, DOMAIN_SID, SEQUENCES, USER, USER_SID

if t.TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORDS = {ADMINISTRATOR: "Simulated-Admin-1", USER: "Simulated-User-1"}
PYTHON = "/usr/bin/python3"  # Debian's packages are those of the system's Python
# The parent's PYTHONPATH would put this very package before Debian's of the same name.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
SECONDS = 120  # for the start, on a busy machine; more is a failure
PROVISIONED_BY = ("samba", "samba-tool", "smbd", "winbindd")
MODULES = Path("/usr/share/samba/setup/provision.ldif"), Path("/usr/lib/python3/dist-packages/impacket")


def _need() -> None:
    """Skip where the packages are missing; not in CI, where a skip would hide a missing proof."""
    missing = [name for name in PROVISIONED_BY if shutil.which(name, path=ENVIRONMENT["PATH"]) is None]
    missing += [str(path) for path in MODULES if not path.exists()]
    missing += ["root"] if os.geteuid() else []
    if missing:
        packages = "samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind python3-samba python3-impacket"
        reason = f"no Samba to compare with, missing: {', '.join(missing)} (Debian: {packages}; run as root)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def _run(*command: str, text: str | None = None) -> str:
    ran = subprocess.run(command, input=text, capture_output=True, text=True, env=ENVIRONMENT, timeout=300, check=False)
    assert ran.returncode == 0, f"{command[0]} {command[1]}: {ran.stderr[-3000:]}"
    return ran.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _provision(folder: Path, port: int) -> Path:
    # lsarpc over SMB is all that is asked; winbindd is how smbd of a domain controller learns who logs on. Its socket has a fixed place.
    options = {
        "interfaces": "127.0.0.1/8",
        "bind interfaces only": "yes",
        "smb ports": port,
        "server services": "s3fs, winbindd, rpc",
        "dcerpc endpoint servers": "lsarpc",
        "prefork children": 1,
        "load printers": "no",
        "log file": folder / "log.%m",
        "pid directory": folder / "run",
        "ncalrpc dir": folder / "run" / "ncalrpc",
    }
    _run(
        "samba-tool", "domain", "provision", f"--targetdir={folder}", f"--realm={DNS_DOMAIN.upper()}", f"--domain={DOMAIN}",
        f"--domain-sid={DOMAIN_SID}", f"--adminpass={PASSWORDS[ADMINISTRATOR]}", "--server-role=dc", "--dns-backend=NONE",
        f"--host-name={COMPUTER.lower()}", "--host-ip=127.0.0.1", *[f"--option={name}={value}" for name, value in options.items()],
    )  # fmt: skip
    (folder / "run").mkdir(exist_ok=True)
    Path("/run/samba/winbindd").mkdir(parents=True, exist_ok=True)
    configuration, directory = folder / "etc" / "smb.conf", str(folder / "private" / "sam.ldb")
    _run("samba-tool", "user", "create", "-H", directory, f"--configfile={configuration}", USER, PASSWORDS[USER])
    shown = _run("samba-tool", "user", "show", "-H", directory, f"--configfile={configuration}", USER, "--attributes=objectSid")
    assert f"objectSid: {USER_SID}" in shown.splitlines()
    return configuration


def _session(number: int) -> list[int]:
    """Living processes of a session: smbd and winbindd have process groups of their own in Samba's."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, session = stat.read_text().rpartition(") ")[2].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        if int(session) == number and state != "Z":
            found.append(int(stat.parent.name))
    return found


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + 20
        for pid in _session(process.pid):
            try:
                os.kill(pid, sent)
            except ProcessLookupError:
                continue
        while _session(process.pid) and time.monotonic() < until:
            process.poll()
            time.sleep(0.1)
    process.wait(timeout=10)
    assert not _session(process.pid)


def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> dict[str, t.Any]:
    """Answers to all sequences, as soon as a logon works: smbd listens before winbindd can tell who logs on."""
    asked = {"port": port, "domain": DOMAIN, "passwords": PASSWORDS, "sequences": {}}
    client, until = str(Path(__file__).with_name("client.py")), time.monotonic() + SECONDS
    command = [PYTHON, "-I", client]
    while True:
        logon = {**asked, "sequences": {"logon": SEQUENCES["open: an administrator reads"]}}
        tried = subprocess.run(
            command, input=json.dumps(logon), capture_output=True, text=True, env=ENVIRONMENT, timeout=SECONDS, check=False
        )
        if tried.returncode == 0:
            break
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"Samba does not answer: {tried.stderr[-1500:]}\n{log.read_text()[-1500:]}")
        time.sleep(0.5)
    found: dict[str, t.Any] = json.loads(_run(*command, text=json.dumps({**asked, "sequences": SEQUENCES})))
    return found


@pytest.fixture(scope="session")
def samba_answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, t.Any]]:
    """Sequence -> what Samba answers to each step."""
    _need()
    folder, port = tmp_path_factory.mktemp("samba"), _free_port()
    configuration, log = _provision(folder, port), folder / "samba.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["samba", "-i", "-s", str(configuration)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=ENVIRONMENT,
            start_new_session=True,
        )
    try:
        yield _answers(process, port, log)
    finally:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)
