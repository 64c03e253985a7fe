# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the sections on drift, on hosts that were not read, on changes, exceptions, Group Policy and the policy. Pure.

Hosts about which the same is to be said share a row, so that ten thousand hosts with one cause are one row, and all are named.
"""

from __future__ import annotations

import collections
import re
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..._policy.sids import sort_key
from ..summary import UNREAD
from .accounts import group_key, local_name
from .words import AGAINST, SENTENCE, clean, counted, name_of, role_words, shown

Record = Mapping[str, t.Any]

_FEW = 40  # accounts that are named for a row of the policy
_VARIES = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)*")


@dataclass(frozen=True, slots=True)
class DriftRow:
    """Hosts with the same difference. Accounts are pairs of a text and a SID, which may be empty."""

    hosts: list[str]
    role: str
    unexpected: list[tuple[str, str]]
    missing: list[tuple[str, str]]
    set_by: str
    plan: list[str]


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """Hosts that were not read for the same reason. ``example``: the first host's words, where they differ in numbers."""

    status: str
    category: str
    text: str
    differs: bool
    hosts: list[str]


@dataclass(frozen=True, slots=True)
class ControlRow:
    """A GPO, or another who sets the right, with its hosts. ``judged``: whether what it asks agrees with the policy."""

    kind: str
    name: str
    guid: str
    links: list[str]
    hosts: list[str]
    judged: str
    against: list[str]
    why: str


def drift_rows(records: Iterable[Record]) -> list[DriftRow]:
    """Hosts that drift, by what differs; most hosts first."""
    groups: dict[tuple[t.Any, ...], list[Record]] = collections.defaultdict(list)
    for record in records:
        if record["status"] == "drift":
            keys = sorted((one["kind"], _key(record, one)) for one in _differences(record))
            groups[record["host_role"] or "", tuple(keys), set_by(record), tuple(plan_lines(record))].append(record)
    rows = [_drift_row(its, role, setter, list(plan)) for (role, _keys, setter, plan), its in groups.items()]
    return sorted(rows, key=lambda row: (-len(row.hosts), row.hosts[0]))


def _drift_row(records: Sequence[Record], role: str, setter: str, plan: list[str]) -> DriftRow:
    found: dict[tuple[str, str], dict[str, str | None]] = collections.defaultdict(dict)
    for record in records:
        for one in _differences(record):
            found[one["kind"], _key(record, one)].setdefault(one["sid"], one["name"])
    lines: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for (kind, key), sids in sorted(found.items()):
        lines[kind == "missing"].append(_account_line(kind, key, sids))
    hosts = [clean(record["host"]) for record in records]
    return DriftRow(hosts, role_words(role), lines[False], lines[True], setter, plan)


def _account_line(kind: str, key: str, sids: Mapping[str, str | None]) -> tuple[str, str]:
    first, *rest = sorted(sids, key=_order)
    name, more = sids[first], f"{clean(first)} and {len(rest):,} more" if rest else clean(first)
    if key == "orphan":
        return (counted(len(sids), "deleted account"), more)
    if key.startswith("local ") and name:
        return (local_name(name), more)
    its = name_of(first, name)
    text = f"{its}, {kind}" if kind == "legacy" else its
    return (text, more) if its else (clean(first), "")


def _order(sid: str) -> t.Any:
    try:
        return (0, sort_key(sid), sid)
    except ValueError:  # not a SID: somebody wrote the report by hand
        return (1, (), sid)


def _differences(record: Record) -> list[Mapping[str, t.Any]]:
    return [one for one in record["findings"] or () if one["kind"] == "missing" or one["kind"] in AGAINST]


def _key(record: Record, finding: Mapping[str, t.Any]) -> str:
    if finding["kind"] == "orphan":
        return "orphan"
    kind = next((holder.get("kind") for holder in record["holders"] or () if holder["sid"] == finding["sid"]), None)
    return group_key(finding["sid"], finding["name"], kind)


def set_by(record: Record) -> str:
    """Who sets the right on a host: ``GPO name``, ``local``, ``MDM``, or why that is not known."""
    control = record["controlled_by"]
    if not control:
        return ""
    kind = control["kind"]
    if kind == "gpo":
        return f"GPO {clean(control['name'] or control['guid'])}"
    return {"mdm": f"MDM {clean(control['provider'])}".strip(), "stale": "not known: too old"}.get(
        kind, "not known" if kind == "unknown" else clean(kind)
    )


def plan_lines(record: Record) -> list[str]:
    """What an enforcing run did or would do on a host; empty in an audit."""
    change = record["change"]
    if not change:
        return []
    outcome = clean(str(change["outcome"] or "")).replace("_", " ")
    return [outcome, *(clean(line, SENTENCE) for line in change.get("changes") or ())]


def change_rows(records: Iterable[Record]) -> list[tuple[str, list[str], list[str], list[str]]]:
    """What a run that changes hosts did: (outcome, sentences, who must restart, hosts), most hosts first; hosts left as they were too."""
    groups: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = collections.defaultdict(list)
    for record in records:
        if record["change"]:
            outcome, *lines = plan_lines(record)
            felt = sorted(
                {f"{one['kind']} {clean(one['name'])}" for one in record["change"].get("restart") or () if not one["through"]}
            )
            if not lines and record["status"] not in UNREAD and outcome not in ("unchanged", "nothing to restore"):
                lines = [clean(note, SENTENCE) for note in record["notes"] or ()]
            groups[outcome, tuple(lines), tuple(felt)].append(clean(record["host"]))
    rows = [(outcome, list(lines), list(felt), hosts) for (outcome, lines, felt), hosts in groups.items()]
    return sorted(rows, key=lambda row: (-len(row[3]), row[3][0]))


