# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain controller of Samba, made once and stopped with all its processes, and its answers to every sequence."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

from samba import server
from samba.sequences import ADMINISTRATOR, COMPUTER, DNS_DOMAIN, DOMAIN, DOMAIN_SID, SEQUENCES, USER, USER_SID

if t.TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORDS = {ADMINISTRATOR: "Simulated-Admin-1", USER: "Simulated-User-1"}
PROGRAMS = ("samba", "samba-tool", "smbd", "winbindd")
PACKAGES = "samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind python3-samba python3-impacket"


def _provision(folder: Path, port: int) -> Path:
    # lsarpc over SMB is all that is asked; winbindd is how smbd of a domain controller learns who logs on. Its socket has a fixed place.
    options = {
        "interfaces": "127.0.0.1/8",
        "smb ports": port,
        "server services": "s3fs, winbindd, rpc",
        "dcerpc endpoint servers": "lsarpc",
        "prefork children": 1,
    }
    configuration = server.provision(
        folder, realm=DNS_DOMAIN, domain=DOMAIN, sid=DOMAIN_SID, password=PASSWORDS[ADMINISTRATOR], host=COMPUTER, options=options
    )
    Path("/run/samba/winbindd").mkdir(parents=True, exist_ok=True)
    directory = str(folder / "private" / "sam.ldb")
    server.run("samba-tool", "user", "create", "-H", directory, f"--configfile={configuration}", USER, PASSWORDS[USER])
    shown = server.run(
        "samba-tool", "user", "show", "-H", directory, f"--configfile={configuration}", USER, "--attributes=objectSid"
    )
    assert f"objectSid: {USER_SID}" in shown.splitlines()
    return configuration


def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> dict[str, t.Any]:
    """Answers to all sequences, as soon as a logon works: smbd listens before winbindd can tell who logs on."""
    asked = {"port": port, "domain": DOMAIN, "passwords": PASSWORDS, "sequences": {}}
    client, until = str(Path(__file__).with_name("client.py")), time.monotonic() + server.SECONDS
    command = [server.PYTHON, "-I", client]
    while True:
        logon = {**asked, "sequences": {"logon": SEQUENCES["open: an administrator reads"]}}
        tried = subprocess.run(
            command,
            input=json.dumps(logon),
            capture_output=True,
            text=True,
            env=server.ENVIRONMENT,
            timeout=server.SECONDS,
            check=False,
        )
        if tried.returncode == 0:
            break
        if process.poll() is not None or time.monotonic() > until:
            pytest.fail(f"Samba does not answer: {tried.stderr[-1500:]}\n{log.read_text()[-1500:]}")
        time.sleep(0.5)
    found: dict[str, t.Any] = json.loads(server.run(*command, text=json.dumps({**asked, "sequences": SEQUENCES})))
    return found


@pytest.fixture(scope="session")
def samba_answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, t.Any]]:
    """Sequence -> what Samba answers to each step."""
    server.need(PROGRAMS, (server.PROVISION_DATA, Path("/usr/lib/python3/dist-packages/impacket")), PACKAGES)
    folder, port = tmp_path_factory.mktemp("samba"), server.free_port()
    configuration, log = _provision(folder, port), folder / "samba.log"
    process = server.start(configuration, log)
    try:
        yield _answers(process, port, log)
    finally:
        server.stop(process)
        shutil.rmtree(folder, ignore_errors=True)
