# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet report as a user orders it: formats, names, what changed, expected hosts, tolerance, merging, progress."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from fleet.plays.play import play
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Machine

ALL = ["json", "json_lines", "csv", "junit", "prometheus", "markdown", "html"]
NO_HOST = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # which is asked nothing: either would do


def files(run):
    return run.outcome.results("fleet_report")


@pytest.fixture
def two(fleet):
    fleet.add(Machine.member_server("clean"))
    fleet.add(Machine.member_server("drifted", also=[names.USERS]))
    return fleet


def test_every_format_is_written_whole_under_the_name_that_was_asked_for(two, audit, tmp_path, checkout):
    run = audit(two, extravars={"impersonate_report_formats": ALL, "impersonate_report_name": "{policy}-{action}-{date}"})

    folder = tmp_path / "reports"
    stem = f"microsoft-audit-{run.report['run']['started'][:10]}"
    endings = [".html", ".json", ".jsonl", ".md", ".xml", "-hosts.csv", "-accounts.csv"]
    once = "impersonate-audit-microsoft.prom"  # a collector reads every file of its folder, so each run replaces it
    assert {path.name for path in folder.iterdir()} == {once, *(f"{stem}{ending}" for ending in endings)}
    schema = json.loads((checkout / "docs/schemas/report-2.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(run.report)
    line = {"$ref": "#/$defs/line", "$defs": schema["$defs"]}
    for text in (folder / f"{stem}.jsonl").read_text().splitlines():
        jsonschema.Draft202012Validator(line).validate(json.loads(text))
    assert f"Report: {folder / stem}.html" in run.said.replace(" ", "").replace("Report:", "Report: ")


def test_a_survey_gives_formats_as_text(two, audit, tmp_path):
    audit(two, extravars={"impersonate_report_formats": "json, csv"})

    assert sorted(path.suffix for path in (tmp_path / "reports").iterdir()) == [".csv", ".csv", ".json"]


@NO_HOST
@pytest.mark.parametrize(
    ("extravars", "words"),
    [
        pytest.param({"impersonate_report_formats": ["pdf"]}, "value of impersonate_report_formats must be one or more of: json, json_lines, csv",
                     id="unknown format"),
        pytest.param({"impersonate_report_name": "{host}"}, "name: {host} is not a placeholder; there are {action}, {policy}, {run_id}, {date}",
                     id="unknown placeholder"),
        pytest.param({"impersonate_expected_group": "cloud"}, "expected_group: the inventory has no group 'cloud'", id="no such group"),
        pytest.param({"impersonate_expected_file": "/nowhere"}, "expected_file: /nowhere cannot be read", id="no such file"),
        pytest.param({"impersonate_tolerate": {"drifts": 1}}, "tolerate.drifts: 'drifts' is not what a gate fails on", id="unknown status"),
    ],
)  # fmt: skip
def test_bad_input_ends_the_run_before_any_host_is_touched(two, audit, extravars, words):
    run = audit(two, extravars=extravars)

    assert run.rc == 2
    assert words in run.said
    assert two.journal.records() == []


@pytest.mark.parametrize(
    ("tolerate", "rc"),
    [({"drift": 1}, 0), ({"drift": "50%"}, 0), ({"drift": "49.9%"}, 2), ({"drift": 0}, 2), ({"unreachable": 5}, 2)],
    ids=str,
)
def test_what_may_be_tolerated(two, audit, tolerate, rc):
    run = audit(two, extravars={"impersonate_tolerate": tolerate})

    assert run.rc == rc
    assert run.report["summary"]["gate"]["tolerate"] == {key: str(value) for key, value in tolerate.items()}


def test_an_expired_exception_fails_the_gate_where_that_is_asked_for(fleet, audit):
    fleet.add(Machine.member_server("clean"))
    exceptions = [{"account": "power_users", "reason": "r", "owner": "o", "expires": "2026-01-31"}]
    fail_on = ["drift", "expired_exception"]

    assert audit(fleet, extravars={"impersonate_exceptions": exceptions}).rc == 0
    run = audit(fleet, extravars={"impersonate_exceptions": exceptions, "impersonate_fail_on": fail_on})
    assert run.rc == 2
    assert "1 exception has expired" in run.said


def test_hosts_that_are_expected_and_not_in_the_play_are_not_checked(two, audit, tmp_path):
    (tmp_path / "expected.txt").write_text("# the estate\nclean\nlost01  # moved?\n\n")

    run = audit(
        two,
        limit="clean",
        extravars={"impersonate_expected_file": str(tmp_path / "expected.txt"), "impersonate_expected_group": "all"},
    )

    assert (run.rc, run.statuses) == (2, {"clean": "compliant", "drifted": "not_checked", "lost01": "not_checked"})
    assert run.report["summary"]["coverage_percent"] == 33.3


def test_what_changed_since_an_earlier_report(fleet, audit, tmp_path):
    machine = Machine.member_server("app01")
    fleet.add(machine)
    fleet.add(Machine.member_server("app02"))

    def named(name):  # the newest of two that end in one second is that of the later name
        return {"impersonate_report_previous": str(tmp_path / "reports"), "impersonate_report_name": name}

    first = audit(fleet, extravars=named("1"))
    machine.grant(names.USERS)
    second = audit(fleet, extravars=named("2"))
    machine.revoke(names.USERS)
    third = audit(fleet, extravars=named("3"), limit="app01")

    assert first.report["summary"]["changed"] is None
    changed = second.report["summary"]["changed"]
    assert (changed["previous"]["id"], changed["came"], changed["left"]) == (first.report["run"]["id"], ["app01"], [])
    assert [one["sid"] for one in changed["new_holders"]] == [names.USERS]
    changed = third.report["summary"]["changed"]
    assert changed["previous"]["id"] == second.report["run"]["id"]
    assert (changed["came"], changed["left"], changed["gone"]) == ([], ["app01"], ["app02"])


def test_a_finding_says_what_to_do_and_since_when(fleet, audit, tmp_path):
    fleet.add(Machine.member_server("app01", also=[names.USERS]))
    folder = {"impersonate_report_previous": str(tmp_path / "reports")}

    first, second, third = (audit(fleet, extravars=folder) for _time in range(3))

    (finding,) = first.records["app01"]["findings"]
    assert (finding["rank"], finding["place"], finding["since"]) == ("critical", "host", None)
    assert "winrights.seimpersonate.enforce --limit HOST" in finding["advice"]
    began = first.report["run"]["started"]
    assert [run.records["app01"]["findings"][0]["since"] for run in (second, third)] == [began, began]
    assert [point["by_status"]["drift"] for point in third.report["summary"]["trend"]] == [1, 1]
    assert third.report["summary"]["by_rank"]["critical"] == 1


@pytest.mark.parametrize("text", [None, "{}"], ids=["not there", "no report"])
def test_nothing_to_compare_with_is_said_and_stops_nothing(fleet, audit, tmp_path, text):
    fleet.add(Machine.member_server("app01"))
    earlier = tmp_path / "last.json"
    if text:
        earlier.write_text(text)

    run = audit(fleet, extravars={"impersonate_report_previous": str(earlier)})

    assert (run.rc, run.report["summary"]["changed"]) == (0, None)
    assert "so that the report does not say what changed" in run.said


def test_an_empty_answer_for_the_formats_is_the_default(fleet, audit, tmp_path):
    fleet.add(Machine.member_server("app01"))

    audit(fleet, extravars={"impersonate_report_formats": ""})

    assert {path.suffix for path in (tmp_path / "reports").iterdir()} == {".html", ".json", ".jsonl", ".md"}


def test_reports_of_two_slices_become_one(back_end, audit, tmp_path):
    for number in (1, 2):
        with Fleet([Machine.member_server(f"host{number}", also=[names.USERS] * (number == 2))], back_end) as fleet:
            audit(fleet)
            merged = play(
                fleet,
                "winrights.seimpersonate.merge_reports",
                tmp_path=tmp_path,
                extravars={
                    "impersonate_merge": str(tmp_path / "reports"),
                    "impersonate_report_dir": str(tmp_path / f"merged{number}"),
                },
            )

    assert merged.rc == 2
    (path,) = (tmp_path / "merged2").glob("*.json")
    report = json.loads(path.read_text())
    assert {record["host"]: record["status"] for record in report["hosts"]} == {"host1": "compliant", "host2": "drift"}
    assert len(report["run"]["merged"]) == 2


@NO_HOST
@pytest.mark.parametrize(
    ("sources", "words"),
    [
        pytest.param(
            ["/nowhere/*.jsonl"],
            "impersonate_merge: /nowhere/*.jsonl is neither a file of JSON Lines nor a folder",
            id="no such file",
        ),
    ],
)
def test_bad_input_of_a_merge(fleet, tmp_path, sources, words):
    outcome = play(
        fleet,
        "winrights.seimpersonate.merge_reports",
        tmp_path=tmp_path,
        extravars={"impersonate_merge": sources, "impersonate_report_dir": str(tmp_path)},
    )

    assert outcome.rc == 2
    assert words in " ".join(outcome.stdout.split())


def test_a_fleet_that_is_all_dead_still_has_its_report(fleet, audit, tmp_path):
    fleet.add(Machine.member_server("down01"), scenario="host down")

    run = audit(fleet, extravars={"impersonate_report_formats": ALL})

    assert (run.rc, run.statuses) == (2, {"down01": "unreachable"})
    assert len(list((tmp_path / "reports").iterdir())) == 8
    (page,) = (tmp_path / "reports").glob("*.html")
    assert "NOT ASSESSED COMPLETELY" in page.read_text()


@pytest.mark.parametrize(("progress", "said"), [(True, True), (False, False)], ids=["on", "quiet"])
def test_a_long_run_tells_how_far_it_is(fleet, audit, progress, said):
    for number in range(19):
        fleet.add(Machine.member_server(f"host{number:02}"))
    fleet.add(Machine.member_server("down"), scenario="host down")

    run = audit(fleet, extravars={"impersonate_progress": progress})

    lines = re.findall(r"^(\d+) of 20 hosts done, 0 drift, (\d) not assessed", run.outcome.stdout, re.MULTILINE)
    assert bool(lines) is said
    if said:
        assert ("20", "1") in lines
