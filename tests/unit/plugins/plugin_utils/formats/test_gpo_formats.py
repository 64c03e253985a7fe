# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section on Group Policy Objects in every format of the report, and that a report without it is as before."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
import report_heads
import whole_report
import xmlschema

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_changes import carried_over, with_change
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import gathered, merge, merged_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.gpo_csv import COLUMNS, csv_gpos
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.gpo_impact_csv import COLUMNS as IMPACT_COLUMNS
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.gpo_impact_csv import csv_gpo_impact
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.gpo_lines import lines, read_gpos, write_gpos
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html import data
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import (
    json_lines,
    read_json_lines,
    read_report,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.junit import junit
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.prometheus import prometheus
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.terminal import terminal
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.write import write
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

JUNIT = xmlschema.XMLSchema(Path(__file__).parents[5] / "tests/unit/data/junit.xsd")
GUID, OTHER = "{11111111-2222-3333-4444-5555555555AB}", "{11111111-2222-3333-4444-555555555500}"
DEFAULT = "{31B2F340-016D-11D2-945F-00C04FB984F9}"
USERS, IIS = "S-1-5-32-545", "S-1-5-32-568"


def row(guid=GUID, name="Web servers", **more):
    return {
        "guid": guid,
        "name": name,
        "state": "defined",
        "holders": [{"text": f"*{USERS}", "sid": USERS, "name": "BUILTIN\\Users", "standing": "unexpected", "why": "no row names it"}],
        "findings": [{"kind": "unexpected", "sid": USERS, "text": "BUILTIN\\Users should not have the right"}],
        "compliant": False,
        "documented": None,
        "links": [
            {"som": "OU=Web,DC=sim,DC=example", "kind": "ou", "order": 1, "enforced": False, "disabled": False, "effective": True, "why": []}
        ],
        "filters": [],
        "version": 6,
        "folder_version": 6,
        "extensions": None,
        "template_sha256": None,
        **more,
    }  # fmt: skip


def gpos(*rows, **more):
    return {
        "domain": "sim.example",
        "controller": "dc01.sim.example",
        "read_at": "2026-01-31T08:15:00Z",
        "policy": "microsoft",
        "complete": True,
        "compliant": False,
        "not_defining": 41,
        "unread": [{"guid": OTHER, "error": "access denied"}],
        "gpos": list(rows or [row()]),
        "changes": [],
        **more,
    }


def reached(host, **more):
    return {
        "host": host, "wins": True, "gains": [IIS], "loses": [USERS], "drifts": True, "features": ["IIS"], "own_accounts": ["service MSSQL"],
        **more,
    }  # fmt: skip


def change(*hosts, **more):
    """A planned change that reaches these hosts; without one its impact is not known."""
    side = {"before": [USERS], "after": [IIS], "version_before": 6, "version_after": 7, "finishes": False}
    side |= {f"{part}_{when}": None for part in ("extensions", "template_sha256") for when in ("before", "after")}
    known = {
        "impact": list(hosts),
        "impact_of": "the audit 1",
        "impact_accounts": [
            {"op": "add", "sid": IIS, "name": None, "hosts": len(hosts)},
            {"op": "remove", "sid": USERS, "name": None, "hosts": len(hosts)},
        ],
        "impact_unseen": 2,
    }
    unknown = {"impact": None, "impact_of": "no earlier report was given", "impact_accounts": None, "impact_unseen": None}
    head = {
        "guid": GUID,
        "name": "Web servers",
        "run_id": "20260131T081500Z-1a2b3c",
        "at": "2026-01-31T08:15:00Z",
        "outcome": "planned",
    }
    return {**head, "plan": side, **(known if hosts else unknown), **more}


@pytest.fixture
def made():
    def report(section=None):
        return build_report(
            [record_of("web01", None)],
            run=report_heads.RUN,
            policy=None,
            generator=report_heads.GENERATOR,
            fail_on=["drift"],
            gpos=gpos() if section is None else section,
        )

    return report


TEXTS = {
    "markdown": markdown,
    "terminal": terminal,
    "junit": junit,
    "json": to_json,
    "json_lines": json_lines,
    "html": html,
    "csv": csv_gpos,
}


@pytest.mark.parametrize("kind", TEXTS)
def test_the_gpo_and_what_is_wrong_with_it_stand_in_every_format(made, kind):
    text = TEXTS[kind](made())

    assert GUID.upper() in text.upper()
    assert "should not have the right" in text


def test_numbers_of_gpos_are_in_prometheus(made):
    text = prometheus(made())

    assert 'seimpersonate_gpos{policy="",state="defined"} 1' in text
    assert 'seimpersonate_gpos{policy="",state="not_defined"} 41' in text
    assert 'seimpersonate_gpos{policy="",state="unknown"} 1' in text
    assert 'seimpersonate_gpo_findings{policy="",kind="unexpected"} 1' in text


@pytest.mark.parametrize("kind", TEXTS)
def test_a_report_without_gpos_has_no_section(kind):
    report = build_report(
        [record_of("web01", None)], run=report_heads.RUN, policy=None, generator=report_heads.GENERATOR, fail_on=["drift"]
    )

    assert report["gpos"] is None
    assert "Group Policy Objects" not in TEXTS[kind](report)


def test_what_is_written_is_read_again_and_fits_the_schema(made):
    whole_report.read_again(made())
    report = read_report("x", json.loads(to_json(made())))

    assert report["gpos"] == gpos()
    assert read_json_lines(json_lines(made())).runs[-1]["gpos"] == gpos()


def test_a_report_of_an_earlier_release_lacks_the_key_and_is_read():
    data = json.loads(
        to_json(
            build_report(
                [record_of("web01", None)], run=report_heads.RUN, policy=None, generator=report_heads.GENERATOR, fail_on=[]
            )
        )
    )
    del data["gpos"]

    assert read_report("x", data).get("gpos") is None


def test_a_merged_report_has_the_section_of_the_newest_run_that_has_one(made):
    merged = merged_report(merge([gathered(made()), gathered(whole_report.report_of(elsewhere=None))]))

    assert merged["gpos"] == gpos()


def test_the_suite_of_gpos_has_its_failures_and_errors(made):
    root = ElementTree.fromstring(junit(made()))
    suite = root.find("testsuite[@name='Group Policy Objects']")

    JUNIT.validate(junit(made()))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")
    assert root.get("failures") == "1"
    assert suite.find("testcase/failure").text == "BUILTIN\\Users should not have the right"


def test_a_host_links_to_the_row_of_its_gpo(made):
    controller = {
        "kind": "gpo", "name": "Web servers", "guid": GUID.lower(), "link": None, "precedence": 1, "status": "applied", "error": None,
        "provider": None, "evidence": "rsop", "as_of": None, "why": "a GPO sets it", "losers": [], "extra": None, "lacking": None,
    }  # fmt: skip
    report = made()
    report["hosts"] = [{**report["hosts"][0], "controller": controller}]

    page = html(report)

    assert f'<a href="#gpo-{GUID}">' in page
    assert f'<tr id="gpo-{GUID}">' in page


@pytest.mark.parametrize(
    ("guid", "domain", "links"),
    [
        pytest.param(DEFAULT, "SIM.example", True, id="a default GPO of its domain"),
        pytest.param(DEFAULT, "other.example", False, id="a default GPO of another domain"),
        pytest.param(DEFAULT, None, True, id="a default GPO of a domain that is not known"),
        pytest.param(GUID, "other.example", True, id="a GPO of another domain by its GUID"),
    ],
)
def test_a_host_does_not_link_to_the_default_gpo_of_another_domain(made, guid, domain, links):
    controller = {
        "kind": "gpo", "name": "Web servers", "guid": guid, "link": None, "precedence": 1, "status": "applied", "error": None,
        "provider": None, "evidence": "rsop", "as_of": None, "why": "a GPO sets it", "losers": [], "extra": None, "lacking": None,
    }  # fmt: skip
    report = made(gpos(row(guid)))
    report["hosts"] = [{**report["hosts"][0], "controller": controller, "computer": {"dns_domain": domain}}]

    assert (f'<a href="#gpo-{guid}">' in html(report)) is links
    (told,) = data.columns(report["hosts"], "x", None, "sim.example")["controller"]
    assert len(told) == (3 if links else 4)


def test_the_table_of_gpos_is_a_file_of_its_own(made, tmp_path):
    written = write(made(), tmp_path, ["csv"])
    rows = list(csv.DictReader(io.StringIO(Path(written.files["csv_gpos"]).read_text(encoding="utf-8-sig"))))

    assert written.failed == {}
    assert tuple(rows[0]) == COLUMNS
    assert [(one["guid"], one["state"], one["sid"]) for one in rows] == [(GUID, "defined", USERS), (OTHER, "not known", "")]


HOSTILE = "\u202e|<script>\x1b[31m\n- *x*"


def test_hostile_names_are_written_out_in_every_format(made):
    bad = row(name=HOSTILE, documented=HOSTILE, findings=[{"kind": "unexpected", "sid": None, "text": HOSTILE}])
    bad["holders"][0]["name"] = HOSTILE
    bad["links"][0]["som"] = HOSTILE
    report = made(gpos(bad, domain=HOSTILE, controller=HOSTILE, unread=[{"guid": OTHER, "error": HOSTILE}]))

    for kind, text in TEXTS.items():
        seen = text(report)
        assert not {"\u202e", "\x1b"} & set(seen), kind
        assert kind in ("json", "json_lines", "csv", "terminal") or "<script>" not in seen.split("<style")[0].replace(
            "<script src", ""
        )


def test_many_gpos_leave_room_for_hosts(made):
    many = made(gpos(*(row(f"{{11111111-2222-3333-4444-{number:012d}}}", f"GPO {number}") for number in range(300))))

    assert len(markdown(many).splitlines()) <= 40
    assert len(terminal(many).splitlines()) <= 44
    assert "and 200 more" in html(many)
    assert len(lines(many["gpos"])) < 60


def test_what_gpo_right_info_kept_is_read(tmp_path):
    write_gpos(tmp_path / "gpos.json", gpos())

    assert read_gpos("gpo_file", tmp_path / "gpos.json") == gpos()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[]", id="a list"),
        pytest.param("{}", id="no version"),
        pytest.param('{"schema_version": "1"}', id="no keys"),
        pytest.param(json.dumps({"schema_version": "1", **gpos(), "not_defining": "x"}), id="a word for a number"),
        pytest.param(json.dumps({"schema_version": "1", **gpos(row(state="other"))}), id="a state that is none"),
    ],
)
def test_another_file_is_bad_input_that_names_the_option(tmp_path, text):
    path = tmp_path / "gpos.json"
    path.write_text(text)

    with pytest.raises(BadInput, match="gpo_file"):
        read_gpos("gpo_file", path)


