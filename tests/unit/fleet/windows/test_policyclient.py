# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which GPO a simulated machine takes the right from, and what its holders and its RSoP are then ([MS-GPOL] 3.2.5.1)."""

from __future__ import annotations

import pytest

from fleet.windows import names
from fleet.windows.directory import PAIR, Apply
from fleet.windows.domain import DEFAULT_CONTROLLERS, DEFAULT_DOMAIN, PolicyDomain
from fleet.windows.machine import FLOOR, Machine
from fleet.windows.policyclient import Client, extensions_of, file_version, refreshed

REGISTRY = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
LATER = "[{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
DEFAULTS = tuple(f"*{sid}" for sid in FLOOR)
USERS, IIS = f"*{names.USERS}", f"*{names.IIS_IUSRS}"


@pytest.fixture
def domain():
    made = PolicyDomain()
    made.add_controller("dc01")
    made.join(Machine.member_server("web01"), "Servers", "Web")
    return made


def winner(domain, name="web01"):
    machine = domain.members[name][0]
    return next((one.name for one in machine.gpos if one.precedence == 1), None)


def gpo(domain, name, *where, accounts=DEFAULTS, enforced=False, disabled=False, **more):
    guid = domain.add_gpo(name, accounts=accounts, **more)
    for dn in where:
        domain.link(guid, dn, enforced=enforced, disabled=disabled)
    return guid


def test_a_fresh_domain_sets_the_right_nowhere(domain):
    machine = domain.members["web01"][0]

    refreshed(domain)

    assert (machine.gpos, machine.holders()) == ((), sorted(FLOOR))
    assert set(domain.replica.directory.gpos) == {DEFAULT_DOMAIN.upper(), DEFAULT_CONTROLLERS.upper()}


@pytest.mark.parametrize(
    ("prepare", "wins"),
    [
        pytest.param(lambda d: [gpo(d, "site", d.site_dn), gpo(d, "domain", d.dn)], "domain", id="domain-over-site"),
        pytest.param(lambda d: [gpo(d, "outer", d.ou("Servers")), gpo(d, "domain", d.dn)], "outer", id="ou-over-domain"),
        pytest.param(
            lambda d: [gpo(d, "inner", d.ou("Servers", "Web")), gpo(d, "outer", d.ou("Servers"))], "inner", id="inner-ou-over-outer"
        ),
        pytest.param(lambda d: [gpo(d, "first", d.ou("Servers")), gpo(d, "second", d.ou("Servers"))], "first", id="link-order-1"),
        pytest.param(
            lambda d: [gpo(d, "outer", d.ou("Servers"), enforced=True), gpo(d, "inner", d.ou("Servers", "Web"))],
            "outer",
            id="enforced-over-inner",
        ),
        pytest.param(
            lambda d: [gpo(d, "domain", d.dn, enforced=True), gpo(d, "outer", d.ou("Servers"), enforced=True)],
            "domain",
            id="of-two-enforced-the-upper",
        ),
        pytest.param(lambda d: [gpo(d, "domain", d.dn), d.block(d.ou("Servers", "Web"))], None, id="blocked"),
        pytest.param(
            lambda d: [gpo(d, "domain", d.dn, enforced=True), d.block(d.ou("Servers", "Web"))],
            "domain",
            id="enforced-through-block",
        ),
        pytest.param(
            lambda d: [gpo(d, "inner", d.ou("Servers", "Web")), d.block(d.ou("Servers", "Web"))],
            "inner",
            id="own-links-are-not-blocked",
        ),
        pytest.param(lambda d: [gpo(d, "off", d.ou("Servers"), disabled=True)], None, id="link-disabled"),
        pytest.param(lambda d: [gpo(d, "off", d.ou("Servers"), flags=2)], None, id="computer-half-disabled"),
        pytest.param(lambda d: [gpo(d, "on", d.ou("Servers"), flags=1)], "on", id="user-half-disabled"),
        pytest.param(lambda d: [gpo(d, "old", d.ou("Servers"), functionality=1)], None, id="functionality-version"),
        pytest.param(lambda d: [gpo(d, "empty", d.ou("Servers"), version=0)], None, id="both-versions-0"),
        pytest.param(lambda d: [gpo(d, "none", d.ou("Servers"), extensions=None)], None, id="no-extension-named"),
        pytest.param(lambda d: [gpo(d, "all", d.ou("Servers"), extensions=REGISTRY + PAIR)], "all", id="extensions-in-order"),
        pytest.param(lambda d: [gpo(d, "cut", d.ou("Servers"), extensions=LATER + PAIR)], None, id="extensions-out-of-order"),
        pytest.param(lambda d: [gpo(d, "mine", d.ou("Servers"), security=(Apply(f"{d.sid}-515"),))], "mine", id="domain-computers"),
        pytest.param(lambda d: [gpo(d, "others", d.ou("Servers"), security=(Apply(f"{d.sid}-1801"),))], None, id="another-group"),
        pytest.param(
            lambda d: [gpo(d, "denied", d.ou("Servers"), security=(Apply(), Apply(f"{d.sid}-515", allowed=False)))],
            None,
            id="denied",
        ),
        pytest.param(lambda d: [gpo(d, "elsewhere", d.ou("Clients"))], None, id="linked-elsewhere"),
    ],
)
def test_who_wins(domain, prepare, wins):
    prepare(domain)

    refreshed(domain)

    assert winner(domain) == wins


