# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of a fleet, and the gate that turns them into the fate of the run. Pure."""

from __future__ import annotations

import collections
import enum
from collections.abc import Callable, Iterable, Mapping, Sequence

from .._accounts.same_account import fleet_name, same_account
from .._accounts.sids import NAMES
from .._input.categories import ErrorCategory
from .._result.types import ControllingGpo, Record, Summary, UnexpectedAccount, Used
from .._verdict.findings import EXTRA, OF_EXCEPTIONS
from .._verdict.outcome import Outcome
from .._verdict.rank import WORDS
from .._verdict.status import GOOD, JUDGED, UNREAD, Status
from .gate import Lack, at_the_end, gate, lack_of


def summarise(
    records: Sequence[Record],
    fail_on: Iterable[str],
    exceptions: Iterable[Used] = (),
    tolerate: Mapping[str, str] | None = None,
    *,
    planning: bool = False,
) -> Summary:
    """Counts by status and role, coverage, compliance, the unexpected accounts, the exceptions (see exceptions_of) and the gate.
    ``changed`` and ``trend`` are for who has earlier reports. ``planning``: the report is one of plans alone (see gate.only_plans).

    Percentages are of all expected hosts, never of the assessed ones alone.
    """
    known: list[Used] = [{**exception} for exception in exceptions]
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
        "by_rank": _by_rank(records),
        "by_role": {role: dict(sorted(counts.items())) for role, counts in sorted(by_role.items())},
        "coverage_percent": _percent(expected - unread, expected),
        "compliance_percent": _percent(by_status[Status.COMPLIANT.value], expected),
        "unexpected_accounts": _unexpected(records),
        "by_controller": _by_controller(records),
        "controlling_gpos": _controlling_gpos(records),
        "exceptions": known,
        "gate": gate(records, fail_on, tolerate or {}, known, planning=planning),
        "changed": None,
        "trend": None,
    }


def stopped_by(records: Iterable[Record], has_pre_image: Callable[[str], bool]) -> list[str]:
    """Hosts that end a rolling change before its next batch: a change was sent and did not end as planned, or may have been sent.

    A host that could not be read, or to which nothing was sent, is its own error alone: it tells nothing of what the change does to others.
    ``has_pre_image``: whether the run may have kept one of a host. It does so before it sends a change, so that a task which does not say
    how far it came has sent none without it.
    """
    return [record["host"] for record in records if _stops(record, has_pre_image)]


def _stops(record: Record, has_pre_image: Callable[[str], bool]) -> bool:
    change = record["change"]
    if change and change["outcome"] == "applied":  # what the options leave as it is was left on purpose
        return record["status"] not in GOOD and not change["unhandled"]
    if change:
        return Outcome(change["outcome"]).failed
    silent = bool(record["error"] and record["error"]["category"] == ErrorCategory.TASK_FAILED)
    return silent and has_pre_image(record["host"])


def verdict_sentence(summary: Summary, records: Sequence[Record], action: str = "audit") -> str:
    """The fleet's verdict in one sentence, for the gate and for notifications. ``records``: those that were counted."""
    counts, outcomes = summary["by_status"], summary["by_outcome"]
    unread = sum(counts[status] for status in UNREAD)
    if not summary["expected"]:
        return "NOTHING AUDITED - there was no host"
    if action == "restore":
        return _restored(records)
    if not sum(counts[status] for status in JUDGED) and not unread:
        return f"NOTHING JUDGED - the policy has a row for none of the {summary['expected']} hosts"
    good = "COMPLIANT WITH EXCEPTIONS" if counts["waived"] else "COMPLIANT"
    refused = sum(lack_of(record) is Lack.REFUSED for record in records)
    short = "NOT ASSESSED COMPLETELY" if unread > refused else "NOT ENFORCED COMPLETELY"
    head = good if not (counts["drift"] or unread) else "NOT COMPLIANT" if counts["drift"] else short
    idle = f", {counts['not_applicable']} not in the policy" if counts["not_applicable"] else ""
    idle += f", {counts['waived']} waived" if counts["waived"] else ""
    idle += f", {refused} refused" if refused else ""
    planned = f", {outcomes['planned']} of them would be changed" if outcomes.get("planned") else ""
    return f"{head} - {counts['drift']} of {summary['expected']} hosts drift{planned}, {unread - refused} not assessed{idle}"


class _Back(enum.Enum):
    """What a restore is to one host; every host is in one of these."""

    THERE = "has its earlier holders"
    PLANNED = "would get them"
    NOTHING = "the run to restore left the host as it was"
    NOT = "has other ones, or it is not known"
    AUDITED = "another run, which was merged, looked at it"


