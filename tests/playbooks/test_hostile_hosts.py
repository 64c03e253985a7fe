# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host spoils only its own row: whatever it answers, plan, change and restore of all the others go on."""

from __future__ import annotations

import json
from dataclasses import replace

import hostile

from fleet import demo
from fleet.backend import Output
from fleet.faults import Scenario
from fleet.windows import names
from fleet.windows.machine import Machine

FLOOR = set(demo.FLOOR)
BEFORE, WANTED = FLOOR | {names.USERS}, FLOOR | {names.IIS_IUSRS}
ALL_AT_ONCE = {"impersonate_serial": "100%"}


def drifted(name):
    return Machine.member_server(name, iis=True, holders=[*demo.FLOOR, names.USERS])


def saying(text):
    return Scenario(output=lambda _output: Output(text.encode("utf-8", "surrogatepass") + b"\r\n", b"", 0))


def with_part(**parts):
    """The honest answer with some keys of other values."""
    return Scenario(
        output=lambda output: replace(output, stdout=json.dumps({**json.loads(output.stdout), **parts}).encode() + b"\r\n")
    )


DENIED = {"failed": True, "msg": "no", "error": {"call": "LsaOpenPolicy", "status": "0xC0000022"}, "session": "text"}
GARBAGE = {
    "deep": saying('{"holders":' + "[" * 100_000 + "]" * 100_000 + "}"),
    "surrogate": with_part(failed=True, msg="\ud800"),
    "denied": saying(json.dumps(DENIED)),
    "odd": saying(json.dumps({"failed": True, "msg": ["no"], "error": {"call": ["x"], "status": None}, "ansible_facts": "x"})),
    "forged": saying(json.dumps({"failed": True, "msg": hostile.FORGED})),
    "large": with_part(lookup_status="x" * 1_025),
    "bad": saying(json.dumps({"failed": True, "msg": "x", "bad_input": True})),
}


def test_enforcement_and_restore_go_on_for_the_others(fleet, enforce, restore):
    good = [drifted("web01"), drifted("web02")]
    for machine in good:
        fleet.add(machine)
    for name, scenario in GARBAGE.items():
        fleet.add(drifted(name), scenario=scenario)
    variables = {**ALL_AT_ONCE, "impersonate_restore": "latest"}

    enforced = enforce(fleet, extravars=variables)

    assert [set(machine.holders()) for machine in good] == [WANTED, WANTED]
    assert "Nothing was changed on any host" not in enforced.said
    assert {host: enforced.statuses[host] for host in ("web01", "web02")} == {"web01": "compliant", "web02": "compliant"}
    assert {enforced.statuses[name] for name in GARBAGE} == {"error"}
    categories = {name: enforced.records[name]["error"]["category"] for name in GARBAGE}
    assert categories == {
        "deep": "payload_error", "surrogate": "payload_error", "denied": "lsa_denied", "odd": "payload_error", "forged": "payload_error",
        "large": "answer_too_large", "bad": "payload_error",
    }  # fmt: skip

    restored = restore(fleet, extravars=variables)

    assert [set(machine.holders()) for machine in good] == [BEFORE, BEFORE]
    assert {restored.statuses[name] for name in GARBAGE} == {"not_applicable"}


def test_a_host_cut_off_by_a_time_limit_does_not_stop_the_change_of_the_other(fleet, enforce, restore):
    good = drifted("web01")
    fleet.add(good)
    fleet.add(drifted("cut"), scenario=Scenario(delay=600))  # until the fleet ends
    # Each task of the run has this limit, so it is more than an honest answer takes on a busy machine.
    limit = {"ANSIBLE_TASK_TIMEOUT": "20"}

    enforced = enforce(fleet, extravars=ALL_AT_ONCE, env=limit)

    assert set(good.holders()) == WANTED
    assert enforced.statuses == {"web01": "compliant", "cut": "error"}
    assert enforced.records["cut"]["error"]["category"] == "task_timeout"

    restored = restore(fleet, extravars={**ALL_AT_ONCE, "impersonate_restore": "latest"}, env=limit)

    assert set(good.holders()) == BEFORE
    assert restored.statuses["cut"] == "not_applicable"


SPOILT = {"a-sid-without-its-name": {"before": ["S-1-5-6"]}, "a-number": {"after": 5}}


def test_a_spoilt_snapshot_of_one_host_ends_no_other_host_s_run(fleet, enforce, restore):
    machines = {name: drifted(name) for name in (*SPOILT, "good")}
    for machine in machines.values():
        fleet.add(machine)
    done = enforce(fleet, extravars=ALL_AT_ONCE)
    paths = {path.stem: path for path in done.snapshots.glob("*/*.json")}
    for name, parts in SPOILT.items():
        paths[name].write_text(json.dumps({**json.loads(paths[name].read_text()), **parts}))

    restored = restore(fleet, extravars=ALL_AT_ONCE)

    assert {name: set(machine.holders()) for name, machine in machines.items()} == dict.fromkeys(SPOILT, WANTED) | {"good": BEFORE}
    for name in SPOILT:
        assert restored.records[name]["error"]["category"] == "snapshot_spoilt"
        assert str(paths[name]) in restored.records[name]["error"]["message"]

    for name in SPOILT:
        machines[name].grant(names.USERS)
    again = enforce(fleet, extravars=ALL_AT_ONCE)
    assert {name: set(machine.holders()) for name, machine in machines.items()} == dict.fromkeys(machines, WANTED)
    assert again.statuses == dict.fromkeys(machines, "compliant")
