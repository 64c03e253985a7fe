# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says of the hosts that it does not speak of: limits, expected hosts, doubts of a merge, and comparisons across them."""

from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from report_heads import GENERATOR

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.declared import contradiction
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.changed import changed
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import gathered, heads_of, merge, merged_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, policy_head
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.scope import (
    absent,
    declared_otherwise,
    left_out,
    of_all_hosts,
    same_machines,
    source_of,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.waivers import exceptions_of, meant_for_none
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import json_lines, read_json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

USERS, SVC = "S-1-5-32-545", "S-1-5-21-1-2-3-1101"
LEFT_OUT = "other hosts of the inventory are in no number here"


def policy(name, **more):
    head = {"name": name, "title": name, "version": None, "compare": "exact", "sha256": "a" * 64}
    return head | {"document": {}, "documents": {}, "gpos": {}, "references": [], **more}


def result(status="compliant", held=(), at="2026-01-31T08:15:30Z", **more):
    holders = [{"sid": sid, "name": None, "resolved": "lsa", "kind": "domain", "standing": "floor", "why": "x"} for sid in held]
    return {"status": status, "holders": holders, "checked_at": at, **more}


def report(day=31, results=None, /, policy_=None, source="play", number=1, **run):
    started, finished = f"2026-01-{day:02}T08:15:00Z", f"2026-01-{day:02}T08:16:00Z"
    about = {"id": f"r{day}-{number}", "started": started, "finished": finished, "duration_s": 60, "check_mode": False}
    about |= {"action": "audit", "limit": None, "hosts": None, "forks": 5, "restored": None, "awx": {}, **run}
    records = [record_of(host, one) for host, one in (results or {"a": result()}).items()]
    return build_report(records, run=about, policy=policy_, generator=GENERATOR, fail_on=["drift"], source=source)


SLICE = {"workflow_job_name": "audit", "job_template_name": "audit"}


@pytest.mark.parametrize(
    ("runs", "whole", "words"),
    [
        pytest.param([{}], True, "", id="all hosts"),
        pytest.param([{"limit": "web01"}], False, "'web01'", id="a limit"),
        pytest.param([{"limit": "web01", "hosts": "web*"}], False, "'web01' of 'web*'", id="a limit of a pattern"),
        pytest.param([{"awx": SLICE}], False, "a slice of a job", id="a slice"),
        pytest.param([{"awx": SLICE}, {"awx": SLICE}], True, "", id="slices that were merged"),
        pytest.param([{"awx": SLICE, "limit": "web*"}, {"awx": SLICE, "limit": "web*"}], False, "'web*'", id="slices of a limit"),
        pytest.param([{"limit": "web01"}, {"limit": "db01"}], False, "'db01', 'web01'", id="limits that were merged"),
        pytest.param([{"limit": "web01"}, {}], True, "", id="one of all hosts among those that were merged"),
    ],
)
def test_whether_a_report_is_of_all_hosts(runs, whole, words):
    """A merge has no limit of its own where its runs had several."""
    reports = [report(day, **run) for day, run in enumerate(runs, 1)]
    told = [head["run"] for head in heads_of(merged_report(merge(map(gathered, reports))))]

    assert (of_all_hosts(told), left_out(told)) == (whole, words)


@pytest.mark.parametrize(
    ("run", "source", "notes"),
    [
        pytest.param({}, "play", [], id="all hosts"),
        pytest.param({"limit": "web*"}, "play", [f"the run was limited to 'web*': {LEFT_OUT}"], id="a limit"),
        pytest.param({"hosts": "web"}, "play", [f"the run was limited to 'web': {LEFT_OUT}"], id="a pattern of the playbook"),
        pytest.param({"limit": "a*", "hosts": "web"}, "play", [f"the run was limited to 'a*' of 'web': {LEFT_OUT}"], id="both"),
        pytest.param(
            {"limit": "web*"},
            "file cmdb.txt",
            [f"the run was limited to 'web*': {LEFT_OUT}, unless they are expected by file cmdb.txt"],
            id="a limit, and hosts that are expected all the same",
        ),
    ],
)
def test_a_run_that_did_not_take_every_host_says_so(run, source, notes):
    one = report(source=source, **run)

    assert one["notes"] == notes
    assert merged_report(read_json_lines(json_lines(one))) == one


def test_the_scope_names_hosts_without_a_result():
    one = report(31, {"b": None, "c": {"unreachable": True}, "a": None, "d": result()}, source="group web")

    assert one["scope"] == {"expected": 4, "source": "group web", "hosts_without_result": ["a", "b"]}


@pytest.mark.parametrize(
    ("runs", "merged"),
    [
        pytest.param([{}, {}], {"limit": None, "hosts": None, "forks": 5, "restored": None}, id="alike"),
        pytest.param([{"restored": "R1"}, {"restored": "R1"}], {"restored": "R1"}, id="slices of one restore"),
        pytest.param([{"restored": "R1"}, {}], {"restored": None}, id="a restore and another run"),
        pytest.param([{"limit": "x", "forks": 9}, {"limit": "x", "forks": 9}], {"limit": "x", "forks": 9}, id="one limit"),
        pytest.param([{"limit": "x"}, {"limit": "y"}], {"limit": None}, id="two limits"),
        pytest.param([{"hosts": "x"}, {}], {"hosts": None}, id="one of them"),
        pytest.param([{"forks": 9}, {"forks": 5}], {"forks": None}, id="other forks"),
        pytest.param([{"action": "audit"}, {"action": "enforce"}], {"action": "enforce"}, id="what changed hosts is no audit"),
        pytest.param([{"action": "audit"}, {"action": "restore"}], {"action": "restore"}, id="nor is a restore"),
        pytest.param([{"action": "restore"}, {"action": "enforce"}], {"action": "enforce"}, id="enforce before restore"),
        pytest.param([{"check_mode": True}, {"check_mode": True}], {"check_mode": True}, id="all planned"),
        pytest.param([{"check_mode": True}, {}], {"check_mode": False}, id="one of them did it"),
    ],
)
@pytest.mark.parametrize("turned", [False, True], ids=["", "the other way round"])
def test_what_a_merged_report_says_of_its_run(runs, merged, turned):
    parts = [gathered(report(number=number, **run)) for number, run in enumerate(reversed(runs) if turned else runs)]
    run = merged_report(merge(parts))["run"]

    assert {key: run[key] for key in merged} == merged


def test_a_merged_report_says_its_doubts_and_its_limits():
    runs = [
        report(number=1, limit="web*", policy_=policy("own")),
        report(number=2, limit="db*", policy_=policy("cis")),
        report(number=3, action="enforce", policy_=policy("own", sha256="b" * 64)),
    ]
    one = merged_report(merge(gathered(run) for run in runs))

    assert one["scope"]["source"] == "merged"
    assert one["notes"] == [
        f"2 of 3 runs were limited to 'db*', 'web*': {LEFT_OUT}",
        "the runs were judged by 2 versions of the policy own: aaaaaaaaaaaa, bbbbbbbbbbbb",
        "the runs were judged by several policies: cis, own",
        "the runs did different things: audit, enforce",
    ]


def test_many_limits_are_counted():
    parts = [gathered(report(number=number, limit=f"site{number}")) for number in range(6)]

    assert merged_report(merge(parts))["notes"][0].startswith("6 of 6 runs were limited to 'site0', 'site1', 'site2' and 3 more: ")


def test_the_policy_of_a_merge_is_that_of_the_newest_run_that_judged():
    runs = [report(28, policy_=policy("old")), report(30, policy_=policy("new")), report(31, action="restore")]

    assert merged_report(merge(gathered(run) for run in runs))["policy"]["name"] == "new"


SECONDS = (("drift", "2026-01-31T08:15:00Z"), ("compliant", "2026-01-31T08:15:00Z"))


def test_a_second_with_a_fraction_is_later_than_the_second():
    parts = [gathered(report(31, {"a": result(status, at=at)}, number=number)) for number, (status, at) in enumerate(SECONDS)]
    late = dataclasses.replace(parts[1], records=({**parts[1].records[0], "checked_at": "2026-01-31T08:15:00.5Z"},))
    one = merge([parts[0], late])

    assert [record["status"] for record in one.records] == ["compliant"]


def test_a_merge_accounts_for_the_hosts_that_are_expected():
    part = gathered(report(31, {"Web01": result(), "db01": None}))
    one = merged_report(part, expected=["WEB01", "lost", "LOST"], source="file cmdb.txt")

    assert one["scope"] == {"expected": 3, "source": "file cmdb.txt", "hosts_without_result": ["LOST", "db01"]}


@pytest.mark.parametrize(
    ("expected", "hosts", "missing"),
    [
        pytest.param(["a", "b"], ["a"], ["b"], id="one is not there"),
        pytest.param(["WEB01"], ["web01"], [], id="the case does not matter"),
        pytest.param(["Web01", "WEB01", "web01"], [], ["WEB01"], id="one host of three spellings"),
        pytest.param([], ["a"], [], id="nobody is expected"),
    ],
)
def test_expected_hosts_that_are_not_there(expected, hosts, missing):
    assert absent(expected, hosts) == missing


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ((None, None), "play"),
        (("web", None), "group web"),
        ((None, "/x"), "file /x"),
        (("web", "/x"), "group web and file /x"),
        (("", ""), "play"),
    ],
    ids=str,
)
def test_who_says_which_hosts_are_expected(given, source):
    assert source_of(*given) == source


