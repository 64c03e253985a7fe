# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary on the screen: its width and length, its order, what it puts together."""

from __future__ import annotations

import copy

import pytest
from browser import samples
from hypothesis import given
from hypothesis import strategies as st
from report_heads import UNRANKED

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.worst import drifting, meaning_of, unread
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.columns import WIDTH, columns, fitted, folded
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.terminal import terminal

REJECTED = "ntlm: the specified credentials were rejected by the server"
REFUSED = (
    "ntlm: HTTPConnectionPool(host='{0}', port=5985): Max retries exceeded (Caused by NewConnectionError('Connection refused'))"
)


ODD = (
    "ntlm: HTTPSConnectionPool(host='10.0.0.{0}', port=1{0}): Max retries exceeded (Caused by Odd(<Connection object at 0x7f0{0}>))"
)


def long_names():
    report = samples.sample(40)
    for number, record in enumerate(report["hosts"]):
        record["host"] = f"{number:03}" + "\u6f22" * 300 + ("\u202e" if number % 2 else "")
        for finding in record["findings"]:
            finding.update(name="x" * 900, text=f"unexpected: {'x' * 900} (S-1-1-0), {'because ' * 200}")
    report["scope"]["source"] = "group " + "g" * 500
    report["summary"]["gate"]["reasons"] = ["r" * 500]
    return report


def crowded():
    report = samples.hostile()
    report["notes"] = ["word " * 100] * 9
    report["policy"]["document"] = {}
    for number, record in enumerate(report["hosts"]):
        document = {"title": f"book {number}", "version": None, "date": None}
        record["citation"] = {"benchmark_id": None, "rule": None, "row": "r", "source": "s", "document": document}
    return report


@pytest.mark.parametrize(
    ("report", "lines"),
    [
        pytest.param(lambda: samples.sample(400), 40, id="a fleet as they are"),
        pytest.param(lambda: samples.sample(400, action="enforce"), 40, id="an enforcement"),
        pytest.param(lambda: samples.sample(400, action="restore"), 40, id="a restore"),
        pytest.param(samples.hostile, 40, id="names that attackers chose"),
        pytest.param(long_names, 40, id="long names and wide letters"),
        pytest.param(crowded, 48, id="all at once"),
        pytest.param(lambda: samples.every_host(samples.dead, 100), 40, id="all dead"),
        pytest.param(lambda: samples.every_host(samples.silent, 100), 40, id="each dead in words of its own"),
        pytest.param(lambda: samples.every_host(samples.owned, 100), 40, id="each with an account of its own"),
        pytest.param(lambda: samples.sample(0), 40, id="no host"),
    ],
)
def test_it_fits_a_screen(report, lines):
    said = terminal(report()).splitlines()

    assert max(columns(line) for line in said) <= WIDTH == 100
    assert len(said) <= lines
    assert all(line.isprintable() for line in said)


def test_the_verdict_is_first_and_the_report_last():
    said = terminal(samples.sample(400), {"json": "/r/x.json", "html": "/r/x.html"}).splitlines()

    assert said[0].startswith("NOT COMPLIANT - ")
    assert said[-1] == "Report: /r/x.html"
    sections = [line.partition(":")[0].partition(" (")[0] for line in said[2:] if not line.startswith(" ")]
    assert sections == ["Drift, worst first", "Not assessed", "Exceptions", "Fleet gate", "Next", "Report"]


def test_the_path_of_the_report_is_whole():
    assert terminal(samples.sample(3), {"html": "/r/" + "x" * 300}).splitlines()[-1] == "Report: /r/" + "x" * 300


def test_a_path_begins_no_line():
    assert terminal(samples.sample(3), {"html": "/r/a\nb\x1b"}).splitlines()[-1] == "Report: /r/a\\nb\\x1b"


def drifted(host, sid, name, role="member_server", kind="unexpected", rank="medium"):
    record = copy.deepcopy(samples.sample(1)["hosts"][0])
    text = f"{kind}: {name} ({sid}), the policy does not name it"
    finding = {"kind": kind, "sid": sid, "name": name, "text": text, **UNRANKED, "rank": rank}
    return {**record, "host": host, "host_role": role, "status": "drift", "findings": [finding], "change": None, "holders": []}


