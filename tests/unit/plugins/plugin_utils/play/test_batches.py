# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of batches: what Ansible would take for all hosts at once never reaches it."""

from __future__ import annotations

import pytest
from ansible.utils.helpers import pct_to_int
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.batches import CANARY, batches_of


@pytest.mark.parametrize(
    ("said", "batches"),
    [
        pytest.param(None, [1, "5%", "25%", "100%"], id="nothing"),
        pytest.param("", list(CANARY), id="an empty answer"),
        pytest.param(" \n", list(CANARY), id="blanks"),
        pytest.param(3, [3], id="a number"),
        pytest.param("3", [3], id="a number as text"),
        pytest.param("1%", ["1%"], id="the least percentage"),
        pytest.param("100%", ["100%"], id="the greatest percentage"),
        pytest.param(" 1 , 5 % ,100%", [1, "5%", "100%"], id="a text of a survey"),
        pytest.param("[2, '50%', \"100%\"]", [2, "50%", "100%"], id="a list as text"),
        pytest.param([1, "10%"], [1, "10%"], id="a list"),
        pytest.param(("1", "010%"), [1, "10%"], id="a tuple of texts"),
    ],
)
def test_what_is_a_size_comes_out_as_ansible_reads_it(said, batches):
    assert batches_of("impersonate_serial", said) == batches


@pytest.mark.parametrize(
    "said",
    ["0", 0, -1, "-1", [0], "0%", "101%", "-5%", "0.5%", "5.5%", 2.5, 2.0, True, False, "abc", "nan", "inf", "1,,2", "1,", ",1", {}, {"a": 1}, [], "[]",
     [[1]], [None], "1;2", "1 2", "٣", "5％", "9" * 5000, "1e3", "+1", "%", [1, "0"], b"1", "'", "['1]"],
    ids=lambda said: repr(said)[:20],
)  # fmt: skip
def test_anything_else_is_named_with_what_is_allowed(said):
    with pytest.raises(BadInput, match="^impersonate_serial: .*whole number from 1 on or a percentage from 1% to 100%"):
        batches_of("impersonate_serial", said)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.from_regex(r"\[?[0-9%, '-]{0,12}\]?"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=6,
)


@given(plain, st.integers(1, 20_000))
def test_whatever_is_said_no_batch_is_ansibles_all_at_once(said, hosts):
    try:
        batches = batches_of("impersonate_serial", said)
    except BadInput:
        return
    assert batches
    assert all(pct_to_int(size, hosts) > 0 for size in batches)
    assert batches_of("impersonate_serial", batches) == batches
