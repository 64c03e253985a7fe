# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions: what they waive, where, until when, and what is said of those that do not hold."""

from __future__ import annotations

import dataclasses
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.parsing import parse_account
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import AskedAccount, Holder, Resolution, Traces
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput, CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.exceptions import (
    State,
    meant_for,
    parse_exceptions,
    too_wide,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import plain_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Standing, Tailoring, Waive
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.verdict import judge

FOUR = {"S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-6"}
USERS_, IIS_IUSRS = "S-1-5-32-545", "S-1-5-32-568"
SVC = "S-1-5-21-1004336348-1177238915-682003330-1201"
DOMAIN_USERS = "S-1-5-21-1004336348-1177238915-682003330-513"
TODAY = datetime.date(2026, 6, 15)
GOOD = {"account": SVC, "reason": "nightly backup", "owner": "Backup team"}


def given_exceptions(*entries, today=TODAY, **tailoring):
    return Tailoring(exceptions=parse_exceptions([{**GOOD, **entry} for entry in entries]), today=today, **tailoring)


@pytest.mark.parametrize(
    ("held", "entry", "state", "status"),
    [
        pytest.param({SVC}, {}, State.USED, Status.WAIVED, id="without an end"),
        pytest.param({SVC}, {"expires": "2026-06-15"}, State.USED, Status.WAIVED, id="on its last day"),
        pytest.param({SVC}, {"expires": datetime.date(2026, 6, 16)}, State.USED, Status.WAIVED, id="a date of YAML"),
        pytest.param({SVC}, {"expires": "2026-06-14"}, State.EXPIRED, Status.DRIFT, id="the day after"),
        pytest.param(set(), {}, State.UNUSED, Status.COMPLIANT, id="nobody there needs it"),
        pytest.param(set(), {"expires": "2026-06-14"}, State.EXPIRED, Status.COMPLIANT, id="expired, and nobody needs it"),
        pytest.param({IIS_IUSRS}, {}, State.UNUSED, Status.DRIFT, id="it is for another account"),
        pytest.param({SVC}, {"host_roles": ["member_server", "client"]}, State.USED, Status.WAIVED, id="for this host role"),
        pytest.param({SVC}, {"host_roles": ["client"]}, None, Status.DRIFT, id="for another host role"),
        pytest.param({SVC}, {"features": ["ssis"]}, State.USED, Status.WAIVED, id="for hosts with a feature that it has"),
        pytest.param({SVC}, {"features": ["adfs"]}, None, Status.DRIFT, id="for hosts with a feature that it has not"),
    ],
)
def test_an_exception_waives_a_holder_where_and_while_it_holds(host, microsoft, held, entry, state, status):
    facts = dataclasses.replace(host(FOUR | held), features=Traces(ssis=("MsDtsServer150",)))

    verdict = judge(facts, microsoft, given_exceptions(entry))

    assert verdict.status is status
    assert [use.state for use in verdict.exception_uses] == ([state] if state else [])
    assert {one.holder.sid for one in verdict.holders if one.standing is Standing.WAIVED} == (
        {SVC} if state is State.USED else set()
    )


def test_the_reason_is_told_in_full(host, microsoft):
    entry = {"ticket": "CHG-17", "approved_by": "CISO", "expires": "2027-03-31"}
    verdict = judge(host(FOUR | {SVC}), microsoft, given_exceptions(entry))

    why = next(one.why for one in verdict.holders if one.holder.sid == SVC)
    assert why == "waived by exceptions[0]: nightly backup (owner Backup team, ticket CHG-17, approved by CISO, until 2027-03-31)"


def test_an_expired_one_is_named_beside_the_finding(host, microsoft):
    verdict = judge(host(FOUR | {SVC}), microsoft, given_exceptions({"expires": "2026-01-31", "ticket": "CHG-17"}))

    (unexpected,) = verdict.unexpected
    assert unexpected.why.endswith("; exceptions[0] (ticket CHG-17) expired on 2026-01-31")


def test_a_valid_one_counts_beside_an_expired_one(host, microsoft):
    verdict = judge(host(FOUR | {SVC}), microsoft, given_exceptions({"expires": "2026-01-31"}, {"expires": "2027-01-31"}))

    assert verdict.status is Status.WAIVED
    assert [use.state for use in verdict.exception_uses] == [State.EXPIRED, State.USED]


def test_other_findings_remain(host, microsoft):
    verdict = judge(host((FOUR - {"S-1-5-6"}) | {SVC, IIS_IUSRS}), microsoft, given_exceptions({}))

    assert verdict.status is Status.DRIFT
    assert [one.sid for one in verdict.missing] == ["S-1-5-6"]
    assert [one.holder.sid for one in verdict.unexpected] == [IIS_IUSRS]


def test_an_orphan_and_a_legacy_account_can_be_waived(host, microsoft):
    held = [Holder(SVC, None, 8, Resolution.UNMAPPED), Holder(SVC[:-1] + "9", "WEB01\\ASPNET", 1, Resolution.LSA)]

    verdict = judge(host([*FOUR, *held]), microsoft, given_exceptions({}, {"account": SVC[:-1] + "9"}))

    assert verdict.status is Status.WAIVED


def test_what_the_policy_permits_needs_no_exception(host, microsoft):
    verdict = judge(host(FOUR | {IIS_IUSRS}, iis=True), microsoft, given_exceptions({"account": "iis_iusrs"}))

    assert (verdict.status, verdict.exception_uses[0].state) == (Status.COMPLIANT, State.UNUSED)


NAMED = {"account": "CORP\\Domain Users"}


def answer(sid, resolved=Resolution.LSA):
    return AskedAccount("CORP\\Domain Users", sid, sid and "CORP\\Domain Users", 2, resolved)


@pytest.mark.parametrize(
    ("held", "its", "state", "status"),
    [
        pytest.param({SVC}, answer(SVC), State.USED, Status.WAIVED, id="a name that the host knows"),
        pytest.param({DOMAIN_USERS}, answer(DOMAIN_USERS), State.TOO_WIDE, Status.DRIFT, id="a name that turns out to be everybody"),
        pytest.param({IIS_IUSRS}, answer(None, Resolution.UNMAPPED), State.UNUSED, Status.DRIFT, id="a name that is nobody's"),
        pytest.param({IIS_IUSRS}, answer(None, Resolution.FAILED), State.UNKNOWN, Status.DRIFT, id="a name without an answer, the holder is another"),
    ],
)  # fmt: skip
def test_names_are_asked_of_the_host(host, microsoft, held, its, state, status):
    verdict = judge(host(FOUR | held, accounts=[its]), microsoft, given_exceptions(NAMED))

    assert (verdict.status, verdict.exception_uses[0].state) == (status, state)


@pytest.mark.parametrize(
    ("its", "entry", "words"),
    [
        pytest.param(answer(None, Resolution.FAILED), NAMED, "could not be looked up", id="a name without an answer"),
        pytest.param(
            answer(None), {"features": ["ssis"]}, "counts where the host has ssis, and that is not known", id="an unknown feature"
        ),
    ],
)
def test_nobody_is_unexpected_who_may_be_waived(host, microsoft, its, entry, words):
    facts = dataclasses.replace(host(FOUR | {SVC}, accounts=[its]), features=Traces(ssis=None))

    with pytest.raises(CannotJudge, match=words):
        judge(facts, microsoft, given_exceptions(entry))


def test_what_the_policy_forbids_is_not_waived(host):
    row = {"required": ["administrators"], "forbidden": [SVC], "source": "s"}
    policy = load_policy({"name": "own", "title": "Own", "compare": "exact", "host_roles": {"member_server": row}})

    (unexpected,) = judge(host({"S-1-5-32-544", SVC}), policy, given_exceptions({})).unexpected

    assert unexpected.why == "forbidden on a member server (s); exceptions[0] does not count for what is forbidden"


@pytest.mark.parametrize(("roles", "status"), [(["member_server"], Status.WAIVED), (["client"], Status.DRIFT)], ids=str)
def test_the_host_role_counts_without_a_policy_too(host, roles, status):
    tailoring = given_exceptions({"host_roles": roles})

    assert judge(host({SVC}), plain_policy(closed=True), tailoring).status is status


def test_a_name_that_is_nobodys_is_not_called_a_failed_look_up(host, microsoft):
    orphan = Holder(SVC, None, 8, Resolution.UNMAPPED)
    gone = AskedAccount("CORP\\gone", None, None, 8, Resolution.UNMAPPED)

    with pytest.raises(CannotJudge, match="gone is no account that the host's LSA knows"):
        judge(host([*FOUR, orphan], accounts=[gone]), microsoft, given_exceptions({"account": "CORP\\gone"}))


def test_an_account_that_windows_needs_is_not_waived_by_another_name(host):
    row = {"required": ["administrators"], "source": "s"}
    policy = load_policy({"name": "own", "title": "Own", "compare": "exact", "host_roles": {"member_server": row}})
    dienst = AskedAccount("NTX\\Dienst", "S-1-5-6", "NT-AUTORITÄT\\DIENST", 5, Resolution.LSA)

    verdict = judge(host(["S-1-5-32-544", "S-1-5-6"], accounts=[dienst]), policy, given_exceptions({"account": "NTX\\Dienst"}))

    assert verdict.status is Status.DRIFT
    assert verdict.unexpected[0].why.endswith(
        "exceptions[0] does not count for an account that Windows needs: name it in the policy"
    )


@pytest.mark.parametrize(
    ("features", "state", "status"),
    [
        pytest.param(Traces(ssis=("MsDtsServer150",), adfs=True), State.USED, Status.WAIVED, id="both are there"),
        pytest.param(Traces(ssis=("MsDtsServer150",), adfs=False), None, Status.DRIFT, id="one is not there"),
        pytest.param(Traces(ssis=(), adfs=True), None, Status.DRIFT, id="the other is not there"),
    ],
)
def test_all_features_of_an_exception_must_be_there(host, microsoft, features, state, status):
    facts = dataclasses.replace(host(FOUR | {SVC}), features=features)

    verdict = judge(facts, microsoft, given_exceptions({"features": ["ssis", "adfs"]}))

    assert (verdict.status, [use.state for use in verdict.exception_uses]) == (status, [state] if state else [])


def test_one_unknown_feature_among_known_ones_is_a_doubt(host, microsoft):
    facts = dataclasses.replace(host(FOUR | {SVC}), features=Traces(ssis=("MsDtsServer150",), adfs=None))

    with pytest.raises(CannotJudge, match="counts where the host has adfs, and that is not known"):
        judge(facts, microsoft, given_exceptions({"features": ["ssis", "adfs"]}))


@pytest.mark.parametrize("resolved", [Resolution.UNMAPPED, Resolution.FAILED])
def test_an_expired_one_is_expired_whether_its_account_is_known_or_not(host, microsoft, resolved):
    verdict = judge(host(FOUR, accounts=[answer(None, resolved)]), microsoft, given_exceptions({**NAMED, "expires": "2026-01-31"}))

    assert [use.state for use in verdict.exception_uses] == [State.EXPIRED]


def test_a_caller_that_names_no_day_lets_nothing_hold_for_longer(host, microsoft):
    tailoring = Tailoring(exceptions=parse_exceptions([{**GOOD, "expires": "2999-12-31"}]))

    assert judge(host(FOUR | {SVC}), microsoft, tailoring).status is Status.DRIFT


def test_what_the_task_forbids_is_not_waived(host, microsoft):
    exceptions = parse_exceptions([GOOD])
    tailoring = Tailoring(exceptions=exceptions, forbidden=(exceptions[0].account,), today=TODAY)

    assert judge(host(FOUR | {SVC}), microsoft, tailoring).status is Status.DRIFT


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        pytest.param({"account": "everyone"}, r"exceptions\[0\]\.account: everyone \(S-1-1-0\) is too wide", id="Everyone"),
        pytest.param({"account": "authenticated_users"}, "too wide", id="Authenticated Users"),
        pytest.param({"account": "users"}, "too wide", id="Users"),
        pytest.param({"account": DOMAIN_USERS}, "too wide", id="Domain Users by SID"),
        pytest.param({"account": "service"}, r"exceptions\[0\]\.account: service \(S-1-5-6\) needs no exception: .* which is never taken away",
                     id="floor account"),
        pytest.param({"ticket": 1734}, r"exceptions\[0\]\.ticket: 1734 is not a text that says something; put it in quotes", id="a number for a ticket"),
        pytest.param({"account": "Benutzer"}, r"exceptions\[0\]\.account: 'Benutzer' is a bare name", id="localised name"),
        pytest.param({"account": ""}, r"exceptions\[0\]\.account: an account is empty", id="empty account"),
        pytest.param({"account": None}, r"exceptions\[0\]\.account: the key is missing", id="no account"),
        pytest.param({"owner": None}, r"exceptions\[0\]\.owner: the key is missing; an exception needs account, reason, owner", id="no owner"),
        pytest.param({"reason": " "}, r"exceptions\[0\]\.reason: ' ' is not a text", id="empty reason"),
        pytest.param({"expires": "31.12.2026"}, r"exceptions\[0\]\.expires: '31.12.2026' is not a date; a date reads 2026-01-31", id="no date"),
        pytest.param({"expires": "2026-02-30"}, "is not a date", id="a day that never comes"),
        pytest.param({"expires": 20261231}, "20261231 is not a date", id="a number"),
        pytest.param({"expires": datetime.datetime(2026, 1, 1, 12)}, "is not a date", id="a time of YAML"),
        pytest.param({"expiry": "2026-12-31"}, r"exceptions\[0\]\.expiry: 'expiry' is not a key; .*did you mean expires\?", id="misspelt key"),
        pytest.param({"host_roles": ["server"]}, r"exceptions\[0\]\.host_roles: 'server' is not a host role", id="no host role"),
        pytest.param({"features": ["dns"]}, r"exceptions\[0\]\.features: 'dns' is not a feature that a host is asked for", id="no feature"),
        pytest.param({"hosts": "web01"}, r"exceptions\[0\]\.hosts: 'web01' is not a list", id="text for a list"),
        pytest.param({"hosts": []}, r"exceptions\[0\]\.hosts: the list is empty", id="an empty list is not everybody"),
        pytest.param({"hosts": [1]}, r"exceptions\[0\]\.hosts\[0\]: 1 is not a text", id="a number for a host"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_entry_and_key(entry, words):
    with pytest.raises(BadInput, match=words):
        parse_exceptions([{**GOOD, **entry}])


@pytest.mark.parametrize(
    ("data", "words"), [("x", "exceptions: 'x' is not a list"), (["x"], r"exceptions\[0\]: 'x' is not a mapping")]
)
def test_what_is_no_list_of_exceptions_at_all(data, words):
    with pytest.raises(BadInput, match=words):
        parse_exceptions(data)


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        pytest.param({}, True, id="everywhere"),
        pytest.param({"hosts": ["WEB01"]}, True, id="by name in any case"),
        pytest.param({"hosts": ["web*", "app*"]}, True, id="by pattern"),
        pytest.param({"hosts": ["web0"]}, False, id="part of a name"),
        pytest.param({"groups": ["web", "db"]}, True, id="by group"),
        pytest.param({"groups": ["db"]}, False, id="another group"),
        pytest.param({"groups": ["all"]}, True, id="all, which no host lists"),
        pytest.param({"hosts": ["web01"], "groups": ["db"]}, False, id="both must hold"),
    ],
)
def test_hosts_and_groups_of_the_inventory(entry, meant):
    assert bool(meant_for(parse_exceptions([{**GOOD, **entry}]), "web01", ["web"])) is meant