USERS = ("S-1-5-32-545", "BUILTIN\\Users")
ONE, OTHER = ("S-1-5-21-1-2-3-1101", "CORP\\one"), ("S-1-5-21-1-2-3-1102", "CORP\\other")


@pytest.mark.parametrize(
    ("records", "rows"),
    [
        pytest.param(
            [drifted("a", *ONE), drifted("b", *OTHER), drifted("c", *OTHER)],
            [("CORP\\other", ["b", "c"]), ("CORP\\one", ["a"])],
            id="the same account is one row, and what is on more hosts is first",
        ),
        pytest.param(
            [drifted("a", *ONE), drifted("b", *ONE), drifted("c", *USERS, rank="critical")],
            [("BUILTIN\\Users", ["c"]), ("CORP\\one", ["a", "b"])],
            id="what is grave before what is frequent",
        ),
        pytest.param(
            [drifted("a", *USERS, rank="critical"), drifted("dc", *ONE, role="domain_controller", rank="critical")],
            [("CORP\\one", ["dc"]), ("BUILTIN\\Users", ["a"])],
            id="a tier-0 host before others of the same rank",
        ),
        pytest.param(
            [drifted("a", *USERS, rank="high"), drifted("dc", *ONE, role="domain_controller")],
            [("BUILTIN\\Users", ["a"]), ("CORP\\one", ["dc"])],
            id="the rank before the tier",
        ),
        pytest.param(
            [drifted("a", *ONE), drifted("b", *ONE), drifted("dc", *ONE, rank="critical")],
            [("CORP\\one", ["dc"]), ("CORP\\one", ["a", "b"])],
            id="one account has a row for each rank",
        ),
        pytest.param(
            [drifted("a", *ONE, rank=None), drifted("b", *OTHER, rank="low")],
            [("CORP\\other", ["b"]), ("CORP\\one", ["a"])],
            id="a record of an earlier release has no rank",
        ),
        pytest.param(
            [drifted("a", *ONE, kind="orphan"), drifted("b", *OTHER, kind="missing"), drifted("c", *OTHER)],
            [("CORP\\other", ["c"]), ("CORP\\other", ["b"]), ("CORP\\one", ["a"])],
            id="unexpected, missing, orphan",
        ),
        pytest.param(
            [drifted("berlin", USERS[0], "VORDEFINIERT\\Benutzer"), drifted("a", *USERS), drifted("b", *USERS)],
            [("BUILTIN\\Users", ["berlin", "a", "b"])],
            id="the name of most hosts, where they have different languages",
        ),
    ],
)
def test_the_worst_is_first(records, rows):
    assert [(row.account, row.hosts) for row in drifting(records)] == rows


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        pytest.param("certificate verify failed: self-signed certificate", "does not know who signed it", id="unknown authority"),
        pytest.param(
            "certificate verify failed: Hostname mismatch, certificate is not valid for 'web01'", "another name", id="another name"
        ),
        pytest.param(
            "certificate verify failed: IP address mismatch, certificate is not valid for '10.0.0.1'",
            "another name",
            id="an address",
        ),
        pytest.param("certificate verify failed: certificate has expired", "has expired", id="expired"),
        pytest.param(
            "SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number')", "does not speak it", id="HTTPS to a port of HTTP"
        ),
        pytest.param(
            "Failed to create temporary directory. Failed command was: PowerShell ..., stdout output: timed out",
            "unset it, or look at remote_tmp",
            id="files that are kept",
        ),
        pytest.param("('Connection aborted.', ConnectionResetError(104, 'reset'))", "HTTP asked of", id="HTTP to a port of HTTPS"),
        pytest.param("NewConnectionError('[Errno 113] No route to host')", "no route", id="no route"),
        pytest.param("Temporary failure in name resolution", "DNS does not answer", id="no DNS"),
        pytest.param("Bad HTTP response returned from server. Code 404", "NO_PROXY", id="a proxy, or another server"),
        pytest.param("Server not found in Kerberos database", "service principal", id="Kerberos, another name"),
        pytest.param(
            "certificate verify failed: unable to get local issuer certificate", "does not know who signed it", id="no authority"
        ),
        pytest.param(
            "certificate verify failed: certificate is not yet valid", "not valid yet", id="a clock, or a young certificate"
        ),
        pytest.param(
            "ProxyError('Unable to connect to proxy', NewConnectionError('[Errno 111] Connection refused'))",
            "proxy of the controller",
            id="a proxy that refuses",
        ),
        pytest.param(
            "ProxyError('Unable to connect to proxy', NameResolutionError('[Errno -2] Name or service not known'))",
            "proxy of the controller",
            id="a proxy that DNS does not know",
        ),
        pytest.param(
            "ProxyError('Cannot connect to proxy.', TimeoutError('timed out'))",
            "proxy of the controller",
            id="a proxy that is silent",
        ),
        pytest.param(
            "('Connection aborted.', TimeoutError(110, 'Connection timed out'))", "no answer in time", id="silence in a connection"
        ),
    ],
)
def test_what_a_library_says_is_explained(words, meaning):
    kerberos_or_ssl = words.replace("certificate verify failed", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")

    assert meaning in meaning_of(lost("a", f"ntlm: {kerberos_or_ssl}"))


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("certificate is not yet valid", id="not yet valid"),
        pytest.param("CA md too weak", id="a weak digest"),
        pytest.param("certificate has expired", id="expired"),
    ],
)
def test_an_unknown_authority_is_only_said_where_the_library_says_it(fault):
    words = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {fault} (_ssl.c:1006)"  # no meaning: the words are shown

    assert "who signed" not in meaning_of(lost("a", f"ntlm: {words}"))


