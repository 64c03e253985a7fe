# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is filed: a finding says why and by which control of which edition, an exception can be found, a run can be told from others."""

from __future__ import annotations

import dataclasses

import pytest
from browser import samples

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.summary import _unexpected
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.waivers import exceptions_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats import sentences
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.csv import csv_accounts, csv_hosts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.display import system_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html import sections
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.html.page import html
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.junit import junit
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.terminal import terminal

STIG = {
    "title": "Microsoft Windows Server 2022 STIG",
    "publisher": "DISA",
    "version": "V2R8",
    "date": "2026-04-01",
    "url": None,
    "differs": None,
}
CONTROL = {"row": "r", "benchmark_id": "V-254503", "rule": "SV-254503r958726", "source": "check text", "document": STIG}
BERLIN, ROME = "VORDEFINIERT\\Benutzer", "BUILTIN\\Users"


def by_stig():
    report = samples.every_host(samples.drifting, 3)
    report["policy"] = {**report["policy"], "document": {}}
    for record in report["hosts"]:
        record["citation"] = CONTROL
    return report


@pytest.mark.parametrize("write", [csv_hosts, markdown, terminal, html], ids=lambda write: write.__name__)
def test_a_control_is_named_with_its_document_and_edition(write):
    """A number alone proves nothing: it moves from one edition to the next."""
    text = write(by_stig())

    assert "V-254503" in text
    assert "Microsoft Windows Server 2022 STIG, V2R8, 2026-04-01" in text


def test_a_document_is_counted_once_with_all_its_controls():
    report = by_stig()
    report["hosts"][0]["citation"] = {**CONTROL, "benchmark_id": "V-1", "rule": None}

    assert sentences.documents(report["policy"], report["hosts"]) == [
        "by Microsoft Windows Server 2022 STIG, V2R8, 2026-04-01, V-1, V-254503 SV-254503r958726: 3 hosts"
    ]


def test_what_is_to_be_done_says_why_and_by_which_control():
    (row, *_others) = sections.drift_rows(by_stig()["hosts"])

    assert all(account.why for account in row.unexpected)
    assert row.cited == ["V-254503 SV-254503r958726, Microsoft Windows Server 2022 STIG, V2R8, 2026-04-01"]


def test_the_summary_tells_the_run_and_its_policy_from_any_other():
    report = samples.sample(5)
    said = markdown(report)

    assert f"run id {report['run']['id']}" in said
    assert report["policy"]["sha256"] in said


@pytest.mark.parametrize("write", [csv_hosts, csv_accounts, markdown], ids=lambda write: write.__name__)
def test_words_of_a_library_are_told_by_what_they_mean(write):
    text = write(samples.every_host(samples.dead, 3))

    assert "nothing answers at the address and port of WinRM" in text
    assert "HTTPConnectionPool" not in text


def test_a_build_server_shows_the_meaning_and_keeps_the_words():
    text = junit(samples.every_host(samples.dead, 1))

    assert 'message="nothing answers at the address and port of WinRM: connection refused"' in text
    assert "HTTPConnectionPool" in text


def exception(account, state, **more):
    plain = {"account": account, "reason": "the shop", "owner": "Web", "ticket": None, "approved_by": None, "expires": None}
    plain |= {"hosts": [], "groups": [], "host_roles": [], "features": [], **more}
    return {**plain, "sid": "S-1-5-21-1-2-3-9", "state": state}


def test_exceptions_that_need_attention_come_first():
    states = ["used", "unused", "unknown", "not_foreseen", "too_wide", "expired"]
    record = {"host": "a", "unexpected": [], "exceptions": [exception(f"a{place}", state) for place, state in enumerate(states)]}

    rows = exceptions_of([record], [], {}, samples.STARTED.date())

    assert [row["state"] for row in rows] == states[::-1]


def test_an_exception_is_told_with_its_ticket_before_its_reason():
    """The reason may be long, and is what a narrow screen cuts."""
    used = {**exception("CORP\\svc", "expired", ticket="CHG-1", expires="2026-01-31"), "used_by": [], "wanted_by": ["a"]}

    assert sentences.exceptions([used], "2026-02-01T00:00:00Z")[1] == (
        "expired: CORP\\svc on a (owner Web, ticket CHG-1, until 2026-01-31), the shop"
    )


