# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated fleet per test, and runs of our playbooks against it."""

from __future__ import annotations

import json
import types

import pytest

from fleet.backends.emulator.emulator import Emulator
from fleet.backends.engine import engine
from fleet.backends.engine.pwsh import PowerShell
from fleet.plays.play import play
from fleet.simulation import Fleet

AUDIT = "winrights.seimpersonate.audit"


class Recorder:
    """A back end that keeps what each host was sent, in clear, for this process alone."""

    def __init__(self, back_end):
        self._back_end = back_end
        self.received = {}

    def run(self, machine, received):
        self.received.setdefault(machine.name, []).append(received)
        return self._back_end.run(machine, received)


@pytest.fixture(params=["emulator", pytest.param("powershell", marks=pytest.mark.engine)])
def back_end(request):
    """Each test runs on the emulator and on the real payload under a PowerShell engine."""
    if request.param == "emulator":
        return Emulator()
    engine.need("cc")
    return PowerShell(engine.need("pwsh"))


@pytest.fixture
def recorder(back_end):
    return Recorder(back_end)


@pytest.fixture
def fleet(recorder):
    """An empty fleet; afterwards no shell is open and no defect hidden."""
    with Fleet([], recorder) as running:
        yield running
        assert running.errors() == []
        assert [name for name in running.open_shells() if not name.startswith("cut")] == []  # hosts that a scenario cuts off


@pytest.fixture
def playbook(tmp_path):
    """Run one of our playbooks against a fleet and read its report."""

    def run(fleet, name, extravars=None, **options):
        folder, snapshots = tmp_path / "reports", tmp_path / "snapshots"
        before = set(folder.glob("*.json"))
        variables = {"impersonate_report_dir": str(folder), "impersonate_snapshot_dir": str(snapshots), **(extravars or {})}
        outcome = play(fleet, name, tmp_path=tmp_path, extravars=variables, **options)
        files = sorted(set(folder.glob("*.json")) - before)
        assert len(files) <= 1
        report = json.loads(files[0].read_text()) if files else None
        records = {record["host"]: record for record in report["hosts"]} if report else {}
        return types.SimpleNamespace(
            rc=outcome.rc,
            outcome=outcome,
            report=report,
            records=records,
            statuses={host: record["status"] for host, record in records.items()} if report else None,
            outcomes={host: record["change"]["outcome"] for host, record in records.items() if record["change"]},
            said=" ".join(outcome.stdout.split()),
            snapshots=snapshots,
        )

    return run


@pytest.fixture
def task(tmp_path):
    """Run one task with a module of the collection on the hosts of a pattern; returns the run, with the result of each host."""

    def run(fleet, module, hosts="all", *, check=False, diff=False, **options):
        path = tmp_path / "task.yml"
        name = f"winrights.seimpersonate.{module}"
        path.write_text(json.dumps([{"hosts": hosts, "gather_facts": False, "tasks": [{name: options}]}]))
        outcome = play(fleet, path, tmp_path=tmp_path, check=check, diff=diff)
        return types.SimpleNamespace(
            rc=outcome.rc, outcome=outcome, results=outcome.results(module), said=" ".join(outcome.stdout.split())
        )

    return run


@pytest.fixture(params=["host", "fleet"])
def audit(playbook, request):
    """Run the audit, or another playbook of its kind, with each reader."""

    def run(fleet, playbook_=AUDIT, extravars=None, **options):
        return playbook(fleet, playbook_, extravars={"impersonate_reader": request.param, **(extravars or {})}, **options)

    return run


@pytest.fixture
def enforce(playbook):
    """Run the enforcement."""
    return lambda fleet, **options: playbook(fleet, "winrights.seimpersonate.enforce", **options)


@pytest.fixture
def restore(playbook):
    """Bring earlier holders back."""
    return lambda fleet, **options: playbook(fleet, "winrights.seimpersonate.restore", **options)
