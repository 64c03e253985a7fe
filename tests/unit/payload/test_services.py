# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has the right through its holders: running services, members of groups. Under the engine and by the emulator."""

from __future__ import annotations

import json

import pytest

from fleet.backends.emulator.change import local_right
from fleet.backends.emulator.report import audit
from fleet.windows import names
from fleet.windows.grouppolicy import DENIED
from fleet.windows.machine import Fault, Logon, Machine, Running
from fleet.windows.names import Account, Use
from fleet.windows.registry import SERVICES, Odd

CONTEXT = "plugins/module_utils/_RightContext.psm1"
SIM, OWN = names.domain_sid("SIM"), names.domain_sid("HOST01")
RIGHT, OTHER = "SeImpersonatePrivilege", "SeChangeNotifyPrivilege"
ADMINISTRATORS, USERS, IIS_IUSRS = names.ADMINISTRATORS, names.USERS, names.IIS_IUSRS


def host(kind=Machine.member_server, **fields):
    machine = kind("HOST01", logons={"SIM\\auditor": Logon("Simulated-1")}, holders=fields.pop("holders", [ADMINISTRATORS]))
    for name, value in fields.items():
        setattr(machine, name, value)
    return machine


def emulated(machine, answer, **asked):
    machine.powershell = answer["session"]["powershell"]
    user, logon = machine.find_logon("SIM\\auditor")
    return audit(machine, user, logon.token, asked)


# -- services ---------------------------------------------------------------------------------------------------------


def service(name, impersonate=None, pid=1000, account="LocalSystem", sid=names.SYSTEM, sid_type=0):
    return {"name": name, "account": account, "sid": sid, "pid": pid, "impersonate": impersonate, "sid_type": sid_type}


def required(*privileges, **fields):
    return Running(required=privileges, **fields)


def case(name, machine, *services):
    return pytest.param(machine, list(services), id=name)


NONE = {"LsaLookupNames2": Fault(0xC0000233)}
RUNNING = [
    case("nothing runs", host()),
    case("no required privileges", host(running={"A": "LocalSystem"}), service("A")),
    case("the right is among them", host(running={"A": required(OTHER, RIGHT)}), service("A", True)),
    case("it is the only one", host(running={"A": required(RIGHT)}), service("A", True)),
    case("in another case", host(running={"A": required(OTHER, RIGHT.upper())}), service("A", True)),
    case("it is not", host(running={"A": required(OTHER, f"{RIGHT}s")}), service("A", False)),
    case("one other", host(running={"A": required(OTHER)}), service("A", False)),
    case("an empty list", host(running={"A": required()}), service("A")),
    case("a key is denied", host(running={"A": required(OTHER), "B": required(OTHER)}, denied_keys=(rf"{SERVICES}\B",)),
         service("A", False), service("B", pid=1004, sid_type=None)),
    case("SIDs of their own", host(running={"A": Running(sid_type=0), "B": Running(sid_type=1), "C": required(OTHER, sid_type=3),
                                            "D": Running(sid_type=Odd("1"))}),
         service("A"), service("B", pid=1004, sid_type=1), service("C", False, pid=1008, sid_type=3), service("D", pid=1012, sid_type=None)),
    case("a shared process", host(running={"A": required(OTHER, pid=888), "B": required(RIGHT, pid=888), "C": "LocalSystem"}),
         service("A", False, 888), service("B", True, 888), service("C", pid=1008)),
    case("WMI leaves out what it can", host(running={"A": Running(None, None)}), service("A", pid=None, account=None, sid=None)),
    case("no answer for accounts", host(running={"A": "SIM\\svc", "B": ".\\LocalSystem"}, faults=NONE),
         service("A", account="SIM\\svc", sid=None), service("B", pid=1004, account=".\\LocalSystem")),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "services"), RUNNING)
def test_services(machine, services, powershell, tell):
    answer = tell(powershell, machine, "local_right_info", accounts=[], exposure=True)

    assert (answer["services"], answer["services_more"]) == (services, False)
    assert emulated(machine, answer, exposure=True) == answer
    assert not {"groups", "events"} & answer.keys()


@pytest.mark.engine
@pytest.mark.parametrize("fault", ["Win32_Service", "Get-CimInstance"])
def test_services_that_cannot_be_listed(fault, powershell, tell):
    machine = host(running={"A": "LocalSystem"}, faults={fault: DENIED})

    answer = tell(powershell, machine, "local_right_info", accounts=[], exposure=True)

    assert (answer["services"], answer["services_more"]) == (None, False)
    assert answer["holders"]
    assert emulated(machine, answer, exposure=True) == answer


