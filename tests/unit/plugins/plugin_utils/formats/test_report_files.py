# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a report is written and under which name, and which earlier one is found again."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest
from report_heads import GENERATOR

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import check_folder, write_atomically
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.earlier import (
    MOST_POINTS,
    earlier_report,
    previous_of,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import json_lines, read_json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.names import (
    DEFAULT_NAME,
    FORMATS,
    PLACEHOLDERS,
    check_length,
    checked_name,
    stem,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.write import placeholders_of, write
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import release
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.report_end import file_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of

POLICY = {"name": "microsoft", "title": "t", "version": None, "compare": "exact", "sha256": "a" * 64}
POLICY |= {"document": {}, "documents": {}, "gpos": {}, "references": []}


def report(day=31, status="compliant", host="a", awx=None, **run):
    started, finished = f"2026-01-{day:02}T08:15:00Z", f"2026-01-{day:02}T08:16:00Z"
    about = {"id": f"r{day}", "started": started, "finished": finished, "duration_s": 60, "check_mode": False, "action": "audit"}
    about |= {"limit": None, "hosts": None, "forks": 5, "restored": None, "awx": awx or {}, **run}
    return build_report([record_of(host, {"status": status})], run=about, policy=None, generator=GENERATOR, fail_on=["drift"])


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda root: root / "here", id="it is there"),
        pytest.param(lambda root: root / "not/yet/there", id="it can be made"),
    ],
)
def test_a_folder_that_can_be_written_is_left_as_it_is(tmp_path, make):
    (tmp_path / "here").mkdir()

    check_folder("report_dir", make(tmp_path), "so what")

    assert [path.name for path in tmp_path.rglob("*")] == ["here"]


@pytest.mark.parametrize(
    ("place", "why"),
    [
        pytest.param("file", "file is not a folder", id="a file"),
        pytest.param("file/below", "file is not a folder", id="below a file"),
        pytest.param("dangling", "dangling is not a folder", id="a link that leads nowhere"),
        pytest.param("dangling/below", "dangling is not a folder", id="below such a link"),
        pytest.param("/proc/x", "No such file or directory", id="a file system that takes no files"),
        pytest.param("x" * 256, "has more than 255 bytes", id="a name that is too long"),
        pytest.param("not/yet/" + "x" * 256, "has more than 255 bytes", id="such a name below a folder that is not there"),
        pytest.param("nul\0", "a name has a null character", id="a name that is none"),
    ],
)
def test_a_folder_that_cannot_be_written_is_refused(tmp_path, place, why):
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")

    with pytest.raises(BadInput) as wrong:
        check_folder("report_dir", tmp_path / place, "so what")

    assert str(wrong.value).startswith("report_dir: ")
    assert why in str(wrong.value)
    assert str(wrong.value).endswith(", so what")


def test_a_folder_of_somebody_else_is_refused(tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BadInput, match=r"snapshot_dir: .* cannot be written \(Permission denied\), so what"):
        check_folder("snapshot_dir", tmp_path, "so what")


VALUES = {"action": "audit", "policy": "own", "run_id": "r", "date": "2026-01-31"}


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        pytest.param("x" * 242, True, id="as long as can be"),
        pytest.param("x" * 243, False, id="a letter more"),
        pytest.param("ü" * 120 + "x{run_id}", True, id="as many bytes as can be"),
        pytest.param("ü" * 120 + "x{policy}", False, id="more bytes than letters"),
    ],
)
def test_a_name_leaves_room_for_the_longest_ending(tmp_path, pattern, fits):
    if fits:
        check_length("name", pattern, VALUES)
        there = report(id="r")
        assert len(write({**there, "policy": None}, tmp_path, FORMATS, pattern.replace("{policy}", "own")).files) == 8
    else:
        with pytest.raises(BadInput, match="name: a file would be called .* bytes; a name has at most 255"):
            check_length("name", pattern, VALUES)


