# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The printed summary: what others named stays text in it, and it stays short."""

from __future__ import annotations

import re

import pytest
from browser import samples
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.markdown import _cell, markdown

IMAGE, LINK = "![x](https://evil/p.png)", "[click](https://evil/)"
HOSTILE = [
    IMAGE,
    LINK,
    "`code`",
    "**bold**",
    "_it_ __is__",
    "~~gone~~",
    "a|b",
    "a\\|b",
    "<b>",
    "&lt;b&gt;",
    "\\",
    "a\nb",
    "\x00",
    "\u202e",
]


def live(text):
    """What a Markdown reader would take for markup: characters that are neither escaped nor without a meaning where they stand."""
    rest = re.sub(r"\\[!-/:-@\[-`{-~]|&(?:lt|amp);|(?<=[^\W_])_(?=[^\W_])", " ", text)
    return set(rest) & set("`*_[]<|&~#!")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_foreign_text_is_no_markup(text):
    assert live(_cell(text)) == set()
    assert not _cell(text).endswith("\\") or _cell(text).endswith("\\\\")


@given(st.text(max_size=80) | st.text(alphabet="\\`*_[]()<>!|&#~ab \u202e\x00", max_size=20))
def test_no_text_is_markup(text):
    shown = _cell(text)

    assert live(shown) == set()
    assert shown.isprintable()
    assert (len(shown) - len(shown.rstrip("\\"))) % 2 == 0


@pytest.mark.parametrize("name", ["CORP\\svc-shop", "BUILTIN\\IIS_IUSRS (S-1-5-32-568)", "it's (here)"])
def test_an_ordinary_name_reads_as_it_is(name):
    assert _cell(name) == name


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_every_name_in_a_summary_goes_through_it(text):
    """In each place of the report in turn."""
    hostile = f"{text}{IMAGE}"
    report = samples.sample(30)
    for record in report["hosts"][:3]:
        record.update(host=f"h{hostile}", reason=hostile, policy=hostile)
    report["policy"].update(name=hostile, title=hostile, version=hostile, document={"title": hostile, "publisher": hostile})
    report["notes"] = [hostile]
    report["scope"]["source"] = hostile
    report["generator"]["version"] = hostile
    report["summary"]["controlling_gpos"] = [{"name": hostile, "guid": None, "hosts": 1}]
    report["summary"]["exceptions"][0].update(account=hostile, reason=hostile, owner=hostile, wanted_by=[hostile])
    report["summary"]["gate"]["reasons"] = [hostile]
    said = markdown(report)

    assert said.count("https://evil/p.png") >= 12
    assert "![" not in said
    assert "](" not in said.replace("\\](", "")
    columns = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in said.splitlines() if line.startswith("|")]
    assert set(columns) == {5}


@pytest.mark.parametrize(
    ("notes", "documents", "exceptions"), [(0, 0, 0), (1, 1, 1), (3, 6, 4), (9, 20, 30)], ids=["nothing", "a little", "some", "all"]
)
def test_a_summary_has_forty_lines_at_most(notes, documents, exceptions):
    report = samples.sample(400, action="enforce")
    report["notes"] = [f"note {number}" for number in range(notes)]
    for place, record in enumerate(report["hosts"]):
        document = {"title": f"book {place % documents}", "version": None, "date": None} if documents else None
        record["citation"] = {"benchmark_id": None, "rule": None, "row": "r", "source": "s", "document": document}
    report["policy"]["document"] = {}
    one = report["summary"]["exceptions"][0]
    report["summary"]["exceptions"] = [{**one, "state": "expired", "account": f"a{number}"} for number in range(exceptions)]
    lines = markdown(report).splitlines()
    rows = [line for line in lines if line.startswith("| ")]

    assert len(lines) <= 40
    assert len(rows) >= 4
    assert (len(rows) == 25) is (len(lines) < 40)  # as many as there is room for
    assert "more hosts in the JSON report" in markdown(report)


def test_what_limits_the_numbers_stands_before_them():
    report = samples.sample(5)
    report["notes"] = ["the run was limited to 'web*'"]
    report["scope"]["source"] = "group servers"
    lines = markdown(report).splitlines()

    assert lines[4].startswith("> **Note:** the run was limited to 'web\\*'")
    assert lines[5] == ""
    assert "- hosts: 5 expected (those of the run or runs and of group servers):" in markdown(report)
    assert "release 0.1.0" in markdown(report)