@pytest.mark.engine
def test_five_thousand_services(powershell, tell):
    """The first 2,000 by name; 100 accounts."""
    running = {f"svc-{number:04}": required(OTHER, account=f"SIM\\svc-{number % 100:03}") for number in range(5000)}
    machine = host(running=dict(reversed(running.items())))
    sids = [machine.add_account(f"svc-{number:03}", domain="SIM", rid=2000 + number) for number in range(100)]

    answer = tell(powershell, machine, "local_right_info", accounts=[], exposure=True)

    assert answer["services_more"]
    assert [(one["name"], one["sid"], one["impersonate"]) for one in answer["services"]] == [
        (f"svc-{number:04}", sids[number % 100], False) for number in range(2000)
    ]
    assert len(json.dumps(answer, separators=(",", ":"))) < 320_000
    assert emulated(machine, answer, exposure=True) == answer


# -- members of groups ------------------------------------------------------------------------------------------------

GROUPS = {f"{SIM}-{2000 + number}": Account("SIM", name, Use.GROUP) for number, name in enumerate(
    ("Web Admins", "O'Brien \\ \"Söhne\" {x}", "Level 3", "Level 4", "Level 5"))}  # fmt: skip
WEB, ODD, THREE, FOUR, FIVE = GROUPS
LOCAL = f"{OWN}-1010"
KNOWN = GROUPS | {
    LOCAL: Account("HOST01", "Deployers", Use.ALIAS),
    f"{SIM}-1105": Account("SIM", "svc", Use.USER),
    f"{OWN}-500": Account("HOST01", "Administrator", Use.USER),
    f"{SIM}-1601": Account("SIM", "SERVER$", Use.COMPUTER),
}
SVC, ADMIN, COMPUTER, ORPHAN = f"{SIM}-1105", f"{OWN}-500", f"{SIM}-1601", f"{SIM}-9999"
CROWD = {f"{SIM}-{number}": Account("SIM", f"user-{number}", Use.USER) for number in range(10000, 10400)}
FULL = {f"{SIM}-{3000 + number}": Account("SIM", f"group-{number}", Use.GROUP) for number in range(7)}


def member(sid):
    account = KNOWN[sid]
    return {"sid": sid, "name": f"{account.domain}\\{account.name}", "use": int(account.use)}


def group(sid, *members, status="read", name=None):
    return {"sid": sid, "name": name or member(sid)["name"], "status": status, "members": list(members)}


def told(sid, *members):
    """What WMI tells of a group of the domain is never all that there may be."""
    return group(sid, *members, status="incomplete")


def stranger(sid, use=8):
    return {"sid": sid, "name": None, "use": use}


