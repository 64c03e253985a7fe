# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped policies against the documents: the sets are written here from the documents, not read from the data."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.expectation import Standing, Wishes
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.features import FeatureName
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import Compare, HostRole
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.systems import System
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.verdict import Status, judge

FOUR = frozenset({"S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-6"})
IIS_IUSRS, IUSR, SYSTEM, USERS = "S-1-5-32-568", "S-1-5-17", "S-1-5-18", "S-1-5-32-545"
SPOOLER = "S-1-5-99-216390572-1995538116-3857911515-2404958512-2623887229"
CANDIDATES = sorted(FOUR | {IIS_IUSRS, IUSR, SYSTEM, USERS, SPOOLER, "S-1-1-0", "S-1-5-11", "S-1-5-80-1-2-3-4-5"})

BUILDS = {
    "server_2016": 14393, "server_2019": 17763, "server_2022": 20348, "server_2025": 26100, "windows_10": 19045, "windows_11": 26200,
}  # fmt: skip
MACHINE_ROLES = {"domain_controller": 5, "member_server": 3, "standalone_server": 2, "client": 1}
SERVERS = [system for system in BUILDS if system.startswith("server")]
HOSTS = [(role, system) for system in SERVERS for role in list(MACHINE_ROLES)[:3]] + [
    ("client", system) for system in BUILDS if system.startswith("windows")
]

# policy, host role, release -> control, must hold it, may hold it; None: the policy does not apply.
# "+iis" are the same with IIS, where the document makes a difference.
MICROSOFT = {(role, system): ("", FOUR, {SYSTEM} | ({SPOOLER} if BUILDS[system] >= 26100 else set())) for role, system in HOSTS}
CIS = {
    ("domain_controller", "server_2016"): ("2.2.32 (DC only)", FOUR, set()),
    ("member_server", "server_2016"): ("2.2.33 (MS only)", FOUR, set()),
    ("standalone_server", "server_2016"): None,
    ("domain_controller", "server_2019"): ("2.2.31 (DC only)", FOUR, set()),
    ("member_server", "server_2019"): ("2.2.32 (MS only)", FOUR, set()),
    ("standalone_server", "server_2019"): ("2.2.24", FOUR, set()),
    ("domain_controller", "server_2022"): ("2.2.31 (DC only)", FOUR, set()),
    ("member_server", "server_2022"): ("2.2.32 (MS only)", FOUR, set()),
    ("standalone_server", "server_2022"): ("2.2.23", FOUR, set()),
    ("domain_controller", "server_2025"): ("2.2.31 (DC only)", FOUR | {SPOOLER}, set()),
    ("member_server", "server_2025"): ("2.2.32 (MS only)", FOUR | {SPOOLER}, set()),
    ("standalone_server", "server_2025"): ("2.2.24", FOUR, set()),
    ("client", "windows_10"): ("2.2.24", FOUR, set()),
    ("client", "windows_11"): ("2.2.23", FOUR | {SPOOLER}, set()),
}
STIG_CONTROLS = {
    "windows_10": "V-220975", "windows_11": "V-253498",
    "server_2016": "V-225082", "server_2019": "V-205760", "server_2022": "V-254503", "server_2025": "V-278253",
}  # fmt: skip
STIG = {
    (role, system): (STIG_CONTROLS[system], set(), FOUR | ({SPOOLER} if system == "windows_11" else set()))
    for role, system in HOSTS
}
EXPECTED = {"microsoft": MICROSOFT, "cis": CIS, "stig": STIG}
WITH_IIS = {  # what IIS adds: must, may
    "microsoft": ({IIS_IUSRS}, {IUSR}, MACHINE_ROLES),
    "cis": ({IIS_IUSRS}, set(), ("member_server", "standalone_server")),
    "stig": (set(), set(), ()),
}
CIS_CLIENT_WITH_IIS = {IIS_IUSRS}  # permitted, since the benchmarks for clients are silent about IIS

CASES = [
    pytest.param(policy, role, system, iis, id=f"{policy}, {role}, {system}{', IIS' if iis else ''}")
    for policy in EXPECTED
    for role, system in HOSTS
    for iis in (False, True)
]


def facts_of(host, held, role, system, iis):
    facts = host(held, MACHINE_ROLES[role], iis=iis, build=BUILDS[system])
    product_type = {"client": "WinNT", "domain_controller": "LanmanNT"}.get(role, "ServerNT")
    return dataclasses.replace(
        facts, windows=dataclasses.replace(facts.windows, product_type=product_type, sku=4 if role == "client" else 7)
    )


