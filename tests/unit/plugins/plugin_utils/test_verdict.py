# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.accounts import parse_account
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.errors import CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.expectation import Standing, Wishes
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.facts import (
    AskedAccount,
    Computer,
    Holder,
    HostFacts,
    Iis,
    Resolution,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.features import FeatureName
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.kinds import Kind
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import HostRole
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.verdict import Status, judge

ADMINISTRATORS, LOCAL_SERVICE, NETWORK_SERVICE, SERVICE = "S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-6"
IIS_IUSRS, IUSR, USERS, SYSTEM = "S-1-5-32-568", "S-1-5-17", "S-1-5-32-545", "S-1-5-18"
PRINT_SPOOLER = "S-1-5-99-216390572-1995538116-3857911515-2404958512-2623887229"
SOMEBODY = "S-1-5-21-1004336348-1177238915-682003330-1201"
DEFAULTS = {ADMINISTRATORS, LOCAL_SERVICE, NETWORK_SERVICE, SERVICE}

ROLES = {"domain controller": 5, "member server": 3, "stand-alone server": 2, "client": 1}


@pytest.mark.parametrize("machine_role", ROLES.values(), ids=ROLES)
@pytest.mark.parametrize(
    ("held", "iis", "build", "missing", "unexpected"),
    [
        pytest.param(DEFAULTS, False, 20348, set(), set(), id="the defaults and no more"),
        pytest.param(DEFAULTS - {SERVICE}, False, 20348, {SERVICE}, set(), id="a default is gone"),
        pytest.param(set(), False, 20348, DEFAULTS, set(), id="nobody holds it"),
        pytest.param(DEFAULTS | {USERS}, False, 20348, set(), {USERS}, id="a stranger holds it"),
        pytest.param(DEFAULTS | {SYSTEM}, False, 20348, set(), set(), id="SYSTEM is redundant, not drift"),
        pytest.param(DEFAULTS | {IIS_IUSRS}, True, 20348, set(), set(), id="IIS with its group"),
        pytest.param(DEFAULTS | {IIS_IUSRS, IUSR}, True, 20348, set(), set(), id="IIS with its group and IUSR"),
        pytest.param(DEFAULTS, True, 20348, {IIS_IUSRS}, set(), id="IIS breaks without its group"),
        pytest.param(DEFAULTS | {IUSR}, True, 20348, {IIS_IUSRS}, set(), id="IUSR does not stand in for the group"),
        pytest.param(DEFAULTS | {IUSR}, False, 20348, set(), {IUSR}, id="IUSR without IIS"),
        pytest.param(DEFAULTS | {IIS_IUSRS}, False, 20348, set(), {IIS_IUSRS}, id="IIS_IUSRS without IIS"),
        pytest.param(DEFAULTS | {PRINT_SPOOLER}, False, 26100, set(), set(), id="the fifth holder on build 26100"),
        pytest.param(DEFAULTS, False, 26100, set(), set(), id="build 26100 without the fifth holder"),
        pytest.param(DEFAULTS | {PRINT_SPOOLER}, False, 26099, set(), {PRINT_SPOOLER}, id="the fifth holder one build too early"),
    ],
)
def test_microsofts_defaults(host, microsoft, machine_role, held, iis, build, missing, unexpected):
    verdict = judge(host(held, machine_role, iis=iis, build=build), microsoft, Wishes())

    assert ({one.sid for one in verdict.missing}, {one.holder.sid for one in verdict.unexpected}) == (missing, unexpected)
    assert verdict.status is (Status.DRIFT if missing or unexpected else Status.COMPLIANT)


@pytest.mark.parametrize(
    ("data", "facts", "wishes", "required", "permitted"),
    [
        pytest.param({}, {}, {}, DEFAULTS, {SYSTEM}, id="without IIS"),
        pytest.param({}, {"iis": True}, {}, DEFAULTS | {IIS_IUSRS}, {SYSTEM, IUSR}, id="with IIS"),
        pytest.param({}, {"build": 26100}, {}, DEFAULTS, {SYSTEM, PRINT_SPOOLER}, id="the default of a new build may be absent"),
        pytest.param({}, {}, {"required": USERS}, DEFAULTS | {USERS}, {SYSTEM}, id="required by the task"),
        pytest.param({}, {}, {"permitted": USERS}, DEFAULTS, {SYSTEM, USERS}, id="permitted by the task"),
        pytest.param({}, {}, {"forbidden": SYSTEM}, DEFAULTS, set(), id="what is forbidden is not permitted"),
        pytest.param({"compare": "at_most"}, {}, {}, set(), DEFAULTS | {SYSTEM}, id="at most: nobody must"),
        pytest.param({"compare": "at_most"}, {}, {"required": SERVICE}, {SERVICE}, DEFAULTS - {SERVICE} | {SYSTEM}, id="at most, one by the task"),
    ],
)  # fmt: skip
def test_who_must_and_who_may(host, microsoft_data, data, facts, wishes, required, permitted):
    policy = load_policy({**microsoft_data, **data})

    verdict = judge(host(DEFAULTS, **facts), policy, Wishes(**{key: (parse_account(sid),) for key, sid in wishes.items()}))

    assert (set(verdict.required), set(verdict.permitted)) == (required, permitted)


@pytest.mark.parametrize(
    ("facts", "role", "notes"),
    [
        pytest.param({"machine_role": 0}, HostRole.CLIENT, [], id="stand-alone workstation"),
        pytest.param({"machine_role": 1}, HostRole.CLIENT, [], id="member workstation"),
        pytest.param({"machine_role": 2}, HostRole.STANDALONE_SERVER, [], id="stand-alone server"),
        pytest.param({"machine_role": 3}, HostRole.MEMBER_SERVER, [], id="member server"),
        pytest.param({"machine_role": 4}, HostRole.DOMAIN_CONTROLLER, [], id="domain controller"),
        pytest.param({"machine_role": 5}, HostRole.DOMAIN_CONTROLLER, [], id="PDC emulator"),
        pytest.param({"machine_role": 4, "read_only": True}, HostRole.DOMAIN_CONTROLLER, ["read-only"], id="RODC"),
        pytest.param({"machine_role": 3, "sku": 175}, HostRole.CLIENT, ["multi-session"], id="multi-session"),
        pytest.param({"machine_role": 2, "sku": 175}, HostRole.CLIENT, ["multi-session"], id="multi-session without a domain"),
        pytest.param({"machine_role": 2, "entra_joined": True}, HostRole.STANDALONE_SERVER, ["Entra"], id="Entra-joined server"),
        pytest.param({"machine_role": 0, "entra_joined": True}, HostRole.CLIENT, ["Entra"], id="Entra-joined client"),
        pytest.param({"machine_role": 1, "entra_joined": True}, HostRole.CLIENT, [], id="hybrid-joined client"),
        pytest.param({"machine_role": 3, "role_pending": True}, HostRole.MEMBER_SERVER, ["promotion"], id="promotion pending"),
        pytest.param({"machine_role": 3, "sku": 407}, HostRole.MEMBER_SERVER, [], id="Azure Edition is a server"),
    ],
)
def test_the_host_says_its_role(host, microsoft, facts, role, notes):
    verdict = judge(host(DEFAULTS, **facts), microsoft, Wishes())

    assert verdict.host_role is role
    assert not verdict.here.role_declared
    assert len(verdict.notes) == len(notes)
    assert all(word in note for word, note in zip(notes, verdict.notes, strict=True))


@pytest.mark.parametrize(
    ("product_type", "role"),
    [pytest.param("WinNT", HostRole.CLIENT, id="WinNT"), pytest.param("LanmanNT", HostRole.DOMAIN_CONTROLLER, id="LanmanNT")],
)
def test_the_product_type_helps_where_dsrole_failed(host, microsoft, product_type, role):
    facts = host(DEFAULTS, machine_role=None, role_status=1722)
    facts = dataclasses.replace(facts, windows=dataclasses.replace(facts.windows, product_type=product_type))

    assert judge(facts, microsoft, Wishes()).host_role is role


@pytest.mark.parametrize(
    ("facts", "category", "words"),
    [
        pytest.param({"machine_role": None, "role_status": 1722}, "role_unknown", "1722.*ServerNT.*impersonate_host_role", id="DsRole failed on a server"),
        pytest.param({"machine_role": 9}, "role_unknown", "machine role 9", id="a machine role that nobody knows"),
        pytest.param({"machine_role": 3, "sku": None}, "role_unknown", "SKU", id="server without a SKU"),
        pytest.param({"build": None}, "build_unknown", "build", id="no build"),
    ],
)  # fmt: skip
def test_an_unknown_fact_is_never_guessed(host, microsoft, facts, category, words):
    with pytest.raises(CannotJudge, match=words) as doubt:
        judge(host(DEFAULTS, **facts), microsoft, Wishes())
    assert doubt.value.category == category


@pytest.mark.parametrize(
    ("iis", "installed"),
    [
        pytest.param(Iis(services=("W3SVC", "WAS"), version="10.0"), True, id="service and version"),
        pytest.param(Iis(services=("WAS",), version="10.0"), False, id="version left over, no W3SVC"),
        pytest.param(Iis(services=(), version=None), False, id="nothing"),
        pytest.param(Iis(services=("W3SVC",), version=None), False, id="service key without InetStp"),
        pytest.param(Iis(services=("W3SVC",), version=None, readable=False), None, id="32-bit PowerShell: InetStp cannot be seen"),
        pytest.param(Iis(services=(), version=None, readable=False), False, id="32-bit PowerShell, but no W3SVC"),
        pytest.param(Iis(services=None), None, id="service keys unreadable"),
    ],
)
def test_iis_is_there_not_there_or_unknown(host, microsoft, iis, installed):
    facts = dataclasses.replace(host(DEFAULTS | ({IIS_IUSRS} if installed else set())), iis=iis)

    assert iis.installed is installed
    if installed is None:
        with pytest.raises(CannotJudge, match="impersonate_iis"):
            judge(facts, microsoft, Wishes())
    else:
        assert judge(facts, microsoft, Wishes()).status is Status.COMPLIANT


def test_what_is_declared_wins_and_is_marked(host, microsoft):
    verdict = judge(
        host(DEFAULTS, machine_role=None, sku=None),
        microsoft,
        Wishes(host_role=HostRole.MEMBER_SERVER, features={FeatureName.IIS: True}),
    )

    assert (verdict.here.role_declared, verdict.here.features[FeatureName.IIS].declared) == (True, True)
    assert [one.sid for one in verdict.missing] == [IIS_IUSRS]
    assert "declared to have IIS" in verdict.missing[0].why


STANDINGS = [
    pytest.param(Holder(SERVICE, None, 5, Resolution.LSA), Standing.FLOOR, Kind.WELL_KNOWN, "leaves out Service", id="floor, and the erratum of the page"),
    pytest.param(Holder(IIS_IUSRS, None, 4, Resolution.LSA), Standing.REQUIRED, Kind.BUILTIN, "because IIS 10.0 is installed", id="IIS group"),
    pytest.param(Holder(IUSR, None, 5, Resolution.LSA), Standing.PERMITTED, Kind.WELL_KNOWN, "Potential impact", id="IUSR"),
    pytest.param(Holder(PRINT_SPOOLER, None, None, Resolution.FAILED), Standing.DEFAULT, Kind.SERVICE, "on build 26100", id="fifth holder"),
    pytest.param(Holder(SOMEBODY, "CORP\\ops", 2, Resolution.LSA), Standing.UNEXPECTED, Kind.DOMAIN, "does not name it", id="domain group"),
    pytest.param(Holder(SOMEBODY, "WEB01\\ops", 1, Resolution.LSA), Standing.UNEXPECTED, Kind.LOCAL, "does not name it", id="local account"),
    pytest.param(Holder(SOMEBODY, "web01\\ASPNET", 1, Resolution.LSA), Standing.LEGACY, Kind.LOCAL, "ASP.NET 1.x", id="legacy account"),
    pytest.param(Holder(SOMEBODY, "WEB01\\IUSR_web01", 1, Resolution.LSA), Standing.LEGACY, Kind.LOCAL, "IIS 6", id="legacy account with host name"),
    pytest.param(Holder(SOMEBODY, "CORP\\ASPNET", 1, Resolution.LSA), Standing.UNEXPECTED, Kind.DOMAIN, "does not", id="legacy name of a domain"),
    pytest.param(Holder(SOMEBODY, None, 8, Resolution.UNMAPPED), Standing.ORPHAN, Kind.ORPHAN, "the host knows no account with this SID", id="orphan"),
    pytest.param(Holder(SOMEBODY, None, 8, Resolution.UNMAPPED, "CORP"), Standing.ORPHAN, Kind.ORPHAN, "domain CORP", id="orphan of a known domain"),
    pytest.param(Holder(SOMEBODY), Standing.UNEXPECTED, Kind.UNKNOWN, "does not name it", id="failed look-up makes no orphan"),
    pytest.param(Holder("S-1-5-80-1-2-3-4-5", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, Kind.SERVICE, "", id="service without a name is no orphan"),
    pytest.param(Holder("S-1-5-82-1-2-3-4-5", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, Kind.APP_POOL, "", id="pool without a name is no orphan"),
    pytest.param(Holder("S-1-15-3-1024-1", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, Kind.CAPABILITY, "", id="capability"),
    pytest.param(Holder("S-1-5-83-0", "X", 5, Resolution.LSA), Standing.UNEXPECTED, Kind.WELL_KNOWN, "", id="virtual machines"),
    pytest.param(Holder("S-1-5-94-1", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, Kind.UNKNOWN, "", id="of no known kind"),
]  # fmt: skip


@pytest.mark.parametrize(("holder", "standing", "kind", "words"), STANDINGS)
def test_every_holder_has_a_standing_and_a_reason(host, microsoft, holder, standing, kind, words):
    verdict = judge(host([holder], iis=True, build=26100), microsoft, Wishes())

    (judged,) = verdict.holders
    assert (judged.standing, judged.kind) == (standing, kind)
    assert words in judged.why


def own(compare="exact", **rows):
    return load_policy(
        {"name": "own", "title": "Own", "compare": compare, "host_roles": {"member_server": {"source": "s", **rows}}}
    )


def test_an_upper_bound_does_not_miss_anybody(host):
    policy = own("at_most", required=["administrators", "service"])

    assert judge(host([ADMINISTRATORS]), policy, Wishes()).status is Status.COMPLIANT
    assert [one.holder.sid for one in judge(host([USERS]), policy, Wishes()).unexpected] == [USERS]


def test_what_the_task_itself_requires_is_missed_under_an_upper_bound_too(host):
    policy = own("at_most", required=["administrators", "service"])
    verdict = judge(host([ADMINISTRATORS]), policy, Wishes(required=(parse_account("iis_iusrs"),)))

    assert [one.sid for one in verdict.missing] == [IIS_IUSRS]


def test_a_forbidden_account_that_does_not_exist_holds_nothing(host, microsoft):
    verdict = judge(host(DEFAULTS, accounts=[UNMAPPED]), microsoft, Wishes(forbidden=(SVC,)))

    assert verdict.status is Status.COMPLIANT


def test_iusr_by_an_entry_of_its_own_is_noted(host, microsoft):
    verdict = judge(host(DEFAULTS | {IIS_IUSRS, IUSR}, iis=True), microsoft, Wishes())

    assert verdict.status is Status.COMPLIANT
    assert "NT AUTHORITY\\IUSR (S-1-5-17): holds the right by an entry of its own" in verdict.notes[0]


def test_a_failed_look_up_is_said(host, microsoft):
    facts = dataclasses.replace(host(DEFAULTS), lookup_status="0xC000018D")

    assert "0xC000018D" in judge(facts, microsoft, Wishes()).notes[0]


def test_a_policy_without_a_row_for_the_role_does_not_apply(host):
    verdict = judge(host([USERS], machine_role=5), own(required=["administrators"]), Wishes())

    assert verdict.status is Status.NOT_APPLICABLE
    assert [judged.standing for judged in verdict.holders] == [None]
    assert "no row for a domain controller" in verdict.notes[0]


def test_a_forbidden_account_says_which_row_forbids_it(host):
    verdict = judge(host([USERS]), own(permitted=["users"], forbidden=["users"]), Wishes())

    assert verdict.unexpected[0].why == "forbidden on a member server (s)"


LSA_ANSWER = AskedAccount("CORP\\svc", SOMEBODY, "CORP\\svc", 1, Resolution.LSA)
UNMAPPED = AskedAccount("CORP\\svc", None, None, 8, Resolution.UNMAPPED)
FAILED = AskedAccount("CORP\\svc", None, None, None, Resolution.FAILED)
SVC = parse_account("corp\\SVC")


@pytest.mark.parametrize(
    ("held", "answer", "status"),
    [
        pytest.param(DEFAULTS | {SOMEBODY}, LSA_ANSWER, Status.COMPLIANT, id="permitted by a name that the host knows"),
        pytest.param(DEFAULTS | {SOMEBODY}, UNMAPPED, Status.DRIFT, id="the name is nobody's, and the holder has another name"),
        pytest.param(DEFAULTS, FAILED, Status.COMPLIANT, id="look-up failed, and nobody is in doubt"),
        pytest.param(DEFAULTS | {USERS}, FAILED, Status.DRIFT, id="look-up failed, and the stranger is surely another"),
    ],
)
def test_a_permitted_name_is_asked_of_the_host(host, microsoft, held, answer, status):
    verdict = judge(host(held, accounts=[answer]), microsoft, Wishes(permitted=(SVC,)))

    assert verdict.status is status
    assert bool(verdict.notes) is (answer.sid is None)


@pytest.mark.parametrize(
    ("held", "answers", "wishes", "words"),
    [
        pytest.param(
            DEFAULTS | {SOMEBODY}, [FAILED], Wishes(permitted=(SVC,)), "not known whether", id="the holder may be the permitted one"
        ),
        pytest.param(DEFAULTS, [FAILED], Wishes(required=(SVC,)), "could not be looked up", id="required, look-up failed"),
        pytest.param(
            DEFAULTS | {Holder(SOMEBODY, None, 8, Resolution.UNMAPPED)},
            [UNMAPPED],
            Wishes(permitted=(SVC,)),
            "not known whether",
            id="neither name nor SID is known: a trust may be down",
        ),
        pytest.param(DEFAULTS, [FAILED], Wishes(forbidden=(SVC,)), "could not be looked up", id="forbidden, look-up failed"),
        pytest.param(
            DEFAULTS, [UNMAPPED], Wishes(required=(SVC,)), "no account that the host's LSA knows", id="required, no such account"
        ),
        pytest.param(DEFAULTS, [], Wishes(permitted=(SVC,)), "gave no answer", id="the host forgot to answer"),
    ],
)
def test_a_name_without_a_sid_is_no_verdict(host, microsoft, held, answers, wishes, words):
    with pytest.raises(CannotJudge, match=words) as doubt:
        judge(host(held, accounts=answers), microsoft, wishes)
    assert doubt.value.category == "account_lookup"


def test_a_required_name_is_missing_under_the_hosts_name_for_it(host, microsoft):
    verdict = judge(host(DEFAULTS, accounts=[LSA_ANSWER]), microsoft, Wishes(required=(SVC,)))

    assert [(one.sid, one.name) for one in verdict.missing] == [(SOMEBODY, "CORP\\svc")]


# Properties

POOL = sorted(
    DEFAULTS | {IIS_IUSRS, IUSR, USERS, SYSTEM, PRINT_SPOOLER, SOMEBODY, "S-1-5-80-1-2-3-4-5", "S-1-5-21-9-9-9-500", "S-1-1-0"}
)
held_sets = st.sets(st.sampled_from(POOL))
machines = st.builds(
    lambda role, iis, build: {"role": role, "iis": iis, "build": build},
    st.sampled_from([0, 1, 2, 3, 4, 5]),
    st.booleans(),
    st.sampled_from([14393, 20348, 26100]),
)


def facts_of(holders, machine):
    return HostFacts(
        holders=tuple(holders),
        computer=Computer("WEB01", machine["role"]),
        windows=dataclasses.replace(HostFacts((), Computer("", 0)).windows, sku=7, build=machine["build"]),
        iis=Iis(services=("W3SVC",), version="10.0") if machine["iis"] else Iis(),
    )


def essence(verdict):
    return (verdict.status, [one.sid for one in verdict.missing], [(one.holder.sid, one.standing) for one in verdict.holders])


@given(held_sets, machines, st.randoms(use_true_random=False))
def test_the_order_of_holders_never_matters(microsoft, held, machine, chance: random.Random):
    holders = [Holder(sid, None, 5, Resolution.LSA) for sid in sorted(held)]
    shuffled = list(holders)
    chance.shuffle(shuffled)

    assert essence(judge(facts_of(holders, machine), microsoft, Wishes())) == essence(
        judge(facts_of(shuffled, machine), microsoft, Wishes())
    )


@given(held_sets, machines, st.sets(st.sampled_from(POOL)))
def test_a_holder_outside_required_and_permitted_is_always_unexpected(microsoft, held, machine, permitted):
    """The allowed set is built here from the documents, not read from the data."""
    allowed = DEFAULTS | {SYSTEM} | permitted
    allowed |= {IIS_IUSRS, IUSR} if machine["iis"] else set()
    allowed |= {PRINT_SPOOLER} if machine["build"] >= 26100 else set()
    required = DEFAULTS | ({IIS_IUSRS} if machine["iis"] else set())
    wishes = Wishes(permitted=tuple(parse_account(sid) for sid in permitted))

    verdict = judge(facts_of([Holder(sid, None, 5, Resolution.LSA) for sid in held], machine), microsoft, wishes)

    assert {one.holder.sid for one in verdict.unexpected} == held - allowed
    assert {one.sid for one in verdict.missing} == required - held
    assert (verdict.status is Status.COMPLIANT) == (required <= held <= allowed)


names = st.one_of(
    st.none(), st.text(max_size=20), st.sampled_from(["VORDEFINIERT\\Administratoren", "CORP\\ASPNET", "BUILTIN\\Administrators"])
)


@given(held_sets, machines, st.data())
@settings(max_examples=200)
def test_the_verdict_is_the_same_for_any_spelling_of_names(microsoft, held, machine, data):
    plain = [Holder(sid, None, 5, Resolution.LSA) for sid in sorted(held)]
    named = [dataclasses.replace(holder, name=data.draw(names)) for holder in plain]
    first, second = (judge(facts_of(holders, machine), microsoft, Wishes()) for holders in (plain, named))

    assert (first.status, first.missing) == (second.status, second.missing)
    assert [one.holder.sid for one in first.unexpected] == [one.holder.sid for one in second.unexpected]
