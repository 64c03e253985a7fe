# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot belongs to the machine on which it was taken: by SID, where both are known, and else by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import Computer
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.machines import same_machine, snapshot_computer
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Refused

ONE, OTHER = "S-1-5-21-1-2-3", "S-1-5-21-4-5-6"


def computer(name="WEB01", sid=ONE, role=3):
    return Computer(name, role, sid=sid)


def snapshot(name="WEB01", sid=ONE):
    return {"name": name, "sid": sid}


@pytest.mark.parametrize(
    ("then", "now", "note"),
    [
        pytest.param(snapshot(), computer(), None, id="the same"),
        pytest.param(snapshot("web01"), computer(), None, id="the same in another case"),
        pytest.param(snapshot("OLD"), computer(), "was called OLD when the snapshot was taken, and is called WEB01 now; its SID is the same", id="renamed"),
        pytest.param(snapshot(), computer(sid=None),
                     "only the name of the computer was compared with that of the snapshot, because the SID of this computer is not known",
                     id="no SID now"),
        pytest.param(snapshot(sid=None), computer(), "because the SID of the computer of the snapshot is not known", id="no SID then"),
        pytest.param(None, computer(), "does not tell on which computer it was taken", id="a snapshot of an earlier version"),
        pytest.param(snapshot(), computer(role=5), None, id="a domain controller"),
    ],
)  # fmt: skip
def test_what_may_be_the_same_machine(then, now, note):
    said = same_machine(then, now)

    assert said is None if note is None else note in said


@pytest.mark.parametrize(
    ("then", "now", "words"),
    [
        pytest.param(snapshot(), computer(sid=OTHER), f"taken on WEB01 ({ONE}), and WEB01 ({OTHER}) answers, which has that name since it was installed anew",
                     id="installed anew"),
        pytest.param(snapshot("WEB02", OTHER), computer(), f"taken on WEB02 ({OTHER}), and WEB01 ({ONE}) answers.", id="another machine"),
        pytest.param(snapshot("WEB02", None), computer(), f"taken on WEB02 (SID not known), and WEB01 ({ONE}) answers", id="another name, SID not known then"),
        pytest.param(snapshot("WEB02"), computer(sid=None), f"taken on WEB02 ({ONE}), and WEB01 (SID not known) answers", id="another name, SID not known now"),
        pytest.param(snapshot("DC02"), computer("DC01", role=4), f"taken on DC02 ({ONE}), and DC01 ({ONE}) answers",
                     id="another domain controller of the domain"),
        pytest.param(snapshot("DC02"), computer("DC01", role=None), "and DC01", id="another name, and perhaps a domain controller"),
    ],
)  # fmt: skip
def test_what_is_another_machine_is_refused_with_both_names(then, now, words):
    with pytest.raises(Refused) as refused:
        same_machine(then, now)

    assert refused.value.category == "other_machine"
    assert words in str(refused.value)
    assert "give the right to those who need it there by required (in the role impersonate_required) or holders" in str(
        refused.value
    )


names = st.sampled_from(["WEB01", "web01", "WEB02"])
sids = st.sampled_from([None, ONE, OTHER])
computers = st.builds(computer, names, sids, st.sampled_from([None, 0, 1, 2, 3, 4, 5]))


@given(computers, computers)
def test_two_known_sids_that_differ_never_pass_and_the_machine_itself_always_does(then, now):
    same_machine(snapshot_computer(now), now)
    try:
        same_machine(snapshot_computer(then), now)
    except Refused:
        assert then.sid != now.sid or then.name.casefold() != now.name.casefold()
    else:
        assert None in (then.sid, now.sid) or then.sid == now.sid
