# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of the LSA behaves as [MS-LSAD] and [MS-LSAT] say, not as the simplest payload would like it."""

from __future__ import annotations

import pytest

from fleet.windows import lsa, names
from fleet.windows.lookup import TranslatedName, TranslatedSid
from fleet.windows.lsa import Lsa
from fleet.windows.machine import RIGHT, Domain, Fault, Machine, Meddling, Token
from fleet.windows.names import Use

CORP = Domain("CORP", "corp.example", names.domain_sid("CORP"))
SIM = names.domain_sid("SIM")
STRANGER = f"{SIM}-1105"
READ, CHANGE = 0x801, 0x811


def opened(machine=None, token=Token.ADMINISTRATOR, access=CHANGE):
    client = Lsa(machine or Machine.member_server("HOST01"), token)
    status, handle = client.open_policy(access)
    assert status == lsa.SUCCESS
    return client, handle


@pytest.mark.parametrize(
    ("token", "access", "status"),
    [
        pytest.param(Token.ADMINISTRATOR, READ, lsa.SUCCESS, id="an administrator reads"),
        pytest.param(Token.ADMINISTRATOR, CHANGE, lsa.SUCCESS, id="an administrator changes"),
        pytest.param(Token.ADMINISTRATOR, 0xF0FFF, lsa.SUCCESS, id="an administrator takes all"),
        pytest.param(Token.ADMINISTRATOR, 0x10000000, lsa.SUCCESS, id="GENERIC_ALL"),
        pytest.param(Token.ADMINISTRATOR, 0x1000, lsa.ACCESS_DENIED, id="NOTIFICATION is not part of all access"),
        pytest.param(Token.USER, READ, lsa.SUCCESS, id="anyone may open to read: the denial comes later"),
        pytest.param(Token.FILTERED, READ, lsa.SUCCESS, id="a filtered token may, too"),
        pytest.param(Token.USER, 0x20000000, lsa.SUCCESS, id="GENERIC_EXECUTE is what everyone has"),
        pytest.param(Token.USER, 0x02000000, lsa.SUCCESS, id="MAXIMUM_ALLOWED gives a user what he has"),
        pytest.param(Token.USER, CHANGE, lsa.ACCESS_DENIED, id="a user does not change"),
        pytest.param(Token.FILTERED, CHANGE, lsa.ACCESS_DENIED, id="nor does a filtered token"),
        pytest.param(Token.ADMINISTRATOR, 0, lsa.INVALID_PARAMETER, id="no access at all"),
    ],
)
def test_who_may_open_the_policy(token, access, status):
    client = Lsa(Machine.member_server("HOST01"), token)

    assert client.open_policy(access)[0] == status
    assert bool(client.open_handles) == (status == lsa.SUCCESS)


@pytest.mark.parametrize(
    ("token", "access", "right", "status"),
    [
        pytest.param(Token.ADMINISTRATOR, READ, RIGHT, lsa.SUCCESS, id="an administrator"),
        pytest.param(Token.USER, READ, RIGHT, lsa.ACCESS_DENIED, id="a user with the same handle"),
        pytest.param(Token.FILTERED, READ, RIGHT, lsa.ACCESS_DENIED, id="an administrator filtered by UAC"),
        pytest.param(Token.ADMINISTRATOR, 0x800, RIGHT, lsa.ACCESS_DENIED, id="a handle without VIEW_LOCAL_INFORMATION"),
        pytest.param(Token.ADMINISTRATOR, 0x1, RIGHT, lsa.ACCESS_DENIED, id="a handle without LOOKUP_NAMES"),
        pytest.param(Token.ADMINISTRATOR, READ, "SeImpersonate", lsa.NO_SUCH_PRIVILEGE, id="a misspelt right"),
        pytest.param(Token.ADMINISTRATOR, READ, "SeDebugPrivilege", lsa.NO_MORE_ENTRIES, id="a right that nobody holds"),
    ],
)
def test_who_may_see_the_holders(token, access, right, status):
    client, handle = opened(token=token, access=access)

    answer, sids = client.enumerate_accounts_with_user_right(handle, right)

    assert answer == status
    assert sorted(sids) == (sorted(("S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-6")) if status == lsa.SUCCESS else [])


