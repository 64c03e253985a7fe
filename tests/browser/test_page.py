# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report as a reader meets it."""

from __future__ import annotations

import base64
import csv
import importlib
import io
import json
import re
import time

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.csv import HOSTS, csv_hosts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.display import gpo_of

from .conftest import look
from .samples import HOSTILE


def open_page(browser, pages, name="fleet", state=""):
    uri, report = pages[name]
    browser.get("about:blank")
    browser.get(uri + state)
    return report


def text(browser, selector):
    """What a reader sees of an element: nothing of what is folded away."""
    return browser.execute_script("return document.querySelector(arguments[0]).innerText", selector)


def column(browser, number):
    """Texts of a column of the table of all hosts, when all of it is drawn."""
    wait(browser, "document.querySelector('#rows').getAttribute('aria-busy') === 'false'")
    script = (
        "return [...document.querySelectorAll('#rows > tr:not(.more)')].map(row => row.children[arguments[0]].innerText.trim())"
    )
    return browser.execute_script(script, number)


def choose(browser, name, value):
    script = "const it = document.getElementById(arguments[0]); it.value = arguments[1]; it.dispatchEvent(new Event('change'))"
    browser.execute_script(script, f"f-{name}", value)


def click(browser, selector):
    browser.find_element("css selector", selector).click()


def tries():
    """Again and again, for as long as a busy machine may need."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        yield
        time.sleep(0.02)


def wait(browser, condition, *arguments):
    for _try in tries():
        if browser.execute_script(f"return {condition}", *arguments):
            return
    raise AssertionError(condition)


def type_text(browser, words):
    browser.find_element("css selector", "#f-q").send_keys(words)
    wait(browser, "location.hash.includes('q=') && !document.querySelector('#count').innerText.startsWith('450 hosts')")


def errors(browser):
    return [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]


def requests(browser):
    """Addresses that the page asked for, itself apart."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    return [
        url
        for url in asked
        if not url.startswith(("file:///", "data:,", "about:")) or (".html" not in url and url.startswith("file:"))
    ]


@pytest.mark.parametrize("name", ["fleet", "hostile", "enforced", "dead"])
def test_a_page_is_quiet_and_asks_for_nothing(browser, pages, name):
    open_page(browser, pages, name)

    assert errors(browser) == []
    assert requests(browser) == []
    assert (
        browser.execute_script(
            "return performance.getEntriesByType('resource').filter(one => !one.name.startsWith('data:')).length"
        )
        == 0
    )


def test_the_security_policy_stops_what_is_put_in_later(browser, pages):
    open_page(browser, pages)
    expected = {"script-src-elem", "style-src-elem", "img-src", "frame-src", "connect-src"}
    stopped = browser.execute_async_script(
        """
        const [expected, done] = arguments, stopped = [];
        const tell = () => done({stopped, owned: window.owned || 0, shown: getComputedStyle(document.body).display});
        document.addEventListener('securitypolicyviolation', event => {
            stopped.push(event.effectiveDirective);
            if (expected.every(one => stopped.includes(one))) tell();
        });
        setTimeout(tell, 10000);
        const script = document.createElement('script'); script.textContent = 'window.owned = 1'; document.body.append(script);
        const style = document.createElement('style'); style.textContent = 'body { display: none }'; document.head.append(style);
        const image = document.createElement('img'); image.src = 'https://example.invalid/x.png'; document.body.append(image);
        const frame = document.createElement('iframe'); frame.src = 'https://example.invalid/'; document.body.append(frame);
        fetch('https://example.invalid/').catch(() => 0);
        """,
        sorted(expected),
    )

    assert expected <= set(stopped["stopped"])
    assert (stopped["owned"], stopped["shown"]) == (0, "block")


