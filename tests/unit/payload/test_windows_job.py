# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job on a Windows of a public forge, with the engine in the place of Windows PowerShell."""

from __future__ import annotations

import json
import re

import pytest
import windows_job
import yaml

from fleet.backend import Received
from fleet.backends.emulator.emulator import Emulator
from fleet.backends.request import decode
from fleet.proof import Lying
from fleet.windows import names
from fleet.windows.machine import Machine

USER = "SIM\\auditor"
ENGINE = pytest.param("powershell", marks=pytest.mark.engine)


@pytest.fixture(params=["emulator", ENGINE])
def back_end(request):
    return Emulator() if request.param == "emulator" else request.getfixturevalue("powershell")


def run(folder, back_end, machine):
    """What the Windows job does: each command line with its stdin, what it prints into a file."""
    for module in (windows_job.PAYLOAD, windows_job.SOURCES):
        line = (folder / f"{module}.cmd").read_text(encoding="ascii").strip()
        output = back_end.run(machine, Received(line, (folder / f"{module}.stdin").read_bytes(), USER, {}))
        (folder / f"{module}.json").write_bytes(output.stdout)


def web():
    machine = Machine.member_server("runner01", iis=True)
    machine.running = {"W3SVC": "LocalSystem", "Dnscache": "NT AUTHORITY\\NetworkService"}
    return machine


def test_an_honest_host(tmp_path, back_end, capsys):
    windows_job.build(tmp_path)
    run(tmp_path, back_end, web())

    assert windows_job.compare(tmp_path, "simulated") == 0
    assert "0 differs" in capsys.readouterr().out
    recording = json.loads((tmp_path / "recording.json").read_text())
    assert "runner01" not in json.dumps(recording).lower()


def test_a_difference_ends_with_1(tmp_path):
    windows_job.build(tmp_path)
    run(tmp_path, Lying(Emulator(), {"runner01": lambda machine: machine.revoke(names.SERVICE)}), web())

    assert windows_job.compare(tmp_path, "simulated") == 1


def test_what_is_built_only_reads(tmp_path):
    windows_job.build(tmp_path)
    assert all(
        len(path.read_text()) < 8191 for path in tmp_path.glob("*.cmd")
    )  # the longest line of cmd.exe (Microsoft, KB 830473)
    built = {
        path.stem: decode(path.read_text().strip(), path.with_suffix(".stdin").read_bytes()) for path in tmp_path.glob("*.cmd")
    }

    assert {stem: call.name for stem, call in built.items()} == {
        name: f"winrights.seimpersonate.{name}" for name in ("local_right_info", "prove")
    }


def test_the_workflow_does_no_more_than_this_on_windows(checkout):
    workflow = yaml.safe_load((checkout / ".github/workflows/windows.yml").read_text())
    steps = workflow["jobs"]["windows"]["steps"]

    assert [step["run"].split() for step in steps if "run" in step] == [
        ["Install-WindowsFeature", "-Name", "Web-Server"],
        ["Uninstall-WindowsFeature", "-Name", "Web-Server"],
        re.split(" ", "call local_right_info.cmd < local_right_info.stdin > local_right_info.json")
        + re.split(" ", "call prove.cmd < prove.stdin > prove.json"),
    ]
    assert "NOT YET RUN" in (checkout / ".github/workflows/windows.yml").read_text()
