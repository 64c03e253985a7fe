# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of slices, jobs and days as one, whatever their order; and what is different since an earlier one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_heads import GENERATOR, UNRANKED

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.changed import changed
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import (
    Gathered,
    doubts,
    gather,
    gathered,
    merge,
    merged_report,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import (
    json_lines,
    read_json_lines,
    read_report,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

POLICY = {"name": "microsoft", "title": "M", "version": None, "compare": "exact", "sha256": "a" * 64}
POLICY |= {"document": {}, "documents": {}, "gpos": {}, "references": []}
FLOOR, USERS, HELPDESK = "S-1-5-6", "S-1-5-32-545", "S-1-5-21-1-2-3-1101"
STATUSES = ("compliant", "drift", "waived", "not_applicable", "unreachable", "error", "not_checked")


def holder(sid, name=None, kind="domain"):
    return {"sid": sid, "name": name, "resolved": "lsa", "kind": kind, "standing": "unexpected", "why": "x"}


def finding(sid, name):
    return {"kind": "unexpected", "sid": sid, "name": name, "text": f"unexpected: {name}", **UNRANKED}


def result(status, checked_at="2026-01-31T08:15:30Z", holders=(), **more):
    """What a task registers on a host with this status."""
    if status == "not_checked":
        return None
    if status == "unreachable":
        return {"unreachable": True, "msg": "refused"}
    error = {"category": "denied", "message": "denied", "call": None, "status": None} if status == "error" else None
    holders = [holder(FLOOR, kind="well-known"), *holders]
    return {"status": status, "checked_at": checked_at, "holders": holders, "error": error, **more}


def report(results, /, day=31, policy=POLICY, number=1, fail_on=("drift",), exceptions=(), tolerate=None, **run):
    started, finished = f"2026-01-{day:02}T08:15:00Z", f"2026-01-{day:02}T08:16:00Z"
    about = {"id": f"202601{day:02}T081500Z-{number}", "started": started, "finished": finished, "duration_s": 60}
    about |= {"check_mode": False, "action": "audit", "awx": {}, "limit": None, "hosts": None, "forks": 5, "restored": None, **run}
    records = [record_of(host, one if one is None or isinstance(one, dict) else result(one)) for host, one in results.items()]
    return build_report(
        records, run=about, policy=policy, generator=GENERATOR, fail_on=fail_on, exceptions=exceptions, tolerate=tolerate
    )


def lines(*reports):
    return "".join(json_lines(one) for one in reports)


def statuses(merged):
    return {record["host"]: record["status"] for record in merged.records}


# Made once: strategies that a draw makes anew are looked at anew each time, which took most of these tests' time.
_RESULTS = st.tuples(
    st.sampled_from(STATUSES),
    st.integers(0, 2),  # the second of the answer
    st.lists(st.sampled_from([holder(USERS), holder(HELPDESK)]), max_size=2),
    st.lists(st.sampled_from("ab"), max_size=1),  # the notes
)
_PARTS = st.fixed_dictionaries(
    {
        "day": st.integers(1, 3),
        "hosts": st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), _RESULTS, max_size=4),
        "policy": st.sampled_from([POLICY, {**POLICY, "sha256": "b" * 64}, {**POLICY, "name": "cis"}, None]),
        "number": st.integers(1, 3),
        "awx": st.dictionaries(st.sampled_from(["job_id", "workflow_job_id"]), st.sampled_from("12")),
        "action": st.sampled_from(["audit", "enforce", "restore"]),
        "check_mode": st.booleans(),
        "limit": st.sampled_from([None, "web*"]),
        "hosts_": st.sampled_from([None, "web*"]),
        "forks": st.sampled_from([5, 50]),
    }
)


def part(drawn):
    day, hosts, run = drawn["day"], drawn["hosts"], {key: drawn[key] for key in ("awx", "action", "check_mode", "limit", "forks")}
    results = {
        host: result(status, f"2026-01-{day:02}T08:15:{second:02}Z", holders, notes=notes)
        for host, (status, second, holders, notes) in hosts.items()
    }
    return gathered(report(results, day, drawn["policy"], drawn["number"], hosts=drawn["hosts_"], **run))


parts = _PARTS.map(part)
"""A report of few hosts and few moments, so that hosts and times meet."""


@given(parts, parts, parts)
def test_a_merge_does_not_hang_on_its_order(a, b, c):
    assert merge([a, merge([b, c])]) == merge([merge([a, b]), c]) == merge([c, a, b])
    assert merge([a, b]) == merge([b, a])
    assert merge([a, a]) == merge([a]) == a
    assert merge([merge([a, b]), a]) == merge([a, b])
    assert merge([a, Gathered()]) == a


