# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections of one Kerberos login have one kinit, by the connection plugin of the installed ansible-core and a program in kinit's place."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import pytest
from ansible import constants
from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import connection_loader

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import tickets

KINIT = """#!/bin/sh
echo "$@" >> {calls}
printf 'Password: '
read password
[ "$password" = right ] || {{ echo "kinit: Preauthentication failed" >&2; exit 1; }}
echo tickets > "${{KRB5CCNAME#FILE:}}"
"""


@pytest.fixture
def kinit(tmp_path):
    """A program that takes one password, and the file with its calls."""
    program, calls = tmp_path / "kinit", tmp_path / "calls"
    program.write_text(KINIT.format(calls=calls))
    program.chmod(0o755)
    return program, calls


@pytest.fixture
def login(monkeypatch, kinit):
    """Log a connection in as far as kinit goes, in a process whose environment and plugin are as before afterwards."""
    monkeypatch.setenv("KRB5CCNAME", "before")
    monkeypatch.setattr(tickets.tempfile, "tempdir", None)
    for plugin in tickets._plugins():
        monkeypatch.setattr(plugin, "_kerb_auth", plugin._kerb_auth)
    made = []

    def of(principal="auditor@SIM.EXAMPLE", password="right", **options):
        connection = connection_loader.get("winrm", PlayContext(), os.devnull)
        made.append(connection)
        given = {"ansible_winrm_kinit_cmd": str(kinit[0]), **options}
        connection.set_options(var_options={**given, "_extras": {}})
        connection._kinit_cmd = given["ansible_winrm_kinit_cmd"]
        connection._kerb_auth(principal, password)
        return connection

    yield of
    for connection in made:  # else it is done when garbage is searched for, after a process that was forked meanwhile has done so
        if hasattr(connection, "_kerb_ccache"):
            connection._kerb_ccache.close()


def place():
    return Path(os.environ["KRB5CCNAME"].removeprefix("FILE:"))


def test_the_installed_ansible_core_is_one_of_those_that_this_was_made_for():
    assert tickets.can_be_shared()


def _without_cache(self, principal, password):
    """A plugin that keeps tickets in memory."""


def _with_more(self, principal, password, realm):
    """A plugin that is told more."""


@pytest.mark.parametrize("method", [_without_cache, _with_more, None])
def test_another_plugin_is_not_taken_for_one_of_those(monkeypatch, method):
    for plugin in tickets._plugins():
        monkeypatch.setattr(plugin, "_kerb_auth", method)

    assert not tickets.can_be_shared()


def test_connections_of_one_login_share_the_tickets_of_the_first_one(login, kinit):
    with tickets.of_one_login():
        first = login()
        of_first = place()
        del first  # as a connection whose host was read
        threads = [threading.Thread(target=login) for _number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (place(), of_first.read_text()) == (of_first, "tickets\n")
    assert not of_first.exists()
    assert kinit[1].read_text() == "auditor@SIM.EXAMPLE\n"


@pytest.mark.parametrize(
    ("options", "calls"),
    [
        pytest.param({"password": "wrong"}, 1, id="a wrong password"),
        pytest.param({"ansible_winrm_kinit_cmd": "/not/there"}, 0, id="no such program"),
    ],
)
def test_what_kinit_said_to_the_first_one_is_said_to_all_of_them(login, kinit, options, calls):
    with pytest.raises(AnsibleConnectionFailure) as by_itself:
        login(**options)
    kinit[1].unlink(missing_ok=True)

    with tickets.of_one_login():
        for _number in range(3):
            with pytest.raises(AnsibleConnectionFailure) as said:
                login(**options)
            assert str(said.value) == str(by_itself.value)
    assert (kinit[1].read_text().count("\n") if kinit[1].exists() else 0) == calls


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"principal": "backup@SIM.EXAMPLE"}, id="another principal"),
        pytest.param({"password": "wrong"}, id="another password"),
        pytest.param({"ansible_winrm_kinit_args": "-f"}, id="other arguments"),
    ],
)
def test_another_login_never_gets_the_tickets_of_the_first_one(login, kinit, other):
    with tickets.of_one_login():
        login()
        of_first = place()
        with pytest.raises(AnsibleError, match="has the tickets of another login than"):
            login(**other)

        assert place() == of_first
    assert kinit[1].read_text() == "auditor@SIM.EXAMPLE\n"


@pytest.mark.parametrize("shared", [True, False], ids=["hosts of one login", "a host alone"])
def test_a_process_that_ends_without_a_word_leaves_its_tickets_in_the_folder_that_is_taken_away(
    login, monkeypatch, tmp_path, shared
):
    folder = tmp_path / "ansible-local"
    folder.mkdir()
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(folder))

    child = os.fork()
    if child == 0:
        try:
            tickets.leave_none()
            with tickets.of_one_login() if shared else contextlib.nullcontext():
                connection = login()
                os._exit(0 if place() == Path(connection._kerb_ccache.name) else 1)
        finally:
            os._exit(2)

    assert os.waitpid(child, 0)[1] == 0
    assert [file.read_text() for file in folder.iterdir()] == ["tickets\n"]
