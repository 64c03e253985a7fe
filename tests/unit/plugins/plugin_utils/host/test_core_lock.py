# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thread holds the lock of ansible-core but for the time in which it talks to its host."""

from __future__ import annotations

import os
import threading

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.core_lock import holding, releasing


class Connection:
    """A connection that keeps whether the lock was held."""

    transport = "winrm"

    def __init__(self, lock, command=None, close=None, transfers=None):
        self.lock, self.seen, self._command, self._close, self._transfers = lock, [], command, close, transfers

    def exec_command(self, command, in_data=None):
        self.seen.append(("exec_command", command, in_data, self.lock.locked()))
        if self._command:
            raise self._command
        return 0, b"out", b""

    def put_file(self, in_path, out_path):
        self._transfer("put_file", in_path, out_path)

    def fetch_file(self, in_path, out_path):
        self._transfer("fetch_file", in_path, out_path)

    def _transfer(self, name, *paths):
        self.seen.append((name, *paths, self.lock.locked()))
        if self._transfers:
            raise self._transfers

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


TRANSFERS = pytest.mark.parametrize("name", ["put_file", "fetch_file"])


@TRANSFERS
def test_the_lock_is_free_during_a_transfer_and_the_connection_stays_for_the_command(name):
    """As ansible-core sends a module with keep_remote_files."""
    lock = threading.Lock()
    connection = Connection(lock)

    def call():
        released = releasing(connection)
        released.exec_command("mkdir")
        getattr(released, name)("from", "to")
        assert lock.locked()
        released.exec_command("run")

    holding(lock, call)

    assert connection.seen == [
        ("exec_command", "mkdir", None, False),
        ("close", False),
        (name, "from", "to", False),
        ("exec_command", "run", None, False),
        ("close", False),
    ]


@TRANSFERS
@pytest.mark.parametrize("closing", [None, OSError("closed already")], ids=repr)
def test_a_transfer_that_fails_is_the_last_use_of_the_connection(name, closing):
    lock = threading.Lock()
    connection = Connection(lock, close=closing, transfers=ValueError("no"))

    def task():
        with pytest.raises(ValueError, match="no"):
            getattr(releasing(connection), name)("from", "to")
        assert lock.locked()
        if closing:
            connection.close()

    holding(lock, task)

    assert connection.seen == [(name, "from", "to", False), ("close", False)]


@pytest.mark.parametrize("plugin", ["winrm", "psrp"])
@pytest.mark.parametrize("name", ["exec_command", "put_file", "fetch_file"])
def test_a_connection_that_was_closed_connects_again(monkeypatch, plugin, name):
    """By the plugins of the installed ansible-core."""
    connection = connection_loader.get(plugin, PlayContext(), os.devnull)
    connected = []

    def connect():
        connected.append(True)
        connection._connected = True
        raise AnsibleConnectionFailure("seen")

    connection.set_options()
    monkeypatch.setattr(connection, "_connect", connect)
    connection._connected = True

    connection.close()

    with pytest.raises(AnsibleConnectionFailure, match="seen"):
        getattr(connection, name)(*(["cmd"] if name == "exec_command" else ["from", "to"]))
    assert connected == [True]


def test_whoever_holds_no_lock_has_the_connection_itself():
    connection = Connection(threading.Lock())

    assert releasing(connection) is connection