def test_an_exception_that_does_not_waive_is_not_said_beside_its_holder():
    record = drifted("a", *ONE)
    record["findings"].append(
        {"kind": "exception_expired", "sid": ONE[0], "name": ONE[1], "text": "exception expired: it", **UNRANKED}
    )

    assert [row.kind for row in drifting([record])] == ["unexpected"]


def lost(host, message, status="unreachable", category="unreachable", call=None):
    record = drifted(host, *ONE)
    error = {"category": category, "message": message, "call": call, "status": None}
    return {**record, "status": status, "findings": [], "reason": message, "error": error}


@pytest.mark.parametrize(
    ("records", "rows"),
    [
        pytest.param(
            [lost("a", REFUSED.format("10.0.0.1")), *(lost(f"h{number}", REJECTED) for number in range(12))],
            [("credentials rejected", 12), ("nothing answers", 1)],
            id="12 hosts: wrong password",
        ),
        pytest.param(
            [lost(f"h{number}", REFUSED.format(f"10.0.0.{number}")) for number in range(3)],
            [("nothing answers", 3)],
            id="the addresses in the words are no difference",
        ),
        pytest.param(
            [lost(f"h{number}", ODD.format(number)) for number in range(3)],
            [("ntlm: HTTPSConnectionPool", 3)],
            id="nor are they in words that nobody has explained",
        ),
        pytest.param(
            [lost("a", "the gateway is asleep"), lost("b", "the gateway is drunk")],
            [("the gateway is asleep", 1), ("the gateway is drunk", 1)],
            id="words that are not known stay",
        ),
        pytest.param(
            [lost("a", "of a", "error", "uac_filtered"), lost("b", "of b", "error", "uac_filtered")],
            [("of a", 2)],
            id="errors by their category",
        ),
        pytest.param(
            [
                lost(
                    "a",
                    "It cannot be read: LsaX failed with 0xC0000022. Log on otherwise. Or not.",
                    "error",
                    "uac_filtered",
                    "LsaX",
                )
            ],
            [("uac_filtered: Log on otherwise. Or not.", 1)],
            id="what to do instead of the call that failed",
        ),
        pytest.param(
            [lost("a", "It cannot be read: LsaX failed with 0xC0000022.", "error", "lsa_error", "LsaX")],
            [("It cannot be read: LsaX failed", 1)],
            id="the call where nothing else is known",
        ),
        pytest.param(
            [
                lost("a", "nothing was changed: the GPO DC baseline defines the right", "error", "controlled"),
                lost("b", "nothing was changed: the GPO File servers defines the right", "error", "controlled"),
            ],
            [("nothing was changed: the GPO DC baseline", 1), ("nothing was changed: the GPO File servers", 1)],
            id="two GPOs are two reasons",
        ),
        *(
            pytest.param(
                [
                    lost("a", "nothing was changed: BUILTIN\\IIS_IUSRS is the one", "error", category),
                    lost("b", "nothing was changed: CORP\\shop is the one", "error", category),
                    lost("c", "nothing was changed: BUILTIN\\IIS_IUSRS is the one", "error", category),
                ],
                [("nothing was changed: BUILTIN\\IIS_IUSRS", 2), ("nothing was changed: CORP\\shop", 1)],
                id=f"two accounts are two reasons: {category}",
            )
            for category in ("needed", "same_name")
        ),
    ],
)
def test_hosts_that_were_not_read_are_grouped_by_the_reason(records, rows):
    found = unread(records)

    assert [(row.why.startswith(words), len(row.hosts)) for row, (words, _count) in zip(found, rows, strict=True)] == [
        (True, count) for _words, count in rows
    ]


