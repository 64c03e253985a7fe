# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import datetime
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.parsing import parse_account
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import service_sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.account_kinds import AccountKind
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import (
    AskedAccount,
    Computer,
    Holder,
    HostFacts,
    Iis,
    Resolution,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.features import FeatureName
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.roles import HostRole
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.exceptions import parse_exceptions
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import plain_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Standing, Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Handling, Refused, Unexpected, make_plan
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.verdict import judge

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
    verdict = judge(host(held, machine_role, iis=iis, build=build), microsoft, Tailoring())

    assert ({one.sid for one in verdict.missing}, {one.holder.sid for one in verdict.unexpected}) == (missing, unexpected)
    assert verdict.status is (Status.DRIFT if missing or unexpected else Status.COMPLIANT)


@pytest.mark.parametrize(
    ("data", "facts", "tailoring", "required", "permitted"),
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
def test_who_must_and_who_may(host, microsoft_data, data, facts, tailoring, required, permitted):
    policy = load_policy({**microsoft_data, **data})

    verdict = judge(host(DEFAULTS, **facts), policy, Tailoring(**{key: (parse_account(sid),) for key, sid in tailoring.items()}))

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
    verdict = judge(host(DEFAULTS, **facts), microsoft, Tailoring())

    assert verdict.host_role is role
    assert not verdict.circumstances.role_declared
    assert len(verdict.notes) == len(notes)
    assert all(word in note for word, note in zip(notes, verdict.notes, strict=True))


@pytest.mark.parametrize(
    ("facts", "declared", "note"),
    [
        pytest.param({"machine_role": 3}, HostRole.DOMAIN_CONTROLLER, "the host is declared to be a domain controller, and shows that it is a member server",
                     id="another role"),
        pytest.param({"machine_role": 3}, HostRole.MEMBER_SERVER, None, id="the same role"),
        pytest.param({"machine_role": 9}, HostRole.MEMBER_SERVER, None, id="a machine role that nobody knows"),
        pytest.param({"machine_role": 3, "sku": None}, HostRole.CLIENT, None, id="a server whose SKU is not known"),
        pytest.param({"machine_role": 3, "sku": 175}, HostRole.MEMBER_SERVER, "the host is declared to be a member server, and shows that it is a client",
                     id="multi-session"),
    ],
)  # fmt: skip
def test_a_declared_role_that_the_host_contradicts_is_noted_and_no_other(host, microsoft, facts, declared, note):
    verdict = judge(host(DEFAULTS, **facts), microsoft, Tailoring(host_role=declared))

    assert verdict.host_role is declared
    assert verdict.notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("product_type", "role"),
    [pytest.param("WinNT", HostRole.CLIENT, id="WinNT"), pytest.param("LanmanNT", HostRole.DOMAIN_CONTROLLER, id="LanmanNT")],
)
def test_the_product_type_helps_where_dsrole_failed(host, microsoft, product_type, role):
    facts = host(DEFAULTS, machine_role=None, role_status=1722)
    facts = dataclasses.replace(facts, windows=dataclasses.replace(facts.windows, product_type=product_type))

    assert judge(facts, microsoft, Tailoring()).host_role is role


@pytest.mark.parametrize(
    ("facts", "category", "words"),
    [
        pytest.param({"machine_role": None, "role_status": 1722}, "role_unknown",
                     "1722.*ServerNT.*declare it with host_role .in the role impersonate_host_role.$", id="DsRole failed on a server"),
        pytest.param({"machine_role": 9}, "role_unknown", "machine role 9", id="a machine role that nobody knows"),
        pytest.param({"machine_role": 3, "sku": None}, "role_unknown", "SKU", id="server without a SKU"),
        pytest.param({"build": None}, "build_unknown", "build", id="no build"),
    ],
)  # fmt: skip
def test_an_unknown_fact_is_never_guessed(host, microsoft, facts, category, words):
    with pytest.raises(CannotJudge, match=words) as doubt:
        judge(host(DEFAULTS, **facts), microsoft, Tailoring())
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
        with pytest.raises(CannotJudge, match=r"declare iis: true or false \(in the role impersonate_iis\)"):
            judge(facts, microsoft, Tailoring())
    else:
        assert judge(facts, microsoft, Tailoring()).status is Status.COMPLIANT


def test_what_is_declared_wins_and_is_marked(host, microsoft):
    verdict = judge(
        host(DEFAULTS, machine_role=None, sku=None),
        microsoft,
        Tailoring(host_role=HostRole.MEMBER_SERVER, features={FeatureName.IIS: True}),
    )

    assert (verdict.circumstances.role_declared, verdict.circumstances.features[FeatureName.IIS].declared) == (True, True)
    assert [one.sid for one in verdict.missing] == [IIS_IUSRS]
    assert "declared to have IIS" in verdict.missing[0].why


STANDINGS = [
    pytest.param(Holder(SERVICE, None, 5, Resolution.LSA), Standing.FLOOR, AccountKind.WELL_KNOWN, "leaves out Service",
                 id="floor, and the erratum of the page"),
    pytest.param(Holder(IIS_IUSRS, None, 4, Resolution.LSA), Standing.REQUIRED, AccountKind.BUILTIN, "because IIS 10.0 is installed", id="IIS group"),
    pytest.param(Holder(IUSR, None, 5, Resolution.LSA), Standing.PERMITTED, AccountKind.WELL_KNOWN, "Potential impact", id="IUSR"),
    pytest.param(Holder(PRINT_SPOOLER, None, None, Resolution.FAILED), Standing.DEFAULT, AccountKind.SERVICE, "on build 26100", id="fifth holder"),
    pytest.param(Holder(SOMEBODY, "CORP\\ops", 2, Resolution.LSA), Standing.UNEXPECTED, AccountKind.DOMAIN, "does not name it", id="domain group"),
    pytest.param(Holder(SOMEBODY, "WEB01\\ops", 1, Resolution.LSA), Standing.UNEXPECTED, AccountKind.LOCAL, "does not name it", id="local account"),
    pytest.param(Holder(SOMEBODY, "web01\\ASPNET", 1, Resolution.LSA), Standing.LEGACY, AccountKind.LOCAL, "ASP.NET 1.x", id="legacy account"),
    pytest.param(Holder(SOMEBODY, "WEB01\\IUSR_web01", 1, Resolution.LSA), Standing.LEGACY, AccountKind.LOCAL, "IIS 6", id="legacy account with host name"),
    pytest.param(Holder(SOMEBODY, "CORP\\ASPNET", 1, Resolution.LSA), Standing.UNEXPECTED, AccountKind.DOMAIN, "does not", id="legacy name of a domain"),
    pytest.param(Holder(SOMEBODY, None, 8, Resolution.UNMAPPED), Standing.ORPHAN, AccountKind.ORPHAN, "the host knows no account with this SID", id="orphan"),
    pytest.param(Holder(SOMEBODY, None, 8, Resolution.UNMAPPED, "CORP"), Standing.ORPHAN, AccountKind.ORPHAN, "domain CORP", id="orphan of a known domain"),
    pytest.param(Holder(SOMEBODY), Standing.UNEXPECTED, AccountKind.UNKNOWN, "does not name it", id="failed look-up makes no orphan"),
    pytest.param(Holder("S-1-5-80-1-2-3-4-5", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, AccountKind.SERVICE, "",
                 id="service without a name is no orphan"),
    pytest.param(Holder("S-1-5-82-1-2-3-4-5", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, AccountKind.APP_POOL, "",
                 id="pool without a name is no orphan"),
    pytest.param(Holder("S-1-15-3-1024-1", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, AccountKind.CAPABILITY, "", id="capability"),
    pytest.param(Holder("S-1-5-83-0", "X", 5, Resolution.LSA), Standing.UNEXPECTED, AccountKind.WELL_KNOWN, "", id="virtual machines"),
    pytest.param(Holder("S-1-5-93-2-2", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, AccountKind.VIRTUAL, "", id="user of a container"),
    pytest.param(Holder("S-1-5-94-1", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, AccountKind.VIRTUAL, "", id="user of a WinRM session"),
    pytest.param(Holder("S-1-12-1-1-2-3-4", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, AccountKind.ENTRA, "", id="Entra principal"),
    pytest.param(Holder("S-1-5-32-9999", None, 8, Resolution.UNMAPPED), Standing.ORPHAN, AccountKind.ORPHAN, "domain BUILTIN",
                 id="a group that no Windows has"),
    pytest.param(Holder("S-1-5-32-547", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, AccountKind.BUILTIN, "", id="a group that this host does not have"),
    pytest.param(Holder("S-1-5-32-9999"), Standing.UNEXPECTED, AccountKind.BUILTIN, "", id="failed look-up makes no orphan of BUILTIN"),
    pytest.param(Holder("S-1-5-95-1", None, 8, Resolution.UNMAPPED), Standing.UNEXPECTED, AccountKind.UNKNOWN, "", id="of no known kind"),
]  # fmt: skip


@pytest.mark.parametrize(("holder", "standing", "kind", "words"), STANDINGS)
def test_every_holder_has_a_standing_and_a_reason(host, microsoft, holder, standing, kind, words):
    verdict = judge(host([holder], iis=True, build=26100), microsoft, Tailoring())

    (judged,) = verdict.holders
    assert (judged.standing, judged.kind) == (standing, kind)
    assert words in judged.why


def own(compare="exact", **rows):
    return load_policy(
        {"name": "own", "title": "Own", "compare": compare, "host_roles": {"member_server": {"source": "s", **rows}}}
    )


def test_an_upper_bound_does_not_miss_anybody(host):
    policy = own("at_most", required=["administrators", "service"])

    assert judge(host([ADMINISTRATORS]), policy, Tailoring()).status is Status.COMPLIANT
    assert [one.holder.sid for one in judge(host([USERS]), policy, Tailoring()).unexpected] == [USERS]


def test_what_the_task_itself_requires_is_missed_under_an_upper_bound_too(host):
    policy = own("at_most", required=["administrators", "service"])
    verdict = judge(host([ADMINISTRATORS]), policy, Tailoring(required=(parse_account("iis_iusrs"),)))

    assert [one.sid for one in verdict.missing] == [IIS_IUSRS]


@pytest.mark.parametrize("answer", [Resolution.UNMAPPED, Resolution.FAILED])
@pytest.mark.parametrize(
    ("name", "policy", "by_task"),
    [
        pytest.param("HOST\\Users", {}, True, id="a local group by another domain"),
        pytest.param("CORP\\deleted", {}, True, id="an account of a domain"),
        pytest.param(".\\typo", {}, True, id="an account of the host"),
        pytest.param("NT SERVICE\\Größendienst", {}, True, id="a service outside ASCII"),
        pytest.param("CORP\\deleted", {"forbidden": ["CORP\\deleted"]}, False, id="a row of the policy"),
        pytest.param(".\\typo", {"forbidden": [".\\typo"]}, False, id="an account of the host, in a row"),
    ],
)
def test_a_forbidden_name_that_nobody_can_resolve_is_an_error(host, answer, name, policy, by_task):
    facts = host(DEFAULTS | {USERS}, accounts=[AskedAccount(name, None, None, 8, answer)])

    with pytest.raises(CannotJudge, match="^forbidden: ") as doubt:
        judge(facts, own(**policy), Tailoring(forbidden=(parse_account(name),) if by_task else ()))

    assert doubt.value.category == "account_lookup"
    assert name in str(doubt.value)
    assert "deleted as its SID" in str(doubt.value)


def test_a_forbidden_name_is_resolved_before_a_policy_that_does_not_apply(host):
    facts = host([USERS], machine_role=5, accounts=[UNMAPPED])

    with pytest.raises(CannotJudge, match="forbidden"):
        judge(facts, own(required=["administrators"]), Tailoring(forbidden=(SVC,)))


def test_a_forbidden_service_that_the_host_does_not_know_is_its_derived_sid(host, microsoft):
    gone = parse_account("NT SERVICE\\Gone")
    facts = host(DEFAULTS | {gone.sid}, accounts=[AskedAccount(gone.text, None, None, 8, Resolution.UNMAPPED)])

    verdict = judge(facts, microsoft, Tailoring(forbidden=(gone,)))

    assert [one.holder.sid for one in verdict.unexpected] == [gone.sid]
    assert any("NT SERVICE\\Gone is no service that the host knows" in note for note in verdict.notes)


def test_iusr_by_an_entry_of_its_own_is_noted(host, microsoft):
    verdict = judge(host(DEFAULTS | {IIS_IUSRS, IUSR}, iis=True), microsoft, Tailoring())

    assert verdict.status is Status.COMPLIANT
    assert "NT AUTHORITY\\IUSR (S-1-5-17): holds the right by an entry of its own" in verdict.notes[0]


def test_a_failed_look_up_is_said(host, microsoft):
    facts = dataclasses.replace(host(DEFAULTS), lookup_status="0xC000018D")

    assert "0xC000018D" in judge(facts, microsoft, Tailoring()).notes[0]


def test_a_policy_without_a_row_for_the_role_does_not_apply(host):
    verdict = judge(host([USERS], machine_role=5), own(required=["administrators"]), Tailoring())

    assert verdict.status is Status.NOT_APPLICABLE
    assert [judged.standing for judged in verdict.holders] == [None]
    assert "no row for a domain controller" in verdict.notes[0]


def test_a_forbidden_account_says_which_row_forbids_it(host):
    verdict = judge(host([USERS]), own(permitted=["users"], forbidden=["users"]), Tailoring())

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
    verdict = judge(host(held, accounts=[answer]), microsoft, Tailoring(permitted=(SVC,)))

    assert verdict.status is status
    assert bool(verdict.notes) is (answer.sid is None)


@pytest.mark.parametrize(
    ("held", "answers", "tailoring", "words"),
    [
        pytest.param(
            DEFAULTS | {SOMEBODY},
            [FAILED],
            Tailoring(permitted=(SVC,)),
            "not known whether",
            id="the holder may be the permitted one",
        ),
        pytest.param(DEFAULTS, [FAILED], Tailoring(required=(SVC,)), "could not be looked up", id="required, look-up failed"),
        pytest.param(
            DEFAULTS | {Holder(SOMEBODY, None, 8, Resolution.UNMAPPED)},
            [UNMAPPED],
            Tailoring(permitted=(SVC,)),
            "not known whether",
            id="neither name nor SID is known: a trust may be down",
        ),
        pytest.param(DEFAULTS, [FAILED], Tailoring(forbidden=(SVC,)), "could not be looked up", id="forbidden, look-up failed"),
        pytest.param(
            DEFAULTS, [UNMAPPED], Tailoring(required=(SVC,)), "no account that the host's LSA knows", id="required, no such account"
        ),
        pytest.param(DEFAULTS, [], Tailoring(permitted=(SVC,)), "gave no answer", id="the host forgot to answer"),
    ],
)
def test_a_name_without_a_sid_is_no_verdict(host, microsoft, held, answers, tailoring, words):
    with pytest.raises(CannotJudge, match=words) as doubt:
        judge(host(held, accounts=answers), microsoft, tailoring)
    assert doubt.value.category == "account_lookup"


def test_a_required_name_is_missing_under_the_hosts_name_for_it(host, microsoft):
    verdict = judge(host(DEFAULTS, accounts=[LSA_ANSWER]), microsoft, Tailoring(required=(SVC,)))

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

    assert essence(judge(facts_of(holders, machine), microsoft, Tailoring())) == essence(
        judge(facts_of(shuffled, machine), microsoft, Tailoring())
    )


@given(held_sets, machines, st.sets(st.sampled_from(POOL)))
def test_a_holder_outside_required_and_permitted_is_always_unexpected(microsoft, held, machine, permitted):
    """The allowed set is built here from the documents, not read from the data."""
    allowed = DEFAULTS | {SYSTEM} | permitted
    allowed |= {IIS_IUSRS, IUSR} if machine["iis"] else set()
    allowed |= {PRINT_SPOOLER} if machine["build"] >= 26100 else set()
    required = DEFAULTS | ({IIS_IUSRS} if machine["iis"] else set())
    tailoring = Tailoring(permitted=tuple(parse_account(sid) for sid in permitted))

    verdict = judge(facts_of([Holder(sid, None, 5, Resolution.LSA) for sid in held], machine), microsoft, tailoring)

    assert {one.holder.sid for one in verdict.unexpected} == held - allowed
    assert {one.sid for one in verdict.missing} == required - held
    assert (verdict.status is Status.COMPLIANT) == (required <= held <= allowed)


names = st.one_of(
    st.none(), st.text(max_size=20), st.sampled_from(["VORDEFINIERT\\Administratoren", "CORP\\ASPNET", "BUILTIN\\Administrators"])
)


@given(held_sets, machines, st.data())
def test_the_verdict_is_the_same_for_any_spelling_of_names(microsoft, held, machine, data):
    plain = [Holder(sid, None, 5, Resolution.LSA) for sid in sorted(held)]
    named = [dataclasses.replace(holder, name=data.draw(names)) for holder in plain]
    first, second = (judge(facts_of(holders, machine), microsoft, Tailoring()) for holders in (plain, named))

    assert (first.status, first.missing) == (second.status, second.missing)
    assert [one.holder.sid for one in first.unexpected] == [one.holder.sid for one in second.unexpected]


OLD = "S-1-5-21-1-2-3-1106"
NAMED = AskedAccount("CORP\\svc", SOMEBODY, "CORP\\svc", 1, Resolution.LSA)
NAMESAKE = Holder(OLD, "Corp\\SVC", 1, Resolution.LSA)
WAIVER = {"account": "CORP\\svc", "reason": "r", "owner": "o"}


@pytest.mark.parametrize(
    ("policy", "options", "answer", "words"),
    [
        pytest.param({}, {"permitted": ["CORP\\svc"]}, NAMED, f"has the name of the permitted Corp\\SVC, which is {SOMEBODY}", id="permitted"),
        pytest.param({}, {"required": ["CORP\\svc"]}, NAMED, "of the required", id="required"),
        pytest.param({"permitted": ["CORP\\svc"]}, {}, NAMED, "of the permitted", id="permitted by the policy"),
        pytest.param({}, {"exceptions": [WAIVER]}, NAMED, "of the excepted", id="excepted"),
        pytest.param({}, {"permitted": ["CORP\\svc"]}, UNMAPPED, "no SID that the host knows", id="permitted, and the name has no SID"),
        pytest.param({}, {"exceptions": [{**WAIVER, "expires": "2020-01-01"}]}, NAMED, "", id="an exception that expired protects nobody"),
        pytest.param({}, {"permitted": ["CORP\\other"]}, dataclasses.replace(NAMED, asked="CORP\\other", name="CORP\\other"), "", id="another name"),
    ],
)  # fmt: skip
def test_a_name_with_two_sids_has_a_reason_of_its_own(host, policy, options, answer, words):
    tailoring = Tailoring(
        **{key: tuple(map(parse_account, options.get(key, ()))) for key in ("required", "permitted")},
        exceptions=parse_exceptions(options.get("exceptions", [])),
        today=datetime.date(2026, 11, 28),
    )

    verdict = judge(host([NAMESAKE], accounts=[answer]), own(**policy), tailoring)

    found = verdict.holders[0]
    assert (found.standing, found.namesake, words in found.why) == (Standing.UNEXPECTED, bool(words), True)
    assert ("name its SID" in found.why) is bool(words)
    if words:
        with pytest.raises(
            Refused,
            match=r"Corp\\SVC \(S-1-5-21-1-2-3-1106\).* in permitted \(in the role impersonate_permitted\) or exceptions \(in",
        ) as refused:
            make_plan([OLD], verdict, Handling())
        assert refused.value.category == "same_name"
        assert make_plan([OLD], verdict, Handling(unexpected=Unexpected.REPORT)).unhandled[-1] == OLD


@pytest.mark.parametrize(
    ("role", "name", "called"),
    [
        pytest.param(3, ".\\svc", "WEB01\\svc", id="a member server"),
        pytest.param(3, "<COMPUTER>\\svc", "WEB01\\svc", id="a member server, by the placeholder"),
        pytest.param(5, ".\\svc", "CORP\\svc", id="a domain controller has the accounts of its domain"),
        pytest.param(4, ".\\svc", "CORP\\svc", id="a read-only one, too"),
    ],
)
def test_a_namesake_of_an_account_of_the_machine_itself(host, role, name, called):
    """A name that is written for any machine, and that this one does not know."""
    held, asked = Holder(OLD, called, 1, Resolution.LSA), AskedAccount(name, None, None, 8, Resolution.UNMAPPED)

    verdict = judge(
        host([held], role, accounts=[asked], domain="CORP"), plain_policy(closed=True), Tailoring(permitted=(parse_account(name),))
    )

    assert f"has the name of the permitted {called}" in verdict.holders[0].why


@pytest.mark.parametrize(
    ("tailoring", "standing"),
    [
        pytest.param({"permitted": [OLD, "CORP\\svc"]}, Standing.PERMITTED, id="permitted by its SID"),
        pytest.param({"permitted": ["CORP\\svc"], "forbidden": [OLD]}, Standing.UNEXPECTED, id="forbidden by its SID"),
    ],
)
def test_a_namesake_whose_sid_is_named_is_decided(host, tailoring, standing):
    tailoring = Tailoring(**{key: tuple(map(parse_account, entries)) for key, entries in tailoring.items()})

    verdict = judge(host([NAMESAKE], accounts=[NAMED]), own(permitted=["administrators"]), tailoring)

    assert (verdict.holders[0].standing, verdict.holders[0].namesake) == (standing, False)
    assert make_plan([OLD], verdict, Handling()).remove == ((OLD,) if standing is Standing.UNEXPECTED else ())


def test_a_namesake_of_a_forbidden_account_is_a_finding_where_the_rest_is_left(host):
    verdict = judge(host([NAMESAKE, USERS], accounts=[NAMED]), plain_policy(closed=False), Tailoring(forbidden=(SVC,)))

    assert [(one.holder.sid, one.why) for one in verdict.unexpected] == [
        (OLD, f"has the name of the forbidden Corp\\SVC, which is {SOMEBODY}: SID history or a recreated account; name its SID")
    ]
    with pytest.raises(Refused, match="name its SID") as refused:
        make_plan([OLD, USERS], verdict, Handling())
    assert refused.value.category == "same_name"


def test_names_that_differ_by_more_than_case_are_two(host):
    """Full case folding makes one of Gross and Groß."""
    one, other = (
        AskedAccount(f"CORP\\{name}", f"S-1-5-21-1-2-3-{rid}", f"CORP\\{name}", 1, Resolution.LSA)
        for name, rid in (("Gross", 1), ("Groß", 2))
    )
    facts = host([one.sid, other.sid], accounts=[one, other])

    verdict = judge(facts, plain_policy(closed=True), Tailoring(permitted=(parse_account("corp\\gross"),)))

    assert [judged.holder.sid for judged in verdict.unexpected] == [other.sid]


HOST_SERVICE = parse_account("NT SERVICE\\WdiHostService")
POOL = parse_account("IIS APPPOOL\\DefaultApPool")


@pytest.mark.parametrize(
    ("account", "resolved", "words"),
    [
        pytest.param(
            HOST_SERVICE, Resolution.UNMAPPED, r"is no service that the host knows (similar: WdiServiceHost", id="service"
        ),
        pytest.param(POOL, Resolution.UNMAPPED, "is no application pool that the host knows (similar: DefaultAppPool", id="pool"),
        pytest.param(HOST_SERVICE, Resolution.FAILED, "", id="a failed look-up says nothing"),
        pytest.param(HOST_SERVICE, None, "", id="no answer says nothing"),
        pytest.param(HOST_SERVICE, Resolution.LSA, "", id="the host knows it"),
    ],
)
@pytest.mark.parametrize("key", ["required", "permitted", "exceptions"])
def test_a_service_or_pool_that_the_host_does_not_know_is_said(host, key, account, resolved, words):
    name, sid = (account.text, account.sid) if resolved is Resolution.LSA else (None, None)
    facts = host([], accounts=[AskedAccount(account.text, sid, name, 5, resolved)] if resolved else [])
    exceptions = parse_exceptions([{**WAIVER, "account": account.text}])

    verdict = judge(facts, plain_policy(closed=True), Tailoring(**{key: exceptions if key == "exceptions" else (account,)}))

    said = [note for note in verdict.notes if account.text in note]
    assert [words in note for note in said] == ([True] if words else [])
    if key == "required":
        assert [(one.sid, one.name) for one in verdict.missing] == [(account.sid, account.text)]


@pytest.mark.parametrize(
    ("account", "resolved", "exception", "note"),
    [
        pytest.param("SIM\\svc-bakup", Resolution.UNMAPPED, {}, "is no account that the host's LSA knows, so that it waives none", id="a misspelt name"),
        pytest.param(".\\svc-bakup", Resolution.UNMAPPED, {}, "is no account that the host's LSA knows, so that it waives none", id="a name of the host's own"),
        pytest.param("SIM\\svc-bakup", Resolution.FAILED, {}, "could not be looked up on the host, so that it waives none", id="a look-up that failed"),
        pytest.param("SIM\\svc-bakup", Resolution.LSA, {}, None, id="an account that the host knows"),
        pytest.param("SIM\\svc-bakup", Resolution.UNMAPPED, {"expires": "2020-01-01"}, None, id="an exception that expired is a finding by itself"),
        pytest.param("SIM\\svc-bakup", Resolution.UNMAPPED, {"host_roles": ["client"]}, None, id="an exception for another host role"),
        pytest.param("SIM\\svc-bakup", Resolution.UNMAPPED, {"features": ["iis"]}, None, id="an exception for a feature that the host has not"),
        pytest.param("IIS APPPOOL\\Größe", Resolution.UNMAPPED, {},
                     "is no application pool that the host knows; its SID is taken from the name, which is not sure outside ASCII", id="a pool outside ASCII"),
    ],
)  # fmt: skip
def test_an_excepted_account_that_the_host_does_not_know_is_said(host, account, resolved, exception, note):
    sid = SOMEBODY if resolved is Resolution.LSA else None
    facts = host([], accounts=[AskedAccount(account, sid, sid and account, 1, resolved)])
    exceptions = parse_exceptions([{**WAIVER, "account": account, **exception}])

    verdict = judge(facts, plain_policy(closed=True), Tailoring(exceptions=exceptions, today=datetime.date(2026, 1, 31)))

    assert verdict.notes == ((f"the excepted account {account} {note}",) if note else ())


@pytest.mark.parametrize(
    ("resolved", "held", "standing"),
    [
        pytest.param(Resolution.LSA, "S-1-5-80-1-2-3-4-5", Standing.PERMITTED, id="the host says its SID"),
        pytest.param(Resolution.UNMAPPED, None, Standing.PERMITTED, id="the host does not know it: the SID of its name"),
    ],
)
def test_outside_ascii_the_host_is_asked_for_the_sid_of_a_service(host, resolved, held, standing):
    account = parse_account("NT SERVICE\\Größendienst")
    assert (account.sid, account.derived) == (None, service_sid("GRÖßENDIENST"))
    facts = host([held or account.derived], accounts=[AskedAccount(account.text, held, account.text, 5, resolved)])

    verdict = judge(facts, plain_policy(closed=True), Tailoring(permitted=(account,)))

    assert verdict.holders[0].standing is standing
    assert any("not sure outside ASCII" in note for note in verdict.notes) is (held is None)


def test_a_service_that_the_host_knows_under_another_sid_is_no_verdict(host):
    answer = AskedAccount(HOST_SERVICE.text, "S-1-5-80-1-2-3-4-5", HOST_SERVICE.text, 5, Resolution.LSA)

    with pytest.raises(CannotJudge, match="the host says that"):
        judge(host([], accounts=[answer]), plain_policy(closed=True), Tailoring(permitted=(HOST_SERVICE,)))


def test_orphans_that_stay_are_named(host, microsoft):
    facts = host([*DEFAULTS, Holder(SOMEBODY, None, 8, Resolution.UNMAPPED, "CORP")])

    verdict = judge(facts, microsoft, Tailoring(keep_orphans=True))

    assert verdict.status is Status.COMPLIANT
    assert any("orphans that stay" in note and SOMEBODY in note and "domain CORP" in note for note in verdict.notes)


@pytest.mark.parametrize(
    ("machine_role", "holder", "namesake"),
    [
        pytest.param(3, "WEB01\\svc", True, id="of the computer, on a member server"),
        pytest.param(3, "SIM\\svc", False, id="of the domain, on a member server"),
        pytest.param(5, "SIM\\svc", True, id="of the domain, on a domain controller"),
        pytest.param(4, "sim\\SVC", True, id="of the domain, on a read-only domain controller, in another case"),
        pytest.param(5, "WEB01\\svc", False, id="of the computer, on a domain controller, which has no such accounts"),
    ],
)
def test_a_local_name_that_the_host_does_not_know_means_the_domain_of_its_accounts(host, machine_role, holder, namesake):
    unknown = AskedAccount(".\\svc", None, None, 8, Resolution.UNMAPPED)
    facts = host([Holder(OLD, holder, 1, Resolution.LSA)], machine_role=machine_role, accounts=[unknown], domain="SIM")

    verdict = judge(facts, plain_policy(closed=True), Tailoring(permitted=(parse_account(".\\svc"),)))

    assert [one.namesake for one in verdict.unexpected] == [namesake]
