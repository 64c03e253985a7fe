# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an action plugin without a connection: what it would send goes to a function of the test."""

from __future__ import annotations

import json

import pytest
from action_runs import run_action
from ansible.errors import AnsibleConnectionFailure
from gpo_runs import STARRED, Right

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import lasting
from fleet.backends.emulator.gpo_change import gpo_right
from fleet.backends.emulator.gpo_report import gpo_right_info
from fleet.backends.emulator.gpo_steps import Killed
from fleet.windows.domain import PolicyDomain
from fleet.windows.machine import Token


@pytest.fixture(scope="session")
def action():
    return run_action


@pytest.fixture
def container(monkeypatch, tmp_path):
    """The process runs in the container of a job, into which nothing is mounted, whatever is mounted on the machine of the tests."""
    mounts = tmp_path / "mounts"
    mounts.write_text("overlay / overlay rw 0 0\n")
    monkeypatch.setattr(lasting, "_MOUNTS", mounts)


# -- the GPO modules against a simulated domain


@pytest.fixture
def domain():
    made = PolicyDomain()
    made.add_controller("dc01")
    return made


@pytest.fixture
def guid(domain):
    made = domain.add_gpo("Servers", accounts=STARRED, version=5)
    domain.link(made, domain.ou("Servers"))
    return made


@pytest.fixture
def run(action, domain, tmp_path):
    """Run an action against a domain controller; ``run.sent`` is what it asked."""

    def execute(module, arguments):
        execute.sent.append((module, arguments))
        machine = execute.machine or list(domain.controllers.values())[execute.place]
        payload = {"gpo_right_info": gpo_right_info, "gpo_right": gpo_right}[module]
        try:
            answer = payload(machine, "SIM\\auditor", Token.ADMINISTRATOR, json.loads(json.dumps(arguments)))
        except Killed:
            raise AnsibleConnectionFailure("the connection ended") from None
        return execute.twist(answer)

    def run(plugin, **options):
        if plugin is Right:
            options.setdefault("snapshot_dir", str(tmp_path / "snapshots"))
        else:
            options.setdefault("policy", "microsoft")
        task_vars = {"inventory_hostname": "dc01", **options.pop("task_vars", {})}
        return action(plugin, execute, task_vars=task_vars, **options)

    execute.sent, execute.machine, execute.place, execute.twist = [], None, 0, lambda answer: answer
    run.host = execute
    return run
