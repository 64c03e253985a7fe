# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines are what their constructors say: role, registry, names, logons."""

from __future__ import annotations

import pytest

from fleet.backends.engine.shim_server import sid_bytes, sid_text
from fleet.windows import iisconfig, names, registry
from fleet.windows.machine import FLOOR, Iis, Logon, Machine, Pool

SERVICES = r"HKLM:\SYSTEM\CurrentControlSet\Services"


@pytest.mark.parametrize(
    ("machine", "role", "product_type", "sku", "build"),
    [
        pytest.param(Machine.member_server("A", build=14393), 3, "ServerNT", 7, 14393, id="member server 2016"),
        pytest.param(Machine.standalone_server("A"), 2, "ServerNT", 7, 20348, id="stand-alone server"),
        pytest.param(Machine.domain_controller("A"), 5, "LanmanNT", 7, 20348, id="domain controller"),
        pytest.param(Machine.domain_controller("A", read_only=True), 4, "LanmanNT", 7, 20348, id="RODC"),
        pytest.param(Machine.client("A"), 1, "WinNT", 4, 22631, id="client"),
        pytest.param(Machine.multi_session_client("A"), 3, "ServerNT", 175, 22631, id="multi-session: a client that says server"),
    ],
)
def test_kinds(machine, role, product_type, sku, build):
    assert (machine.machine_role, machine.product_type, machine.sku, machine.build) == (role, product_type, sku, build)
    assert machine.holders() == sorted(FLOOR)


@pytest.mark.parametrize(
    ("options", "holders"),
    [
        pytest.param({}, {*FLOOR}, id="four by default"),
        pytest.param({"iis": True}, {*FLOOR, names.IIS_IUSRS}, id="IIS grants its group"),
        pytest.param({"spooler": True}, {*FLOOR, names.PRINT_SPOOLER}, id="the spooler's restricted service"),
        pytest.param({"also": [names.USERS]}, {*FLOOR, names.USERS}, id="one more"),
        pytest.param({"holders": [], "iis": True}, set(), id="nobody"),
    ],
)
def test_holders(options, holders):
    assert set(Machine.member_server("A", **options).holders()) == holders


def test_a_right_comes_and_goes_behind_the_back_of_the_lsa():
    machine = Machine.member_server("A")

    machine.grant("S-1-5-32-545")
    machine.revoke(names.LOCAL_SERVICE)
    machine.revoke("S-1-5-32-545")

    assert "S-1-5-32-545" not in machine.rights
    assert names.LOCAL_SERVICE in machine.rights  # has others
    assert names.LOCAL_SERVICE not in machine.holders()


@pytest.mark.parametrize("user", ["SIM\\auditor", "sim\\AUDITOR", "auditor@sim.example", "auditor@SIM", "auditor"])
def test_a_logon_is_found_by_every_form_of_its_name(user):
    machine = Machine.member_server("A")

    assert machine.find_logon(user) == ("SIM\\auditor", machine.logons["SIM\\auditor"])
    assert machine.user_sid(user).startswith(names.domain_sid("SIM") + "-")


def test_somebody_else_is_not_found():
    machine = Machine.member_server("A", logons={"SIM\\auditor": Logon("x"), "local": Logon("y", sid="S-1-5-21-1-2-3-500")})

    assert machine.find_logon("CORP\\auditor") is None
    assert machine.user_sid("A\\local") == "S-1-5-21-1-2-3-500"
    with pytest.raises(KeyError, match="nobody called 'SIM.*nobody' may log on"):
        machine.user_sid("SIM\\nobody")


def test_a_domain_controller_has_no_accounts_but_those_of_its_domain():
    controller = Machine.domain_controller("DC01")

    assert controller.add_account("svc") == f"{names.domain_sid('SIM')}-1101"
    assert controller.accounts[f"{names.domain_sid('SIM')}-1101"].domain == "SIM"


@pytest.mark.parametrize(
    ("machine", "key", "values"),
    [
        pytest.param(
            Machine.member_server("A", iis=True), rf"{SERVICES}\w3svc", {"DisplayName": "W3SVC", "Start": 2}, id="any case"
        ),
        pytest.param(Machine.member_server("A"), rf"{SERVICES}\W3SVC", None, id="no IIS, no service"),
        pytest.param(Machine("A"), rf"{SERVICES}\Spooler", {"DisplayName": "Spooler", "Start": 2}, id="the print spooler"),
        pytest.param(Machine("A", spooler=4), rf"{SERVICES}\Spooler", {"DisplayName": "Spooler", "Start": 4}, id="disabled"),
        pytest.param(Machine("A", spooler=None), rf"{SERVICES}\Spooler", None, id="no print spooler"),
        pytest.param(Machine.member_server("A"), SERVICES + "\\", {}, id="a key without values"),
        pytest.param(Machine.member_server("A"), r"HKLM:\SYSTEM", {}, id="a key above others"),
        pytest.param(
            Machine.member_server("A", iis=Iis("8.5", components=())),
            registry.INET_STP,
            {"MajorVersion": 8, "MinorVersion": 5, "VersionString": "Version 8.5"},
            id="the version of IIS",
        ),
        pytest.param(Machine("A", iis=Iis(), bits=32), registry.INET_STP, None, id="not shown to a 32-bit process"),
        pytest.param(Machine("A", iis=Iis(), bits=32, windows_bits=32), registry.INET_STP, ..., id="but on a 32-bit Windows"),
        pytest.param(Machine("A", bits=32), registry.PRODUCT_OPTIONS, {"ProductType": "ServerNT"}, id="SYSTEM is not redirected"),
        pytest.param(Machine("A"), registry.JOIN_INFO, None, id="not joined to Entra"),
        pytest.param(Machine("A", entra_joined=True), registry.JOIN_INFO, {}, id="joined to Entra"),
    ],
)
def test_the_registry(machine, key, values):
    found = registry.View(machine).values(key)

    assert found == values or (values is ... and found is not None)


