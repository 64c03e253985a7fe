# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bounds of the benchmarks are in one place, and one more exchange is allowed only where the journal says that the host was slow."""

from __future__ import annotations

import pytest

from benchmarks import bounds
from benchmarks.bench import rows_of, verdict
from benchmarks.measure import Cost
from benchmarks.subjects import BARE_MODULE, FLEET, HOST
from benchmarks.traffic import TIMED_OUT, Traffic, traffic_of
from fleet.winrm.journal import Record


def record(action, *, status=200, received=100, sent=50, fault=None):
    return Record("A", 1, action, status, received, sent, fault=fault)


@pytest.mark.parametrize(
    ("subject", "hosts", "most"),
    [
        pytest.param(HOST, 99, None, id="too few hosts to say anything"),
        pytest.param(HOST, 100, 1.45, id="a task per host"),
        pytest.param(HOST, 499, 1.45, id="below the larger size"),
        pytest.param(HOST, 2000, 1.5, id="beyond the larger size"),
        pytest.param(FLEET, 500, 0.4, id="the reader of the fleet"),
        pytest.param(BARE_MODULE, 500, None, id="the measure itself"),
    ],
)
def test_the_bound_of_a_ratio_is_that_of_the_largest_size_below(subject, hosts, most):
    assert bounds.most_of(subject, hosts) == most


@pytest.mark.parametrize(
    ("receives", "more"),
    [
        pytest.param([record("Receive")], 0, id="a fast host"),
        pytest.param([record("Receive"), record("Receive")], 0, id="an answer in two pieces is no slow host"),
        pytest.param([record("Receive", status=500, fault=TIMED_OUT), record("Receive")], 150, id="a slow host"),
        pytest.param([record("Receive", status=500, fault=TIMED_OUT)] * 3 + [record("Receive")], 150, id="a very slow host, and one exchange more"),
        pytest.param([record("Create", status=500, fault=TIMED_OUT), record("Receive")], 0, id="another message that timed out"),
        pytest.param([record("Receive", status=500, fault=TIMED_OUT + 1), record("Receive")], 0, id="another fault"),
    ],
)  # fmt: skip
def test_one_exchange_more_is_allowed_where_a_receive_ran_into_its_time_limit(receives, more):
    assert bounds.bytes_allowed(traffic_of(receives)) == bounds.BYTES_BEYOND_BARE + more


def test_traffic_counts_both_ways_and_what_was_not_answered():
    its = traffic_of([record("Login", status=401, received=0, sent=0), record("Create"), record("Send", status=0, sent=0)])

    assert its == Traffic(to_host=200, from_host=50, messages=3, answers=2)
    assert its.bytes == 250


@pytest.mark.parametrize(
    ("value", "most", "words"),
    [
        pytest.param(1.45, 1.45, "at most 1.45", id="at the bound"),
        pytest.param(1.46, 1.45, "BEYOND ITS BOUND of 1.45", id="beyond"),
        pytest.param(3.0, None, "", id="no bound"),
        pytest.param(None, 1.45, "", id="no value"),
    ],
)
def test_a_value_beyond_its_bound_is_said_so(value, most, words):
    assert verdict(value, most) == words


def test_a_row_has_the_median_of_the_rounds_and_the_ratio_to_the_bare_module():
    costs = {
        (BARE_MODULE, 1): [Cost(1, 9)] * 3,
        (BARE_MODULE, 101): [Cost(6, 9), Cost(5, 9), Cost(40, 9)],
        (HOST, 1): [Cost(2, 9)] * 3,
        (HOST, 101): [Cost(12, 9), Cost(11, 9), Cost(13, 9)],
    }

    bare, audit = rows_of(101, costs, [BARE_MODULE, HOST])

    assert (bare["ms"], bare["least"], bare["most"], bare["ratio"], bare["bound"]) == (50, 40, 390, 1, None)
    assert (audit["ms"], audit["ratio"], audit["bound"]) == (100, 2, 1.45)
