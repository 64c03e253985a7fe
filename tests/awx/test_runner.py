# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX keeps of our jobs: artifacts, counters of the hosts, and the text, by the runner that it runs."""

from __future__ import annotations

import json

import pytest

from awx.runner import EXTRA, asked, made, run
from fleet.backends.emulator.emulator import Emulator
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Machine

HOSTS = {  # each with letters that no digest has: artifacts hold digests, and the names must not be in them
    "clean": Machine.member_server,
    "drifted": lambda name: Machine.member_server(name, also=[names.USERS]),
    "silent": Machine.member_server,
    "silent2": Machine.member_server,
}
CASES = [
    pytest.param("audit.yml", ["clean"], "successful", {"compliant": 1}, True, id="gate passed"),
    pytest.param("audit.yml", ["clean", "drifted"], "failed", {"compliant": 1, "drift": 1}, False, id="gate failed"),
    pytest.param("audit.yml", ["silent", "clean"], "failed", {"compliant": 1, "unreachable": 1}, False, id="one silent"),
    pytest.param("audit.yml", ["silent", "silent2"], "failed", {"unreachable": 2}, False, id="all silent"),
    pytest.param("enforce.yml", ["clean", "drifted"], "successful", {"compliant": 1, "drift": 1}, True, id="plan"),
]


@pytest.fixture
def job(tmp_path):
    """Run a playbook of the project on hosts by their names; returns the job and the report that it wrote."""

    def go(playbook, hosts, extra=None, **options):
        with Fleet([], Emulator()) as fleet:
            for name in hosts:
                fleet.add(HOSTS[name](name), scenario="host down" if name.startswith("silent") else None)
            folder = tmp_path / "reports"
            variables = {
                **EXTRA,
                "impersonate_report_dir": str(folder),
                "impersonate_snapshot_dir": str(tmp_path / "kept"),
                "impersonate_snapshots_may_be_lost": True,  # the folder of the test is on no mount
                **(extra or {}),
            }
            done = run(tmp_path, playbook, fleet.inventory(), variables, **options)
        files = list(folder.glob("*.json"))
        return done, json.loads(files[0].read_text()) if files else None

    return go


def check(done, report, counts, passed):
    """The artifacts are small, say what the report says, and name no host."""
    said = done.artifacts["impersonate"]
    assert len(json.dumps(done.artifacts)) <= 4000
    assert {status: count for status, count in said["by_status"].items() if count} == counts
    assert (said["by_status"], said["expected"]) == (report["summary"]["by_status"], report["summary"]["expected"])
    assert (said["gate_passed"], said["run_id"], said["action"]) == (passed, report["run"]["id"], report["run"]["action"])
    assert (said["part"], said["workflow_job_id"], said["schema"]) == (False, "41", report["schema_version"])
    assert "files" not in said  # the folder is on no mount of the job's container
    assert not [host for host in HOSTS if host in json.dumps(said)]


@pytest.mark.parametrize("oldest", [pytest.param(False, id="newest runner"), pytest.param(True, id="runner 2.4.0")])
@pytest.mark.parametrize("core", asked())
@pytest.mark.parametrize(("playbook", "hosts", "status", "counts", "passed"), CASES)
def test_the_artifacts_are_there_however_the_job_ends(job, playbook, hosts, status, counts, passed, core, oldest):
    done, report = job(playbook, hosts, check=playbook == "enforce.yml", core=core, oldest_runner=oldest)

    assert done.status == status, done.stdout
    check(done, report, counts, passed)
    assert report["generator"]["ansible_core"].startswith(f"{core}.")
    assert oldest or "directly to stdout" not in done.stdout


@pytest.mark.parametrize("core", [core for core in made() if core not in asked()])
def test_a_failed_gate_on_every_core_that_is_there(job, core):
    done, report = job("audit.yml", ["clean", "drifted"], core=core)

    assert done.status == "failed", done.stdout
    check(done, report, {"compliant": 1, "drift": 1}, False)


@pytest.mark.parametrize(
    ("tolerate", "status"),
    [pytest.param("", "failed", id="as the survey has it"), pytest.param("unreachable: 50%", "successful", id="as the guide says")],
)
def test_a_plan_with_a_silent_host_can_be_approved_only_where_that_is_tolerated(job, tolerate, status):
    done, _report = job("enforce.yml", ["silent", "drifted"], {"impersonate_tolerate": tolerate}, check=True)

    assert done.status == status, done.stdout


def test_an_enforcement_goes_on_without_a_silent_host_where_that_is_tolerated(job):
    done, report = job("enforce.yml", ["silent", "drifted"], {"impersonate_tolerate": "unreachable: 50%"})

    assert done.status == "successful", done.stdout
    assert {host["host"]: host["status"] for host in report["hosts"]} == {
        "silent": "unreachable",
        "drifted": "compliant",
    }


def test_a_second_look_leaves_its_verdict(job):
    done, _report = job("enforce.yml", ["silent", "drifted"], {"impersonate_max_hosts_per_account": 1})

    said = done.artifacts["impersonate"]
    assert (done.status, said["gate_passed"], said["action"]) == ("failed", False, "enforce")
    assert said["verdict"].startswith("Nothing was changed. Look at this first: would remove BUILTIN\\Users")
    assert (said["expected"], said["by_status"]["unreachable"], said["by_status"]["drift"]) == (2, 1, 1)


def test_a_report_that_could_not_be_written_leaves_its_verdict(job, tmp_path):
    tall = {"impersonate_report_name": "x" * 120 + "{job}" + "{workflow}", "impersonate_report_formats": ["json"]}
    done, _report = job("audit.yml", ["drifted"], tall)

    assert done.artifacts["impersonate"]["verdict"].startswith("NOT COMPLIANT - 1 of 1 hosts drift")


def test_the_verdict_names_the_job_where_the_report_ends_with_it(job, tmp_path):
    done, _report = job("audit.yml", ["drifted"])

    text = " ".join(done.stdout.split())
    assert "Report: the output of job 42 of AWX (SeImpersonate audit)" in text
    assert text.count("ends with the container of the job, and so does the report") == 1
    assert f"Report: {tmp_path}" not in text


@pytest.mark.parametrize(
    ("extra", "failed", "changed"),
    [
        pytest.param({}, {"clean"}, set(), id="off"),
        pytest.param({"impersonate_mark_hosts": "true"}, {"drifted", "silent"}, set(), id="failed"),
        pytest.param({"impersonate_mark_hosts": True, "impersonate_fail_on": ["drift"]}, {"drifted"}, {"silent"}, id="not for the gate"),
        pytest.param({"impersonate_mark_hosts": True, "impersonate_tolerate": "drift: 1\nunreachable: 50%"}, set(), {"drifted", "silent"}, id="tolerated"),
    ],
)  # fmt: skip
def test_hosts_count_by_their_status(job, extra, failed, changed):
    done, report = job("audit.yml", ["clean", "drifted", "silent"], extra)

    assert (done.counted("failures"), done.counted("changed")) == (failed, changed), done.stdout
    assert done.status == ("failed" if failed else "successful")
    assert report["summary"]["gate"]["passed"] is (not failed)
    assert done.artifacts["impersonate"]["gate_passed"] is (not failed)


def test_the_files_are_named_by_job_and_workflow(job, tmp_path):
    job("audit.yml", ["clean"], {"impersonate_report_name": "{workflow}-{job}"})

    assert (tmp_path / "reports/41-42.json").exists()