def test_the_file_of_prometheus_counts_too():
    with pytest.raises(BadInput, match="called impersonate-audit-pp"):
        check_length("name", "{run_id}", {**VALUES, "policy": "p" * 250})


@pytest.mark.parametrize("pattern", [".hidden", ".{run_id}", " ", "a/b", "a\\b", "a\nb", "{", "{host}"], ids=repr)
def test_what_is_no_name(pattern):
    with pytest.raises(BadInput, match="^name: "):
        checked_name("name", pattern)


@pytest.mark.parametrize("pattern", ["a.b", "{action}.{policy}", "a b"], ids=repr)
def test_what_is_a_name(pattern):
    assert checked_name("name", pattern) == pattern


@pytest.mark.parametrize(
    ("umask", "told", "mode"),
    [
        pytest.param(0o022, {}, 0o640, id="the group may read"),
        pytest.param(0o077, {}, 0o600, id="a mask that leaves the owner alone is obeyed"),
        pytest.param(0o022, {"mode": 0o600}, 0o600, id="for nobody else"),
        pytest.param(0o277, {"mode": 0o600}, 0o400, id="less than that by the mask"),
    ],
)
def test_a_file_has_no_more_than_its_mode_and_the_umask_leave(tmp_path, umask, told, mode):
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "x", "text", **told)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == mode


HALF = "web\udcff"


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(report(awx={"job_template_name": HALF}), id="what AWX says"),
        pytest.param(report(host=HALF), id="a host"),
        pytest.param(report(limit=HALF), id="a limit"),
        pytest.param(report(status="error"), id="nothing of the kind"),
    ],
)
def test_half_of_a_pair_of_surrogates_is_written_out_in_every_format(tmp_path, given):
    assert len(write(given, tmp_path, FORMATS).files) == 8
    read_json_lines(json_lines(given))
    assert ("web\\udcff" in json.dumps(given, ensure_ascii=False).replace("\\\\", "\\")) is (given["hosts"][0]["status"] != "error")


SUFFIXES = {"json": ".json", "json_lines": ".jsonl", "csv": "-hosts.csv", "csv_accounts": "-accounts.csv", "junit": ".xml"}
SUFFIXES |= {"prometheus": ".prom", "markdown": ".md", "html": ".html"}


@pytest.mark.parametrize("kind", SUFFIXES)
def test_a_format_that_cannot_be_written_takes_no_other_with_it(tmp_path, kind):
    whole = write(report(), tmp_path / "whole", FORMATS, "x").files
    (tmp_path / "half" / f"x{SUFFIXES[kind]}").mkdir(parents=True)
    half = write(report(), tmp_path / "half", FORMATS, "x")

    assert list(half.failed) == [kind]
    assert "Is a directory" in half.failed[kind]
    assert half.files.keys() == whole.keys() - {kind}
    for other in half.files.keys() - {"html"}:  # which names the others
        assert Path(half.files[other]).read_bytes() == Path(whole[other]).read_bytes()
    assert not list((tmp_path / "half").glob(".impersonate-*"))


def test_a_format_that_cannot_be_made_takes_no_other_with_it(tmp_path):
    spoilt = {**report(), "scope": {}}  # JSON Lines and the formats for people need its source
    filed = file_report(spoilt, {"report_dir": str(tmp_path), "name": "x"}, FORMATS, lambda files: f"{len(files)} files")

    assert filed["failed"] is True
    assert filed["files"].keys() == {"json", "csv", "csv_accounts", "junit", "prometheus"}
    assert filed["not_written"].keys() == {"json_lines", "markdown", "html"}
    assert filed["verdict"] == "5 files"
    assert filed["msg"].endswith(" (html, json_lines, markdown). 5 files")
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".csv", ".json", ".prom", ".xml"]


def test_two_hosts_stay_two_when_they_are_written_out():
    records = [record_of(host, None) for host in ("x\udcfe", "x\udcff")]
    run = report()["run"]

    assert len({one["host"] for one in build_report(records, run=run, policy=None, generator=GENERATOR, fail_on=[])["hosts"]}) == 2


