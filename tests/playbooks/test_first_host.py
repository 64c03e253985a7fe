# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-core lets a task that runs once for all hosts run on the first of them. What is wrong with that host is that host's alone."""

from __future__ import annotations

import pytest

from fleet.windows import names
from fleet.windows.machine import Machine

NO_VALUE = {"ansible_password": "{{ nowhere }}"}


def of_each_host(name):
    """Every host has the variable from the same template of the whole inventory, and only the last one has a value for it."""

    def spoil(inventory):
        hosts = inventory["all"]["hosts"]
        values = {host: variables.pop(name) for host, variables in hosts.items()}
        first = min(values)
        inventory["all"]["vars"] |= {
            name: "{{ values[inventory_hostname] }}",
            "values": {host: values[host] for host in values if host != first},
        }

    return spoil


def of_the_first(**variables):
    def spoil(inventory):
        hosts = inventory["all"]["hosts"]
        hosts[min(hosts)] |= variables

    return spoil


@pytest.fixture
def spoilt(fleet):
    """Two hosts, and what is wrong with the variables of the first one of them."""

    def fill(spoil):
        for host in ("web01", "web02"):
            fleet.add(Machine.member_server(host))
        inventory = fleet.inventory()
        spoil(inventory)
        fleet.inventory = lambda: inventory
        return fleet

    return fill


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # nothing of it is the payload's
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(of_the_first(**NO_VALUE), id="a template without a value"),
        pytest.param(of_each_host("ansible_password"), id="a template of all hosts without a value for this one"),
        pytest.param(of_the_first(ansible_port="https"), id="a port that is no number"),
        pytest.param(of_the_first(ansible_winrm_connection_timeout="soon"), id="an option of the connection of a wrong type"),
        pytest.param(of_the_first(ansible_connection="wrinm"), id="a connection that does not exist"),
        pytest.param(of_the_first(ansible_become="{{ nowhere }}"), id="become without a value"),
    ],
)
def test_the_connection_of_the_first_host_ends_the_audit_of_no_other(spoilt, audit, spoil):
    run = audit(spoilt(spoil))

    assert run.statuses == {"web01": "error", "web02": "compliant"}, run.outcome.stdout
    assert run.rc == 2  # by the gate
    assert "This is the gate of the whole fleet, not of this host." in run.said


def test_who_reads_instead_is_said(spoilt, playbook):
    run = playbook(spoilt(of_the_first(**NO_VALUE)), "winrights.seimpersonate.audit", extravars={"impersonate_reader": "fleet"})

    said = "Reader: host (a task for each host), because one task for all would run on web01, and that host's cannot begin: "
    assert said in run.said
    assert "'nowhere' is undefined" in run.said.partition(said)[2].partition("ok:")[0]
    assert run.statuses == {"web01": "error", "web02": "compliant"}


def test_an_error_that_may_be_is_no_failure_where_hosts_are_marked(spoilt, playbook):
    run = playbook(
        spoilt(of_the_first(**NO_VALUE)),
        "winrights.seimpersonate.audit",
        extravars={"impersonate_mark_hosts": True, "impersonate_fail_on": ["drift"]},
    )

    assert (run.rc, run.statuses) == (0, {"web01": "error", "web02": "compliant"}), run.outcome.stdout


def test_the_connection_of_the_first_host_of_a_batch_ends_no_enforcement(fleet, enforce):
    for host in ("web01", "web02", "web03"):
        fleet.add(Machine.member_server(host, also=[names.USERS]), variables=NO_VALUE if host == "web02" else {})

    run = enforce(fleet, extravars={"impersonate_serial": [1, 1, 1], "impersonate_fail_on": ["drift"]})

    assert run.outcomes == {"web01": "applied", "web03": "applied"}, run.outcome.stdout
    assert run.statuses["web02"] == "error"
    assert run.rc == 0
