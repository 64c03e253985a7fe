# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is meant by a name, and what a SID is called. Under the engine and by the emulator."""

from __future__ import annotations

import pytest

from fleet.backends.emulator.report import audit
from fleet.windows import names
from fleet.windows.grouppolicy import Setting
from fleet.windows.machine import Fault, Iis, Logon, Machine, Pool
from fleet.windows.names import Account

SIM, KIOSK, DC, SHOP = (names.domain_sid(name) for name in ("SIM", "KIOSK01", "DC01", "shop.prod"))
ADMINISTRATORS, USERS = names.ADMINISTRATORS, names.USERS
DOWN = Fault(0xC0000233)


def kiosk(**fields):
    """A client with local users who are called like the machine and its domain."""
    accounts = {
        f"{KIOSK}-1001": Account("KIOSK01", "kiosk01"),
        f"{KIOSK}-1002": Account("KIOSK01", "Sim"),
        f"{SIM}-1105": Account("SIM", "svc"),
        f"{SIM}-1106": Account("SIM", "kiosk01"),
    }
    return host(Machine.client, "KIOSK01", accounts=accounts, **fields)


def host(kind=Machine.member_server, name="HOST01", **fields):
    machine = kind(name, logons={"SIM\\auditor": Logon("Simulated-1")}, **fields.pop("options", {}))
    for key, value in fields.items():
        setattr(machine, key, value)
    return machine


def told(machine, powershell, tell, **asked):
    """The engine's answer, which is the emulator's, too."""
    answer = tell(powershell, machine, "local_right_info", **asked)
    machine.powershell = answer["session"]["powershell"]
    user, logon = machine.find_logon("SIM\\auditor")
    assert audit(machine, user, logon.token, asked) == answer
    return answer


def case(name, machine, sids):
    return pytest.param(machine, sids, id=name)


CASES = [
    case("users called like the computer and the domain", kiosk(), {
        ".\\kiosk01": f"{KIOSK}-1001", "kiosk01\\KIOSK01": f"{KIOSK}-1001", "<COMPUTER>\\kiosk01": f"{KIOSK}-1001", "kiosk01": f"{KIOSK}-1001",
        ".\\sim": f"{KIOSK}-1002", "SIM": f"{KIOSK}-1002", "SIM\\kiosk01": f"{SIM}-1106", "kiosk01@sim.example": f"{SIM}-1106",
        "SIM\\sim": None, "svc": None, ".\\svc": None}),
    case("groups of BUILTIN by the name of the computer", kiosk(), {
        "KIOSK01\\Users": USERS, ".\\administrators": ADMINISTRATORS, "kiosk01\\IIS_IUSRS": names.IIS_IUSRS,
        "KIOSK01\\SERVICE": None, "KIOSK01\\Everyone": None, "KIOSK01\\nobody": None, "KIOSK01\\a\\b": None, "KIOSK01\\a@b": None,
        "SIM\\Users": None, "OTHER\\Users": None, "SIM\\svc": f"{SIM}-1105", "svc@sim.example": f"{SIM}-1105"}),
    case("in German", host(language="de"), {
        "HOST01\\Administratoren": ADMINISTRATORS, ".\\administratoren": ADMINISTRATORS, "HOST01\\Administrators": None,
        ".\\LOKALER DIENST": None, "VORDEFINIERT\\Administratoren": ADMINISTRATORS}),
    case("a host name of more than 15 letters, and another in the inventory", host(name="shop.prod", host_name="webserver-frontend-01",
                                                                                   accounts={f"{SHOP}-1001": Account("WEBSERVER-FRONT", "svc")}), {
        ".\\svc": f"{SHOP}-1001", "WEBSERVER-FRONT\\svc": f"{SHOP}-1001", "<COMPUTER>\\svc": f"{SHOP}-1001", ".\\Users": USERS,
        "webserver-front\\Users": USERS, "webserver-frontend-01\\svc": None, "webserver-frontend-01\\Users": None, "shop.prod\\svc": None}),
    case("a domain controller", host(Machine.domain_controller, "DC01", accounts={
        f"{SIM}-1105": Account("SIM", "svc"), f"{SIM}-1107": Account("SIM", "sim"), f"{SIM}-1108": Account("SIM", "DC01$")}), {
        ".\\svc": f"{SIM}-1105", "SIM\\svc": f"{SIM}-1105", "DC01\\svc": None, ".\\sim": f"{SIM}-1107", "sim": f"{SIM}-1107",
        ".\\Users": USERS, "DC01\\Users": USERS, "SIM\\Users": USERS, ".\\DC01$": f"{SIM}-1108"}),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "sids"), CASES)
