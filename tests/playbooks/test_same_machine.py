# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read, changed and restored belongs to the machine whose name the report and the snapshot bear."""

from __future__ import annotations

import json

import pytest

from fleet import demo, names
from fleet.machine import Machine

BEFORE = {*demo.FLOOR, names.USERS}

ON_THE_TASK = "{module}: {options}\n      delegate_to: web02"
ON_THE_BLOCK = "block:\n        - {module}: {options}\n      delegate_to: web02"
IN_A_LOOP = "{module}: {options}\n      delegate_to: '{{{{ item }}}}'\n      loop: [web02, web03]"
LOCAL_ACTION = "local_action:\n        module: {module}\n        args: {options}"
HEAD = "- hosts: web01\n  gather_facts: false\n  tasks:\n    - "


@pytest.mark.parametrize(
    ("task", "other"),
    [
        pytest.param(ON_THE_TASK, "web02", id="on the task"),
        pytest.param(ON_THE_BLOCK, "web02", id="on the block"),
        pytest.param(IN_A_LOOP, "web02", id="in a loop"),
        pytest.param(LOCAL_ACTION, "localhost", id="local_action"),
    ],
)
@pytest.mark.parametrize("module", ["local_right", "local_right_info"])
def test_delegation_is_refused_before_anything_is_sent(fleet, playbook, recorder, tmp_path, module, task, other):
    machines = [Machine.member_server(name, holders=BEFORE) for name in ("web01", "web02", "web03")]
    for machine in machines:
        fleet.add(machine)
    kept = tmp_path / "kept"
    options = {"required": ["guests"], "snapshot_dir": str(kept)} if module == "local_right" else {"policy": "microsoft"}
    path = tmp_path / "delegated.yml"
    path.write_text(HEAD + task.format(module=f"winrights.seimpersonate.{module}", options=json.dumps(options)) + "\n")

    run = playbook(fleet, path)

    assert run.rc == 2
    assert f"delegate_to: '{other}' is not allowed for 'web01'" in run.said
    assert recorder.received == {}
    assert [set(machine.holders()) for machine in machines] == [BEFORE] * 3
    assert not kept.exists()
