# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.parsing import Account
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import FLOOR, app_pool_sid, service_sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.controller import stated
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import (
    AppPool,
    Holder,
    Iis,
    Resolution,
    Service,
    Traces,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.features import FeatureName
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.plans import (
    count_plans,
    not_sent,
    second_look,
    without_plan,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import plain_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Standing, Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import (
    _FLOOR,
    Absent,
    Agreed,
    Handling,
    OnControlled,
    Orphans,
    Plan,
    Refused,
    Unexpected,
    heed_controller,
    make_plan,
    refuse_beyond,
    refuse_needed,
    refuse_pending_role,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.restarts import restarts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.verdict import judge

ADMINISTRATORS, LOCAL_SERVICE, NETWORK_SERVICE, SERVICE = "S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-6"
IIS_IUSRS, USERS, GUESTS = "S-1-5-32-568", "S-1-5-32-545", "S-1-5-32-546"
DEFAULTS = {ADMINISTRATORS, LOCAL_SERVICE, NETWORK_SERVICE, SERVICE}
DELETED = "S-1-5-21-1004336348-1177238915-682003330-1201"
ORPHAN = Holder(DELETED, None, 8, Resolution.UNMAPPED)


def sids(*many):
    return tuple(Account(sid, sid) for sid in many)


@pytest.mark.parametrize(
    ("held", "handling", "add", "remove", "unhandled", "status_after"),
    [
        pytest.param(DEFAULTS, {}, [], [], [], Status.COMPLIANT, id="in order"),
        pytest.param(DEFAULTS - {SERVICE}, {}, [SERVICE], [], [], Status.COMPLIANT, id="a default is gone"),
        pytest.param(DEFAULTS | {USERS}, {}, [], [USERS], [], Status.COMPLIANT, id="a stranger"),
        pytest.param(DEFAULTS - {SERVICE} | {USERS}, {}, [SERVICE], [USERS], [], Status.COMPLIANT, id="both"),
        pytest.param(DEFAULTS | {USERS}, {"unexpected": Unexpected.REPORT}, [], [], [USERS], Status.DRIFT, id="strangers are reported only"),
        pytest.param(DEFAULTS - {SERVICE}, {"missing": Absent.REPORT}, [], [], [SERVICE], Status.DRIFT, id="missing ones are reported only"),
        pytest.param(DEFAULTS | {ORPHAN}, {}, [], [], [], Status.COMPLIANT, id="an orphan is kept"),
        pytest.param(DEFAULTS | {ORPHAN}, {"orphans": Orphans.REPORT}, [], [], [DELETED], Status.DRIFT, id="an orphan is reported"),
        pytest.param(DEFAULTS | {ORPHAN}, {"orphans": Orphans.REMOVE}, [], [DELETED], [], Status.COMPLIANT, id="an orphan is removed"),
        pytest.param(
            DEFAULTS | {ORPHAN, USERS}, {"orphans": Orphans.REMOVE, "unexpected": Unexpected.REPORT}, [], [DELETED], [USERS], Status.DRIFT,
            id="orphans go, strangers stay",
        ),
        pytest.param(set(), {}, [SERVICE, LOCAL_SERVICE, NETWORK_SERVICE, ADMINISTRATORS], [], [], Status.COMPLIANT, id="nobody held it"),
    ],
)  # fmt: skip
def test_a_plan_does_what_the_handling_says(host, microsoft, held, handling, add, remove, unhandled, status_after):
    handling = Handling(**handling)
    tailoring = Tailoring(keep_orphans=handling.orphans is Orphans.KEEP)
    facts = host(held)

    plan = make_plan(facts.sids, judge(facts, microsoft, tailoring), handling)

    assert (list(plan.add), list(plan.remove), list(plan.unhandled)) == (add, remove, unhandled)
    kept = [one for one in facts.holders if one.sid in plan.after]
    after = dataclasses.replace(facts, holders=(*kept, *(Holder(sid, None, 5, Resolution.LSA) for sid in plan.add)))
    assert judge(after, microsoft, tailoring).status is status_after


@pytest.mark.parametrize(
    ("tailoring", "floor"),
    [
        pytest.param(
            Tailoring(required=sids(ADMINISTRATORS)), {LOCAL_SERVICE, NETWORK_SERVICE, SERVICE}, id="a list without the others"
        ),
        pytest.param(Tailoring(required=sids(*DEFAULTS - {SERVICE})), {SERVICE}, id="a list without SERVICE"),
        pytest.param(Tailoring(required=sids(*DEFAULTS - {LOCAL_SERVICE})), {LOCAL_SERVICE}, id="a list without LOCAL SERVICE"),
        pytest.param(Tailoring(), DEFAULTS, id="an empty list"),
    ],
)
def test_the_floor_is_never_planned_for_removal(host, tailoring, floor):
    facts = host(DEFAULTS | {USERS})

    with pytest.raises(Refused) as refused:
        make_plan(facts.sids, judge(facts, plain_policy(closed=True), tailoring), Handling())

    assert refused.value.category == "floor"
    for sid in DEFAULTS:
        assert (sid in str(refused.value)) is (sid in floor)
    if LOCAL_SERVICE in floor:
        assert "0xC00000BB" in str(refused.value)


@pytest.mark.parametrize(
    ("policy", "tailoring", "sid", "refused"),
    [
        pytest.param("stig", {}, IIS_IUSRS, True, id="IIS_IUSRS where IIS is"),
        pytest.param("stig", {"features": {FeatureName.IIS: False}}, IIS_IUSRS, False, id="IIS is declared away"),
        pytest.param("stig", {"forbidden": sids(IIS_IUSRS)}, IIS_IUSRS, False, id="somebody has forbidden it"),
        pytest.param("stig", {"permitted": sids(IIS_IUSRS)}, IIS_IUSRS, False, id="somebody has permitted it"),
        pytest.param("stig", {}, USERS, False, id="nothing is known to need it"),
        pytest.param("stig", {}, DELETED, True, id="the account of a pool without IIS_IUSRS in its token"),
        pytest.param("cis", {}, IIS_IUSRS, False, id="the policy requires it"),
        pytest.param("cis", {}, service_sid("MsDtsServer150"), True, id="the service of Integration Services"),
        pytest.param(None, {"required": sids(*DEFAULTS)}, IIS_IUSRS, True, id="the whole list of a task"),
    ],
)
def test_what_something_on_the_host_needs_is_not_taken_away(host, shipped, policy, tailoring, sid, refused):
    """Unless it is forbidden by its name. A policy does not know the host, and a list may have been written for another one."""
    facts = dataclasses.replace(
        host(DEFAULTS | {sid}, iis=True),
        pools=(AppPool("shop", "SpecificUser", "CORP\\shop", DELETED, manual=True),),
        pools_status="read",
        features=Traces(ssis=("MsDtsServer150",)),
    )
    verdict = judge(facts, shipped[policy] if policy else plain_policy(closed=True), Tailoring(**tailoring))

    refuse_needed(verdict, make_plan(facts.sids, verdict, Handling(unexpected=Unexpected.REPORT)))
    plan = make_plan(facts.sids, verdict, Handling())
    if not refused:
        refuse_needed(verdict, plan)
        return
    with pytest.raises(Refused, match=rf"{sid}.* else in forbidden \(in the role impersonate_forbidden\)") as error:
        refuse_needed(verdict, plan)
    assert error.value.category == "needed"


@pytest.mark.parametrize(
    ("unknown", "sid", "category", "declared"),
    [
        pytest.param({"iis": Iis(services=None)}, IIS_IUSRS, "iis_unknown", FeatureName.IIS, id="whether IIS is there"),
        pytest.param({"features": Traces(ssis=None)}, service_sid("MsDtsServer150"), "ssis_unknown", FeatureName.SSIS, id="SSIS"),
        pytest.param(
            {"pools": None, "pools_status": "locked"}, app_pool_sid("shop"), "iis_manual_pools_unknown", FeatureName.MANUAL_POOLS,
            id="what the pools are",
        ),
    ],
)  # fmt: skip
def test_what_may_be_needed_is_not_taken_away_unseen(host, shipped, unknown, sid, category, declared):
    """A read that failed is not a host without the feature. Other accounts have nothing to do with it."""
    facts = dataclasses.replace(host(DEFAULTS | {sid, USERS}, iis=True), **unknown)

    def planned(**tailoring):
        verdict = judge(facts, shipped["stig"], Tailoring(**tailoring))
        refuse_needed(verdict, make_plan(facts.sids, verdict, Handling()))

    with pytest.raises(Refused, match=rf"{sid}.* Declare {declared.value} in features") as error:
        planned()
    assert (error.value.category, USERS in str(error.value)) == (category, False)
    planned(features={declared: False})
    planned(forbidden=sids(sid))


def test_an_account_of_old_that_a_pool_needs_is_not_taken_away(host, shipped):
    """It has the name of one of IIS 6, and an application pool runs under it today."""
    old = Holder("S-1-5-21-9-9-9-1004", "WEB01\\ASPNET", 1, Resolution.LSA)
    pool = AppPool("shop", "SpecificUser", "WEB01\\ASPNET", old.sid, manual=True)
    facts = dataclasses.replace(host([*DEFAULTS, old], iis=True, sid="S-1-5-21-9-9-9"), pools=(pool,), pools_status="read")
    verdict = judge(facts, shipped["stig"], Tailoring())

    assert [one.standing for one in verdict.unexpected] == [Standing.LEGACY]
    with pytest.raises(Refused) as error:
        refuse_needed(verdict, make_plan(facts.sids, verdict, Handling()))
    assert (error.value.category, "shop" in str(error.value)) == ("needed", True)


def test_every_floor_account_has_its_reason():
    assert set(_FLOOR) == FLOOR


@pytest.mark.parametrize(
    ("tailoring", "closed", "add", "remove"),
    [
        pytest.param(Tailoring(required=sids(GUESTS)), False, [GUESTS], [], id="additive"),
        pytest.param(Tailoring(forbidden=sids(USERS)), False, [], [USERS], id="subtractive"),
        pytest.param(Tailoring(required=sids(GUESTS), forbidden=sids(USERS)), False, [GUESTS], [USERS], id="both"),
        pytest.param(Tailoring(forbidden=sids(GUESTS)), False, [], [], id="subtractive, not held"),
        pytest.param(Tailoring(required=sids(*DEFAULTS)), True, [], [USERS], id="exact"),
        pytest.param(Tailoring(required=sids(SERVICE), permitted=sids(*DEFAULTS)), True, [], [USERS], id="closed by permitted"),
    ],
)
def test_plain_use_without_a_policy(host, tailoring, closed, add, remove):
    facts = host(DEFAULTS | {USERS}, machine_role=None, sku=None)  # the role does not matter here

    plan = make_plan(facts.sids, judge(facts, plain_policy(closed), tailoring), Handling())

    assert (list(plan.add), list(plan.remove)) == (add, remove)


SOMETHING = Plan((SERVICE,), (), (USERS,), ())
NOTHING = Plan((SERVICE,), (), (), ())
GPO = stated("gpo", "Baseline", "{A1}")


@pytest.mark.parametrize(
    ("controller", "plan", "mode", "ends"),
    [
        pytest.param(GPO, SOMETHING, OnControlled.REFUSE, "refused", id="refuse"),
        pytest.param(GPO, SOMETHING, OnControlled.WARN, "warned", id="warn"),
        pytest.param(GPO, SOMETHING, OnControlled.APPLY, "silent", id="apply"),
        pytest.param(GPO, NOTHING, OnControlled.REFUSE, "silent", id="nothing to change is nothing to refuse"),
        pytest.param(stated("local", None, None), SOMETHING, OnControlled.REFUSE, "silent", id="no controller"),
        pytest.param(stated("mdm", None, None), SOMETHING, OnControlled.REFUSE, "refused", id="management service"),
    ],
)
def test_a_controlled_right_is_refused_warned_of_or_changed(controller, plan, mode, ends):
    handling = Handling(on_controlled=mode)
    if ends == "refused":
        words = (
            "the GPO Baseline {A1} .*Group Policy may take a local change back"
            if controller is GPO
            else "management service .*may take"
        )
        with pytest.raises(Refused, match=words):
            heed_controller(controller, plan, handling)
    else:
        assert bool(heed_controller(controller, plan, handling)) is (ends == "warned")


@pytest.mark.parametrize(
    ("pending", "plan", "refused"), [(True, SOMETHING, True), (True, NOTHING, False), (False, SOMETHING, False)]
)
def test_a_host_that_changes_its_role_is_left_alone(pending, plan, refused):
    if refused:
        with pytest.raises(Refused, match="promotion"):
            refuse_pending_role(pending, plan)
    else:
        refuse_pending_role(pending, plan)


APP = Service("App", "CORP\\app", DELETED)
DB = Service("Db", "NT SERVICE\\Db", "S-1-5-80-1-2-3-4-5")
SYSTEM = Service("Sys", "LocalSystem", "S-1-5-18")
LOCAL = Service("Loc", "NT AUTHORITY\\LocalService", LOCAL_SERVICE)
LOST = Service("Lost", "CORP\\gone", None)
WEB = AppPool("web", "SpecificUser", "CORP\\web", GUESTS)
POOL = AppPool("DefaultAppPool", "ApplicationPoolIdentity")
POOL_SID = "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415"
MIGHTY = AppPool("mighty", "LocalSystem")
NETWORK = AppPool("network", "NetworkService")


@pytest.mark.parametrize(
    ("before", "add", "remove", "felt"),
    [
        pytest.param(DEFAULTS, [], [], [], id="nothing changes"),
        pytest.param(DEFAULTS, [DELETED], [], ["service App gains, has it through SERVICE"], id="a service account gains what its services have"),
        pytest.param(DEFAULTS - {SERVICE} | {DELETED}, [], [DELETED], ["service App loses"], id="a service account loses, and SERVICE is no holder"),
        pytest.param(DEFAULTS - {SERVICE}, [SERVICE], [], ["service App gains", "service Db gains", "service Lost gains"],
                     id="SERVICE comes: all but those that had it"),
        pytest.param(DEFAULTS, [IIS_IUSRS], [], ["app pool DefaultAppPool gains", "app pool web gains"],
                     id="IIS_IUSRS comes: pools without the right of their own"),
        pytest.param(DEFAULTS | {IIS_IUSRS, GUESTS}, [], [IIS_IUSRS], ["app pool DefaultAppPool loses"],
                     id="IIS_IUSRS goes: pools without an entry of their own"),
        pytest.param(DEFAULTS | {POOL_SID}, [], [POOL_SID], ["app pool DefaultAppPool loses"], id="the SID of a pool goes"),
        pytest.param(DEFAULTS | {IIS_IUSRS, POOL_SID}, [], [POOL_SID], ["app pool DefaultAppPool loses, has it through IIS_IUSRS"],
                     id="the SID of a pool goes, and IIS_IUSRS stays"),
        pytest.param(DEFAULTS | {USERS}, [], [USERS], [f"logon BUILTIN\\Users ({USERS}) loses"], id="a group of people loses"),
    ],
)  # fmt: skip
def test_who_must_restart(host, before, add, remove, felt):
    facts = dataclasses.replace(host(before), services=(SYSTEM, LOST, LOCAL, DB, APP), pools=(WEB, POOL, MIGHTY, NETWORK))
    plan = Plan(tuple(before), tuple(add), tuple(remove), ())

    found = restarts(facts, plan, {})

    assert [
        f"{one.kind} {one.name} {one.effect}{f', has it through {one.through}' if one.through else ''}" for one in found
    ] == felt


def test_what_must_restart_is_unknown_where_the_host_could_not_list_it(host):
    assert restarts(host(DEFAULTS), SOMETHING, {}) is None


@pytest.mark.parametrize(
    ("agreed", "plan", "category", "words"),
    [
        pytest.param(None, SOMETHING, None, "", id="nobody looked"),
        pytest.param(Agreed(remove=frozenset({USERS})), SOMETHING, None, "", id="as looked at"),
        pytest.param(Agreed(remove=frozenset({USERS, GUESTS})), SOMETHING, None, "", id="less than looked at"),
        pytest.param(Agreed(), SOMETHING, "plan_changed", "is not as it was", id="more than looked at"),
        pytest.param(Agreed(), NOTHING, None, "", id="nothing to do"),
        pytest.param(Agreed(read=False), SOMETHING, "not_planned", "could not be read when the plans", id="not read then"),
        pytest.param(Agreed(read=False), NOTHING, None, "", id="not read then, nothing to do"),
    ],
)
def test_a_plan_beyond_what_was_looked_at_is_refused(agreed, plan, category, words):
    if category:
        with pytest.raises(Refused, match=f"{words}.*run again") as refused:
            refuse_beyond(agreed, plan)
        assert refused.value.category == category
    else:
        refuse_beyond(agreed, plan)


@pytest.mark.parametrize(
    ("result", "wrong"),
    [
        pytest.param(None, [], id="no result"),
        pytest.param({"failed": True, "msg": "Timed out after 7 second(s)."}, [], id="core ended the task"),
        pytest.param({"failed": True, "msg": "no", "error": {"category": "lsa_error"}}, [], id="the host's own error"),
        pytest.param({"unreachable": True, "msg": "no"}, [], id="unreachable"),
        pytest.param({"failed": True, "msg": "iis: x", "bad_input": True}, ["web01: iis: x"], id="bad input"),
        pytest.param({"bad_input": True}, [], id="not failed"),
    ],
)
def test_only_marked_bad_input_stops_a_fleet(result, wrong):
    assert not_sent({"web01": result}) == wrong


def planned(removed, kind="domain", name="CORP\\x", outcome="planned"):
    return {
        "outcome": outcome,
        "added": [],
        "removed": [removed],
        "names": {removed: name},
        "holders": [{"sid": removed, "kind": kind}],
    }


@pytest.mark.parametrize(
    ("results", "unread", "wide"),
    [
        pytest.param({"a": planned(USERS), "b": planned(USERS)}, 0, [], id="as many as allowed"),
        pytest.param({"a": planned(USERS), "b": planned(USERS), "c": planned(USERS)}, 0, [3], id="one too many"),
        pytest.param({"a": planned(USERS), "b": planned(USERS), "c": None}, 1, [2], id="a host that was not read may be one more"),
        pytest.param({host: planned(f"S-1-5-21-{n}-1-1-1001", "local", f"{host}\\svc-old") for n, host in enumerate("abc")}, 0, [3],
                     id="the same local account on every host"),
        pytest.param({host: planned(f"S-1-5-21-{n}-1-1-1001", "local", f"{host}\\svc-{n}") for n, host in enumerate("abc")}, 0, [],
                     id="other local accounts on every host"),
        pytest.param({host: planned(f"S-1-5-21-{n}-1-1-1001", "orphan", None) for n, host in enumerate("abc")}, 0, [3], id="deleted accounts count as one"),
    ],
)  # fmt: skip
def test_a_second_look(results, unread, wide):
    assert len(without_plan(results)) == unread
    assert [len(one.hosts) for one in second_look(count_plans(results), unread, 2)] == wide
    assert second_look(count_plans(results), unread, 0) == []


POOL_OF_SIDS = sorted(DEFAULTS | {IIS_IUSRS, USERS, GUESTS, DELETED})
subsets = st.sets(st.sampled_from(POOL_OF_SIDS))


@given(subsets, subsets, st.sampled_from(Unexpected), st.sampled_from(Absent), st.sampled_from(Orphans), st.booleans())
def test_a_plan_never_touches_the_floor_and_a_second_one_is_empty(held, wanted, unexpected, missing, orphans, closed):
    """For any holders and any list of the task: refused, or the floor is intact, and planning again from the result changes nothing."""
    handling = Handling(unexpected, missing, orphans)
    tailoring = Tailoring(required=sids(*wanted), keep_orphans=orphans is Orphans.KEEP)
    policy = plain_policy(closed)
    before = facts_of(held)
    try:
        plan = make_plan(before.sids, judge(before, policy, tailoring), handling)
    except Refused:
        assert closed
        assert unexpected is Unexpected.REMOVE
        assert (held & FLOOR) - wanted
        return

    assert not set(plan.remove) & FLOOR
    assert set(plan.after) == (held - set(plan.remove)) | set(plan.add)
    after = facts_of(plan.after)
    assert make_plan(after.sids, judge(after, policy, tailoring), handling).empty


def facts_of(held):
    from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import Computer, HostFacts

    holders = tuple(ORPHAN if sid == DELETED else Holder(sid, None, 5, Resolution.LSA) for sid in held)
    return HostFacts(holders, Computer("WEB01", 3))
