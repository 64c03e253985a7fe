# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Enforcement decides by what each host says of who sets the right; an audit tells who has it and who gave it."""

from __future__ import annotations

import pytest

from fleet import demo
from fleet.windows import names
from fleet.windows.grouppolicy import DENIED, Rsop, template
from fleet.windows.machine import Event, Iis, Machine, Pool, Running

STRANGER = f"{names.domain_sid('SIM')}-1105"
BEFORE, WANTED = {*demo.FLOOR, STRANGER}, {*demo.FLOOR}
GUID, OTHER_GUID = "{AB27A43C-0B1C-52CF-9965-A34D3A53436E}", "{ED8ECAD6-7C1E-5C6E-A5B4-05C87164AE1F}"
AT = "OU=Servers,DC=sim,DC=example"
CACHED = demo.gpo("Cached")
LASTS = "Group Policy takes a local change back, at its first refresh after 16 hours at the latest"
PERHAPS = "Group Policy may take a local change back"


def drifted(name, **fields):
    """A machine with a holder that no policy knows."""
    machine = Machine.member_server(name)
    machine.grant(machine.add_account("svc", domain="SIM", rid=1105))
    for key, value in fields.items():
        setattr(machine, key, value)
    return machine


# Who sets the right from outside, and what becomes of a local change.
CONTROLLED = {
    "won": ({"gpos": (demo.gpo("Servers"), demo.gpo("Old", 2))},
            f"the GPO Servers {GUID} linked at {AT} sets the right, over the GPO Old {{AD4A2880-62D3-509E-A27F-80B890CDA47A}}", LASTS),
    "failed": ({"gpos": (demo.gpo("Servers", status=3, error=1332),)},
               f"the GPO Servers {GUID} linked at {AT} defines the right, and its application failed with error 1332", PERHAPS),
    "stale": ({"gpos": (demo.gpo("Servers"),), "rsop": Rsop(logging_policy=0)},
              f"RSoP logging is switched off, and what RSoP holds is from 2026-06-15T11:00:00Z; by it the GPO Servers {GUID}", PERHAPS),
    "cached": ({"templates": {"gpt00000.dom": template(CACHED)}, "rsop": Rsop(age=None, others=(CACHED,))},
               f"the GPO Cached {OTHER_GUID} sets the right, by the cached template of its last run", PERHAPS),
    "nameless": ({"templates": {"gpt00000.dom": template(CACHED)}, "rsop": Rsop(error=DENIED)},
                 f"the GPO {OTHER_GUID} whose name is not known sets the right", PERHAPS),
    "managed": ({"mdm": demo.MDM}, "a management service (enrolment {0E2B4C6D-8F10-4321-A5B6-C7D8E9F01234}) sets the right", "it may take a local change back"),
}  # fmt: skip
DOUBTFUL = {
    "denied": ({"rsop": Rsop(error=DENIED)}, "access to RSoP was denied, so it is not known whether a local change lasts"),
    "old": ({"rsop": Rsop(age=40)}, "by it no GPO set the right, so it is not known whether a local change lasts"),
    "alone": ({"machine_role": 2, "domain": "WORKGROUP"}, "a policy of its own sets the right, so it is not known whether"),
}


