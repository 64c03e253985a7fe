# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees of the audit: statuses, exit codes, the report, and what went over the wire."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleAction

from fleet import demo
from fleet.plays.play import play
from fleet.windows import names
from fleet.windows.machine import Iis, Logon, Machine, Token

NO_HOST = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # which is asked nothing: either would do


def add(fleet, *hosts, **options):
    for name in hosts:
        fleet.add(Machine.member_server(name), **options)


def test_every_host_of_the_demo_has_the_status_and_the_reason_that_it_should_have(fleet, audit):
    hosts = demo.fill(fleet)

    run = audit(fleet, extravars={"impersonate_exceptions": demo.exceptions()})

    assert run.rc == 2
    assert run.statuses == {host.machine.name: host.status for host in hosts}
    reasons = {record["host"]: record["reason"] for record in run.report["hosts"]}
    assert {name: words for name, words in ((host.machine.name, host.words) for host in hosts) if words not in reasons[name]} == {}
    for host in hosts:  # dead hosts got no command, every other one exactly one
        expected = 0 if host.status == "unreachable" else 1
        assert len(fleet.commands(host.machine.name)) == len(fleet.creates(host.machine.name)) == expected, host.machine.name
    rows = {line.split()[0].rstrip(":") for line in run.outcome.stdout.splitlines() if line.startswith("  ") and line.strip()}
    assert rows >= {host.machine.name for host in hosts if host.status not in ("compliant", "waived")}
    states = {one["account"]: [] for one in run.report["summary"]["exceptions"]}
    for one in run.report["summary"]["exceptions"]:
        states[one["account"]].append((one["state"], one["used_by"], one["wanted_by"]))
    assert states == {
        "remote_desktop_users": [("unused", [], [])],
        "SIM\\svc-backup": [("expired", [], ["app05"]), ("used", ["app04"], [])],
    }


def test_check_mode_sends_the_same_bytes_and_gives_the_same_verdicts(fleet, recorder, audit):
    add(fleet, "clean")
    fleet.add(Machine.member_server("drifted", also=[names.USERS]))

    same_order = {"PYTHONHASHSEED": "0"}  # ansible-core keeps the names of a module's utils in a set

    real = audit(fleet, env=same_order)
    checked = audit(fleet, check=True, diff=True, env=same_order)

    assert real.statuses == checked.statuses == {"clean": "compliant", "drifted": "drift"}
    assert (real.report["run"]["check_mode"], checked.report["run"]["check_mode"]) == (False, True)
    assert real.outcome.changed == checked.outcome.changed == set()
    for name in ("clean", "drifted"):
        first, second = recorder.received[name]
        assert (first.command_line, first.stdin) == (second.command_line, second.stdin)


def test_nothing_is_written_on_a_host(fleet, audit):
    machine = Machine.member_server("web01", also=[names.USERS, demo.ORPHAN])
    before = {sid: set(rights) for sid, rights in machine.rights.items()}
    fleet.add(machine)

    audit(fleet)

    assert machine.rights == before
    assert [record.module for record in fleet.commands("web01")] == ["winrights.seimpersonate.local_right_info"]


# The matrix of exit codes: what the host does, what the run says. A run with an unread host is never green by itself.
ALIVE = {"alive": "compliant"}


@pytest.mark.parametrize(
    ("scenarios", "options", "rc", "statuses"),
    [
        pytest.param({"alive": None}, {}, 0, ALIVE, id="all alive"),
        pytest.param({"dead": "host down", "alive": None}, {}, 2, {"dead": "unreachable", **ALIVE}, id="one dead, first in the list"),
        pytest.param({"dead": "host down", "gone": "host down"}, {}, 2, {"dead": "unreachable", "gone": "unreachable"}, id="all dead"),
        pytest.param({"dead": "host down", "alive": None}, {"limit": "alive"}, 0, ALIVE, id="limited to the living"),
        pytest.param({"dead": "host down", "alive": None}, {"limit": "dead"}, 2, {"dead": "unreachable"}, id="limited to the dead"),
        pytest.param({"locked": "wrong password", "alive": None}, {}, 2, {"locked": "unreachable", **ALIVE}, id="wrong password"),
        pytest.param({"cut": "drop at Receive", "alive": None}, {}, 2, {"cut": "error", **ALIVE}, id="lost in the middle"),
        pytest.param({"half": "JSON cut off", "alive": None}, {}, 2, {"half": "error", **ALIVE}, id="half an answer"),
        pytest.param({"late": "shell gone at Command", "alive": None}, {}, 2, {"late": "error", **ALIVE}, id="shell gone"),
        pytest.param({"cut": "drop at Delete", "alive": None}, {}, 0, {"cut": "compliant", **ALIVE}, id="lost after the answer"),
        pytest.param(
            {"dead": "host down", "alive": None}, {"extravars": {"impersonate_fail_on": ["drift"]}}, 0, {"dead": "unreachable", **ALIVE},
            id="dead, and allowed to be",
        ),
        pytest.param(
            {"dead": "host down", "cut": "drop at Receive"}, {"extravars": {"impersonate_fail_on": ["unreachable"]}}, 2,
            {"dead": "unreachable", "cut": "error"}, id="error allowed, dead not",
        ),
        pytest.param({"dead": "host down", "alive": None}, {"check": True}, 2, {"dead": "unreachable", **ALIVE}, id="check mode"),
    ],
)  # fmt: skip
def test_exit_code_and_summary_tell_the_truth(fleet, audit, scenarios, options, rc, statuses):
    for name, scenario in scenarios.items():
        fleet.add(Machine.member_server(name), scenario=scenario)

    run = audit(fleet, **options)

    assert (run.rc, run.statuses) == (rc, statuses)
    assert run.report["summary"]["gate"]["passed"] == (rc == 0)
    if rc:
        assert "This is the gate of the whole fleet" in run.outcome.stdout