@pytest.mark.parametrize(("policy", "role", "system", "iis"), CASES)
def test_exact_sets_and_every_single_deviation(host, shipped, policy, role, system, iis):
    row = EXPECTED[policy][role, system]
    if row is None:
        verdict = judge(facts_of(host, FOUR, role, system, iis), shipped[policy], Wishes())
        assert verdict.status is Status.NOT_APPLICABLE
        assert "a stand-alone server with Windows Server 2016" in verdict.notes[-1]
        return
    control, must, may = row
    more_must, more_may, roles = WITH_IIS[policy]
    if iis and role in roles:
        must, may = must | more_must, may | more_may
    if iis and (policy, role) == ("cis", "client"):
        may = may | CIS_CLIENT_WITH_IIS

    def judged(held):
        verdict = judge(facts_of(host, held, role, system, iis), shipped[policy], Wishes())
        assert (verdict.row.control, verdict.row.document is not None) == (control, True)
        return verdict.status, {one.sid for one in verdict.missing}, {one.holder.sid for one in verdict.unexpected}

    assert judged(must) == judged(must | may) == (Status.COMPLIANT, set(), set())
    for sid in must:
        assert judged((must | may) - {sid}) == (Status.DRIFT, {sid}, set())
    for sid in may:  # nobody misses it, and alone it is no finding either
        assert judged(must | {sid}) == judged((must | may) - {sid}) == (Status.COMPLIANT, set(), set())
    for sid in set(CANDIDATES) - must - may:
        assert judged(must | {sid}) == (Status.DRIFT, set(), {sid})


def test_every_kind_of_host_stands_in_the_tables():
    assert {role for role, _ in HOSTS} == {role.value for role in HostRole}
    assert {system for _, system in HOSTS} == {system.value for system in System}
    assert all(set(rows) == set(HOSTS) for rows in EXPECTED.values())


@pytest.mark.parametrize(
    ("policy", "compare"),
    [("microsoft", Compare.EXACT), ("cis", Compare.EXACT), ("stig", Compare.AT_MOST)],
    ids=lambda value: str(value),
)
def test_how_each_policy_compares(shipped, policy, compare):
    assert shipped[policy].compare is compare


@pytest.mark.parametrize("system", STIG_CONTROLS)
def test_a_stig_counts_accounts_of_the_floor_as_floor_and_names_its_rule(host, shipped, system):
    role = "client" if system.startswith("windows") else "member_server"
    (judged,) = judge(facts_of(host, ["S-1-5-6"], role, system, False), shipped["stig"], Wishes()).holders

    assert judged.standing is Standing.FLOOR
    assert judged.why.startswith("permitted on a ")
    assert f"({STIG_CONTROLS[system]}, Microsoft Windows" in judged.why


@pytest.mark.parametrize(
    ("system", "words"),
    [
        pytest.param("server_2022", "If an application requires this user right", id="the servers' rule foresees an exception"),
        pytest.param("windows_10", "V-220975 says: its text has no words about exceptions", id="the clients' rule does not"),
    ],
)
def test_what_a_stig_says_about_exceptions(host, shipped, system, words):
    from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.exceptions import parse_exceptions

    role = "client" if system.startswith("windows") else "member_server"
    wishes = Wishes(exceptions=parse_exceptions([{"account": "iis_iusrs", "reason": "web shop", "owner": "Web team"}]))

    verdict = judge(facts_of(host, FOUR | {IIS_IUSRS}, role, system, True), shipped["stig"], wishes)

    assert verdict.status is Status.WAIVED
    assert words in next(one.why for one in verdict.holders if one.standing is Standing.WAIVED)


@pytest.mark.parametrize(
    ("build", "role", "words"),
    [
        pytest.param(
            25398, "member_server", "a member server with build 25398, which no document is written for", id="annual channel"
        ),
        pytest.param(9600, "client", "a client with build 9600", id="Windows 8.1"),
    ],
)
def test_a_release_that_no_document_is_written_for(host, shipped, build, role, words):
    facts = facts_of(host, FOUR, role, "windows_10" if role == "client" else "server_2022", False)
    facts = dataclasses.replace(facts, windows=dataclasses.replace(facts.windows, build=build))

    for policy in ("cis", "stig"):
        verdict = judge(facts, shipped[policy], Wishes())
        assert verdict.status is Status.NOT_APPLICABLE
        assert words in verdict.notes[-1]
    assert judge(facts, shipped["microsoft"], Wishes()).status is Status.COMPLIANT


def test_a_multi_session_host_is_a_client_of_its_release(host, shipped):
    facts = host(FOUR | {SPOOLER}, machine_role=3, build=26100, sku=175)

    verdict = judge(facts, shipped["cis"], Wishes())

    assert (verdict.here.system, verdict.row.where, verdict.status) == (
        System.WINDOWS_11, "operating_systems.windows_11.client", Status.COMPLIANT,
    )  # fmt: skip


def test_the_six_rows_of_the_page_are_of_microsoft_alone(shipped):
    assert [sorted(policy.data.get("gpos", {})) for policy in shipped.values()] == [
        ["default_domain_controllers_policy", "default_domain_policy"], [], [],
    ]  # fmt: skip
    assert all(FeatureName.IIS in {row.feature for row in shipped[name].rows} for name in ("microsoft", "cis"))