def test_a_closed_handle_is_invalid_everywhere():
    client, handle = opened()

    assert client.close(handle) == lsa.SUCCESS
    assert client.open_handles == {}
    assert {
        client.close(handle),
        client.enumerate_accounts_with_user_right(handle, RIGHT)[0],
        client.add_account_rights(handle, STRANGER, [RIGHT]),
        client.remove_account_rights(handle, STRANGER, False, [RIGHT]),
        client.enumerate_account_rights(handle, STRANGER)[0],
        client.lookup_sids2(handle, [STRANGER])[0],
        client.lookup_names2(handle, 0, ["SIM\\x"])[0],
    } == {lsa.INVALID_HANDLE}


def test_an_account_object_lives_as_long_as_it_has_rights():
    machine = Machine.member_server("HOST01")
    client, handle = opened(machine)

    assert client.enumerate_account_rights(handle, STRANGER) == (lsa.OBJECT_NAME_NOT_FOUND, [])
    assert client.add_account_rights(handle, STRANGER, [RIGHT, "SeDebugPrivilege"]) == lsa.SUCCESS
    assert client.add_account_rights(handle, STRANGER, [RIGHT]) == lsa.SUCCESS  # held already: ignored
    assert client.enumerate_account_rights(handle, STRANGER) == (lsa.SUCCESS, ["SeDebugPrivilege", RIGHT])
    assert client.remove_account_rights(handle, STRANGER, False, [RIGHT]) == lsa.SUCCESS
    assert client.remove_account_rights(handle, STRANGER, False, [RIGHT]) == lsa.SUCCESS  # not held: ignored
    assert machine.rights[STRANGER] == {"SeDebugPrivilege"}
    assert client.remove_account_rights(handle, STRANGER, False, ["SeDebugPrivilege"]) == lsa.SUCCESS
    assert STRANGER not in machine.rights
    assert client.remove_account_rights(handle, STRANGER, False, [RIGHT]) == lsa.OBJECT_NAME_NOT_FOUND


@pytest.mark.parametrize(
    ("sid", "every", "rights", "status"),
    [
        pytest.param("S-1-5-19", False, [RIGHT], lsa.NOT_SUPPORTED, id="LOCAL SERVICE is protected"),
        pytest.param("S-1-5-20", False, [RIGHT], lsa.NOT_SUPPORTED, id="NETWORK SERVICE is protected"),
        pytest.param("S-1-5-20", False, ["SeAuditPrivilege"], lsa.NOT_SUPPORTED, id="for four privileges"),
        pytest.param("S-1-5-19", False, ["SeDebugPrivilege"], lsa.SUCCESS, id="and no other"),
        pytest.param("S-1-5-19", True, [], lsa.NOT_SUPPORTED, id="all rights of a protected account"),
        pytest.param("S-1-5-32-544", False, [RIGHT], lsa.SUCCESS, id="Administrators are not protected by the LSA"),
        pytest.param("S-1-5-6", False, [RIGHT], lsa.SUCCESS, id="nor is SERVICE"),
        pytest.param("S-1-5-32-544", True, [], lsa.SUCCESS, id="all rights of an account"),
        pytest.param("S-1-5-32-544", False, [], lsa.INVALID_PARAMETER, id="no rights and not all"),
        pytest.param("S-1-5-32-544", False, ["SeNothing"], lsa.NO_SUCH_PRIVILEGE, id="a misspelt right"),
        pytest.param("S-1-5-x", False, [RIGHT], lsa.INVALID_PARAMETER, id="no SID"),
        pytest.param(STRANGER, False, [RIGHT], lsa.OBJECT_NAME_NOT_FOUND, id="an account without an object"),
    ],
)
def test_removing(sid, every, rights, status):
    machine = Machine.member_server("HOST01")
    expected = {one: set(held) for one, held in machine.rights.items()}
    if status == lsa.SUCCESS:
        expected[sid] -= expected[sid] if every else set(rights)
    client, handle = opened(machine)

    assert client.remove_account_rights(handle, sid, every, rights) == status
    assert machine.rights == {one: held for one, held in expected.items() if held}


