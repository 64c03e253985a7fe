# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON, JSON Lines, CSV, JUnit and Prometheus of the same report, each read back by a reader of its kind."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import json
import re
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
import report_heads
import report_schema
import xmlschema
from browser.samples import POLICY, dead, drifting, every_host, hostile, sample
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from prometheus_client.parser import text_string_to_metric_families
from report_heads import GENERATOR, UNRANKED

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.same_account import fleet_name
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.controller import stated
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.declared import contradiction
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import (
    AppPool,
    EventLog,
    Group,
    Holder,
    Member,
    Resolution,
    RightEvent,
    Service,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import merged_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, policy_head, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.waivers import exceptions_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.csv import ACCOUNTS, HOSTS, csv_accounts, csv_hosts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import json_lines, read_json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.junit import junit
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.prometheus import prometheus
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import enforcement
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.changes import Change, Step
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import CallError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import ReadRequest
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.categories import ErrorCategory
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.options import digest_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.exceptions import parse_exceptions
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.outcome import Outcome
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Handling
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import visible

CHECKOUT = Path(__file__).parents[5]
SCHEMA = json.loads((CHECKOUT / "docs/schemas/report-2.schema.json").read_text())
JUNIT = xmlschema.XMLSchema(CHECKOUT / "tests/unit/data/junit.xsd")
FOUR = ("S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544")
USERS, BACKUP, OLD = "S-1-5-32-545", "S-1-5-21-1-2-3-1500", "S-1-5-21-1-2-3-1377"
SEEN = {"checked_at": "2026-01-31T08:15:30Z", "duration_ms": 1234}
TODAY = datetime.date(2026, 1, 31)
RUN = {**report_heads.RUN, "awx": {"job_id": "4711", "execution_node": "node7"}}
FORMATS = (json_lines, csv_hosts, csv_accounts, junit, prometheus)


@pytest.fixture
def results(host, microsoft, tmp_path):
    """Results of every kind, as the action plugins make them."""
    exceptions = parse_exceptions(
        [
            {"account": BACKUP, "reason": "backup", "owner": "B", "ticket": "CHG-1", "expires": "2099-12-31"},
            {"account": OLD, "reason": "scanner", "owner": "S", "expires": "2020-01-01"},
        ]
    )
    held = {
        "good": FOUR,
        "drift": (*FOUR[1:], USERS, Holder("S-1-5-21-9-9-9-1001", None, None, Resolution.UNMAPPED)),
        "waived": (*FOUR, Holder(BACKUP, "CORP\\svc-backup", 1, Resolution.LSA)),
        "old": (*FOUR, Holder(OLD, "CORP\\svc-scan", 1, Resolution.LSA)),
    }
    facts = {name: host(sids, iis=name == "good") for name, sids in held.items()}
    facts["good"] = host((*FOUR, "S-1-5-32-568"), iis=True)
    facts["closely"] = dataclasses.replace(
        facts["drift"],
        services=(Service("app", "CORP\\svc", "S-1-5-21-1-2-3-9", 7), Service("x", "?", None, 8, False)),
        pools=(AppPool("shop", "SpecificUser", "CORP\\shop", "S-1-5-21-1-2-3-8"), AppPool("p", "ApplicationPoolIdentity")),
        groups=(Group("S-1-5-32-544", "BUILTIN\\Administrators", "read", (Member("S-1-5-11", None, 5),)),),
        events=EventLog(
            None, (RightEvent(4704, "2026-01-31T07:00:00Z", "S-1-5-18", None, "0x3e7", USERS),), False, "2026-01-01T00:00:00Z"
        ),
    )
    tailoring = Tailoring(exceptions=exceptions, today=TODAY)
    made = {name: build.host_result(judged(one, microsoft, tailoring)) | SEEN for name, one in facts.items()}
    made["closely"].update(build.requested(facts["closely"], ReadRequest(exposure=True, expand=True, events=72)))
    made["by_gpo"] = SEEN | build.host_result(
        judged(facts["drift"], microsoft, tailoring, stated("gpo", "Servers baseline", "{6AC1786C}"))
    )
    made["client"] = {**made["good"], **build.nothing_to_restore("nothing there")}
    made["denied"] = build.error(ErrorCategory.NOT_ADMIN, "denied", "LsaOpenPolicy", "0xC0000022", facts["good"]) | SEEN
    made |= {
        "dead": {"unreachable": True, "msg": "connection refused"},
        "broken": {"failed": True, "msg": "boom"},
        "forgotten": None,
    }
    job = enforcement.Job("h", "r", tmp_path, microsoft, tailoring, Handling(), stated("local", None, None))
    planned = enforcement.plan(job, facts["closely"])
    made["planned"] = build.enforced(job, facts["closely"], planned) | SEEN
    steps = (Step("remove", USERS, "0x00000000"),)
    ended = Change(Outcome.UNDO_FAILED, "x", planned.plan.before, planned.plan.before, steps, steps, CallError())
    lost = dataclasses.replace(
        planned, outcome=Outcome.UNDO_FAILED, ending=enforcement.Failed(ErrorCategory.UNDO_FAILED, "no"), change=ended
    )
    made["half"] = build.enforced(job, facts["closely"], lost) | SEEN
    return json.loads(json.dumps(made))  # as a task registers them


@pytest.fixture
def report(results, microsoft):
    records = [record_of(host, result) for host, result in results.items()]
    policy = policy_head(microsoft, digest_of(microsoft))
    exceptions = exceptions_of(records, [], {}, TODAY)
    return build_report(
        records,
        run=RUN,
        policy=policy,
        generator=GENERATOR,
        fail_on=["drift", "error"],
        exceptions=exceptions,
        tolerate={"error": "2%"},
    )


def wrong(data, definition=None):
    """What the shipped schema says against it."""
    schema = SCHEMA if definition is None else {"$ref": f"#/$defs/{definition}", "$defs": SCHEMA["$defs"]}
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in Draft202012Validator(schema).iter_errors(data)
    ]