@pytest.mark.parametrize("whole", [True, False])
def test_every_format_says_of_when_the_gpos_are_and_whether_they_are_all(whole, made):
    told = made(gpos(row(), complete=whole, unread=[]))
    suite = ElementTree.fromstring(junit(told)).find("testsuite[@name='Group Policy Objects']")

    for text in (terminal(told), markdown(told), "\n".join(lines(told["gpos"]))):
        assert "at 2026-01-31T08:15:00Z" in " ".join(text.split())
        assert ("not every GPO or link could be read" in " ".join(text.split())) is not whole
    assert suite.get("errors") == str(int(not whole))
    assert len(suite.findall("testcase/error")) == int(not whole)
    assert f'seimpersonate_gpos_complete{{policy=""}} {int(whole)}' in prometheus(told)


# -- what a change means for hosts -----------------------------------------------------------------------------------

CHANGES = {**TEXTS, "csv": csv_gpo_impact}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_planned_change_stands_in_every_format_with_its_impact(made, kind):
    text = " ".join(CHANGES[kind](made(gpos(changes=[change(reached("web01"))]))).split())

    assert "planned" in text
    assert IIS in text or "IIS_IUSRS" in text
    assert "web01" in text
    assert kind in ("json", "json_lines", "csv") or "1 would drift: web01" in text
    assert kind in ("json", "json_lines", "csv") or "2 hosts of that report may be more" in text