@pytest.mark.parametrize("passes", [True, False])
def test_a_wmi_filter(domain, passes):
    gpo(domain, "filtered", domain.ou("Servers"), wmi_filter="[sim.example;{1};0]")

    Client(domain, domain.members["web01"][0], domain.replica, wmi=lambda _text: passes).refresh()

    assert winner(domain) == ("filtered" if passes else None)


@pytest.mark.parametrize(
    ("accounts", "holders"),
    [
        pytest.param((*DEFAULTS, IIS), {*FLOOR, names.IIS_IUSRS}, id="the-list-replaces-all"),
        pytest.param((USERS,), {*FLOOR, names.USERS}, id="the-engine-adds-two-and-cannot-take-two"),
        pytest.param((), {*FLOOR}, id="no-account"),
        pytest.param((*DEFAULTS, "BUILTIN\\IIS_IUSRS"), {*FLOOR, names.IIS_IUSRS}, id="a-name-that-is-known"),
    ],
)
def test_the_holders_afterwards(domain, accounts, holders):
    machine = domain.members["web01"][0]
    machine.grant("S-1-5-17")
    gpo(domain, "Servers", domain.ou("Servers"), accounts=accounts, version=7)

    assert refreshed(domain, "web01") == ["web01"]

    assert set(machine.holders()) == holders
    assert [(one.guid, one.version, one.status) for one in machine.gpos] == [(machine.gpos[0].guid, 7, 1)]


def test_a_name_that_nobody_knows_spoils_the_list(domain):
    machine = domain.members["web01"][0]
    machine.grant("S-1-5-17")
    gpo(domain, "Servers", domain.ou("Servers"), accounts=(*DEFAULTS, "SIM\\gone"))

    refreshed(domain)

    assert set(machine.holders()) == {*FLOOR, "S-1-5-17"}
    assert [(one.status, one.error) for one in machine.gpos] == [(3, 1332)]


def test_losers_are_in_rsop_behind_the_winner(domain):
    gpo(domain, "Domain", domain.dn)
    gpo(domain, "Web", domain.ou("Servers", "Web"))

    refreshed(domain)

    assert [(one.name, one.precedence) for one in domain.members["web01"][0].gpos] == [("Web", 1), ("Domain", 2)]


def test_a_new_version_is_what_makes_a_client_look(domain):
    machine = domain.members["web01"][0]
    guid = gpo(domain, "Servers", domain.ou("Servers"))
    refreshed(domain)
    domain.replica.sysvol.write(
        f"{domain.replica.folder(guid)}\\MACHINE\\microsoft\\windows nt\\SecEdit\\gpttmpl.inf",
        "[Privilege Rights]\r\nSeImpersonatePrivilege = *S-1-5-32-545\r\n".encode("utf-16"),
    )

    assert refreshed(domain) == []
    assert set(machine.holders()) == {*FLOOR}

    domain.replica.directory.gpo(guid).version = 2
    assert refreshed(domain, "web01") == ["web01"]
    assert set(machine.holders()) == {*FLOOR, names.USERS}


def test_domain_controllers_have_their_own_copy_until_it_replicates(domain):
    other = domain.add_controller("dc02")
    guid = gpo(domain, "Servers", domain.ou("Servers"))

    assert guid.upper() not in other.replica.directory.gpos
    domain.replicate()
    assert other.replica.template(guid) == domain.replica.template(guid)
    assert (other.machine_role, domain.controllers["dc01.sim.example"].machine_role) == (4, 5)


@pytest.mark.parametrize(
    ("rid", "taken_by"),
    [
        pytest.param(515, ["web01"], id="Domain Computers"),
        pytest.param(516, ["dc01", "dc02"], id="Domain Controllers"),
        pytest.param(521, ["rodc01"], id="Read-only Domain Controllers"),
    ],
)
def test_a_machine_is_in_the_group_of_its_kind(domain, rid, taken_by):
    domain.add_controller("dc02")
    domain.add_controller("rodc01", read_only=True)
    gpo(domain, "For a group", domain.dn, security=(Apply(f"{domain.sid}-{rid}"),))

    refreshed(domain)

    assert sorted(name for name in domain.members if winner(domain, name)) == taken_by


@pytest.mark.parametrize(
    ("text", "guids"),
    [
        pytest.param(None, 0, id="none"),
        pytest.param("", 0, id="empty"),
        pytest.param(PAIR, 1, id="the-pair"),
        pytest.param(REGISTRY + PAIR + LATER, 3, id="sorted"),
        pytest.param(REGISTRY + LATER + PAIR, 2, id="unsorted-ends-there"),
        pytest.param(PAIR[:-1] + "{0F6B957E-509E-11D1-A7CC-0000F87571E3}]", 1, id="another-tool-in-the-block"),
        pytest.param(PAIR.lower(), 1, id="lower-case"),
    ],
)
def test_extensions(text, guids):
    assert len(extensions_of(text)) == guids


@pytest.mark.parametrize(
    ("content", "version"),
    [
        pytest.param(b"[General]\r\nVersion=65545\r\n", 65545, id="as-windows-writes-it"),
        pytest.param(b"[GENERAL]\nversion = 3\ndisplayName=x", 3, id="other-case-and-newlines"),
        pytest.param(b"Version=3", None, id="no-section"),
        pytest.param(None, None, id="no-file"),
    ],
)
def test_versions_in_gpt_ini(content, version):
    assert file_version(content) == version
