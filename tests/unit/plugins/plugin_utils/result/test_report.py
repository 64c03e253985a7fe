# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import re

import pytest
from hostile import DEEP
from hypothesis import given
from hypothesis import strategies as st
from report_heads import UNRANKED

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import write_atomically
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.awx import awx_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.summary import verdict_sentence
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.sentences import without_verdict
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.terminal import terminal
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import results_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.check import checked
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

ALL = ["drift", "unreachable", "error", "not_checked"]
RUN = {
    "started": "2026-01-31T08:15:00Z",
    "finished": "2026-01-31T08:16:00Z",
    "duration_s": 60,
    "check_mode": False,
    "awx": {},
    "action": "audit",
    "limit": None,
    "hosts": None,
    "forks": 5,
    "restored": None,
}
POLICY = {
    "name": "own",
    "title": "Own",
    "version": None,
    "compare": "exact",
    "sha256": "0",
    "document": {"publisher": "We", "title": "Handbook"},
    "documents": {},
    "gpos": {},
    "references": [],
}
GOOD = {
    "status": "compliant",
    "host_role": "member_server",
    "holders": [{"sid": "S-1-5-6", "name": None, "resolved": "lsa", "kind": "well-known", "standing": "floor", "why": ""}],
    "findings": [],
    "notes": [],
}
ORPHAN = {
    "sid": "S-1-5-21-1-2-3-1234", "name": None, "resolved": "unmapped", "kind": "orphan", "standing": "orphan",
    "why": "the domain CORP has no account with this SID",
}  # fmt: skip
STRANGER = {
    "kind": "unexpected",
    "sid": "S-1-5-32-545",
    "name": "BUILTIN\\Users",
    "text": "unexpected: BUILTIN\\Users (S-1-5-32-545), no row",
    **UNRANKED,
}
DRIFT = {**GOOD, "status": "drift", "findings": [STRANGER]}
IDLE = {**GOOD, "status": "not_applicable"}
PLANNED = {**DRIFT, "outcome": "planned", "status_after": "compliant", "changes": ["would remove: BUILTIN\\Users"]}
DEAD = {"unreachable": True, "msg": "ntlm: connection refused", "changed": False}
DENIED = {
    "failed": True,
    "status": "error",
    "msg": "denied",
    "error": {"category": "not_admin", "message": "denied", "call": "x", "status": "y"},
}