@pytest.mark.parametrize("kind", CHANGES)
def test_an_impact_that_is_not_known_is_told_as_that(made, kind):
    text = " ".join(CHANGES[kind](made(gpos(changes=[change()]))).split())

    assert "no earlier report was given" in text
    assert kind in ("json", "json_lines") or "not known" in text


def test_the_guide_names_every_metric(made, checkout):
    guide = (checkout / "docs/docsite/rst/guide_report.rst").read_text()
    policy = {"name": "own", "version": None, "sha256": "a" * 64}

    text = prometheus({**made(), "policy": policy})

    assert re.findall(r"^   \* - ``(seimpersonate_\w+)``$", guide, re.MULTILINE) == re.findall(
        r"^# TYPE (\w+) gauge$", text, re.MULTILINE
    )


def test_the_numbers_of_a_change_are_in_prometheus(made):
    hosts = [
        reached("web01"),
        reached("web02", gains=[], drifts=False),
        reached("web03", wins=False, gains=[], loses=[], drifts=False),
    ]
    text = prometheus(made(gpos(changes=[change(*hosts), change(guid=OTHER)])))

    found = dict(re.findall(r'gpo_change_hosts.*outcome="planned",effect="(.*)"} (.*)', text))
    assert found == {"set": "2", "lost": "1", "gain": "1", "lose": "2", "drift": "1", "unknown": "2"}
    assert OTHER not in text


