# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of a fleet, and the gate that turns them into the fate of the run. Pure."""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from .._policy.verdict import Status
from .record import Record

UNREAD = (Status.UNREACHABLE.value, Status.ERROR.value, Status.NOT_CHECKED.value)
_WORDS = {
    "drift": ("drifts from the policy", "drift from the policy"),
    "unreachable": ("is unreachable", "are unreachable"),
    "error": ("could not be read or judged", "could not be read or judged"),
    "not_checked": ("was not checked", "were not checked"),
    "not_applicable": ("has no row in the policy", "have no row in the policy"),
}
_JUDGED = (Status.COMPLIANT.value, Status.DRIFT.value, Status.WAIVED.value)


def summarise(
    records: Sequence[Record], fail_on: Iterable[str], exceptions: Iterable[Mapping[str, t.Any]] = ()
) -> dict[str, t.Any]:
    """Counts by status and role, coverage, compliance, the unexpected accounts, the exceptions (see exceptions_of) and the gate.

    Percentages are of all expected hosts, never of the assessed ones alone.
    """
    by_status = collections.Counter(record["status"] for record in records)
    by_role: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for record in records:
        by_role[record["host_role"] or "unknown"][record["status"]] += 1
    expected = len(records)
    unread = sum(by_status[status] for status in UNREAD)
    changes = collections.Counter(record["change"]["outcome"] for record in records if record["change"])
    return {
        "expected": expected,
        "by_outcome": dict(sorted(changes.items())),
        "by_status": {status.value: by_status[status.value] for status in Status},
        "by_role": {role: dict(sorted(counts.items())) for role, counts in sorted(by_role.items())},
        "coverage_percent": _percent(expected - unread, expected),
        "compliance_percent": _percent(by_status[Status.COMPLIANT.value], expected),
        "unexpected_accounts": _unexpected(records),
        "exceptions": [dict(one) for one in exceptions],
        "gate": gate(records, fail_on),
    }


def gate(records: Sequence[Record], fail_on: Iterable[str]) -> dict[str, t.Any]:
    """Whether the run may end well, and the reasons in words when it may not.

    A planned change counts as it would end. A run that judged no host at all does not pass.
    """
    counts = collections.Counter(_at_the_end(record) for record in records)
    reasons = [
        f"{counts[status]} {'host' if counts[status] == 1 else 'hosts'} {_WORDS[status][counts[status] != 1]}"
        for status in _WORDS
        if status in set(fail_on) and counts[status]
    ]
    idle = sum(bool(record["change"]) and record["change"]["outcome"] == "nothing_to_restore" for record in records)
    if not reasons and records and counts[Status.NOT_APPLICABLE.value] == len(records):
        reasons = ["no host had anything to restore" if idle else "no host was judged: the policy has a row for none of them"]
    return {"passed": not reasons, "fail_on": sorted(fail_on), "reasons": reasons}


def _at_the_end(record: Record) -> str:
    change = record["change"] or {}
    return str(change["status_after"] if change.get("outcome") == "planned" else record["status"])


def stopped_by(records: Iterable[Record]) -> list[str]:
    """Hosts that end a rolling change before its next batch: failed or lost. A refused host is as it was, and the others may go on."""
    return [
        record["host"]
        for record in records
        if record["status"] in (Status.UNREACHABLE.value, Status.ERROR.value)
        and (record["change"] or {}).get("outcome") != "refused"
    ]


def verdict_sentence(summary: dict[str, t.Any], action: str = "audit") -> str:
    """The fleet's verdict in one sentence, for the gate and for notifications."""
    counts, outcomes = summary["by_status"], summary["by_outcome"]
    unread = sum(counts[status] for status in UNREAD)
    if not summary["expected"]:
        return "NOTHING AUDITED - the play had no hosts"
    if action == "restore":
        back = sum(outcomes.get(outcome, 0) for outcome in ("applied", "planned", "unchanged"))
        idle = outcomes.get("nothing_to_restore", 0)
        head = "RESTORED" if not (counts["drift"] or unread) else "NOT RESTORED COMPLETELY"
        rest = f"{idle} had nothing to restore, {counts['drift'] + unread} not as before"
        return f"{head} - {back} of {summary['expected']} hosts have their earlier holders, {rest}"
    if not sum(counts[status] for status in _JUDGED) and not unread:
        return f"NOTHING JUDGED - the policy has a row for none of the {summary['expected']} hosts"
    head = "COMPLIANT" if not (counts["drift"] or unread) else "NOT COMPLIANT" if counts["drift"] else "NOT ASSESSED COMPLETELY"
    idle = f", {counts['not_applicable']} not in the policy" if counts["not_applicable"] else ""
    idle += f", {counts['waived']} waived" if counts["waived"] else ""
    planned = f", {outcomes['planned']} of them would be changed" if outcomes.get("planned") else ""
    return f"{head} - {counts['drift']} of {summary['expected']} hosts drift{planned}, {unread} not assessed{idle}"


def _percent(part: int, whole: int) -> float:
    """Rounded down, so that 100.0 means all."""
    return (1000 * part // whole) / 10 if whole else 0.0


def _unexpected(records: Iterable[Record]) -> list[dict[str, t.Any]]:
    hosts: collections.Counter[str] = collections.Counter()
    names: dict[str, str | None] = {}
    for record in records:
        for finding in record["findings"]:
            if finding["kind"] != "missing" and not finding["kind"].startswith("exception_"):
                hosts[finding["sid"]] += 1
                names[finding["sid"]] = names.get(finding["sid"]) or finding["name"]
    return [
        {"sid": sid, "name": names[sid], "hosts": count}
        for sid, count in sorted(hosts.items(), key=lambda item: (-item[1], item[0]))
    ]