@pytest.mark.parametrize(
    "sid",
    [
        "S-1-5-64-10",
        "S-1-5-14",
        "S-1-5-80-0",
        "S-1-16-12288",
        "S-1-15-2-1",
        "S-1-1-0",
        "S-1-5-11",
        "S-1-5-32-545",
        "S-1-5-21-1-2-3-513",
        "S-1-5-21-1-2-3-514",
        "S-1-5-113",
        "S-1-5-21-1-2-3-515",
    ],
)
def test_groups_of_nearly_everybody(sid):
    assert too_wide(sid)


@pytest.mark.parametrize("sid", ["S-1-5-21-1-2-3-1513", "S-1-5-32-568", "S-1-5-82-1-2-3-4-513", "S-1-5-80-1-2-3-4-513"])
def test_groups_of_some(sid):
    assert not too_wide(sid)


ACCOUNTS = sorted(FOUR | {SVC, IIS_IUSRS, "S-1-5-17", "S-1-5-80-1-2-3-4-5", DOMAIN_USERS[:-3] + "1777"})
WAIVABLE = sorted(set(ACCOUNTS) - FOUR)


@given(
    st.sets(st.sampled_from(ACCOUNTS)),
    st.lists(st.tuples(st.sampled_from(WAIVABLE), st.sampled_from([None, "2026-06-14", "2026-06-15", "2027-01-01"])), max_size=6),
)
def test_exceptions_only_ever_take_findings_away(microsoft, host_facts, held, given_):
    """Valid ones waive what would be unexpected, and nothing else changes; expired ones change nothing."""
    facts = host_facts(held)
    entries = [{"account": sid, **({"expires": day} if day else {})} for sid, day in given_]
    plain, waived = judge(facts, microsoft, Tailoring(today=TODAY)), judge(facts, microsoft, given_exceptions(*entries))
    valid = {sid for sid, day in given_ if day != "2026-06-14"}

    assert {one.holder.sid for one in waived.unexpected} == {one.holder.sid for one in plain.unexpected} - valid
    assert waived.missing == plain.missing
    assert (waived.status is Status.DRIFT) == bool(waived.missing or waived.unexpected)
    assert (waived.status is Status.COMPLIANT) == (plain.status is Status.COMPLIANT)