def _back(record: Record) -> _Back:
    change, read = record["change"], record["status"] not in UNREAD
    if not change:
        return _Back.AUDITED if read else _Back.NOT
    if change["outcome"] == Outcome.NOTHING_TO_RESTORE.value and read:
        return _Back.NOTHING
    if at_the_end(record, planning=True) not in GOOD:
        return _Back.NOT
    return _Back.PLANNED if change["outcome"] == Outcome.PLANNED.value else _Back.THERE


def _restored(records: Sequence[Record]) -> str:
    """The verdict on a restore; its numbers add up to the hosts."""
    hosts = collections.Counter(map(_back, records))
    there, planned, others = hosts[_Back.THERE], hosts[_Back.PLANNED], hosts[_Back.NOT]
    head = "NOT RESTORED COMPLETELY" if others else "NOT RESTORED YET" if planned else "RESTORED" if there else "NOTHING RESTORED"
    have = f"{there} of {len(records)} hosts have their earlier holders"
    would = f"{planned} of {len(records)} hosts would get their earlier holders" + (f", {there} had them already" if there else "")
    parts = [
        would if planned else have,
        f"{hosts[_Back.NOTHING]} had nothing to restore",
        f"{others} {'would not be' if planned else 'not'} as before",
        *([f"{hosts[_Back.AUDITED]} only audited"] if hosts[_Back.AUDITED] else []),
    ]
    return f"{head} - {', '.join(parts)}"


def gate_sentence(summary: Summary) -> str:
    """Why the gate failed, as a sentence after another one; nothing where it passed."""
    reasons = "; ".join(summary["gate"]["reasons"])
    return f" The fleet gate failed: {reasons}." if reasons else ""


def planned_sentence(summary: Summary, *, planning: bool) -> str:
    """Why hosts that drift do not fail a check: a plan changes nothing yet, and counts as it would end. Empty where nothing is planned,
    and where the report is not one of plans alone (``planning``), so that they do count.
    """
    planned = summary["by_outcome"].get("planned", 0) if planning else 0
    hosts = "host has" if planned == 1 else "hosts have"
    return (
        f"{planned} {hosts} a planned change, which counts as it would end: planned drift does not fail a check" if planned else ""
    )


def _percent(part: int, whole: int) -> float:
    """Rounded down, so that 100.0 means all."""
    return (1000 * part // whole) / 10 if whole else 0.0


def _by_rank(records: Iterable[Record]) -> dict[str, int]:
    """Findings by rank, every one about an account of a host once."""
    drifting = (record for record in records if record["status"] == Status.DRIFT.value)
    counts = collections.Counter(
        finding["rank"] for record in drifting for finding in record["findings"] if finding["kind"] not in OF_EXCEPTIONS
    )
    return {rank: counts[rank] for rank in WORDS}


def _by_controller(records: Iterable[Record]) -> dict[str, int]:
    """Hosts by who sets the right."""
    return dict(sorted(collections.Counter(record["controller"]["kind"] for record in records if record["controller"]).items()))


def _controlling_gpos(records: Iterable[Record]) -> list[ControllingGpo]:
    """The GPOs that set the right, with the hosts on which they do."""
    hosts: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
    for record in records:
        controller = record["controller"]
        if controller and controller["kind"] == "gpo" and (controller["guid"] or controller["name"]):
            hosts[controller["guid"] or "", controller["name"] or ""].append(record["host"])
    return [
        {"guid": guid or None, "name": name or None, "hosts": len(controlled)} for (guid, name), controlled in sorted(hosts.items())
    ]


def _unexpected(records: Iterable[Record]) -> list[UnexpectedAccount]:
    """Accounts that hold the right and should not, one row each, the most frequent first; of a local account the first host's SID."""
    hosts: collections.Counter[str] = collections.Counter()
    rows: dict[str, UnexpectedAccount] = {}
    for record in records:
        kinds = {holder["sid"]: holder["kind"] for holder in record["holders"]}
        seen = set()
        for finding in record["findings"]:
            if finding["kind"] in EXTRA:
                sid, name, kind = finding["sid"], finding["name"], kinds.get(finding["sid"], "unknown")
                key = same_account(sid, name, kind)
                row = rows.setdefault(key, {"sid": sid, "name": None, "kind": kind, "hosts": 0})
                row["name"] = row["name"] or NAMES.get(sid) or fleet_name(name, kind)
                seen.add(key)
        hosts.update(seen)
    return sorted(({**row, "hosts": hosts[key]} for key, row in rows.items()), key=lambda row: (-row["hosts"], row["sid"]))
