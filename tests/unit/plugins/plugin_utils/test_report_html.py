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

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.document import document, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.html import charts, data, exposure, sections
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.html.accounts import account_rows
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.html.page import html as page
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.html.words import STATUSES, clean, duration, moment
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.record import record_of

SECTIONS = ["numbers", "charts", "who", "drift", "unread", "exceptions", "control", "all", "appendix"]


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

    def handle_data(self, text):
        if self._inside in ("script", "style"):
            kind = dict(self.elements[-1][1]).get("type", self._inside)
            self.raw[kind] = text
        else:
            self.texts[self._section] = self.texts.get(self._section, "") + text

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


def test_every_number_of_a_chart_stands_beside_it(shown, fleet):
    pictures = shown.all("svg")

    assert [svg["role"] for svg in pictures] == ["img"] * 3
    for role, counts in fleet["summary"]["by_role"].items():
        assert sections.role_words(role) in shown.texts["charts"]
        assert all(str(count) in shown.texts["charts"] for count in counts.values())


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
    report = document(
        [record_of("a", idle)], run={**samples.RUN, "action": "restore"}, policy=None, generator=samples.GENERATOR, fail_on=[]
    )

    assert "earlier holders were brought back" in Page(page(report)).texts["header"]


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


def decoded(columns):
    """What the script makes of the data, written once more."""
    errors = {row[0]: row[1:] for row in columns["error"]}
    for place, host in enumerate(columns["host"]):
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
        assert (row["host"], row["status"], row["role"]) == (record["host"], record["status"], record["host_role"] or "unknown")
        assert row["holders"] == [holder["sid"] for holder in record["holders"]]
        assert row["standings"] == [holder["standing"] for holder in record["holders"]]
        assert all(row[key] == record[key] for key in ("missing", "unexpected", "waived"))
        if record["error"]:
            assert row["error"].endswith(record["error"]["message"])


@given(st.text(max_size=40), st.text(min_size=1, max_size=5))
def test_an_error_is_put_together_again(message, host):
    record = record_of(host, {"unreachable": True, "msg": message})
    (row,) = decoded(data.columns([record], "x"))

    assert row["error"] == clean(record["error"]["message"], 400)


def test_a_local_account_is_counted_by_its_name_and_a_deleted_one_as_such():
    holders = [
        {"sid": "S-1-5-21-1-1-1-1001", "name": "A\\deploy", "kind": "local", "standing": "unexpected", "why": ""},
        {"sid": "S-1-5-21-2-2-2-1001", "name": "B\\Deploy", "kind": "local", "standing": "unexpected", "why": ""},
        {"sid": "S-1-5-21-3-3-3-1001", "name": None, "kind": "orphan", "standing": "orphan", "why": ""},
        {"sid": "S-1-5-21-3-3-3-1002", "name": None, "kind": "orphan", "standing": "orphan", "why": ""},
    ]
    rows = account_rows([{"host": f"h{place}", "holders": [holder]} for place, holder in enumerate(holders)])

    assert [(row.name, len(row.hosts), len(row.sids)) for row in rows] == [(".\\Deploy", 2, 2), ("Deleted accounts", 2, 2)]


@pytest.mark.parametrize(
    ("extra", "unexpected", "judged"),
    [
        ([], ["S-1-5-32-545"], "differs"),
        (["S-1-5-32-545"], ["S-1-5-32-545"], "agrees"),
        ([], [], "agrees"),
        (None, [], "not compared"),
    ],
)
def test_a_gpo_is_judged_by_what_its_hosts_have_of_it(extra, unexpected, judged):
    control = {
        "kind": "gpo",
        "name": "G",
        "guid": "{1}",
        "link": None,
        "provider": None,
        "why": "",
        "extra": extra,
        "lacking": extra and [],
    }
    if extra == []:
        control["lacking"] = []
    record = {"host": "h", "status": "drift", "controlled_by": control, "findings": [], "unexpected": unexpected, "missing": []}
    (row,) = sections.control_rows([record])

    assert row.judged == judged


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


def test_ten_thousand_hosts_are_less_than_a_megabyte():
    assert len(page(samples.sample(10_000, since=False), sha256="0" * 64).encode()) < 1_000_000


def test_a_merged_report_names_its_runs():
    report = samples.sample(5)
    heads = [{"run": {"id": f"run{number}", "started": f"2026-01-3{number}T08:00:00Z"}} for number in (0, 1)]
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
    said = " ".join(Page(page(report)).texts["numbers"].split())

    assert "judged by another policy" in said
    assert "Came to driftnone" in said
    assert "Left drift1 host: a1" in said.replace("Left drift 1", "Left drift1")
    assert "Drifted, not read now1 host: b1" in said
    assert "New hosts" not in said
    assert "CORP\\Server Operators Berlin" in said