@pytest.mark.parametrize(
    ("result", "status", "words"),
    [
        pytest.param(GOOD, "compliant", "holders: 1, all of them allowed", id="compliant"),
        pytest.param(
            {**GOOD, "holders": [*GOOD["holders"], ORPHAN]},
            "compliant",
            "holders: 2, 1 of them allowed, 1 left as it is; S-1-5-21-1-2-3-1234 the domain CORP has no account with this SID",
            id="an orphan is left",
        ),
        pytest.param(
            {
                **GOOD,
                "status": "waived",
                "waived": ["S-1-5-6"],
                "holders": [*GOOD["holders"], ORPHAN, {**ORPHAN, "sid": ORPHAN["sid"] + "5"}],
            },
            "waived",
            "holders: 3, 1 of them allowed or waived, 2 left as they are; S-1",
            id="orphans are left, and one is waived",
        ),
        pytest.param({**GOOD, "notes": ["read-only domain controller"]}, "compliant", "read-only", id="compliant with a note"),
        pytest.param(DRIFT, "drift", "unexpected: BUILTIN\\Users (S-1-5-32-545), no row", id="drift"),
        pytest.param(DENIED, "error", "not_admin: denied", id="denied"),
        pytest.param(DEAD, "unreachable", "ntlm: connection refused", id="dead"),
        pytest.param({**DEAD, "status": "compliant"}, "unreachable", "refused", id="dead, whatever else it says"),
        pytest.param(
            {**DEAD, "msg": "ntlm: 2150859173"}, "unreachable", "host_resources: ntlm: 2150859173", id="no shell is left for it"
        ),
        pytest.param({"failed": True, "msg": "Task failed."}, "error", "Task failed.", id="failed without our keys"),
        pytest.param({"failed": True}, "error", "no message", id="failed without a message"),
        pytest.param({"failed": True, "status": "compliant", "msg": "no"}, "error", "no", id="failed, and good by its status"),
        pytest.param({}, "error", "no message", id="an empty result"),
        pytest.param({"status": "fine"}, "error", "no message", id="a status that is none"),
        pytest.param({"status": ["compliant"]}, "error", "no message", id="a status that is a list"),
        pytest.param({"failed": True, "msg": DEEP}, "error", "[[[[[[", id="a message without a floor"),
        pytest.param({"skipped": True}, "not_checked", "no result", id="skipped"),
        pytest.param(None, "not_checked", "no result", id="no result at all"),
    ],
)
def test_a_record_never_calls_an_unread_host_compliant(result, status, words):
    record = record_of("web01", result)

    assert record["status"] == status
    assert words in record["reason"]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        pytest.param({"failed": True, "msg": "no", "error": {"call": ["x"], "status": None}}, "no", id="an error of another form"),
        pytest.param({**DENIED, "error": {**DENIED["error"], "call": ["x"]}}, "error.call: ['x'] is not a text", id="a call that is a list"),
        pytest.param({**DENIED, "error": {**DENIED["error"], "call": 5}}, "error.call: 5 is not a text", id="a call that is a number"),
        pytest.param({**GOOD, "holders": [{**GOOD["holders"][0], "sid": "evil"}]}, "holders[0].sid: 'evil' is not a SID", id="a holder without a SID"),
        pytest.param({**GOOD, "holders": [{"sid": "S-1-5-6"}]}, "holders[0].name: the key is missing", id="half a holder"),
        pytest.param({**GOOD, "holders": [{**GOOD["holders"][0], "kind": "king"}]}, "holders[0].kind: 'king' is none of well-known", id="a kind that is none"),
        pytest.param({**GOOD, "groups": [{"sid": "evil", "name": None, "broad": False, "status": "read", "members": []}]},
                     "groups[0].sid: 'evil' is not a SID",
                     id="a group without a SID"),
        pytest.param({**GOOD, "exposure": {"complete": True, "users": [{"kind": "service", "name": "s", "why": "", "account": None, "sid": "evil",
                                                                        "has": True, "through": [], "pid": 1}], "excluded": [], "unknown": [], "notes": []}},
                     "exposure.users[0].sid: 'evil' is not a SID", id="a service without a SID"),
        pytest.param({**GOOD, "findings": 5}, "findings: 5 is not a list", id="findings that are a number"),
        pytest.param({**GOOD, "notes": ["a", {}]}, "notes[1]: {} is not a text", id="a note that is none"),
        pytest.param({**GOOD, "checked_at": "soon"}, "checked_at: 'soon' is not a time", id="a time that is none"),
        pytest.param({**GOOD, "duration_ms": 10**5_000}, "duration_ms: a number of", id="a number without an end"),
        pytest.param({**GOOD, "duration_ms": float("nan")}, "duration_ms: nan is not a whole number", id="no number"),
        pytest.param({**GOOD, "windows": {"product_type": ["x"]}}, "windows.product_type: ['x'] is not a text", id="a system that is a list"),
        pytest.param({**GOOD, "session": {}}, "session.user: the key is missing", id="an empty session"),
        pytest.param({**GOOD, "computer": {"name": "a", "evil": {}}}, "computer.machine_role: the key is missing", id="half a computer"),
        pytest.param({**GOOD, "features": {"iis": {"present": True, "source": "x", "because": None, "found": []}}},
                     "features.iis.source: 'x' is none of detected, declared",
                     id="a source that is none"),
        pytest.param({**GOOD, "error": DEEP}, "error: [[[[[[", id="an error without a floor"),
    ],
)  # fmt: skip
def test_a_result_that_is_no_record_is_the_error_of_its_host(result, words):
    record = record_of("web01", result)

    assert record["status"] == "error"
    assert words in record["reason"]
    assert record["holders"] == record["findings"] == []
    checked("", record)


def test_a_result_that_is_no_record_keeps_what_a_change_left():
    steps = [{"op": "remove", "sid": "S-1-5-32-545", "status": "0x00000000"}]
    result = {
        **DENIED,
        "error": "text",
        "outcome": "undone",
        "undone": steps,
        "checked_at": "2026-01-31T08:15:30Z",
        "transport": "winrm",
    }

    kept = record_of("web01", result)
    assert (kept["change"]["outcome"], kept["change"]["undone"]) == ("undone", steps)
    assert (kept["checked_at"], kept["transport"]) == ("2026-01-31T08:15:30Z", "winrm")
    bare = record_of("web01", {**result, "undone": "text", "checked_at": 5})
    assert (bare["change"]["outcome"], bare["change"]["undone"], bare["checked_at"]) == ("undone", None, None)


def report(fail_on=None, run=None, **results):
    return build_report(
        [record_of(host, result) for host, result in results.items()],
        run={**RUN, **(run or {})},
        policy=POLICY,
        generator={},
        fail_on=ALL if fail_on is None else fail_on,
    )