@pytest.mark.parametrize(
    ("token", "access", "sid", "rights", "status"),
    [
        pytest.param(Token.ADMINISTRATOR, READ, "S-1-5-32-545", [RIGHT], lsa.ACCESS_DENIED, id="a new object needs CREATE_ACCOUNT"),
        pytest.param(Token.ADMINISTRATOR, READ, "S-1-1-0", [RIGHT], lsa.SUCCESS, id="one that is there does not"),
        pytest.param(Token.USER, READ, "S-1-1-0", [RIGHT], lsa.ACCESS_DENIED, id="a user may not"),
        pytest.param(Token.ADMINISTRATOR, CHANGE, "S-1-5-21-9", [RIGHT], lsa.SUCCESS, id="any valid SID may hold a right"),
        pytest.param(Token.ADMINISTRATOR, CHANGE, "S-2-5-21-9", [RIGHT], lsa.INVALID_PARAMETER, id="no SID"),
        pytest.param(Token.ADMINISTRATOR, CHANGE, STRANGER, [], lsa.INVALID_PARAMETER, id="no rights"),
        pytest.param(Token.ADMINISTRATOR, CHANGE, STRANGER, ["SeX"], lsa.NO_SUCH_PRIVILEGE, id="a misspelt right"),
    ],
)
def test_adding(token, access, sid, rights, status):
    machine = Machine.member_server("HOST01")
    client, handle = opened(machine, token, access)

    assert client.add_account_rights(handle, sid, rights) == status
    assert (sid in machine.holders()) == (status == lsa.SUCCESS)


def known(use, name, index=0):
    return TranslatedName(use, name, index)


@pytest.mark.parametrize(
    ("sids", "status", "entries", "domains"),
    [
        pytest.param(
            ["S-1-5-32-544", "S-1-5-6"],
            lsa.SUCCESS,
            [known(Use.ALIAS, "Administrators"), known(Use.WELL_KNOWN_GROUP, "SERVICE", 1)],
            ["BUILTIN", "NT AUTHORITY"],
            id="well-known ones",
        ),
        pytest.param(
            ["S-1-5-6", "S-1-5-21-1-2-3-4"],
            lsa.SOME_NOT_MAPPED,
            [known(Use.WELL_KNOWN_GROUP, "SERVICE"), known(Use.UNKNOWN, "S-1-5-21-1-2-3-4", -1)],
            ["NT AUTHORITY"],
            id="a wholly unknown one among them",
        ),
        pytest.param([f"{SIM}-1001"], lsa.NONE_MAPPED, [known(Use.UNKNOWN, "000003E9")], ["SIM"], id="unknown in a known domain"),
        pytest.param([SIM], lsa.SUCCESS, [known(Use.DOMAIN, "SIM")], ["SIM"], id="a domain, whose name is filled in but not valid"),
        pytest.param(["S-1-5-32-9999"], lsa.NONE_MAPPED, [known(Use.UNKNOWN, "0000270F")], ["BUILTIN"], id="unknown in BUILTIN"),
        pytest.param(["S-1-1-0"], lsa.SUCCESS, [known(Use.WELL_KNOWN_GROUP, "Everyone")], [""], id="a name without domain"),
        pytest.param(
            [names.service_sid("w3svc"), names.app_pool_sid("DefaultAppPool")],
            lsa.SUCCESS,
            [known(Use.WELL_KNOWN_GROUP, "W3SVC"), known(Use.WELL_KNOWN_GROUP, "DefaultAppPool", 1)],
            ["NT SERVICE", "IIS APPPOOL"],
            id="a service and an application pool that are there",
        ),
        pytest.param(
            [names.PRINT_SPOOLER], lsa.NONE_MAPPED, [known(Use.UNKNOWN, names.PRINT_SPOOLER, -1)], [], id="too new for this build"
        ),
    ],
)
def test_looking_up_sids(sids, status, entries, domains):
    client, handle = opened(Machine.member_server("HOST01", iis=True))

    answer, found = client.lookup_sids2(handle, sids)

    assert (answer, found.entries, [name for name, _sid in found.domains]) == (status, entries, domains)


