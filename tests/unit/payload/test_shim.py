# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands behind the shim library: calls reach the model of the machine, and every breach is noted."""

from __future__ import annotations

import pytest

from fleet.backends.engine import engine
from fleet.backends.engine.accounting import Accounting
from fleet.backends.engine.shim_server import Process, pack, sid_bytes, unpack
from fleet.windows import lsa
from fleet.windows.machine import RIGHT, Machine, Token

ADMINISTRATORS = sid_bytes("S-1-5-32-544")
TEXT = RIGHT.encode("utf-16-le")


@pytest.fixture
def machine():
    return Machine.member_server("HOST01")


@pytest.fixture
def process(machine):
    """Calls with numbers and bytes as the shim sends them; the answer's fields, numbers as such."""
    process = Process(machine, "SIM\\auditor", Token.ADMINISTRATOR)

    def call(name, *fields):
        return process.call(name, unpack(pack(fields)))

    call.finish = process.accounting.finish
    return call


def test_a_change_reaches_the_machine(process, machine):
    _unused, handle = process("LsaOpenPolicy", 0x811, 0, 48, 0)

    assert process("LsaAddAccountRights", handle, sid_bytes("S-1-5-32-545"), 0, TEXT) == [lsa.SUCCESS]
    assert process("LsaRemoveAccountRights", handle, ADMINISTRATORS, 0, TEXT) == [lsa.SUCCESS]
    assert process("LsaRemoveAccountRights", handle, sid_bytes("S-1-5-19"), 0, TEXT) == [lsa.NOT_SUPPORTED]
    assert process("LsaEnumerateAccountRights", handle, sid_bytes("S-1-5-32-545")) == [lsa.SUCCESS, TEXT]
    assert process("LsaClose", handle) == [lsa.SUCCESS]
    assert machine.holders() == ["S-1-5-19", "S-1-5-20", "S-1-5-32-545", "S-1-5-6"]
    assert process.finish() == []


@pytest.mark.parametrize(
    ("every", "breach"),
    [
        pytest.param(0x100, "AllRights is 0x100: a BOOLEAN is 1 byte", id="more than one byte"),
        pytest.param(0xFFFF, "AllRights is 0xffff: a BOOLEAN is 1 byte", id="a VARIANT_BOOL"),
        pytest.param(1, "LsaRemoveAccountRights takes every right of an account", id="every right"),
    ],
)
def test_the_boolean_of_a_removal(every, breach, process):
    _unused, handle = process("LsaOpenPolicy", 0x811, 0, 48, 0)
    process("LsaRemoveAccountRights", handle, ADMINISTRATORS, every, TEXT)
    process("LsaClose", handle)

    assert any(breach in sentence for sentence in process.finish())


@pytest.mark.parametrize(
    ("call", "fields", "breach"),
    [
        pytest.param("LsaOpenPolicy", (0x801, 1, 48, 0), "names a system", id="a system's name"),
        pytest.param("GetProductInfo", (6 << 48,), "another version than 10.0", id="an old version"),
        pytest.param("DsRoleGetPrimaryDomainInformation", (1, 1), "names a computer", id="a computer's name"),
        pytest.param("OpenProcessToken", (5, 8), "another process", id="another process"),
        pytest.param("GetTokenInformation", (5, 1, 0), "0x5, which is no open handle", id="a token that is not open"),
        pytest.param("LsaFreeMemory", (0,), "LsaFreeMemory of something that is no buffer", id="NULL"),
    ],
)
def test_what_a_payload_must_not_do(call, fields, breach, process):
    process(call, *fields)

    assert any(breach in sentence for sentence in process.finish())


def test_everything_that_was_kept_is_told():
    kept = Accounting()
    kept.opened("LsaOpenPolicy", 1)
    kept.gave("LSA", 0x1000, 8, "LsaLookupSids2")
    kept.gave("DsRole", 0x2000, 8, "DsRoleGetPrimaryDomainInformation")

    assert kept.finish() == [
        "a buffer of DsRoleGetPrimaryDomainInformation was never freed with DsRoleFreeMemory",
        "a buffer of LsaLookupSids2 was never freed with LsaFreeMemory",
        "a handle of LsaOpenPolicy was never closed",
    ]


@pytest.mark.parametrize(
    ("ci", "outcome"),
    [
        pytest.param(None, pytest.skip.Exception, id="skipped at home"),
        pytest.param("true", pytest.fail.Exception, id="a failure in CI, where a skip would hide it"),
    ],
)
def test_a_program_that_is_not_there(ci, outcome, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", ci)

    with pytest.raises(outcome, match="no no-such-program that serves"):
        engine.need("no-such-program")