MAYBE = "hosts may be new or gone only because of the limit, and so may holders first seen"


@pytest.mark.parametrize(
    ("now", "then", "note", "holders"),
    [
        pytest.param({}, {}, None, True, id="all hosts both times"),
        pytest.param({"limit": "x"}, {"limit": "x"}, None, True, id="the same limit both times"),
        pytest.param({"limit": "x"}, {}, f"this report was limited to 'x': {MAYBE}", True, id="this one is narrowed"),
        pytest.param(
            {},
            {"limit": "x"},
            f"the earlier report was limited to 'x': {MAYBE}, so that none is named",
            False,
            id="the earlier one is",
        ),
        pytest.param(
            {"limit": "x"},
            {"hosts": "y"},
            f"the earlier report was limited to 'y' and this report was limited to 'x': {MAYBE}, so that none is named",
            False,
            id="both, and not to the same",
        ),
    ],
)
def test_a_limit_is_no_change(now, then, note, holders):
    found = changed(report(31, {"a": result(held=[USERS]), "b": result()}, **now), report(30, **then))

    assert found["notes"] == ([note] if note else [])
    assert [one["sid"] for one in found["new_holders"]] == ([USERS] if holders else [])
    assert found["new"] == ["b"]


def test_a_limit_of_one_of_the_merged_runs_counts():
    earlier = merged_report(merge([gathered(report(29)), gathered(report(30, {"b": result()}, limit="b"))]))

    assert changed(report(31, {"a": result(held=[USERS])}), earlier)["new_holders"] == []


