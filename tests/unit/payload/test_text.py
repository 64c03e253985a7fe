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
from fleet.backends.emulator.change import local_right
from fleet.backends.emulator.lab import prove_change
from fleet.backends.emulator.report import right_report
from fleet.backends.emulator.texts import COLLECTION
from fleet.backends.request import decode
from fleet.windows.machine import Machine, Token

AUDIT = (
    "plugins/modules/local_right_info.ps1",
    "plugins/module_utils/_RightReport.psm1",
    "plugins/module_utils/_RightContext.psm1",
    "plugins/module_utils/_LsaRights.cs",
)
CHANGE = (
    "plugins/modules/local_right.ps1",
    "plugins/module_utils/_RightChange.psm1",
    "plugins/module_utils/_LsaChange.cs",
)
LAB = ("plugins/modules/prove_change.ps1", "plugins/module_utils/_LsaLab.cs")
WRITING = AUDIT[1:] + CHANGE
FILES = AUDIT + CHANGE + LAB
CALLS = {
    "advapi32.dll": {
        "LsaOpenPolicy", "LsaEnumerateAccountsWithUserRight", "LsaLookupSids2", "LsaLookupNames2", "LsaFreeMemory", "LsaClose",
        "LsaQueryInformationPolicy",
        "OpenProcessToken", "GetTokenInformation",
    },
    "netapi32.dll": {"DsRoleGetPrimaryDomainInformation", "DsRoleFreeMemory", "NetLocalGroupGetMembers", "NetApiBufferFree"},
    "kernel32.dll": {"GetCurrentProcess", "CloseHandle", "GetProductInfo", "GetTickCount64"},
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


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        pytest.param(AUDIT[3], CALLS, id="an audit only reads"),
        pytest.param(CHANGE[2], {"advapi32.dll": {"LsaAddAccountRights", "LsaRemoveAccountRights"}}, id="a change writes"),
        pytest.param(
            LAB[1],
            {
                "advapi32.dll": {"OpenProcessToken", "CreateRestrictedToken", "ImpersonateLoggedOnUser", "RevertToSelf"},
                "kernel32.dll": {"GetCurrentProcess", "CloseHandle"},
            },
            id="a trial becomes a plain user",
        ),
    ],
)
def test_calls_of_windows(path, calls, texts):
    declared = re.findall(r'\[DllImport\("([^"]+)"[^]]*\)\]\s+(?:private )?static extern \w+ (\w+)\(', texts[path])

    assert len(declared) == texts[path].count("DllImport")
    assert {dll: {call for of, call in declared if of == dll} for dll, _unused in declared} == calls


@pytest.mark.parametrize(
    ("module", "paths"), [("local_right_info", AUDIT), ("local_right", WRITING), ("prove_change", (AUDIT[3], CHANGE[2], *LAB))]
)
def test_what_goes_to_the_host(module, paths, sent, texts):
    received = sent(module)
    came = decode(received.command_line, received.stdin).texts

    assert sorted(text for name, text in came.items() if COLLECTION in name) == sorted(texts[path] for path in paths)


def test_an_audit_carries_nothing_that_writes(texts):
    carried = "\n".join(texts[path] for path in AUDIT)

    assert re.findall(r"(?i)LsaAdd|LsaRemove|0x811|CREATE_ACCOUNT|_LsaChange|Set-\w+Right", carried) == []
    assert re.findall(r"Access = (\w+)", carried) == ["0x801"]
    assert re.findall(r"Access = (\w+)", texts[CHANGE[2]]) == ["0x811"]


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(r"(?i)NonPublic|GetField|Reflection|Invoke-Expression|\biex\b", id="reflection and built code"),
        pytest.param(r"(?i)0x0?2000000\b|0xF0FFF|MAXIMUM_ALLOWED|ALL_ACCESS", id="more access than it needs"),
        pytest.param(r"\bout (u?long|bool)\b", id="an out parameter of the wrong size"),
        pytest.param(r"extern [^\n]*(?<!UnmanagedType\.U1\)\] )\bbool \w+", id="a BOOLEAN of four bytes"),
        pytest.param(r"\.To(Lower|Upper)\(\)", id="case by culture"),
        pytest.param(r"(?i)Ansible\.Basic", id="Ansible.Basic, which the payload does not need"),
        pytest.param(r"(?i)required(?!Privileges)|permitted|member_server|domain_controller", id="words of the policy"),
    ],
)
def test_not_a_trace_of(forbidden, texts):
    # "no more than is needed", "documented" and the like are prose
    code = "\n".join(line for text in texts.values() for line in text.splitlines() if not re.match(r"\s*(#|//)", line))

    assert re.findall(forbidden, code) == []


def test_the_registry_is_read_by_two_cmdlets_only(texts):
    lines = [line for text in texts.values() for line in text.splitlines() if "HKLM" in line]

    assert lines
    assert all(re.search(r'Get-(ItemProperty|ChildItem) -LiteralPath "HKLM:\\\$Path" -ErrorAction Stop', line) for line in lines)


def test_files_are_only_read_and_others_may_write_them_meanwhile(texts):
    lines = [line for text in texts.values() for line in text.splitlines() if "[IO.File]" in line or "FileStream" in line]

    assert len(lines) == 1
    assert re.search(r"\$file = \[IO\.File\]::Open\(.+, 'Open', 'Read', 'ReadWrite, Delete'\)$", lines[0])


@pytest.mark.parametrize(
    ("module", "paths", "size", "budget"),
    [
        pytest.param("local_right_info", AUDIT, 34_700, 74_400, id="an audit"),
        pytest.param("local_right", WRITING, 43_700, 87_000, id="a change"),
    ],
)
def test_it_stays_small_on_the_wire(module, paths, size, budget, texts, sent, tmp_path):
    """The budget is for what a run sends beyond a bare module of ten lines."""
    bare = tmp_path / "bare.ps1"
    bare.write_text("#!powershell\n#Requires -Version 5.1\n" + "$null = $null\n" * 7 + "'{\"changed\": false}'\n")
    newer = tuple(map(int, __version__.split(".")[:2])) >= (2, 21)

    more = len(sent(module).stdin) - len(sent(bare).stdin)

    assert sum(len(texts[path]) for path in paths) < size
    assert more <= budget + (5_000 if newer else 0)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        pytest.param(AUDIT[0], lambda *who: right_report(*who, []), id="an audit"),
        pytest.param(CHANGE[0], lambda *who: local_right(*who, {}), id="a change"),
        pytest.param(LAB[0], lambda *who: prove_change(*who, {}), id="a change that is tried out"),
    ],
)
def test_it_says_so_where_powershell_is_constrained(path, answer, checkout, powershell):
    """The text by itself: under the wrapper of ansible-core no module with utils gets as far as that."""
    script = f"$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'; & '{checkout / path}'"
    command = f"pwsh -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"
    machine = Machine("HOST01", language_mode="ConstrainedLanguage")

    output = powershell.run(machine, Received(command, b"", "SIM\\auditor", {}))

    assert json.loads(output.stdout) == answer(machine, "SIM\\auditor", Token.ADMINISTRATOR)