def rows(text):
    """A table, read strictly: the byte order mark, CR LF behind every record and nowhere else, as many cells in every row."""
    assert text.startswith("\ufeff")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    read = list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))
    assert len(read) == text.count("\r\n")
    assert {len(row) for row in read} == {len(read[0])}
    return [dict(zip(read[0], row, strict=True)) for row in read[1:]]


def samples(text):
    """Prometheus text by its own parser: (name, labels) -> value; no series stands there twice."""
    assert text.endswith("\n")
    found = [one for family in text_string_to_metric_families(text) for one in family.samples]
    by_series = {(one.name.removeprefix("seimpersonate_"), frozenset(one.labels.items())): one.value for one in found}
    assert len(by_series) == len(found)
    assert all(one.timestamp is None for one in found)
    return by_series


def cases(text):
    JUNIT.validate(text)
    return {case.get("name"): case for case in ElementTree.fromstring(text).iter("testcase")}


def test_the_schema_is_a_schema_and_made_from_the_types():
    Draft202012Validator.check_schema(SCHEMA)
    assert report_schema.SCHEMA.read_text() == report_schema.text(), "make schema"


def test_results_of_every_kind_follow_the_schema(report):
    assert {record["status"] for record in report["hosts"]} == {status.value for status in Status}
    assert wrong(report) == []
    assert wrong(json.loads(to_json(report))) == []


@pytest.mark.parametrize("name", ["microsoft", "cis", "stig"])
def test_policies_follow_the_schema(shipped, name):
    assert wrong(policy_head(shipped[name], digest_of(shipped[name])), "policy_head") == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param("status", "fine", id="a status that is none"),
        pytest.param("more", 1, id="a key that is none"),
        pytest.param("missing", ["BUILTIN\\Users"], id="a name for a SID"),
        pytest.param("checked_at", "2026-01-31 08:15", id="a time of another form"),
        pytest.param("holders", [{"sid": USERS}], id="a holder without a name"),
    ],
)
def test_the_schema_refuses(report, place, value):
    assert wrong({**report, "hosts": [{**report["hosts"][0], place: value}]})


def test_json_lines_are_a_header_and_a_record_a_line(report):
    lines = [json.loads(line) for line in json_lines(report).splitlines()]

    assert [wrong(line, "line") for line in lines] == [[]] * (len(report["hosts"]) + 1)
    assert lines[0]["expected"] == sorted(record["host"] for record in report["hosts"])
    assert lines[1:] == report["hosts"]


def test_json_lines_make_the_same_report_again(report):
    again = merged_report(read_json_lines(json_lines(report)))

    for record in report["hosts"]:  # a host that gave no answer was tried when the run ended
        if record["status"] in ("unreachable", "error") and not record["checked_at"]:
            record["checked_at"] = RUN["finished"]
    assert again == report
    assert wrong(again) == []


@pytest.mark.parametrize("write", FORMATS)
def test_the_same_report_gives_the_same_bytes(report, write):
    assert write(report) == write(json.loads(to_json(report)))
    write(report).encode()


