# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the processes of the fleet's reader have in common."""

from __future__ import annotations

import tempfile

import pytest
from ansible import constants

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import fleet_reader


class Started(Exception):
    """The first host is read."""


@pytest.mark.parametrize("logins", [[], [["host", "another"]]], ids=["a host alone", "hosts of one login"])
def test_every_process_has_its_temporary_files_where_they_are_taken_away(monkeypatch, tmp_path, logins):
    seen = []

    class Reader:
        def __init__(self, *given, **others):
            """As the one that reads hosts."""

        def run(self):
            seen.append(tempfile.gettempdir())
            raise Started

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(fleet_reader, "Reader", Reader)
    monkeypatch.setattr(fleet_reader, "keep_answers", list)
    monkeypatch.setattr(fleet_reader.tickets, "_plugins", set)
    reader = fleet_reader.FleetReader.__new__(fleet_reader.FleetReader)
    reader._settings = {"host_timeout": 1.0, "retries": 0, "threads": 1}
    reader._until, reader._with_login = None, {host for group in logins for host in group}

    with pytest.raises(Started):
        reader._work(("host",))

    assert seen == [str(tmp_path)]
