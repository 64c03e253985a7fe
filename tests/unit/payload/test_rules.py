# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A payload that misuses Windows does not pass under the engine: each case spoils its text in one place."""

from __future__ import annotations

import pytest

from fleet.windows import names
from fleet.windows.machine import FLOOR, Machine

AUDIT, CHANGE = "plugins/module_utils/_LsaRights.cs", "plugins/module_utils/_LsaChange.cs"
SCRIPT = "plugins/module_utils/_RightChange.psm1"
FREE = "LsaFreeMemory(buffer);"

READING = [
    pytest.param("Free(entries);", "", "a buffer of LsaLookupSids2 was never freed with LsaFreeMemory", id="leaks a buffer"),
    pytest.param(FREE, f"{{ {FREE} {FREE} }}", "LsaFreeMemory of a buffer that was freed before", id="frees twice"),
    pytest.param(
        FREE,
        "Marshal.FreeHGlobal(buffer);",
        "a buffer of LsaEnumerateAccountsWithUserRight was never freed with LsaFreeMemory",
        id="frees with another allocator",
    ),
    pytest.param(
        '[DllImport("netapi32.dll")]\n\tstatic extern void DsRoleFreeMemory(',
        '[DllImport("advapi32.dll", EntryPoint = "LsaFreeMemory")]\n\tstatic extern void DsRoleFreeMemory(',
        "LsaFreeMemory of the buffer of DsRoleGetPrimaryDomainInformation, which is freed with DsRoleFreeMemory",
        id="mixes up who owns a buffer",
    ),
    pytest.param(
        FREE,
        "LsaFreeMemory(IntPtr.Add(buffer, 8));",
        "LsaFreeMemory of something that is no buffer",
        id="frees an inner pointer",
    ),
    pytest.param("LsaClose(handle);", "", "a handle of LsaOpenPolicy was never closed", id="leaks the policy"),
    pytest.param(
        '[DllImport("advapi32.dll")]\n\tstatic extern uint LsaClose(',
        '[DllImport("kernel32.dll", EntryPoint = "CloseHandle")]\n\tstatic extern uint LsaClose(',
        "CloseHandle of 0x1a0, which is no open handle of OpenProcessToken",
        id="closes the policy like a token",
    ),
    pytest.param("CloseHandle(token);", "", "a handle of OpenProcessToken was never closed", id="leaks the token"),
    pytest.param("Access = 0x801", "Access = 0xF0FFF", "LsaOpenPolicy asks for 0xf0fff", id="opens with all access"),
    pytest.param("Access = 0x801", "Access = 0x02000000", "LsaOpenPolicy asks for 0x2000000", id="opens with MAXIMUM_ALLOWED"),
    pytest.param("Access = 0x801", "Access = 0x811", "LsaOpenPolicy asks for 0x811: it needs 0x801", id="opens for writing"),
    pytest.param("0x8, out token", "0xF01FF, out token", "OpenProcessToken asks for 0xf01ff", id="opens the token wide"),
    pytest.param(
        "new IntPtr(6 * IntPtr.Size)",
        "new IntPtr(5 * IntPtr.Size)",
        "LSA_OBJECT_ATTRIBUTES of 40 bytes, which are 48",
        id="a structure of the wrong size",
    ),
    pytest.param("(text.Length * 2)", "(text.Length * 2 + 1)", "an LSA_UNICODE_STRING of wrong form", id="a length that is odd"),
    pytest.param("List<byte> { 1,", "List<byte> { 2,", "a SID of wrong form", id="a SID of another revision"),
]


@pytest.mark.engine
@pytest.mark.parametrize(("good", "bad", "breach"), READING)
def test_a_misuse_fails_the_audit(good, bad, breach, powershell, ask, spoilt):
    answer = ask(spoilt(powershell, (AUDIT, good, bad)), Machine.member_server("HOST01"))

    refused(answer, breach)