@given(st.lists(parts, min_size=1, max_size=4))
def test_a_merge_of_files_is_that_of_their_reports(several):
    whole = merge(several)
    one = merged_report(whole)

    assert read_json_lines(json_lines(one)) == whole
    assert merged_report(read_json_lines(json_lines(one))) == one
    assert read_json_lines("".join(json_lines(merged_report(part)) for part in several)) == whole
    assert merged_report(merge(reversed(several))) == one
    assert set(whole.expected) == {host for part in several for host in part.expected}
    assert len(markdown(one).splitlines()) <= 40


@given(parts, parts)
def test_nobody_becomes_compliant_by_a_merge(a, b):
    good = {record["host"] for part in (a, b) for record in part.records if record["status"] == "compliant"}
    read = merged_report(merge([a, b]))

    assert {record["host"] for record in read["hosts"] if record["status"] == "compliant"} <= good
    assert read["summary"]["expected"] == len(read["hosts"]) == sum(read["summary"]["by_status"].values())


@pytest.mark.parametrize(
    ("earlier", "later", "status"),
    [
        pytest.param("compliant", "drift", "drift", id="the newer one"),
        pytest.param("drift", "compliant", "compliant", id="the newer one, and it is good"),
        pytest.param("compliant", "unreachable", "unreachable", id="an old result does not hide a dead host"),
        pytest.param("unreachable", "compliant", "compliant", id="it is back"),
        pytest.param("compliant", "not_checked", "compliant", id="a run that did not look says nothing"),
        pytest.param("not_checked", "unreachable", "unreachable", id="whoever looked knows more"),
    ],
)
def test_the_newest_record_wins(earlier, later, status):
    def one(word, day):
        return report({"a": result(word, f"2026-01-{day:02}T08:15:30Z")}, day)

    assert statuses(read_json_lines(lines(one(earlier, 30), one(later, 31)))) == {"a": status}
    assert statuses(read_json_lines(lines(one(later, 31), one(earlier, 30)))) == {"a": status}


def test_of_the_same_second_the_graver_one_wins():
    assert statuses(merge(gathered(report({"a": word})) for word in ("compliant", "drift", "waived"))) == {"a": "drift"}


PLANNED = result("drift", "2026-01-31T08:15:40Z", outcome="planned", status_after="compliant")
ENFORCED = result("compliant", "2026-01-31T08:15:35Z", outcome="applied", status_after="compliant")


@pytest.mark.parametrize(
    ("parts", "passed"),
    [
        pytest.param([("enforce", True, {"a": PLANNED}), ("enforce", True, {"b": PLANNED})], True, id="slices of one check"),
        pytest.param([("audit", False, {"a": "drift", "b": "drift"}), ("enforce", True, {"a": PLANNED, "b": PLANNED})], False, id="a check after an audit"),
        pytest.param([("audit", True, {"a": "drift"}), ("enforce", True, {"a": PLANNED})], False, id="after an audit in check mode"),
        pytest.param([("audit", False, {"b": "compliant"}), ("enforce", True, {"a": PLANNED})], False, id="beside an audit of other hosts"),
        pytest.param([("enforce", False, {"a": ENFORCED}), ("enforce", True, {"a": PLANNED})], False, id="a check after the change"),
        pytest.param([("enforce", True, {"a": PLANNED}), ("restore", True, {"b": PLANNED})], False, id="checks of two changes"),
        pytest.param([("enforce", True, {"a": {**PLANNED, "status_after": "drift"}}), ("enforce", True, {"b": PLANNED})], False,
                     id="a plan that would not help"),
    ],
)  # fmt: skip
def test_a_dry_run_greens_no_merge(parts, passed):
    """What a check would have made of a host counts only where all runs are slices of it."""
    merged = merged_report(
        merge(
            gathered(report(hosts, action=action, check_mode=check, number=number))
            for number, (action, check, hosts) in enumerate(parts)
        )
    )
    said = markdown(merged)

    assert merged["summary"]["gate"]["passed"] is passed
    assert ("planned drift does not fail a check" in said) is passed