def unread_rows(records: Iterable[Record]) -> list[UnreadRow]:
    """Hosts that were not read, by status and reason; reasons that differ in numbers or in the host's own name are one."""
    groups: dict[tuple[int, str, str], list[tuple[str, str]]] = collections.defaultdict(list)
    for record in records:
        if record["status"] in UNREAD:
            error = record["error"] or {}
            text = clean(error.get("message") or record["reason"], SENTENCE)
            pattern = _VARIES.sub("…", text.replace(record["host"], "…"))
            category = error.get("category") or ""
            place = UNREAD.index(record["status"])
            groups[place, "" if category == record["status"] else clean(category), pattern].append((clean(record["host"]), text))
    rows = [
        UnreadRow(UNREAD[place], category, its[0][1], len({text for _host, text in its}) > 1, [host for host, _text in its])
        for (place, category, _pattern), its in groups.items()
    ]
    return sorted(rows, key=lambda row: (UNREAD.index(row.status), -len(row.hosts), row.hosts[0]))


def control_rows(records: Iterable[Record]) -> list[ControlRow]:
    """Who sets the right where it is not the host alone: GPOs first, by number of hosts."""
    groups: dict[tuple[str, str, str, str], list[Record]] = collections.defaultdict(list)
    for record in records:
        control = record["controlled_by"]
        if control and control["kind"] != "local":
            gpo = control["kind"] == "gpo"
            name = control["name"] if gpo else control["provider"]
            groups[control["kind"], name or "", (control["guid"] if gpo else "") or "", "" if gpo else control["why"] or ""].append(
                record
            )
    rows = [_control_row(kind, name, guid, why, its) for (kind, name, guid, why), its in groups.items()]
    kinds = ("gpo", "mdm", "stale", "unknown")
    return sorted(rows, key=lambda row: (kinds.index(row.kind) if row.kind in kinds else 9, -len(row.hosts), row.name, row.guid))


def _control_row(kind: str, name: str, guid: str, why: str, records: Sequence[Record]) -> ControlRow:
    links = sorted({clean(record["controlled_by"]["link"]) for record in records if record["controlled_by"]["link"]})
    judged, against = _gpo_verdict(records) if kind == "gpo" else ("", [])
    hosts = [clean(record["host"]) for record in records]
    return ControlRow(kind, clean(name), clean(guid), links, hosts, judged, against, clean(why, SENTENCE))


def _gpo_verdict(records: Sequence[Record]) -> tuple[str, list[str]]:
    """Whether the list of a GPO agrees with the policy: what a host has against the policy, and not besides the GPO, the GPO asks for."""
    compared, accounts = 0, collections.Counter[str]()
    for record in records:
        control = record["controlled_by"]
        if control["extra"] is None or control["lacking"] is None or record["status"] not in ("compliant", "drift", "waived"):
            continue
        compared += 1
        names = {one["sid"]: one["name"] for one in record["findings"] or ()}
        for sid in record["unexpected"] or ():
            if sid not in control["extra"]:
                accounts[f"gives it to {shown(sid, names.get(sid))}"] += 1
        for sid in record["missing"] or ():
            if sid not in control["lacking"]:
                accounts[f"leaves out {shown(sid, names.get(sid))}"] += 1
    if not compared:
        return "not compared", []
    lines = [
        f"{text} on {counted(count, 'host')}" for text, count in sorted(accounts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return ("differs" if lines else "agrees"), lines[:6]


def policy_rows(records: Iterable[Record]) -> list[tuple[str, dict[str, str], list[str], list[str], int]]:
    """What was asked: (host role, row and document, accounts that must hold the right, that may, hosts), as it was met on the fleet."""
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[Record]] = collections.defaultdict(list)
    for record in records:
        if record["control"]:
            groups[record["host_role"] or "", tuple(_cited(record).items())].append(record)
    rows = []
    for (role, cited), its in sorted(groups.items()):
        must: dict[str, str] = {}
        may: dict[str, str] = {}
        for record in its:
            for holder in record["holders"] or ():
                found = {"floor": must, "required": must, "default": may, "permitted": may}.get(holder["standing"])
                if found is not None and holder["sid"] not in found and len(found) < _FEW:
                    found[holder["sid"]] = shown(holder["sid"], holder["name"])
            for one in record["findings"] or ():
                if one["kind"] == "missing":
                    must.setdefault(one["sid"], shown(one["sid"], one["name"]))
        ordered = [[texts[sid] for sid in sorted(texts, key=_order)] for texts in (must, may)]
        rows.append((role_words(role), dict(cited), *ordered, len(its)))
    return t.cast("list[tuple[str, dict[str, str], list[str], list[str], int]]", rows)


def _cited(record: Record) -> dict[str, str]:
    control = record["control"]
    document = control["document"] or {}
    keys = ("title", "publisher", "version", "date", "url", "differs")
    return {
        **{key: clean(control[key], SENTENCE) for key in ("row", "control", "rule", "source")},
        **{key: clean(document.get(key), SENTENCE) for key in keys},
    }
