# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of a GPO is put together from what its host says of it, and is judged by the policy of that host."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import FLOOR
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_list import AgainstPolicy, against_policy, list_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

IIS, SERVICE, USERS = "S-1-5-32-568", "S-1-5-6", "S-1-5-32-545"


def controller(extra=(), lacking=()):
    return {"kind": "gpo", "extra": None if extra is None else list(extra), "lacking": None if lacking is None else list(lacking)}


def host(extra=(), lacking=(), status="drift", excepted=(), **said):
    """A judged host whose right a GPO sets."""
    exceptions = [{"sid": sid, "state": state} for sid, state in excepted]
    record = {**record_of("h", None), "status": status, "required": [], "permitted": [], "exceptions": exceptions}
    return {**record, "controller": controller(extra, lacking), **said}


@pytest.mark.parametrize(
    ("extra", "lacking", "accounts"),
    [
        pytest.param([], [], {*FLOOR, IIS}, id="the host has the list"),
        pytest.param([IIS], [], {*FLOOR}, id="the host has an account besides the list"),
        pytest.param([], [USERS], {*FLOOR, IIS, USERS}, id="the host lacks an account of the list"),
        pytest.param([IIS], [USERS], {*FLOOR, USERS}, id="both"),
        pytest.param(None, [], None, id="what the host has besides is not known"),
        pytest.param([], None, None, id="what the host lacks is not known"),
    ],
)
def test_the_list_is_what_a_host_has_of_it_and_what_it_lacks(extra, lacking, accounts):
    its = list_of(controller(extra, lacking))

    assert (its and its.accounts([*FLOOR, IIS])) == accounts


SIDS = st.frozensets(st.sampled_from([*sorted(FLOOR), IIS, USERS, "S-1-5-21-1-2-3-1001"]))


@given(named=SIDS, holders=SIDS)
def test_whatever_a_host_holds_the_list_is_the_same(named, holders):
    asked = named | FLOOR  # the engine adds it
    its = list_of(controller(holders - asked, asked - holders))

    assert its is not None
    assert its.accounts(holders) == asked
    assert its.of_held(holders) == asked & holders
    assert its.of_absent(named - holders) == frozenset()


@pytest.mark.parametrize(
    ("record", "given_to", "left_out"),
    [
        pytest.param(host(), set(), set(), id="as the policy"),
        pytest.param(host(unexpected=[USERS]), {USERS}, set(), id="the host has it from the list"),
        pytest.param(host([USERS], unexpected=[USERS]), set(), set(), id="the host has it besides the list"),
        pytest.param(host(lacking=[USERS]), {USERS}, set(), id="the list has it, the host not yet"),
        pytest.param(host(lacking=[USERS], permitted=[USERS]), set(), set(), id="the list has it, and it may be"),
        pytest.param(host(lacking=[USERS], required=[USERS], missing=[USERS]), set(), set(), id="the list has it, and it must be"),
        pytest.param(host(lacking=[SERVICE]), set(), set(), id="the list has one of the floor"),
        pytest.param(host(lacking=[USERS], excepted=[(USERS, "unused")]), set(), set(), id="an exception holds"),
        pytest.param(host(lacking=[USERS], excepted=[(USERS, "expired")]), {USERS}, set(), id="an exception has expired"),
        pytest.param(host(lacking=[USERS], excepted=[(None, "unused")]), {USERS}, set(), id="an exception for nobody known"),
        pytest.param(host(required=[IIS], missing=[IIS]), set(), {IIS}, id="neither host nor list has it"),
        pytest.param(host([IIS], required=[IIS]), set(), {IIS}, id="the host has it, the list not"),
        pytest.param(host(unexpected=[USERS], required=[IIS], missing=[IIS]), {USERS}, {IIS}, id="one too many and one too few"),
        pytest.param(host(lacking=[USERS], required=None), set(), set(), id="a record that does not say who may"),
        pytest.param(host(unexpected=[USERS], required=None), {USERS}, set(), id="such a record with a finding"),
    ],
)
def test_a_list_is_against_the_policy_by_whom_it_gives_the_right_and_whom_it_leaves_out(record, given_to, left_out):
    assert against_policy(record) == AgainstPolicy(frozenset(given_to), frozenset(left_out))


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(host(controller=None), id="nobody is known to set the right"),
        pytest.param(host(extra=None), id="the list is not known"),
        pytest.param(host(lacking=None), id="the half of it is not known"),
        pytest.param(host(status="error"), id="a host that was not judged"),
        pytest.param(host(status="not_applicable"), id="a host without a row in the policy"),
    ],
)
def test_without_list_or_verdict_nothing_is_said(record):
    assert against_policy(record) is None
