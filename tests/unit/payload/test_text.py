# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be told from the payload's text alone, before it runs anywhere."""

from __future__ import annotations

import base64
import json
import re
import subprocess

import pytest
from ansible.release import __version__

from fleet.backend import Received
from fleet.machine import Machine, Token
from fleet.report import right_report

FILES = (
    "plugins/modules/local_right_info.ps1",
    "plugins/module_utils/_RightReport.psm1",
    "plugins/module_utils/_LsaRights.cs",
)
CALLS = {
    "advapi32.dll": {
        "LsaOpenPolicy", "LsaEnumerateAccountsWithUserRight", "LsaLookupSids2", "LsaLookupNames2", "LsaFreeMemory", "LsaClose",
        "OpenProcessToken", "GetTokenInformation",
    },
    "netapi32.dll": {"DsRoleGetPrimaryDomainInformation", "DsRoleFreeMemory"},
    "kernel32.dll": {"GetCurrentProcess", "CloseHandle", "GetProductInfo"},
}  # fmt: skip


@pytest.fixture(scope="module")
def texts(checkout):
    return {path: (checkout / path).read_text() for path in FILES}


@pytest.mark.engine
def test_windows_powershell_and_its_compiler_take_it(checkout, win51_check):
    ran = subprocess.run([win51_check, "--strict", *FILES], cwd=checkout, capture_output=True, text=True, timeout=120, check=False)

    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr


@pytest.mark.parametrize("path", FILES)
def test_a_text_that_no_transport_can_damage(path, checkout):
    raw = (checkout / path).read_bytes()

    assert raw.isascii()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")


def test_only_calls_that_read(texts):
    declared = re.findall(r'\[DllImport\("([^"]+)"[^]]*\)\]\s+public static extern \w+ (\w+)\(', texts[FILES[2]])

    assert {dll: {call for of, call in declared if of == dll} for dll, _ in declared} == CALLS


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(r"(?i)NonPublic|GetField|Reflection|Invoke-Expression|\biex\b", id="reflection and built code"),
        pytest.param(r"(?i)0x0?2000000\b|0xF0FFF|MAXIMUM_ALLOWED|ALL_ACCESS", id="more access than it needs"),
        pytest.param(r"\bout (u?long|bool)\b", id="an out parameter of the wrong size"),
        pytest.param(r"extern [^\n]*(?<!UnmanagedType\.U1\)\] )\bbool \w+", id="a BOOLEAN of four bytes"),
        pytest.param(r"\.To(Lower|Upper)\(\)", id="case by culture"),
        pytest.param(r"(?i)Ansible\.Basic", id="Ansible.Basic, which the payload does not need"),
        pytest.param(r"(?i)required|permitted|member_server|domain_controller", id="words of the policy"),
    ],
)
def test_not_a_trace_of(forbidden, texts):
    # "no more than is needed", "documented" and the like are prose
    code = "\n".join(line for text in texts.values() for line in text.splitlines() if not re.match(r"\s*(#|//)", line))

    assert re.findall(forbidden, code) == []


def test_the_registry_is_read_by_two_cmdlets_only(texts):
    lines = [line for line in texts[FILES[1]].splitlines() if "HKLM" in line]

    assert lines
    assert all(re.search(r'Get-(ItemProperty|ChildItem) -LiteralPath "HKLM:\\\$Path" -ErrorAction Stop', line) for line in lines)


def test_it_stays_small_on_the_wire(texts, sent, tmp_path):
    """The budget is for what an audit sends beyond a bare module of ten lines."""
    bare = tmp_path / "bare.ps1"
    bare.write_text("#!powershell\n#Requires -Version 5.1\n" + "$null = $null\n" * 7 + "'{\"changed\": false}'\n")
    newer = tuple(map(int, __version__.split(".")[:2])) >= (2, 21)

    more = len(sent("local_right_info").stdin) - len(sent(bare).stdin)

    assert sum(map(len, texts.values())) < 24_000
    assert more <= (65_000 if newer else 60_000)


@pytest.mark.engine
def test_it_says_so_where_powershell_is_constrained(checkout, powershell):
    """The text by itself: under the wrapper of ansible-core no module with utils gets as far as that."""
    script = f"$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'; & '{checkout / FILES[0]}'"
    command = f"pwsh -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"
    machine = Machine("HOST01", language_mode="ConstrainedLanguage")

    output = powershell.run(machine, Received(command, b"", "SIM\\auditor", {}))

    assert json.loads(output.stdout) == right_report(machine, "SIM\\auditor", Token.ADMINISTRATOR, [])