def test_who_is_meant(machine, sids, powershell, tell):
    answer = told(machine, powershell, tell, accounts=list(sids))

    assert {one["asked"]: one["sid"] for one in answer["accounts"]} == sids
    assert all(one["resolved"] == ("lsa" if one["sid"] else "unmapped") for one in answer["accounts"])


@pytest.mark.engine
def test_services_pools_and_policies_mean_the_same(powershell, tell):
    machine = kiosk(
        running={"A": ".\\kiosk01", "B": "SIM\\kiosk01", "C": ".\\LocalSystem", "D": "kiosk01\\Users"},
        iis=Iis(pools=(Pool("a", "SpecificUser", "kiosk01"), Pool("b", "SpecificUser", ".\\Sim"), Pool("c", "SpecificUser", "svc@sim.example"))),
        gpos=(Setting("names", accounts=("kiosk01", ".\\Sim", "Users", "svc")),),
        mdm={"ImpersonateClient": "<![CDATA[*S-1-5-19\uf000Administrators\uf000 .\\kiosk01\uf000]]>"},
    )  # fmt: skip

    answer = told(machine, powershell, tell, accounts=[], exposure=True)

    assert [one["sid"] for one in answer["services"]] == [f"{KIOSK}-1001", f"{SIM}-1106", names.SYSTEM, USERS]
    assert [one["sid"] for one in answer["pools"]] == [f"{KIOSK}-1001", f"{KIOSK}-1002", f"{SIM}-1105"]
    assert {one["asked"]: one["sid"] for one in answer["control"]["sids"]} == {
        "kiosk01": f"{KIOSK}-1001", ".\\Sim": f"{KIOSK}-1002", "Users": USERS, "svc": None,
        "Administrators": ADMINISTRATORS, ".\\kiosk01": f"{KIOSK}-1001",
    }  # fmt: skip
    assert answer["control"]["mdm"]["value"] == machine.mdm["ImpersonateClient"]


@pytest.mark.engine
@pytest.mark.parametrize(
    ("faults", "resolved"),
    [
        pytest.param(
            {"LsaLookupNames2": Fault(0xC0000233, on=2)}, ["failed", "lsa", "lsa", "failed"], id="BUILTIN gives no answer"
        ),
        pytest.param(
            {"LsaLookupNames2": Fault(0xC0000233, on=3)}, ["lsa", "lsa", "failed", "failed"], id="the bare names get none"
        ),
        pytest.param({"LsaQueryInformationPolicy": 0xC00000DC}, ["failed", "lsa", "lsa", "failed"], id="the domain has no name"),
    ],
)
def test_what_is_not_known_is_no_account_that_is_missing(faults, resolved, powershell, tell):
    machine = kiosk(faults=faults)

    answer = told(machine, powershell, tell, accounts=[".\\Users", "SIM\\svc", "Everyone", ".\\" + "x" * 0x7FFF])

    assert [one["resolved"] for one in answer["accounts"]] == resolved


