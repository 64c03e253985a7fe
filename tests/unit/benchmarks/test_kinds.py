# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of a benchmark are dead or slow, and which of them a report has lost."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.kinds import Kind, kinds, lost, scenario


@pytest.mark.parametrize(
    ("hosts", "dead", "slow", "counts"),
    [
        pytest.param(100, 10, 5, {Kind.ALIVE: 85, Kind.SLOW: 5, Kind.REFUSES: 5, Kind.SILENT: 5}, id="as in the guide"),
        pytest.param(100, 0, 0, {Kind.ALIVE: 100}, id="all alive"),
        pytest.param(10, 100, 0, {Kind.REFUSES: 5, Kind.SILENT: 5}, id="all dead"),
        pytest.param(1, 0, 100, {Kind.SLOW: 1}, id="one, and slow"),
    ],
)
def test_the_share_of_each_kind(hosts, dead, slow, counts):
    assert Counter(kinds(hosts, dead, slow).values()) == counts


@given(st.integers(1, 400), st.integers(0, 100))
def test_the_dead_are_as_many_as_asked_and_spread_evenly(hosts, dead):
    its = [kind.status == "unreachable" for kind in kinds(hosts, dead).values()]

    assert all(abs(sum(its[:so_many]) - so_many * dead / 100) < 1 for so_many in range(1, hosts + 1))


@pytest.mark.parametrize(
    ("kind", "delay", "answers"),
    [
        pytest.param(Kind.ALIVE, 2.0, True, id="alive"),
        pytest.param(Kind.SLOW, 4.5, True, id="slow"),
        pytest.param(Kind.REFUSES, 0.0, False, id="refuses"),
        pytest.param(Kind.SILENT, 0.0, False, id="silent"),
    ],
)
def test_latency_is_that_of_hosts_that_answer(kind, delay, answers):
    its = scenario(kind, 2.0)

    assert (its.delay, not (its.down or its.silent)) == (delay, answers)


@pytest.mark.parametrize(
    ("statuses", "missed"),
    [
        pytest.param({"a": "compliant", "b": "unreachable"}, {}, id="none"),
        pytest.param({"a": "unreachable", "b": "unreachable"}, {"a": "unreachable, expected compliant"}, id="a living host called dead"),
        pytest.param({"a": "compliant", "b": "compliant"}, {"b": "compliant, expected unreachable"}, id="a dead host called compliant"),
        pytest.param({"b": "unreachable"}, {"a": "not in the report, expected compliant"}, id="a host that is nowhere"),
    ],
)  # fmt: skip
def test_a_host_is_lost_when_the_report_says_something_else(statuses, missed):
    assert lost({"a": Kind.SLOW, "b": Kind.SILENT}, statuses) == missed
