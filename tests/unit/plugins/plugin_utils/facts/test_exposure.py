# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes have the right, and that the list of what must restart agrees with it."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import app_pool_sid, service_sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import (
    AppPool,
    Computer,
    Holder,
    HostFacts,
    Resolution,
    Service,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.features import unsure_pools
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.processes import users_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import plain_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Plan, by_number
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.restarts import restarts

ADMINISTRATORS, LOCAL, NETWORK, SERVICE, SYSTEM, IIS_IUSRS = (
    "S-1-5-32-544",
    "S-1-5-19",
    "S-1-5-20",
    "S-1-5-6",
    "S-1-5-18",
    "S-1-5-32-568",
)
FOUR = (SERVICE, LOCAL, NETWORK, ADMINISTRATORS)
POLICY = plain_policy(closed=False)
EVERYONE, AUTHENTICATED, ALL_SERVICES = "S-1-1-0", "S-1-5-11", "S-1-5-80-0"
SVC = "S-1-5-21-1004336348-1177238915-682003330-1201"


def facts(*users):
    services, pools = ([user for user in users if isinstance(user, kind)] for kind in (Service, AppPool))
    return HostFacts((), Computer("WEB01", 3), services=tuple(services), pools=tuple(pools))


def svc(sid=SVC, account="CORP\\svc", pid=7, impersonate=None, name="app", sid_type=0):
    return Service(name, account, sid, pid, impersonate, sid_type)


OWN, OTHER = service_sid("app"), service_sid("other")