@pytest.mark.parametrize(
    ("asked", "flags", "status", "entry"),
    [
        pytest.param("SIM\\svc", 0, lsa.SUCCESS, TranslatedSid(Use.USER, f"{SIM}-1105", 0), id="DOMAIN\\name"),
        pytest.param("sim\\SVC", 0, lsa.SUCCESS, TranslatedSid(Use.USER, f"{SIM}-1105", 0), id="in any case"),
        pytest.param("svc@sim.example", 0, lsa.SUCCESS, TranslatedSid(Use.USER, f"{SIM}-1105", 0), id="a UPN"),
        pytest.param("corp.example\\svc", 0, lsa.SUCCESS, TranslatedSid(Use.USER, f"{CORP.sid}-7", 0), id="a DNS name of a trust"),
        pytest.param("SIM\\gone", 0, lsa.NONE_MAPPED, TranslatedSid(Use.UNKNOWN, None, 0), id="unknown in a known domain"),
        pytest.param("X\\gone", 0, lsa.NONE_MAPPED, TranslatedSid(Use.UNKNOWN, None, -1), id="an unknown domain"),
        pytest.param("IUSR", 0, lsa.SUCCESS, TranslatedSid(Use.WELL_KNOWN_GROUP, "S-1-5-17", 0), id="isolated: well-known first"),
        pytest.param(
            "Administrators", 0, lsa.SUCCESS, TranslatedSid(Use.ALIAS, "S-1-5-32-544", 0), id="isolated: a built-in group"
        ),
        pytest.param("local", 0, lsa.SUCCESS, TranslatedSid(Use.USER, "own-1001", 0), id="isolated: a local account"),
        pytest.param("svc", 0, lsa.SUCCESS, TranslatedSid(Use.USER, f"{SIM}-1105", 0), id="isolated: then the primary domain"),
        pytest.param("far", 0, lsa.SUCCESS, TranslatedSid(Use.USER, f"{CORP.sid}-8", 0), id="isolated: then trusted domains"),
        pytest.param("svc", lsa.ISOLATED_AS_LOCAL, lsa.NONE_MAPPED, TranslatedSid(Use.UNKNOWN, None, -1), id="isolated as local"),
        pytest.param(
            "svc@sim.example",
            lsa.ISOLATED_AS_LOCAL,
            lsa.NONE_MAPPED,
            TranslatedSid(Use.UNKNOWN, None, -1),
            id="no view has a UPN then",
        ),
        pytest.param("local", lsa.ISOLATED_AS_LOCAL, lsa.SUCCESS, TranslatedSid(Use.USER, "own-1001", 0), id="local and local"),
        pytest.param("CORP", 0, lsa.SUCCESS, TranslatedSid(Use.DOMAIN, CORP.sid, 0), id="the trap: a domain beats an account"),
        pytest.param("HOST01", 0, lsa.SUCCESS, TranslatedSid(Use.DOMAIN, "own", 0), id="the trap: so does the machine"),
        pytest.param("svc", 1, lsa.INVALID_PARAMETER, None, id="unknown flags"),
    ],
)
def test_looking_up_names(asked, flags, status, entry):
    machine = Machine.member_server("HOST01")
    machine.trusts = (CORP,)
    machine.add_account("svc", domain="SIM", rid=1105)
    machine.add_account("local", rid=1001)
    machine.add_account("svc", domain="CORP", rid=7)
    machine.add_account("far", domain="CORP", rid=8)
    machine.add_account("CORP", domain="SIM", rid=9)
    client, handle = opened(machine)

    answer, found = client.lookup_names2(handle, flags, [asked])

    if entry is not None and entry.sid is not None:
        entry = TranslatedSid(entry.use, entry.sid.replace("own", machine.sid), entry.domain_index)
    assert answer == status
    assert found.entries == ([] if entry is None else [entry])