MEMBERS = "NetApiBufferFree(buffer);"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("bad", "breach"),
    [
        pytest.param("{ }", "a buffer of NetLocalGroupGetMembers was never freed with NetApiBufferFree", id="leaks the members"),
        pytest.param(
            FREE,
            "LsaFreeMemory of the buffer of NetLocalGroupGetMembers, which is freed with NetApiBufferFree",
            id="frees the members like the LSA's",
        ),
    ],
)
def test_a_misuse_in_the_members_of_a_group_fails_the_audit(bad, breach, powershell, tell, spoilt):
    answer = tell(
        spoilt(powershell, (AUDIT, MEMBERS, bad)), Machine.member_server("HOST01"), "local_right_info", accounts=[], expand=True
    )

    refused(answer, breach)


WRITING = [
    pytest.param(
        [(CHANGE, "false, ref rights", "true, ref rights")], "takes every right of an account", id="AllRights TRUE for one right"
    ),
    pytest.param(
        [(CHANGE, "[MarshalAs(UnmanagedType.U1)] bool", "int"), (CHANGE, "false, ref rights", "0x100, ref rights")],
        "AllRights is 0x100: a BOOLEAN is 1 byte",
        id="a BOOLEAN of four bytes",
    ),
    pytest.param(
        [(CHANGE, "[MarshalAs(UnmanagedType.U1)] bool", "short"), (CHANGE, "false, ref rights", "-1, ref rights")],
        "AllRights is 0xffffffff: a BOOLEAN is 1 byte",
        id="a BOOLEAN of two bytes",
    ),
    pytest.param([(CHANGE, "0x811", "0xF0FFF")], "LsaOpenPolicy asks for 0xf0fff: it needs 0x811", id="POLICY_ALL_ACCESS"),
    pytest.param([(CHANGE, "0x811", "0x02000000")], "LsaOpenPolicy asks for 0x2000000", id="MAXIMUM_ALLOWED"),
    pytest.param([(CHANGE, "0x811", "0x801")], "LsaOpenPolicy asks for 0x801: it needs 0x811", id="opens for reading only"),
    pytest.param(
        [(AUDIT, FREE, "{ }")],
        "a buffer of LsaEnumerateAccountsWithUserRight was never freed with LsaFreeMemory",
        id="leaks a buffer",
    ),
    pytest.param(
        [(SCRIPT, "$policy.Dispose()", "$null = $policy")], "a handle of LsaOpenPolicy was never closed", id="leaks the policy"
    ),
    pytest.param([(AUDIT, "List<byte> { 1,", "List<byte> { 2,")], "LsaAddAccountRights: a SID of wrong form", id="a SID"),
    pytest.param(
        [(AUDIT, "(text.Length * 2)", "(text.Length * 2 + 1)")],
        "LsaEnumerateAccountsWithUserRight: an LSA_UNICODE_STRING of wrong form",
        id="a length that is odd",
    ),
]


@pytest.mark.engine
@pytest.mark.parametrize(("changes", "breach"), WRITING)
def test_a_misuse_fails_the_change(changes, breach, powershell, tell, spoilt):
    machine = Machine.member_server("HOST01", also=[names.USERS])
    plan = {"expected": [*FLOOR, names.USERS], "add": [names.IIS_IUSRS], "remove": [names.USERS]}

    answer = tell(spoilt(powershell, *changes), machine, "local_right", **plan)

    refused(answer, breach)


@pytest.mark.engine
def test_a_read_before_a_change_must_not_write(powershell, tell, spoilt):
    machine = Machine.member_server("HOST01")
    bad = "$null = Set-Right -Expected S-1-1-0 -Add S-1-1-0 -Remove S-1-1-0; Get-RightReport -Asked"

    answer = tell(
        spoilt(powershell, ("plugins/modules/local_right.ps1", "Get-RightReport -Asked", bad)),
        *(machine, "local_right"),
        read={"accounts": []},
    )

    refused(answer, "LsaOpenPolicy asks for 0x811: it needs 0x801")


def refused(answer, breach):
    assert answer["failed"]
    assert answer["msg"].startswith("the payload misused Windows: ")
    assert breach in answer["msg"]