@pytest.mark.parametrize(
    ("user", "holders", "has", "through", "words"),
    [
        pytest.param(svc(), FOUR, True, (SERVICE,), "through SERVICE", id="a service with an account of its own"),
        pytest.param(svc(), (*FOUR, SVC), True, (SVC, SERVICE), "the entry of its account and through SERVICE", id="by both"),
        pytest.param(svc(), (SVC,), True, (SVC,), "the entry of its account", id="by its account alone"),
        pytest.param(svc(), (LOCAL,), None, (), "whether a group of it does is not known", id="SERVICE holds nothing: its groups decide"),
        pytest.param(svc(NETWORK), (LOCAL,), False, (), "its account holds no entry", id="NETWORK SERVICE without an entry"),
        pytest.param(svc(LOCAL), (LOCAL,), True, (LOCAL,), "the entry of its account", id="LOCAL SERVICE"),
        pytest.param(svc(SYSTEM), (), True, (SYSTEM,), "LocalSystem has the right by itself", id="LocalSystem needs no entry"),
        pytest.param(svc(None), FOUR, True, (SERVICE,), "through SERVICE", id="an account without a SID"),
        pytest.param(svc(None), (LOCAL,), None, (), "no SID that the host knows", id="an account without a SID, and SERVICE holds nothing"),
        pytest.param(svc(None, None), (LOCAL,), None, (), "no SID", id="a service of a user"),
        pytest.param(svc(impersonate=True), FOUR, True, (SERVICE,), "through SERVICE", id="RequiredPrivileges name the right"),
        pytest.param(svc(impersonate=False), FOUR, False, (), "its RequiredPrivileges do not name the right", id="RequiredPrivileges do not name it"),
        pytest.param(svc(SYSTEM, impersonate=False), FOUR, False, (), "RequiredPrivileges", id="LocalSystem without it by RequiredPrivileges"),
        pytest.param(svc(), (EVERYONE,), True, (EVERYONE,), "through Everyone", id="everyone holds it"),
        pytest.param(svc(None), (AUTHENTICATED,), True, (AUTHENTICATED,), "through Authenticated Users", id="every logon but anonymous holds it"),
        pytest.param(svc(NETWORK), (ALL_SERVICES,), True, (ALL_SERVICES,), "through ALL SERVICES", id="all services hold it"),
        pytest.param(svc(LOCAL, impersonate=False), (EVERYONE,), False, (), "RequiredPrivileges", id="everyone holds it, and the service does not want it"),
        # SERVICE_SID_INFO: only the types 1 and 3 put the service's own SID into the token
        pytest.param(svc(sid_type=1), (OWN,), True, (OWN,), "through the entry of its own SID", id="by its own SID, unrestricted"),
        pytest.param(svc(sid_type=3), (OWN,), True, (OWN,), "through the entry of its own SID", id="by its own SID, restricted"),
        pytest.param(svc(sid_type=1), (SERVICE, SVC, OWN), True, (SVC, OWN, SERVICE),
                     "of its account and through the entry of its own SID and through SERVICE",
                     id="by all three"),
        pytest.param(svc(OWN, "NT SERVICE\\app", sid_type=1), (OWN,), True, (OWN,), "through the entry of its account", id="its account is its own SID"),
        pytest.param(svc(OWN, "NT SERVICE\\app", sid_type=0), (OWN,), True, (OWN,), "through the entry of its account",
                     id="its account is its own SID, whatever the type"),
        pytest.param(svc(sid_type=0), (OWN,), None, (), "NT SERVICE\\app holds one, and ServiceSidType keeps it out of the token",
                     id="its own SID holds an entry, and is not in the token"),
        pytest.param(svc(NETWORK, sid_type=0), (OWN,), False, (), "ServiceSidType keeps it out", id="NETWORK SERVICE without its own SID in the token"),
        pytest.param(svc(NETWORK, sid_type=1), (OWN,), True, (OWN,), "its own SID", id="NETWORK SERVICE by the service's own SID"),
        pytest.param(svc(sid_type=None), (OWN,), None, (), "NT SERVICE\\app holds an entry, and whether its SID is in the token is not known",
                     id="a type that could not be read"),
        pytest.param(svc(NETWORK, sid_type=None), (OWN,), None, (), "is not known", id="NETWORK SERVICE, and a type that could not be read"),
        pytest.param(svc(NETWORK, sid_type=2), (OWN,), None, (), "is not known", id="a type that nobody knows"),
        pytest.param(svc(NETWORK, sid_type=None), (LOCAL,), False, (), "its account holds no entry", id="a type that could not be read, and does not matter"),
        pytest.param(svc(sid_type=None), (OWN, SERVICE), True, (SERVICE,), "through SERVICE", id="a type that could not be read, and SERVICE holds"),
        pytest.param(svc(sid_type=1, impersonate=False), (OWN,), False, (), "RequiredPrivileges", id="its own SID holds, and the service does not want it"),
        pytest.param(svc(sid_type=1, name="Spooler"), (service_sid("SPOOLER"),), True, (service_sid("spooler"),), "its own SID",
                     id="the case of a name does not matter"),
        pytest.param(svc(SYSTEM, sid_type=1), (OWN,), True, (SYSTEM,), "by itself", id="LocalSystem with an entry of its own SID"),
        pytest.param(AppPool("p", "NetworkService"), (app_pool_sid("p"),), None, (),
                     "IIS APPPOOL\\p holds one, and whether its token has that SID is not known",
                     id="the SID of a pool with another identity"),
        pytest.param(AppPool("p", "NetworkService"), (EVERYONE,), True, (EVERYONE,), "through Everyone", id="a pool where everyone holds it"),
        pytest.param(AppPool("p", "SpecificUser", "CORP\\svc", SVC, True), (AUTHENTICATED,), True, (AUTHENTICATED,), "Authenticated",
                     id="manual, where every logon holds it"),
        pytest.param(AppPool("p", "NetworkService", manual=True), (ALL_SERVICES,), False, (), "neither", id="a pool is no service"),
        pytest.param(AppPool("p", "SpecificUser"), (app_pool_sid("p"),), None, (), "its account is not known", id="a pool with an account that is not named"),
        pytest.param(AppPool("p", "ApplicationPoolIdentity"), (IIS_IUSRS,), True, (IIS_IUSRS,), "through IIS_IUSRS", id="a pool"),
        pytest.param(AppPool("p", "ApplicationPoolIdentity"), FOUR, None, (), "whether a group of it does is not known", id="a pool, IIS_IUSRS holds nothing"),
        pytest.param(AppPool("p", "ApplicationPoolIdentity"), (app_pool_sid("p"),), True, (app_pool_sid("p"),), "the entry", id="a pool by its own entry"),
        pytest.param(AppPool("p", "SpecificUser", "CORP\\svc", SVC), (IIS_IUSRS,), True, (IIS_IUSRS,), "IIS_IUSRS", id="a pool with an account"),
        pytest.param(AppPool("p", "SpecificUser", "CORP\\svc", SVC, True), (IIS_IUSRS,), None, (), "depends on the groups", id="the same, manual"),
        pytest.param(AppPool("p", "SpecificUser", "CORP\\svc", SVC, True), (IIS_IUSRS, SVC), True, (SVC,), "the entry", id="manual, with an entry of its own"),
        pytest.param(AppPool("p", "SpecificUser", "CORP\\gone", None), FOUR, None, (), "its account is not known", id="a pool whose account has no SID"),
        pytest.param(AppPool("p", "NetworkService"), FOUR, True, (NETWORK,), "the entry", id="NetworkService"),
        pytest.param(AppPool("p", "LOCALSERVICE"), (), False, (), "neither", id="LocalService in another case, without an entry"),
        pytest.param(AppPool("p", "LocalSystem"), (), True, (SYSTEM,), "by itself", id="a pool as LocalSystem"),
    ],
)  # fmt: skip
def test_who_has_the_right_and_by_what(user, holders, has, through, words):
    (found,) = users_of(facts(user), holders)

    assert (found.has, set(found.through)) == (has, set(through))
    assert words in found.why