ADMINS, ENTRA = "BUILTIN\\Administrators", "S-1-12-1-1111-2222-3333-4444"
EXPANDED = [
    pytest.param(host(holders=["S-1-5-6", names.EVERYONE, names.SYSTEM]), [], id="no groups"),
    pytest.param(host(), [group(ADMINISTRATORS, name=ADMINS)], id="an empty one"),
    pytest.param(host(language="de", members={ADMINISTRATORS: (ADMIN, SVC)}),
                 [group(ADMINISTRATORS, member(ADMIN), member(SVC), name="VORDEFINIERT\\Administratoren")], id="a built-in one, localised"),
    pytest.param(host(Machine.domain_controller, members={ADMINISTRATORS: (SVC,)}),
                 [group(ADMINISTRATORS, member(SVC), name=ADMINS)], id="a built-in one on a domain controller"),
    pytest.param(host(holders=[LOCAL, WEB], members={LOCAL: (ADMIN,), WEB: (SVC, COMPUTER, ORPHAN)}),
                 [told(WEB, member(SVC), member(COMPUTER)), group(LOCAL, member(ADMIN))], id="local and of the domain"),
    pytest.param(host(holders=[ADMINISTRATORS, LOCAL], members={ADMINISTRATORS: (WEB, LOCAL), LOCAL: (WEB,), WEB: (SVC,)}),
                 [group(LOCAL, member(WEB)), group(ADMINISTRATORS, member(WEB), member(LOCAL), name=ADMINS), told(WEB, member(SVC))],
                 id="nested, each once"),
    pytest.param(host(holders=[WEB], members={WEB: (ODD, WEB), ODD: (WEB, SVC)}),
                 [told(WEB, member(ODD), member(WEB)), told(ODD, member(WEB), member(SVC))], id="circular, with quotes in a name"),
    pytest.param(host(holders=[WEB], members={WEB: (ODD,), ODD: (THREE,), THREE: (FOUR,), FOUR: (FIVE,)}),
                 [told(WEB, member(ODD)), told(ODD, member(THREE)), told(THREE, member(FOUR)), group(FOUR, status="limit")], id="too deep"),
    pytest.param(host(holders=[LOCAL], members={LOCAL: (WEB,), WEB: (ODD,), ODD: (SVC,)}, faults={"Win32_GroupUser": Fault(DENIED, on=1)}),
                 [group(LOCAL, member(WEB)), group(WEB, status="failed")], id="one fails"),
    pytest.param(host(holders=[ADMINISTRATORS, LOCAL], members={LOCAL: (SVC,)}, faults={"NetLocalGroupGetMembers": Fault(5, on=2)}),
                 [group(LOCAL, member(SVC)), group(ADMINISTRATORS, status="failed", name=ADMINS)], id="one of the machine fails"),
    pytest.param(host(members={ADMINISTRATORS: (SVC,)}, faults={"Get-CimInstance": DENIED}), [group(ADMINISTRATORS, member(SVC), name=ADMINS)],
                 id="WMI is broken, which the machine's own groups do not need"),
    pytest.param(host(holders=[ADMINISTRATORS], members={ADMINISTRATORS: (ORPHAN, ENTRA)}),
                 [group(ADMINISTRATORS, stranger(ORPHAN), stranger(ENTRA), name=ADMINS)], id="members whom WMI does not know"),
    pytest.param(host(holders=[WEB]), [group(WEB, status="not_told")], id="a group of the domain that answers with nobody"),
    pytest.param(host(Machine.domain_controller, holders=[WEB]), [group(WEB, status="not_told")], id="the same on its domain controller"),
    pytest.param(host(holders=[LOCAL], members={LOCAL: tuple(f"{SIM}-{rid}" for rid in range(20000, 20500))}),
                 [group(LOCAL, *(stranger(f"{SIM}-{rid}") for rid in range(20000, 20200)), status="limit")], id="more than one call brings"),
    pytest.param(host(holders=[LOCAL], members={LOCAL: (SVC,)}, slow={"LsaLookupSids2": 30}),
                 [group(LOCAL, stranger(SVC, use=None))], id="no time for their names"),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "groups"), EXPANDED)
def test_groups(machine, groups, powershell, tell):
    machine.accounts.update(KNOWN)

    answer = tell(powershell, machine, "local_right_info", accounts=[], expand=True)

    assert answer["groups"] == groups
    assert emulated(machine, answer, expand=True) == answer
    assert not {"services", "events"} & answer.keys()


@pytest.mark.engine
def test_groups_that_are_too_large(powershell, tell):
    """200 members of each, 1,000 in all; those that came after that are named and not read."""
    members = {sid: tuple(CROWD)[: 150 if place == 0 else 400] for place, sid in enumerate(FULL)}
    machine = host(holders=list(FULL), members=members)
    machine.accounts.update(CROWD | FULL)

    answer = tell(powershell, machine, "local_right_info", accounts=[], expand=True)

    assert [(one["status"], len(one["members"])) for one in answer["groups"]] == [
        ("incomplete", 150), *[("limit", 200)] * 4, ("limit", 50), ("limit", 0),
    ]  # fmt: skip
    assert len(json.dumps(answer, separators=(",", ":"))) < 110_000
    assert emulated(machine, answer, expand=True) == answer


@pytest.mark.engine
def test_groups_when_time_is_up(powershell, tell, spoilt):
    machine = host(members={ADMINISTRATORS: (SVC,)}, accounts=KNOWN)

    answer = tell(
        spoilt(powershell, (CONTEXT, "TotalSeconds -ge 30", "TotalSeconds -ge 0")), machine, "local_right_info", expand=True
    )

    assert answer["groups"] == [group(ADMINISTRATORS, status="limit", name=ADMINS)]


@pytest.mark.engine
def test_the_read_before_a_change_can_tell_them_too(powershell, tell):
    machine = host(members={ADMINISTRATORS: (SVC,)}, accounts=KNOWN)
    asked = {"accounts": ["SIM\\svc", None], "expand": True, "events": 24}

    answer = tell(powershell, machine, "local_right", read=asked)

    assert [one["sid"] for one in answer["groups"][0]["members"]] == [SVC]
    assert (answer["services"], answer["events"]["error"]) == ([], None)
    user, logon = machine.find_logon("SIM\\auditor")
    machine.powershell = answer["session"]["powershell"]
    assert local_right(machine, user, logon.token, {"read": asked}) == answer
