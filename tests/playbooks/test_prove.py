# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that proves a host: what a user sees, what is written, and what is not."""

from __future__ import annotations

import copy
import json

import proofs
import pytest

from fleet.proof import Lying, hide_a_holder
from fleet.simulation import Fleet
from fleet.windows.grouppolicy import Setting
from fleet.windows.machine import Fault, Logon, Machine, Token

PROVE = "winrights.seimpersonate.prove"
GPO = Setting("Servers")
NO_HOST = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # which is asked nothing, or nothing of it matters


@pytest.fixture
def proven(tmp_path, playbook):
    """Run the playbook; returns how it ended, and the recordings by their file."""

    def run(fleet, folder=None, **options):
        folder = folder or tmp_path / "proofs"
        done = playbook(fleet, PROVE, extravars={"prove_dir": str(folder), "prove_kind": "simulated"}, **options)
        files = folder.glob("prove-*.json") if folder.is_dir() else ()
        return done, {path.name: json.loads(path.read_text()) for path in files}

    return run


def test_an_honest_host(fleet, proven, tmp_path):
    machine = proofs.full()
    before = machine.holders()
    fleet.add(machine)
    done, recordings = proven(fleet)

    assert done.rc == 0
    assert list(recordings) == ["prove-web01.json"]
    assert {row["verdict"] for row in recordings["prove-web01.json"]["table"]} == {"agrees", "shown"}
    assert (tmp_path / "proofs/prove-web01.json").stat().st_mode & 0o077 == 0
    assert len(fleet.commands("web01")) == 2
    assert "svc-shop" not in done.outcome.stdout
    assert machine.holders() == before


@NO_HOST
def test_a_host_whose_payload_lies(back_end, proven):
    honest, liar = proofs.full(), proofs.full()
    liar.name = "liar01"
    liar.grant(liar.add_account("hidden", domain="SIM", rid=1301))
    with Fleet([honest, liar], Lying(back_end, {"liar01": hide_a_holder})) as fleet:
        done, recordings = proven(fleet)

    assert done.rc == 2
    differ = [row["source"] for row in recordings["prove-liar01.json"]["table"] if row["verdict"] == "differs"]
    assert differ == ["secedit /export", "secedit /mergedpolicy"]
    assert "payload and other sources differ in: holders (secedit /export)" in done.said
    assert {row["verdict"] for row in recordings["prove-web01.json"]["table"]} == {"agrees", "shown"}


@NO_HOST
def test_in_check_mode_nothing_is_written(fleet, proven):
    fleet.add(proofs.full())
    done, recordings = proven(fleet, check=True)

    assert (done.rc, recordings) == (0, {})
    assert "27 agrees" in done.said


@NO_HOST
def test_a_session_that_may_not_read_proves_nothing(fleet, proven):
    fleet.add(Machine.member_server("uac01", logons={"auditor": Logon("Simulated-1", Token.FILTERED)}))
    done, recordings = proven(fleet)

    assert (done.rc, recordings) == (2, {})
    assert "administrator" in done.said.lower()


@NO_HOST
def test_a_folder_that_cannot_be_written_is_told_before_the_host_is_touched(fleet, recorder, proven, tmp_path):
    fleet.add(proofs.full())
    (tmp_path / "file").write_text("")
    done, _recordings = proven(fleet, folder=tmp_path / "file")

    assert done.rc == 2
    assert "so no recording could be written" in done.said
    assert recorder.received == {}


def changed(playbook, fleet, tmp_path, *, lab=True, change=True, **options):
    """Run the playbook with a change that is tried out; returns how it ended, and the recording of the change."""
    extra = {"prove_dir": str(tmp_path / "proofs"), "prove_kind": "simulated", "prove_change": change, "prove_lab": lab}
    done = playbook(fleet, PROVE, extravars=extra, **options)
    files = [*(tmp_path / "proofs").glob("prove-change-*.json")]
    return done, json.loads(files[0].read_text()) if files else None


def test_a_change_is_tried_out_on_a_lab_host(fleet, playbook, tmp_path):
    machine = proofs.full()
    before = machine.holders()
    fleet.add(machine)
    done, recording = changed(playbook, fleet, tmp_path)

    assert done.rc == 0, done.said
    assert machine.holders() == before
    assert recording["as_before"] is True
    assert [(one["status"], one["held"]) for one in recording["steps"] if one["step"].startswith("read after")][:2] == [
        ("0x00000000", True), ("0x00000000", False),
    ]  # fmt: skip
    assert "S-1-5-21" not in json.dumps(recording)
    assert "the right is as before" in done.outcome.stdout


@pytest.mark.parametrize(
    ("machine", "lab", "options", "rc", "said"),
    [
        pytest.param(Machine.domain_controller("dc01"), True, {}, 2, "nothing is tried out on this host: it is a domain controller",
                     id="a domain controller"),
        pytest.param(Machine.member_server("web01", gpos=(GPO,)), True, {}, 2, "nothing is tried out on this host: ", id="a GPO sets the right"),
        pytest.param(Machine.member_server("web01"), False, {}, 2, "prove_change: is set without prove_lab", id="not said to be a lab"),
        pytest.param(Machine.member_server("web01"), True, {"check": True}, 0, "", id="check mode"),
    ],
)  # fmt: skip
@NO_HOST
def test_nothing_is_tried_out(machine, lab, options, rc, said, fleet, playbook, tmp_path):
    machine = copy.deepcopy(machine)
    fleet.add(machine)
    before = machine.holders()
    done, recording = changed(playbook, fleet, tmp_path, lab=lab, **options)

    assert (done.rc, recording) == (rc, None), done.said
    assert said in done.said
    assert machine.holders() == before
    assert not any("prove_change" in str(command) for command in fleet.commands(machine.name))


@NO_HOST
def test_a_right_that_stays_is_told(fleet, playbook, tmp_path):
    machine = proofs.full()
    machine.faults["LsaRemoveAccountRights"] = Fault(0xC0000022)
    fleet.add(machine)
    done, recording = changed(playbook, fleet, tmp_path)

    assert done.rc == 2
    assert recording["as_before"] is False
    assert "not as the documents say: take, read after take" in done.said
    assert "the right is as before" in done.said
