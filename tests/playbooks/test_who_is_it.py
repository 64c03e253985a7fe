# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that mislead: what an administrator sees, and what the machines hold afterwards."""

from __future__ import annotations

import json

import pytest

from fleet import demo
from fleet.windows import names
from fleet.windows.machine import Machine

FLOOR = ["administrators", "local_service", "network_service", "service"]
TASK = "- hosts: all\n  gather_facts: false\n  tasks:\n    - winrights.seimpersonate.local_right: {options}\n"


@pytest.fixture
def task(fleet, playbook, tmp_path):
    """One task of local_right on the whole fleet; returns its results by host."""

    def run(check=False, **options):
        path = tmp_path / "task.yml"
        path.write_text(TASK.format(options=json.dumps({**options, "snapshot_dir": str(tmp_path / "kept")})))
        return playbook(fleet, path, check=check).outcome.results("local_right")

    return run


def test_a_forbidden_name_that_one_host_does_not_know_is_the_error_of_that_host(fleet, audit):
    typo, known = Machine.member_server("typo"), Machine.member_server("known")
    held = known.add_account("helpdesk")
    known.grant(held)
    fleet.add(typo)
    fleet.add(known)

    run = audit(fleet, extravars={"impersonate_forbidden": [".\\helpdesk"]})

    assert run.statuses == {"typo": "error", "known": "drift"}
    assert run.records["typo"]["error"]["category"] == "account_lookup"
    assert "forbidden: .\\helpdesk is no account that the host's LSA knows" in run.records["typo"]["error"]["message"]


def test_the_whole_list_takes_the_right_from_deleted_accounts(fleet, task):
    machine = Machine.member_server("web01", holders=[*demo.FLOOR, demo.ORPHAN])
    fleet.add(machine)

    kept = task(holders=FLOOR, orphans="keep")["web01"]
    assert (kept["outcome"], demo.ORPHAN in machine.holders()) == ("unchanged", True)
    assert any("orphans that stay" in note and demo.ORPHAN in note for note in kept["notes"])

    planned = task(check=True, holders=FLOOR)["web01"]
    assert (planned["removed"], demo.ORPHAN in machine.holders()) == ([demo.ORPHAN], True)

    applied = task(holders=FLOOR)["web01"]
    assert (applied["outcome"], set(machine.holders())) == ("applied", set(demo.FLOOR))


def test_an_account_that_was_made_again_is_not_taken_for_a_stranger(fleet, enforce):
    machine = Machine.member_server("web01")
    machine.add_account("svc", rid=2001)
    old = machine.add_account("svc", rid=1001)
    machine.grant(old)
    fleet.add(machine)
    permitted = {"impersonate_permitted": [".\\svc"]}

    for check in (True, False):
        run = enforce(fleet, check=check, extravars=permitted)
        assert (run.rc, run.outcomes) == (2, {"web01": "refused"})
        assert run.records["web01"]["error"]["category"] == "same_name"
        assert old in machine.holders()

    assert enforce(fleet, extravars={**permitted, "impersonate_forbidden": [old]}).rc == 0
    assert old not in machine.holders()


def test_a_service_that_no_host_knows_is_granted_with_a_word(fleet, task):
    machine = Machine.member_server("web01", iis=True)
    fleet.add(machine)

    result = task(required=["NT SERVICE\\WdiHostService", "IIS APPPOOL\\DefaultApPool"])["web01"]

    service, pool = names.service_sid("WdiHostService"), names.app_pool_sid("DefaultApPool")
    assert result["changes"] == [f"added: NT SERVICE\\WdiHostService ({service})", f"added: IIS APPPOOL\\DefaultApPool ({pool})"]
    assert (result["names"][service], result["names"][pool]) == ("NT SERVICE\\WdiHostService", "IIS APPPOOL\\DefaultApPool")
    notes = "\n".join(result["notes"])
    assert "NT SERVICE\\WdiHostService is no service that the host knows (similar: " in notes
    assert "WdiServiceHost" in notes
    assert "IIS APPPOOL\\DefaultApPool is no application pool that the host knows (similar: DefaultAppPool" in notes


def test_a_local_group_that_is_forbidden_by_the_name_of_the_computer_loses_the_right(fleet, audit, enforce):
    machine = Machine.member_server("web01", holders=[*demo.FLOOR, names.USERS])
    fleet.add(machine)
    forbidden = {"impersonate_forbidden": ["WEB01\\Users"]}

    audited = audit(fleet, extravars=forbidden)
    assert (audited.rc, audited.statuses) == (2, {"web01": "drift"})
    assert [finding["sid"] for finding in audited.records["web01"]["findings"]] == [names.USERS]
    assert "forbidden" in audited.records["web01"]["findings"][0]["text"]

    enforced = enforce(fleet, extravars=forbidden)
    assert (enforced.rc, enforced.records["web01"]["change"]["removed"]) == (0, [names.USERS])
    assert set(machine.holders()) == set(demo.FLOOR)
    assert audit(fleet, extravars=forbidden).statuses == {"web01": "compliant"}


def test_a_user_with_the_name_of_the_computer_keeps_what_is_permitted(fleet, audit, enforce):
    machine = Machine.client("kiosk01")
    user = machine.add_account("kiosk01")
    machine.grant(user)
    fleet.add(machine)
    permitted = {"impersonate_permitted": [".\\kiosk01"]}

    audited = audit(fleet, extravars=permitted)
    assert (audited.rc, audited.statuses) == (0, {"kiosk01": "compliant"})
    assert {one["sid"]: one["standing"] for one in audited.records["kiosk01"]["holders"]}[user] == "permitted"

    assert enforce(fleet, extravars=permitted).outcomes == {"kiosk01": "unchanged"}
    assert user in machine.holders()
    assert audit(fleet).statuses == {"kiosk01": "drift"}