@pytest.mark.parametrize("name", ["fleet", "hostile", "enforced", "dead"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_no_violation(browser, pages, axe, name, width, scheme):
    look(browser, width, scheme)
    open_page(browser, pages, name)
    click(browser, "#rows button")
    browser.execute_script(axe)
    result = browser.execute_async_script("axe.run({resultTypes: ['violations']}).then(arguments[0])")

    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in result["violations"]] == []


@pytest.mark.parametrize("name", ["fleet", "hostile", "enforced", "dead"])
def test_a_narrow_page_does_not_scroll_sideways(browser, pages, name):
    look(browser, 390)
    open_page(browser, pages, name)

    assert browser.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_a_text_filters_hosts_accounts_and_errors(browser, pages):
    report = open_page(browser, pages)
    type_text(browser, "SVC-SHOP")
    expected = [
        record["host"] for record in report["hosts"] if any("svc-shop" in str(holder["name"]) for holder in record["holders"])
    ]

    assert expected
    assert column(browser, 0) == expected
    assert text(browser, "#count") == f"{len(expected)} of 450 hosts"
    click(browser, "#clear")
    wait(browser, "document.querySelector('#count').innerText === '450 hosts'")
    type_text(browser, "connection refused")
    assert set(column(browser, 1)) == {"∅unreachable"}


def test_choices_filter_together(browser, pages):
    report = open_page(browser, pages)
    choose(browser, "status", "drift")
    choose(browser, "role", "member_server")
    expected = [one["host"] for one in report["hosts"] if (one["status"], one["host_role"]) == ("drift", "member_server")]

    assert column(browser, 0) == expected
    assert browser.execute_script("return location.hash") == "#status=drift&role=member_server"


def test_the_state_comes_back_from_the_address(browser, pages):
    report = open_page(browser, pages, state="#status=drift&sort=host&down=1&q=corp")
    drifting = [record["host"] for record in report["hosts"] if record["status"] == "drift"]

    assert column(browser, 0) == drifting[::-1]
    assert browser.execute_script(
        "return [...document.querySelectorAll('#filters input, #filters select')].map(one => one.value)"
    ) == ["corp", "drift", "", "", "", ""]
    browser.refresh()
    assert column(browser, 0) == drifting[::-1]


@pytest.mark.parametrize(
    "state", ["#sort=constructor", "#status=nonsense", "#page=-5", "#page=1e9", "#q=%00%ff", "#=", "#__proto__=1"]
)
def test_a_spoilt_address_does_no_harm(browser, pages, state):
    open_page(browser, pages, state=state)

    assert errors(browser) == []
    assert text(browser, "#page").startswith("Page ")


@pytest.mark.parametrize("name", ["fleet", "hostile", "enforced"])
@pytest.mark.parametrize("section", ["who", "drift", "exceptions"])
def test_a_table_of_cards_does_not_scroll_sideways(browser, pages, name, section):
    look(browser, 390)
    open_page(browser, pages, name)
    boxes = browser.execute_script(
        """return [...document.querySelectorAll(`#${arguments[0]} .scroll:has(> .stack)`)]
            .map(box => [box.scrollWidth, box.clientWidth])""",
        section,
    )

    assert boxes or section not in text(browser, "nav.contents")
    assert [wide for wide, room in boxes if wide > room] == []


def test_a_card_names_what_the_headings_name(browser, pages):
    look(browser, 390)
    open_page(browser, pages)
    labels = browser.execute_script(
        """return [...document.querySelectorAll('#drift .stack tbody td[data-h]')]
            .map(cell => getComputedStyle(cell, '::before').content)"""
    )

    assert {'"Rank: "', '"Finding: "', '"What to do: "', '"Known: "'} <= set(labels)
    look(browser)
    shown = "return getComputedStyle(document.querySelector('#drift .stack td[data-h]'), '::before').content"
    assert browser.execute_script(shown) == "none"


def test_a_rank_leads_to_its_hosts(browser, pages):
    report = open_page(browser, pages)
    click(browser, "a[href='#rank=critical']")
    wait(browser, "document.querySelector('#count').innerText.includes(' of ')")

    grave = [one["host"] for one in report["hosts"] if any(finding["rank"] == "critical" for finding in one["findings"])]
    assert grave
    assert column(browser, 0) == grave


def test_drift_is_sorted_by_rank(browser, pages):
    open_page(browser, pages, state="#status=drift&sort=status")
    ranks = [words.split("\n")[-1] for words in column(browser, 1)]

    assert len(set(ranks)) > 1
    assert ranks == sorted(ranks, key=["critical", "high", "medium", "low"].index)


def test_the_line_of_the_trend_fits_its_chart(browser, pages):
    open_page(browser, pages)
    for width in (1280, 390):
        look(browser, width)
        outside = browser.execute_script("""
            const box = document.querySelector('.chart-trend').getBoundingClientRect();
            return [...document.querySelectorAll('.chart-trend :is(line, circle, text)')].map(one => one.getBoundingClientRect())
                .filter(one => one.left < box.left - 1 || one.right > box.right + 1 || one.bottom > box.bottom + 1).length;
        """)
        assert outside == 0


def test_the_words_of_a_host_that_was_not_read_are_folded_away(browser, pages):
    open_page(browser, pages, "dead")

    assert "HTTPConnectionPool" not in text(browser, "#unread")
    click(browser, "#unread summary")
    assert "HTTPConnectionPool" in text(browser, "#unread")


def test_a_status_leads_to_its_hosts(browser, pages):
    report = open_page(browser, pages)
    click(browser, "a[href='#status=waived']")
    wait(browser, "document.querySelector('#count').innerText.includes(' of ')")

    assert column(browser, 0) == [record["host"] for record in report["hosts"] if record["status"] == "waived"]


@pytest.mark.parametrize(("key", "number"), [("host", 0), ("status", 1), ("role", 2), ("system", 3), ("controller", 5), ("at", 6)])
def test_a_heading_sorts_and_says_so(browser, pages, key, number):
    open_page(browser, pages)
    if key == "host":
        click(browser, "[data-sort='status']")
    click(browser, f"[data-sort='{key}']")
    up = column(browser, number)

    assert (
        browser.execute_script("return document.querySelector('#hosts [aria-sort]').innerText.trim()")
        == text(browser, f"[data-sort='{key}']").strip()
    )
    assert browser.execute_script("return document.querySelectorAll('#hosts [aria-sort=ascending]').length") == 1
    if key != "status":  # which goes by urgency
        known = [one for one in up if one not in ("–", "")]
        assert known == sorted(known)
    else:
        assert up[0] == "✕drift\ncritical"
    click(browser, f"[data-sort='{key}']")
    assert browser.execute_script("return document.querySelectorAll('#hosts [aria-sort=descending]').length") == 1


def test_pages_turn(browser, pages):
    report = open_page(browser, pages)
    hosts = [record["host"] for record in report["hosts"]]

    assert column(browser, 0) == hosts[:200]
    click(browser, "#next")
    click(browser, "#next")
    assert column(browser, 0) == hosts[400:]
    assert (text(browser, "#page"), browser.execute_script("return location.hash")) == ("Page 3 of 3", "#page=3")
    assert browser.execute_script("return document.querySelector('#next').disabled")
    choose(browser, "status", "drift")
    assert text(browser, "#page") == "Page 1 of 1"


def test_a_host_of_a_change_of_a_gpo_leads_to_its_row_and_that_to_the_gpo(browser, pages):
    report = open_page(browser, pages)
    (change,) = report["gpos"]["changes"]
    host = next(one["host"] for one in change["impact"] if one["drifts"])

    click(browser, f'#gpos a[href="#q={host}"]')
    wait(browser, "!document.querySelector('#count').innerText.startsWith('450 hosts')")
    assert host in column(browser, 0)
    place = column(browser, 0).index(host)
    link = browser.find_elements("css selector", "#rows > tr")[place].find_element("css selector", "a")
    assert link.get_attribute("href").endswith(f"#gpo-{change['guid'].upper()}") or change["guid"] in link.get_attribute("href")
    link.click()

    assert browser.execute_script("return document.querySelector(':target').innerText").startswith(change["name"])


def test_a_host_shows_its_holders(browser, pages):
    report = open_page(browser, pages, state="#status=waived")
    click(browser, "#rows button")
    first = next(record for record in report["hosts"] if record["status"] == "waived")

    shown = text(browser, "#rows .more")
    assert f"Holders of the right: {len(first['holders'])}" in shown
    assert all(holder["sid"] in shown for holder in first["holders"])
    click(browser, "#rows button")
    assert browser.execute_script("return document.querySelectorAll('#rows .more').length") == 0


def downloaded(browser):
    click(browser, "#download")
    for _try in tries():
        files = [file for file in browser.downloads.iterdir() if file.suffix == ".csv"]
        if files:
            raw = files[0].read_bytes()
            assert raw.startswith(b"\xef\xbb\xbf")
            assert raw.endswith(b"\r\n")
            return files[0].name, list(csv.DictReader(raw.decode("utf-8-sig").splitlines(keepends=True), strict=True))
    raise AssertionError("no file came")


def test_the_filtered_hosts_are_downloaded_as_csv(browser, pages):
    report = open_page(browser, pages, state="#status=drift")
    name, rows = downloaded(browser)
    expected = [record for record in report["hosts"] if record["status"] == "drift"]

    assert name == "impersonate-audit-20260131T081500Z-5014ea-filtered.csv"
    assert [row["host"] for row in rows] == [record["host"] for record in expected]
    for row, record in zip(rows, expected, strict=True):
        assert row["checked_at"] == record["checked_at"]
        assert row["duration_ms"] == str(record["duration_ms"])
        assert all(sid in row["unexpected"] for sid in record["unexpected"])
        assert row["controller"] == record["controller"]["kind"]
        assert row["gpo"] == gpo_of(record)


@pytest.mark.parametrize("name", ["fleet", "hostile", "enforced", "dead"])
def test_the_whole_download_is_the_csv_file_beside_the_page(browser, pages, name):
    report = open_page(browser, pages, name)
    file = list(csv.DictReader(io.StringIO(csv_hosts(report)[1:], newline=""), strict=True))
    _name, rows = downloaded(browser)

    assert list(rows[0]) == list(HOSTS)
    assert rows == file


def test_no_cell_of_the_csv_begins_like_a_formula(browser, pages):
    open_page(browser, pages, "hostile")
    _name, rows = downloaded(browser)

    assert len(rows) == 2 * len(HOSTILE)
    assert not [cell for row in rows for cell in row.values() if re.search(r'(^|[;,"])\s*[=+\-@\uff1d\uff0b\uff0d\uff20]', cell)]
    assert "'=cmd()|' /C calc'!A0" in {row["host"] for row in rows}


def test_hostile_names_do_no_harm(browser, pages):
    open_page(browser, pages, "hostile")
    column(browser, 0)
    for button in browser.find_elements("css selector", "#rows button"):
        button.click()

    assert "owned" not in browser.title
    assert (
        browser.execute_script("return document.querySelectorAll('main img, main script, main iframe, svg:not([role=img])').length")
        == 0
    )
    assert HOSTILE[0] in column(browser, 0)
    assert errors(browser) == []


def test_keys_are_enough(browser, pages):
    keys = importlib.import_module("selenium.webdriver").Keys
    open_page(browser, pages)
    active = browser.switch_to.active_element
    active.send_keys(keys.TAB)

    assert browser.switch_to.active_element.text == "Skip to the report"
    browser.execute_script("document.querySelector('[data-sort=status]').focus()")
    browser.switch_to.active_element.send_keys(keys.ENTER)
    assert column(browser, 1)[0] == "✕drift\ncritical"
    browser.execute_script("document.querySelector('#rows button').focus()")
    browser.switch_to.active_element.send_keys(keys.SPACE)
    assert "Holders of the right" in text(browser, "#rows .more")
    outline = browser.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_without_a_script_everything_but_the_table_is_there(browser, pages):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    report = open_page(browser, pages)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    page = browser.find_element("css selector", "body").text

    assert "NOT COMPLIANT" in page
    assert "This table needs JavaScript" in page
    assert "the JSON file of the report" in page
    assert "Download CSV" not in page
    assert all(record["host"] in page for record in report["hosts"] if record["status"] == "unreachable")


def test_with_a_script_nobody_is_told_to_switch_it_on(browser, pages):
    open_page(browser, pages)

    assert "needs JavaScript" not in text(browser, "#all")


def test_a_name_breaks_behind_its_domain_and_not_within_a_word(browser, pages):
    look(browser, 390)
    open_page(browser, pages)
    lines = browser.execute_script("""
        const name = [...document.querySelectorAll('#who th.account bdi')].find(one => one.innerText === 'BUILTIN\\\\Administrators');
        return [...name.childNodes].filter(one => one.nodeType === 3).map(one => {
            const range = document.createRange(); range.selectNodeContents(one);
            return new Set([...range.getClientRects()].map(box => box.top)).size;
        });
    """)

    assert lines == [1, 1]


def test_paper_has_everything_but_the_table(browser, pages):
    report = open_page(browser, pages, "fleet")
    look(browser, media="print")
    page = browser.execute_script("return document.body.innerText")

    assert "The table of all hosts is not printed" in page
    assert "Download CSV" not in page
    assert "needs JavaScript" not in page
    assert f"SHA-256 {report['policy']['sha256']}" in page  # in the appendix
    waived = [record["host"] for record in report["hosts"] if record["waived"]]
    shown = browser.execute_script(
        "return [...document.querySelectorAll('details')].every(one => one.lastChild.parentElement.checkVisibility()"
        " && one.getBoundingClientRect().height > one.firstElementChild.getBoundingClientRect().height)"
    )
    assert shown
    assert waived[-1] in page
    options = {"preferCSSPageSize": True, "printBackground": True}
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", options)["data"])
    assert pdf.startswith(b"%PDF")