@NO_HOST
def test_each_failure_is_printed_once_and_with_verbosity_with_its_place(fleet, playbook):
    fleet.add(Machine.member_server("dead"), scenario="host down")
    fleet.add(Machine.member_server("filtered", logons={"SIM\\auditor": Logon("Simulated-1", Token.FILTERED)}))

    run, verbose = (playbook(fleet, "winrights.seimpersonate.audit", options=options) for options in ("", "-v"))

    assert run.statuses == {"dead": "unreachable", "filtered": "error"}
    assert [line for line in run.outcome.stdout.splitlines() if "[ERROR]" in line] == []
    assert sorted(line.split(" =>")[0] for line in run.outcome.stdout.splitlines() if line.startswith("fatal: ")) == [
        "fatal: [dead -> localhost]: FAILED!",
        "fatal: [dead]: UNREACHABLE!",
        "fatal: [filtered]: FAILED!",
    ]
    assert ["Reader: host (" in one.outcome.stdout for one in (run, verbose)] == [False, True]
    assert verbose.outcome.stdout.count("[ERROR]") == (3 if hasattr(AnsibleAction, "omit_exception_key") else 0)


def test_drift_may_be_allowed_and_is_still_said(fleet, audit):
    fleet.add(Machine.member_server("drifted", also=[names.USERS]))

    run = audit(fleet, extravars={"impersonate_fail_on": ["unreachable", "error", "not_checked"]})

    assert (run.rc, run.statuses) == (0, {"drifted": "drift"})
    assert "NOT COMPLIANT - 1 of 1 hosts drift" in run.outcome.stdout


def test_a_host_skipped_by_a_tag_is_not_checked(fleet, audit, tmp_path, checkout):
    add(fleet, "web01")
    playbook = tmp_path / "skip.yml"
    playbook.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "    - winrights.seimpersonate.fleet_check: {policy: '{{ policy }}', report_dir: '{{ impersonate_report_dir }}'}\n      register: check\n"
        "    - winrights.seimpersonate.local_right_info: {policy: '{{ policy }}'}\n      register: audit\n      when: false\n"
        "    - winrights.seimpersonate.fleet_report: {results: audit, check: '{{ check }}', report_dir: '{{ impersonate_report_dir }}'}\n"
    )
    policy = {"name": "own", "title": "Own", "compare": "exact", "host_roles": {"client": {"source": "s"}}}

    run = audit(fleet, playbook, extravars={"policy": policy})

    assert (run.rc, run.statuses) == (0, {"web01": "not_checked"})
    assert not run.report["summary"]["gate"]["passed"]


@NO_HOST
@pytest.mark.parametrize(
    ("extravars", "words"),
    [
        pytest.param({"impersonate_policy": "stig9"}, "policy: 'stig9' is not a policy", id="unknown policy"),
        pytest.param({"impersonate_host_role": "server"}, "value of impersonate_host_role must be one of: domain_controller, member_server", id="unknown role"),
        pytest.param({"impersonate_iis": "perhaps"}, "perhaps", id="no boolean for IIS"),
        pytest.param({"impersonate_permitted": ["Benutzer"]}, "permitted[0]: 'Benutzer' is a bare name", id="bare localised name"),
        pytest.param({"impersonate_required": ["S-1-5-32-"]}, "required[0]: 'S-1-5-32-' is a malformed SID", id="malformed SID"),
        pytest.param({"impersonate_forbidden": ["service"]}, "can never be forbidden: Windows needs it", id="floor account forbidden"),
        pytest.param({"impersonate_fail_on": ["drifted"]}, "value of impersonate_fail_on must be one or more of: drift", id="unknown status in the gate"),
        pytest.param({"impersonate_policy": {"name": "own", "title": "Own", "compare": "exact", "hostroles": {}}}, "did you mean host_roles?",
                     id="misspelt key"),
    ],
)  # fmt: skip
def test_bad_input_ends_the_run_before_any_host_is_touched(fleet, audit, extravars, words):
    add(fleet, "web01", "web02")

    run = audit(fleet, extravars=extravars)

    assert run.rc == 2
    assert words in " ".join(run.outcome.stdout.split())
    assert fleet.journal.records() == []
    assert run.report is None


