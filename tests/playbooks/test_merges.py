# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merging as a user orders it: the gate that was asked for, expected hosts, what changed, which files."""

from __future__ import annotations

import json
import types

import pytest
from report_heads import GENERATOR

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of
from fleet import demo
from fleet.plays.play import play
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Machine

ALL = ["drift", "unreachable", "error", "not_checked"]


def lines(number=1, fail_on=("drift",), tolerate=None, results=None, **run):
    """JSON Lines of a run that failed on drift alone and tolerated one."""
    about = {"id": f"r{number}", "started": "2026-01-31T08:15:00Z", "finished": "2026-01-31T08:16:00Z", "duration_s": 60}
    about |= {"check_mode": False, "action": "audit", "limit": None, "hosts": None, "forks": 5, "restored": None, "awx": {}, **run}
    statuses = {"good": "compliant", "bad": "drift", "broken": "error"} if results is None else results
    records = [
        record_of(f"{host}{number}", {"status": status, "checked_at": "2026-01-31T08:15:30Z"}) for host, status in statuses.items()
    ]
    tolerate = {"drift": "1"} if tolerate is None else tolerate
    return json_lines(build_report(records, run=about, policy=None, generator=GENERATOR, fail_on=fail_on, tolerate=tolerate))


@pytest.fixture
def merge(tmp_path):
    """Merge what the folder ``in`` holds; no host is touched, so there is no fleet."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.jsonl").write_text(lines())

    def run(machines=(), **extravars):
        folder = tmp_path / "merged"
        before = set(folder.glob("*.json"))
        variables = {"impersonate_merge": str(tmp_path / "in"), "impersonate_report_dir": str(folder), **extravars}
        with Fleet(machines, None) as fleet:
            outcome = play(fleet, "winrights.seimpersonate.merge_reports", tmp_path=tmp_path, extravars=variables)
        made = set(folder.glob("*.json")) - before
        report = json.loads(made.pop().read_text()) if made else None
        return types.SimpleNamespace(rc=outcome.rc, report=report, said=" ".join(outcome.stdout.split()))

    return run


@pytest.mark.parametrize(
    ("extravars", "rc", "fail_on", "tolerate"),
    [
        pytest.param({}, 0, ["drift"], {"drift": "1"}, id="nothing is said: the gates of the runs count"),
        pytest.param({"impersonate_fail_on": "", "impersonate_tolerate": ""}, 0, ["drift"], {"drift": "1"}, id="empty answers"),
        pytest.param({"impersonate_fail_on": ALL}, 2, sorted(ALL), {"drift": "1"}, id="what an audit fails on by itself, and said"),
        pytest.param(
            {"impersonate_fail_on": "error,\nnot_checked"}, 2, ["error", "not_checked"], {"drift": "1"}, id="a survey's text"
        ),
        pytest.param({"impersonate_fail_on": []}, 0, [], {"drift": "1"}, id="nothing at all"),
        pytest.param({"impersonate_tolerate": {}}, 2, ["drift"], {}, id="nothing is tolerated any more"),
        pytest.param({"impersonate_tolerate": {"drift": "50%"}}, 0, ["drift"], {"drift": "50%"}, id="a share"),
    ],
)
def test_the_gate_of_a_merge_is_the_one_that_was_asked_for(merge, extravars, rc, fail_on, tolerate):
    run = merge(**extravars)

    assert run.rc == rc, run.said
    assert (run.report["summary"]["gate"]["fail_on"], run.report["summary"]["gate"]["tolerate"]) == (fail_on, tolerate)


def test_a_merge_accounts_for_expected_hosts(merge, tmp_path):
    (tmp_path / "cmdb.txt").write_text("GOOD1\nlost\n")
    run = merge(impersonate_expected_file=str(tmp_path / "cmdb.txt"), impersonate_fail_on=["not_checked"])

    assert run.rc == 2
    assert run.report["scope"] == {"expected": 4, "source": f"file {tmp_path / 'cmdb.txt'}", "hosts_without_result": ["lost"]}


def test_a_group_of_the_inventory_is_expected_in_a_merge_too(merge):
    run = merge([Machine.member_server("good1"), Machine.member_server("new")], impersonate_expected_group="all")

    assert run.report["scope"] == {"expected": 4, "source": "group all", "hosts_without_result": ["new"]}


def test_a_merge_says_what_changed_since_the_one_before(merge, tmp_path):
    folder = {"impersonate_report_previous": str(tmp_path / "merged")}
    (tmp_path / "in/a.jsonl").write_text(lines(results={"good": "compliant", "bad": "compliant"}))
    first = merge(**folder)
    (tmp_path / "in/b.jsonl").write_text(lines(2, finished="2026-02-01T08:16:00Z"))
    second = merge(**folder)

    assert first.report["summary"]["changed"] is None
    assert "so that the report does not say what changed" in first.said
    assert second.report["summary"]["changed"]["came"] == ["bad2"]
    assert second.report["summary"]["changed"]["previous"]["id"] == first.report["run"]["id"]


def test_a_check_after_an_audit_greens_no_merge(fleet, playbook, tmp_path):
    """Slices of one check pass; with the audit before it, the hosts drift."""
    for host in ("web01", "web02"):
        fleet.add(Machine.member_server(host, holders=[*demo.FLOOR, names.USERS]))

    def merged(folder):
        extravars = {"impersonate_merge": str(tmp_path / "reports"), "impersonate_report_dir": str(tmp_path / folder)}
        return playbook(fleet, "winrights.seimpersonate.merge_reports", extravars=extravars)

    checks = [playbook(fleet, "winrights.seimpersonate.enforce", check=True, limit=host) for host in ("web01", "web02")]
    slices = merged("slices")
    audit = playbook(fleet, "winrights.seimpersonate.audit")
    checked = playbook(fleet, "winrights.seimpersonate.enforce", check=True)
    both = merged("both")

    assert [one.rc for one in (*checks, slices, audit, checked, both)] == [0, 0, 0, 2, 0, 2], both.said
    assert "planned drift does not fail a check" in slices.said
    assert "not passed: 2 hosts drift from the policy" in both.said
    assert "planned drift does not fail a check" not in both.said


def test_doubts_are_said_on_the_screen_and_in_the_report(merge, tmp_path):
    (tmp_path / "in/b.jsonl").write_text(lines(2, action="enforce"))
    run = merge()

    assert run.report["notes"] == ["the runs did different things: audit, enforce"]
    assert (run.report["run"]["action"], run.report["scope"]["source"]) == ("enforce", "merged")
    assert "the runs did different things: audit, enforce" in run.said


@pytest.mark.parametrize("pattern", ["i*/*.jsonl", "i*", "**/a.jsonl", "in/[a-b].jsonl"])
def test_patterns_may_have_folders_in_them(merge, tmp_path, pattern):
    run = merge(impersonate_merge=[str(tmp_path / pattern)])

    assert run.rc == 0, run.said
    assert len(run.report["hosts"]) == 3


def test_a_report_without_a_host_does_not_pass(merge, tmp_path):
    (tmp_path / "in/a.jsonl").write_text(lines(results={}))
    run = merge()

    assert run.rc == 2
    assert run.report["summary"]["gate"]["reasons"] == ["there was no host to judge"]
    assert "NOTHING AUDITED" in run.said


@pytest.mark.parametrize(
    ("extravars", "words"),
    [
        pytest.param({"impersonate_report_formats": []}, "formats: the list is empty", id="no format"),
        pytest.param({"impersonate_report_dir": "/proc/x"}, "report_dir: /proc/x cannot be written", id="no such folder"),
        pytest.param({"impersonate_report_name": "x" * 300}, "name: a file would be called xxx", id="a name that is too long"),
        pytest.param({"impersonate_expected_file": "/nowhere"}, "expected_file: /nowhere cannot be read", id="no such file"),
        pytest.param({"impersonate_expected_group": "web"}, "expected_group: the inventory has no group 'web'", id="no such group"),
    ],
)
def test_bad_input_of_a_merge_is_named(merge, extravars, words):
    run = merge(**extravars)

    assert (run.rc, run.report) == (2, None)
    assert words in run.said


def test_a_report_that_cannot_be_written_still_says_its_verdict(merge, tmp_path):
    (tmp_path / "merged/x.json").mkdir(parents=True)
    run = merge(impersonate_report_name="x")

    assert run.rc == 2
    assert "report_dir (in the role impersonate_report_dir): a part of the report could not be written" in run.said
    assert (tmp_path / "merged/x.jsonl").is_file()  # one format takes no other one with it
    assert run.said.count("NOT COMPLIANT - 1 of 3 hosts drift, 1 not assessed") >= 2  # on the screen, and as the task's message
