# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read, changed and restored belongs to the machine whose name the report and the snapshot bear."""

from __future__ import annotations

import json

import pytest

from fleet import demo
from fleet.windows import names
from fleet.windows.machine import Machine

BEFORE = {*demo.FLOOR, names.USERS}

ON_THE_TASK = "{module}: {options}\n      delegate_to: web02"
ON_THE_BLOCK = "block:\n        - {module}: {options}\n      delegate_to: web02"
IN_A_LOOP = "{module}: {options}\n      delegate_to: '{{{{ item }}}}'\n      loop: [web02, web03]"
LOCAL_ACTION = "local_action:\n        module: {module}\n        args: {options}"
HEAD = "- hosts: web01\n  gather_facts: false\n  tasks:\n    - "


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # which is asked nothing: either would do
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


def test_a_restore_goes_to_the_machine_of_the_snapshot_alone(fleet, enforce, restore):
    machine = Machine.member_server("web01", holders=BEFORE)
    other = Machine.member_server("web02", holders=BEFORE)
    for one in (machine, other):
        fleet.add(one)
    assert enforce(fleet).outcomes == {"web01": "applied", "web02": "applied"}
    wanted = set(machine.holders())
    machine.installed = "anew"  # under the same name: its local accounts have other SIDs

    for check in (True, False):
        refused = restore(fleet, check=check, limit="web01")

        assert (refused.rc, refused.outcomes) == (2, {"web01": "refused"})
        assert refused.records["web01"]["error"]["category"] == "other_machine"
        assert "which has that name since it was installed anew" in refused.said
        assert set(machine.holders()) == wanted

    machine.installed = ""  # the machine of the snapshot: four beats
    assert restore(fleet, check=True).outcomes == {"web01": "planned", "web02": "planned"}
    assert set(machine.holders()) == wanted
    assert restore(fleet).outcomes == {"web01": "applied", "web02": "applied"}
    assert set(machine.holders()) == set(other.holders()) == BEFORE
    assert restore(fleet).outcomes == {"web01": "unchanged", "web02": "unchanged"}


ALIAS = "web01.sim.example"


@pytest.mark.parametrize("serial", [pytest.param("100%", id="one batch"), pytest.param(1, id="different batches")])
def test_a_machine_with_two_names_is_changed_once(fleet, enforce, restore, serial):
    machine = Machine.member_server("web01", holders=BEFORE)
    other = Machine.member_server("web02", holders=BEFORE)
    for one in (machine, other):
        fleet.add(one)
    fleet.also(ALIAS, of="web01")
    serial = {"impersonate_serial": serial}

    planned = enforce(fleet, check=True)
    assert (planned.rc, planned.outcomes) == (0, dict.fromkeys(("web01", ALIAS, "web02"), "planned"))
    line = f"web01, {ALIAS} are the same machine (WEB01 ({planned.records['web01']['computer']['sid']})), which counts once for each name"
    assert planned.report["notes"] == [line]
    assert f"{line} and is changed under one of them" in planned.said
    assert set(machine.holders()) == BEFORE

    applied = enforce(fleet, extravars=serial)
    first, second = sorted(("web01", ALIAS), key=lambda name: applied.outcomes[name] != "applied")
    results = applied.outcome.results("local_right")
    assert (applied.rc, {name for name, result in results.items() if result["changed"]}) == (0, {first, "web02"})
    assert applied.outcomes == {first: "applied", second: "same_machine", "web02": "applied"}
    assert applied.statuses == dict.fromkeys(("web01", ALIAS, "web02"), "compliant")
    assert [applied.records[name]["change"]["changed_as"] for name in (first, second, "web02")] == [None, first, None]
    assert f"the run changes this machine as {first}, another name of it" in applied.records[second]["reason"]
    assert "somebody else" not in applied.outcome.stdout
    assert set(machine.holders()) == set(demo.FLOOR)

    again = enforce(fleet, extravars=serial)
    assert (again.rc, again.outcomes) == (0, dict.fromkeys(("web01", ALIAS, "web02"), "unchanged"))

    back = restore(fleet, extravars=serial)
    assert (back.rc, back.outcomes) == (0, {first: "applied", second: "nothing_to_restore", "web02": "applied"})
    assert set(machine.holders()) == BEFORE