def test_a_policy_is_named_with_the_controls_of_its_documents():
    row = {"required": ["administrators"], "source": "page 1", "benchmark_id": "2.2.1", "document": "new"}
    loaded = load_policy(
        {
            "name": "own",
            "title": "Own",
            "compare": "exact",
            "documents": {"new": {"title": "Handbook", "version": "3"}},
            "host_roles": {"member_server": {**row, "rule": "R7"}, "client": row, "domain_controller": {"source": "s"}},
        }
    )
    head = policy_head(loaded, "c" * 64)

    assert head["references"] == [
        {"framework": "Handbook", "id": "2.2.1", "title": "host_roles.client"},
        {"framework": "Handbook", "id": "2.2.1 R7", "title": "host_roles.member_server"},
    ]
    assert (head["version"], head["sha256"], head["documents"]["new"]["version"]) == (None, "c" * 64, "3")


def test_a_policy_of_one_document_has_its_version(microsoft):
    table = {"name": "own", "title": "Own", "compare": "exact", "document": {"title": "Handbook", "version": "3"}}
    loaded = load_policy({**table, "host_roles": {"client": {"required": ["administrators"], "source": "s"}}})

    assert policy_head(loaded, "c")["version"] == "3"
    assert set(policy_head(microsoft, "c")) == set(policy("x"))


