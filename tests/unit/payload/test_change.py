# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of the right: what becomes of the machine, and that engine and emulator do and tell the same."""

from __future__ import annotations

import copy

import pytest

from fleet.backends.emulator.change import local_right
from fleet.windows import lsa, names
from fleet.windows.machine import FLOOR, RIGHT, Fault, Logon, Machine, Meddling, Token

USERS, GUESTS, IIS = names.USERS, "S-1-5-32-546", names.IIS_IUSRS
ORPHAN = "S-1-5-21-1004336348-1177238915-682003330-1107"
HELD = {*FLOOR, USERS, ORPHAN}
ADD, REMOVE, READ = "LsaAddAccountRights", "LsaRemoveAccountRights", "LsaEnumerateAccountsWithUserRight"
DENIED = 0xC0000022
HOLDERS = "The holders of SeImpersonatePrivilege"


def case(name, outcome, after, *, held=HELD, expected=HELD, add=(), remove=(), faults=None, meddle=(), error=None, rows=None,
         token=Token.ADMINISTRATOR):  # fmt: skip
    """`after`: who holds the right on the machine at the end; `rows`: (op, sid, status) of the calls, then of those that undo."""
    machine = Machine.member_server("HOST01", holders=held, logons={"SIM\\auditor": Logon("Simulated-1", token)})
    machine.faults.update(faults or {})
    machine.meddle.extend(meddle)
    args = {"expected": sorted(expected), "add": list(add), "remove": list(remove)}
    return pytest.param(machine, args, outcome, set(after), error, rows, id=name)


def row(operation, sid, status=0):
    return (operation, sid, f"0x{status:08X}")


