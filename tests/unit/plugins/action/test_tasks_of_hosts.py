# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role hands to a task for each host does not grow with the fleet: what grows is templated once for each host, and takes the square."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleActionFail
from role_options import role_options

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import check_of, of_first_host, run_of


def checked(hosts):
    """What fleet_check returns where so many hosts are expected."""
    return {
        "run_id": "r", "started": "2026-01-31T08:15:00Z", "restore": None, "policy": {"name": "microsoft"}, "exceptions": [],
        "expected": [f"host{number}" for number in range(hosts)], "reader": {"name": "host"},
    }  # fmt: skip


def options(tasks, module, hosts):
    registered = {
        "__impersonate_check": checked(hosts),
        "__impersonate_report": {"gate_passed": True, "summary": {"gate": {"fail_on": []}}},
    }
    return role_options(
        tasks, module, **registered, hostvars={"host0": registered}, ansible_play_hosts_all=["host0"], ansible_play_batch=["host0"],
        __impersonate_action="enforce", __impersonate_results="__impersonate_audit",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tasks", "module"),
    [
        pytest.param("audit", "fleet_read", id="read"),
        pytest.param("mark", "fleet_mark", id="mark"),
        pytest.param("plan", "fleet_read", id="plan"),
        pytest.param("enforce", "local_right", id="change"),
    ],
)
def test_what_a_host_s_task_gets_does_not_grow_with_the_fleet(tasks, module):
    few, many = (options(tasks, module, hosts) for hosts in (1, 10_000))

    assert len(json.dumps(many)) == len(json.dumps(few))


class Unread(dict):
    """Variables of a host that are there and must not be asked for."""

    def __getitem__(self, name):
        raise AssertionError(f"{name} was put together")


class HostVars(dict):
    """Ansible's variables of hosts, with what it keeps of them."""

    def __init__(self, kept, hosts):
        super().__init__(hosts)
        self._variable_manager = type("Manager", (), {"_nonpersistent_fact_cache": kept})


@pytest.mark.parametrize(
    ("given", "registered"),
    [
        pytest.param(checked(1), {}, id="itself"),
        pytest.param("check", {"check": checked(1)}, id="by its name"),
        pytest.param(
            "check",
            of_first_host({"ansible_play_hosts_all": ["a", "b"], "hostvars": HostVars({"a": {"check": checked(1)}}, {"a": Unread()})}, "check"),
            id="of the first host, as it is kept",
        ),
        pytest.param(
            "check",
            of_first_host({"ansible_play_hosts_all": ["a", "b"], "hostvars": HostVars({}, {"a": {"check": checked(1)}})}, "check"),
            id="of the first host, where it is kept elsewhere",
        ),
    ],
)  # fmt: skip
def test_what_fleet_check_returned_is_found(given, registered):
    assert check_of(given, registered) == checked(1)


@pytest.mark.parametrize("given", ["check", "", None, 3, ["check"], {}], ids=repr)
def test_what_fleet_check_did_not_return_begins_no_run(given):
    first = of_first_host({"ansible_play_hosts_all": ["a"], "hostvars": {"a": {"other": 1}}}, "check")

    with pytest.raises(AnsibleActionFail, match="this is not what fleet_check returned"):
        run_of(check_of(given, first))
