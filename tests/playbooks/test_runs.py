# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run beside and after another: locks of hosts, numbers of runs, and a main process that was killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import locks
from fleet import demo
from fleet.plays.plays import path
from fleet.windows import names
from fleet.windows.machine import Machine

FLOOR = set(demo.FLOOR)
BEFORE = FLOOR | {names.USERS}
ALL_AT_ONCE = {"impersonate_serial": "100%"}


@pytest.fixture
def machines(fleet):
    machines = [Machine.member_server(name, holders=BEFORE) for name in ("web01", "web02")]
    for machine in machines:
        fleet.add(machine)
    return machines


def held(machines):
    return [set(machine.holders()) for machine in machines]


def test_a_host_that_another_run_changes_is_refused_and_the_others_go_on(fleet, machines, enforce):
    folder = enforce(fleet, check=True).snapshots
    folder.mkdir(mode=0o700)
    with locks.host(folder, "web01", "nightly"):
        busy = enforce(fleet, extravars=ALL_AT_ONCE)

    assert (busy.rc, busy.outcomes) == (2, {"web01": "refused", "web02": "applied"})
    assert busy.records["web01"]["error"]["category"] == "busy"
    assert f"the run 'nightly' (process {os.getpid()} of " in busy.records["web01"]["error"]["message"]
    assert str(locks.path_of(folder, "web01")) in busy.records["web01"]["error"]["message"]
    assert held(machines) == [BEFORE, FLOOR]

    free = enforce(fleet, extravars=ALL_AT_ONCE)
    assert (free.rc, free.outcomes) == (0, {"web01": "applied", "web02": "unchanged"})


def test_the_latest_run_is_the_last_one_though_the_clock_was_set_back(fleet, machines, enforce, restore):
    assert enforce(fleet, extravars=ALL_AT_ONCE).outcomes == dict.fromkeys(("web01", "web02"), "applied")
    second = FLOOR | {"S-1-5-32-546"}
    for machine in machines:
        machine.grant("S-1-5-32-546")
    done = enforce(fleet, extravars=ALL_AT_ONCE)
    paths = sorted(done.snapshots.glob("*/web0?.json"), key=lambda kept: json.loads(kept.read_text())["sequence"])
    assert [json.loads(kept.read_text())["sequence"] for kept in paths] == [1, 1, 2, 2]
    for kept in paths[2:]:
        kept.write_text(json.dumps({**json.loads(kept.read_text()), "taken": "2001-01-01T00:00:00Z"}))

    back = restore(fleet, extravars=ALL_AT_ONCE)

    assert (back.rc, back.outcomes) == (0, dict.fromkeys(("web01", "web02"), "applied"))
    assert held(machines) == [second, second]


def test_nothing_is_sent_after_the_main_process_was_killed(fleet, machines, enforce, recorder, tmp_path):
    """It is killed while a worker reads the host for the change; the worker lives on. Not by way of the play server, which ends workers."""
    folder, run, asked = tmp_path / "snapshots", recorder._back_end.run, []
    alive, end = os.pipe()
    variables = {
        "impersonate_snapshot_dir": str(folder),
        "impersonate_report_dir": str(tmp_path / "reports"),
        "impersonate_serial": 1,
    }
    inventory = str(fleet.write_inventory(tmp_path / "fleet.yml"))

    def kill(machine, received):
        asked.append(machine.name)
        if machine.name == "web01" and asked.count("web01") == 2:
            main.kill()
        return run(machine, received)

    recorder._back_end.run = kill
    command = [
        shutil.which("ansible-playbook", path=path()),
        "-i",
        inventory,
        "winrights.seimpersonate.enforce",
        "-e",
        json.dumps(variables),
    ]
    with open(tmp_path / "output", "wb") as output:
        main = subprocess.Popen(
            command, stdout=output, stderr=output, pass_fds=[end], env={**os.environ, "NO_PROXY": "127.0.0.0/8"}
        )
    os.close(end)
    assert main.wait() == -signal.SIGKILL
    with os.fdopen(alive, "rb") as pipe:
        assert pipe.read() == b""  # the last worker has ended

    assert asked.count("web01") == 2
    assert held(machines) == [BEFORE, BEFORE]
    assert [json.loads(kept.read_text())["outcome"] for kept in folder.glob("*/*.json")] == ["not_started"]
    recorder._back_end.run = run
    assert enforce(fleet, extravars=ALL_AT_ONCE).rc == 0
    assert held(machines) == [FLOOR, FLOOR]


def test_another_strategy_in_the_settings_ends_no_run(fleet, machines, playbook, enforce, restore, tmp_path):
    """ansible-core's strategies free and host_pinned run no task once for all hosts, so the playbooks name theirs."""
    free = {"ANSIBLE_STRATEGY": "free"}
    merge = {"impersonate_merge": str(tmp_path / "reports"), "impersonate_report_dir": str(tmp_path / "merged")}

    audited = playbook(fleet, "winrights.seimpersonate.audit", env=free)
    changed = enforce(fleet, extravars=ALL_AT_ONCE, env=free)
    merged = playbook(fleet, "winrights.seimpersonate.merge_reports", extravars=merge, env=free)
    restored = restore(fleet, extravars=ALL_AT_ONCE, env=free)
    printed = playbook(fleet, "winrights.seimpersonate.policies", env=free)

    assert (audited.rc, audited.statuses) == (2, dict.fromkeys(("web01", "web02"), "drift")), audited.said
    assert (changed.rc, changed.outcomes) == (0, dict.fromkeys(("web01", "web02"), "applied")), changed.said
    assert (merged.rc, printed.rc) == (0, 0), merged.said + printed.said
    assert (restored.rc, restored.outcomes) == (0, dict.fromkeys(("web01", "web02"), "applied")), restored.said