@pytest.mark.parametrize(
    ("results", "fail_on", "passed", "reasons", "sentence"),
    [
        pytest.param({"a": GOOD}, ALL, True, [], "COMPLIANT - 0 of 1 hosts drift, 0 not assessed", id="all in order"),
        pytest.param({"a": GOOD, "b": DRIFT}, ALL, False, ["1 host drifts from the policy"], "NOT COMPLIANT - 1 of 2 hosts drift, 0 not assessed", id="drift"),
        pytest.param({"a": GOOD, "b": DRIFT}, [], True, [], "NOT COMPLIANT - 1 of 2 hosts drift, 0 not assessed", id="drift allowed, and said"),
        pytest.param({"a": GOOD, "b": DEAD}, ALL, False, ["1 host is unreachable"], "NOT ASSESSED COMPLETELY - 0 of 2 hosts drift, 1 not assessed", id="dead"),
        pytest.param({"a": DEAD, "b": DEAD}, ALL, False, ["2 hosts are unreachable"], "NOT ASSESSED COMPLETELY - 0 of 2 hosts drift, 2 not assessed",
                     id="all dead"),
        pytest.param({"a": DEAD, "b": GOOD}, ["drift"], True, [], "NOT ASSESSED COMPLETELY - 0 of 2 hosts drift, 1 not assessed",
                     id="dead allowed, never called compliant"),
        pytest.param({"a": None}, ALL, False, ["1 host was not checked"], "NOT ASSESSED COMPLETELY - 0 of 1 hosts drift, 1 not assessed", id="no result"),
        pytest.param({"a": IDLE}, ALL, False, ["no host was judged: the policy has a row for none of them"],
                     "NOTHING JUDGED - the policy has a row for none of the 1 hosts",
                     id="a policy for other hosts"),
        pytest.param({"a": IDLE, "b": GOOD}, ALL, True, [], "COMPLIANT - 0 of 2 hosts drift, 0 not assessed, 1 not in the policy",
                     id="a policy for some hosts"),
        pytest.param({"a": IDLE, "b": GOOD}, ["not_applicable"], False, ["1 host has no row in the policy"],
                     "COMPLIANT - 0 of 2 hosts drift, 0 not assessed, 1 not in the policy",
                     id="a policy for some hosts, and that is not enough"),
        pytest.param({"a": PLANNED}, ALL, True, [], "NOT COMPLIANT - 1 of 1 hosts drift, 1 of them would be changed, 0 not assessed",
                     id="check mode of a change that would help"),
        pytest.param({"a": {**PLANNED, "status_after": "drift"}}, ALL, False, ["1 host drifts from the policy"],
                     "NOT COMPLIANT - 1 of 1 hosts drift, 1 of them would be changed, 0 not assessed",
                     id="check mode of a change that would not"),
        pytest.param({}, ALL, False, ["there was no host to judge"], "NOTHING AUDITED - there was no host", id="no hosts"),
        pytest.param({}, [], False, ["there was no host to judge"], "NOTHING AUDITED - there was no host", id="no hosts, whatever the gate fails on"),
        pytest.param({"a": {**DRIFT, "outcome": "applied", "status_after": "compliant"}}, ALL, False, ["1 host drifts from the policy"],
                     "NOT COMPLIANT - 1 of 1 hosts drift, 0 not assessed",
                     id="a change that was made counts as it was read afterwards"),
    ],
)  # fmt: skip
def test_the_gate_and_the_verdict(results, fail_on, passed, reasons, sentence):
    check = any((result or {}).get("outcome") == "planned" for result in results.values())
    made = report(fail_on, {"action": "enforce", "check_mode": True} if check else {}, **results)
    summary = made["summary"]

    assert (summary["gate"]["passed"], summary["gate"]["reasons"]) == (passed, reasons)
    assert verdict_sentence(summary, made["hosts"]) == sentence


def erring(outcome):
    return {**DENIED, "outcome": outcome, "unhandled": []}