def store(folder, name, text, written=0):
    path = folder / name
    path.write_text(text if isinstance(text, str) else to_json(text), encoding="utf-8")
    os.utime(path, (written, written))
    return path


def test_the_newest_is_the_one_whose_run_ended_last(tmp_path):
    store(tmp_path, "b.json", report(10), written=3)
    store(tmp_path, "a.json", report(12), written=1)
    store(tmp_path, "c.json", json.dumps(report(11)), written=2)
    store(tmp_path, "z.json", report(13, action="enforce"), written=4)

    assert earlier_report(tmp_path)[0]["run"]["id"] == "r12"
    assert earlier_report(tmp_path, besides="r12")[0]["run"]["id"] == "r11"
    assert earlier_report(tmp_path, "enforce")[0]["run"]["id"] == "r13"
    assert earlier_report(tmp_path, "restore") == (None, f"{tmp_path} has no report of an earlier restore yet")


@pytest.mark.parametrize(
    ("newer", "whole", "found"),
    [
        pytest.param({"limit": "web01"}, True, "r11", id="one with a limit"),
        pytest.param({"hosts": "web*"}, True, "r11", id="one of a pattern"),
        pytest.param({}, True, "r12", id="another of all hosts"),
        pytest.param({"limit": "web01"}, False, "r12", id="all hosts are not asked for"),
    ],
)
def test_an_audit_of_all_hosts_counts_before_a_newer_one_of_some(tmp_path, newer, whole, found):
    store(tmp_path, "a.json", report(11))
    store(tmp_path, "b.json", report(12, **newer))

    assert earlier_report(tmp_path, whole=whole)[0]["run"]["id"] == found
    (tmp_path / "a.json").unlink()
    assert earlier_report(tmp_path, whole=whole)[0]["run"]["id"] == "r12"


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param({"merged": 5}, id="a number for the runs"),
        pytest.param({"merged": [5]}, id="a number for a run"),
        pytest.param({"merged": [{"run": {}}]}, id="a run that says nothing"),
        pytest.param({"awx": ["x"]}, id="a list for what AWX said"),
        pytest.param({"limit": ["web01"], "awx": None}, id="nothing for it"),
    ],
)
def test_a_file_that_is_no_report_of_ours_hides_no_audit_of_all_hosts(tmp_path, junk):
    store(tmp_path, "a.json", report(11))
    data = json.loads(to_json(report(12)))
    store(tmp_path, "b.json", json.dumps({**data, "run": data["run"] | junk}))

    assert earlier_report(tmp_path, whole=True)[0]["run"]["id"] == "r11"


def test_a_folder_with_reports_of_an_earlier_release_alone_says_so(tmp_path):
    newest = store(tmp_path, "b.json", {**report(2), "schema_version": "1"})
    store(tmp_path, "a.json", {**report(1), "schema_version": "1"})

    found, why = earlier_report(tmp_path)

    assert found is None
    assert why.startswith(f"{tmp_path} has no report of an earlier audit that can be read; the newest: {newest} is not a report")
    assert "an earlier release of the collection wrote it" in why


DEEP = '{"run": ' * 100_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="half a file"),
        pytest.param("[]", id="a list"),
        pytest.param(DEEP, id="deep"),
        pytest.param('{"run": {"finished": 1}}', id="a number for a time"),
        pytest.param(json.dumps({**report(20), "schema_version": "3"}), id="of a later release"),
        pytest.param(json.dumps({**report(20), "schema_version": "1"}), id="of an earlier release"),
        pytest.param(
            json.dumps({key: value for key, value in report(20).items() if key != "generator"}), id="without what made it"
        ),
        pytest.param(json.dumps({**report(20), "run": {**report(20)["run"], "merged": [{"x": 1}]}}), id="merged of something else"),
        pytest.param(json.dumps({**report(20), "run": {**report(20)["run"], "merged": "x"}}), id="merged of a text"),
        pytest.param(json.dumps({**report(20), "run": {**report(20)["run"], "action": "look"}}), id="of another deed"),
        pytest.param(
            json.dumps({**report(20), "run": {**report(20)["run"], "finished": "2026-01-40T08:15:00Z"}}), id="a day that never was"
        ),
    ],
)
def test_what_is_no_report_is_passed_over_in_a_folder_and_said_of_a_file(tmp_path, text):
    store(tmp_path, "good.json", report(1))
    wrong = store(tmp_path, "wrong.json", text)
    (tmp_path / "dangling.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder.json").mkdir()

    assert earlier_report(tmp_path)[0]["run"]["id"] == "r1"
    found, why = earlier_report(wrong)
    assert found is None
    assert why.startswith(f"{wrong} is not a report")


