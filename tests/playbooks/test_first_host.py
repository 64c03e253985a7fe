# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-core lets a task that runs once for all hosts run on the first of them. What is wrong with that host is that host's alone.

Such tasks of the role are delegated to localhost, whose own connection must not count either.
"""

from __future__ import annotations

import json

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


def with_password_of_each(inventory):
    """Each host has its password under another name, for a template that the inventory or the user has for all of them."""
    for variables in inventory["all"]["hosts"].values():
        variables["pw"] = variables.pop("ansible_password")


def templated(inventory):
    with_password_of_each(inventory)
    inventory["all"]["vars"]["ansible_password"] = "{{ pw }}"


def beside(name, **variables):
    """The same, and one more host, which is not audited."""

    def spoil(inventory):
        templated(inventory)
        inventory["all"]["hosts"][name] = variables

    return spoil


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
@pytest.mark.parametrize(
    ("spoil", "given"),
    [
        pytest.param(templated, {}, id="a template of the inventory"),
        pytest.param(templated, {"ansible_connection": "winrm"}, id="the connection of all on the command line"),
        pytest.param(
            with_password_of_each,
            {"ansible_connection": "winrm", "ansible_password": "{{ pw }}"},
            id="connection and template on the command line",
        ),
        pytest.param(beside("localhost"), {}, id="localhost in the inventory, with the connection of all"),
        pytest.param(beside("localhost", ansible_connection="local"), {}, id="localhost in the inventory, local"),
        pytest.param(beside("127.0.0.1", ansible_password="{{ nowhere }}"), {}, id="a host that ansible-core takes for localhost"),
    ],
)
def test_the_connection_of_localhost_ends_no_audit(spoilt, audit, spoil, given):
    run = audit(spoilt(spoil), extravars=given, limit="web*")

    assert (run.rc, run.statuses) == (0, {"web01": "compliant", "web02": "compliant"}), run.outcome.stdout


@pytest.fixture
def written(playbook, tmp_path):
    """Run plays of a user."""

    def run(fleet, *plays, **variables):
        path = tmp_path / "own.yml"
        path.write_text(
            json.dumps([{"gather_facts": False, "hosts": "all", **play} if "tasks" in play else play for play in plays])
        )
        return playbook(fleet, path, extravars=variables)

    return run


def of_role(name="main", **keywords):
    role = {"name": "winrights.seimpersonate.impersonate", "tasks_from": name}
    return {"ansible.builtin.import_role": role, **keywords}


NOT_ON_THE_FIRST = "inventory_hostname != 'web01'"
ENFORCE = {"ansible.builtin.import_playbook": "winrights.seimpersonate.enforce"}


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
def test_the_variables_of_a_play_are_not_those_of_localhost(spoilt, written):
    play = {"vars": {"ansible_connection": "winrm", "ansible_password": "{{ pw }}"}, "tasks": [of_role()]}

    run = written(spoilt(with_password_of_each), play)

    assert (run.rc, run.statuses) == (0, {"web01": "compliant", "web02": "compliant"}), run.outcome.stdout


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
@pytest.mark.parametrize("reader", ["host", "fleet"])
def test_a_condition_that_leaves_out_the_first_host_does_not_end_green(spoilt, written, reader):
    run = written(spoilt(lambda _: None), {"tasks": [of_role(when=NOT_ON_THE_FIRST)]}, impersonate_reader=reader)

    assert (run.rc, run.report) == (2, None), run.outcome.stdout
    assert "give a condition (when) to include_role" in run.said


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
@pytest.mark.parametrize(
    "before",
    [
        pytest.param({"ansible.builtin.fail": {}, "when": "inventory_hostname == 'web01'"}, id="it failed"),
        pytest.param({"ansible.builtin.meta": "end_host", "when": "inventory_hostname == 'web01'"}, id="it was taken out"),
    ],
)
def test_a_first_host_that_left_does_not_hide_a_misspelt_variable(fleet, written, before):
    for host in ("web01", "web02", "web03"):
        fleet.add(Machine.member_server(host, also=[names.USERS]))
    plan = of_role("plan", vars={"__impersonate_action": "enforce"})

    run = written(fleet, {"tasks": [before, plan]}, ENFORCE, impersonate_permited=["users"])

    assert "impersonate_permited: there is no such variable" in run.said
    assert (run.rc, run.outcome.changed) == (2, set())


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
def test_a_first_host_that_was_lost_before_ends_no_enforcement(fleet, written):
    fleet.add(Machine.member_server("web01"), scenario="host down")
    for host in ("web02", "web03"):
        fleet.add(Machine.member_server(host, also=[names.USERS]))
    ask = {"tasks": [{"ansible.builtin.raw": "whoami", "ignore_errors": True}]}

    run = written(fleet, ask, ENFORCE, impersonate_fail_on=["drift"])

    assert run.outcomes == {"web02": "applied", "web03": "applied"}, run.outcome.stdout
    assert run.statuses["web01"] == "not_checked"


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
@pytest.mark.parametrize("forks", [5, 1])
def test_a_first_host_that_drifts_marks_no_other(fleet, playbook, forks):
    hosts = [f"web{number:02}" for number in range(12)]
    for host in hosts:
        fleet.add(Machine.member_server(host, also=[names.USERS] if host == "web00" else []))

    run = playbook(fleet, "winrights.seimpersonate.audit", extravars={"impersonate_mark_hosts": True}, options=f"--forks {forks}")

    assert (run.rc, run.outcome.failed) == (2, {"web00"}), run.outcome.stdout


@pytest.mark.parametrize("which", [1, 2])
def test_a_variable_of_the_first_host_of_a_batch_ends_no_enforcement(fleet, enforce, which):
    hosts = ("web01", "web02", "web03")
    wrong = hosts[which - 1]
    for host in hosts:
        own = {"impersonate_permitted": "{{ nowhere }}"} if host == wrong else {}
        fleet.add(Machine.member_server(host, also=[names.USERS]), variables=own)

    run = enforce(fleet, extravars={"impersonate_serial": [1, 1, 1], "impersonate_fail_on": ["drift"]})

    assert run.outcomes == {host: "applied" for host in hosts if host != wrong}, run.outcome.stdout
    assert (run.rc, run.statuses[wrong]) == (0, "error")


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
def test_a_restore_has_no_policy_at_its_head_to_warn_of(fleet, enforce, restore):
    for host in ("web01", "web02"):
        fleet.add(Machine.member_server(host, also=[names.USERS]))
    enforce(fleet)
    inventory = fleet.inventory()
    of_the_first(impersonate_host_role="webserver")(inventory)
    fleet.inventory = lambda: inventory

    run = restore(fleet)

    assert "impersonate_host_role" in run.said  # bad input of a host ends a change before it begins
    assert "at the head of the report" not in run.said


def of_all(**variables):
    def spoil(inventory):
        inventory["all"]["vars"] |= variables

    return spoil


OWN_AND_WRONG = [
    pytest.param({"impersonate_permitted": "{{ nowhere }}"}, "impersonate_permitted: its template has no value: 'nowhere' is undefined",
                 id="a template without a value"),
    pytest.param({"impersonate_permitted": "{{ 'x' | from_json }}"}, "impersonate_permitted: its template has no value: ", id="a filter that fails"),
    pytest.param({"impersonate_permitted": ["no such account"]}, "impersonate_permitted", id="an account that is none"),
    pytest.param({"impersonate_host_role": "webserver"}, "impersonate_host_role", id="a host role that there is not"),
    pytest.param({"impersonate_policy": "cs"}, "impersonate_policy", id="a policy that there is not"),
    pytest.param({"impersonate_exceptions": [{"account": "BUILTIN\\Users"}]}, "impersonate_exceptions", id="an exception without a reason"),
    pytest.param({"impersonate_events": "soon"}, "impersonate_events", id="a time span that is none"),
]  # fmt: skip


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
@pytest.mark.parametrize(("own", "said"), OWN_AND_WRONG)
def test_a_variable_of_the_first_host_ends_the_audit_of_no_other(spoilt, audit, own, said):
    run = audit(spoilt(of_the_first(**own)))

    assert run.statuses == {"web01": "error", "web02": "compliant"}, run.outcome.stdout
    assert said in run.report["hosts"][0]["error"]["message"]
    assert run.report["policy"]["name"] == "microsoft"  # by which the other host was judged
    assert "policy and exceptions at the head of the report are those of web02: the variables of web01 make no sense" in run.said


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
@pytest.mark.parametrize(("own", "said"), OWN_AND_WRONG)
def test_what_is_wrong_with_the_variable_of_every_host_ends_the_audit_before_any(spoilt, playbook, own, said):
    run = playbook(spoilt(of_all(**own)), "winrights.seimpersonate.audit")

    assert run.rc == 2, run.outcome.stdout
    assert "Nothing was sent to any host. " in run.said
    assert said in run.said
    assert run.outcome.stdout.count("TASK [winrights.seimpersonate.impersonate : Audit | Read") == 0


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
def test_a_template_of_all_hosts_may_have_a_value_for_the_last_alone(spoilt, audit):
    def spoil(inventory):
        inventory["all"]["vars"] |= {"impersonate_permitted": "{{ [mine] }}"}
        inventory["all"]["hosts"]["web02"]["mine"] = "S-1-5-32-545"

    run = audit(spoilt(spoil))

    assert run.statuses == {"web01": "error", "web02": "compliant"}, run.outcome.stdout


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)
@pytest.mark.parametrize("order", ["reverse_sorted", "shuffle"])
def test_a_rolling_change_in_another_order_is_refused(fleet, written, order):
    """ansible-core tells in no variable which order that is, so that nobody would know which hosts are left."""
    for host in ("web01", "web02", "web03"):
        fleet.add(Machine.member_server(host, also=[names.USERS]))
    action = {"vars": {"__impersonate_action": "enforce"}}

    run = written(
        fleet, {"tasks": [of_role("plan", **action)]}, {"tasks": [of_role("enforce", **action)], "serial": 1, "order": order}
    )

    assert f"order: '{order}' is no order for a play with serial" in run.said
    assert (run.rc, run.outcome.changed) == (2, set())
