# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The payload under a real PowerShell engine and the emulator give the same answer for the same machine."""

from __future__ import annotations

import copy

import pytest

from fleet.backends.emulator.report import right_report
from fleet.windows import names
from fleet.windows.machine import Domain, Fault, Iis, Logon, Machine, Token
from fleet.windows.names import Account, Use

ORPHAN = "S-1-5-21-1004336348-1177238915-682003330-1107"
CORP = Domain("CORP", "corp.example", names.domain_sid("CORP"))
INET_STP = r"HKLM:\SOFTWARE\Microsoft\InetStp"
MANY = [f"S-1-5-21-1-2-3-{rid}" for rid in range(1000, 2100)]


def server(*, build=20348, iis=False, holders=None, also=(), spooler=False, language="en", token=Token.ADMINISTRATOR, **fields):
    """A member server; further fields of Machine by their names."""
    options = {} if holders is None else {"holders": holders}
    machine = Machine.member_server(
        "HOST01", build=build, iis=iis, also=also, spooler=spooler, language=language, logons=logons(token), **options
    )
    for name, value in fields.items():
        setattr(machine, name, value)
    return machine


def logons(token=Token.ADMINISTRATOR):
    return {"SIM\\auditor": Logon("Simulated-1", token)}


def entra_client():
    machine = Machine.client("HOST01", build=19045, logons=logons())
    machine.entra_joined = True
    return machine


def trusting():
    machine = server(trusts=(CORP,))
    machine.grant(machine.add_account("Émile Größe 😀", domain="CORP"))
    machine.add_account("svc", domain="SIM")
    machine.add_account("backup")
    return machine


ASKED = [
    "SIM\\svc", "svc@sim.example", "corp\\émile grösse", "CORP\\Émile Größe 😀", ".\\backup", ".\\SIM", "SIM\\gone",
    "NT SERVICE\\W3SVC", "BUILTIN\\IIS_IUSRS", "Everyone",
]  # fmt: skip


def case(name, machine, *accounts):
    return pytest.param(machine, accounts, id=name)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("machine", "accounts"),
    [
        case("the default holders", server()),
        case("nobody holds it", server(holders=[])),
        case("one holder", server(holders=[names.ADMINISTRATORS])),
        case("two holders, one without a domain", server(holders=[names.SERVICE, names.EVERYONE])),
        case("an orphan besides", server(also=[ORPHAN])),
        case("an orphan of a known domain", server(also=[f"{names.domain_sid('SIM')}-2001"])),
        case("orphans only", server(holders=[ORPHAN, "S-1-5-80-1-2-3-4-5"])),
        case("a domain holds it", server(also=[names.domain_sid("SIM")])),
        case("SIDs of unusual size", server(also=["S-1-0x010203040506-7", "S-1-4294967295-4294967295", "S-1-9"])),
        case("not an administrator", server(token=Token.USER)),
        case("a token filtered by UAC", server(token=Token.FILTERED)),
        case("German names", server(language="de", iis=True), "NT-AUTORITÄT\\LOKALER DIENST"),
        case("IIS with all its services", server(iis=True, services=("IISADMIN", "WMSVC"))),
        case("an old IIS without components", server(iis=Iis("8.5", ("W3SVC",), ()))),
        case("components of IIS with names of members of a list", server(iis=Iis(components=("Keys", "Count", "W3SVC", "Values")))),
        case("a service of IIS without IIS", server(services=("WAS",))),
        case("the keys of IIS are denied", server(iis=True, denied_keys=(INET_STP,))),
        case("every key is denied", server(iis=True, denied_keys=(r"HKLM:\SOFTWARE", r"HKLM:\SYSTEM"))),
        case("a domain controller", Machine.domain_controller("HOST01", logons=logons()), "SIM\\nobody"),
        case("a read-only one", Machine.domain_controller("HOST01", read_only=True, logons=logons())),
        case("a stand-alone server", Machine.standalone_server("HOST01", build=14393, logons=logons())),
        case("a client, joined to Entra", entra_client()),
        case("a multi-session client", Machine.multi_session_client("HOST01", logons=logons())),
        case("the fifth holder of build 26100", server(build=26100, spooler=True)),
        case("the fifth holder where it has no name", server(build=17763, spooler=True)),
        case("a role that waits for a restart", server(role_pending=True)),
        case("DsRole fails", server(role_status=1722)),
        case("the operation state fails", server(faults={"DsRoleGetPrimaryDomainInformation": Fault(5, on=2)})),
        case("no SKU", server(faults={"GetProductInfo": 1})),
        case("no token", server(faults={"OpenProcessToken": 5})),
        case("no groups of the token", server(faults={"GetTokenInformation": Fault(5, on=2)})),
        case("the machine has no SID", server(faults={"LsaQueryInformationPolicy": 0xC0000022})),
        case("the policy does not open", server(faults={"LsaOpenPolicy": 0xC00000DC})),
        case("the holders are denied", server(faults={"LsaEnumerateAccountsWithUserRight": 0xC0000022})),
        case("holders cannot be looked up", server(faults={"LsaLookupSids2": 0xC000018C}), "SIM\\a", "Everyone"),
        case("accounts cannot be looked up", server(faults={"LsaLookupNames2": 0xC0000233}), "SIM\\a"),
        case("the second batch fails", server(also=MANY, faults={"LsaLookupSids2": Fault(0xC000018D, on=2)})),
        case("asked accounts", trusting(), *ASKED),
        case("one asked account, unknown", server(), "SIM\\nobody"),
        case("a name that is too long", server(), "SIM\\" + "x" * 0x7FFE),
        case(
            "an account of the machine's own",
            server(accounts={f"{names.domain_sid('HOST01')}-1003": Account("HOST01", "ASPNET", Use.USER)}),
            *(".\\ASPNET", "HOST01\\aspnet", "ASPNET"),
        ),
    ],
)
def test_engine_and_emulator_agree(machine, accounts, powershell, ask):
    _agree(machine, accounts, powershell, ask)


