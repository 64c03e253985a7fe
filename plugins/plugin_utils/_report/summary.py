# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of a fleet, and the gate that turns them into the fate of the run. Pure."""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Sequence

from .._policy.verdict import Status
from .record import Record

UNREAD = (Status.UNREACHABLE.value, Status.ERROR.value, Status.NOT_CHECKED.value)
_WORDS = {
    "drift": ("drifts from the policy", "drift from the policy"),
    "unreachable": ("is unreachable", "are unreachable"),
    "error": ("could not be read or judged", "could not be read or judged"),
    "not_checked": ("was not checked", "were not checked"),
}


def summarise(records: Sequence[Record], fail_on: Iterable[str]) -> dict[str, t.Any]:
    """Counts by status and role, coverage, compliance, the unexpected accounts and the gate.

    Percentages are of all expected hosts, never of the assessed ones alone.
    """
    by_status = collections.Counter(record["status"] for record in records)
    by_role: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for record in records:
        by_role[record["host_role"] or "unknown"][record["status"]] += 1
    expected = len(records)
    unread = sum(by_status[status] for status in UNREAD)
    return {
        "expected": expected,
        "by_status": {status.value: by_status[status.value] for status in Status},
        "by_role": {role: dict(sorted(counts.items())) for role, counts in sorted(by_role.items())},
        "coverage_percent": _percent(expected - unread, expected),
        "compliance_percent": _percent(by_status[Status.COMPLIANT.value], expected),
        "unexpected_accounts": _unexpected(records),
        "gate": gate(by_status, fail_on),
    }


def gate(by_status: collections.Counter[str], fail_on: Iterable[str]) -> dict[str, t.Any]:
    """Whether the run may end well, and the reasons in words when it may not."""
    reasons = [
        f"{by_status[status]} {'host' if by_status[status] == 1 else 'hosts'} {_WORDS[status][by_status[status] != 1]}"
        for status in _WORDS
        if status in set(fail_on) and by_status[status]
    ]
    return {"passed": not reasons, "fail_on": sorted(fail_on), "reasons": reasons}


def verdict_sentence(summary: dict[str, t.Any]) -> str:
    """The fleet's verdict in one sentence, for the gate and for notifications."""
    counts = summary["by_status"]
    unread = sum(counts[status] for status in UNREAD)
    if not summary["expected"]:
        return "NOTHING AUDITED - the play had no hosts"
    head = "COMPLIANT" if not (counts["drift"] or unread) else "NOT COMPLIANT" if counts["drift"] else "NOT ASSESSED COMPLETELY"
    return f"{head} - {counts['drift']} of {summary['expected']} hosts drift, {unread} not assessed"


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _unexpected(records: Iterable[Record]) -> list[dict[str, t.Any]]:
    hosts: collections.Counter[str] = collections.Counter()
    names: dict[str, str | None] = {}
    for record in records:
        for finding in record["findings"]:
            if finding["kind"] != "missing":
                hosts[finding["sid"]] += 1
                names[finding["sid"]] = names.get(finding["sid"]) or finding["name"]
    return [
        {"sid": sid, "name": names[sid], "hosts": count}
        for sid, count in sorted(hosts.items(), key=lambda item: (-item[1], item[0]))
    ]
