# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated fleet per test, and runs of our playbooks against it."""

from __future__ import annotations

import json
import types
from pathlib import Path

import pytest
from fleet.emulator import Emulator
from fleet.fleet import Fleet
from fleet.play import play

AUDIT = "winrights.seimpersonate.audit"


class Recorder:
    """A back end that keeps what each host was sent, in clear, for this process alone."""

    def __init__(self, back_end):
        self._back_end = back_end
        self.received = {}

    def run(self, machine, received):
        self.received.setdefault(machine.name, []).append(received)
        return self._back_end.run(machine, received)


@pytest.fixture
def recorder():
    return Recorder(Emulator())


@pytest.fixture
def fleet(recorder):
    """An empty fleet that answers through the emulator; afterwards no shell is open and no defect hidden."""
    with Fleet([], recorder) as running:
        yield running
        assert running.errors() == []
        assert set(running.open_shells()) <= {"cut"}  # the name of hosts that a scenario cuts off


@pytest.fixture
def audit(tmp_path):
    """Run the audit against a fleet and read its report."""

    def run(fleet, playbook=AUDIT, extravars=None, **options):
        folder = tmp_path / "reports"
        before = set(folder.glob("*.json"))
        outcome = play(
            fleet, playbook, tmp_path=tmp_path, extravars={"impersonate_report_dir": str(folder), **(extravars or {})}, **options
        )
        files = sorted(set(folder.glob("*.json")) - before)
        report = json.loads(Path(files[-1]).read_text()) if files else None
        statuses = {record["host"]: record["status"] for record in report["hosts"]} if report else None
        for file in files:  # the next run of the same second gets the same name
            file.unlink()
        return types.SimpleNamespace(outcome=outcome, rc=outcome.rc, report=report, statuses=statuses)

    return run