@pytest.fixture(scope="module")
def host_facts():
    from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import Computer, HostFacts, Windows

    def build(held):
        holders = tuple(Holder(sid, None, 5, Resolution.LSA) for sid in sorted(held))
        return HostFacts(holders, Computer("WEB01", 3), Windows(product_type="ServerNT", sku=7, build=20348))

    return build


@pytest.mark.parametrize(
    ("policy", "machine_role", "build", "waive", "state", "words"),
    [
        pytest.param("stig", 3, 20348, "any", "used", "waived by exceptions[0]", id="a server, any"),
        pytest.param(
            "stig", 3, 20348, "documented", "used", "this is not a finding", id="a server, whose rule foresees exceptions"
        ),
        pytest.param("stig", 1, 22631, "any", "used", "the rule has no words about exceptions", id="a client, any"),
        pytest.param(
            "stig", 1, 22631, "documented", "not_foreseen", "V-253498: the rule has no words", id="a client, whose rule does not"
        ),
        pytest.param(
            "microsoft", 3, 20348, "documented", "not_foreseen", "foresees no exception", id="a document that foresees none"
        ),
    ],
)
def test_a_strict_assessor_takes_only_what_the_rule_foresees(shipped, host, policy, machine_role, build, waive, state, words):
    facts = host(FOUR | {SVC}, machine_role, build=build, sku=4 if machine_role == 1 else 7)
    if machine_role == 1:
        facts = dataclasses.replace(facts, windows=dataclasses.replace(facts.windows, product_type="WinNT"))
    verdict = judge(facts, shipped[policy], given_exceptions({"account": SVC}, waive=Waive(waive)))
    (holder,) = (one for one in verdict.holders if one.holder.sid == SVC)

    assert [use.state.value for use in verdict.exception_uses] == [state]
    assert words in holder.why
    assert (verdict.status is Status.WAIVED) == (state == "used")
    assert (verdict.status is Status.DRIFT) == (state == "not_foreseen")
    assert "exceptions[0]" in holder.why


