# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No audit ends without a report or a summary, and a report says of whom it speaks."""

from __future__ import annotations

import pytest

from fleet.plays.play import play
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Machine


@pytest.fixture
def two(fleet):
    fleet.add(Machine.member_server("clean"))
    fleet.add(Machine.member_server("drifted", also=[names.USERS]))
    return fleet


@pytest.mark.parametrize(
    ("extravars", "words"),
    [
        pytest.param({"impersonate_report_dir": "/proc/x"}, "report_dir: /proc/x cannot be written (No such file", id="no file system for it"),
    ],
)  # fmt: skip
def test_what_would_end_without_a_report_does_not_begin(two, audit, extravars, words):
    run = audit(two, extravars=extravars)

    assert run.rc == 2
    assert words in run.said
    assert "Nothing was sent to any host." in run.said
    assert two.journal.records() == []


def test_a_report_that_cannot_be_written_still_says_its_verdict(two, audit, tmp_path):
    (tmp_path / "reports/x.jsonl").mkdir(parents=True)

    run = audit(two, extravars={"impersonate_report_name": "x"})

    assert run.rc == 2
    message = run.outcome.results("fleet_report")
    assert [text in str(message) for text in ("could not be written", "Is a directory", "NOT COMPLIANT - 1 of 2 hosts drift")] == [
        True
    ] * 3
    assert "NOT COMPLIANT - 1 of 2 hosts drift, 0 not assessed SeImpersonatePrivilege:" in run.said


def test_a_run_that_was_narrowed_says_so(two, audit):
    whole = audit(two)
    limited = audit(two, limit="clean", extravars={"impersonate_hosts": "all:!nobody"}, options="--forks 3")

    assert (whole.report["notes"], whole.report["run"]["limit"], whole.report["run"]["hosts"]) == ([], None, None)
    assert whole.report["scope"] == {"expected": 2, "source": "play", "hosts_without_result": []}
    assert limited.report["run"] | {"limit": "clean", "hosts": "all:!nobody", "forks": 3} == limited.report["run"]
    assert limited.report["notes"] == [
        "the run was limited to 'clean' of 'all:!nobody': other hosts of the inventory are in no number here"
    ]


def test_expected_hosts_are_known_in_any_case(two, audit, tmp_path):
    (tmp_path / "hosts.txt").write_text("CLEAN\nDrifted\nLOST\n")

    run = audit(two, extravars={"impersonate_expected_file": str(tmp_path / "hosts.txt")})

    assert run.statuses == {"clean": "compliant", "drifted": "drift", "LOST": "not_checked"}
    assert run.report["scope"]["hosts_without_result"] == ["LOST"]


@pytest.mark.parametrize("file", ["drifted\n", "lost\n"], ids=["a host of the inventory", "a host that it does not know"])
def test_an_exception_for_a_host_that_is_only_expected_is_not_called_unused(two, audit, tmp_path, file):
    (tmp_path / "hosts.txt").write_text(file)
    exceptions = [{"account": "power_users", "reason": "r", "owner": "o", "groups": ["all"]}]
    extravars = {"impersonate_exceptions": exceptions, "impersonate_hosts": "clean"}

    run = audit(two, extravars={**extravars, "impersonate_expected_file": str(tmp_path / "hosts.txt")})

    assert [one["state"] for one in run.report["summary"]["exceptions"]] == ["unknown"]


@pytest.mark.parametrize(
    ("fail_on", "rc", "meant"),
    [
        ("error, unreachable", 0, ["error", "unreachable"]),
        ("drift\nunreachable\n", 2, ["drift", "unreachable"]),
        (" ", 2, ["drift", "error", "not_checked", "unreachable"]),
    ],
    ids=["between commas", "on lines", "blank"],
)
def test_a_survey_says_what_the_gate_fails_on(two, audit, fail_on, rc, meant):
    run = audit(two, extravars={"impersonate_fail_on": fail_on})

    assert (run.rc, run.report["summary"]["gate"]["fail_on"]) == (rc, meant)


PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - winrights.seimpersonate.fleet_check:
        policy: {{name: own, title: Own, compare: exact, host_roles: {{client: {{required: [administrators], source: s}}}}}}
        report_dir: {folder}/reports
        expected_file: {folder}/hosts.txt
      register: check
    - ansible.builtin.file:
        path: {folder}/hosts.txt
        state: absent
      delegate_to: localhost
      connection: local
      run_once: true
      vars:
        ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
    - winrights.seimpersonate.fleet_report:
        results: nothing
        check: "{{{{ check }}}}"
        report_dir: {folder}/reports
        expected_file: {folder}/hosts.txt
        formats: [json]
"""


def test_a_list_of_hosts_that_vanishes_ends_no_run(tmp_path):
    (tmp_path / "hosts.txt").write_text("lost\n")
    (tmp_path / "play.yml").write_text(PLAYBOOK.format(folder=tmp_path))
    with Fleet([Machine.member_server("a")], None) as fleet:
        outcome = play(fleet, tmp_path / "play.yml", tmp_path=tmp_path)

    assert outcome.rc == 0, outcome.stdout
    (result,) = outcome.results("fleet_report").values()
    assert result["verdict"].startswith("NOT ASSESSED COMPLETELY - 0 of 2 hosts drift, 2 not assessed")
