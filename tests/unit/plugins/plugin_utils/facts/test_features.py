# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Features that one read shows, and rows of policies that hang on them."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import app_pool_sid, service_sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import (
    AppPool,
    AskedAccount,
    Holder,
    Iis,
    Resolution,
    Traces,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.features import (
    FeatureName,
    features_of,
    notes_on_features,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput, CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Standing, Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.verdict import judge

FOUR = frozenset({"S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-6"})
IIS_IUSRS, USERS = "S-1-5-32-568", "S-1-5-32-545"
SVC, OTHER = "S-1-5-21-1004336348-1177238915-682003330-1201", "S-1-5-21-1004336348-1177238915-682003330-1202"
SSIS = service_sid("MsDtsServer150")
POOL = AppPool("shop", "SpecificUser", "CORP\\svc", SVC)
MANUAL = dataclasses.replace(POOL, manual=True)
VIRTUAL = AppPool("own", "ApplicationPoolIdentity", manual=True)
ASPNET = AskedAccount(".\\ASPNET", OTHER, "WEB01\\ASPNET", 1, Resolution.LSA)


@pytest.fixture
def facts(host):
    """Facts of a member server; ``features`` by the fields of Traces, the rest by those of HostFacts."""

    def build(held=FOUR, features=None, iis=False, **fields):
        return dataclasses.replace(host(held, iis=iis), features=Traces(**(features or {})), **fields)

    return build


@pytest.mark.parametrize(
    ("name", "fields", "present", "words"),
    [
        pytest.param("iis", {"iis": Iis(("W3SVC",), "10.0")}, True, "IIS 10.0 is installed", id="IIS"),
        pytest.param("iis", {"iis": Iis(None)}, None, "could not be read", id="IIS unknown"),
        pytest.param("iis_manual_pools", {"pools": (POOL,)}, False, "", id="a pool with an account of its own"),
        pytest.param("iis_manual_pools", {"pools": (POOL, MANUAL)}, True, "manualGroupMembership: shop", id="a manual pool"),
        pytest.param("iis_manual_pools", {"pools": None, "pools_status": "locked"}, None, "another process holds", id="locked file"),
        pytest.param("iis_manual_pools", {"pools": None, "pools_status": "elsewhere"}, None, "lies on another host", id="shared configuration"),
        pytest.param("iis_manual_pools", {"pools": None, "pools_status": "denied"}, None, "may not be read", id="denied file"),
        pytest.param("iis_manual_pools", {"pools": None, "pools_status": "malformed"}, None, "not XML", id="malformed file"),
        pytest.param("iis_manual_pools", {"pools": None, "pools_status": "many"}, None, "more application pools than are read", id="too many pools"),
        pytest.param("iis_manual_pools", {"pools": None, "pools_status": "odd"}, None, "could not be read", id="unreadable file"),
        pytest.param("ssis", {"features": Traces(ssis=("MsDtsServer150",))}, True, "MsDtsServer150", id="SSIS"),
        pytest.param("ssis", {"features": Traces()}, False, "", id="no SSIS"),
        pytest.param("ssis", {"features": Traces(ssis=None)}, None, "could not be listed", id="SSIS unknown"),
        pytest.param("adfs", {"features": Traces(adfs=True)}, True, "adfssrv exists", id="AD FS"),
        pytest.param("adfs", {"features": Traces(adfs=None)}, None, "could not be read", id="AD FS unknown"),
        pytest.param("print_spooler", {"features": Traces(spooler=2)}, True, "not disabled", id="spooler"),
        pytest.param("print_spooler", {"features": Traces(spooler=4)}, False, "", id="disabled spooler"),
        pytest.param("print_spooler", {"features": Traces()}, False, "", id="no spooler"),
        pytest.param("print_spooler", {"features": Traces(spooler_known=False)}, None, "could not be read", id="spooler unknown"),
        pytest.param("session_host", {"features": Traces(session_host=True)}, True, "session host", id="session host"),
        pytest.param("session_host", {"features": Traces(session_host=None)}, None, "could not be asked", id="session host unknown"),
        pytest.param("legacy_accounts", {"accounts": (ASPNET,)}, True, "WEB01\\ASPNET", id="legacy account"),
        pytest.param("legacy_accounts", {"accounts": (AskedAccount(".\\ASPNET", None, None, 8, Resolution.UNMAPPED),)}, False, "", id="none"),
        pytest.param("legacy_accounts", {"accounts": (AskedAccount(".\\ASPNET", None, None, None, Resolution.FAILED),)}, None, "looked up", id="unknown"),
    ],
)  # fmt: skip
def test_each_feature_is_there_not_there_or_unknown(host, name, fields, present, words):
    feature = features_of(dataclasses.replace(host(FOUR), **fields), ("ASPNET",), {})[FeatureName(name)]

    assert feature.present is present
    assert not feature.declared
    assert words in feature.because


def test_nobody_who_was_not_asked_for_is_called_absent(host):
    feature = features_of(host(FOUR), (), {})[FeatureName.LEGACY_ACCOUNTS]

    assert (feature.present, feature.because) == (None, "the policy has no legacy.names to ask a host for")


def test_what_is_declared_absent_reads_so(host):
    features = features_of(host(FOUR), (), {FeatureName.SSIS: False, FeatureName.ADFS: True})

    assert features[FeatureName.SSIS].because == "the host is declared to have no SQL Server Integration Services"
    assert features[FeatureName.ADFS].because == "the host is declared to have AD FS"


@pytest.mark.parametrize(
    ("declared", "fields", "note"),
    [
        pytest.param({"iis": False}, {"iis": Iis(("W3SVC", "WAS"), "10.0")}, "the host is declared to be without IIS, and shows that IIS 10.0 is installed",
                     id="absent, and the host shows it"),
        pytest.param({"iis": True}, {"iis": Iis(())}, "the host is declared to have IIS, which it does not show", id="present, and the host does not show it"),
        pytest.param({"iis": True}, {"iis": Iis(("W3SVC",), "10.0")}, None, id="present, as the host shows it"),
        pytest.param({"iis": False}, {"iis": Iis(())}, None, id="absent, as the host shows it"),
        pytest.param({"iis": False}, {"iis": Iis(None)}, None, id="absent, and it is not known"),
        pytest.param({"iis": True}, {"iis": Iis(("W3SVC",), None, readable=False)}, None, id="present, and it is not known"),
        pytest.param({"ssis": False}, {"features": Traces(ssis=("MsDtsServer150",))},
                     "the host is declared to be without SQL Server Integration Services, and shows that "
                     "Integration Services are installed: MsDtsServer150", id="SSIS"),
        pytest.param({"iis_manual_pools": False}, {"pools": (MANUAL,)},
                     "the host is declared to be without application pools with manualGroupMembership, and shows that "
                     "application pools have manualGroupMembership: shop", id="a manual pool"),
        pytest.param({"print_spooler": True}, {"features": Traces(spooler=4)},
                     "the host is declared to have a print spooler that may start, which it does not show", id="a disabled spooler"),
        pytest.param({"session_host": False}, {"features": Traces(session_host=True)},
                     "the host is declared to be without the role of a Remote Desktop session host, and shows that the host is a Remote "
                     "Desktop session host", id="session host"),
        pytest.param({"legacy_accounts": False}, {"accounts": (ASPNET,)},
                     "the host is declared to be without local accounts of IIS 6 or ASP.NET 1.x, and shows that such accounts exist: WEB01\\ASPNET",
                     id="legacy account"),
        pytest.param({}, {"iis": Iis(("W3SVC",), "10.0")}, None, id="nothing is declared"),
    ],
)  # fmt: skip
def test_a_declaration_that_the_host_contradicts_is_noted_and_no_other(host, declared, fields, note):
    facts = dataclasses.replace(host(FOUR), **fields)
    features = features_of(facts, ("ASPNET",), {FeatureName(name): present for name, present in declared.items()})
    tailoring = Tailoring(features={FeatureName(name): present for name, present in declared.items()})
    policy = load_policy({"name": "p", "title": "t", "compare": "at_most", "host_roles": {"member_server": {"required": sorted(FOUR), "source": "s"}},
                          "legacy": {"names": ["ASPNET"], "source": "s"}})  # fmt: skip

    assert notes_on_features(features) == ((note,) if note else ())
    assert notes_on_features(features) == judge(facts, policy, tailoring).notes


def test_every_feature_has_words_and_is_detected(host):
    assert set(features_of(host(FOUR), (), {})) == set(FeatureName)
    assert all(name.words for name in FeatureName)


LOST = dataclasses.replace(MANUAL, sid=None)


@pytest.mark.parametrize(
    ("held", "fields", "declared", "policy_row"),
    [
        pytest.param(SSIS, {"features": {"ssis": None}}, "ssis", {"ssis": {"permitted": ["ssis_services"], "source": "s"}},
                     id="declared, and no service is known"),
        pytest.param(SSIS, {"features": {"ssis": ()}}, "ssis", {"ssis": {"permitted": ["ssis_services"], "source": "s"}},
                     id="declared, and the host shows no service"),
        pytest.param(SVC, {"pools": ()}, "iis_manual_pools", {"iis_manual_pools": {"permitted": ["pool_accounts"], "source": "s"}},
                     id="declared, and the host shows no such pool"),
        pytest.param(SVC, {"pools": None, "pools_status": "locked"}, "iis_manual_pools",
                     {"iis_manual_pools": {"permitted": ["pool_accounts"], "source": "s"}},
                     id="declared, and no pool is known"),
        pytest.param(SVC, {"pools": (LOST,)}, None, {"iis_manual_pools": {"permitted": ["pool_accounts"], "source": "s"}},
                     id="a pool whose account has no SID"),
        pytest.param(SVC, {"pools": (LOST, VIRTUAL)}, None, {"iis_manual_pools": {"permitted": ["pool_accounts"], "source": "s"}}, id="another pool is known"),
    ],
)  # fmt: skip
def test_accounts_that_may_belong_to_a_feature_stay_in_doubt(facts, held, fields, declared, policy_row):
    tailoring = Tailoring(features={FeatureName(declared): True} if declared else {})

    with pytest.raises(CannotJudge, match=f"so it is not known whether {held} is permitted"):
        judge(facts(FOUR | {held}, **fields), own(**policy_row), tailoring)
    assert judge(facts(FOUR, **fields), own(**policy_row), tailoring).status is Status.COMPLIANT


def test_required_accounts_of_a_feature_must_be_known(facts):
    policy = own(iis_manual_pools={"required": ["pool_accounts"], "source": "s"})

    with pytest.raises(CannotJudge, match="the accounts of the application pools shop have no SID"):
        judge(facts(pools=(LOST,)), policy, Tailoring())


@pytest.mark.parametrize(
    ("held", "words"),
    [
        pytest.param({SVC, IIS_IUSRS}, "has the right through IIS_IUSRS", id="the group holds it"),
        pytest.param({SVC}, "IIS_IUSRS does not hold the right here", id="the entry is the only one"),
    ],
)
def test_what_a_pool_would_keep(facts, shipped, held, words):
    verdict = judge(facts(FOUR | held, pools=(POOL,)), shipped["stig"], Tailoring())

    assert words in next(one.why for one in verdict.unexpected if one.holder.sid == SVC)


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("there", [("MsDtsServer150",), (), None], ids=["there", "not there", "unknown"])
def test_what_is_declared_wins_and_is_marked(facts, declared, there):
    feature = features_of(facts(features={"ssis": there}), (), {FeatureName.SSIS: declared})[FeatureName.SSIS]

    assert (feature.present, feature.declared) == (declared, True)
    assert set(feature.accounts) == ({SSIS} if declared and there else set())
    assert ("declared" in feature.because) is not (declared and bool(there))


@pytest.mark.parametrize(
    ("held", "fields", "standing", "words"),
    [
        pytest.param(SSIS, {"features": {"ssis": ("MsDtsServer150",)}}, Standing.PERMITTED, "because the service MsDtsServer150 exists", id="SSIS"),
        pytest.param(SSIS, {}, Standing.UNEXPECTED, "does not name it", id="its service SID without SSIS"),
        pytest.param(SVC, {"pools": (MANUAL,)}, Standing.PERMITTED, "application pool shop runs under it with manualGroupMembership", id="manual pool"),
        pytest.param(SVC, {"pools": (POOL,)}, Standing.UNEXPECTED, "has the right through IIS_IUSRS, which IIS adds", id="a pool needs no entry of its own"),
        pytest.param(app_pool_sid("own"), {"pools": (VIRTUAL,)}, Standing.PERMITTED, "application pool own", id="manual pool with its own identity"),
        pytest.param(app_pool_sid("own"), {"pools": (dataclasses.replace(VIRTUAL, manual=False),)}, Standing.UNEXPECTED, "through IIS_IUSRS",
                     id="the same, not manual"),
        pytest.param(OTHER, {"pools": (MANUAL,)}, Standing.UNEXPECTED, "does not name it", id="another account"),
    ],
)  # fmt: skip
def test_microsofts_rows_permit_what_a_feature_needs(facts, microsoft, held, fields, standing, words):
    verdict = judge(facts(FOUR | {held, IIS_IUSRS}, iis=True, **fields), microsoft, Tailoring())

    judged = next(one for one in verdict.holders if one.holder.sid == held)
    assert judged.standing is standing
    assert words in judged.why


def test_under_a_stig_a_reader_learns_what_an_unexpected_holder_is(facts, shipped):
    held = FOUR | {IIS_IUSRS, SSIS, SVC}
    verdict = judge(facts(held, {"ssis": ("MsDtsServer150",)}, iis=True, pools=(MANUAL,)), shipped["stig"], Tailoring())

    whys = {one.holder.sid: one.why for one in verdict.unexpected}
    assert "IIS 10.0 is installed and needs it (KB 981949)" in whys[IIS_IUSRS]
    assert "the service MsDtsServer150 exists, and Setup of Integration Services grants it the right" in whys[SSIS]
    assert "the application pool shop runs under it with manualGroupMembership" in whys[SVC]


def own(**features):
    row = {"required": ["administrators", "service", "local_service", "network_service"], "source": "s"}
    return load_policy(
        {"name": "own", "title": "Own", "compare": "exact", "host_roles": {"member_server": row}, "features": features}
    )


@pytest.mark.parametrize(
    ("held", "unknown", "row", "doubtful"),
    [
        pytest.param({SSIS}, {"features": {"ssis": None}}, {"ssis": {"permitted": ["ssis_services"], "source": "s"}}, True, id="a service SID, SSIS unknown"),
        pytest.param({USERS}, {"features": {"ssis": None}}, {"ssis": {"permitted": ["ssis_services"], "source": "s"}}, False, id="surely no service"),
        pytest.param({USERS}, {"features": {"ssis": None}}, {"ssis": {"permitted": ["users"], "source": "s"}}, True, id="the permitted account itself"),
        pytest.param({SVC}, {"pools": None, "pools_status": "locked"}, {"iis_manual_pools": {"permitted": ["pool_accounts"], "source": "s"}}, True,
                     id="an account, pools unknown"),
        pytest.param(set(), {"pools": None, "pools_status": "locked"}, {"iis_manual_pools": {"permitted": ["pool_accounts"], "source": "s"}}, False,
                     id="nobody in doubt"),
        pytest.param(set(), {"features": {"adfs": None}}, {"adfs": {"required": ["users"], "source": "s"}}, True, id="a row that requires"),
        pytest.param(set(), {"features": {"adfs": None}}, {"adfs": {"forbidden": ["users"], "source": "s"}}, True, id="a row that forbids"),
    ],
)  # fmt: skip
def test_an_unknown_feature_is_a_doubt_only_where_it_matters(facts, held, unknown, row, doubtful):
    its, policy = facts(FOUR | held, **unknown), own(**row)
    if not doubtful:
        assert judge(its, policy, Tailoring()).status is (Status.DRIFT if held else Status.COMPLIANT)
        return
    with pytest.raises(CannotJudge, match=r"is not known .* declare features: .* \(in the role impersonate_features\)") as doubt:
        judge(its, policy, Tailoring())
    assert doubt.value.category == f"{next(iter(row))}_unknown"
    feature = FeatureName(next(iter(row)))
    assert judge(its, policy, Tailoring(features={feature: False})).status is (Status.DRIFT if held else Status.COMPLIANT)


def test_an_unknown_feature_hides_no_certain_finding(facts):
    policy = own(ssis={"permitted": ["ssis_services"], "source": "s"})
    its = facts((FOUR - {"S-1-5-6"}) | {SSIS, USERS}, {"ssis": None})

    with pytest.raises(CannotJudge) as doubt:
        judge(its, policy, Tailoring())

    said, _unused, certain = str(doubt.value).partition("; certain all the same: ")
    assert said.endswith(f"whether {SSIS} is permitted")
    assert certain == "missing NT AUTHORITY\\SERVICE (S-1-5-6), unexpected BUILTIN\\Users (S-1-5-32-545)"


def test_a_row_ends_with_its_last_build(facts):
    policy = own(print_spooler={"permitted": ["users"], "to": 20348, "source": "s"})
    its = facts(FOUR | {USERS}, {"spooler": 2})

    new = dataclasses.replace(its, windows=dataclasses.replace(its.windows, build=20349))

    assert judge(its, policy, Tailoring()).status is Status.COMPLIANT
    assert judge(new, policy, Tailoring()).status is Status.DRIFT


def test_what_is_default_by_an_unknown_feature_is_in_doubt(facts):
    policy = own(adfs={"default": ["users"], "source": "s"})

    with pytest.raises(CannotJudge, match=f"not known whether {USERS} is permitted"):
        judge(facts(FOUR | {USERS}, {"adfs": None}), policy, Tailoring())


def test_a_pool_with_a_virtual_account_is_known_by_its_name(facts, shipped):
    virtual = dataclasses.replace(VIRTUAL, manual=False)
    verdict = judge(facts(FOUR | {app_pool_sid("own")}, pools=(virtual,)), shipped["stig"], Tailoring())

    assert "the application pool own runs under it" in verdict.unexpected[0].why


def test_without_iis_nobody_is_told_that_iis_needs_it(facts, shipped):
    verdict = judge(facts(FOUR | {IIS_IUSRS}), shipped["stig"], Tailoring())

    assert "IIS" not in verdict.unexpected[0].why


@pytest.mark.parametrize(
    ("name", "row", "words"),
    [
        pytest.param("dns", {"source": "s"}, r"features\.dns: 'dns' is not a feature that a host is asked for; allowed are iis, iis_manual_pools",
                     id="nobody detects it"),
        pytest.param("iis", {"permitted": ["users", "ssis_services"], "source": "s"},
                     r"features\.iis\.permitted\[1\]: ssis_services stands in rows of features\.ssis only",
                     id="accounts of another feature"),
        pytest.param("iis", {"permitted": ["users"], "source": "s", "host_roles": []}, r"features\.iis\.host_roles: the list is empty; leave it out",
                     id="for nobody"),
        pytest.param("iis", {"permitted": ["users"], "source": "s", "document": {"title": "x"}}, r"features\.iis\.document: .* is not in documents",
                     id="a document in the row"),
        pytest.param("legacy_accounts", {"permitted": ["found_legacy_accounts"], "source": "s"}, r"features\.legacy_accounts: there is no legacy\.names",
                     id="nobody to ask for"),
        pytest.param("iis", {"permitted": ["users"], "source": "s", "to": 0}, r"features\.iis\.to: 0 is not a build number, such as 20348", id="build 0"),
        pytest.param("iis", {"permitted": ["users"], "source": "s", "from": -5}, r"features\.iis\.from: -5 is not a build number", id="negative build"),
        pytest.param("iis", {"permitted": ["users"], "source": 8}, r"features\.iis\.source: 8 is not a text that says something; put it in quotes",
                     id="a number for a text"),
        pytest.param("ssis", [{"permitted": ["ssis_services"], "source": "s", "operating_systems": ["server_2012"]}],
                     r"features\.ssis\[0\]\.operating_systems: 'server_2012' is not a release",
                     id="no such release"),
    ],
)  # fmt: skip
def test_bad_rows_of_features(name, row, words):
    with pytest.raises(BadInput, match=words):
        own(**{name: row})


def test_accounts_that_were_found_stand_in_no_other_row():
    with pytest.raises(
        BadInput, match=r"member_server\.permitted\[0\]: pool_accounts stands in rows of features\.iis_manual_pools only"
    ):
        load_policy(
            {
                "name": "o",
                "title": "O",
                "compare": "exact",
                "host_roles": {"member_server": {"permitted": ["pool_accounts"], "source": "s"}},
            }
        )


def test_a_row_of_a_feature_may_be_of_some_builds_and_roles_only(facts):
    policy = own(print_spooler={"permitted": ["users"], "from": 26100, "host_roles": ["member_server"], "source": "s"})
    its = facts(FOUR | {USERS}, {"spooler": 2})

    new = dataclasses.replace(its, windows=dataclasses.replace(its.windows, build=26100))

    assert judge(its, policy, Tailoring()).status is Status.DRIFT
    assert judge(new, policy, Tailoring()).status is Status.COMPLIANT


def test_legacy_accounts_are_asked_of_the_host_and_found_by_sid(facts, microsoft):
    renamed = Holder(OTHER, "WEB01\\Umbenannt", 1, Resolution.LSA)

    assert {".\\ASPNET", ".\\IIS_WPG", ".\\IUSR_<COMPUTER>", ".\\IWAM_<COMPUTER>"} < set(microsoft.asked_names)
    (judged,) = judge(facts([renamed], accounts=(ASPNET,)), microsoft, Tailoring()).holders
    assert judged.standing is Standing.LEGACY


def test_legacy_accounts_may_be_permitted_where_they_exist(facts, microsoft):
    data = {
        "name": "own",
        "extends": "microsoft",
        "features": {"legacy_accounts": {"permitted": ["found_legacy_accounts"], "source": "s"}},
    }
    policy = load_policy(data, {"microsoft": microsoft.data})

    verdict = judge(facts(FOUR | {OTHER}, accounts=(ASPNET,)), policy, Tailoring())

    assert verdict.status is Status.COMPLIANT
    assert "permitted because the account WEB01\\ASPNET exists" in {one.why.partition(" (")[0] for one in verdict.holders}