def test_services_of_one_process_share_what_each_of_them_requires():
    shared = [
        svc(name="a", impersonate=False),
        svc(name="b", impersonate=True),
        svc(name="c", pid=8, impersonate=False),
        svc(name="d", pid=0, impersonate=False),
    ]

    found = {user.name: (user.has, user.why) for user in users_of(facts(*shared), FOUR)}

    assert {name: has for name, (has, _why) in found.items()} == {"a": True, "b": True, "c": False, "d": False}
    assert found["a"][1] == "through SERVICE; another service of its process requires it"


@pytest.mark.parametrize(
    ("types", "pids", "has", "words"),
    [
        pytest.param((0, 1), (7, 7), (True, True), "through the entry of NT SERVICE\\other of its process", id="one process has one token"),
        pytest.param((0, 1), (7, 8), (None, True), "whether a group of it does is not known", id="two processes"),
        pytest.param((1, 0), (7, 7), (None, None), "whether a group of it does is not known", id="not in the token"),
        pytest.param((1, None), (7, 7), (None, None), "NT SERVICE\\other holds an entry, and whether its SID is in the token is not known", id="not known"),
        pytest.param((0, 1), (None, None), (None, True), "whether a group", id="a process that is not told is nobody else's"),
        pytest.param((0, 1), (0, 0), (None, True), "whether a group", id="nor is the process 0"),
    ],
)  # fmt: skip
def test_services_of_one_process_have_the_sids_of_all_of_them(types, pids, has, words):
    pair = [svc(name=name, sid_type=kind, pid=pid) for name, kind, pid in zip(("app", "other"), types, pids, strict=True)]

    first, second = users_of(facts(*pair), (OTHER,))

    assert (first.has, second.has) == has
    assert words in first.why