def test_slices_make_one_report():
    awx = {"workflow_job_id": "9"}
    slices = [
        report({"a": "compliant"}, number=1, awx={**awx, "job_id": "1"}, fail_on=["drift"], tolerate={"drift": "1"}),
        report({"b": "drift"}, number=2, awx={**awx, "job_id": "2"}, fail_on=["drift", "error"], tolerate={"error": "1"}),
    ]
    one = merged_report(read_json_lines(lines(*slices)))

    assert one["summary"]["by_status"] | {"compliant": 1, "drift": 1} == one["summary"]["by_status"]
    assert one["summary"]["gate"] == {
        "passed": False,
        "fail_on": ["drift", "error"],
        "tolerate": {},
        "reasons": ["1 host drifts from the policy"],
    }
    assert one["run"]["awx"] == awx
    assert one["run"]["id"].startswith("merged-20260131T081500Z-2-")
    assert one["policy"] == POLICY
    assert [run["run"]["awx"]["job_id"] for run in one["run"]["merged"]] == ["1", "2"]
    assert merged_report(gathered(one), fail_on=[])["summary"]["gate"]["passed"]
    assert doubts(gathered(one)) == []


def test_a_host_that_no_run_has_a_record_of_was_not_checked():
    part = gathered(report({"a": "compliant"}))
    one = merged_report(gather(part.runs, ["a", "lost"], part.records))

    assert one["summary"]["by_status"]["not_checked"] == 1
    assert one["hosts"][1]["host"] == "lost"


def test_exceptions_live_on_in_a_merge():
    declared = {"account": HELPDESK, "reason": "r", "owner": "o", "ticket": None, "approved_by": None, "expires": None}
    declared |= {"hosts": [], "groups": ["web"], "host_roles": [], "features": []}
    row = {**declared, "state": "unused", "used_by": [], "wanted_by": []}
    claim = {**declared, "sid": HELPDESK, "state": "used"}
    idle, used = report({"a": "compliant"}, exceptions=[row]), report({"b": result("waived", exceptions=[claim])}, exceptions=[row])
    dark = report({"c": "unreachable"})

    def states(*reports):
        rows = merged_report(read_json_lines(lines(*reports)))["summary"]["exceptions"]
        return [(one["state"], one["used_by"]) for one in rows]

    assert states(idle) == [("unused", [])]
    assert states(idle, used) == states(used, idle) == [("used", ["b"])]
    assert states(idle, dark) == [("unknown", [])]


def test_what_does_not_fit_together_is_said():
    other, cis = {**POLICY, "sha256": "b" * 64}, {**POLICY, "name": "cis"}
    said = doubts(
        merge(
            [
                gathered(report({"a": "compliant"})),
                gathered(report({"a": "compliant"}, policy=other)),
                gathered(report({"a": "compliant"}, policy=cis, action="enforce", check_mode=True)),
                gathered(report({"a": "compliant"}, policy=None, action="restore")),
            ]
        )
    )

    assert said == [
        "the runs were judged by 2 versions of the policy microsoft: aaaaaaaaaaaa, bbbbbbbbbbbb",
        "the runs were judged by several policies: cis, microsoft",
        "the runs did different things: audit, enforce, restore",
        "some of the runs changed hosts, others only planned to",
    ]


def test_nothing_cannot_be_merged():
    with pytest.raises(BadInput, match="no report to merge"):
        merged_report(merge([]))


