# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the payload, each broken as people break such texts, and what catches them: the checker, or the engine beside the emulator."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from fleet.backends.emulator.emulator import Emulator
from fleet.windows import names
from fleet.windows.grouppolicy import Setting
from fleet.windows.machine import Event, Logon, Machine

CSHARP = "plugins/module_utils/_LsaRights.cs"
REPORT = "plugins/module_utils/_RightReport.psm1"
CONTEXT = "plugins/module_utils/_RightContext.psm1"
MODULE = "plugins/modules/local_right_info.ps1"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("path", "good", "bad", "code"),
    [
        pytest.param(CSHARP, "return length == 0 ?", "string none = null; int? size = none?.Length; return length == 0 ?", "CS8026", id="?. in C#"),
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


@pytest.mark.engine
@pytest.mark.parametrize(
    ("change", "machine"),
    [
        pytest.param(
            (CSHARP, "IntPtr.Add(entry, IntPtr.Size)", "IntPtr.Add(entry, 4)"),
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


SIM = names.domain_sid("SIM")
BARE = "'[\\\\@]' })\n\t$Policy.FromNames($bare"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("changes", "accounts", "wrong"),
    [
        pytest.param(
            [(REPORT, "$own + $one.Name.Substring(1)", "$one.Name.Substring(2)"), (REPORT, f"$_.Asked -notmatch {BARE}", f"$_.Name -notmatch {BARE}")],
            [".\\Everyone"],
            [(names.EVERYONE, "Everyone")],
            id="a name of the machine asked as an isolated one",
        ),
        pytest.param(
            [(CSHARP, "use == Domain || IsUnknown(use)", "IsUnknown(use)"), (REPORT, "$_.Use -eq 3", "$false")],
            ["SIM"],
            [(SIM, "SIM")],
            id="a domain for the account that was meant",
        ),
    ],
)  # fmt: skip
def test_a_name_that_is_taken_for_another_account(changes, accounts, wrong, powershell, spoilt, tell):
    """Not only another answer: it is the wrong account that the host then tells of."""
    machine = Machine.member_server("HOST01")
    asked = {"accounts": accounts}

    good = tell(powershell, machine, "local_right_info", **asked)["accounts"]
    bad = tell(spoilt(powershell, *changes), machine, "local_right_info", **asked)["accounts"]

    assert [one["sid"] for one in good] == [None]
    assert [(one["sid"], one["name"]) for one in bad] == wrong


@pytest.mark.engine
@pytest.mark.parametrize("filled", [pytest.param(True, id="the name is filled in"), pytest.param(False, id="the name is empty")])
def test_the_name_of_the_sid_of_a_domain_is_not_valid(filled, powershell, spoilt, tell):
    machine = Machine.member_server("HOST01", holders=[SIM])
    machine.names_domains = filled
    took = spoilt(powershell, (CSHARP, "use == Domain ? domain : domain", "domain"))

    good, bad = (tell(one, machine, "local_right_info", accounts=[])["holders"][0]["name"] for one in (powershell, took))

    assert (good, bad) == ("SIM", "SIM\\SIM" if filled else "SIM\\")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("change", "options", "sentence"),
    [
        pytest.param(
            (CONTEXT, "account = 'StartName'", "account = 'StartAccount'"),
            {"exposure": True},
            "Windows has no Win32_Service.StartAccount in root/cimv2",
            id="a property that WMI does not have",
        ),
        pytest.param(
            (CONTEXT, "-Class 'RSOP_GPO'", "-Class 'RSOP_Gpos'"),
            {},
            "Windows has no class RSOP_Gpos in root/rsop/computer",
            id="a class that WMI does not have",
        ),
        pytest.param(
            (CONTEXT, "root/rsop/computer", "root/rsop/host"), {}, "Windows has no namespace root/rsop/host", id="another namespace"
        ),
        pytest.param(
            (CONTEXT, "WHERE UserRight = '$right'", "WHERE UserRight LIKE '%$right'"),
            {},
            "no condition of WQL",
            id="a condition that the test bed does not read",
        ),
        pytest.param(
            (REPORT, r"Services\$Name", r"Service\$Name"),
            {},
            r"Windows has no key HKLM:\SYSTEM\CurrentControlSet\Service\IISADMIN",
            id="a registry key that Windows does not have",
        ),
    ],
)
def test_a_name_that_windows_does_not_have_fails_the_run(change, options, sentence, powershell, spoilt, sent):
    """Whatever the payload makes of the error that it gets."""
    output = spoilt(powershell, change).run(governed(), sent("local_right_info", accounts=[], **options))
    answer = json.loads(output.stdout)

    assert answer["failed"]
    assert sentence in answer["msg"]


@pytest.mark.engine
@pytest.mark.parametrize(
    "change",
    [
        pytest.param((REPORT, "revision = 'UBR'", "revision = 'UBRevision'"), id="a registry value that Windows does not have"),
        pytest.param((CONTEXT, "[string] $said[4].Value", "[string] $said[3].Value"), id="another field of an event"),
        pytest.param((CONTEXT, "$said[2].Value, $said[1].Value", "$said[1].Value, $said[2].Value"), id="two fields of an event the other way"),
    ],
)  # fmt: skip
def test_a_wrong_name_or_place_is_a_difference_to_the_emulator(change, powershell, spoilt, sent):
    received = sent("local_right_info", accounts=[], events=24)
    good = comparable(Emulator().run(governed(), received).stdout)

    assert comparable(powershell.run(governed(), received).stdout) == good
    assert comparable(spoilt(powershell, change).run(governed(), received).stdout) != good


def governed():
    """A machine with something to tell wherever the changes above look."""
    machine = Machine.member_server("HOST01", logons={"SIM\\auditor": Logon("Simulated-1")}, gpos=(Setting("a GPO"),))
    machine.running = {"Spooler": "LocalSystem"}
    machine.events = (Event(names.USERS, subject=f"{names.domain_sid('SIM')}-1105", subject_name="SIM\\admin"),)
    return machine