def test_a_link_that_leads_nowhere_is_said(tmp_path):
    (tmp_path / "last.json").symlink_to(tmp_path / "nowhere")

    assert earlier_report(tmp_path / "last.json") == (None, f"{tmp_path / 'last.json'} does not exist")


@pytest.mark.parametrize("place", ["x" * 300, "a\0b"], ids=["too long", "no name"])
def test_a_place_that_cannot_be_looked_at_is_said(tmp_path, place):
    found, why = earlier_report(tmp_path / place)

    assert found is None
    assert why.startswith(str(tmp_path))


@pytest.mark.parametrize(("place", "action", "found"), [(True, "audit", "r1"), (True, "enforce", None), (False, "audit", None)])
def test_only_an_audit_is_compared(tmp_path, place, action, found):
    store(tmp_path, "old.json", report(1))
    store(tmp_path, "self.json", report(2))

    earlier = previous_of(str(tmp_path) if place else None, report(2, action=action))

    assert (earlier.report and earlier.report["run"]["id"], earlier.nothing) == (found, None)


def counted(number, drift, *, policy="microsoft", **run):
    made = report(number, **run)
    made["policy"] = {**POLICY, "name": policy} if policy else None
    made["summary"]["by_status"]["drift"] = drift
    return made


@pytest.mark.parametrize(
    ("others", "found"),
    [
        pytest.param([], "r2", id="the newest"),
        pytest.param([counted(4, 9, limit="web")], "r2", id="not a look at some of the hosts"),
        pytest.param([counted(4, 9, policy="cis")], "r2", id="not one by another policy"),
        pytest.param([counted(4, 9)], "r4", id="a newer one that is alike"),
    ],
)
def test_a_run_is_compared_with_one_that_is_alike(tmp_path, others, found):
    for made in (counted(1, 5), counted(2, 4), *others):
        store(tmp_path, f"{made['run']['id']}.json", made)

    assert previous_of(str(tmp_path), counted(9, 1)).report["run"]["id"] == found