def test_the_table_of_the_impact_is_a_file_of_its_own(made, tmp_path):
    hosts = [
        reached("web01"),
        reached("web02", gains=None, loses=None, drifts=None),
        reached("web03", wins=False, gains=[], loses=[]),
    ]
    written = write(made(gpos(changes=[change(*hosts)])), tmp_path, ["csv"])
    rows = list(csv.DictReader(io.StringIO(Path(written.files["csv_gpo_impact"]).read_text(encoding="utf-8-sig"))))

    assert tuple(rows[0]) == IMPACT_COLUMNS
    assert [(one["host"], one["wins"], one["effect"], one["drifts"]) for one in rows] == [
        ("web01", "yes", "gains", "yes"),
        ("web01", "yes", "loses", "yes"),
        ("web02", "yes", "not known", "not known"),
        ("web03", "no", "none", "yes"),
    ]
    assert "csv_gpo_impact" not in write(made(), tmp_path, ["csv"]).files


@pytest.mark.parametrize("kind", ["markdown", "junit"])
def test_a_host_that_one_of_several_gpos_sets_is_not_told_as_lost(made, kind):
    text = " ".join(CHANGES[kind](made(gpos(changes=[change(reached("web01", wins=None), impact_unseen=1)]))).split())

    assert "it sets the right on 0 audited hosts, and lost against another GPO on 0" in text
    assert "1 host: which of several GPOs won is not known" in text
    assert "1 host of that report may be more" in text


def test_the_page_has_three_answers_to_whether_the_gpo_sets_the_right(made):
    page = html(made(gpos(changes=[change(reached("a"), reached("b", wins=None), reached("c", wins=False))])))

    assert re.findall(r"<td>(yes|no, another one won|not known)</td><td class=\"account\">", page) == [
        "yes",
        "not known",
        "no, another one won",
    ]


@pytest.mark.parametrize(
    ("known", "effect", "unseen"),
    [
        pytest.param(change(), "not known", "", id="not known"),
        pytest.param(change(reached("x"), impact=[]), "none", "2", id="no host names it"),
        pytest.param(change(reached("x", gains=[], loses=[])), "none", "2", id="a host that gains and loses nothing"),
        pytest.param(change(reached("x", loses=[]), impact_unseen=0), "gains", "0", id="every host is known"),
    ],
)
def test_each_change_has_a_row_of_its_impact_with_the_hosts_that_may_be_more(made, known, effect, unseen):
    rows = list(csv.DictReader(io.StringIO(csv_gpo_impact(made(gpos(changes=[known]))).lstrip("\ufeff"))))

    assert [(one["effect"], one["unseen"]) for one in rows] == [(effect, unseen)]


def test_one_host_is_told_as_one(made):
    text = " ".join(markdown(made(gpos(changes=[change(reached("web01"), impact_unseen=1)]))).split())

    assert "it sets the right on 1 audited host, and lost" in text
    assert "1 host of that report may be more" in text


def test_a_host_of_a_change_leads_to_its_row_where_the_report_has_it(made):
    page = html(made(gpos(changes=[change(reached("web01"), reached("elsewhere&<"))])))

    assert '<a href="#q=web01"><bdi>web01</bdi></a>' in page
    assert "<bdi>elsewhere&amp;&lt;</bdi>" in page
    assert "#q=elsewhere" not in page
    assert f'<a href="#gpo-{GUID}">Web servers' in page


def test_a_change_of_many_hosts_and_accounts_leaves_room(made):
    accounts = [{"op": "remove", "sid": f"S-1-5-21-1-2-3-{number}", "name": None, "hosts": 1} for number in range(1000, 1300)]
    hosts = [reached(f"host{number:03}") for number in range(300)]
    many = [change(*hosts, impact_accounts=accounts, guid=f"{{11111111-2222-3333-4444-{number:012d}}}") for number in range(20)]
    report = made(
        gpos(*(row(f"{{11111111-2222-3333-4444-{number:012d}}}", f"GPO {number}") for number in range(300)), changes=many)
    )

    assert len(markdown(report).splitlines()) <= 40
    assert len(terminal(report).splitlines()) <= 44
    assert "and 18 more changes of GPOs" in markdown(report)
    assert "and 240 more hosts in the JSON" in html(report)
    assert "and 10 more changes in the JSON" in html(report)
    assert "and 290 more" in junit(report)
    JUNIT.validate(junit(report))