accounts = st.sampled_from([SVC, LOCAL, NETWORK, SYSTEM, SVC[:-1] + "2", None])
users = st.lists(
    st.one_of(
        st.builds(
            lambda sid, pid, needs, kind: svc(sid, "x", pid, needs, sid_type=kind),
            accounts, st.sampled_from([None, 1, 2]), st.sampled_from([None, True, False]), st.sampled_from([None, 0, 1, 3]),
        ),
        st.builds(lambda sid, manual: AppPool("p", "SpecificUser", "x", sid, manual), accounts, st.booleans()),
        st.builds(lambda identity, manual: AppPool("q", identity, manual=manual),
                  st.sampled_from(["ApplicationPoolIdentity", "LocalSystem", "NetworkService"]), st.booleans()),
    ),
    max_size=6,
)  # fmt: skip
sids = st.sets(
    st.sampled_from(
        [
            *FOUR,
            IIS_IUSRS,
            SVC,
            app_pool_sid("q0"),
            app_pool_sid("p1"),
            service_sid("app0"),
            service_sid("app1"),
            SYSTEM,
            EVERYONE,
            ALL_SERVICES,
        ]
    )
)


@given(users, sids, sids)
def test_what_must_restart_is_where_the_exposure_differs(found, before, after):
    its = facts(
        *(
            type(user)(**{**{key: getattr(user, key) for key in user.__slots__}, "name": f"{user.name}{n}"})
            for n, user in enumerate(found)
        )
    )
    plan = Plan(by_number(before), by_number(after - before), by_number(before - after), ())

    rows = restarts(its, plan, {})

    earlier, later = ({(user.kind, user.name): user for user in users_of(its, held)} for held in (before, after))
    shared = {SERVICE, IIS_IUSRS, ALL_SERVICES, AUTHENTICATED, EVERYONE, SYSTEM}
    changed = before ^ after
    expected, owners = {}, {SERVICE, IIS_IUSRS, ALL_SERVICES, SYSTEM}
    for key, was in earlier.items():
        will = later[key]
        own = {*was.through, *will.through} & changed - shared
        if (was.has is True) != (will.has is True):
            expected[key] = ("loses" if was.has else "gains", True)
        elif was.has and own:  # by an entry of its own, and perhaps by another as well
            expected[key] = ("gains" if own & after else "loses", not set(was.through) & set(will.through))
        if key in expected:
            owners |= {was.sid, *own}
    for user in its.services:  # by its own SID, where its token may have it
        if service_sid(user.name) in changed - owners and user.sid_type != 0:
            expected.setdefault(("service", user.name), ("gains" if service_sid(user.name) in after else "loses", True))
    for pool in its.pools:
        if app_pool_sid(pool.name) in changed - owners:
            expected.setdefault(("app pool", pool.name), ("gains" if app_pool_sid(pool.name) in after else "loses", True))
    listed = {(row.kind, row.name): (row.effect, row.through is None) for row in rows if row.kind != "logon"}
    assert listed == expected
    named = {*(service_sid(user.name) for user in its.services), *(app_pool_sid(pool.name) for pool in its.pools)}
    assert len([row for row in rows if row.kind == "logon"]) == len(changed - owners - named)