def test_where_none_is_alike_the_newest_counts(tmp_path):
    for number in (1, 2):
        store(tmp_path, f"{number}.json", counted(number, 1, limit="web"))

    assert previous_of(str(tmp_path), counted(9, 1)).report["run"]["id"] == "r2"


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        pytest.param(None, [("r1", 5), ("r2", 4), ("r3", 3)], id="the oldest first"),
        pytest.param(counted(4, 9, action="enforce"), [("r1", 5), ("r2", 4), ("r3", 3)], id="not a change of hosts"),
        pytest.param(counted(4, 9, limit="web"), [("r1", 5), ("r2", 4), ("r3", 3)], id="not one of other hosts"),
        pytest.param(counted(4, 9, policy="cis"), [("r1", 5), ("r2", 4), ("r3", 3)], id="not one by another policy"),
        pytest.param(counted(4, 9, policy=None), [("r1", 5), ("r2", 4), ("r3", 3)], id="not one without a policy"),
        pytest.param(counted(9, 9), [("r1", 5), ("r2", 4), ("r3", 3)], id="not the run itself, nor a later one"),
        pytest.param(counted(3, 3), [("r1", 5), ("r2", 4), ("r3", 3)], id="a run that two files tell counts once"),
        pytest.param(counted(4, "x"), [("r1", 5), ("r2", 4), ("r3", 3)], id="a number that is none"),
        pytest.param(counted(4, -1), [("r1", 5), ("r2", 4), ("r3", 3)], id="less than no host"),
        pytest.param({**counted(4, 1), "summary": []}, [("r1", 5), ("r2", 4), ("r3", 3)], id="no numbers"),
        pytest.param({**counted(4, 1), "schema_version": "1"}, [("r1", 5), ("r2", 4), ("r3", 3), ("r4", 1)], id="numbers of an earlier release"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("write", [to_json, json.dumps], ids=["as we write", "on one line"])
def test_the_trend_is_of_audits_that_are_alike(tmp_path, odd, expected, write):
    for number, drift in ((2, 4), (1, 5), (3, 3)):
        store(tmp_path, f"{5 - number}.json", write(counted(number, drift)))
    if odd is not None:
        store(tmp_path, "odd.json", write(odd))

    trend = previous_of(str(tmp_path), counted(9, 1)).trend

    assert [(point["id"], point["by_status"]["drift"]) for point in trend] == expected


def test_a_trend_has_an_end(tmp_path):
    for number in range(1, 31):
        store(tmp_path, f"{number}.json", counted(number, number))

    trend = previous_of(str(tmp_path), counted(31, 1)).trend

    assert [point["id"] for point in trend] == [f"r{number}" for number in range(31 - MOST_POINTS, 31)]


def test_one_file_is_no_trend(tmp_path):
    path = store(tmp_path, "old.json", counted(1, 1))

    assert previous_of(str(path), counted(9, 1)).trend is None
    assert previous_of(None, counted(9, 1)).trend is None


@pytest.mark.parametrize(
    ("files", "version"),
    [
        pytest.param(
            {"MANIFEST.json": '{"collection_info": {"version": "1.2.3"}}', "galaxy.yml": "version: 9"}, "1.2.3", id="installed"
        ),
        pytest.param({"galaxy.yml": "version: 0.1.0"}, "0.1.0", id="a checkout"),
        pytest.param({"MANIFEST.json": "{", "galaxy.yml": "version: 0.1.0"}, "0.1.0", id="half a manifest"),
        pytest.param({"MANIFEST.json": "[]"}, "unknown", id="no manifest"),
        pytest.param({"galaxy.yml": "version: 1.0"}, "unknown", id="a number"),
        pytest.param({"galaxy.yml": "a: [b"}, "unknown", id="no YAML"),
        pytest.param({}, "unknown", id="neither"),
    ],
)
def test_the_release_of_the_collection(tmp_path, files, version):
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    assert release(tmp_path) == version


def test_what_stands_for_the_placeholders():
    about = {"action": "audit", "policy": "none", "run_id": "r31", "date": "2026-01-31"}
    assert placeholders_of(report(), {}) == {**about, "job": "none", "workflow": "none"}
    assert placeholders_of(report(), {"job_id": "42", "workflow_job_id": "41"}) == {**about, "job": "42", "workflow": "41"}


IN_THE_GUIDE = {
    "action": "audit",
    "policy": "microsoft",
    "run_id": "20260131T081500Z-4f2a9c",
    "date": "2026-01-31",
    "job": "1734",
    "workflow": "1730",
}


def test_the_guide_says_what_stands_for_each_placeholder(checkout):
    guide = (checkout / "docs/docsite/rst/guide_report.rst").read_text()
    rows = re.findall(r"^   \* - ``\{(\w+)\}``\n     - .+\n     - ``(.+)``$", guide, re.MULTILINE)

    assert dict(rows) == IN_THE_GUIDE
    assert set(IN_THE_GUIDE) == set(PLACEHOLDERS)
    assert f"``{DEFAULT_NAME}``" in guide
    examples = dict(re.findall(r"``\"(.+?)\"``[^`]*?\s``(\S+)\.html``", guide))
    assert examples
    assert {pattern: stem(pattern, IN_THE_GUIDE) for pattern in examples} == examples