@pytest.mark.parametrize("write", FORMATS)
def test_a_report_without_hosts_is_written(write):
    empty = build_report([], run=RUN, policy=None, generator=GENERATOR, fail_on=[])

    assert wrong(empty) == []
    assert write(empty).endswith("\n")
    if write is junit:
        assert cases(write(empty)) == {}


def test_a_row_a_host(report):
    table = {row["host"]: row for row in rows(csv_hosts(report))}

    assert tuple(table["good"]) == HOSTS
    assert [record["host"] for record in report["hosts"]] == list(table)
    assert (
        table["good"]
        | {
            "status": "compliant",
            "role": "member_server",
            "os": "build 20348",
            "iis": "10.0",
            "citation": "host_roles.member_server, Impersonate a client after authentication (security policy settings reference)",
            "plan": "",
            "error": "",
            "duration_ms": "1234",
        }
        == table["good"]
    )
    assert table["good"]["holders"].startswith("NT AUTHORITY\\SERVICE (S-1-5-6); ")
    assert table["drift"]["missing"] == "NT AUTHORITY\\SERVICE (S-1-5-6)"
    assert table["drift"]["unexpected"] == "S-1-5-21-9-9-9-1001; BUILTIN\\Users (S-1-5-32-545)"
    assert table["waived"]["waived"] == f"CORP\\svc-backup ({BACKUP})"
    assert (table["by_gpo"]["controller"], table["by_gpo"]["gpo"]) == ("gpo", "Servers baseline ({6AC1786C})")
    assert table["planned"]["plan"].startswith("planned: would add: NT AUTHORITY\\SERVICE (S-1-5-6); would remove: ")
    assert (table["denied"]["status"], table["denied"]["error"]) == ("error", "not_admin: denied")
    assert table["dead"]["holders"] == table["dead"]["iis"] == table["dead"]["checked_at"] == ""


def test_a_row_a_host_and_account(report):
    table = rows(csv_accounts(report))
    of = {name: [(row["sid"], row["standing"]) for row in table if row["host"] == name] for name in ("drift", "dead", "forgotten")}

    assert tuple(table[0]) == ACCOUNTS
    assert (USERS, "unexpected") in of["drift"]
    assert ("S-1-5-6", "missing") in of["drift"]
    assert {row["host"] for row in table} == {record["host"] for record in report["hosts"]}
    assert of["dead"] == of["forgotten"] == [("", "")]
    assert next(row["why"] for row in table if row["host"] == "dead") == (
        "nothing answers at the address and port of WinRM: connection refused"
    )


def test_a_host_that_could_not_be_judged_keeps_its_holders(report):
    good = next(record for record in report["hosts"] if record["host"] == "good")
    table = rows(csv_accounts({"hosts": [{**good, "status": "error"}]}))

    assert [row["sid"] for row in table] == [holder["sid"] for holder in good["holders"]]