def test_hostile_texts_of_a_change_are_written_out(made):
    bad = change(reached(HOSTILE, own_accounts=[HOSTILE]), name=HOSTILE, run_id=HOSTILE, impact_of=HOSTILE)
    bad["plan"]["before"] = [HOSTILE]
    report = made(gpos(changes=[bad]))

    for kind, text in CHANGES.items():
        seen = text(report)
        assert not {"\u202e", "\x1b"} & set(seen), kind
        assert kind in ("json", "json_lines", "csv", "terminal") or "<script>" not in seen.split("<style")[0].replace(
            "<script src", ""
        )
        assert "<script>*" not in seen.split("</style>")[-1].split("<script")[0]


def test_a_report_with_a_change_is_read_again_and_fits_the_schema(made):
    section = gpos(changes=[change(reached("web01")), change(guid=OTHER)])

    whole_report.read_again(made(section))
    assert read_json_lines(json_lines(made(section))).runs[-1]["gpos"] == section


# -- what the file keeps ---------------------------------------------------------------------------------------------

NOW = {"version": 6, "template_sha256": "a" * 64}


def planned(**more):
    made = change(reached("web01"), **more)
    made["plan"] |= {"template_sha256_before": "a" * 64, "template_sha256_after": "b" * 64}
    return made


@pytest.mark.parametrize(
    ("now", "earlier", "kept"),
    [
        pytest.param(row(**NOW), {}, True, id="as before the change"),
        pytest.param(row(version=7, template_sha256="b" * 64), {}, True, id="as after it"),
        pytest.param(row(version=8, template_sha256="b" * 64), {}, False, id="changed again"),
        pytest.param(row(version=7, template_sha256="a" * 64), {}, False, id="changed by somebody else"),
        pytest.param(row(version=6, template_sha256="b" * 64), {}, True, id="the template is written, and the container is not"),
        pytest.param(row(OTHER), {}, False, id="no row of the GPO, which no longer defines the right"),
        pytest.param(row(**NOW), {"domain": "SIM.example"}, True, id="the domain in capitals"),
        pytest.param(row(**NOW), {"domain": "other.example"}, False, id="another domain"),
    ],
)
def test_a_change_is_kept_as_long_as_the_gpo_shows_it(now, earlier, kept):
    section = carried_over(gpos(now), gpos(changes=[planned()], **earlier))

    assert section["changes"] == ([planned()] if kept else [])
    assert section["gpos"] == [now]


@pytest.mark.parametrize(
    ("outcome", "kept"),
    [("planned", False), ("applied", False), ("not_started", False), ("undone", True), ("unknown", True)],
)
def test_a_change_whose_end_is_not_that_of_its_plan_is_kept_until_the_next(outcome, kept):
    section = carried_over(gpos(row(version=7, template_sha256="a" * 64)), gpos(changes=[planned(outcome=outcome)]))

    assert section["changes"] == ([planned(outcome=outcome)] if kept else [])


@pytest.mark.parametrize(
    ("now", "named", "side", "kept"),
    [
        pytest.param({}, False, None, False, id="it no longer defines the right"),
        pytest.param({}, False, "before", True, id="it did not before the change"),
        pytest.param({}, False, "after", True, id="it shall not after the change"),
        pytest.param({}, True, None, True, id="only named GPOs were read"),
        pytest.param({"complete": False}, False, None, True, id="not every GPO was read"),
    ],
)
def test_a_change_of_a_gpo_without_a_row(now, named, side, kept):
    one = planned()
    one["plan"] |= {side: None} if side else {}

    section = carried_over(gpos(row(OTHER), unread=[], **now), gpos(changes=[one]), named=named)

    assert section["changes"] == ([one] if kept else [])


def test_a_change_takes_the_place_of_an_earlier_one_of_its_gpo():
    section = gpos(changes=[change(guid=GUID.lower()), change(guid=OTHER, name="A")])

    assert with_change(section, change(outcome="applied"))["changes"] == [change(guid=OTHER, name="A"), change(outcome="applied")]
