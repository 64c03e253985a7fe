# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host tells of itself: one type for every SID, limits for everything, and nothing but HostError for what is odd."""

from __future__ import annotations

import copy

import hostile
import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import limits
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import facts_of

HONEST = hostile.facts()
HOLDER = HONEST["holders"][0]


def changed(**parts):
    return {**copy.deepcopy(HONEST), **parts}


def test_the_honest_answer_has_something_in_every_part():
    facts = facts_of(copy.deepcopy(HONEST))

    assert all((facts.holders, facts.accounts, facts.services, facts.pools, facts.groups, facts.control.templates, facts.events))


def event(**parts):
    told = {
        "id": 4704,
        "time": "2026-06-15T11:30:00Z",
        "subject": "S-1-5-18",
        "subject_name": None,
        "logon": None,
        "target": "S-1-5-6",
    }
    return {"error": None, "more": False, "oldest": None, "others": 0, "events": [{**told, **parts}]}


GROUP = {"sid": "S-1-5-32-545", "name": "BUILTIN\\Users", "status": "read", "members": []}
SERVICE = {**HONEST["services"][0], "account": "SIM\\svc"}
NO_SIDS = [
    pytest.param("evil", id="a name"), pytest.param("", id="nothing"), pytest.param(5, id="a number"), pytest.param("s-1-5-6", id="lower case"),
    pytest.param("*S-1-5-6", id="as in a template"), pytest.param("S-1-5-6\n", id="with a line break"), pytest.param("S-1-x", id="half a SID"),
]  # fmt: skip


@pytest.mark.parametrize("sid", NO_SIDS)
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(lambda sid: {"holders": [{**HOLDER, "sid": sid}]}, id="holder"),
        pytest.param(lambda sid: {"accounts": [{**HONEST["accounts"][0], "sid": sid}]}, id="asked account"),
        pytest.param(lambda sid: {"session": {**HONEST["session"], "user": sid}}, id="session"),
        pytest.param(lambda sid: {"computer": {**HONEST["computer"], "sid": sid}}, id="computer"),
    ],
)
def test_no_text_passes_for_a_sid_that_decides(parts, sid):
    with pytest.raises(HostError, match="is not a SID") as failed:
        facts_of(changed(**parts(sid)))
    assert failed.value.category == "payload_error"


@pytest.mark.parametrize("sid", NO_SIDS)
@pytest.mark.parametrize(
    ("parts", "unknown"),
    [
        pytest.param(lambda sid: {"services": [{**SERVICE, "sid": sid}]}, lambda facts: facts.services is None, id="service"),
        pytest.param(lambda sid: {"pools": [{**HONEST["pools"][0], "sid": sid}]}, lambda facts: facts.pools is None, id="pool"),
        pytest.param(lambda sid: {"groups": [{**GROUP, "sid": sid}]}, lambda facts: facts.groups is None, id="group"),
        pytest.param(lambda sid: {"groups": [{**GROUP, "members": [{"sid": sid, "name": "x", "use": 1}]}]}, lambda facts: facts.groups is None, id="member"),
        pytest.param(lambda sid: {"events": event(subject=sid)}, lambda facts: facts.events.error == "failed", id="subject of an event"),
        pytest.param(lambda sid: {"events": event(target=sid)}, lambda facts: facts.events.error == "failed", id="target of an event"),
        pytest.param(lambda sid: {"control": {**HONEST["control"], "sids": [{"asked": "x", "sid": sid}]}}, lambda facts: facts.control.now == "",
                     id="account of a GPO"),
    ],
)  # fmt: skip
def test_no_text_passes_for_a_sid_beside_the_right(parts, unknown, sid):
    assert unknown(facts_of(changed(**parts(sid))))


def test_a_holder_that_is_named_twice_is_no_list_of_holders():
    with pytest.raises(HostError, match="named twice"):
        facts_of(changed(holders=[HOLDER, HOLDER]))


def many(count):
    return [{**HOLDER, "sid": f"S-1-5-21-1-2-3-{number}"} for number in range(count)]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        pytest.param({"holders": many(limits.HOLDERS + 1)}, "5,001 rows of Holder; at most 5,000", id="holders"),
        pytest.param({"services": [SERVICE] * (limits.ROWS + 1)}, "10,001 rows of Service; at most 10,000", id="services"),
        pytest.param({"iis": {**HONEST["iis"], "components": ["x"] * (limits.ROWS + 1)}}, "rows of Iis.components", id="a list in a part"),
        pytest.param({"holders": [{**HOLDER, "name": "x" * 1_025}]}, "Holder.name has 1,025 characters; at most 1,024", id="a name"),
        pytest.param({"pools": [{**HONEST["pools"][0], "name": "x" * 1_025}]}, "AppPool.name has", id="a name beside the right"),
        pytest.param({"lookup_status": "x" * 1_025}, "lookup_status has", id="a status"),
        pytest.param({"padding": "x" * limits.ANSWER}, "larger than 4,000,000 characters", id="a key that nobody asked for"),
        pytest.param({"padding": [0] * (limits.ANSWER + 1)}, "larger than", id="a list that nobody asked for"),
        pytest.param({"x" * limits.ANSWER: 1}, "larger than", id="a key itself"),
    ],
)  # fmt: skip
def test_a_host_beyond_a_limit_is_an_error_that_says_so(parts, words):
    with pytest.raises(HostError, match=words) as failed:
        facts_of(changed(**parts))
    assert failed.value.category == "answer_too_large"


def test_a_host_at_the_limits_is_read_whole():
    template = {**HONEST["control"]["templates"][0], "value": "x" * limits.TEXT}
    facts = facts_of(
        changed(
            holders=[{**one, "name": "x" * 64} for one in many(limits.HOLDERS)],
            groups=[{**GROUP, "name": "x" * limits.NAME}],
            control={**HONEST["control"], "templates": [template]},
        )
    )

    assert (len(facts.holders), len(facts.groups[0].name)) == (limits.HOLDERS, limits.NAME)
    assert len(facts.control.templates[0].value) == limits.TEXT


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"holders": hostile.DEEP}, id="holders"),
        pytest.param({"computer": hostile.DEEP}, id="a part"),
        pytest.param({"windows": {**HONEST["windows"], "build": hostile.DEEP}}, id="a value"),
        pytest.param({"lookup_status": hostile.DEEP}, id="a status"),
    ],
)
def test_what_is_nested_too_deeply_is_no_answer(parts):
    with pytest.raises(HostError) as failed:
        facts_of(changed(**parts))
    assert failed.value.category == "payload_error"


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1, 10**400])
def test_a_number_that_windows_cannot_have_is_none(number):
    with pytest.raises(HostError, match=r"Windows\.build is"):
        facts_of(changed(windows={**HONEST["windows"], "build": number}))


@pytest.mark.parametrize("said", ["no", 0, None, {}])
def test_whether_there_are_more_services_is_never_guessed(said):
    assert facts_of(changed(services_more=said)).services_truncated is True
