# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task that reads all hosts, and what ends it: a signal, a process that is killed, hosts that never end. No record is lost, no process stays."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from fleet.backends.emulator.emulator import Emulator
from fleet.faults import Scenario
from fleet.plays.plays import path
from fleet.simulation import Fleet
from fleet.windows.machine import Machine

PATIENT = 3600
FAST, SLOW = [f"web0{number}" for number in range(4)], ["slow01", "slow02"]


def _as_at_a_terminal():
    """Whoever runs the tests may ignore a signal, as nohup and a shell's background do, and what is ignored stays so in a new program."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Run:
    """An audit, or another playbook, that one task reads, in a process of its own; and every process that it begins."""

    def __init__(self, fleet, folder, playbook="winrights.seimpersonate.audit", **variables):
        self.reports, self._mark = folder / "reports", str(uuid.uuid4())
        self._living, held = os.pipe()  # each process of the run holds an end of it, for as long as it lives
        variables = {
            "impersonate_reader": "fleet",
            "impersonate_report_dir": str(self.reports),
            "impersonate_reader_processes": 1,
            # A machine with much else to do may keep a simulated host from answering: that is no reason to call it unreachable.
            "ansible_winrm_read_timeout_sec": PATIENT,
            **variables,
        }
        self.main = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(fleet.write_inventory(folder / "fleet.yml")), "-e",
                json.dumps(variables), playbook,
            ],
            env={**os.environ, "PATH": path(), "NO_PROXY": "127.0.0.0/8", "IMPERSONATE_TEST": self._mark},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, preexec_fn=_as_at_a_terminal,
            pass_fds=(held,),
        )  # fmt: skip
        os.close(held)

    def processes(self):
        """Process -> its parent, of all that live and belong to the run."""
        found = {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (place / "environ").read_bytes():
                    found[int(place.name)] = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended meanwhile
                continue
        return found

    def wait_for_results(self, hosts):
        """Wait until so many hosts have been read."""
        self.wait_until(
            lambda: (
                len([line for file in self.reports.glob("*.results") for line in file.read_text().splitlines() if line]) >= hosts
            )
        )

    def wait_until(self, reached):
        """Wait until something is so, for as long as the run goes on."""
        while not reached():
            with contextlib.suppress(subprocess.TimeoutExpired):  # the hosts are threads of this process, and need its processor
                self.main.wait(0.05)
                raise AssertionError(self.main.stdout.read())

    def wait_for_the_end(self):
        """Wait until no process is left; returns the exit code. A run ends by itself, at the latest when the slow hosts are given up."""
        self.main.communicate()
        assert os.read(self._living, 1) == b""
        return self.main.returncode

    def close(self):
        """Let go of what the run wrote."""
        self.main.stdout.close()
        os.close(self._living)

    def statuses(self):
        (report,) = self.reports.glob("*.json")
        return {record["host"]: record["status"] for record in json.loads(report.read_text())["hosts"]}


@pytest.fixture
def audit(tmp_path):
    """Begin an audit of four hosts that answer and two that do not."""
    runs = []
    with Fleet([Machine.member_server(name) for name in FAST], Emulator()) as fleet:
        for name in SLOW:
            fleet.add(Machine.member_server(name), scenario=Scenario(delay=600))

        def begin(**variables):
            runs.append(Run(fleet, tmp_path, **variables))
            return runs[-1]

        yield begin
        for run in runs:
            run.close()
            assert run.processes() == {}


READ = dict.fromkeys(FAST, "compliant")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_run_that_is_ended_has_the_report_of_what_was_read(audit, number):
    run = audit()
    run.wait_for_results(len(FAST))

    run.main.send_signal(number)

    assert run.wait_for_the_end() != 0
    assert run.statuses() == {**READ, **dict.fromkeys(SLOW, "not_checked")}
    assert list(run.reports.glob("*.results")) == []


def test_hosts_of_a_process_that_is_killed_are_read_by_others(audit):
    run = audit(impersonate_reader_host_timeout=15)
    run.wait_for_results(len(FAST))
    parents = run.processes()
    readers = [
        process for process, parent in parents.items() if parents.get(parents.get(parent)) is not None
    ]  # grandchildren of the main one

    for process in readers:
        os.kill(process, signal.SIGKILL)

    assert run.wait_for_the_end() == 2
    assert readers
    assert run.statuses() == {**READ, **dict.fromkeys(SLOW, "unreachable")}


def test_when_the_process_of_the_task_is_killed_no_other_stays_and_no_result_is_lost(audit):
    run = audit()
    run.wait_for_results(len(FAST))
    (worker,) = [process for process, parent in run.processes().items() if parent == run.main.pid]

    os.kill(worker, signal.SIGKILL)

    assert run.wait_for_the_end() != 0
    (results,) = run.reports.glob("*.results")
    assert {json.loads(line)[0] for line in results.read_text().splitlines() if line} == set(FAST)


def test_the_time_of_all_ends_the_run(audit):
    run = audit(impersonate_reader_fleet_timeout=25)

    assert run.wait_for_the_end() == 2
    assert run.statuses() == {**READ, **dict.fromkeys(SLOW, "not_checked")}


def test_a_host_that_sends_much_spoils_its_own_row(tmp_path):
    def much(output):
        return replace(output, stdout=b'{"filler":"' + b"x" * 50_000_000 + b'"}\r\n')

    with Fleet([Machine.member_server(name) for name in FAST], Emulator()) as fleet:
        fleet.add(Machine.member_server("loud"), scenario=Scenario(output=much))
        run = Run(fleet, tmp_path, impersonate_reader_host_timeout=20)

        assert run.wait_for_the_end() == 2
        statuses = run.statuses()
        assert statuses.pop("loud") in ("error", "unreachable")  # by how fast this machine takes it
        assert statuses == READ
        run.close()