def test_hosts_of_one_reason_are_one_line():
    report = samples.sample(1)
    report["hosts"] = [lost(f"h{number:02}", REJECTED) for number in range(12)]

    assert "\n  12 hosts: credentials rejected: wrong name or password," in terminal(report)


def changed(host, what="added BUILTIN\\IIS_IUSRS", outcome="applied", status="compliant", pool="Shop"):
    reason = f"{what}; unexpected: somebody, whom no row names"
    record = {**samples.sample(1)["hosts"][0], "host": host, "status": status, "findings": [], "holders": [], "reason": reason}
    made = next(one["change"] for one in samples.sample(40, action="enforce")["hosts"] if one["change"])
    restart = [{"kind": "app pool", "name": pool, "account": "x", "effect": "gains", "through": None}] if pool else []
    return {**record, "change": {**made, "outcome": outcome, "changes": [what], "restart": restart}}


def test_what_was_changed_and_must_restart_is_said_by_hosts_of_the_same():
    report = samples.sample(1)
    report["hosts"] = [*(changed(f"h{number}") for number in range(5)), changed("other", "removed BUILTIN\\Users", pool=None)]
    said = terminal(report)

    assert (
        "\nChanges:\n  5 hosts: added BUILTIN\\IIS_IUSRS; effective after restart of app pool Shop: h0, h1, h2 and 2 more\n" in said
    )
    assert "\n  other: removed BUILTIN\\Users\n" in said


@pytest.mark.parametrize(
    ("outcome", "status", "said"),
    [
        pytest.param("planned", "compliant", "would add: it", id="check mode, of a host that does not drift"),
        pytest.param("planned", "drift", "would add: it", id="check mode, of one that drifts"),
        pytest.param("applied", "drift", "added: it", id="and it drifts still"),
        pytest.param(
            "undone", "drift", "tried: it; unexpected: somebody, whom no row names", id="what went wrong has its whole reason"
        ),
    ],
)
def test_whatever_was_or_would_be_changed_is_said_without_the_findings_again(outcome, status, said):
    report = samples.sample(1)
    report["hosts"] = [changed("web01", said.partition(";")[0], outcome, status, pool=None)]

    assert f"\nChanges:\n  web01: {said}\n" in terminal(report)


RESTORE = "  ansible-playbook winrights.seimpersonate.restore -e impersonate_restore=RUN"
LONG = "/srv/" + "long-name-of-a-folder/" * 6 + "kept"


def back(folder, *more):
    """What is said of the way back. ``more``: what stands in the command behind the run."""
    return [
        f"The holders from before are kept in {folder}.",
        "To bring them back, with the inventory and the variables of this run:",
        "".join([RESTORE, *(f" -e {one}" for one in more)]),
    ]


