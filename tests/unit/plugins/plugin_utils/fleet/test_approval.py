# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was approved of a plan, as a job of AWX hands it on, and what a later plan has beyond it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.approval import (
    MOST,
    approval_of,
    check_approval,
    not_approved,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.plans import count_plans
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput

USERS, GUESTS = "S-1-5-32-545", "S-1-5-32-546"


def host(*removed, added=()):
    return {"outcome": "planned", "added": list(added), "removed": list(removed), "names": {}, "holders": []}


def local(domain):
    """A host that would lose its own account svc."""
    sid = f"S-1-5-21-{domain}-1-1-1001"
    return {**host(sid), "names": {sid: f"{domain}\\svc"}, "holders": [{"sid": sid, "kind": "local"}]}


def beyond(approved, now, action="enforce"):
    return [change.text for change in not_approved(approval_of("enforce", count_plans(approved)), action, count_plans(now))]


@pytest.mark.parametrize(
    ("approved", "now", "found"),
    [
        pytest.param({"a": host(USERS)}, {"a": host(USERS)}, [], id="the same"),
        pytest.param({"a": host(USERS), "b": host()}, {"b": None, "a": host(USERS)}, [], id="a host without a change is gone"),
        pytest.param({"a": host(USERS, GUESTS)}, {"a": host(GUESTS, USERS)}, [], id="in another order"),
        pytest.param({"a": host(USERS, GUESTS)}, {"a": host(USERS)}, [], id="nothing is planned for an account any more"),
        pytest.param({"a": host(USERS)}, {"a": host()}, [], id="nothing is planned any more"),
        pytest.param({"a": host()}, {"a": host()}, [], id="nothing was planned"),
        pytest.param({"a": host()}, {"a": host(USERS)}, ["would remove BUILTIN\\Users (S-1-5-32-545) on 1 host"], id="nothing was planned then"),
        pytest.param({"a": host(USERS)}, {"a": host(USERS, GUESTS)}, ["would remove BUILTIN\\Guests (S-1-5-32-546) on 1 host"], id="one more account"),
        pytest.param({"a": host(USERS)}, {"a": host(USERS), "b": host(USERS)}, ["would remove BUILTIN\\Users (S-1-5-32-545) on 2 hosts"], id="one more host"),
        pytest.param({"a": host(USERS)}, {"b": host(USERS)}, ["would remove BUILTIN\\Users (S-1-5-32-545) on 1 host"], id="another host"),
        pytest.param({"a": host(USERS), "b": host(USERS)}, {"a": host(USERS), "b": None}, ["would remove BUILTIN\\Users (S-1-5-32-545) on 1 host"],
                     id="a host of the change is dead now"),
        pytest.param({"a": host(USERS)}, {"a": host(added=[USERS])}, ["would add BUILTIN\\Users (S-1-5-32-545) on 1 host"], id="added and not removed"),
        pytest.param({"a": local(1)}, {"a": local(2)}, ["would remove .\\svc on 1 host"], id="the machine was installed anew"),
    ],
)  # fmt: skip
def test_what_was_not_approved(approved, now, found):
    assert beyond(approved, now) == found


def test_an_enforcement_is_no_restore():
    assert beyond({"a": host(USERS)}, {"a": host(USERS)}, "restore") != []


def many(number, last=0):
    return {
        "a": host(*(f"S-1-5-21-1-2-3-{1000 + rid}" for rid in range(number)), *([f"S-1-5-21-1-2-3-{9000 + last}"] if last else []))
    }


def test_of_many_accounts_all_are_approved_or_none():
    assert len(approval_of("enforce", count_plans(many(MOST + 1))).split()) == 1
    assert beyond(many(MOST + 1), many(MOST + 1)) == []
    assert len(beyond(many(MOST + 1), many(MOST + 1, last=1))) == MOST + 2


def test_an_approval_is_small():
    assert len(approval_of("enforce", count_plans(many(MOST)))) < 1400


plans = st.dictionaries(
    st.sampled_from("abcd"),
    st.lists(st.sampled_from([USERS, GUESTS, "S-1-5-32-559"]), unique=True).map(lambda removed: host(*removed)),
)


@given(plans, plans)
def test_what_passes_is_never_more_than_what_was_approved(approved, now):
    """For any two plans: what is not told of is, host by host and SID by SID, in the one that was approved."""
    told = {change.sid for change in not_approved(approval_of("enforce", count_plans(approved)), "enforce", count_plans(now))}
    passing = {(name, sid) for name, result in now.items() for sid in result["removed"] if sid not in told}

    assert passing <= {(name, sid) for name, result in approved.items() for sid in result["removed"]}
    assert beyond(approved, approved) == []


@pytest.mark.parametrize("text", ["unknown", "0" * 31, "0" * 32 + ",", "0" * 33, "é" * 32, "0" * 32 + " x"])
def test_what_is_no_approval(text):
    with pytest.raises(BadInput, match="approved_plan: '.*' is not what a plan hands over"):
        check_approval(text)


def test_what_is_one():
    check_approval(approval_of("enforce", count_plans({"a": host(USERS)})))
    check_approval(None)
