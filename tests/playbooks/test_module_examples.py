# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of a module, as ansible-doc prints them, are the tasks of a play that runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from fleet.backends.emulator.emulator import Emulator
from fleet.plays.play import play
from fleet.simulation import Fleet
from fleet.windows.machine import Machine
from fleet.windows.names import Account

DOMAIN = "S-1-5-21-1004336348-1177238915-682003330-12"
KNOWN = {f"{DOMAIN}{place:02}": Account("CORP", name) for place, name in enumerate(("svc-app", "svc-old", "svc-backup"))}


def examples(module):
    """The tasks of a module's page."""
    program = Path(sys.executable).with_name("ansible-doc")
    told = subprocess.run(
        [program, "--json", f"winrights.seimpersonate.{module}"], check=True, capture_output=True, text=True
    ).stdout
    return yaml.safe_load(json.loads(told)[f"winrights.seimpersonate.{module}"]["examples"])


@pytest.mark.parametrize(
    "module",
    ["local_right_info", "local_right", "fleet_check", "fleet_read", "fleet_plan", "fleet_report", "fleet_gate", "policy_page"],
)
def test_the_examples_run_as_printed(module, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # they name folders
    path = tmp_path / "examples.yml"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": examples(module)}]))
    with Fleet([Machine.member_server("web01", accounts=KNOWN)], Emulator()) as fleet:
        outcome = play(fleet, path, tmp_path=tmp_path)

    assert (outcome.rc, outcome.failed) == (0, set()), outcome.stdout
