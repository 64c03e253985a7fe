# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the payload, each broken as people break such texts, and what catches them: the checker, or the engine beside the emulator."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from fleet import names
from fleet.emulator import Emulator
from fleet.machine import Machine

CSHARP = "plugins/module_utils/_LsaRights.cs"
REPORT = "plugins/module_utils/_RightReport.psm1"
MODULE = "plugins/modules/local_right_info.ps1"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("path", "good", "bad", "code"),
    [
        pytest.param(CSHARP, "return Length == 0 ?", "string none = null; int? size = none?.Length; return Length == 0 ?", "CS8026", id="?. in C#"),
        pytest.param(REPORT, "$windows.build -as [int]", "($windows.build ?? 0) -as [int]", "P102", id="?? in PowerShell"),
        pytest.param(REPORT, "-Depth 8 -Compress", "-Depth 8 -Compress -AsArray", "C202", id="a parameter that 5.1 lacks"),
        pytest.param(REPORT, "-Depth 8 -Compress", "-Depth 8 -Compress -EscapeHandling EscapeNonAscii", "C202", id="another one"),
        pytest.param(MODULE, "Set-StrictMode -Version 2.0", "Set-StrictMode -Version 2.0; Get-Uptime", "C201", id="a command that 5.1 lacks"),
        pytest.param(CSHARP, "new IntPtr(6 *", "new nint(6 *", "CS", id="a type of C# 9"),
    ],
)  # fmt: skip
def test_the_checker_finds_what_windows_powershell_would_not_take(checkout, tmp_path, win51_check, path, good, bad, code):
    for folder in ("modules", "module_utils"):
        shutil.copytree(checkout / "plugins" / folder, tmp_path / "plugins" / folder, ignore=shutil.ignore_patterns("*.py"))
    text = (tmp_path / path).read_text()
    assert good in text
    (tmp_path / path).write_text(text.replace(good, bad, 1))

    ran = subprocess.run([win51_check, "plugins"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    assert ran.returncode == 1
    assert any(line.startswith(path) and f" {code}" in line for line in ran.stdout.splitlines()), ran.stdout


BASIC = "public struct TranslatedName"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("change", "machine"),
    [
        pytest.param(
            (
                CSHARP,
                BASIC,
                f"[StructLayout(LayoutKind.Sequential, Pack = 1)]\n\t{BASIC}",
            ),
            Machine.member_server("HOST01"),
            id="wrong struct packing",
        ),
        pytest.param(
            (REPORT, "$report.holders = @(foreach ($sid in $sids) {", "$report.holders = $(foreach ($sid in $sids) {"),
            Machine.member_server("HOST01", holders=[names.ADMINISTRATORS]),
            id="a list of one holder that unrolls",
        ),
        pytest.param(
            (REPORT, "'[^\\x20-\\x7e]'", "'[^\\x20-\\xff]'"),
            Machine.member_server("HOST01", language="de"),
            id="umlauts on another code page than UTF-8",
        ),
    ],
)
def test_the_engine_does_not_answer_like_the_emulator_any_more(change, machine, powershell, spoilt, sent):
    """The same comparison as for the whole payload; the output is read as a console of code page 850 would pass it on."""
    received = sent("local_right_info", accounts=[])
    good = Emulator().run(machine, received).stdout
    output = spoilt(powershell, change).run(machine, received)

    assert comparable(output.stdout) != comparable(good)


def comparable(stdout):
    """Parsed as the controller would, after a code page that is not UTF-8 had it; None when that is impossible."""
    try:
        answer = json.loads(stdout.decode("cp850"))
    except ValueError:
        return None
    answer.pop("session", None)  # holds the version of the engine
    return answer


@pytest.mark.engine
def test_the_comparison_above_holds_for_the_payload_as_it_is(powershell, sent):
    for machine in (
        Machine.member_server("HOST01", language="de"),
        Machine.member_server("HOST01", holders=[names.ADMINISTRATORS]),
    ):
        received = sent("local_right_info", accounts=[])
        assert comparable(powershell.run(machine, received).stdout) == comparable(Emulator().run(machine, received).stdout)