@pytest.mark.parametrize("check", [pytest.param(True, id="check mode"), pytest.param(False, id="for real")])
@pytest.mark.parametrize("mode", ["refuse", "warn", "apply"])
def test_what_the_host_says_decides(fleet, enforce, mode, check):
    fields = {name: its[0] for name, its in {**CONTROLLED, **DOUBTFUL}.items()} | {"free": {}}
    machines = {name: drifted(name, **its) for name, its in fields.items()}
    for machine in machines.values():
        fleet.add(machine)

    options = {"impersonate_on_controlled": mode, "impersonate_serial": "100%", "impersonate_max_hosts_per_account": 0}
    run = enforce(fleet, check=check, extravars=options)

    changed = "planned" if check else "applied"
    refused = set(CONTROLLED) if mode == "refuse" else set()
    assert run.outcomes == {name: "refused" if name in refused else changed for name in machines}
    assert run.rc == (2 if refused else 0)
    for name, machine in machines.items():
        assert set(machine.holders()) == (BEFORE if check or name in refused else WANTED), name
    results = run.outcome.results("local_right")
    for name, (_fields, why, then) in CONTROLLED.items():
        record, result = run.records[name], results[name]
        said = " ".join([*result.get("warnings", []), result.get("msg", "")])
        assert (why in said, f"; {then}" in said) == ((False, False) if mode == "apply" else (True, True)), name
        assert f"{record['controller']['why']}" in said or mode == "apply"
        assert why in record["controller"]["why"]
        if name in refused:
            assert (record["error"]["category"], why in record["error"]["message"]) == ("controlled", True)
        else:
            assert why in " ".join(record["notes"])
    won = run.records["won"]["controller"]
    assert (won["kind"], won["name"], won["guid"], won["link"], [one["name"] for one in won["losers"]]) == (
        "gpo", "Servers", GUID, AT, ["Old"],
    )  # fmt: skip
    for name, (_fields, note) in DOUBTFUL.items():
        assert note in " ".join(run.records[name]["notes"]), name
    assert "not known whether" not in " ".join(run.records["free"]["notes"])


def test_what_the_task_states_counts_more_than_what_the_host_shows(fleet, enforce):
    machine = drifted("won", gpos=(demo.gpo("Servers"),))
    fleet.add(machine, variables={"impersonate_controlled_by": {"kind": "local"}})

    run = enforce(fleet)

    assert run.outcomes == {"won": "applied"}
    assert set(machine.holders()) == WANTED
    assert run.records["won"]["controller"]["kind"] == "local"
    assert any(note.startswith("the host shows: the GPO Servers") for note in run.records["won"]["notes"])


def test_an_audit_tells_who_has_it_who_is_in_the_groups_and_who_gave_it(fleet, audit):
    day = 24.0
    machine = drifted("web01")
    machine.iis = Iis(pools=("DefaultAppPool", Pool("shop", "SpecificUser", "SIM\\svc", manual=True)))
    machine.running = {"Spooler": "LocalSystem", "Sync": Running("SIM\\svc", required=("SeChangeNotifyPrivilege",))}
    machine.grant(names.IIS_IUSRS)
    machine.grant(names.EVERYONE)
    machine.members = {names.ADMINISTRATORS: (STRANGER,)}
    machine.events = (
        Event(STRANGER, age=6.9 * day, subject=f"{names.domain_sid('SIM')}-1109", subject_name="SIM\\jdoe", logon=0x4F2A1),
        Event(STRANGER, 4705, age=8),
        Event(names.USERS, age=7.1 * day),
    )
    machine.log_oldest = 40 * day
    fleet.add(machine)
    more = {"impersonate_exposure": True, "impersonate_expand_groups": True, "impersonate_events": "7d"}

    record = audit(fleet, extravars=more).records["web01"]

    assert {user["name"]: user["through"] for user in record["exposure"]["users"]} == {
        "DefaultAppPool": [names.IIS_IUSRS, names.EVERYONE],
        "shop": [STRANGER, names.EVERYONE],
        "Spooler": [names.SYSTEM],
    }
    assert [user["name"] for user in record["exposure"]["excluded"]] == ["Sync"]
    groups = {group["sid"]: group for group in record["groups"]}
    assert [one["sid"] for one in groups[names.ADMINISTRATORS]["members"]] == [STRANGER]
    assert {key: groups[names.EVERYONE][key] for key in ("status", "broad", "members")} == {
        "status": "everybody", "broad": True, "members": None,
    }  # fmt: skip
    told = record["provenance"]
    assert (told["window_hours"], told["coverage"]) == (168, "whole")
    assert [(one["event"], one["by"], one["subject_name"], one["target_name"]) for one in told["events"]] == [
        (4705, "machine", "SIM\\WEB01$", "SIM\\svc"),
        (4704, "account", "SIM\\jdoe", "SIM\\svc"),
    ]
