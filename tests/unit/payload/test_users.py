# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose tokens a change concerns: the read before a change tells services and pools, under the engine and by the emulator.

More of pools is in test_pools.py: an audit tells them, too.
"""

from __future__ import annotations

import copy

import pytest

from fleet.backends.emulator.change import local_right
from fleet.windows import names
from fleet.windows.machine import Fault, Iis, Logon, Machine, Pool, Token

SVC, WEB = f"{names.domain_sid('SIM')}-1105", f"{names.domain_sid('HOST01')}-1003"
SYSTEM, LOCAL, NETWORK = names.SYSTEM, names.LOCAL_SERVICE, names.NETWORK_SERVICE


def server(*, token=Token.ADMINISTRATOR, **fields):
    machine = Machine.member_server("HOST01", logons={"SIM\\auditor": Logon("Simulated-1", token)})
    for name, value in fields.items():
        setattr(machine, name, value)
    machine.add_account("svc", domain="SIM", rid=1105)
    machine.add_account("wéb", rid=1003)
    return machine


def service(name, account, sid):
    return {"name": name, "account": account, "sid": sid, "pid": 1000, "impersonate": None, "sid_type": 0}


def pool(name, identity="ApplicationPoolIdentity", account=None, sid=None, *, manual=False):
    return {"name": name, "identity": identity, "account": account, "sid": sid, "manual": manual}


RUNNING = {
    "W32Time": "NT AUTHORITY\\LocalService",
    "Dnscache": "nt authority\\NETWORKSERVICE",
    "EventLog": "NT AUTHORITY\\LocalService",
    "LSM": "LocalSystem",
    "Own": ".\\LocalSystem",
    "MSSQLSERVER": "NT Service\\MSSQLSERVER",
    "AppA": "SIM\\svc",
    "AppB": "sim\\SVC",
    "AppC": "svc@sim.example",
    "Lokal": ".\\wéb",
    "Gone": "SIM\\gone",
    "CDPUserSvc_3f2": None,
    "Odd": "",
    "Values": "LocalSystem",
}
TOLD = [
    service("AppA", "SIM\\svc", SVC),
    service("AppB", "sim\\SVC", SVC),
    service("AppC", "svc@sim.example", SVC),
    service("CDPUserSvc_3f2", None, None),
    service("Dnscache", "nt authority\\NETWORKSERVICE", NETWORK),
    service("EventLog", "NT AUTHORITY\\LocalService", LOCAL),
    service("Gone", "SIM\\gone", None),
    service("LSM", "LocalSystem", SYSTEM),
    service("Lokal", ".\\wéb", WEB),
    service("MSSQLSERVER", "NT Service\\MSSQLSERVER", names.service_sid("MSSQLSERVER")),
    service("Odd", None, None),
    service("Own", ".\\LocalSystem", SYSTEM),
    service("Values", "LocalSystem", SYSTEM),
    service("W32Time", "NT AUTHORITY\\LocalService", LOCAL),
]
POOLS = (
    Pool("web", "SpecificUser", "HOST01\\wéb"),
    Pool("DefaultAppPool"),
    Pool('Ünder "Sie" & <co>', "SpecificUser", "SIM\\svc"),
    Pool("local", "LocalService"),
    Pool("lost", "SpecificUser", "SIM\\gone"),
    Pool("nobody", "SpecificUser"),
    Pool("not used", "NetworkService", "SIM\\svc"),
    Pool("Keys", "specificUser", "SIM\\svc", manual=True),
    Pool("Values", manual=False),
)
POOLS_TOLD = [
    pool("DefaultAppPool"),
    pool("Keys", "specificUser", "SIM\\svc", SVC, manual=True),
    pool("Values"),
    pool("local", "LocalService"),
    pool("lost", "SpecificUser", "SIM\\gone"),
    pool("nobody", "SpecificUser"),
    pool("not used", "NetworkService"),
    pool("web", "SpecificUser", "HOST01\\wéb", WEB),
    pool('Ünder "Sie" & <co>', "SpecificUser", "SIM\\svc", SVC),
]


def case(name, machine, services=(), pools=(), asked=()):
    told = [one if one is None else list(one) for one in (services, pools)]
    return pytest.param(machine, list(asked), *told, id=name)


CASES = [
    case("nothing runs, no IIS", server()),
    case("leftovers of IIS", server(services=("W3SVC",))),
    case("accounts in every form", server(running=RUNNING), TOLD),
    case("accounts that are asked for as well", server(running={"A": "SIM\\svc"}), [service("A", "SIM\\svc", SVC)],
         asked=["SIM\\svc", "SIM\\gone"]),
    case("the services cannot be listed", server(running=RUNNING, faults={"Get-CimInstance": 0x80041003}), None),
    case("only the services cannot be listed", server(session_host=True, faults={"Get-CimInstance": Fault(0x80041003, on=4)}), None),
    case("the services can be listed, no more", server(running={"A": None}, faults={"Get-CimInstance": Fault(0x80041003, on=(1, 2, 5))}),
         [service("A", None, None)]),
    case("pools of every kind", server(iis=Iis(pools=POOLS)), (), POOLS_TOLD),
    case("one pool", server(iis=Iis()), (), [pool("DefaultAppPool")]),
    case("IIS without pools", server(iis=Iis(pools=()))),
    case("defaults count for what a pool does not say",
         server(iis=Iis(pools=("a", Pool("b", "LocalSystem")), pool_defaults=Pool("", "SpecificUser", "SIM\\svc"))),
         (), [pool("a", "SpecificUser", "SIM\\svc", SVC), pool("b", "LocalSystem")]),
    case("another host keeps the list of pools", server(iis=Iis(elsewhere=True)), (), None),
    case("a file that is not XML", server(iis=Iis(config="<configuration><system.applicationHost>")), (), None),
    case("the accounts of services get no answer, the asked names do", server(running={"A": "SIM\\svc"}, faults={"LsaLookupNames2": Fault(0xC0000233, on=2)}),
         [service("A", "SIM\\svc", None)], asked=["SIM\\svc"]),
    case("an account of a service with a name that is too long", server(running={"A": "SIM\\" + "x" * 0x7FFE, "B": "SIM\\svc"}),
         [service("A", "SIM\\" + "x" * 0x7FFE, None), service("B", "SIM\\svc", SVC)], asked=["SIM\\svc"]),
    case("both lists, no answer", server(running={"A": "SIM\\svc"}, iis=Iis(pools=POOLS[:1]),
         faults={"LsaLookupNames2": Fault(0xC0000233)}),
         [service("A", "SIM\\svc", None)], [pool("web", "SpecificUser", "HOST01\\wéb")]),
    case("both lists, neither gets an answer, the asked names do", server(running={"A": "SIM\\svc"}, iis=Iis(pools=POOLS[:1]),
         faults={"LsaLookupNames2": Fault(0xC0000233, on=2)}),
         [service("A", "SIM\\svc", None)], [pool("web", "SpecificUser", "HOST01\\wéb")], asked=["SIM\\svc"]),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "asked", "services", "pools"), CASES)
def test_services_and_pools(machine, asked, services, pools, powershell, tell):
    before = copy.deepcopy(machine.rights)

    answer = tell(powershell, machine, "local_right", read={"accounts": asked})

    told = answer["services"] and [one | {"pid": 1000} for one in answer["services"]]
    assert (told, answer["services_more"], answer["pools"]) == (services, False, pools)
    assert [one["asked"] for one in answer["accounts"]] == asked
    assert answer["lookup_status"] == "0x00000000"
    assert all(one["sid"] for one in answer["accounts"] if one["asked"] != "SIM\\gone")
    assert machine.rights == before
    assert _emulated(machine, answer, asked) == answer


@pytest.mark.engine
def test_a_read_that_fails_tells_what_an_audit_tells(powershell, tell, ask):
    machine = server(running=RUNNING, token=Token.FILTERED)

    answer = tell(powershell, machine, "local_right", read={"accounts": []})

    assert answer == ask(powershell, machine) == _emulated(machine, answer, [])
    assert answer["error"] == {"call": "LsaEnumerateAccountsWithUserRight", "status": "0xC0000022"}


def _emulated(machine, answer, asked):
    machine.powershell = answer["session"]["powershell"]
    user, logon = machine.find_logon("SIM\\auditor")
    return local_right(machine, user, logon.token, {"read": {"accounts": asked}})


REPORT = "plugins/module_utils/_RightReport.psm1"
IN_32_BITS = [(REPORT, "8 * [IntPtr]", "4 * [IntPtr]")]
ON_32_BITS = [(REPORT, "if ([Environment]::Is64BitOperatingSystem)", "if ($false)")]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("windows_bits", "changes", "readable"),
    [
        pytest.param(64, IN_32_BITS, False, id="on a 64-bit Windows"),
        pytest.param(32, IN_32_BITS + ON_32_BITS, True, id="on a 32-bit Windows"),
    ],
)
def test_a_32_bit_powershell(windows_bits, changes, readable, powershell, tell, spoilt):
    """Played by a 64-bit one, whose payload takes the size of a pointer for 4."""
    machine = server(iis=Iis(pools=POOLS), bits=32, windows_bits=windows_bits)

    answer = tell(spoilt(powershell, *changes), machine, "local_right", read={"accounts": []})

    assert answer["pools"] == POOLS_TOLD
    assert answer["iis"]["readable"] == readable
    assert _emulated(machine, answer, []) == answer