CASES = [
    case("adds", "applied", HELD | {IIS}, add=[IIS], rows=([row("add", IIS)], [])),
    case("removes", "applied", HELD - {USERS}, remove=[USERS], rows=([row("remove", USERS)], [])),
    case(
        "adds, then removes",
        *("applied", {*FLOOR, IIS, GUESTS}),
        add=[IIS, GUESTS],
        remove=[USERS, ORPHAN],
        rows=([row("add", IIS), row("add", GUESTS), row("remove", USERS), row("remove", ORPHAN)], []),
    ),
    case("has nothing to do", "applied", HELD, rows=([], [])),
    case("takes the right from everybody it can", "applied", {*FLOOR[1:3]}, remove=[*FLOOR[:1], *FLOOR[3:], USERS, ORPHAN]),
    case("removes an account that others removed at that moment", "applied", HELD - {ORPHAN, USERS}, remove=[ORPHAN, USERS],
         meddle=[Meddling(READ, revoke=(ORPHAN,))],
         rows=([row("remove", ORPHAN, lsa.OBJECT_NAME_NOT_FOUND), row("remove", USERS)], [])),
    case("adds the first of all holders", "applied", {names.SERVICE}, held=(), expected=(), add=[names.SERVICE],
         rows=([row("add", names.SERVICE)], [])),
    case("takes away the last holder, whose account object has no other right", "applied", (), held=[ORPHAN], expected=[ORPHAN],
         remove=[ORPHAN], rows=([row("remove", ORPHAN)], [])),
    case("somebody else got the right since it was read", "changed_meanwhile", HELD, add=[IIS], remove=[USERS],
         expected=HELD - {ORPHAN}, rows=([], [])),
    case("somebody else lost it", "changed_meanwhile", HELD, add=[IIS], expected=HELD | {GUESTS}, rows=([], [])),
    case("the first addition fails", "undone", HELD, add=[IIS, GUESTS], remove=[USERS], faults={ADD: Fault(DENIED, on=1)},
         error=(ADD, "0xC0000022", IIS), rows=([row("add", IIS, DENIED)], [])),
    case("the second addition fails", "undone", HELD, add=[IIS, GUESTS], remove=[USERS], faults={ADD: Fault(DENIED, on=2)},
         error=(ADD, "0xC0000022", GUESTS), rows=([row("add", IIS), row("add", GUESTS, DENIED)], [row("remove", IIS)])),
    case("the first removal fails", "undone", HELD, add=[IIS], remove=[USERS], faults={REMOVE: Fault(0xC000009A, on=1)},
         error=(REMOVE, "0xC000009A", USERS), rows=([row("add", IIS), row("remove", USERS, 0xC000009A)], [row("remove", IIS)])),
    case("the second removal fails", "undone", HELD, add=[IIS, GUESTS], remove=[USERS, ORPHAN],
         faults={REMOVE: Fault(0xC000009A, on=2)}, error=(REMOVE, "0xC000009A", ORPHAN),
         rows=([row("add", IIS), row("add", GUESTS), row("remove", USERS), row("remove", ORPHAN, 0xC000009A)],
               [row("add", USERS), row("remove", GUESTS), row("remove", IIS)])),
    case("LOCAL SERVICE stays", "undone", HELD, add=[IIS], remove=[USERS, names.LOCAL_SERVICE],
         error=(REMOVE, "0xC00000BB", names.LOCAL_SERVICE),
         rows=([row("add", IIS), row("remove", USERS), row("remove", names.LOCAL_SERVICE, lsa.NOT_SUPPORTED)],
               [row("add", USERS), row("remove", IIS)])),
    case("NETWORK SERVICE stays", "undone", HELD, remove=[names.NETWORK_SERVICE],
         error=(REMOVE, "0xC00000BB", names.NETWORK_SERVICE),
         rows=([row("remove", names.NETWORK_SERVICE, lsa.NOT_SUPPORTED)], [])),
    case("undoing an addition fails", "undo_failed", HELD | {IIS}, add=[IIS], remove=[USERS], faults={REMOVE: DENIED},
         error=(REMOVE, "0xC0000022", USERS),
         rows=([row("add", IIS), row("remove", USERS, DENIED)], [row("remove", IIS, DENIED)])),
    case("undoing one of three fails, the others are undone", "undo_failed", HELD - {USERS}, add=[IIS, GUESTS],
         remove=[USERS, ORPHAN], faults={REMOVE: Fault(DENIED, on=2), ADD: Fault(DENIED, on=3)},
         error=(REMOVE, "0xC0000022", ORPHAN),
         rows=([row("add", IIS), row("add", GUESTS), row("remove", USERS), row("remove", ORPHAN, DENIED)],
               [row("add", USERS, DENIED), row("remove", GUESTS), row("remove", IIS)])),
    case("what others removed is not given back", "undo_failed", HELD - {ORPHAN}, remove=[ORPHAN, names.LOCAL_SERVICE],
         meddle=[Meddling(READ, revoke=(ORPHAN,))], error=(REMOVE, "0xC00000BB", names.LOCAL_SERVICE),
         rows=([row("remove", ORPHAN, lsa.OBJECT_NAME_NOT_FOUND), row("remove", names.LOCAL_SERVICE, lsa.NOT_SUPPORTED)], [])),
    case("a holder from before is not undone", "undone", HELD, add=[USERS], remove=[GUESTS, names.LOCAL_SERVICE],
         error=(REMOVE, "0xC00000BB", names.LOCAL_SERVICE),
         rows=([row("add", USERS), row("remove", GUESTS, lsa.OBJECT_NAME_NOT_FOUND),
                row("remove", names.LOCAL_SERVICE, lsa.NOT_SUPPORTED)], [])),
    case("the second read fails", "undone", HELD, add=[IIS], remove=[USERS], faults={READ: Fault(DENIED, on=2)},
         error=(READ, "0xC0000022", None),
         rows=([row("add", IIS), row("remove", USERS)], [row("add", USERS), row("remove", IIS)])),
    case("every read after the first fails", "undo_failed", HELD, add=[IIS], faults={READ: Fault(DENIED, on=(2, 3))},
         error=(READ, "0xC0000022", None), rows=([row("add", IIS)], [row("remove", IIS)])),
    case("somebody meddles, the second read shows it", "undo_failed", HELD | {GUESTS}, add=[IIS],
         meddle=[Meddling(ADD, grant=(GUESTS,))], error=("re-read", None, None), rows=([row("add", IIS)], [row("remove", IIS)])),
    case("somebody takes back what was added, and returns it", "undone", HELD, add=[IIS], remove=[USERS],
         meddle=[Meddling(REMOVE, revoke=(IIS,)), Meddling(READ, on=2, grant=(IIS,))], error=("re-read", None, None),
         rows=([row("add", IIS), row("remove", USERS)], [row("add", USERS), row("remove", IIS)])),
    case("the policy does not open", "not_started", HELD, add=[IIS], faults={"LsaOpenPolicy": 0xC00000DC},
         error=("LsaOpenPolicy", "0xC00000DC", None), rows=([], [])),
    case("a user", "not_started", HELD, add=[IIS], token=Token.USER, error=("LsaOpenPolicy", "0xC0000022", None), rows=([], [])),
    case("a token filtered by UAC", "not_started", HELD, add=[IIS], token=Token.FILTERED,
         error=("LsaOpenPolicy", "0xC0000022", None), rows=([], [])),
    case("the first read is denied", "not_started", HELD, add=[IIS], faults={READ: DENIED}, error=(READ, "0xC0000022", None),
         rows=([], [])),
    case("a name instead of a SID", "not_started", HELD, add=[IIS, "Everyone"], error=("preparation", None, None), rows=([], [])),
    case("the token cannot be asked", "applied", HELD | {IIS}, add=[IIS], faults={"OpenProcessToken": 5}),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "args", "outcome", "after", "error", "rows"), CASES)
