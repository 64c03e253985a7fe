# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section on Group Policy Objects in every format of the report, and that a report without it is as before."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import report_heads
import whole_report
import xmlschema

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import gathered, merge, merged_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.gpo_csv import COLUMNS, csv_gpos
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.gpo_lines import lines, read_gpos, write_gpos
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
USERS = "S-1-5-32-545"


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
        **more,
    }


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