def line(number, **keys):
    """The text of a report whose line has other keys; None takes a key away."""
    texts = json_lines(report({"a": result("drift", findings=[finding(USERS, "U")])})).splitlines()
    data = {**json.loads(texts[number - 1]), **keys}
    texts[number - 1] = json.dumps({key: value for key, value in data.items() if value is not ...})
    return "\n".join(texts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "line 1: there is no line of a run", id="empty"),
        pytest.param("{", "line 1: this is not JSON", id="cut"),
        pytest.param("[]", "line 1: [] is not a mapping", id="a list"),
        pytest.param("[" * 100_000, "line 1: this is not JSON", id="deep"),
        pytest.param('{"host": "a"}', "line 1: a record stands before the line of its run", id="no header"),
        pytest.param(line(1, schema_version="3"), "line 1: schema_version: '3' is not 2", id="a later release"),
        pytest.param(
            line(1, schema_version="1"),
            "line 1: schema_version: '1' is not 2, which this release reads; an earlier",
            id="an earlier release",
        ),
        pytest.param(line(1, expected=...), "line 1: expected: the key is missing", id="a key less in the header"),
        pytest.param(line(1, run={}), "line 1: run.id: the key is missing", id="a run without an id"),
        pytest.param(line(1, expected=[1]), "line 1: expected[0]: 1 is not a text", id="a host that is a number"),
        pytest.param(
            line(1, tolerate={"drift": "many"}), "line 1: tolerate.drift: 'many' is not a tolerance", id="a tolerance that is none"
        ),
        pytest.param(
            line(1, tolerate={"drift": 5}), "line 1: tolerate.drift: 5 is not a tolerance", id="a tolerance that is a number"
        ),
        pytest.param(line(1, more=1), "line 1: 'more' is not a key of this line", id="a key more in the header"),
        pytest.param(line(1, source=...), "line 1: source: the key is missing", id="nobody says who is expected"),
        pytest.param(line(1, fail_on=["x"]), "line 1: fail_on[0]: 'x' is none of drift", id="a gate that there is not"),
        pytest.param(line(1, tolerate={"x": "5"}), "line 1: tolerate: 'x' is none of drift", id="a tolerance of something else"),
        pytest.param(line(2, duration_ms=float("nan")), "line 2: this is not JSON: NaN is not a number", id="no number"),
        pytest.param(line(2, host="\ud800"), "line 2: this is not JSON", id="half a character"),
        pytest.param(line(2, host=...), "line 2: host: the key is missing", id="a record of nobody"),
        pytest.param(line(2, host=""), "line 2: host: '' is not the name of a host", id="a record without a name"),
    ],
)
def test_a_wrong_line_is_named(text, words):
    with pytest.raises(BadInput) as wrong:
        read_json_lines(text)

    assert words in str(wrong.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(line(2, more=1), "line 2: 'more' is not a key of it", id="a key more"),
        pytest.param(line(2, holders=...), "line 2: holders: the key is missing", id="a key less"),
        pytest.param(line(2, status="fine"), "line 2: status: 'fine' is none of", id="a status that is none"),
        pytest.param(line(2, checked_at="today"), "line 2: checked_at: 'today' is not a time", id="a time that is none"),
        pytest.param(line(2, missing=["Users"]), "line 2: missing[0]: 'Users' is not a SID", id="a name for a SID"),
        pytest.param(line(2, findings=[{}]), "line 2: findings[0].kind: the key is missing", id="an empty finding"),
        pytest.param(line(2, notes={}), "line 2: notes: {} is not a list", id="a mapping for a list"),
        pytest.param(line(2, error="x"), "line 2: error: 'x' is not a mapping", id="a text for a mapping"),
        pytest.param(line(2, duration_ms=True), "line 2: duration_ms: True is not a whole number", id="true for a number"),
        pytest.param(line(2, groups=[{"sid": "evil"}]), "line 2: groups[0].sid: 'evil' is not a SID", id="a group without a SID"),
        pytest.param(line(2, error={"category": "x", "message": "y", "call": 5, "status": None}), "line 2: error.call: 5 is not a text",
                     id="a number for a call"),
    ],
)  # fmt: skip
def test_a_damaged_record_is_the_error_of_its_host_and_of_no_other(text, words):
    other = lines(report({"b": result("compliant", "2026-01-30T08:15:30Z"), "a": result("compliant", "2026-01-30T08:15:30Z")}, 30))
    merged = merge([read_json_lines(text), read_json_lines(other)])

    assert statuses(merged) == {"a": "error", "b": "compliant"}
    assert merged.records[1] == read_json_lines(other).records[1]
    assert words in merged.records[0]["error"]["message"]
    assert doubts(merged)[-1].startswith(
        "the record of 1 host is damaged and what was found there is lost, so that it counts as an error: a ("
    )
    assert words in merged_report(merged)["notes"][-1]
    assert read_json_lines(json_lines(merged_report(merged))) == merged


@given(
    st.text(max_size=200)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=9),
        lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=9), one, max_size=4),
        max_leaves=12,
    ).map(json.dumps)
)
def test_any_text_is_read_or_refused(text):
    with pytest.raises(BadInput, match="^line "):
        read_json_lines(text)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"hosts": [{}]}, "old.json: hosts[0]: host: the key is missing", id="a record of nobody"),
        pytest.param({"hosts": None}, "old.json: hosts: None is not a list", id="no hosts"),
        pytest.param({"run": {}}, "old.json: run.id: the key is missing", id="no run"),
        pytest.param({"policy": {}}, "old.json: policy.name: the key is missing", id="half a policy"),
        pytest.param(
            {"schema_version": "3"}, "old.json: schema_version: '3' is not 2, which this release reads", id="a later release"
        ),
        pytest.param(
            {"schema_version": "1"},
            "old.json: schema_version: '1' is not 2, which this release reads; an earlier release of the collection wrote it, "
            "so make the report again",
            id="an earlier release",
        ),
        pytest.param({"generator": {}}, "old.json: generator.name: the key is missing", id="nobody made it"),
        pytest.param({"scope": {}}, "old.json: scope.source: the key is missing", id="nobody says who is expected"),
    ],
)
def test_an_earlier_report_of_another_form_is_refused(change, words):
    assert read_report("old.json", EARLIER) == EARLIER
    with pytest.raises(BadInput) as wrong:
        read_report("old.json", EARLIER | change)

    assert str(wrong.value) == words


