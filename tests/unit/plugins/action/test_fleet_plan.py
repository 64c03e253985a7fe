# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The look at the plans of the whole fleet, by what each host registered."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from role_options import role_options

from ansible_collections.winrights.seimpersonate.plugins.action.fleet_plan import ActionModule
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.columns import WIDTH, columns
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.bad_input import BAD_INPUT

CHECK = {"run_id": "20260131T081500Z-5014ea", "started": "2026-01-31T08:15:00Z"}
USERS = {"sid": "S-1-5-32-545", "name": "BUILTIN\\Users", "kind": "builtin"}


@pytest.fixture
def plan(action):
    """Look at what hosts registered; whatever is asked of a host fails the test."""

    def execute(module, args):
        raise AssertionError(f"{module} was sent to a host")

    def run(results, check=None, check_mode=False, **variables):
        hostvars = {host: {"__impersonate_plan": result} for host, result in results.items()}
        task_vars = {"hostvars": hostvars, "ansible_play_hosts_all": list(results)}
        options = role_options("plan", "fleet_plan", __impersonate_check=CHECK if check is None else check, **variables)
        return action(ActionModule, execute, check_mode=check_mode, task_vars=task_vars, **options)

    return run


def removal(**more):
    """What a host registers that would lose Users."""
    return {
        "run_id": CHECK["run_id"], "outcome": "planned", "added": [], "removed": [USERS["sid"]], "holders": [USERS], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("most", "failed"),
    [pytest.param(2, True, id="one too many"), pytest.param(3, False, id="as many"), pytest.param(0, False, id="no limit")],
)
def test_a_removal_on_many_hosts_asks_for_a_second_look(plan, most, failed):
    result = plan({f"host{number}": removal() for number in range(3)}, impersonate_max_hosts_per_account=most)

    assert (result.get("failed", False), bool(result["second_look"])) == (failed, failed)
    assert len(result["planned"]) == 1
    assert ("Nothing was changed" in result.get("msg", "")) is failed


def test_what_was_approved_is_planned_and_anything_else_stops_before_the_change(plan):
    approved = plan({"a": removal(), "b": removal(removed=[])})["plan"]

    same = plan({"a": removal(), "b": None}, impersonate_approved_plan=approved)
    other = plan({"a": removal(), "b": removal()}, impersonate_approved_plan=approved)

    assert (same["gate_passed"], same["not_approved"], "failed" in same) == (True, [], False)
    assert (other["gate_passed"], other["failed"]) == (False, True)
    assert other["not_approved"] == ["would remove BUILTIN\\Users (S-1-5-32-545) on 2 hosts"]
    assert other["verdict"] == (
        "Nothing was changed. This is not what was approved: would remove BUILTIN\\Users (S-1-5-32-545) on 2 hosts. "
        "Since the plan a host, the inventory or the policy is another. Plan again and have it approved; in AWX start the workflow anew."
    )
    assert other["ansible_stats"]["data"]["impersonate"]["gate_passed"] is False


@pytest.mark.parametrize(
    ("most", "check_mode", "handed"),
    [
        pytest.param(0, True, True, id="a plan"),
        pytest.param(0, False, False, id="a change: it needs no approval any more"),
        pytest.param(1, True, False, id="a plan that asks for a second look cannot be approved"),
    ],
)
def test_what_can_be_approved_is_handed_on_to_awx(plan, most, check_mode, handed):
    result = plan({"a": removal(), "b": removal()}, check_mode=check_mode, impersonate_max_hosts_per_account=most)

    assert result["ansible_stats"]["data"]["impersonate"].get("plan") == (result["plan"] if handed else None)


def test_hosts_that_were_not_read_count(plan):
    lost = {"unreachable": True, "msg": "no route"}

    assert plan({"a": removal(), "b": lost, "c": None}, impersonate_max_hosts_per_account=2)["failed"]


def own(host, op, kind, name=None):
    """A host that would lose or get an account of its own. ``kind``: as what it holds it; None where it does not hold it yet."""
    sid = f"S-1-5-21-{len(host)}{host[-1]}-1-1-1001"
    holders = [{"sid": sid, "name": name, "kind": kind}] if kind else []
    return removal(
        **{"removed": [], op: [sid], "names": {sid: name}, "holders": holders, "computer": {"name": host, "sid": sid[:-5]}}
    )