@pytest.fixture
def last_lines():
    """What a report says behind its gate, of one host whose change ended with ``outcome``. ``run``: more of its run."""

    def said(outcome, snapshot=None, files=None, status="compliant", folder="", **run):
        report = samples.sample(1)
        record = changed("web01", outcome=outcome, status=status)
        report["hosts"] = [{**record, "change": {**record["change"], "snapshot": snapshot}}]
        report["run"] = {**report["run"], "id": "RUN", "action": "enforce", "check_mode": False, "awx": {}, **run}
        by_status = {**dict.fromkeys(report["summary"]["by_status"], 0), status: 1}
        report["summary"] = {**report["summary"], "by_outcome": {outcome: 1}, "by_status": by_status}
        lines = terminal(report, files, folder).splitlines()
        gate = max(place for place, line in enumerate(lines) if line.startswith("Fleet gate"))
        return [line for line in lines[gate + 1 :] if not line.startswith(("  which counts", "Report: "))]

    return said


@pytest.mark.parametrize(
    ("outcome", "snapshot", "run", "lines"),
    [
        pytest.param("applied", "/srv/kept/RUN/web01.json", {}, back("/srv/kept"), id="changed"),
        pytest.param("undo_failed", "/srv/kept/RUN/web01.json", {}, back("/srv/kept"), id="undone in part"),
        pytest.param("unknown", "/srv/kept/RUN/web01.json", {}, back("/srv/kept"), id="nobody knows"),
        pytest.param("undone", "/srv/kept/RUN/web01.json", {}, [], id="undone"),
        pytest.param("not_started", "/srv/kept/RUN/web01.json", {}, [], id="not begun"),
        pytest.param("changed_meanwhile", "/srv/kept/RUN/web01.json", {}, [], id="changed by another one"),
        pytest.param("applied", "/srv/own/RUN/web01.json", {}, back("/srv/own", "impersonate_snapshot_dir=/srv/own"), id="a folder of their own"),
        pytest.param("applied", f"{LONG}/RUN/web01.json", {}, back(LONG, f"impersonate_snapshot_dir={LONG}"), id="a long path is whole"),
        pytest.param("applied", "/srv/my own/RUN/web01.json", {}, back("/srv/my own", """'{"impersonate_snapshot_dir": "/srv/my own"}'"""),
                     id="a path with a space"),
        pytest.param("applied", "/srv/kept/RUN/web01.json", {"awx": {"job_id": "7"}},
                     ["The holders from before are kept in /srv/kept.", "The playbook restore brings them back, with impersonate_restore=RUN."],
                     id="in AWX nobody has a command line"),
        pytest.param("applied", "/srv/kept/R1/web01.json", {"merged": [{"run": {**samples.RUN, "id": "R1"}}]}, [], id="merged runs have no name together"),
        pytest.param("planned", None, {"check_mode": True}, ["Next: the same command without --check makes the planned changes."], id="planned"),
        pytest.param("planned", None, {"check_mode": True, "awx": {"job_id": "7"}}, [], id="planned in AWX"),
        pytest.param("planned", None, {"check_mode": True, "merged": [{"run": {**samples.RUN, "id": "R1"}}]}, [], id="several plans"),
        pytest.param("applied", "/srv/kept/RUN/web01.json", {"action": "restore"}, [], id="restored"),
    ],
)  # fmt: skip
def test_it_says_what_comes_next(last_lines, outcome, snapshot, run, lines):
    assert last_lines(outcome, snapshot, folder="/srv/kept", **run) == lines


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({"html": "/r/a.html"}, True, id="there is one"),
        pytest.param({"prometheus": "/r/a.prom", "json": "/r/a.json"}, True, id="as data"),
        pytest.param({"prometheus": "/r/a.prom", "markdown": "/r/a.md"}, False, id="with numbers and names alone"),
        pytest.param({}, False, id="it ended with its job"),
    ],
)
def test_a_report_is_to_be_opened_where_there_is_one(last_lines, files, said):
    lines = last_lines("unchanged", files=files, status="drift", action="audit")

    assert any(line.startswith("Next: open the report.") for line in lines) is said


KEPT = "{} the right for accounts that were deleted. An audit calls that drift."
CONTROLLER = {
    **dict.fromkeys(("link", "precedence", "status", "error", "provider", "as_of", "version", "pending", "extra", "lacking")),
    "evidence": [],
    "why": "",
    "losers": [],
}
TAKEN, TAKEN_IN_AWX = "  -e impersonate_orphans=remove takes it from them.", "  impersonate_orphans=remove takes it from them."