def test_a_sid_with_a_star_is_accepted(fleet, audit):
    fleet.add(Machine.member_server("web01", also=[names.USERS]))

    run = audit(fleet, extravars={"impersonate_permitted": ["*S-1-5-32-545"]})

    assert (run.rc, run.statuses) == (0, {"web01": "compliant"})


def test_a_name_of_the_host_is_asked_in_the_same_command(fleet, audit):
    machine = Machine.member_server("web01")
    machine.grant(machine.add_account("svc-backup"))
    fleet.add(machine)

    run = audit(fleet, extravars={"impersonate_permitted": [".\\svc-backup"]})

    assert (run.rc, run.statuses) == (0, {"web01": "compliant"})
    assert len(fleet.commands("web01")) == 1


def test_what_is_declared_for_a_group_counts_there_only(fleet, audit):
    fleet.add(Machine.member_server("plain"))
    fleet.add(Machine.member_server("odd", also=[names.IUSR, names.IIS_IUSRS]), variables={"impersonate_iis": True})

    run = audit(fleet)

    assert run.statuses == {"plain": "compliant", "odd": "compliant"}
    sources = {record["host"]: record["iis"]["source"] for record in run.report["hosts"]}
    assert sources == {"plain": "detected", "odd": "declared"}


def test_what_is_tolerated_may_stand_on_the_command_line(fleet, audit):
    fleet.add(Machine.member_server("web01", also=[names.USERS]))

    run = audit(fleet, options="-e impersonate_tolerate=drift:1,unreachable:2%")

    assert (run.rc, run.statuses) == (0, {"web01": "drift"})
    assert run.report["summary"]["gate"]["tolerate"] == {"drift": "1", "unreachable": "2%"}


DECLARED_OTHERWISE = {
    "iis": ({"impersonate_iis": False}, "the host is declared to be without IIS, and shows that IIS 10.0 is installed"),
    "feature": ({"impersonate_features": {"ssis": True}}, "the host is declared to have SQL Server Integration Services, which it does not show"),
    "role": (
        {"impersonate_host_role": "domain_controller"}, "the host is declared to be a domain controller, and shows that it is a member server"
    ),
    "agreed": ({"impersonate_iis": True, "impersonate_host_role": "member_server"}, None),
}  # fmt: skip


def test_a_declaration_that_the_host_contradicts_stands_in_the_reports_for_people(fleet, audit, tmp_path):
    for name, (variables, _note) in DECLARED_OTHERWISE.items():
        machine = Machine.member_server(name, iis=None if name == "role" else Iis())
        if name == "iis":
            machine.revoke(names.IIS_IUSRS)
        fleet.add(machine, variables=variables)

    run = audit(fleet, extravars={"impersonate_report_formats": "json,markdown,html"})

    assert run.statuses == dict.fromkeys(DECLARED_OTHERWISE, "compliant")
    assert run.rc == 0
    for name, (_variables, note) in DECLARED_OTHERWISE.items():
        assert run.records[name]["notes"] == ([note] if note else []), name
    summary = "3 hosts show the contrary of what is declared of host role or features, and were judged by the declaration: feature, iis, role"
    assert run.report["notes"] == [summary]
    assert summary in run.said
    for kind in ("md", "html"):
        read = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "reports").glob(f"*.{kind}"))
        wanted = [summary] if kind == "html" else [note for _variables, note in DECLARED_OTHERWISE.values() if note]
        assert [sentence for sentence in wanted if sentence not in read] == [], kind


def test_no_password_reaches_output_report_or_journal(fleet, audit):
    secret = "Vry-S3cret-Passw0rd"
    fleet.add(Machine.member_server("web01", logons={"auditor": Logon(secret)}))

    run = audit(fleet, options="-vvv")

    assert run.rc == 0
    assert secret not in run.outcome.stdout
    assert secret not in str(run.report)
    assert secret not in fleet.journal.dump()


SPELLINGS = {
    "a-list": ["users", "guests"],
    "commas": "users, guests",
    "lines": "users\nguests\n",
    "both": "users,\nguests",
}


def test_a_survey_gives_lists_as_text(fleet, audit):
    for name, spelling in SPELLINGS.items():
        fleet.add(Machine.member_server(name, also=[names.USERS]), variables={"impersonate_permitted": spelling})

    run = audit(fleet)

    assert (run.rc, run.statuses) == (0, dict.fromkeys(SPELLINGS, "compliant"))


