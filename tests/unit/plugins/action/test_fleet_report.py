# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of the whole fleet, by what each host registered: what is written, what is said, what stops it."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleError
from role_options import role_options

from ansible_collections.winrights.seimpersonate.plugins.action.fleet_report import ActionModule

CHECK = {
    "run_id": "20260131T081500Z-5014ea", "started": "2026-01-31T08:15:00Z", "policy": None, "exceptions": [], "expected": [],
}  # fmt: skip
GOOD = {"run_id": CHECK["run_id"], "status": "compliant", "checked_at": "2026-01-31T08:15:30Z"}
LOST = {"unreachable": True, "msg": "no route"}


class Long(list):
    """Hosts of a fleet, in which one is not searched for: for each of them that takes the square."""

    def __contains__(self, host):
        raise AssertionError(f"{host} is searched for")


@pytest.fixture
def report(action, tmp_path):
    """Report what hosts registered: the result of the task and the report on the disk."""

    def execute(module, args):
        raise AssertionError(f"{module} was sent to a host")

    def run(results, check=None, groups=None, **variables):
        hosts = Long(results)
        variables = {"impersonate_report_dir": str(tmp_path / "reports"), "impersonate_report_formats": ["json"], **variables}
        task_vars = {
            "hostvars": {host: {"__impersonate_audit": result} for host, result in results.items()},
            "groups": {"all": hosts, **(groups or {})},
            **dict.fromkeys(("ansible_play_hosts_all", "ansible_play_hosts", "ansible_play_batch"), hosts),
        }
        options = role_options("audit", "fleet_report", **variables, __impersonate_check=CHECK if check is None else check)
        result = action(ActionModule, execute, task_vars=task_vars, **options)
        (path,) = (tmp_path / "reports").glob("*.json")
        return result, json.loads(path.read_text())

    return run


def test_each_host_of_the_play_is_in_the_report(report):
    earlier = {**GOOD, "run_id": "an earlier run"}

    result, written = report({"good": GOOD, "lost": LOST, "none": None, "earlier": earlier})

    statuses = {record["host"]: record["status"] for record in written["hosts"]}
    assert statuses == {"good": "compliant", "lost": "unreachable", "none": "not_checked", "earlier": "not_checked"}
    assert (result["gate_passed"], written["run"]["id"]) == (False, CHECK["run_id"])
    assert result["verdict"].startswith("NOT ASSESSED COMPLETELY - 0 of 4 hosts drift, 3 not assessed")


@pytest.mark.parametrize(
    ("judged_by", "note"),
    [
        pytest.param(["stig", "stig"], ["no host was judged by microsoft, the policy of this report: the hosts were judged by stig"], id="no host"),
        pytest.param(["stig", "microsoft"], [], id="some of them"),
        pytest.param([None, None], [], id="none was judged"),
    ],
)  # fmt: skip
def test_a_policy_at_the_head_that_judged_no_host_is_said(report, judged_by, note):
    head = {"name": "microsoft", "title": "Microsoft's", "version": None, "compare": "exact", "sha256": "0" * 64, "document": None}
    check = {**CHECK, "policy": {**head, "references": [], "gpo": None}}

    _result, written = report({f"host{number}": {**GOOD, "policy": policy} for number, policy in enumerate(judged_by)}, check)

    assert written["notes"] == note


def test_what_the_check_expected_counts_though_its_file_is_gone(report, tmp_path):
    check = {**CHECK, "expected": ["good", "new"]}

    _result, written = report({"good": GOOD}, check, impersonate_expected_file=str(tmp_path / "gone.txt"))

    assert {record["host"]: record["status"] for record in written["hosts"]} == {"good": "compliant", "new": "not_checked"}


EXCEPTION = {
    "account": "S-1-5-32-551",
    "reason": "r",
    "owner": "o",
    "ticket": "",
    "expires": "2099-12-31",
    "groups": ["web"],
    "hosts": [],
    "sid": "S-1-5-32-551",
}


@pytest.mark.parametrize(
    ("results", "groups", "state"),
    [
        pytest.param({"lost": LOST}, {"web": ["lost"]}, "unknown", id="a host of the group was not read"),
        pytest.param({"good": GOOD, "lost": LOST}, {"web": ["good"]}, "unused", id="a host of no such group was not read"),
        pytest.param({"lost": LOST}, {}, "unused", id="there is no such group"),
        pytest.param({"good": GOOD}, {"web": ["good"]}, "unused", id="all hosts were read"),
    ],
)
def test_an_exception_for_a_group_is_unused_only_when_every_host_of_it_was_read(report, results, groups, state):
    _result, written = report(results, {**CHECK, "exceptions": [EXCEPTION]}, groups)

    assert [used["state"] for used in written["summary"]["exceptions"]] == [state]


def test_exceptions_of_hosts_that_were_not_read_are_told_apart_without_a_search(report):
    check = {**CHECK, "exceptions": [EXCEPTION], "expected": Long(["good", "lost", "new"])}

    _result, written = report({"good": GOOD, "lost": LOST}, check)

    assert {record["host"]: record["status"] for record in written["hosts"]} == {
        "good": "compliant",
        "lost": "unreachable",
        "new": "not_checked",
    }


@pytest.mark.parametrize(
    ("check", "variables", "words"),
    [
        pytest.param({}, {}, "the play has to begin with it, so do not start at a later task", id="a start at a later task"),
        pytest.param(CHECK, {"impersonate_fail_on": ["drifted"]}, "value of fail_on must be one or more of: drift", id="unknown status"),
        pytest.param(CHECK, {"impersonate_tolerate": {"drift": "few"}}, "tolerate.drift: 'few' is not a tolerance", id="no number"),
        pytest.param(CHECK, {"impersonate_expected_file": "/nowhere"}, "expected_file: /nowhere cannot be read", id="no such file"),
        pytest.param(CHECK, {"impersonate_expected_group": "web"}, "expected_group: the inventory has no group 'web'", id="no such group"),
    ],
)  # fmt: skip
def test_bad_input_is_named(report, tmp_path, check, variables, words):
    with pytest.raises(AnsibleError) as error:
        report({"good": GOOD}, check, **variables)

    assert words in " ".join(str(error.value).split())
    assert not (tmp_path / "reports").exists()


GPOS = {
    "schema_version": "1", "domain": "sim.example", "controller": "dc01", "read_at": "2026-01-31T08:15:00Z", "policy": "microsoft",
    "complete": True, "compliant": True, "not_defining": 3, "unread": [], "gpos": [], "changes": [],
}  # fmt: skip


def test_what_gpo_right_info_kept_is_a_section_of_the_report(report, tmp_path):
    (tmp_path / "gpos.json").write_text(json.dumps(GPOS))

    _result, written = report({"web01": GOOD}, impersonate_gpo_file=str(tmp_path / "gpos.json"))

    assert written["gpos"]["not_defining"] == 3


def test_a_file_of_gpos_that_is_not_there_yet_is_a_warning(report, tmp_path):
    result, written = report({"web01": GOOD}, impersonate_gpo_file=str(tmp_path / "gpos.json"))

    assert written["gpos"] is None
    assert any("run gpo_audit first" in warning for warning in result["warnings"])