def test_a_damaged_record_of_an_earlier_report_is_of_one_host():
    hosts = [{"host": "a"} if record["host"] == "stays" else record for record in EARLIER["hosts"]]
    read = read_report("old.json", {**EARLIER, "hosts": hosts})

    assert [one["status"] for one in read["hosts"] if one["host"] == "a"] == ["error"]
    assert changed(LATER, read)["left"] == ["better"]


def test_a_line_may_hold_what_some_take_for_its_end():
    name = "a\u2028b\u0085c\x0bd\re\nf"

    assert read_json_lines(json_lines(report({name: "compliant"}))).expected == (name,)


def test_blank_lines_and_a_byte_order_mark_do_no_harm():
    text = lines(report({"a": "compliant"}))

    assert read_json_lines("\ufeff" + text.replace("\n", "\r\n\r\n")) == read_json_lines(text)


EARLIER = report(
    {
        "stays": "drift",
        "better": "drift",
        "worse": result("compliant", holders=[holder("S-1-5-21-7-7-7-1001", "WORSE\\deploy", "local")]),
        "lost": "drift",
        "found": "unreachable",
        "gone": "drift",
        "good": "compliant",
    },
    day=30,
)
LATER = report(
    {
        "stays": result(
            "drift", holders=[holder(HELPDESK, "CORP\\Helpdesk"), holder("S-1-5-21-8-8-8-1001", "STAYS\\Deploy", "local")]
        ),
        "better": "compliant",
        "worse": result("drift", holders=[holder(USERS), holder(HELPDESK)]),
        "lost": "unreachable",
        "found": "drift",
        "good": result("compliant", holders=[holder("S-1-5-21-9-9-9-1002", "GOOD\\new", "local")]),
        "new": result("compliant", holders=[holder("S-1-5-21-6-6-6-1002", "NEW\\New", "local")]),
    }
)


def test_what_is_different_since_an_earlier_report():
    assert changed(LATER, EARLIER) == {
        "previous": {"id": "20260130T081500Z-1", "started": "2026-01-30T08:15:00Z", "policy": "microsoft"},
        "notes": [],
        "came": ["found", "worse"],
        "left": ["better"],
        "unclear": ["lost"],
        "new": ["new"],
        "gone": ["gone"],
        "new_holders": [
            {"sid": HELPDESK, "name": "CORP\\Helpdesk", "hosts": 2},
            {"sid": "S-1-5-21-9-9-9-1002", "name": ".\\new", "hosts": 2},
            {"sid": USERS, "name": None, "hosts": 1},
        ],
    }


def test_without_an_earlier_report_nothing_is_said():
    assert changed(LATER, None) is None
    assert changed(LATER, LATER) is None


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        pytest.param(
            POLICY, {**POLICY, "name": "cis", "sha256": "c"}, "the policy cis, this one by microsoft", id="another policy"
        ),
        pytest.param(POLICY, {**POLICY, "sha256": "c"}, "another version of the policy microsoft", id="another version"),
        pytest.param(POLICY, None, "the earlier report was judged by no policy", id="none then"),
        pytest.param(None, POLICY, "this report was judged by no policy", id="none now"),
    ],
)
def test_another_policy_is_said(now, then, words):
    found = changed(report({"a": "drift"}, policy=now), report({"a": "compliant"}, day=30, policy=then))

    assert words in found["notes"][0]
    assert found["came"] == ["a"]


def test_after_a_report_that_read_nobody_no_holder_is_new():
    found = changed(LATER, report({"stays": "unreachable", "good": None}, day=30))

    assert found["new_holders"] == []
    assert "has read no host" in found["notes"][0]


def test_a_host_that_stands_in_a_report_twice_counts_once():
    twice = {**EARLIER, "hosts": [*EARLIER["hosts"], *report({"good": "drift"}, day=29)["hosts"]]}

    assert "good" in changed(LATER, twice)["left"]  # of the same second the graver one counts


@given(parts, parts)
def test_every_host_that_drifted_is_accounted_for(now, then):
    found = changed(merged_report(now), merged_report(then))
    if found is None:
        return
    drift, drifted = ({host for host, status in statuses(part).items() if status == "drift"} for part in (now, then))

    assert drift - drifted == set(found["came"])
    assert drifted - drift == {*found["left"], *found["unclear"], *(set(found["gone"]) & drifted)}
    assert not set(found["left"]) & set(found["unclear"])
