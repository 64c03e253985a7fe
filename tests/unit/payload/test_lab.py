# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change that is tried out on a lab host: what becomes of the machine, and that engine and emulator do and tell the same."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import lab
from fleet.backends.emulator.lab import prove_change
from fleet.windows.machine import FLOOR, Fault, Logon, Machine, Token

ADD, REMOVE, READ = "LsaAddAccountRights", "LsaRemoveAccountRights", "LsaEnumerateAccountsWithUserRight"
DENIED = 0xC0000022
STEPS = [expected.step for expected in lab.STEPS]


def case(name, steps, after=FLOOR, *, held=FLOOR, services=(), faults=None, token=Token.ADMINISTRATOR, refused=None):
    """`steps`: how many are told; `after`: who holds the right on the machine at the end."""
    machine = Machine.standalone_server("LAB01", holders=held, logons={"SIM\\auditor": Logon("Simulated-1", token)})
    machine.faults.update(faults or {})
    machine.services = tuple(services)
    return pytest.param(machine, steps, set(after), refused, id=name)


CASES = [
    case("as documented", len(STEPS)),
    case("beside others who hold the right", len(STEPS), {*FLOOR, "S-1-5-32-568"}, held={*FLOOR, "S-1-5-32-568"}),
    case("the SID holds the right already", 0, {*FLOOR, lab.SID}, held={*FLOOR, lab.SID}, refused="holds the right"),
    case("there is such a service", 0, services=[lab.SERVICE], refused="There is a service"),
    case("no administrator", 0, token=Token.USER, refused="LsaOpenPolicy failed with 0xC0000022"),
    case("giving fails", len(STEPS), faults={ADD: Fault(DENIED)}),
    case("taking fails once", len(STEPS), faults={REMOVE: Fault(DENIED, on=1)}),
    case("taking never works", len(STEPS), {*FLOOR, lab.SID}, faults={REMOVE: Fault(DENIED)}),
    case("a read in between fails", len(STEPS), faults={READ: Fault(DENIED, on=2)}),
]


@pytest.mark.parametrize(("machine", "steps", "after", "refused"), CASES)
def test_what_becomes_of_a_machine(machine, steps, after, refused):
    machine = copy.deepcopy(machine)
    answer = prove_change(machine, "SIM\\auditor", machine.logons["SIM\\auditor"].token, lab.ARGUMENTS)

    assert set(machine.holders()) == after
    assert [row["step"] for row in answer["steps"]] == STEPS[:steps]
    assert answer["changed"] is (lab.SID in after and steps > 0)
    assert (refused or "") in (answer["refused"] or "")
    assert bool(answer["refused"]) is bool(refused)


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "steps", "after", "refused"), CASES)
def test_the_payload_does_and_tells_the_same(machine, steps, after, refused, powershell, tell):
    del steps, refused
    real, model = copy.deepcopy(machine), copy.deepcopy(machine)
    answer = tell(powershell, real, "prove_change", **lab.ARGUMENTS)

    assert answer == prove_change(model, "SIM\\auditor", model.logons["SIM\\auditor"].token, lab.ARGUMENTS)
    assert set(real.holders()) == set(model.holders()) == after


@pytest.mark.engine
@pytest.mark.parametrize(
    ("good", "bad", "breach"),
    [
        pytest.param(
            "CloseHandle(token);", "", "a handle of CreateRestrictedToken was never closed", id="leaks the token that was made"
        ),
        pytest.param("CloseHandle(own);", "", "a handle of OpenProcessToken was never closed", id="leaks its own token"),
        pytest.param(
            'Must("RevertToSelf", RevertToSelf());',
            "",
            "a handle of ImpersonateLoggedOnUser was never closed",
            id="stays who it is not",
        ),
        pytest.param("TokenDuplicate | TokenQuery", "0xF01FF", "OpenProcessToken asks for 0xf01ff", id="opens its token wide"),
    ],
)
def test_a_misuse_fails(good, bad, breach, powershell, tell, spoilt):
    spoil = spoilt(powershell, ("plugins/module_utils/_LsaLab.cs", good, bad))
    answer = tell(spoil, Machine.standalone_server("LAB01"), "prove_change", **lab.ARGUMENTS)

    assert answer["failed"]
    assert breach in answer["msg"]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("good", "bad", "call"),
    [
        pytest.param(
            'Must("OpenProcessToken", OpenProcessToken(GetCurrentProcess(), TokenDuplicate | TokenQuery, out own));',
            'own = IntPtr.Zero; Must("OpenProcessToken", 0);',
            "OpenProcessToken",
            id="its own token",
        ),
        pytest.param(
            'Must("ImpersonateLoggedOnUser", ImpersonateLoggedOnUser(token));',
            'Must("ImpersonateLoggedOnUser", 0);',
            "ImpersonateLoggedOnUser",
            id="to be somebody else",
        ),
    ],
)
def test_what_windows_refuses_a_plain_user_is_told_and_nothing_stays(good, bad, call, powershell, tell, spoilt):
    machine = Machine.standalone_server("LAB01")

    answer = tell(spoilt(powershell, ("plugins/module_utils/_LsaLab.cs", good, bad)), machine, "prove_change", **lab.ARGUMENTS)

    assert [row["step"] for row in answer["steps"]] == STEPS
    assert answer["steps"][-1] == {"step": STEPS[-1], "status": None, "call": None, "error": f"{call} failed.", "holders": None}
    assert (answer["changed"], set(answer["after"]), set(machine.holders())) == (False, set(FLOOR), set(FLOOR))


@pytest.mark.engine
def test_a_message_in_another_language_arrives_on_any_code_page(powershell, tell, spoilt):
    """An error of Windows is in its own language; what is printed is ASCII, which the fixture asserts."""
    message = (
        "plugins/modules/prove_change.ps1",
        "= 'There is a service",
        '= "$([char] 0xFC)$([char] 0x20AC) " + \'There is a service',
    )
    machine = Machine.standalone_server("LAB01")
    machine.services = (lab.SERVICE,)

    answer = tell(spoilt(powershell, message), machine, "prove_change", **lab.ARGUMENTS)

    assert answer["refused"].startswith("ü€ There is a service")