@pytest.mark.parametrize("count", [0, 1001])
def test_a_lookup_of_none_or_too_many_is_refused(count):
    client, handle = opened()

    assert client.lookup_sids2(handle, ["S-1-5-6"] * count)[0] == lsa.INVALID_PARAMETER
    assert client.lookup_names2(handle, 0, ["SIM\\x"] * count)[0] == lsa.INVALID_PARAMETER


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        pytest.param("en", ("BUILTIN", "Administrators", "NT AUTHORITY", "LOCAL SERVICE", "NETWORK SERVICE"), id="English"),
        pytest.param("de", ("VORDEFINIERT", "Administratoren", "NT-AUTORITÄT", "LOKALER DIENST", "NETZWERKDIENST"), id="German"),
        pytest.param("fr", ("BUILTIN", "Administrateurs", "AUTORITE NT", "SERVICE LOCAL", "SERVICE RÉSEAU"), id="French"),
        pytest.param("it", ("BUILTIN", "Administrators", "NT AUTHORITY", "SERVIZIO LOCALE", "SERVIZIO DI RETE"), id="Italian"),
        pytest.param("es", ("BUILTIN", "Administradores", "NT AUTHORITY", "SERVICIO LOC", "SERVICIO DE RED"), id="Spanish"),
        pytest.param("ru", ("BUILTIN", "Администраторы", "NT AUTHORITY", "LOCAL SERVICE", "NETWORK SERVICE"), id="Russian"),
        pytest.param("ja", ("BUILTIN", "Administrators", "NT AUTHORITY", "LOCAL SERVICE", "NETWORK SERVICE"), id="Japanese"),
    ],
)
def test_names_follow_the_system_locale(language, expected):
    client, handle = opened(Machine.member_server("HOST01", language=language))

    _unused, found = client.lookup_sids2(handle, ["S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-17", "S-1-5-32-568"])

    shown = [entry.name for entry in found.entries]
    assert (found.domains[0][0], shown[0], found.domains[1][0], *shown[1:3]) == expected
    assert shown[3:] == ["IUSR", "IIS_IUSRS"]  # never localized


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        pytest.param(0xC0000001, [0xC0000001] * 3, id="every call"),
        pytest.param(Fault(0xC000009A, on=2), [lsa.SUCCESS, 0xC000009A, lsa.SUCCESS], id="the second call only"),
        pytest.param(Fault(0xC000009A, on=(1, 3)), [0xC000009A, lsa.SUCCESS, 0xC000009A], id="two of three calls"),
    ],
)
def test_a_fault_is_answered_instead(fault, statuses):
    client, handle = opened(Machine.member_server("HOST01", faults={"LsaLookupSids2": fault}))

    assert [client.lookup_sids2(handle, ["S-1-5-6"])[0] for _unused in range(3)] == statuses


ENUMERATE, ADD, REMOVE = "LsaEnumerateAccountsWithUserRight", "LsaAddAccountRights", "LsaRemoveAccountRights"


@pytest.mark.parametrize(
    ("call", "statuses"),
    [
        pytest.param(ADD, [lsa.SUCCESS, 0xC0000022, lsa.SUCCESS, lsa.SUCCESS], id="an addition"),
        pytest.param(REMOVE, [lsa.SUCCESS, lsa.SUCCESS, lsa.SUCCESS, 0xC0000022], id="a removal"),
    ],
)
def test_a_change_that_fails_at_the_second_call_changes_nothing(call, statuses):
    machine = Machine.member_server("HOST01", faults={call: Fault(0xC0000022, on=2)})
    client, handle = opened(machine)

    done = [client.add_account_rights(handle, sid, [RIGHT]) for sid in ("S-1-1-0", STRANGER)]
    done += [client.remove_account_rights(handle, sid, False, [RIGHT]) for sid in ("S-1-1-0", "S-1-5-6")]

    assert done == statuses
    assert (STRANGER in machine.holders()) == (call == REMOVE)
    assert ("S-1-5-6" in machine.holders()) == (call == REMOVE)


@pytest.mark.parametrize(
    ("call", "nth", "seen"),
    [
        pytest.param("LsaOpenPolicy", 1, [True, True, True], id="before anything is read"),
        pytest.param(ENUMERATE, 1, [False, True, True], id="after the first read"),
        pytest.param(ADD, 1, [False, True, True], id="after the first addition"),
        pytest.param(REMOVE, 1, [False, False, True], id="after the first removal"),
        pytest.param(REMOVE, 2, [False, False, False], id="after a call that never comes"),
    ],
)
def test_somebody_else_meddles_once(call, nth, seen):
    machine = Machine.member_server("HOST01")
    machine.meddle.append(Meddling(call, on=nth, grant=(STRANGER,), revoke=("S-1-5-6",)))
    client, handle = opened(machine)

    def look():
        holders = client.enumerate_accounts_with_user_right(handle, RIGHT)[1]
        assert (STRANGER in holders) != ("S-1-5-6" in holders)
        return STRANGER in holders

    looks = [look()]
    client.add_account_rights(handle, "S-1-1-0", [RIGHT])
    looks.append(look())
    client.remove_account_rights(handle, "S-1-1-0", False, [RIGHT])
    looks.append(look())

    assert looks == seen
    assert bool(machine.meddle) == (not any(seen))
