# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of prove_change gets canned answers of a host: what was tried is told whatever becomes of its file."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleConnectionFailure

from ansible_collections.winrights.seimpersonate.plugins.action.prove_change import ActionModule
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import lab
from fleet.backends.emulator.lab import prove_change
from fleet.backends.emulator.report import audit
from fleet.windows.machine import Logon, Machine, Token


@pytest.fixture
def run(action, tmp_path):
    """Try a change out on a simulated lab host; ``answer`` stands for the host's."""
    machine = Machine.standalone_server("LAB01", logons={"admin": Logon("Simulated-1")})

    def try_out(answer=None):
        def execute(name, arguments):
            if name == "local_right_info":
                return audit(machine, "admin", Token.ADMINISTRATOR, arguments)
            return answer() if answer else prove_change(machine, "admin", Token.ADMINISTRATOR, arguments)

        return action(ActionModule, execute, lab=True, dest=str(tmp_path), kind="simulated")

    return try_out


def test_a_recording_that_cannot_be_written_loses_no_row(run, tmp_path):
    (tmp_path / "prove-change-web01.json").mkdir()
    result = run()

    assert result["failed"]
    assert "the recording could not be written" in result["msg"]
    assert (len(result["rows"]), result["changed"], result["path"]) == (len(lab.STEPS) + 1, False, None)


def lost():
    raise AnsibleConnectionFailure("the connection broke")


@pytest.mark.parametrize("answer", [lost, lambda: {"changed": False, "steps": 7}], ids=["lost", "an answer of another form"])
def test_what_is_not_known_of_the_right_is_said(run, answer, tmp_path):
    result = run(answer)

    assert (result["failed"], result["changed"]) == (True, True)
    assert f"it is not known whether {lab.ACCOUNT} ({lab.SID}) holds the right now" in result["msg"]
    assert list(tmp_path.glob("prove-change-*")) == []