@pytest.mark.parametrize(
    ("results", "said"),
    [
        pytest.param({host: own(host, "removed", "local", f"{host}\\svc") for host in ("WEB01", "WEB02")}, "would remove .\\svc on 2 hosts",
                     id="a local account on two"),
        pytest.param({"WEB01": own("WEB01", "removed", "local", "WEB01\\svc")}, "would remove .\\svc on 1 host", id="a local account on one"),
        pytest.param({host: own(host, "added", None, f"{host}\\svc") for host in ("WEB01", "WEB02")}, "would add .\\svc on 2 hosts",
                     id="a local account that does not hold the right yet"),
        pytest.param({host: own(host, "removed", "orphan") for host in ("WEB01", "WEB02")}, "would remove accounts that were deleted on 2 hosts",
                     id="deleted accounts with other SIDs"),
    ],
)  # fmt: skip
def test_no_host_is_named_in_what_leaves_the_controller_and_no_sid_stands_for_another(plan, results, said):
    result = plan(results, check_mode=True, impersonate_max_hosts_per_account=0)

    assert result["planned"] == [said]
    assert not [
        word for word in (*results, "S-1-5-21") if word.casefold() in f"{result['ansible_stats']}{result['verdict']}".casefold()
    ]


@pytest.mark.parametrize(
    ("results", "check", "most", "words"),
    [
        pytest.param({"a": removal()}, CHECK, -1, "max_hosts_per_account: -1 is not a number of hosts; 0 is no limit", id="a negative number"),
        pytest.param({"a": removal()}, {}, 0, "check: this is not what fleet_check returned", id="a start at a later task"),
        pytest.param({"a": removal(), "b": {"failed": True, BAD_INPUT: True, "run_id": CHECK["run_id"], "msg": "permitted[0]: wrong"}}, CHECK, 0,
                     "Nothing was changed on any host. b: permitted[0]: wrong", id="options of one host"),
    ],
)  # fmt: skip
def test_what_stops_a_change_before_it_begins(plan, results, check, most, words):
    with pytest.raises(AnsibleError) as error:
        plan(results, check, impersonate_max_hosts_per_account=most)

    assert words in str(error.value)


COMPUTER = {"name": "WEB01", "sid": "S-1-5-21-1-2-3"}


@pytest.mark.parametrize(
    ("computers", "said"),
    [
        pytest.param([COMPUTER, COMPUTER], True, id="two names of one machine"),
        pytest.param([COMPUTER, {**COMPUTER, "name": "WEB02"}], False, id="copies of one installation"),
        pytest.param([COMPUTER, None], False, id="not read"),
    ],
)
def test_a_machine_with_two_names_is_said_before_it_is_changed(plan, capsys, computers, said):
    plan({f"host{number}": removal(computer=computer) for number, computer in enumerate(computers)})

    line = "host0, host1 are the same machine (WEB01 (S-1-5-21-1-2-3)), which counts once for each name and is changed under one of them"
    assert (line in " ".join(capsys.readouterr().out.split())) is said


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("web{0:03}.corp.example", id="names as they are"),
        pytest.param("application-server-{0:03}.production.emea.corp.example", id="long names"),
        pytest.param("w" * 190 + "{0:03}", id="a name that is longer than a line"),
        pytest.param("\u6f22" * 60 + "{0:03}", id="wide letters"),
    ],
)
def test_no_line_of_the_plan_is_wider_than_a_screen(plan, capsys, host):
    hosts = [host.format(number) for number in range(7)]
    lost = {"unreachable": True, "msg": "no route"}
    plan({**{name: removal(computer=COMPUTER) for name in hosts}, f"lost-{hosts[0]}": lost}, impersonate_max_hosts_per_account=0)
    shown = capsys.readouterr().out
    lines = shown.split("The plan of the fleet:")[1].splitlines()

    assert max(map(columns, lines)) <= WIDTH == 100
    told = "".join(line.strip() for line in lines)
    assert all(name in told for name in hosts[:5])  # nothing is cut
    assert "on 7 hosts" in " ".join(" ".join(lines).split())
    assert "and 2 more" in " ".join(" ".join(lines).split())