@pytest.mark.parametrize(
    "start",
    [
        "=cmd()",
        "+1",
        "-2",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\uff1d1",
        "a;=1",
        "a,+1",
        'a"-1',
        "a; @x",
        "\uff0b1",
        "\uff0d1",
        "\uff201",
        "a;\uff0b1",
        "a,\uff0d1",
        "a;\uff201",
    ],
)
def test_no_cell_is_a_formula(start):
    report = named(start)

    for row in [*rows(csv_hosts(report)), *rows(csv_accounts(report))]:
        for cell in row.values():
            assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)
            assert not re.search(r"[;,\"]\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell), cell
    host = rows(csv_hosts(report))[0]["host"]
    assert host.startswith(("'", " '", "a", "\\"))  # a tab or a line end is written out, so that nothing begins behind it
    assert "'" in host or host.startswith("\\")


@pytest.mark.parametrize(
    "name", ["=" * 20_000, "\u202e" * 20_000, "\U0001f600" * 20_000, ";=" * 10_000], ids=lambda name: ascii(name[:2])
)
def test_a_cell_fits_into_a_spreadsheet(name):
    report = named(name)
    report["hosts"][0]["holders"] *= 500

    for row in [*rows(csv_hosts(report)), *rows(csv_accounts(report))]:
        assert all(len(cell.encode("utf-16-le")) // 2 <= 32_767 for cell in row.values())
    assert len(rows(csv_hosts(report))[0]["holders"].encode("utf-16-le")) // 2 > 31_000  # as much as there is room for


def named(name):
    """A report in which everything that others name has this name."""
    drift = every_host(drifting, 1)["hosts"][0]
    holders = [{**holder, "name": name} for holder in drift["holders"]]
    findings = [{**finding, "name": name, "text": name} for finding in drift["findings"]]
    record = {**drift, "host": name, "holders": holders, "findings": findings, "reason": name, "notes": [name]}
    waived = {**record, "host": f"{name}w", "status": "waived", "waived": [holders[0]["sid"]], "policy": name}
    lost = record_of(f"{name}d", {"unreachable": True, "msg": name})
    policy = {**POLICY, "name": name or "-", "title": name, "document": {}}
    return build_report([record, waived, lost], run=RUN, policy=policy, generator=GENERATOR, fail_on=["drift"])


def test_a_case_a_host(report):
    found = cases(junit(report))
    kinds = {name: [child.tag for child in case] for name, case in found.items()}
    root = ElementTree.fromstring(junit(report))

    assert kinds == {
        **{name: ["failure"] for name in ("drift", "old", "closely", "by_gpo", "planned")},
        **{name: ["error"] for name in ("dead", "denied", "broken", "forgotten", "half")},
        "good": [],
        "waived": ["system-out"],
        "client": ["skipped"],
    }
    assert {suite.get("name"): suite.get("tests") for suite in root} == {"member_server": "8", "unknown": "5"}
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("13", "5", "5")
    assert (found["drift"].get("classname"), found["drift"].get("time")) == ("microsoft.member_server", "1.234")
    assert found["drift"][0].text.splitlines()[:3] == [
        "- NT AUTHORITY\\SERVICE (S-1-5-6)",
        "+ S-1-5-21-9-9-9-1001",
        "+ BUILTIN\\Users (S-1-5-32-545)",
    ]
    assert "CHG-1" in found["waived"][0].text
    assert found["dead"][0].get("type") == "unreachable"
    assert root[0].get("hostname") == "node7"


NO_IIS = contradiction("have no IIS", "and has the service W3SVC \u202e")


def declared(report, *hosts):
    """The same report, in which some hosts show the contrary of what is declared of them."""
    notes = ["another note", NO_IIS]
    return {**report, "hosts": [{**one, "notes": notes} if one["host"] in hosts else one for one in report["hosts"]]}


def test_a_case_says_what_its_host_shows_against_what_is_declared(report):
    found = cases(junit(declared(report, "good", "drift", "waived", "client")))

    shown = NO_IIS.replace("\u202e", "\\u202e")
    said = {
        name: [(child.tag, child.text.splitlines()[-1]) for child in case if child.tag == "system-out"]
        for name, case in found.items()
    }
    assert {name for name, children in said.items() if children == [("system-out", shown)]} == {"good", "drift", "waived", "client"}
    assert [child.tag for child in found["drift"]] == ["failure", "system-out"]
    assert "CHG-1" in found["waived"][0].text
    assert "another note" not in junit(declared(report, "good"))


def test_a_row_says_what_its_host_shows_against_what_is_declared(report):
    table = {row["host"]: row["declared_otherwise"] for row in rows(csv_hosts(declared(report, "good", "drift")))}

    shown = NO_IIS.replace("\u202e", "\\u202e")
    assert {name: text for name, text in table.items() if text} == {"good": shown, "drift": shown}


@pytest.mark.parametrize("hosts", [(), ("good",), ("good", "drift")], ids=len)
def test_hosts_that_show_the_contrary_of_what_is_declared_are_counted(report, hosts):
    found = samples(prometheus(declared(report, *hosts)))

    assert found["declared_otherwise_hosts", frozenset({("policy", "microsoft")})] == len(hosts)


def test_a_dot_in_the_name_of_a_policy_is_no_package():
    report = named("a.b")
    report["hosts"] = [{**record, "policy": "v1.2"} for record in report["hosts"]]

    assert {case.get("classname").partition(".")[0] for case in cases(junit(report)).values()} == {"v1_2"}


def test_a_case_has_no_endless_text(report):
    record = report["hosts"][-1] | {"status": "drift", "findings": [finding(number) for number in range(200)]}
    (case,) = cases(junit({**report, "hosts": [record]})).values()

    assert len(case[0].text) == 20_000
    assert case[0].text.endswith("...")


def finding(number):
    return {"kind": "unexpected", "sid": f"S-1-5-21-1-2-3-{number}", "name": "n" * 150, "text": "t" * 150, **UNRANKED}


@pytest.mark.parametrize("milliseconds", [None, 0, 1, 49, 999, 1_000, 86_400_000, 10**12])
def test_a_time_is_a_decimal_number(report, milliseconds):
    report["hosts"] = [{**report["hosts"][0], "duration_ms": milliseconds}]

    assert {case.get("time") for case in cases(junit(report)).values()} == {f"{(milliseconds or 0) / 1000:.3f}"}


def test_numbers_of_the_fleet(report):
    found = samples(prometheus(report, {"slice": "2"}))

    def of(series, **labels):
        return found[series, frozenset({"policy": "microsoft", "slice": "2", **labels}.items())]

    assert of("hosts", status="drift", role="member_server") == 5
    assert of("hosts", status="unreachable", role="member_server") == 0
    assert of("coverage_ratio") == report["summary"]["coverage_percent"] / 100
    assert (
        of("audit_completed_timestamp_seconds") == datetime.datetime(2026, 1, 31, 8, 16, tzinfo=datetime.timezone.utc).timestamp()
    )
    assert of("audit_duration_seconds") == 60
    assert of("gate_passed") == 0
    assert of("unexpected_holder_hosts", sid=USERS, name="BUILTIN\\Users") == 4
    assert of("policy_info", name="microsoft", version="", sha256=report["policy"]["sha256"]) == 1
    assert sum(value for (name, _labels), value in found.items() if name == "hosts") == len(report["hosts"])


@pytest.mark.size
def test_series_do_not_grow_with_the_fleet():
    assert len(samples(prometheus(every_host(drifting, 500)))) < 150


@pytest.mark.parametrize("percent", [0.0, 0.1, 33.3, 99.9, 100.0])
def test_ratios_are_short(report, percent):
    report["summary"]["coverage_percent"] = percent

    assert f'coverage_ratio{{policy="microsoft"}} {percent / 100:.3f}\n' in prometheus(report)


MADE = {
    "a fleet": lambda: sample(300),
    "a change": lambda: sample(100, action="enforce"),
    "hostile names": hostile,
    "a dead fleet": lambda: every_host(dead, 5),
    "a fleet that drifts": lambda: every_host(drifting, 5),
}


@pytest.mark.parametrize("made", MADE)
def test_the_made_up_reports_are_reports(made):
    """What the tests of the page, the benchmark and the pictures use follows the schema and can be merged."""
    report = MADE[made]()

    assert wrong(report) == []
    assert len(read_json_lines(json_lines(report)).records) == len(report["hosts"])


def test_hostile_names_do_no_harm():
    report = hostile()
    text = {write: write(report) for write in FORMATS}

    assert read_json_lines(text[json_lines]).records
    assert len(rows(text[csv_hosts])) == len(report["hosts"])
    assert max(len(cell) for row in rows(text[csv_hosts]) for cell in row.values()) < 32_767
    assert len(cases(text[junit])) == len(report["hosts"])
    assert samples(text[prometheus])
    for write in (csv_hosts, csv_accounts, prometheus):
        assert "\u202e" not in text[write]
        assert "\x00" not in text[write]
        assert "\x1b" not in text[write]


@given(st.text(min_size=1, max_size=60))
def test_any_name_can_be_written_and_read_back(name):
    report = named(name)
    hosts = {record["host"] for record in report["hosts"]}

    assert set(read_json_lines(json_lines(report)).expected) == hosts
    assert len(rows(csv_hosts(report))) == len(hosts)
    rows(csv_accounts(report))
    JUNIT.validate(junit(report))
    labels = {dict(labels).get("name") for series, labels in samples(prometheus(report)) if series == "unexpected_holder_hosts"}
    assert labels <= {visible(name), visible(fleet_name(name, "local"))}


@pytest.mark.parametrize("change", [dead, lambda _number, _good: None])
def test_a_fleet_without_an_answer_is_reported(change):
    report = every_host(change, 3)

    assert {row["status"] for row in rows(csv_hosts(report))} <= {"unreachable", "not_checked"}
    assert len(rows(csv_accounts(report))) == 3
    assert all(case[0].tag == "error" for case in cases(junit(report)).values())
    assert len(read_json_lines(json_lines(report)).records) == 3
    assert samples(prometheus(report))["coverage_ratio", frozenset({("policy", "microsoft")})] == 0


@pytest.mark.size
def test_time_grows_with_the_fleet_and_not_faster():
    def cost(hosts):
        report = sample(hosts)
        begun = time.process_time()
        for write in FORMATS:
            write(report)
        return time.process_time() - begun

    small, large = (min(cost(hosts), cost(hosts)) for hosts in (500, 4_000))
    assert large < 8 * small * 3 + 0.2