@pytest.mark.parametrize(
    ("hosts", "awx", "lines"),
    [
        pytest.param([("compliant", "local")], {}, [KEPT.format("1 host keeps"), TAKEN], id="one"),
        pytest.param([("compliant", "local"), ("waived", "local"), ("drift", "local"), ("error", "local")], {},
                     [KEPT.format("2 hosts keep"), TAKEN], id="several, and some that are no better for an audit"),
        pytest.param([("drift", "local")], {}, [], id="a finding says it already"),
        pytest.param([("compliant", "gpo")], {}, [KEPT.format("1 host keeps"), "  Take them out of the GPO that sets it on 1 host."], id="a GPO sets it"),
        pytest.param([("compliant", "mdm")], {}, [KEPT.format("1 host keeps"), "  Take them out of the MDM policy that sets it on 1 host."],
                     id="a management service sets it"),
        pytest.param([("compliant", "local"), ("compliant", "gpo"), ("waived", "gpo")], {},
                     [KEPT.format("3 hosts keep"), "  -e impersonate_orphans=remove takes it from them on 1 host.",
                      "  Take them out of the GPO that sets it on 2 hosts."],
                     id="some of both"),
        pytest.param([("compliant", "local")], {"job_id": "7"}, [KEPT.format("1 host keeps"), TAKEN_IN_AWX], id="in AWX nobody has a command line"),
    ],
)  # fmt: skip
def test_orphans_that_an_enforcement_keeps_are_no_surprise_to_an_audit(hosts, awx, lines):
    report = samples.sample(1)
    orphan = {
        "sid": "S-1-5-21-1-2-3-1234",
        "name": None,
        "resolved": "unmapped",
        "kind": "orphan",
        "standing": "orphan",
        "why": "gone",
    }
    record = {**report["hosts"][0], "holders": [orphan], "change": None}
    report["hosts"] = [
        {**record, "host": f"h{number}", "status": status, "controller": {**CONTROLLER, "kind": kind, "name": None, "guid": None}}
        for number, (status, kind) in enumerate(hosts)
    ]
    report["run"] = {**report["run"], "awx": awx}
    said = " ".join(map(str.strip, lines))

    assert said in markdown(report)
    assert (f"<p>{said}</p>" if said else "") in html(report)
    assert ("An audit calls that drift" in markdown(report), "An audit calls that drift" in html(report)) == (
        bool(said),
        bool(said),
    )

    said = terminal(report)

    words = ("were deleted", "impersonate_orphans", "Take them out")
    assert [line for line in said.splitlines() if any(word in line for word in words)] == lines


@pytest.mark.parametrize(
    ("policies", "line"),
    [
        pytest.param(["stig", "cis"], "  policies of all hosts: cis, stig", id="the policy of the report judged none"),
        pytest.param(["stig", "microsoft"], "  other policies of some hosts: stig", id="it judged some"),
        pytest.param(["microsoft", "microsoft"], None, id="it judged all"),
    ],
)
def test_hosts_that_another_policy_judged_are_said(policies, line):
    report = samples.sample(2)
    report["hosts"] = [{**record, "policy": policy} for record, policy in zip(report["hosts"], policies, strict=True)]

    assert [said for said in terminal(report).splitlines() if "policies of" in said] == [line] * bool(line)


def test_outcomes_are_words():
    report = samples.sample(1)
    report["summary"]["by_outcome"] = {"nothing_to_restore": 3}

    assert "\n  changes: 3 nothing to restore\n" in terminal(report)


@given(st.text(max_size=300), st.integers(4, 100))
def test_a_fitted_text_is_no_wider_than_it_may_be(text, most):
    assert columns(fitted(text, most)) <= most


@given(st.text(max_size=500) | st.text(alphabet="a \u6f22\n", max_size=500), st.integers(1, 4))
def test_a_folded_text_has_no_more_lines_and_columns_than_it_may_have(text, most):
    lines = folded(text, "  ", "    ", most)

    assert 1 <= len(lines) <= most
    assert max(columns(line) for line in lines) <= WIDTH


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=30), max_size=8))
def test_a_text_that_has_room_is_whole(words):
    assert " ".join(" ".join(folded(" ".join(words), most=9)).split()) == " ".join(words)