TODAY = datetime.date(2026, 1, 31)
DECLARED = {"account": SVC, "reason": "r", "owner": "o", "ticket": None, "approved_by": None, "expires": None}
DECLARED |= {"hosts": [], "groups": [], "host_roles": [], "features": []}


@pytest.mark.parametrize(
    ("expires", "state", "at", "wanted"),
    [
        pytest.param("2026-01-30", None, None, "expired", id="over since yesterday, and no host has said so"),
        pytest.param("2026-01-31", None, None, "unused", id="its last day"),
        pytest.param(None, "expired", USERS, "expired", id="a host whose day was over"),
    ],
)
def test_an_exception_is_over_by_its_date(expires, state, at, wanted):
    declared = {**DECLARED, "expires": expires}
    claims = [{**declared, "sid": at, "state": state}] if state else []
    (row,) = exceptions_of([record_of("a", result(exceptions=claims))], [declared], {}, TODAY)

    assert row["state"] == wanted


@pytest.mark.parametrize(
    ("claimed", "unread", "meant_for", "none"),
    [
        pytest.param({}, {}, 0, True, id="no host, and none was left out"),
        pytest.param({}, {"b": ["wep"]}, 0, False, id="a host that was left out"),
        pytest.param({}, {"b": ["web"]}, 0, True, id="another host was left out"),
        pytest.param({"a": "unused"}, {}, 1, False, id="a host that does not need it"),
        pytest.param({"a": "used", "b": "unused", "c": "unused"}, {}, 3, False, id="some hosts, and one needs it"),
    ],
)
def test_an_exception_says_how_many_hosts_it_is_meant_for(claimed, unread, meant_for, none):
    declared = {**DECLARED, "groups": ["wep"]}
    records = [record_of(host, result(exceptions=[{**declared, "sid": SVC, "state": state}])) for host, state in claimed.items()]

    (row,) = exceptions_of([*records, record_of("z", result())], [declared], unread, TODAY)

    assert (row["meant_for"], meant_for_none(row)) == (meant_for, none)


def test_an_exception_of_an_earlier_release_does_not_say_how_many_hosts_it_is_meant_for():
    assert not meant_for_none({**DECLARED, "state": "unused", "used_by": [], "wanted_by": []})


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"account": "a\nb"}, id="an account that is none"),
        pytest.param({"account": "everyone"}, id="an account that is too wide by now"),
        pytest.param({"expires": "2026-02-31"}, id="a day that never was"),
        pytest.param({"host_roles": ["mainframe"]}, id="a host role of another release"),
    ],
)
def test_an_exception_of_an_older_report_is_counted_without_being_read_anew(odd):
    (row,) = exceptions_of([], [{**DECLARED, **odd}], {"b": []}, TODAY)

    assert (row["state"], row["used_by"]) == ("unknown", [])


@pytest.mark.parametrize(
    ("state", "unexpected", "wanted"),
    [
        pytest.param("expired", [SVC], ["a"], id="it would waive, if it held"),
        pytest.param("too_wide", [SVC], ["a"], id="so would one that is too wide"),
        pytest.param("expired", [], [], id="nobody holds the right by it"),
        pytest.param("expired", [USERS], [], id="somebody else does"),
        pytest.param("used", [SVC], [], id="it holds"),
    ],
)
def test_hosts_that_want_an_exception_back(state, unexpected, wanted):
    claim = {**DECLARED, "sid": SVC, "state": state}
    (row,) = exceptions_of([record_of("a", result("drift", exceptions=[claim], unexpected=unexpected))], [], {}, TODAY)

    assert row["wanted_by"] == wanted


SCHEMA = json.loads((Path(__file__).parents[5] / "docs/schemas/report-2.schema.json").read_text())


