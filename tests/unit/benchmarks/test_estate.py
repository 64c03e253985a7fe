# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated fleet of the benchmarks lives in other processes, and what a run costs is counted without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from benchmarks import measure
from benchmarks.estate import Estate
from benchmarks.kinds import Kind
from benchmarks.subjects import OURS, Workplace

pytestmark = pytest.mark.wire


def test_hosts_of_all_processes_are_in_one_inventory_and_answer(tmp_path):
    place = Workplace(tmp_path)
    place.prepare()
    with Estate(3, processes=2) as estate:
        inventory = estate.write_inventory(tmp_path / "all.yml")
        measure.run(place.command(OURS, inventory), place.environment, tmp_path / "log")
        its, again = estate.traffic(), estate.traffic()
        received = estate.received()

        assert set(json.loads(inventory.read_text())["all"]["hosts"]) == {"host00000", "host00001", "host00002"}
        assert (its.messages, its.answers, its.waits) == (10, 10, 0)
        assert its.to_host > 100_000 > its.from_host > 1000
        assert again.messages == 0  # each look begins anew
        assert b"local_right_info" in received.stdin
        assert estate.errors() == []
    assert not any(process.is_alive() for process in estate._processes)


def test_an_inventory_of_fewer_hosts_has_the_first_ones(tmp_path):
    with Estate(3, dead=50, processes=2) as estate:
        hosts = json.loads(estate.write_inventory(tmp_path / "two.yml", 2).read_text())["all"]["hosts"]

        assert list(hosts) == ["host00000", "host00001"]
        assert [kind for kind in estate.kinds.values() if kind is not Kind.ALIVE]


def test_cpu_of_children_counts_and_that_of_this_process_does_not(tmp_path):
    burn = "import time\nwhile time.process_time() < 0.2: pass"
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])"

    cost = measure.run([sys.executable, "-c", program], os.environ, tmp_path / "log")

    assert cost.cpu >= 0.2
    assert cost.wall > 0


def test_memory_is_that_of_all_processes(tmp_path):
    child = "import sys; held = bytearray(60_000_000); print(flush=True); sys.stdin.read()"
    program = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print(flush=True); sys.stdin.read(); child.stdin.close(); child.wait()"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        memory = measure.Memory(process.pid)
        memory.look()
        process.stdin.close()
    memory.end()

    assert memory.all_kb > 60_000 > memory.main_kb > 1000


def test_a_run_with_another_exit_code_is_no_measurement(tmp_path):
    with pytest.raises(measure.Failed, match="(?s)exit code 3.*the reason"):
        measure.run([sys.executable, "-c", "print('the reason'); raise SystemExit(3)"], os.environ, tmp_path / "log", codes=(0, 2))
