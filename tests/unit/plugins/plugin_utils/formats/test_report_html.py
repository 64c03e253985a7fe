# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re

import pytest
from browser import samples
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.declared import contradiction
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.display import error_of, reason_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html import charts, data, exposure, sections
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.accounts import account_rows
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import Names
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html as page
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.words import (
    EXCEPTION_STATES,
    STATUSES,
    clean,
    duration,
    moment,
    soft,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.exceptions import State
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

NO_IIS = contradiction("be without IIS", "and shows that the service W3SVC is there")
SECTIONS = ["drift", "since", "charts", "who", "unread", "exceptions", "controller", "all", "appendix"]


class Page(html.parser.HTMLParser):
    """What a browser would see: elements with their attributes, texts by the id of their section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self._inside, self._section = "", "header"
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside = tag
        if tag == "section":
            self._section = dict(attrs)["id"]

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside in ("script", "style"):
            kind = dict(self.elements[-1][1]).get("type", self._inside)
            self.raw[kind] = data
        else:
            self.texts[self._section] = self.texts.get(self._section, "") + data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def fleet():
    return samples.sample(300)


@pytest.fixture(scope="module")
def shown(fleet):
    return Page(page(fleet))


def test_the_sections_come_in_their_order(shown):
    assert [section["id"] for section in shown.all("section")] == SECTIONS
    assert len(shown.all("h1")) == 1
    assert shown.all("html") == [{"lang": "en"}]


def test_the_verdict_is_in_words_at_the_top(shown, fleet):
    counts = fleet["summary"]["by_status"]

    assert "NOT COMPLIANT" in shown.texts["header"]
    assert f"{counts['drift']} of 300 hosts drift" in shown.texts["header"]
    assert "job id 4711" in shown.texts["header"]


def test_nothing_outside_is_asked_for_and_the_policy_of_the_page_allows_nothing_else(shown):
    policy = next(meta["content"] for meta in shown.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")

    def hashed(text):
        return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert policy == (
        f"default-src 'none'; style-src '{hashed(shown.raw['style'])}'; script-src '{hashed(shown.raw['script'])}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert not [
        attributes
        for _tag, attributes in shown.elements
        if "style" in attributes or any(key.startswith("on") for key in attributes)
    ]
    links = [attributes.get(key) for _tag, attributes in shown.elements for key in ("src", "href", "action") if attributes.get(key)]
    assert all(link.startswith("#") or link == "data:," for link in links)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(", shown.raw["script"])


def test_every_number_of_a_chart_is_in_it_and_in_no_table(shown, fleet):
    pictures = shown.all("svg")

    assert [svg["role"] for svg in pictures] == ["img"] * 4
    for role, counts in fleet["summary"]["by_role"].items():
        if role != "unknown":
            assert sections.role_words(role) in shown.texts["charts"]
            assert all(f"{STATUSES[status].sign} {count}" in shown.texts["charts"] for status, count in counts.items())
    assert "numbers" not in {table["class"] for table in shown.all("table")}


def test_a_host_that_was_not_read_has_no_role_and_no_bar(shown, fleet):
    lost = sum(fleet["summary"]["by_role"]["unknown"].values())

    assert "unknown" not in shown.texts["charts"]
    assert f"{lost} hosts are in no bar: the host role is not known" in shown.texts["charts"]


@pytest.mark.parametrize(
    ("draw", "drawn"),
    [
        pytest.param(lambda: charts.account_bars([(f"a{n}", 1) for n in range(6)]), False, id="six equal bars"),
        pytest.param(lambda: charts.account_bars([("a", 5)]), False, id="one account"),
        pytest.param(lambda: charts.account_bars([]), False, id="no account"),
        pytest.param(lambda: charts.account_bars([("a", 5), ("b", 4)]), True, id="accounts on more and fewer hosts"),
        pytest.param(lambda: charts.role_bars([("client", {"drift": 2})]), False, id="one role"),
        pytest.param(lambda: charts.role_bars([("client", {"drift": 2}), ("server", {"drift": 9})]), False, id="roles all alike"),
        pytest.param(lambda: charts.role_bars([("client", {"drift": 2}), ("server", {"waived": 9})]), True, id="roles that differ"),
        pytest.param(lambda: charts.trend_lines(series(2)), False, id="two audits are no line"),
        pytest.param(lambda: charts.trend_lines(series(3)), True, id="three audits"),
        pytest.param(lambda: charts.trend_lines([series(1)[0]] * 3), True, id="three at the same moment"),
    ],
)
def test_a_chart_that_would_show_nothing_is_none(draw, drawn):
    assert bool(draw()) is drawn


def series(points):
    return [(f"2026-01-{1 + number:02}T08:15:00Z", {"drift": 10 - number, "error": number}) for number in range(points)]


def test_a_trend_is_drawn_by_time_and_told_in_words():
    points = [*series(2), ("2026-01-05T08:15:00Z", {"drift": 4, "unreachable": 1})]
    drawn = str(charts.trend_lines(points))
    circles = [tuple(map(float, pair)) for pair in re.findall(r'class="f-drift" cx="([\d.]+)%" cy="([\d.]+)"', drawn)]

    assert [left for left, _top in circles] == pytest.approx([12, 12 + 87 / 4, 99], abs=0.01)  # the fifth day is four days later
    assert [top for _left, top in circles] == sorted(top for _left, top in circles)  # ever fewer
    assert "2026-01-01: 10 drift, 0 not assessed; 2026-01-02: 9 drift, 1 not assessed; 2026-01-05: 4 drift, 1 not assessed" in drawn
    assert drawn.count("<line ") == 1 + 2 * 2


def test_sections_without_anything_to_show_are_not_there():
    report = samples.every_host(lambda _number, good: good, 3)
    shown = Page(page(report))
    links = {link["href"] for link in shown.all("a")}

    assert {"since", "charts"}.isdisjoint(section["id"] for section in shown.all("section"))
    assert "#since" not in links


def test_a_number_stands_once_at_the_top(shown, fleet):
    said = " ".join(shown.texts["header"].split())

    assert said.count(f"compliant {fleet['summary']['by_status']['compliant']}") == 1
    assert "tile" not in {attributes.get("class") for _tag, attributes in shown.elements}
    assert not re.search(r"(Drift|Exceptions|All hosts) [0-9]", said)


def ranked(host, rank, role="member_server", sid="S-1-5-21-1-2-3-9", **more):
    finding = {
        "kind": "unexpected",
        "sid": sid,
        "name": "CORP\\x",
        "text": "",
        "rank": rank,
        "place": "host",
        "advice": "do",
        "since": None,
    }
    given = {
        "host": host,
        "status": "drift",
        "citation": None,
        "host_role": role,
        "holders": [],
        "controller": None,
        "change": None,
        "features": None,
    }
    return {**given, "findings": [{**finding, **more}]}


@pytest.mark.parametrize(
    ("records", "rows"),
    [
        pytest.param([ranked("a", "low"), ranked("b", "critical")], [["b"], ["a"]], id="the gravest first"),
        pytest.param(
            [ranked("a", "critical"), ranked("b", "critical"), ranked("dc", "critical", role="domain_controller")],
            [["dc"], ["a", "b"]],
            id="tier-0 hosts before others",
        ),
        pytest.param([ranked("a", "low"), ranked("b", "low", sid="S-1-5-21-1-2-3-8"), ranked("c", "low")], [["a", "c"], ["b"]], id="most hosts first"),
        pytest.param([ranked("a", "low"), ranked("b", "low", advice="other")], [["a"], ["b"]], id="another thing to do, another row"),
        pytest.param([ranked("a", None), ranked("b", "low")], [["b"], ["a"]], id="a record of an earlier release is last"),
    ],
)  # fmt: skip
def test_what_is_to_be_done_first_is_first(records, rows):
    assert [row.hosts for row in sections.drift_rows(records)] == rows


def test_each_finding_says_what_to_do_and_since_when(shown, fleet):
    said = " ".join(shown.texts["drift"].split())

    for record in fleet["hosts"]:
        assert all(finding["advice"] in said and finding["rank"] in said for finding in record["findings"])
    assert re.search(r"since 2026-01-\d\d \(\d+ days?\)", said)
    assert "new" in said


def test_without_an_earlier_report_no_age_is_shown():
    said = Page(page(samples.sample(300, since=False))).texts["drift"]

    assert "Known" not in said
    assert "since" not in said


def test_why_a_host_was_not_read_is_a_sentence_and_its_words_are_folded_away():
    report = samples.every_host(samples.dead, 3)
    (row,) = sections.unread_rows(report["hosts"])
    text = page(report)

    assert row.sentence == "nothing answers at the address and port of WinRM: connection refused"
    assert "HTTPConnectionPool" in row.text
    assert text.count("HTTPConnectionPool") == 1  # folded away; the table of all hosts has the sentence
    assert re.search(r"<details><summary>In the words of the first host</summary><bdi[^>]*>ntlm: HTTPConnectionPool", text)


def test_words_of_which_no_meaning_is_known_are_no_longer_than_a_sentence():
    long = {"unreachable": True, "msg": "the gateway closed. " + "and then much more was said. " * 5}
    (row,) = sections.unread_rows(samples.every_host(lambda _number, _good: long, 2)["hosts"])

    assert row.sentence == "the gateway closed"


def test_an_exception_that_ends_soon_says_so():
    report = samples.sample(30)
    report["summary"]["exceptions"][-1].update(state="used", expires="2026-02-10")

    assert "2026-02-10ends in 10 days" in Page(page(report)).texts["exceptions"]
    assert "ends in" not in Page(page(samples.sample(30))).texts["exceptions"]


@pytest.mark.parametrize(
    ("states", "said"),
    [
        pytest.param(["unused"], ["Unused: no host needs it"], id="one"),
        pytest.param(
            ["used", "expired", "unused", "used"], ["Expired: ", "Unused: ", "Used: "], id="some, each once and the worst first"
        ),
        pytest.param(
            ["used", "unused", "unknown", "not_foreseen", "too_wide", "expired"],
            ["Expired: ", "Too wide: ", "Not foreseen: ", "Unknown: whether it is needed is not known", "Unused: ", "Used: "],
            id="all",
        ),
    ],
)
def test_every_state_of_an_exception_that_is_shown_has_its_meaning_beside_the_table(states, said):
    report = samples.sample(30)
    one = report["summary"]["exceptions"][0]
    report["summary"]["exceptions"] = [{**one, "state": state} for state in states]

    lead = re.search(r'<h2 id="exceptions-h">.*?<p class="lead">(.*?)</p>', page(report), re.DOTALL)[1]

    found = re.findall(r"<strong>([^<]+)</strong>: ([^.]+)\.", lead)
    assert len(found) == len(said)
    assert all(f"{word}: {meaning}".startswith(begin) for (word, meaning), begin in zip(found, said, strict=True))


def test_the_states_of_exceptions_with_a_meaning_are_all_that_there_are():
    assert set(EXCEPTION_STATES) == {state.value for state in State}


def test_an_exception_that_is_meant_for_no_host_says_so_where_it_says_what_it_is_meant_for():
    report = samples.sample(30)
    one = {**report["summary"]["exceptions"][0], "state": "unused", "groups": ["wep"], "meant_for": 0}
    report["summary"]["exceptions"] = [one]

    assert "groups: wepmeant for no host of this report" in Page(page(report)).texts["exceptions"]
    one["meant_for"] = 1
    assert "meant for no host" not in Page(page(report)).texts["exceptions"]


def test_every_account_is_listed_with_its_hosts(shown, fleet):
    held = {
        holder["name"] for record in fleet["hosts"] for holder in record["holders"] if holder["kind"] not in ("local", "orphan")
    }

    assert all(name in shown.texts["who"] for name in held)
    assert "Deleted accounts" in shown.texts["who"]
    assert ".\\deploy" in shown.texts["who"]
    assert "no entry of its own" in shown.texts["who"]  # svc-sql: through SERVICE


@pytest.mark.parametrize(("section", "statuses"), [("drift", ["drift"]), ("unread", ["unreachable", "error", "not_checked"])])
def test_every_host_that_needs_a_look_is_named(shown, fleet, section, statuses):
    hosts = [record["host"] for record in fleet["hosts"] if record["status"] in statuses]

    assert hosts
    assert all(host in shown.texts[section] for host in hosts)


def test_hosts_with_the_same_difference_share_a_row():
    many = samples.every_host(samples.drifting, 50)
    (row,) = sections.drift_rows(many["hosts"])[:1]

    assert len(sections.drift_rows(many["hosts"])) <= 50
    assert row.unexpected[0][0].startswith(".\\deploy")


def test_hosts_that_do_not_answer_for_the_same_reason_share_a_row():
    (row,) = sections.unread_rows(samples.every_host(samples.dead, 50)["hosts"])

    assert (row.status, row.differs, len(row.hosts)) == ("unreachable", True, 50)
    assert "10.0.0.0" in row.text


def test_the_sum_of_the_json_beside_it_is_there(shown, fleet):
    assert hashlib.sha256(to_json(fleet).encode()).hexdigest() in shown.texts["appendix"]
    assert "f" * 64 in page(fleet, sha256="f" * 64)


def test_the_name_of_the_csv_is_said_where_the_table_is_not(fleet):
    assert page(fleet, csv="hosts.csv").count("the file hosts.csv") == 2
    assert "the JSON file of the report" not in page(fleet, csv="hosts.csv")


def test_without_a_csv_the_json_is_named(fleet):
    assert page(fleet).count("the JSON file of the report") == 2
    assert "CSV file" not in page(fleet)


def test_the_same_report_gives_the_same_bytes(fleet):
    assert page(fleet) == page(json.loads(to_json(fleet)))


@pytest.mark.parametrize(
    ("report", "words"),
    [
        pytest.param(samples.sample(0), "NOTHING AUDITED", id="no hosts"),
        pytest.param(samples.every_host(samples.dead, 3), "NOT ASSESSED COMPLETELY", id="all dead"),
        pytest.param(samples.every_host(lambda _number, _good: None, 3), "NOT ASSESSED COMPLETELY", id="no results"),
        pytest.param(samples.every_host(lambda _number, good: good, 3), "COMPLIANT", id="all in order"),
        pytest.param(samples.sample(60, action="enforce"), "COMPLIANT", id="an enforcing run"),
    ],
)
def test_a_page_is_made_of_every_fleet(report, words):
    assert words in Page(page(report)).texts["header"]


def test_a_restoring_run_has_no_policy():
    idle = {"status": "not_applicable", "outcome": "nothing_to_restore", "notes": ["no snapshot of it"], "error": None}
    report = build_report(
        [record_of("a", idle)], run={**samples.RUN, "action": "restore"}, policy=None, generator=samples.GENERATOR, fail_on=[]
    )

    assert "none: a restore asks for the earlier holders" in Page(page(report)).texts["header"]


def test_hostile_names_stay_texts():
    text = page(samples.hostile())
    hostile = Page(text)

    assert [attributes.get("type", "") for attributes in hostile.all("script")] == ["application/json", ""]
    assert not hostile.all("img")
    assert all(svg["role"] == "img" for svg in hostile.all("svg"))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u200b\u202e]", text)
    assert "admin\\u202enimda" in hostile.texts["who"]
    assert "\u05d0\u05d1\u05d2" in hostile.texts["who"]
    assert "x" * 1000 not in text
    assert "javascript:" not in text
    assert "<" not in hostile.raw["application/json"]
    assert len(text) < 250_000


@given(st.text(max_size=300))
def test_a_shown_text_is_printable_and_bounded(text):
    shown = clean(text)

    assert shown.isprintable()
    assert len(shown) <= 10 * 200 + 40
    if text.isprintable() and len(text) <= 200:
        assert shown == text


@pytest.mark.parametrize(
    ("notes", "room", "told"),
    [
        pytest.param(["another note"], None, "", id="none"),
        pytest.param([NO_IIS, "another note"], None, NO_IIS, id="one"),
        pytest.param([NO_IIS], 10_000, NO_IIS, id="where there is room"),
        pytest.param([NO_IIS], 0, "in the JSON", id="where there is no room"),
    ],
)
def test_the_table_has_what_a_host_shows_against_what_is_declared(notes, room, told):
    (record,) = samples.every_host(samples.drifting, 1)["hosts"]
    columns = data.columns([{**record, "notes": notes}], "title", room)

    assert columns["declared"] == [told]


def decoded(columns):
    """What the script makes of the data, written once more."""
    errors = {row[0]: row[1:] for row in columns["error"]}
    for place, name in enumerate(columns["host"]):
        host = name + columns["domains"][columns["domain"][place]]
        code = dict(zip(data.SHAPE, (column[columns["shape"][place]] for column in columns["shapes"]), strict=True))
        error = ""
        if place in errors:
            template, *values = errors[place]
            pieces = columns["templates"][template]
            assert len(pieces) == len(values) + 1
            error = pieces[0] + "".join(
                (host if value == 0 else value) + piece for value, piece in zip(values, pieces[1:], strict=True)
            )
        accounts = {
            key: [columns["accounts"][one][1] for one in columns["lists"][code[key]]] for key in ("missing", "unexpected", "waived")
        }
        held = columns["holders"][code["holders"]]
        yield {
            "host": host,
            "status": columns["statuses"][code["status"]][0],
            "role": columns["role"][code["role"]],
            "holders": [columns["accounts"][one][1] for one in held[::2]],
            "standings": [columns["standings"][one] for one in held[1::2]],
            "error": error,
            **accounts,
        }


@pytest.mark.parametrize(
    "report",
    [samples.sample(200), samples.every_host(samples.dead, 20), samples.every_host(samples.drifting, 20)],
    ids=["some", "dead", "drift"],
)
def test_the_data_of_the_table_has_every_host_whole(report):
    records = report["hosts"]
    rows = list(decoded(json.loads(data.encode(data.columns(records, "x")))))

    assert len(rows) == len(records)
    for row, record in zip(rows, records, strict=True):
        assert (row["host"], row["status"], row["role"]) == (record["host"], record["status"], record["host_role"] or "")
        assert row["holders"] == [holder["sid"] for holder in record["holders"]]
        assert row["standings"] == [holder["standing"] for holder in record["holders"]]
        assert all(row[key] == record[key] for key in ("missing", "unexpected", "waived"))
        if record["error"]:
            assert row["error"].endswith(reason_of(record) if record["status"] == "unreachable" else record["error"]["message"])


@given(st.text(max_size=40), st.text(min_size=1, max_size=5))
def test_an_error_is_put_together_again(message, host):
    record = record_of(host, {"unreachable": True, "msg": message})
    (row,) = decoded(data.columns([record], "x"))

    assert row["error"] == error_of(record)


def test_a_local_account_is_counted_by_its_name_and_a_deleted_one_as_such():
    holders = [
        {"sid": "S-1-5-21-1-1-1-1001", "name": "A\\deploy", "kind": "local", "standing": "unexpected", "why": ""},
        {"sid": "S-1-5-21-2-2-2-1001", "name": "B\\Deploy", "kind": "local", "standing": "unexpected", "why": ""},
        {"sid": "S-1-5-21-3-3-3-1001", "name": None, "kind": "orphan", "standing": "orphan", "why": ""},
        {"sid": "S-1-5-21-3-3-3-1002", "name": None, "kind": "orphan", "standing": "orphan", "why": ""},
    ]
    rows = account_rows([{"host": f"h{place}", "holders": [holder]} for place, holder in enumerate(holders)])

    assert [(row.name, len(row.hosts), len(row.sids)) for row in rows] == [(".\\Deploy", 2, 2), ("Deleted accounts", 2, 2)]


USERS = "S-1-5-32-545"
USERS_ = f"BUILTIN\\Users ({USERS})"


@pytest.mark.parametrize(
    ("host", "judged", "against"),
    [
        pytest.param({"unexpected": [USERS]}, "differs", [f"gives it to {USERS_} on 1 host"], id="the host has it from the list"),
        pytest.param({"unexpected": [USERS], "extra": [USERS]}, "agrees", [], id="the host has it besides the list"),
        pytest.param({"lacking": [USERS]}, "differs", [f"gives it to {USERS_} on 1 host"], id="the list has it, the host not yet"),
        pytest.param({"lacking": [USERS], "permitted": [USERS]}, "agrees", [], id="the list has it, and it may be"),
        pytest.param(
            {"lacking": [USERS], "excepted": [(USERS, "unused")]}, "agrees", [], id="the list has it, and an exception holds"
        ),
        pytest.param(
            {"lacking": [USERS], "excepted": [(USERS, "expired")]},
            "differs",
            [f"gives it to {USERS_} on 1 host"],
            id="the list has it, and an exception has expired",
        ),
        pytest.param({"lacking": ["S-1-5-6"]}, "agrees", [], id="the list has one of the floor"),
        pytest.param({"lacking": [USERS], "required": None}, "agrees", [], id="a record that does not say who may"),
        pytest.param({"missing": [USERS], "required": [USERS]}, "differs", [f"leaves out {USERS_} on 1 host"], id="neither has it"),
        pytest.param(
            {"missing": [USERS], "required": [USERS], "lacking": [USERS]}, "agrees", [], id="the list has it, and it must be"
        ),
        pytest.param(
            {"required": [USERS], "extra": [USERS]},
            "differs",
            [f"leaves out {USERS_} on 1 host"],
            id="the host has it, the list not",
        ),
        pytest.param({}, "agrees", [], id="as the policy"),
        pytest.param({"extra": None, "lacking": None}, "not compared", [], id="a list that is not known"),
    ],
)
def test_a_gpo_is_judged_by_its_list_and_not_by_what_the_host_has_of_it(host, judged, against):
    (row,) = sections.controller_rows([ruled(**host)])

    assert (row.judged, row.against) == (judged, against)


def ruled(extra=(), lacking=(), unexpected=(), missing=(), required=(), permitted=(), excepted=(), **controller):
    """A record of a host whose right a GPO sets."""
    given = {"extra": extra, "lacking": lacking, "provider": None, "link": None, "why": "", "losers": [], **controller}
    winner = {"kind": "gpo", "name": "G", "guid": "{1}", "status": "applied", "error": None, "precedence": 1}
    record = {"host": "h", "status": "compliant", "findings": [], "unexpected": list(unexpected), "missing": list(missing)}
    asked = {"required": required, "permitted": permitted, "exceptions": [{"sid": sid, "state": state} for sid, state in excepted]}
    return {**record, **asked, "controller": {**winner, **given}}


@pytest.mark.parametrize(
    ("controller", "applied", "judged"),
    [
        pytest.param({}, "applied", "agrees", id="applied"),
        pytest.param({"status": "failed", "error": 1332}, "failed (error 1332)", "not compared", id="failed"),
        pytest.param({"status": "not attempted"}, "not attempted", "not compared", id="not attempted"),
        pytest.param({"status": None}, "not known", "not compared", id="nobody knows"),
        pytest.param({"name": None, "guid": None}, "which one won is not known", "not compared", id="no winner"),
        pytest.param({"status": "failed", "unexpected": ["S-1-5-32-545"]}, "failed", "differs", id="failed, and not what is asked"),
    ],
)
def test_a_list_that_was_not_applied_never_agrees(controller, applied, judged):
    (row,) = sections.controller_rows([ruled(**controller)])

    assert (row.applied, row.judged) == (applied, judged)


def test_the_losing_gpos_are_named():
    losers = [
        {"name": "Old", "guid": "{2}", "link": None, "precedence": 2, "status": "applied", "error": None},
        {"name": None, "guid": "{3}", "link": None, "precedence": None, "status": "failed", "error": 5},
    ]
    (row,) = sections.controller_rows([ruled(losers=losers), ruled()])
    report = samples.sample(3)
    report["hosts"][0]["controller"] = ruled(losers=losers, status="failed", error=1332)["controller"]
    said = Page(page(report)).texts["controller"]

    assert row.losers == ["Old (precedence 2), on 1 host", "{3} (precedence not known, failed), on 1 host"]
    assert "failed (error 1332)" in said
    assert "over Old (precedence 2)" in said


LOSER = {"name": "G", "guid": "{2}", "link": None, "precedence": 2, "status": "applied", "error": None}


@pytest.mark.parametrize(
    ("controllers", "cut"),
    [
        pytest.param([ruled(link=f"OU={place}") for place in range(23)], "links", id="links"),
        pytest.param([ruled(losers=[{**LOSER, "name": f"G{place}"} for place in range(23)])], "losers", id="losing GPOs"),
        pytest.param([ruled(unexpected=[f"S-1-5-21-1-2-3-{rid}" for rid in range(1000, 1023)])], "against", id="accounts"),
    ],
)
def test_a_list_that_is_cut_says_so(controllers, cut):
    (row,) = sections.controller_rows(controllers)

    assert len(getattr(row, cut)) == 21
    assert getattr(row, cut)[-1] == "and 3 more"


def test_the_parts_of_a_bar_are_the_whole_bar():
    counts = dict.fromkeys(STATUSES, 1) | {"compliant": 100_000}
    _whole, *widths = [float(width) for width in re.findall(r'width="([\d.]+)%" height', str(charts.fleet_bar(counts)))]

    assert sum(widths) == pytest.approx(100, abs=0.1)
    assert min(widths) > 0.5


def test_services_are_counted_by_the_account_they_run_under(fleet):
    rows = {row.name: row for row in exposure.running(fleet["hosts"])}

    assert rows["CORP\\svc-sql"].through == ["NT AUTHORITY\\SERVICE"]
    assert not rows["CORP\\svc-sql"].holder
    assert rows["CORP\\svc-sql"].what[0][:2] == ("service", "MSSQLSERVER")


def test_times_are_for_people():
    assert moment("2026-01-31T08:15:00Z") == "2026-01-31 08:15:00 UTC"
    assert moment("yesterday") == "yesterday"
    assert [duration(seconds) for seconds in (0, 59, 60, 3661, None)] == ["0 s", "59 s", "1 min", "1 h 1 min 1 s", "0 s"]


def asked(must, may, **record):
    """A record of a host of which a policy asks this."""
    citation = {"row": "host_roles.member_server", "benchmark_id": "V-1", "rule": None, "source": "s", "document": None}
    given = {"host_role": "member_server", "citation": citation, "holders": [], "findings": [], "features": {}}
    return {**given, "required": must, "permitted": may, **record}


def test_what_was_asked_is_told_by_the_policy_and_not_by_who_was_seen():
    iis = {"iis": {"present": True, "source": "detected", "because": None, "found": []}}
    held = [{"sid": "S-1-5-21-1-2-3-9", "name": "CORP\\svc", "standing": "permitted"}]
    rows = sections.policy_rows(
        [
            asked(["S-1-5-6"], []),
            asked(["S-1-5-6"], []),
            asked(["S-1-5-6", "S-1-5-32-568"], ["S-1-5-17"], features=iis),
            asked([], ["S-1-5-21-1-2-3-9", "S-1-5-21-1-2-3-10"], holders=held),
            asked(None, None),
        ]
    )

    assert [(row.hosts, row.features, row.must, row.may) for row in rows] == [
        (2, [], [("NT AUTHORITY\\SERVICE", "S-1-5-6")], []),
        (1, [], [], [("CORP\\svc", "S-1-5-21-1-2-3-9"), ("S-1-5-21-1-2-3-10", "")]),
        (
            1,
            ["iis"],
            [("NT AUTHORITY\\SERVICE", "S-1-5-6"), ("BUILTIN\\IIS_IUSRS", "S-1-5-32-568")],
            [("NT AUTHORITY\\IUSR", "S-1-5-17")],
        ),
    ]


def test_no_account_must_is_said_in_words():
    report = samples.sample(5)
    for record in report["hosts"]:
        record["required"], record["permitted"] = [], ["S-1-5-6"]

    assert "no account: the list says who may hold it at most" in Page(page(report)).texts["appendix"]


@pytest.mark.size
@pytest.mark.parametrize(
    ("change", "shortened"),
    [
        pytest.param(samples.dead, False, id="dead, with reasons that are explained in the same few words"),
        pytest.param(samples.silent, True, id="silent"),
        pytest.param(samples.drifting, True, id="drifting"),
        pytest.param(samples.owned, True, id="owned"),
    ],
)
def test_ten_thousand_hosts_at_their_worst_are_less_than_a_megabyte(change, shortened):
    report = samples.every_host(change)
    text = page(report, sha256="0" * 64)
    shown = Page(text)
    table = json.loads(shown.raw["application/json"])
    named = [name + table["domains"][place] for name, place in zip(table["host"], table["domain"], strict=True)]

    assert len(text.encode()) <= 1_000_000
    assert named == [record["host"] for record in report["hosts"]]  # each of them can be found
    assert ("shortened in this table" in shown.texts["all"]) is shortened
    if report["summary"]["by_status"]["unreachable"]:
        assert all(host in shown.texts["unread"] for host in named)
        assert len(table["error"]) == 10_000


LONG = '\u202e\x1b"<é&' * 300


@pytest.mark.size
@pytest.mark.parametrize(
    ("hosts", "strangers", "text"),
    [
        pytest.param(1, 4_990, "", id="as many holders as a host may have"),
        pytest.param(1, 1_500, LONG, id="a host whose holders have long names"),
        pytest.param(10, 2_000, "", id="many holders on several hosts"),
        pytest.param(1_000, 3, LONG, id="long names on many hosts"),
        pytest.param(300, 200, "", id="other lists on every host"),
    ],
)
def test_whatever_holders_hosts_have_the_page_keeps_its_size(hosts, strangers, text):
    """And says how many each host has, of the accounts that it leaves out too."""

    def crowded(number, good):
        for place in range(strangers):
            sid = f"S-1-5-21-{number}-9-9-{2_000 + place}"
            samples._with_stranger(good, (sid, f"{number}-{place}{text}"[:1_000], "domain"))
        return good

    report = samples.every_host(crowded, hosts)
    made = page(report, sha256="0" * 64)
    table = json.loads(Page(made).raw["application/json"])
    held = [
        sum((table["accounts"][code][2:] or [1])[0] for code in table["holders"][table["shapes"][4][shape]][::2])
        for shape in table["shape"]
    ]

    assert len(made.encode()) <= 1_000_000
    assert held == [4 + strangers] * hosts


@pytest.mark.size
@pytest.mark.parametrize("section", ["unread", "drift"])
def test_names_that_do_not_fit_are_counted_and_found_in_the_table(section):
    report = samples.every_host(samples.dead if section == "unread" else samples.drifting)
    for number, record in enumerate(report["hosts"]):
        record["host"] = f"application-server-{number:05}.production.emea.corp.example"
        for holder in record["holders"][4:]:
            holder["name"] = "X\\deploy"
        for finding in record["findings"]:
            finding["name"] = "X\\deploy"
    text = page(report, sha256="0" * 64)
    shown = Page(text)
    told = shown.texts[section]
    left = [
        int(number.replace(",", "")) for number in re.findall(r"and ([\d,]+) more, in the table of all hosts and the JSON", told)
    ]

    assert len(text.encode()) <= 1_000_000
    assert left
    assert told.count("application-server-") + sum(left) == 10_000
    assert len(json.loads(shown.raw["application/json"])["host"]) == 10_000


@pytest.mark.size
def test_ten_thousand_hosts_as_they_are_are_less_than_a_megabyte_and_whole():
    text = page(samples.sample(10_000, since=False), sha256="0" * 64)

    assert len(text.encode()) < 1_000_000
    assert "shortened in this table" not in text


def test_names_of_hosts_have_their_room_and_the_first_are_always_named():
    names = Names(30)

    assert names.take(["a" * 8, "b" * 8]) == (["a" * 8, "b" * 8], 0)
    assert names.take(list("cdefghij")) == (list("cde"), 5)
    assert names.take(list("klmno")) == (list("klm"), 2)


def test_too_many_reasons_share_a_row_that_names_their_hosts():
    rows = sections.unread_rows(samples.every_host(samples.silent, 20)["hosts"], most=5)

    assert len(rows) == 6
    assert rows[-1].text == "15 other reasons, in the JSON"
    assert sum(len(row.hosts) for row in rows) == 20


@pytest.mark.parametrize(
    ("run", "applied", "words"),
    [
        pytest.param({"action": "audit", "check_mode": False}, 0, "audit: nothing was changed", id="audit"),
        pytest.param({"action": "enforce", "check_mode": True}, 0, "check mode of an enforcement: nothing was changed", id="check"),
        pytest.param({"action": "enforce", "check_mode": False}, 2, "enforcement: 2 hosts were changed", id="change"),
        pytest.param({"action": "restore", "check_mode": False}, 0, "restore: no change was applied", id="nothing to do"),
        pytest.param(
            {"action": "enforce", "check_mode": False, "merged": [{"run": samples.RUN}]}, 0, "hosts were changed, or may have been", id="merged"
        ),
    ],
)  # fmt: skip
def test_the_mode_says_whether_hosts_were_changed(run, applied, words):
    report = samples.sample(5)
    report["run"].update(run)
    report["summary"]["by_outcome"] = {"applied": applied}
    said = Page(page(report)).texts["header"]

    assert words in said
    assert ("nothing was changed" in said) is (run["check_mode"] or run["action"] == "audit")


def test_scope_and_what_limits_the_numbers_stand_at_the_top():
    report = samples.sample(5)
    report["run"].update(limit="web*", hosts="windows")
    report["scope"].update(source="group servers", hosts_without_result=["a1"])
    report["notes"] = ["the run was limited to 'web*'"]
    said = Page(page(report)).texts["header"]

    assert (
        "5 expected hosts: those of the run or runs and of group servers; limited to web*; of the hosts windows; 1 host without a result"
        in said
    )
    assert "Before you read the numbers" in said
    assert "the run was limited to 'web*'" in said
    assert "winrights.seimpersonate 0.1.0" in said


def test_an_audit_without_a_policy_brings_nothing_back():
    assert "earlier holders" not in Page(page({**samples.sample(3), "policy": None})).texts["header"]


@pytest.mark.parametrize(
    ("report", "said", "not_said"),
    [
        pytest.param(samples.sample(0), "No host was expected", "Every expected host", id="no hosts"),
        pytest.param(
            samples.every_host(lambda _n, good: good, 2), "Every expected host was read and judged", "No host was", id="all"
        ),
    ],
)
def test_who_was_not_assessed_is_said_of_every_fleet(report, said, not_said):
    text = Page(page(report)).texts["unread"]

    assert said in text
    assert not_said not in text


def test_no_row_is_promised_that_is_not_there():
    many = samples.every_host(samples.owned, 300)

    assert "every host is named" not in page(many)
    assert "and 100 hosts more with differences of their own" in Page(page(many)).texts["drift"]


def test_a_name_breaks_behind_its_domain():
    assert str(soft("A<\\b_c")) == "A&lt;\\<wbr>b_<wbr>c"


def test_a_merged_report_names_its_runs():
    report = samples.sample(5)
    heads = [{"run": {**samples.RUN, "id": f"run{number}", "started": f"2026-01-3{number}T08:00:00Z"}} for number in (0, 1)]
    header = Page(page({**report, "run": {**report["run"], "merged": heads}})).texts["header"]

    assert "2 runs: 2026-01-30 08:00:00 UTC run0, 2026-01-31 08:00:00 UTC run1" in header


def test_what_a_gate_tolerates_is_said():
    report = samples.sample(5)
    report["summary"]["gate"]["tolerate"] = {"unreachable": "2%"}

    assert "fails on drift, error, not checked, unreachable above 2%" in Page(page(report)).texts["header"]


def test_what_changed_is_said_with_its_limits():
    report = samples.sample(40)
    report["summary"]["changed"] |= {
        "came": [],
        "left": ["a1"],
        "unclear": ["b1"],
        "new": [],
        "notes": ["judged by another policy"],
    }
    said = " ".join(Page(page(report)).texts["since"].split())

    assert "judged by another policy" in said
    assert "Came to driftnone" in said
    assert "Left drift1 host: a1" in said.replace("Left drift 1", "Left drift1")
    assert "Drifted, not read now1 host: b1" in said
    assert "New hosts" not in said
    assert "CORP\\Server Operators Berlin" in said
