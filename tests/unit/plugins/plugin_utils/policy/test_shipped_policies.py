# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped policies against the documents: the sets are written here from the documents, not read from the data."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.features import FeatureName
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.releases import System
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.roles import HostRole
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import Compare
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Standing, Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.verdict import judge

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

# policy, host role, release -> benchmark_id, must hold it, may hold it; None: the policy does not apply.
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
        verdict = judge(facts_of(host, FOUR, role, system, iis), shipped[policy], Tailoring())
        assert verdict.status is Status.NOT_APPLICABLE
        assert "a stand-alone server with Windows Server 2016" in verdict.notes[-1]
        return
    benchmark_id, must, may = row
    more_must, more_may, roles = WITH_IIS[policy]
    if iis and role in roles:
        must, may = must | more_must, may | more_may
    if iis and (policy, role) == ("cis", "client"):
        may = may | CIS_CLIENT_WITH_IIS

    def judged(held):
        verdict = judge(facts_of(host, held, role, system, iis), shipped[policy], Tailoring())
        assert (verdict.row.benchmark_id, verdict.row.document is not None) == (benchmark_id, True)
        return verdict.status, {one.sid for one in verdict.missing}, {one.holder.sid for one in verdict.unexpected}

    assert judged(must) == judged(must | may) == (Status.COMPLIANT, set(), set())
    for sid in must:
        assert judged((must | may) - {sid}) == (Status.DRIFT, {sid}, set())
    for sid in may:  # nobody misses it, and alone it is no finding either
        assert judged(must | {sid}) == judged((must | may) - {sid}) == (Status.COMPLIANT, set(), set())
    named = {account.sid for other in shipped[policy].rows for account in other.accounts() if account.sid}
    for sid in (named | set(CANDIDATES)) - must - may:
        assert judged(must | {sid}) == (Status.DRIFT, set(), {sid})


@pytest.mark.parametrize(
    ("build", "must", "may"),
    [
        pytest.param(22000, FOUR, set(), id="the first Windows 11"),
        pytest.param(22631, FOUR, set(), id="23H2"),
        pytest.param(26099, FOUR, set(), id="one build before the account came"),
        pytest.param(26100, FOUR | {SPOOLER}, set(), id="24H2, with which it came"),
    ],
)
def test_cis_asks_no_windows_11_for_an_account_that_it_does_not_have(host, shipped, build, must, may):
    facts = facts_of(host, must, "client", "windows_11", False)
    verdict = judge(
        dataclasses.replace(facts, windows=dataclasses.replace(facts.windows, build=build)), shipped["cis"], Tailoring()
    )

    assert (verdict.status, set(verdict.required), set(verdict.permitted)) == (Status.COMPLIANT, must, may)


CIS_TITLES = {
    "server_2016": "CIS Microsoft Windows Server 2016 Benchmark", "server_2019": "CIS Microsoft Windows Server 2019 Benchmark",
    "server_2022": "CIS Microsoft Windows Server 2022 Benchmark", "server_2025": "CIS Microsoft Windows Server 2025 Benchmark",
    "windows_10": "CIS Microsoft Windows 10 Enterprise Benchmark", "windows_11": "CIS Microsoft Windows 11 Enterprise Benchmark",
}  # fmt: skip
CIS_VERSIONS = {
    "server_2016": "4.0.0", "server_2019": "5.0.0", "server_2022": "5.1.0", "server_2025": "2.1.0", "windows_10": "4.0.0", "windows_11": "5.1.0",
}  # fmt: skip
CIS_STANDALONE = {"server_2019": "3.0.0", "server_2022": "2.0.0", "server_2025": "1.0.0"}
STIG_RULES = {  # release -> rule, title, release of the document, its date, number of the check, whether it foresees exceptions
    "windows_10": ("SV-220975r1138519", "Microsoft Windows 10 STIG", "V3R6", "2026-01-05", "WN10-UR-000110", False),
    "windows_11": ("SV-253498r1138526", "Microsoft Windows 11 STIG", "V2R7", "2026-04-01", "WN11-UR-000110", False),
    "server_2016": ("SV-225082r958726", "Microsoft Windows Server 2016 STIG", "V2R10", "2025-01-15", "WN16-UR-000220", True),
    "server_2019": ("SV-205760r958726", "Microsoft Windows Server 2019 STIG", "V3R8", "2026-04-01", "WN19-UR-000130", True),
    "server_2022": ("SV-254503r958726", "Microsoft Windows Server 2022 STIG", "V2R8", "2026-04-01", "WN22-UR-000130", True),
    "server_2025": ("SV-278253r1182221", "Microsoft Windows Server 2025 STIG", "V1R1", "2026-01-26", "WN25-UR-000130", True),
}


def row_of(host, policy, role, system, iis=False):
    return judge(facts_of(host, FOUR, role, system, iis), policy, Tailoring()).row


