# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that read many hosts: a host that fails, hangs or comes back late costs itself and no other host."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.reader import Reader
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.schedule import LOOK, End, Limits


class Clock:
    """Time that a test moves."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def reader():
    """A reader and the results that it told."""

    def make(hosts, read, limits=None, clock=None, after_each=lambda: None):
        told = {}

        def tell(host, result):
            told[host] = result
            after_each()

        made = Reader(
            hosts, limits or Limits(3600), read, tell,
            given_up=lambda seconds: {"given up": seconds}, failed=lambda error: {"failed": f"{type(error).__name__}: {error}"},
            spent=lambda: 0.0, **({"clock": clock} if clock else {}),
        )  # fmt: skip
        return made, told

    return make


def answer(host):
    return End.ANSWERED, {"host": host}


@pytest.mark.parametrize("at_once", [1, 2, 20])
def test_every_host_is_read_once(reader, at_once):
    hosts = [f"host{number}" for number in range(50)]
    made, told = reader(hosts, answer, Limits(3600, at_once=at_once))

    assert made.run() == []
    assert told == {host: {"host": host} for host in hosts}


@pytest.mark.parametrize("at_once", [1, 2, 20])
def test_a_thread_reads_one_host_after_the_other(reader, at_once):
    threads = set()

    def read(host):
        threads.add(threading.current_thread())  # the thread itself, whose number is given again when it has ended
        return answer(host)

    made, told = reader([f"host{number}" for number in range(50)], read, Limits(3600, at_once=at_once), Clock())
    made.run()

    assert (len(told), len(threads) <= at_once) == (50, True)


@pytest.mark.parametrize("error", [RecursionError("too deep"), SystemExit(3), KeyboardInterrupt(), MemoryError()], ids=repr)
def test_a_read_that_raises_is_that_hosts_failure(reader, error):
    def read(host):
        if host == "b":
            raise error
        return answer(host)

    made, told = reader(["a", "b", "c"], read)

    assert made.run() == []
    assert told == {"a": {"host": "a"}, "b": {"failed": f"{type(error).__name__}: {error}"}, "c": {"host": "c"}}


def test_a_host_that_is_lost_once_is_read_in_the_end(reader):
    tries = []

    def read(host):
        tries.append(host)
        return (End.LOST, {"lost": True}) if tries == ["a"] else answer(host)

    made, told = reader(["a", "b"], read, Limits(3600, retries=1))

    assert made.run() == []
    assert (tries, told) == (["a", "b", "a"], {"a": {"host": "a"}, "b": {"host": "b"}})


def test_hosts_that_do_not_answer_keep_no_others_waiting(reader):
    clock, release = Clock(), threading.Event()

    def read(host):
        if host == "living":
            return answer(host)
        if host == "dead2":
            clock.now = LOOK  # and the process had nothing to do until then
        release.wait(60)
        return End.LOST, {"lost": True}

    made, told = reader(["dead1", "dead2", "living"], read, Limits(3600, at_once=2), clock, after_each=release.set)

    assert made.run() == []
    assert next(iter(told)) == "living"
    assert set(told) == {"dead1", "dead2", "living"}


def test_a_host_that_answers_for_ever_costs_its_own_time_only(reader):
    clock, release, hung = Clock(), threading.Event(), threading.Event()

    def read(host):
        if host == "hung":
            hung.set()
            release.wait(60)
            return answer("too late")
        assert hung.wait(60)
        return answer(host)

    def late():
        clock.now = 11.0  # the time of the hung host is over when the next one has answered

    made, told = reader(["hung", "a", "b"], read, Limits(10, at_once=2), clock, late)
    rest = made.run()
    release.set()

    assert rest == ["b"]  # for another process: this one still has the thread of the host
    assert told == {"hung": {"given up": 10}, "a": {"host": "a"}}


def test_when_the_time_of_all_is_over_hosts_that_were_not_read_have_no_result(reader):
    clock, release = Clock(), threading.Event()

    def read(host):
        if host == "b":
            release.wait(60)
        return answer(host)

    def over():
        clock.now = 5.0

    made, told = reader(["b", "a", "c"], read, Limits(10, until=5.0, at_once=2), clock, over)
    rest = made.run()
    release.set()

    assert set(rest) == {"b", "c"}
    assert set(told) == {"a"}