def test_keys_below_a_key_and_keys_that_are_denied():
    machine = Machine("A", iis=Iis(), entra_joined=True, denied_keys=(registry.INET_STP,))
    view = registry.View(machine)

    assert view.children(SERVICES) == ["Spooler", "W3SVC", "WAS"]
    assert view.children(registry.JOIN_INFO) == [registry.THUMBPRINT]
    assert view.children(r"HKLM:\SOFTWARE\Nothing") is None
    with pytest.raises(registry.KeyDeniedError):
        view.values(rf"{registry.INET_STP}\Components")
    assert not any("inetstp" in path for path in view.paths())


def test_a_running_service_exists():
    machine = Machine.member_server("A", running={"Backup": "SIM\\svc"})

    assert machine.service_names == ("Backup", "Spooler")
    assert registry.View(machine).values(rf"{SERVICES}\Backup") is not None


def test_no_configuration_without_iis():
    assert iisconfig.files(Machine("A")) == {}
    assert iisconfig.pools(Machine("A")) == ("none", [])


@pytest.mark.parametrize(
    ("iis", "status", "pools"),
    [
        pytest.param(Iis(), "read", [("DefaultAppPool", "ApplicationPoolIdentity", None, False)], id="as installed"),
        pytest.param(Iis(pools=()), "read", [], id="no pools"),
        pytest.param(
            Iis(pools=(Pool("b", "SpecificUser", 'SIM\\"<x>&é'), "a")),
            "read",
            [("a", "ApplicationPoolIdentity", None, False), ("b", "SpecificUser", 'SIM\\"<x>&é', False)],
            id="a user, and markup in his name",
        ),
        pytest.param(
            Iis(pools=(Pool("a", "LocalSystem", "SIM\\x"),)),
            "read",
            [("a", "LocalSystem", None, False)],
            id="a user that is not used",
        ),
        pytest.param(
            Iis(pools=("a", Pool("b", manual=False)), pool_defaults=Pool("", "SpecificUser", "SIM\\x", manual=True)),
            "read",
            [("a", "SpecificUser", "SIM\\x", True), ("b", "SpecificUser", "SIM\\x", False)],
            id="defaults",
        ),
        pytest.param(Iis(elsewhere=True, denied=True), "elsewhere", None, id="another host keeps them"),
        pytest.param(Iis(locked=True), "locked", None, id="locked"),
        pytest.param(Iis(denied=True), "denied", None, id="denied"),
        pytest.param(Iis(config="<configuration>"), "malformed", None, id="no XML"),
        pytest.param(Iis(config="<!DOCTYPE configuration><configuration/>"), "malformed", None, id="a DTD"),
    ],
)
def test_the_configuration_of_iis(iis, status, pools):
    machine = Machine("A", iis=iis)
    how, rows = iisconfig.pools(machine)

    assert set(iisconfig.files(machine)) == {"redirection.config", "applicationHost.config"}
    assert how == status
    assert pools == (rows and [(row["name"], row["identity"], row["account"], row["manual"]) for row in rows])


@pytest.mark.parametrize(
    ("derive", "name", "sid"),
    [
        (names.service_sid, "ALG", "S-1-5-80-2387347252-3645287876-2469496166-3824418187-3586569773"),
        (names.service_sid, "wdiservicehost", "S-1-5-80-3139157870-2983391045-3678747466-658725712-1809340420"),
        (names.app_pool_sid, "DefaultAppPool", names.DEFAULT_APP_POOL),
        (names.app_pool_sid, ".NET v4.5", "S-1-5-82-271721585-897601226-2024613209-625570482-296978595"),
    ],
)
def test_derived_sids(derive, name, sid):
    assert derive(name) == sid


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("S-1-5-32-544", True),
        ("S-1-5", True),
        ("S-1-0x010203040506-7", True),
        ("S-1-4294967295-4294967295", True),
        ("S-1-5" + "-1" * 15, True),
        ("S-1-5" + "-1" * 16, False),
        ("S-1-4294967296", False),
        ("S-1-5-4294967296", False),
        ("S-1-0x000000000005", False),
        ("S-2-5-18", False),
        ("S-1", False),
        ("S-1-5--1", False),
        ("s-1-5-18", False),
        ("Administrators", False),
    ],
)
def test_text_form_of_a_sid(text, valid):
    assert names.is_sid(text) == valid
    if valid:
        assert sid_text(sid_bytes(text)) == text


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="language 'xx': known are en, de, fr"):
        names.well_known("xx")


@pytest.mark.parametrize(
    ("name", "host_name", "dns", "netbios"),
    [
        pytest.param("web01", None, "web01.sim.example", "WEB01", id="one name"),
        pytest.param("web01.sim.example", None, "web01.sim.example", "WEB01", id="the inventory has the name in DNS"),
        pytest.param("fifteen-letters", None, "fifteen-letters.sim.example", "FIFTEEN-LETTERS", id="as long as may be"),
        pytest.param("sixteen-letters-", None, "sixteen-letters-.sim.example", "SIXTEEN-LETTERS", id="one letter more"),
        pytest.param("shop", "webserver-frontend-01", "webserver-frontend-01.sim.example", "WEBSERVER-FRONT", id="three names"),
    ],
)
def test_the_three_names_of_a_machine(name, host_name, dns, netbios):
    machine = Machine.member_server(name)
    machine.host_name = host_name

    assert (machine.name, machine.dns_name, machine.netbios, machine.account_domain) == (name, dns, netbios, netbios)
    machine.machine_role = 5
    assert machine.account_domain == "SIM"
