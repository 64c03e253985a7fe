# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A payload that misuses Windows does not pass under the engine: each case spoils its text in one place."""

from __future__ import annotations

import base64
import dataclasses

import pytest

from fleet.machine import Machine

UTIL = "plugins/module_utils/_LsaRights.cs"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("good", "bad", "breach"),
    [
        pytest.param("Free(entries);", "", "a buffer of LsaLookupSids2 was never freed with LsaFreeMemory", id="leaks a buffer"),
        pytest.param(
            "Native.LsaFreeMemory(buffer);",
            "{ Native.LsaFreeMemory(buffer); Native.LsaFreeMemory(buffer); }",
            "LsaFreeMemory of a buffer that was freed before",
            id="frees twice",
        ),
        pytest.param(
            "Native.LsaFreeMemory(buffer);",
            "Marshal.FreeHGlobal(buffer);",
            "a buffer of LsaEnumerateAccountsWithUserRight was never freed with LsaFreeMemory",
            id="frees with another allocator",
        ),
        pytest.param(
            "Native.DsRoleFreeMemory(buffer);",
            "Native.LsaFreeMemory(buffer);",
            "LsaFreeMemory of the buffer of DsRoleGetPrimaryDomainInformation, which is freed with DsRoleFreeMemory",
            id="mixes up who owns a buffer",
        ),
        pytest.param(
            "Native.LsaFreeMemory(buffer);",
            "Native.LsaFreeMemory(IntPtr.Add(buffer, 8));",
            "LsaFreeMemory of something that is no buffer",
            id="frees an inner pointer",
        ),
        pytest.param("Native.LsaClose(handle);", "", "a handle of LsaOpenPolicy was never closed", id="leaks the policy"),
        pytest.param(
            "Native.LsaClose(handle);",
            "Native.CloseHandle(handle);",
            "CloseHandle of 0x1a0, which is no open handle of OpenProcessToken",
            id="closes the policy like a token",
        ),
        pytest.param("Native.CloseHandle(token);", "", "a handle of OpenProcessToken was never closed", id="leaks the token"),
        pytest.param("Access = 0x801", "Access = 0xF0FFF", "LsaOpenPolicy asks for 0xf0fff", id="opens with all access"),
        pytest.param("Access = 0x801", "Access = 0x02000000", "LsaOpenPolicy asks for 0x2000000", id="opens with MAXIMUM_ALLOWED"),
        pytest.param("0x8, out token", "0xF01FF, out token", "OpenProcessToken asks for 0xf01ff", id="opens the token wide"),
        pytest.param(
            "public IntPtr SecurityDescriptor, SecurityQualityOfService;",
            "public IntPtr SecurityDescriptor;",
            "LSA_OBJECT_ATTRIBUTES of 40 bytes, which are 48",
            id="a structure of the wrong size",
        ),
        pytest.param(
            "(text.Length * 2)", "(text.Length * 2 + 1)", "an LSA_UNICODE_STRING of wrong form", id="a length that is odd"
        ),
        pytest.param("List<byte> { 1,", "List<byte> { 2,", "a SID of wrong form", id="a SID of another revision"),
    ],
)
def test_a_misuse_fails_the_run(good, bad, breach, powershell, ask, checkout):
    text = (checkout / UTIL).read_text()
    assert text.count(good) == 1

    answer = ask(_Spoilt(powershell, text, text.replace(good, bad)), Machine.member_server("HOST01"))

    assert answer["failed"]
    assert answer["msg"].startswith("the payload misused Windows: ")
    assert breach in answer["msg"]


class _Spoilt:
    """Sends another text of a util than the checkout has; its base64 stands as it is in the payload of every core."""

    def __init__(self, back_end, text, spoilt):
        self._back_end = back_end
        self._text, self._spoilt = (base64.b64encode(one.encode()) for one in (text, spoilt))

    def run(self, machine, received):
        assert received.stdin.count(self._text) == 1
        changed = received.stdin.replace(self._text, self._spoilt)
        return self._back_end.run(machine, dataclasses.replace(received, stdin=changed))