def test_an_answer_of_a_survey_is_text_that_comes_with_the_run(fleet, audit):
    fleet.add(Machine.member_server("web01", also=[names.USERS]))

    run = audit(fleet, extravars={"impersonate_permitted": SPELLINGS["lines"]})

    assert (run.rc, run.statuses) == (0, {"web01": "compliant"})


@pytest.mark.parametrize("empty", ["", None], ids=repr)
def test_an_empty_answer_of_a_survey_is_no_wish(fleet, audit, empty):
    add(fleet, "web01")
    names_ = ("required", "permitted", "forbidden", "host_role", "iis", "hosts")

    run = audit(fleet, extravars={f"impersonate_{name}": empty for name in names_})

    assert (run.rc, run.statuses) == (0, {"web01": "compliant"})


def test_an_empty_answer_does_not_open_the_gate(fleet, audit):
    fleet.add(Machine.member_server("web01", also=[names.USERS]))

    assert audit(fleet, extravars={"impersonate_fail_on": ""}).rc == 2


def test_a_foreign_tag_does_not_end_green_without_an_audit(fleet, audit):
    fleet.add(Machine.member_server("web01", also=[names.USERS]))

    run = audit(fleet, options="--tags nightly")

    assert (run.rc, run.statuses) == (2, {"web01": "drift"})


@NO_HOST
def test_a_gate_that_differs_between_hosts_is_refused(fleet, audit):
    add(fleet, "web01")
    add(fleet, "web02", variables={"impersonate_fail_on": []})

    run = audit(fleet)

    assert run.rc == 2
    assert "impersonate_fail_on: this is one value for the whole fleet, and it differs between hosts" in " ".join(
        run.outcome.stdout.split()
    )
    assert fleet.journal.records() == []


ROLE = "ansible.builtin.import_role: {name: winrights.seimpersonate.impersonate, tasks_from: audit, rolespec_validate: false}"


@NO_HOST
def test_an_audit_in_batches_is_refused(fleet, audit, tmp_path):
    add(fleet, "web01", "web02")
    playbook = tmp_path / "serial.yml"
    playbook.write_text(f"- hosts: all\n  gather_facts: false\n  serial: 1\n  tasks:\n    - {ROLE}\n")

    run = audit(fleet, playbook)

    assert run.rc == 2
    assert "serial: an audit is one batch" in " ".join(run.outcome.stdout.split())
    assert fleet.journal.records() == []


@pytest.mark.parametrize("reader", ["host", "fleet"])
def test_the_result_of_an_earlier_play_is_not_this_ones(fleet, tmp_path, reader):
    add(fleet, "web01", "web02")
    leave = "    - ansible.builtin.meta: end_host\n      when: inventory_hostname == 'web02'\n"
    playbook = tmp_path / "twice.yml"
    head = "- hosts: all\n  gather_facts: false\n  tasks:\n"
    folders = [f"      vars: {{impersonate_report_dir: '{tmp_path}/{number}'}}\n" for number in (1, 2)]
    playbook.write_text(f"{head}    - {ROLE}\n{folders[0]}{head}{leave}    - {ROLE}\n{folders[1]}")

    outcome = play(fleet, playbook, tmp_path=tmp_path, extravars={"impersonate_reader": reader})

    reports = [json.loads(next((tmp_path / number).glob("*.json")).read_text()) for number in ("1", "2")]
    statuses = [{record["host"]: record["status"] for record in report["hosts"]} for report in reports]
    assert statuses == [{"web01": "compliant", "web02": "compliant"}, {"web01": "compliant", "web02": "not_checked"}]
    assert outcome.rc == 2


def test_a_start_at_a_later_task_says_what_is_missing(fleet, audit):
    add(fleet, "web01")

    run = audit(fleet, options='--start-at-task "Audit | Write the report of the fleet"')

    assert run.rc == 2
    assert "the play has to begin with it, so do not start at a later task" in " ".join(run.outcome.stdout.split())


@NO_HOST  # the engine has no Windows below it on which a module could be a file
def test_a_simulated_host_says_why_it_takes_no_module_as_a_file(fleet, audit):
    add(fleet, "web01")

    run = audit(fleet, env={"ANSIBLE_KEEP_REMOTE_FILES": "1"})

    assert (run.rc, run.statuses) == (2, {"web01": "unreachable"})
    (record,) = run.report["hosts"]
    assert "-EncodedCommand ..." in record["reason"]
    assert "web01 is simulated and has no files" in record["reason"]
    assert "without ANSIBLE_KEEP_REMOTE_FILES" in record["reason"]
    assert "unset it, or look at remote_tmp" in " ".join(run.outcome.stdout.split())
    assert len(fleet.commands("web01")) == 1
