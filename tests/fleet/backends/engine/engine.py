# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the programs that tests of the payload need and that a checkout does not bring: engine, checker, C compiler."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[4]
BESIDE = CHECKOUT.parent / "shared" / "powershell" / "bin"
NAMED_BY = {"pwsh": "PWSH", "cc": "CC"}


def find(program: str) -> Path | None:
    """Path of `pwsh`, `win51-check` or `cc`: what PWSH or CC names, then beside the checkout, then on PATH."""
    named = os.environ.get(NAMED_BY.get(program, ""))
    for candidate in (named and shutil.which(named), BESIDE / program, shutil.which(program)):
        if candidate and os.access(candidate, os.X_OK):
            found = Path(candidate).resolve()
            if program != "pwsh" or takes_stand_ins(found):
                return found
    return None


def need(program: str) -> Path:
    """The same for a test, which is skipped where there is none; not in CI, where a skip would hide a missing proof."""
    found = find(program)
    if found is None:
        reason = f"no {program} that serves: neither {NAMED_BY.get(program, BESIDE / program)} nor on PATH"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@functools.cache
def takes_stand_ins(pwsh: Path) -> bool:
    """Whether an engine makes the functions of the file PWSH_STARTUP known in every runspace, as startup.ps1 needs it."""
    with tempfile.TemporaryDirectory() as folder:
        startup = Path(folder, "startup.ps1")
        startup.write_text("function Get-StandIn { 'stands in' }\n")
        command = [
            str(pwsh),
            "-NoProfile",
            "-NonInteractive",
            "-Command",
            "[powershell]::Create().AddScript('Get-StandIn').Invoke()",
        ]
        environment = {**os.environ, "PWSH_STARTUP": str(startup), "HOME": folder, "POWERSHELL_TELEMETRY_OPTOUT": "1"}
        try:
            ran = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return b"stands in" in ran.stdout