IUSR, IWAM = f"{names.domain_sid('HOST01')}-1003", f"{names.domain_sid('HOST01')}-1004"
WITH_OWN_NAME = [
    (".\\IUSR_<COMPUTER>", IUSR),
    ("<COMPUTER>\\IWAM_<COMPUTER>", IWAM),
    ("IUSR_<COMPUTER>", IUSR),
    (".\\IUSR_HOST01", IUSR),
    (".\\IUSR_<computer>", None),
    (".\\GONE_<COMPUTER>", None),
]


@pytest.mark.engine
def test_the_name_of_the_computer_in_a_name(powershell, ask, tell):
    """Told as it was asked, by both modules."""
    machine = server()
    machine.add_account("IUSR_HOST01", rid=1003)
    machine.add_account("IWAM_HOST01", rid=1004)
    asked = [name for name, _unused in WITH_OWN_NAME]

    answer = _agree(machine, asked, powershell, ask)

    assert [(one["asked"], one["sid"]) for one in answer["accounts"]] == WITH_OWN_NAME
    assert answer["accounts"][0]["name"] == "HOST01\\IUSR_HOST01"
    assert tell(powershell, machine, "local_right", read={"accounts": asked})["accounts"] == answer["accounts"]


def _agree(machine, accounts, powershell, ask):
    before = copy.deepcopy(machine.rights)

    answer = ask(powershell, machine, *accounts)

    assert machine.rights == before
    machine.powershell = answer["session"]["powershell"]  # the engine is no 5.1 and says so
    user, logon = machine.find_logon("SIM\\auditor")
    assert answer == right_report(machine, user, logon.token, accounts)
    return answer


OWN, DOMAIN = names.domain_sid("HOST01"), names.domain_sid("SIM")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("machine", "sid"),
    [
        pytest.param(server(), OWN, id="a member server"),
        pytest.param(Machine.standalone_server("HOST01", logons=logons()), OWN, id="a stand-alone server"),
        pytest.param(Machine.domain_controller("HOST01", logons=logons()), DOMAIN, id="a domain controller has its domain's"),
        pytest.param(server(token=Token.FILTERED), OWN, id="told also where the holders are not"),
        pytest.param(server(faults={"LsaQueryInformationPolicy": 0xC00000DC}), None, id="the LSA does not tell"),
        pytest.param(server(faults={"LsaOpenPolicy": 0xC00000DC}), None, id="the policy does not open"),
    ],
)
def test_the_sid_of_the_machine(machine, sid, powershell, ask):
    answer = _agree(machine, (), powershell, ask)

    assert answer["computer"]["sid"] == sid
