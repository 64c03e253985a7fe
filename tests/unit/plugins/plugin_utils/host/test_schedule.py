# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One reader of many hosts: each host ends exactly once or is told as unread, whatever the order in which hosts answer, die and hang."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.schedule import LOOK, End, Limits, Schedule


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


class Looks:
    """A schedule that is looked at again and again, each time with the share of a processor that its process had, and so many seconds late."""

    def __init__(self, schedule):
        self.schedule, self.now, self.spent = schedule, 0.0, 0.0
        self.running = self._begun()

    def look(self, share, late=0.0, times=1):
        for _unused in range(times):
            self.now += LOOK + late
            self.spent += share * (LOOK + late)
            self.schedule.look(self.now, self.spent)
            self.running += self._begun()
        return len(self.running)

    def end_all(self):
        for attempt in self.running:
            self.schedule.end(attempt, End.ANSWERED, self.now)
        self.running = self._begun()
        return len(self.running)

    def _begun(self):
        begun = []
        while attempt := self.schedule.start(self.now):
            begun.append(attempt)
        return begun


@pytest.mark.parametrize(
    ("share", "late", "at_once"),
    [
        pytest.param(0.1, 0.0, 32, id="its threads wait for their hosts: eight times as many, and no more"),
        pytest.param(0.65, 0.0, 4, id="it is busy: as many as before"),
        pytest.param(0.95, 0.0, 4, id="hosts wait for it: as many as before"),
        pytest.param(0.1, 0.06, 4, id="it has little of a processor since others have it: as many as before"),
    ],
)
def test_more_hosts_are_read_at_once_only_while_the_process_has_time_to_spare(share, late, at_once):
    looks = Looks(many(at_once=4))

    looks.look(share, late, times=20)

    assert looks.end_all() == at_once


def test_one_pause_of_the_whole_machine_is_forgotten():
    looks = Looks(many(at_once=2))

    assert looks.look(0.1, late=30.0) == 2
    assert looks.look(0.1, times=20) == 16


def test_where_the_process_has_no_time_any_more_no_more_are_read_at_once_than_in_the_beginning():
    looks = Looks(many(at_once=2))
    assert looks.look(0.1, times=20) == 16

    assert looks.look(0.95, times=20) == 16  # what was begun is read to its end
    assert looks.end_all() == 2


def test_while_fewer_hosts_are_read_than_may_be_no_more_are_allowed():
    schedule = many(at_once=4)
    attempts = [schedule.start(0) for _unused in range(3)]

    for number in range(1, 20):
        schedule.look(number * LOOK, 0.0)

    assert (attempts[-1].host, len(started(schedule, 20 * LOOK))) == ("host2", 1)


def test_the_process_wakes_for_the_next_look_or_deadline():
    schedule = Schedule(["a", "b"], Limits(0.75, at_once=1))
    assert schedule.wake() is None
    first = schedule.start(0)
    assert schedule.wake() == LOOK

    schedule.look(LOOK - 0.01, 0.5)  # too early, as when a host ends meanwhile
    assert schedule.wake() == LOOK
    schedule.look(LOOK, LOOK)
    assert schedule.wake() == 0.75

    schedule.end(first, End.ANSWERED, 0.5)
    schedule.start(0.5)
    assert schedule.wake() == 1.25  # no host waits: nothing is begun any more, and nothing is looked at


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
    schedule = Schedule(["slow", "a", "b"], Limits(10, at_once=2))
    slow = schedule.start(0)
    schedule.start(9)
    schedule.end(slow, End.GIVEN_UP, 10)

    assert schedule.wake() == 19


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

    schedule.look(4, 0.0)
    assert schedule.wake() == 4 + LOOK
    schedule.look(4 + LOOK, 0.0)
    assert schedule.wake() == 5
    assert (schedule.start(5), schedule.done(5), schedule.unread) == (None, True, ["b", "c"])


@given(
    hosts=st.lists(st.text(max_size=3), max_size=8),
    limits=st.builds(Limits, st.integers(1, 5), st.none() | st.integers(0, 20), st.integers(0, 2), st.integers(1, 4)),
    steps=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([End.ANSWERED, End.LOST, None]), st.floats(0, 5)), min_size=200, max_size=200
    ),
)
def test_every_host_ends_once_or_is_unread(hosts, limits, steps):
    schedule, running, counted, tries, now = Schedule(hosts, limits), [], [], {}, 0

    for wait, end, spent in steps:
        while attempt := schedule.start(now):
            running.append(attempt)
            tries[attempt.host] = tries.get(attempt.host, 0) + 1
        now += wait
        schedule.look(now, spent)
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
