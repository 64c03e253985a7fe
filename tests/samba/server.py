# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A domain controller of Samba on this machine: provisioned in a folder of its own, started, and stopped with all its processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PYTHON = "/usr/bin/python3"  # Debian's packages are those of the system's Python
# The parent's PYTHONPATH would put this very package before Debian's of the same name.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
SECONDS = 120  # for the start, on a busy machine; more is a failure
PROVISION_DATA = Path("/usr/share/samba/setup/provision.ldif")


def need(programs: Sequence[str], paths: Sequence[Path], packages: str) -> None:
    """Skip where the packages are missing; not in CI, where a skip would hide a missing proof."""
    missing = [name for name in programs if shutil.which(name, path=ENVIRONMENT["PATH"]) is None]
    missing += [str(path) for path in paths if not path.exists()]
    missing += ["root"] if os.geteuid() else []
    if missing:
        reason = f"no Samba to ask, missing: {', '.join(missing)} (Debian: {packages}; run as root)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


def run(*command: str, text: str | None = None) -> str:
    """What a program of Samba's prints; fails where it fails."""
    ran = subprocess.run(command, input=text, capture_output=True, text=True, env=ENVIRONMENT, timeout=300, check=False)
    assert ran.returncode == 0, f"{command[0]} {command[1]}: {ran.stderr[-3000:]}"
    return ran.stdout


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((address, 0))
        port: int = listener.getsockname()[1]
        return port


def provision(folder: Path, *, realm: str, domain: str, sid: str, password: str, host: str, options: Mapping[str, object]) -> Path:
    """Make a domain with one controller; returns the path of its configuration."""
    given = {
        "bind interfaces only": "yes",
        "load printers": "no",
        "log file": folder / "log.%m",
        "pid directory": folder / "run",
        "ncalrpc dir": folder / "run" / "ncalrpc",
        **options,
    }
    run(
        "samba-tool", "domain", "provision", f"--targetdir={folder}", f"--realm={realm.upper()}", f"--domain={domain}",
        f"--domain-sid={sid}", f"--adminpass={password}", "--server-role=dc", "--dns-backend=NONE",
        f"--host-name={host.lower()}", "--host-ip=127.0.0.1", *[f"--option={name}={value}" for name, value in given.items()],
    )  # fmt: skip
    (folder / "run").mkdir(exist_ok=True)
    return folder / "etc" / "smb.conf"


def start(configuration: Path, log: Path, **options: str) -> subprocess.Popen[bytes]:
    """Start a controller in a session of its own; a blank in an option is an underscore here."""
    given = [f"--option={name.replace('_', ' ')}={value}" for name, value in options.items()]
    with log.open("wb") as output:
        return subprocess.Popen(
            ["samba", "-i", "-s", str(configuration), *given],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=ENVIRONMENT,
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it and what it started."""
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
