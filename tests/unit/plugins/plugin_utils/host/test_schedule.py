# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One reader of many hosts: each host ends exactly once or is told as unread, whatever the order in which hosts answer, die and hang."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.schedule import PATIENCE, End, Limits, Schedule


def started(schedule, now):
    """Hosts that can be begun at a time."""
    hosts = []
    while attempt := schedule.start(now):
        hosts.append(attempt.host)
    return hosts


def test_hosts_are_read_in_their_order_each_once():
    assert started(Schedule(["a", "b", "a"], Limits(10, at_once=5)), 0) == ["a", "b"]


def test_a_lost_host_is_tried_again_after_all_others_and_no_more_often_than_it_may():
    schedule, order = Schedule(["dead", "a", "b"], Limits(10, retries=2)), []

    while attempt := schedule.start(0):
        order.append(attempt.host)
        schedule.end(attempt, End.LOST if attempt.host == "dead" else End.ANSWERED, 0)

    assert order == ["dead", "a", "b", "dead", "dead"]
    assert schedule.ends == {"dead": End.LOST, "a": End.ANSWERED, "b": End.ANSWERED}


def many(at_once):
    return Schedule([f"host{number}" for number in range(100)], Limits(600, at_once=at_once))


def test_where_no_host_ends_others_are_begun_beside_them():
    schedule = many(at_once=2)

    begun = [len(started(schedule, now)) for now in (0, PATIENCE - 0.1, PATIENCE, PATIENCE + 1, 2 * PATIENCE)]

    assert begun == [2, 0, 2, 0, 2]
    assert schedule.wake(2 * PATIENCE) == 3 * PATIENCE
    assert (
        sum(len(started(schedule, number * PATIENCE)) for number in range(3, 12)) == 10
    )  # eight times as many in the end, and no more
    assert schedule.wake(12 * PATIENCE) == 600


def test_where_hosts_end_no_more_are_begun_however_long_each_takes():
    """A controller that is slow must not take on more: every host would run into a time limit."""
    schedule, running, now = many(at_once=4), [], 0.0
    while attempt := schedule.start(now):
        running.append(attempt)

    for _unused in range(60):
        now += PATIENCE - 0.5
        assert schedule.end(running.pop(0), End.ANSWERED, now)
        while attempt := schedule.start(now):
            running.append(attempt)
        assert len(running) == 4


def test_when_the_slow_hosts_end_no_more_are_read_at_once_than_before():
    schedule, slow, now = many(at_once=2), [], 0.0
    while len(slow) < 6:
        while attempt := schedule.start(now):
            slow.append(attempt)
        now += PATIENCE

    for attempt in slow:
        schedule.end(attempt, End.LOST, now)

    assert len(started(schedule, now)) == 2


def test_an_answer_that_comes_after_the_host_was_given_up_does_not_count_and_no_other_host_is_begun_beside_its_thread():
    schedule = Schedule(["slow", "a", "b"], Limits(10, at_once=2))
    slow, other = schedule.start(0), schedule.start(1)

    assert schedule.overdue(9.9) == []
    assert schedule.overdue(10) == [slow]
    assert schedule.end(slow, End.GIVEN_UP, 10)
    assert not schedule.end(slow, End.ANSWERED, 10.5)
    assert (schedule.start(10.5), schedule.done(10.5)) == (None, False)
    assert schedule.end(other, End.ANSWERED, 10.6)
    assert (schedule.done(10.6), schedule.unread, schedule.ends) == (True, ["b"], {"slow": End.GIVEN_UP, "a": End.ANSWERED})


def test_a_reader_that_winds_up_wakes_for_deadlines_only():
    schedule = Schedule(["slow", "a", "b"], Limits(10, at_once=1))
    slow = schedule.start(0)
    schedule.start(9)  # beside the slow one, since nothing has ended
    schedule.end(slow, End.GIVEN_UP, 10)

    assert schedule.wake(14) == 19


def test_a_late_answer_of_an_attempt_is_not_taken_for_the_next_one():
    schedule = Schedule(["a"], Limits(10, retries=1))
    first = schedule.start(0)
    assert not schedule.end(first, End.LOST, 1)
    second = schedule.start(2)

    assert not schedule.end(first, End.ANSWERED, 3)
    assert schedule.end(second, End.ANSWERED, 4)


def test_when_the_time_of_all_is_over_nothing_begins_and_nothing_is_waited_for():
    schedule = Schedule(["a", "b", "c"], Limits(10, until=5, retries=1, at_once=2))
    first = schedule.start(0)
    schedule.start(0)
    schedule.end(first, End.ANSWERED, 1)

    assert schedule.wake(4) == 5
    assert (schedule.start(5), schedule.done(5), schedule.unread) == (None, True, ["b", "c"])


@given(
    hosts=st.lists(st.text(max_size=3), max_size=8),
    limits=st.builds(Limits, st.integers(1, 5), st.none() | st.integers(0, 20), st.integers(0, 2), st.integers(1, 4)),
    steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from([End.ANSWERED, End.LOST, None])), min_size=200, max_size=200),
)
def test_every_host_ends_once_or_is_unread(hosts, limits, steps):
    schedule, running, counted, tries, now = Schedule(hosts, limits), [], [], {}, 0

    for wait, end in steps:
        while attempt := schedule.start(now):
            running.append(attempt)
            tries[attempt.host] = tries.get(attempt.host, 0) + 1
        now += wait
        for late in schedule.overdue(now):
            running.remove(late)
            counted += [late.host] if schedule.end(late, End.GIVEN_UP, now) else []
        if running and end:
            attempt = running.pop(0)
            counted += [attempt.host] if schedule.end(attempt, end, now) else []

    assert schedule.done(now)
    assert sorted(counted) == sorted(set(counted)) == sorted(schedule.ends)
    assert {*counted, *schedule.unread} == {*hosts}
    assert {*counted}.isdisjoint(schedule.unread)
    assert not schedule.unread or limits.until is not None or End.GIVEN_UP in schedule.ends.values()
    assert all(number <= limits.retries + 1 for number in tries.values())