def changed_at(path, value):
    """A valid report with another value at a place; ... takes the key away."""
    one = json.loads(json.dumps(report(31, {"a": result()}, policy_=policy("own"))))
    *way, last = path.split(".")
    there = one
    for key in way:
        there = there[key]
    there[last] = value
    if value is ...:
        del there[last]
    return one


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("run.started", "2026-13-31T08:15:00Z", id="a thirteenth month"),
        pytest.param("run.started", "2026-01-31T24:15:00Z", id="an hour too many"),
        pytest.param("run.limit", ..., id="a run without its limit"),
        pytest.param("policy.sha256", "abc", id="no digest"),
        pytest.param("policy.references", [{"framework": "x"}], id="half a reference"),
        pytest.param("generator.version", ..., id="no release"),
        pytest.param("scope.source", "somebody", id="somebody expects them"),
        pytest.param("scope", ..., id="no scope"),
        pytest.param("notes", ..., id="no notes"),
        pytest.param("summary.changed", ..., id="nothing about changes"),
        pytest.param("summary.by_role", {"server": {"drift": 1}}, id="a role that there is not"),
        pytest.param("summary.gate.fail_on", ["drifts"], id="a gate that there is not"),
        pytest.param("summary.gate.tolerate", {"drifts": "1"}, id="a tolerance of something else"),
        pytest.param("summary.gate.tolerate", {"drift": "few"}, id="a tolerance that is none"),
        pytest.param("summary.unexpected_accounts", [{"sid": "S-1-1-0", "name": None, "hosts": 1}], id="an account of no kind"),
    ],
)
def test_the_schema_refuses(path, value):
    valid = Draft202012Validator(SCHEMA)

    assert list(valid.iter_errors(changed_at("notes", ["a note"]))) == []
    assert list(valid.iter_errors(changed_at(path, value)))


def answered(host, name, sid):
    return {"host": host, "computer": None if name is None else {"name": name, "sid": sid}}


MACHINE, OTHER = "S-1-5-21-1-2-3", "S-1-5-21-4-5-6"
WEB = f"web01, web01.corp.example are the same machine (WEB01 ({MACHINE})), which counts once for each name"


@pytest.mark.parametrize(
    ("records", "notes"),
    [
        pytest.param([answered("web01", "WEB01", MACHINE), answered("web01.corp.example", "web01", MACHINE)], [WEB], id="two names of one"),
        pytest.param([answered("a", "A", MACHINE), answered("b", "B", MACHINE)], [], id="copies of one installation, or domain controllers"),
        pytest.param([answered("a", "A", MACHINE), answered("b", "A", OTHER)], [], id="one name in two domains"),
        pytest.param([answered("a", "A", None), answered("b", "A", None)], [], id="the SID is not known"),
        pytest.param([answered("a", None, None), answered("b", None, None)], [], id="not read"),
        pytest.param(
            [answered(f"{number}{letter}", str(number), MACHINE) for number in range(5) for letter in "ab"],
            [f"{number}a, {number}b are the same machine ({number} ({MACHINE})), which counts once for each name" for number in range(3)]
            + ["so are the names of 2 more machines"],
            id="no more than a few",
        ),
    ],
)  # fmt: skip
def test_a_machine_with_several_names_is_said(records, notes):
    assert same_machines((record["host"], record["computer"]) for record in records) == notes


CONTRARY = contradiction("be without IIS", "and shows that IIS 10.0 is installed")


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        pytest.param({"a": [], "b": ["read-only domain controller"], "c": None}, [], id="none"),
        pytest.param({"a": ["another", CONTRARY, CONTRARY]}, ["1 host shows the contrary", "and was judged by the declaration: a"], id="one host"),
        pytest.param({name: [CONTRARY] for name in "abcde"}, ["5 hosts show the contrary", ": a, b, c and 2 more"], id="no more than a few are named"),
    ],
)  # fmt: skip
def test_hosts_that_contradict_what_is_declared_of_them_are_said(notes, said):
    sentences = declared_otherwise(notes.items())

    assert len(sentences) == bool(said)
    assert all(words in sentences[0] for words in said)