def test_what_becomes_of_the_machine(machine, args, outcome, after, error, rows, powershell, tell):
    twin = copy.deepcopy(machine)
    others = {sid: rights - {RIGHT} for sid, rights in machine.rights.items() if rights - {RIGHT}}

    answer = tell(powershell, machine, "local_right", **args)

    # the machine itself
    assert set(machine.holders()) == after
    assert {sid: rights - {RIGHT} for sid, rights in machine.rights.items() if rights - {RIGHT}} == others
    # what is told of it
    assert answer["outcome"] == outcome
    assert answer["changed"] == (outcome == "undo_failed" or (outcome == "applied" and after != set(args["expected"])))
    assert answer["error"] == (error and dict(zip(("call", "status", "sid"), error, strict=True)))
    assert answer["after"] in (None, sorted(after))
    assert answer.get("failed", False) == answer.get("msg", "").startswith(HOLDERS) == (outcome != "applied")
    if rows is not None:
        told = [[(one["op"], one["sid"], one["status"]) for one in answer[kind]] for kind in ("attempted", "undone")]
        assert tuple(told) == rows
    # the emulator
    twin.powershell = answer["session"]["powershell"]
    user, logon = twin.find_logon("SIM\\auditor")
    assert local_right(twin, user, logon.token, args) == answer
    assert twin.rights == machine.rights


@pytest.mark.engine
def test_a_sid_that_cannot_be_understood_stops_it(powershell, tell, spoilt):
    """Played by a payload that takes the revision of every SID for a wrong one."""
    machine = Machine.member_server("HOST01")
    changed = ("plugins/module_utils/_LsaRights.cs", "Marshal.ReadByte(sid) != 1", "Marshal.ReadByte(sid) == 1")

    answer = tell(spoilt(powershell, changed), machine, "local_right", expected=[*FLOOR], add=[IIS], remove=[])

    assert (answer["outcome"], answer["changed"], answer["before"]) == ("not_started", False, None)
    assert answer["error"] == {"call": "preparation", "status": None, "sid": None}
    assert answer["msg"] == f"{HOLDERS} were not changed: Windows gave a SID of unknown form."
    assert answer["session"]["user"] is None
    assert set(machine.holders()) == set(FLOOR)