@pytest.mark.parametrize(
    ("user", "add", "remove", "row"),
    [
        pytest.param(svc(SYSTEM), (), (SYSTEM,), None, id="LocalSystem loses nothing by its entry"),
        pytest.param(svc(NETWORK), (), (NETWORK,), ("loses", "SERVICE"), id="NETWORK SERVICE has it through SERVICE anyway"),
        pytest.param(svc(NETWORK), (), (NETWORK, SERVICE), ("loses", None), id="and loses it with both"),
        pytest.param(svc(SVC), (), (SERVICE,), ("loses", None), id="a service by SERVICE alone"),
        pytest.param(
            AppPool("p", "SpecificUser", "CORP\\svc", SVC),
            (SVC,),
            (),
            ("gains", "IIS_IUSRS"),
            id="a pool through IIS_IUSRS before and after",
        ),
        pytest.param(
            AppPool("p", "SpecificUser", "CORP\\svc", SVC),
            (SVC,),
            (IIS_IUSRS,),
            ("gains", None),
            id="not through a group that goes",
        ),
        pytest.param(svc(sid_type=1), (OWN,), (SERVICE,), ("gains", None), id="by its own SID instead of SERVICE"),
        pytest.param(svc(sid_type=3), (), (OWN,), ("loses", "SERVICE"), id="a service loses its own entry and keeps SERVICE"),
        pytest.param(svc(sid_type=1), (SVC,), (OWN, SERVICE), ("gains", None), id="by its account instead of its own SID"),
        pytest.param(svc(sid_type=0), (), (OWN,), None, id="a SID that is in no token"),
        pytest.param(svc(NETWORK, sid_type=None), (OWN,), (), ("gains", None), id="a SID that may be in the token"),
        pytest.param(
            AppPool("p", "NetworkService"), (app_pool_sid("p"),), (), ("gains", None), id="the SID of a pool with another identity"
        ),
        pytest.param(svc(name="else"), (OWN,), (), ("gains", None), id="a service that does not run, at its next log-on"),
    ],
)
def test_who_must_restart_and_through_what_it_has_the_right_anyway(user, add, remove, row):
    before = {*FOUR, IIS_IUSRS, SYSTEM, *remove} - set(add)

    rows = restarts(facts(user), Plan(by_number(before), add, remove, ()), {OWN: "NT SERVICE\\app"})

    assert [(one.effect, one.through) for one in rows] == ([] if row is None else [row])


def test_a_service_may_have_it_by_its_own_sid_anyway():
    (row,) = restarts(facts(svc(sid_type=1)), Plan(by_number((SVC, OWN)), (), (SVC,), ()), {OWN: "NT SERVICE\\app"})

    assert (row.kind, row.name, row.effect, row.through) == ("service", "app", "loses", f"NT SERVICE\\app ({OWN})")


GROSS, TOLD = "Gr\u00f6\u00dfe", "S-1-5-82-1-2-3-4-5"
DERIVED = "S-1-5-82-{}".format(
    "-".join(map(str, struct.unpack("<5I", hashlib.sha1("gr\u00f6\u00dfe".encode("utf-16-le")).digest())))
)


def pooled(*holders, name=GROSS, identity="ApplicationPoolIdentity"):
    return HostFacts(tuple(holders), Computer("WEB01", 3), pools=(AppPool(name, identity),))


@pytest.mark.parametrize(
    ("host", "sid", "unsure"),
    [
        pytest.param(pooled(), DERIVED, [GROSS], id="by its name, unit by unit, and not sure"),
        pytest.param(pooled(Holder(TOLD, "IIS APPPOOL\\GR\u00d6\u00dfE", 5, Resolution.LSA)), TOLD, [], id="as the host says it"),
        pytest.param(
            pooled(Holder(TOLD, f"CORP\\{GROSS}", 5, Resolution.LSA)), TOLD, [], id="the host's word for the domain is its own"
        ),
        pytest.param(pooled(Holder(SVC, f"IIS APPPOOL\\{GROSS}", 5, Resolution.LSA)), DERIVED, [GROSS], id="another kind of SID"),
        pytest.param(
            pooled(Holder(TOLD, f"IIS APPPOOL\\{GROSS}", 5, Resolution.FAILED)), DERIVED, [GROSS], id="nobody has named it"
        ),
        pytest.param(pooled(name="web"), app_pool_sid("web"), [], id="ASCII"),
        pytest.param(pooled(identity="NetworkService"), NETWORK, [], id="another identity"),
    ],
)
def test_a_pool_outside_ascii_has_the_sid_that_the_host_says(host, sid, unsure):
    (user,) = users_of(host, FOUR)

    assert (user.sid, unsure_pools(host)) == (sid, unsure)
    assert any("outside ASCII" in note for note in build.host_result(judged(host, POLICY, Tailoring()))["notes"]) is bool(unsure)