@pytest.mark.parametrize(
    ("results", "reason", "sentence", "page"),
    [
        pytest.param({"a": DENIED}, "1 host could not be read or judged", "NOT ASSESSED COMPLETELY - 0 of 1 hosts drift, 1 not assessed",
                     "1 host was not read or judged: who holds the right there is not known.", id="not read"),
        pytest.param({"a": erring("refused"), "b": erring("refused")}, "2 hosts were refused: nothing was changed on them",
                     "NOT ENFORCED COMPLETELY - 0 of 2 hosts drift, 0 not assessed, 2 refused",
                     "2 hosts were refused: nothing was changed there.", id="refused"),
        pytest.param({"a": erring("refused"), "b": GOOD}, "1 host was refused: nothing was changed on it",
                     "NOT ENFORCED COMPLETELY - 0 of 2 hosts drift, 0 not assessed, 1 refused",
                     "1 host was refused: nothing was changed there.", id="one was refused"),
        pytest.param({"a": erring("undone"), "b": erring("unknown")}, "the changes of 2 hosts did not end as planned",
                     "NOT ASSESSED COMPLETELY - 0 of 2 hosts drift, 2 not assessed",
                     "On 2 hosts a change did not end as planned: the reason says what is known.", id="changes that failed"),
        pytest.param({"a": DENIED, "b": erring("refused"), "c": erring("undone"), "d": DRIFT},
                     "1 host could not be read or judged, 1 host was refused: nothing was changed on it, the change of 1 host did not end as planned",
                     "NOT COMPLIANT - 1 of 4 hosts drift, 2 not assessed, 1 refused",
                     "1 host was not read or judged: who holds the right there is not known. 1 host was refused: nothing was changed there. "
                     "On 1 host a change did not end as planned: the reason says what is known.", id="one of each"),
    ],
)  # fmt: skip
def test_a_host_that_was_refused_is_not_called_unread(results, reason, sentence, page):
    made = report(["error"], {"action": "enforce"}, **results)

    assert made["summary"]["gate"]["reasons"] == [reason]
    assert verdict_sentence(made["summary"], made["hosts"], "enforce") == sentence
    assert " ".join(without_verdict(made["hosts"])) == page
    assert html(made).count(page) == 2  # where accounts are listed, and where hosts without a verdict are
    assert ("Refused or not assessed:" in terminal(made)) is ("refused" in reason)


BACK = {**GOOD, "outcome": "applied", "status_after": "compliant"}
SAME = {**GOOD, "outcome": "same_machine", "status_after": "compliant"}
NONE = {**IDLE, "outcome": "nothing_to_restore"}


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        pytest.param([BACK, {**BACK, "outcome": "unchanged"}, SAME],
                     "RESTORED - 3 of 3 hosts have their earlier holders, 0 had nothing to restore, 0 not as before",
                     id="all are back"),
        pytest.param([BACK, NONE], "RESTORED - 1 of 2 hosts have their earlier holders, 1 had nothing to restore, 0 not as before", id="some had nothing"),
        pytest.param([NONE, NONE], "NOTHING RESTORED - 0 of 2 hosts have their earlier holders, 2 had nothing to restore, 0 not as before",
                     id="none had anything"),
        pytest.param([{**BACK, **DRIFT}, {**SAME, **DRIFT}, DEAD, None, erring("refused"), erring("undone"), NONE],
                     "NOT RESTORED COMPLETELY - 0 of 7 hosts have their earlier holders, 1 had nothing to restore, 6 not as before", id="not as before"),
        pytest.param([PLANNED, PLANNED, NONE, NONE, NONE, DEAD],
                     "NOT RESTORED COMPLETELY - 2 of 6 hosts would get their earlier holders, 3 had nothing to restore, 1 would not be as before",
                     id="a check"),
        pytest.param([PLANNED, {**BACK, "outcome": "unchanged"}, {**PLANNED, "status_after": "drift"}],
                     "NOT RESTORED COMPLETELY - 1 of 3 hosts would get their earlier holders, 1 had them already, 0 had nothing to restore, "
                     "1 would not be as before",
                     id="a check of a plan that would not help"),
        pytest.param([PLANNED], "NOT RESTORED YET - 1 of 1 hosts would get their earlier holders, 0 had nothing to restore, 0 would not be as before",
                     id="a check of one that would"),
        pytest.param([BACK, GOOD], "RESTORED - 1 of 2 hosts have their earlier holders, 0 had nothing to restore, 0 not as before, 1 only audited",
                     id="merged with an audit"),
    ],
)  # fmt: skip
def test_the_numbers_of_a_restore_add_up(results, sentence):
    made = report([], {"action": "restore"}, **{f"h{number}": result for number, result in enumerate(results)})
    found = verdict_sentence(made["summary"], made["hosts"], "restore")

    assert found == sentence
    assert sum(map(int, re.findall(r"(?:- |, )(\d+)", found))) == len(results)


OF_R1 = {**RUN, "action": "restore", "restored": "R1"}