@pytest.mark.parametrize(
    ("state", "meant_for", "said"),
    [
        pytest.param("unused", 0, "unused, meant for no host of this report: CORP\\svc", id="for no host"),
        pytest.param("unused", 2, "unused: CORP\\svc", id="for hosts that do not need it"),
        pytest.param("unknown", 0, "unknown: CORP\\svc", id="hosts were left out"),
        pytest.param("unused", None, "unused: CORP\\svc", id="of an earlier release"),
    ],
)
def test_an_exception_that_is_meant_for_no_host_is_said_to_be_so(state, meant_for, said):
    used = {**exception("CORP\\svc", state), "used_by": [], "wanted_by": [], "meant_for": meant_for}

    assert sentences.exceptions([used], "2026-02-01T00:00:00Z")[1].startswith(f"{said} (owner")


@pytest.mark.parametrize("names", [(BERLIN, ROME), (ROME, BERLIN)], ids=["German first", "English first"])
def test_the_language_of_the_first_host_names_no_account_of_the_fleet(names):
    findings = [{"kind": "unexpected", "sid": "S-1-5-32-545", "name": name} for name in names]
    records = [{"host": finding["name"], "holders": [], "findings": [finding]} for finding in findings]

    assert _unexpected(records) == [{"sid": "S-1-5-32-545", "name": ROME, "kind": "unknown", "hosts": 2}]


@pytest.mark.parametrize(
    ("caption", "build", "shown"),
    [
        pytest.param("Windows 10 Enterprise", 22631, "Windows 11 Enterprise build 22631", id="Windows 11"),
        pytest.param(
            "Windows 10 Enterprise multi-session", 26100, "Windows 11 Enterprise multi-session build 26100", id="multi-session"
        ),
        pytest.param("Windows 10 Enterprise", 19045, "Windows 10 Enterprise build 19045", id="Windows 10"),
        pytest.param("Windows Server 2025 Standard", 26100, "Windows Server 2025 Standard build 26100", id="a server"),
        pytest.param("Windows 10 Enterprise", None, "Windows 10 Enterprise", id="a build that was not read"),
        pytest.param(None, 22631, "build 22631", id="no caption"),
    ],
)
def test_a_host_is_shown_as_the_windows_it_is_judged_as(caption, build, shown):
    """Judged by the rule for Windows 11 and shown as Windows 10, a finding could not be defended."""
    assert system_of({"windows": {"caption": caption, "display_version": None, "build": build}}) == shown


def test_the_appendix_names_each_control_once_with_its_edition():
    report = by_stig()
    control = {"framework": STIG["title"], "id": "V-254503 SV-254503r958726"}
    report["policy"]["documents"] = {"server_2022": STIG}
    report["policy"]["references"] = [{**control, "title": f"operating_systems.server_2022.{role}"} for role in ("a", "b")]

    assert (
        html(report).count(
            "<li><bdi>DISA, Microsoft Windows Server 2022 STIG, V2R8, 2026-04-01: V-254503 SV-254503r958726</bdi></li>"
        )
        == 1
    )


def test_without_room_an_account_is_named_and_its_reasons_are_left_out():
    rows = sections.drift_rows(by_stig()["hosts"])

    assert any(account.why for row in rows for account in row.unexpected)
    assert [account for row in sections.within(rows, 0) for account in row.unexpected if account.why] == []
    assert [row.unexpected[0].text for row in sections.within(rows, 0)] == [row.unexpected[0].text for row in rows]


def test_reasons_that_are_left_out_take_no_room():
    (row, *_more) = sections.drift_rows(by_stig()["hosts"])
    accounts = [sections.Account("a", "", ("x" * 100,)), sections.Account("b", "", ("y",))]

    (shown,) = sections.within([dataclasses.replace(row, advice=[], unexpected=accounts, missing=[], plan=[])], 150)

    assert [account.why for account in shown.unexpected] == [(), ("y",)]
