# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of tables."""

from __future__ import annotations

import re

import docutils.core
import docutils.nodes
import policy_tables
import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.policy_page import page, screen
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy


def read(text):
    """The page as a reader of reStructuredText sees it: title of each section -> tables of rows of cells, and its list items."""
    settings = {"halt_level": 2, "report_level": 2, "file_insertion_enabled": False}
    document = docutils.core.publish_doctree(text, settings_overrides=settings)
    sections = {}
    for section in document.findall(docutils.nodes.section):
        tables = [
            [[entry.astext().replace("\n", " ") for entry in row.findall(docutils.nodes.entry)] for row in table.findall(docutils.nodes.row)]
            for table in section.children if isinstance(table, docutils.nodes.table)
        ]  # fmt: skip
        items = [item.astext().replace("\n", " ") for part in section.children for item in part.findall(docutils.nodes.list_item)]
        sections[section[0].astext()] = (tables, items)
    return sections


@pytest.fixture(scope="module")
def sections(shipped):
    return read(page(list(shipped.values())))


def test_the_docs_page_is_made_from_the_data():
    assert policy_tables.PAGE.read_text(encoding="utf-8") == policy_tables.text(), "run make policies"


def test_the_six_rows_of_microsofts_page_come_first_as_printed_and_corrected(sections):
    (table,), _unused = next(iter(sections.values()))
    three, four = "Administrators, LOCAL SERVICE, NETWORK SERVICE", "Administrators, LOCAL SERVICE, NETWORK SERVICE, SERVICE"

    assert [row[:3] for row in table] == [
        ["server type or GPO", "as printed", "corrected"],
        ["Default Domain Policy", "not defined", "not defined"],
        ["Default Domain Controllers Policy", three, "not defined"],
        ["Stand-Alone Server Default Settings", three, four],
        ["Domain Controller Effective Default Settings", three, four],
        ["Member Server Effective Default Settings", three, four],
        ["Client Computer Effective Default Settings", three, four],
    ]
    assert all(row[3] for row in table)


@pytest.mark.parametrize(
    ("title", "row"),
    [
        ("cis: CIS benchmarks, the recommendation about the right",
         ["on domain controllers with Windows Server 2016", "required: Administrators, LOCAL SERVICE, NETWORK SERVICE, SERVICE",
          "2.2.32 (DC only), CIS Microsoft Windows Server 2016 Benchmark (version 4.0.0), recommended state"]),
        ("stig: DISA Security Technical Implementation Guides, the rule about the right",
         ["on clients with Windows 10",
          "permitted: Administrators, LOCAL SERVICE, NETWORK SERVICE, SERVICE  exceptions: the rule has no words about exceptions",
          "V-220975, SV-220975r1138519, Microsoft Windows 10 STIG (V3R6, 2026-01-05), check text of WN10-UR-000110"]),
        ("microsoft: Microsoft's defaults of the right, per host role",
         ["where the host has SQL Server Integration Services", "permitted: the service SIDs of services called MsDtsServer",
          "Configure Windows service accounts and permissions, SQL Server documentation"]),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)  # fmt: skip
def test_every_row_stands_there_with_number_and_source(sections, title, row):
    assert row in sections[title][0][0]


def test_every_difference_between_the_policies_is_named(sections):
    (table,), editions = sections["Where the policies differ"]
    said = {row[0]: row[1:] for row in table}

    finding = "not named: a finding"
    assert said["IIS_IUSRS"] == [
        "required where the host has IIS",
        "required on member servers and stand-alone servers where the host has IIS; permitted on clients where the host has IIS",
        finding,
    ]  # fmt: skip
    assert said["RESTRICTED SERVICES\\PrintSpoolerService"] == [
        "default from build 26100",
        "required on domain controllers and member servers with Windows Server 2025; required on clients with Windows 11 from build 26100",
        "permitted on clients with Windows 11",
    ]
    assert said["SYSTEM"] == ["permitted on every host", finding, finding]
    assert said["IUSR"] == ["permitted where the host has IIS", finding, finding]
    assert said["SERVICE"][1:] == ["required on every host of the policy", "permitted on every host of the policy"]
    for words in ("Windows Server 2025 Benchmark (version 2.1.0): version 1.0.0", "(2602): the baselines before them", "OSConfig"):
        assert any(words in edition for edition in editions), words


def test_hosts_without_a_row_are_named(shipped):
    text = " ".join(page([shipped["cis"]]).split())

    assert "No row, so that the policy does not apply: on stand-alone servers with Windows Server 2016." in text
    assert "No row" not in page([shipped["stig"], shipped["microsoft"]])


def test_a_host_role_stands_alone_where_all_its_releases_say_the_same():
    rows = {
        "member_server": {"required": ["users", "service"], "source": "s"},
        "client": {"required": ["guests", "service"], "source": "s"},
    }
    policy = load_policy({"name": "own", "title": "Own", "compare": "exact", "host_roles": rows})

    (table,), _unused = read(page([policy, policy]))["Where the policies differ"]

    said = {row[0]: row[1] for row in table}
    assert said["Users"] == "required on member servers"
    assert said["Guests"] == "required on clients"
    assert said["SERVICE"] == "required on every host of the policy"


def test_one_policy_alone_and_texts_with_markup(shipped):
    data = {
        "name": "own", "title": "Ours_ *and* `more` | \\", "compare": "at_most",
        "host_roles": {"client": {"permitted": ["CORP\\svc_*"], "source": "a_ | b"}},
        "features": {"iis": {"permitted": ["iusr"], "source": "s", "from": 100, "to": 200, "operating_systems": ["windows_10", "windows_11"]}},
    }  # fmt: skip

    sections = read(page([load_policy(data)]))

    ((title, (tables, _items)),) = ((title, its) for title, its in sections.items() if title.startswith("own"))
    assert title == "own: Ours_ *and* `more` | \\"
    assert tables[0][1:] == [
        ["on clients", "permitted: CORP\\svc_*", "a_ | b"],
        ["with Windows 10 and Windows 11 from build 100 to build 200 where the host has IIS", "permitted: IUSR", "s"],
    ]


OWN = {
    "name": "own", "title": "Ours_ *and* `more` | \\ " + "long " * 40, "compare": "at_most",
    "host_roles": {"client": {"permitted": ["CORP\\svc_*", ".\\a"], "source": "a_ | b", "note": "bell\x07 and \u202e"}},
}  # fmt: skip


def test_a_terminal_has_no_markup_and_a_screen_of_100_columns(shipped):
    text = screen([*shipped.values(), load_policy(OWN)])

    assert max(map(len, text.splitlines())) <= 100
    assert not [mark for mark in ("\\\\", "``", "\\*", "\\_", "*required*") if mark in text]
    assert all(line.isprintable() for line in text.splitlines())
    assert "CORP\\svc_*" in text
    assert "bell\\x07" in text


def test_a_terminal_says_what_the_page_says(shipped):
    """Every word of the one is in the other, whatever the lines and the columns."""

    def words(text):
        return sorted(set(re.findall(r"[A-Za-z0-9][A-Za-z0-9.-]{3,}", re.sub(r"\\\\(?=[*_`|\\\\])", "", text))))

    policies = list(shipped.values())
    missing = set(words(page(policies))) - set(words(screen(policies)))

    assert {word for word in missing if not any(word.startswith(part) for part in words(screen(policies)))} == set()