@pytest.mark.engine
@pytest.mark.parametrize("named", [True, False], ids=["the name is filled in", "the name is empty"])
def test_sids_that_are_no_accounts(named, powershell, tell):
    """Of a domain the name of the entry is not valid; an unknown RID keeps its domain, also BUILTIN."""
    machine = host(language="de", names_domains=named)
    holders = {
        SIM: ("SIM", None),
        f"{SIM}-9": (None, "SIM"),
        "S-1-5-32": ("VORDEFINIERT", None),
        "S-1-5-32-9999": (None, "VORDEFINIERT"),
    }
    machine.rights = {sid: {"SeImpersonatePrivilege"} for sid in holders}

    answer = told(machine, powershell, tell, accounts=[])

    assert {one["sid"]: (one["name"], one["domain"]) for one in answer["holders"]} == holders


FOREIGN = "S-1-5-21-1-2-3-1000"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("slow", "resolved", "accounts", "service", "not_asked"),
    [
        pytest.param({}, ("unmapped", "lsa", "unmapped"), "lsa", f"{SIM}-1105", [], id="in time"),
        pytest.param({"LsaLookupNames2": 19.9}, ("unmapped", "lsa", "unmapped"), "lsa", f"{SIM}-1105", [], id="just in time"),
        pytest.param({"LsaLookupNames2": 20}, ("failed", "lsa", "failed"), "lsa", None, ["S-1-12-1-2-3-4-5", FOREIGN, "SIM\\other"],
                     id="names take too long"),
        pytest.param({"LsaLookupSids2": 25}, ("unmapped", "lsa", "unmapped"), "lsa", None, ["SIM\\other"], id="SIDs take too long"),
        pytest.param({"LsaEnumerateAccountsWithUserRight": 99}, ("unmapped", "lsa", "unmapped"), "lsa", f"{SIM}-1105", [],
                     id="another call takes long"),
    ],
)  # fmt: skip
def test_look_ups_that_take_too_long(slow, resolved, accounts, service, not_asked, powershell, tell):
    """By the machine's clock. What no other machine has to be asked for is asked still, the machine's own accounts among it."""
    machine = kiosk(slow=slow, running={"A": "SIM\\other"})
    machine.accounts[f"{SIM}-1105"] = Account("SIM", "other")
    machine.rights = {sid: {"SeImpersonatePrivilege"} for sid in (f"{KIOSK}-1001", FOREIGN, "S-1-12-1-2-3-4-5", ADMINISTRATORS)}

    answer = told(machine, powershell, tell, accounts=["KIOSK01\\sim"], exposure=True)

    found = {one["sid"]: one["resolved"] for one in answer["holders"]}
    assert (found[FOREIGN], found[f"{KIOSK}-1001"], found["S-1-12-1-2-3-4-5"]) == resolved
    assert found[ADMINISTRATORS] == "lsa"
    assert [one["resolved"] for one in answer["accounts"]] == [accounts]
    assert [one["sid"] for one in answer["services"]] == [service]
    assert answer["not_asked"] == not_asked
    assert answer["lookup_status"] == "0x00000000"


@pytest.mark.engine
def test_as_few_look_ups_as_possible(powershell, tell):
    """Names that were asked for, SIDs, all other names: the fourth look-up would fail."""
    machine = kiosk(
        running={"A": "SIM\\svc"}, iis=Iis(pools=(Pool("a", "SpecificUser", "SIM\\svc"),)), gpos=(Setting("names", accounts=("SIM\\svc",)),),
        faults={"LsaLookupNames2": Fault(0xC0000233, on=3), "LsaLookupSids2": Fault(0xC0000233, on=2), "LsaOpenPolicy": Fault(5, on=2)},
    )  # fmt: skip

    answer = told(machine, powershell, tell, accounts=["SIM\\svc"], exposure=True)

    assert {one["sid"] for kind in ("accounts", "services", "pools") for one in answer[kind]} == {f"{SIM}-1105"}
    assert [one["sid"] for one in answer["control"]["sids"]] == [f"{SIM}-1105"]
