# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread holds the lock of ansible-core but for the time in which it talks to its host."""

from __future__ import annotations

import threading

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.core_lock import holding, releasing


class Connection:
    """A connection that keeps whether the lock was held."""

    transport = "winrm"

    def __init__(self, lock, command=None, close=None):
        self.lock, self.seen, self._command, self._close = lock, [], command, close

    def exec_command(self, command, in_data=None):
        self.seen.append(("exec_command", command, in_data, self.lock.locked()))
        if self._command:
            raise self._command
        return 0, b"out", b""

    def close(self):
        self.seen.append(("close", self.lock.locked()))
        if self._close:
            raise self._close


def test_the_lock_is_free_while_the_host_is_asked_and_the_connection_closed():
    lock = threading.Lock()
    connection = Connection(lock)

    def call():
        assert lock.locked()
        answer = releasing(connection).exec_command("run", in_data=b"in")
        assert lock.locked()
        return answer

    assert holding(lock, call) == (0, b"out", b"")
    assert connection.seen == [("exec_command", "run", b"in", False), ("close", False)]
    assert not lock.locked()


@pytest.mark.parametrize("closing", [None, OSError("closed already")], ids=repr)
def test_a_host_that_fails_leaves_the_lock_as_it_was(closing):
    lock = threading.Lock()
    connection = Connection(lock, ValueError("no"), closing)

    def call():
        with pytest.raises(ValueError, match="no"):
            releasing(connection).exec_command("run")
        assert lock.locked()

    holding(lock, call)
    assert not lock.locked()


def test_a_connection_that_cannot_be_closed_has_answered():
    lock = threading.Lock()

    assert holding(lock, lambda: releasing(Connection(lock, close=OSError("gone"))).exec_command("run")) == (0, b"out", b"")


def test_a_connection_that_could_not_be_closed_is_not_closed_again_while_others_wait():
    """ansible-core closes it once more when the task has ended, and holds the lock then."""
    lock = threading.Lock()
    connection = Connection(lock, close=OSError("no answer for 30 s"))

    def task():
        releasing(connection).exec_command("run")
        connection.close()

    holding(lock, task)

    assert [entry for entry in connection.seen if entry[0] == "close"] == [("close", False)]


def test_a_connection_that_is_used_again_is_closed_again():
    lock = threading.Lock()
    connection = Connection(lock, close=OSError("no answer for 30 s"))

    holding(lock, lambda: [releasing(connection).exec_command("run") for _unused in range(2)])

    assert [entry[0] for entry in connection.seen] == ["exec_command", "close", "exec_command", "close"]


def test_whoever_holds_no_lock_has_the_connection_itself():
    connection = Connection(threading.Lock())

    assert releasing(connection) is connection