@pytest.mark.parametrize(
    ("run", "said"),
    [
        pytest.param(OF_R1, "the run R1", id="a restore"),
        pytest.param({**OF_R1, "check_mode": True}, "the run R1", id="a check of one"),
        pytest.param({**OF_R1, "restored": None, "merged": [{"run": OF_R1}, {"run": {**OF_R1, "restored": "R2"}}, {"run": RUN}]}, "the run R1, the run R2",
                     id="two, merged"),
        pytest.param({**OF_R1, "restored": None}, "", id="one of an earlier release"),
        pytest.param({**OF_R1, "restored": "/srv/kept/R1"}, "/srv/kept/R1", id="the folder of a run"),
        pytest.param(RUN, "", id="an audit"),
    ],
)  # fmt: skip
def test_the_run_that_was_restored_is_named(run, said):
    made = report([], a=BACK)
    made["run"].update(run)
    line = f"restored: {said}"

    for text in (terminal(made), markdown(made)):
        assert (line in text and bool(said), "restored: " in text) == (bool(said), bool(said))
    assert (f"<dt>Restored</dt><dd><bdi>{said}</bdi></dd>" in html(made)) is bool(said)


@pytest.mark.parametrize("odd", [DEEP, 10**5_000, object()], ids=["deep", "a number without an end", "no plain data"])
def test_a_host_that_registered_what_is_no_data_spoils_no_other(odd):
    hostvars = {"a": {"x": {**GOOD, "run_id": "r"}}, "b": {"x": {**GOOD, "run_id": "r", "more": odd}}}
    found = results_of(
        {"hostvars": hostvars, "ansible_play_hosts_all": ["a", "b"]}, "x", {"run_id": "r", "started": "2026-01-31T08:15:00Z"}
    )

    assert [record_of(host, result)["status"] for host, result in found.items()] == ["compliant", "error"]


def test_percentages_are_of_all_expected_hosts():
    summary = report(a=GOOD, b=GOOD, c=DRIFT, d=DEAD)["summary"]

    assert (summary["coverage_percent"], summary["compliance_percent"]) == (75.0, 50.0)
    assert summary["by_role"] == {"member_server": {"compliant": 2, "drift": 1}, "unknown": {"unreachable": 1}}
    assert summary["unexpected_accounts"] == [{"sid": "S-1-5-32-545", "name": "BUILTIN\\Users", "hosts": 1, "kind": "unknown"}]


@pytest.mark.parametrize(("good", "dead", "percent"), [(2_999, 1, 99.9), (3_000, 0, 100.0), (1, 2, 33.3), (0, 3, 0.0)])
def test_all_is_said_of_all_only(good, dead, percent):
    results = {f"g{number}": GOOD for number in range(good)} | {f"d{number}": DEAD for number in range(dead)}
    summary = report(**results)["summary"]

    assert summary["coverage_percent"] == summary["compliance_percent"] == percent


@given(st.permutations(["a", "b", "c"]))
def test_the_order_of_hosts_does_not_matter(order):
    results = {"a": GOOD, "b": DRIFT, "c": DEAD}

    assert to_json(report(**{host: results[host] for host in order})) == to_json(report(**results))


def test_the_json_can_be_read_back():
    assert json.loads(to_json(report(a=GOOD, b=DRIFT)))["hosts"][1]["findings"] == [STRANGER]


def test_the_summary_puts_findings_first_and_stays_short():
    many = {f"host{number:04}": GOOD for number in range(500)}
    text = markdown(report(**many, zebra=DRIFT))
    lines = text.splitlines()

    assert len(lines) <= 40
    assert lines[2] == "**NOT COMPLIANT - 1 of 501 hosts drift, 0 not assessed**"
    assert next(line for line in lines if line.startswith("| ") and not line.startswith("| host")).startswith("| zebra ")
    assert "... and 478 more hosts in the JSON report." in text


@pytest.mark.parametrize("hostile", ["a|b", "a\nb", "a\x1b[31mb", "a\u202eb", "<script>", "x" * 20_000], ids=repr)
def test_a_hostile_name_cannot_break_the_summary(hostile):
    clean = markdown(report(a=GOOD, b=DRIFT))
    text = markdown(report(a=GOOD, b={**DRIFT, "findings": [{**STRANGER, "text": hostile}]}))

    assert len(text.splitlines()) == len(clean.splitlines())
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "<script" not in text
    assert max(map(len, text.splitlines())) < 700


def test_awx_says_where_the_job_came_from():
    assert awx_of({"awx_job_id": 7, "other": 1}) == {"job_id": "7"}


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "report.json"
    write_atomically(path, "old\n")

    def fail(*_args):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "new\n")

    assert path.read_text() == "old\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.json"]