@pytest.mark.parametrize(("role", "system"), HOSTS, ids=str)
def test_each_row_names_its_document_with_version_date_and_rule(host, shipped, role, system):
    stig = row_of(host, shipped["stig"], role, system)
    rule, title, release, date, check, exceptions = STIG_RULES[system]
    assert (stig.rule, stig.document.title, stig.document.version, stig.document.date, stig.document.publisher, stig.source) == (
        rule, title, release, date, "DISA", f"check text of {check}",
    )  # fmt: skip
    words = (
        "If an application requires this user right, this is not a finding"
        if exceptions
        else "the rule has no words about exceptions"
    )
    assert words in stig.exception_clause
    assert stig.foresees_exceptions is exceptions

    cis = row_of(host, shipped["cis"], role, system)
    if cis is None:
        return
    alone = role == "standalone_server"
    title = CIS_TITLES[system].replace(" Benchmark", " Stand-alone Benchmark") if alone else CIS_TITLES[system]
    version = (CIS_STANDALONE if alone else CIS_VERSIONS)[system]
    assert (cis.document.title, cis.document.version, cis.document.date, cis.rule) == (title, f"version {version}", "", "")


@pytest.mark.parametrize(
    ("role", "system"), [pair for pair in HOSTS if CIS[pair] and pair[0] in ("member_server", "standalone_server")], ids=str
)
def test_the_variant_of_cis_for_iis_cites_the_same_recommendation(host, shipped, role, system):
    base = row_of(host, shipped["cis"], role, system)
    missing = judge(facts_of(host, FOUR, role, system, True), shipped["cis"], Tailoring()).missing

    (iis,) = [one for one in missing if one.sid == IIS_IUSRS]
    assert f"({base.benchmark_id}, {base.document.words}, where the Web Server (IIS) role" in iis.why


def test_the_names_of_legacy_accounts(shipped):
    for policy in shipped.values():
        assert policy.legacy == ("IUSR_<COMPUTER>", "IWAM_<COMPUTER>", "IIS_WPG", "ASPNET")


def test_what_the_title_of_a_rule_prints_stands_beside_what_judges(host, shipped):
    row = row_of(host, shipped["stig"], "client", "windows_11")

    assert (row.printed, row.erratum) == (FOUR, "the title of the rule names four accounts, its check text this one as well")


def test_every_kind_of_host_stands_in_the_tables():
    assert {role for role, _unused in HOSTS} == {role.value for role in HostRole}
    assert {system for _unused, system in HOSTS} == {system.value for system in System}
    assert all(set(rows) == set(HOSTS) for rows in EXPECTED.values())


@pytest.mark.parametrize(
    ("policy", "compare"),
    [("microsoft", Compare.EXACT), ("cis", Compare.EXACT), ("stig", Compare.AT_MOST)],
    ids=str,
)
def test_how_each_policy_compares(shipped, policy, compare):
    assert shipped[policy].compare is compare


@pytest.mark.parametrize("system", STIG_CONTROLS)
def test_a_stig_counts_accounts_of_the_floor_as_floor_and_names_its_rule(host, shipped, system):
    role = "client" if system.startswith("windows") else "member_server"
    (judged,) = judge(facts_of(host, ["S-1-5-6"], role, system, False), shipped["stig"], Tailoring()).holders

    assert judged.standing is Standing.FLOOR
    assert judged.why.startswith("permitted on a ")
    assert f"({STIG_CONTROLS[system]}, Microsoft Windows" in judged.why


@pytest.mark.parametrize(
    ("system", "words"),
    [
        pytest.param("server_2022", "If an application requires this user right", id="the servers' rule foresees an exception"),
        pytest.param("windows_10", "V-220975: the rule has no words about exceptions", id="the clients' rule does not"),
    ],
)
def test_what_a_stig_says_about_exceptions(host, shipped, system, words):
    from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.exceptions import parse_exceptions

    role = "client" if system.startswith("windows") else "member_server"
    tailoring = Tailoring(exceptions=parse_exceptions([{"account": "iis_iusrs", "reason": "web shop", "owner": "Web team"}]))

    verdict = judge(facts_of(host, FOUR | {IIS_IUSRS}, role, system, True), shipped["stig"], tailoring)

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
        verdict = judge(facts, shipped[policy], Tailoring())
        assert verdict.status is Status.NOT_APPLICABLE
        assert words in verdict.notes[-1]
    assert judge(facts, shipped["microsoft"], Tailoring()).status is Status.COMPLIANT


def test_a_multi_session_host_is_a_client_of_its_release(host, shipped):
    facts = host(FOUR | {SPOOLER}, machine_role=3, build=26100, sku=175)

    verdict = judge(facts, shipped["cis"], Tailoring())

    assert (verdict.circumstances.system, verdict.row.where, verdict.status) == (
        System.WINDOWS_11, "operating_systems.windows_11.client", Status.COMPLIANT,
    )  # fmt: skip


def test_the_six_rows_of_the_page_are_of_microsoft_alone(shipped):
    assert [sorted(policy.data.get("gpos", {})) for policy in shipped.values()] == [
        ["default_domain_controllers_policy", "default_domain_policy"], [], [],
    ]  # fmt: skip
    assert all(FeatureName.IIS in {row.feature for row in shipped[name].rows} for name in ("microsoft", "cis"))
