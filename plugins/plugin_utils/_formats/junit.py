# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit XML for build servers and test viewers: a suite is a host role, a case is a host. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from xml.etree import ElementTree

from .._facts.declared import contradictions
from .._result.gpo_types import Gpos
from .._result.types import Record, Report, RunHead
from .._verdict.status import UNREAD, Status
from .._wording import visible
from . import gpo_lines, gpo_plan_lines
from .display import accounts, names_by_sid, reason_of

# XML 1.0, production 2 (Char): everything else has no place in a document, escaped or not.
_NO_CHAR = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 20_000  # characters of a text in a case


def junit(report: Report) -> str:
    """Drift is a failure, what was not read an error, not_applicable is skipped, waived passes and says why.

    A host that shows the contrary of what is declared of it says so in its case.
    """
    run = report["run"]
    policy = report["policy"]["name"] if report["policy"] else run["action"]
    root = ElementTree.Element("testsuites", {"name": f"SeImpersonatePrivilege {run['action']}"})
    by_role = sorted(report["hosts"], key=lambda record: (_role(record), record["host"]))
    for role, records in itertools.groupby(by_role, _role):
        _suite(root, role, list(records), run, policy)
    _count(root, report["hosts"], skipped=False)
    if gpos := report.get("gpos"):
        _gpos(root, gpos, run)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: ElementTree.Element, role: str, records: Sequence[Record], run: RunHead, policy: str) -> ElementTree.Element:
    suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(role)})
    _count(suite, records)
    # The strict readers want a time without a zone, and a name; "localhost" is theirs for a controller that has none.
    suite.set("timestamp", _clean(run["started"].removesuffix("Z")))
    suite.set("hostname", _clean(run["awx"].get("execution_node") or "localhost"))
    for record in records:
        _case(suite, role, record, policy)
    return suite


def _case(suite: ElementTree.Element, role: str, record: Record, policy: str) -> None:
    where = (record["policy"] or policy).replace(".", "_")
    attributes = {"classname": f"{where}.{role}", "name": visible(record["host"]), "time": _seconds([record])}
    case = ElementTree.SubElement(suite, "testcase", {key: _clean(value) for key, value in attributes.items()})
    status = record["status"]
    if status == Status.DRIFT.value:
        _said(case, "failure", record, "\n".join(_differences(record)))
    elif status in UNREAD:
        error = record["error"]
        known = (
            {"category": error["category"], "message": error["message"], "call": error["call"], "status": error["status"]}
            if error
            else {}
        )
        _said(case, "error", record, "\n".join(f"{key}: {visible(words, 2_000)}" for key, words in known.items() if words))
    elif status == Status.NOT_APPLICABLE.value:
        ElementTree.SubElement(case, "skipped", {"message": _clean(visible(record["reason"]))})
    # Strict readers want what a case says behind its verdict.
    lines = [visible(note, 2_000) for note in contradictions(record["notes"])]
    if status == Status.WAIVED.value:
        lines = [*_waived(record), *lines]
    if lines:
        ElementTree.SubElement(case, "system-out").text = _clean("\n".join(lines))


def _gpos(root: ElementTree.Element, gpos: Gpos, run: RunHead) -> None:
    """A suite of Group Policy Objects: a case each; what is wrong with one is a failure, one that could not be read an error.

    A change has a case that passes and says what it means for hosts.
    """
    failed = [row for row in gpos["gpos"] if not row["compliant"]]
    errors = [(row["guid"], row["error"]) for row in gpos["unread"]]
    if not gpos["complete"] and not errors:
        errors = [("all GPOs", gpo_lines.NOT_ALL)]
    counts = {"tests": len(gpos["gpos"]) + len(errors) + len(gpos["changes"]), "failures": len(failed), "errors": len(errors)}
    head = {"name": "Group Policy Objects", **{key: str(count) for key, count in counts.items()}, "skipped": "0", "time": "0.000"}
    suite = ElementTree.SubElement(root, "testsuite", head)
    suite.set("timestamp", _clean(run["started"].removesuffix("Z")))
    suite.set("hostname", _clean(visible(gpos["controller"])))
    for key, count in counts.items():
        root.set(key, str(int(root.get(key, "0")) + count))
    where = _clean(f"{gpos['policy']}.gpo".replace(" ", "_"))
    for row in gpos["gpos"]:
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": where, "name": _clean(gpo_lines.name_of(row)), "time": "0.000"}
        )
        if not row["compliant"]:
            texts = [visible(finding["text"], 2_000) for finding in row["findings"]]
            ElementTree.SubElement(case, "failure", {"type": "gpo", "message": _clean(texts[0])}).text = _clean("\n".join(texts))
    for name, error in errors:
        case = ElementTree.SubElement(suite, "testcase", {"classname": where, "name": name, "time": "0.000"})
        ElementTree.SubElement(case, "error", {"type": "unread", "message": _clean(visible(error, 2_000))})
    for change in gpos["changes"]:
        name = f"change of {gpo_plan_lines.name_of(change)}"
        case = ElementTree.SubElement(suite, "testcase", {"classname": where, "name": _clean(name), "time": "0.000"})
        text = "\n".join([gpo_plan_lines.head(change), *gpo_plan_lines.impact_lines(change)])
        ElementTree.SubElement(case, "system-out").text = _clean(text)


def _said(case: ElementTree.Element, tag: str, record: Record, text: str) -> None:
    attributes = {"type": record["status"], "message": _clean(visible(reason_of(record)))}
    ElementTree.SubElement(case, tag, attributes).text = _clean(text)


def _differences(record: Record) -> Iterator[str]:
    """From what is asked to what is there: + should not be there, - is missing. Then who sets the right, and the plan."""
    names = names_by_sid(record)
    yield from (f"- {account}" for account in accounts(record["missing"], names))
    yield from (f"+ {account}" for account in accounts(record["unexpected"], names))
    for finding in record["findings"]:
        yield visible(f"{finding['rank']}: {finding['text']}" if finding["rank"] else finding["text"], 2_000)
        yield from ([f"  to do: {visible(finding['advice'], 2_000)}"] if finding["advice"] else [])
    if record["controller"]:
        yield f"controlled by {record['controller']['kind']}: {visible(record['controller']['why'] or '', 2_000)}"
    change = record["change"]
    if change:
        yield from (f"{change['outcome']}: {visible(line, 2_000)}" for line in change["changes"] or ())


def _waived(record: Record) -> Iterator[str]:
    waived, names = set(record["waived"]), names_by_sid(record)
    for holder in record["holders"]:
        if holder["sid"] in waived:
            (account,) = accounts([holder["sid"]], names)
            yield f"waived: {account}, {visible(holder['why'] or '', 2_000)}"


def _count(element: ElementTree.Element, records: Sequence[Record], skipped: bool = True) -> None:
    statuses = [record["status"] for record in records]
    element.set("tests", str(len(statuses)))
    element.set("failures", str(statuses.count(Status.DRIFT.value)))
    element.set("errors", str(sum(status in UNREAD for status in statuses)))
    if skipped:
        element.set("skipped", str(statuses.count(Status.NOT_APPLICABLE.value)))
    element.set("time", _seconds(records))


def _seconds(records: Sequence[Record]) -> str:
    """A decimal number, never with an exponent, which strict readers reject."""
    return f"{Decimal(sum(record['duration_ms'] or 0 for record in records)) / 1000:.3f}"


def _role(record: Record) -> str:
    return record["host_role"] or "unknown"


def _clean(text: str) -> str:
    cut = text if len(text) <= _MOST else text[: _MOST - 3] + "..."
    return _NO_CHAR.sub("\ufffd", cut)
