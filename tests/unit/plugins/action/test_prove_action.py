# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of prove gets canned answers of a host."""

from __future__ import annotations

import proofs
import pytest

from ansible_collections.winrights.seimpersonate.plugins.action.prove import ActionModule

FOLDER = "a temporary folder winrights-prove-* could not be removed from the host"
POLICY = {
    "name": "own",
    "title": "Own",
    "compare": "exact",
    "host_roles": {"member_server": {"required": ["administrators", "service"], "source": "handbook"}},
}


@pytest.fixture
def prove(action, tmp_path):
    """Run the plugin against a payload's answer and one of the script; returns its result and the files that it wrote."""

    def run(payload, sources):
        answers = {"local_right_info": payload, "prove": sources}
        result = action(
            ActionModule, lambda name, _arguments: answers[name], policy=POLICY, dest=str(tmp_path / "proofs"), kind="simulated"
        )
        return result, sorted(path.name for path in tmp_path.glob("proofs/*"))

    return run


def named(name):
    machine = proofs.full()
    machine.grant(machine.add_account(name, domain="SIM", rid=1777))
    return proofs.host(machine)


@pytest.mark.parametrize(
    ("its", "change", "message"),
    [
        pytest.param(named("hidden"), {}, None, id="a recording is written"),
        pytest.param(named("544"), {}, "so nothing is written", id="a name that is a number of a SID"),
        pytest.param(named("hidden"), {"answers": "x"}, "so nothing is written", id="an answer that is not readable"),
        pytest.param(named("hidden"), {"answers": [{"out": 1}]}, "so nothing is written", id="a part that is none"),
    ],
)
@pytest.mark.parametrize("clean", [True, False])
def test_a_folder_that_is_left_is_told_whatever_becomes_of_the_recording(its, change, message, clean, prove):
    result, files = prove(its.payload, {**its.answer, "clean": clean, **change})

    assert result.get("warnings", []) == ([] if clean else [FOLDER])
    assert files == ([] if message else ["prove-web01.json"])
    assert bool(result.get("failed")) is bool(message)
    assert (message or "") in result.get("msg", "")


def test_a_recording_that_cannot_be_written_loses_no_row(prove, tmp_path):
    its = named("hidden")
    (tmp_path / "proofs/prove-web01.json").mkdir(parents=True)
    result, _files = prove(its.payload, its.answer)

    assert result["failed"]
    assert "the recording could not be written" in result["msg"]
    assert result["path"] is None
    assert result["rows"]