@pytest.mark.parametrize("waive", list(Waive))
def test_an_exception_for_what_is_forbidden_is_not_missed_by_the_rule(shipped, host, waive):
    tailoring = dataclasses.replace(given_exceptions({"account": SVC}, waive=waive), forbidden=(parse_account(SVC),))

    verdict = judge(host(FOUR | {SVC}, 3), shipped["microsoft"], tailoring)

    assert [use.state.value for use in verdict.exception_uses] == ["unused"]


@given(st.sets(st.sampled_from(ACCOUNTS)), st.lists(st.sampled_from(WAIVABLE), max_size=6), st.sampled_from(["stig", "microsoft"]))
def test_documented_waives_no_more_than_any(shipped, host_facts, held, excepted, policy):
    """And what waives nothing changes no standing; without an exception the two are the same."""
    facts, entries = host_facts(held), [{"account": sid} for sid in excepted]
    strict, wide = (
        judge(facts, shipped[policy], given_exceptions(*entries, waive=waive)) for waive in (Waive.DOCUMENTED, Waive.ANY)
    )
    plain = judge(facts, shipped[policy], Tailoring(today=TODAY))

    assert {one.holder.sid for one in wide.unexpected} <= {one.holder.sid for one in strict.unexpected}
    expected = plain if policy == "microsoft" else wide  # whose row for servers foresees exceptions
    assert [one.standing for one in strict.holders] == [one.standing for one in expected.holders]
    assert (strict.status, strict.missing) == (expected.status, plain.missing)
