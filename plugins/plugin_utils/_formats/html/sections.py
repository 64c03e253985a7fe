# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the sections on drift, on hosts that were not read, on changes, exceptions, Group Policy and the policy. Pure.

Hosts about which the same is to be said share a row, so that ten thousand hosts with one cause are one row, and all are named.
"""

from __future__ import annotations

import collections
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..._accounts.same_account import fleet_name, same_row
from ..._accounts.sids import NAMES, sort_key
from ..._fleet.gpo_list import against_policy
from ..._fleet.worst import meaning_of, tier_0, why_of
from ..._result.types import Citation, Controller, Finding, Gpo, Record
from ..._verdict.findings import FindingKind
from ..._verdict.rank import gravest, order
from ..._verdict.status import UNREAD
from ..._wording import SENTENCE, few_lines, first_few
from ..display import control_of, name_of, names_by_sid, shown
from .words import AGAINST, VARIES, clean, counted, role_words

_FIRST = 3  # accounts that a row of drift names where there is no room for more
_MARKUP = 60  # characters of the page around each of them
_REASONS = 3  # of one account, and controls, that a row of drift names
_FEW = 20  # links and other GPOs that are named for one GPO, and accounts by which it differs from the policy


class Account(t.NamedTuple):
    """An account that a row names."""

    text: str
    sid: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftRow:
    """Hosts with the same findings. Accounts are a text, a SID, which may be empty, and why they are findings, a sentence each.

    ``cited``: the controls by which, with their documents.
    ``rank``: the gravest, empty without one; ``aside``: no tier-0 host is among them; ``advice``: what to do, a sentence each;
    ``since``: the first and the last report that began with one of the findings, empty where that is not known.
    """

    hosts: list[str]
    role: str
    rank: str
    aside: bool
    advice: list[str]
    since: tuple[str, ...]
    unexpected: list[Account]
    missing: list[Account]
    cited: list[str]
    set_by: str
    plan: list[str]


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """Hosts that were not read for the same reason. ``sentence``: that reason; ``text``: the words of the first of them.

    ``differs``: those of the others differ in numbers and names.
    """

    status: str
    category: str
    sentence: str
    text: str
    differs: bool
    hosts: list[str]


@dataclass(frozen=True, slots=True)
class ControllerRow:
    """A GPO, or another who sets the right, with its hosts. ``applied``: how its application ended, for a GPO.

    ``judged``: whether what it asks agrees with the policy; that is not said of a list that was not applied.
    ``losers``: the other GPOs that define the right on these hosts, as sentences.
    """

    kind: str
    name: str
    guid: str
    links: list[str]
    hosts: list[str]
    applied: str
    judged: str
    against: list[str]
    why: str
    losers: list[str]


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What was asked of hosts of one role by one row of the policy. ``features``: what all these hosts have that a policy may hang on.

    ``must``, ``may``: accounts that have to hold the right, and those that may besides, held or not; pairs of a text and a SID,
    which may be empty.
    """

    role: str
    features: list[str]
    cited: dict[str, str]
    must: list[tuple[str, str]]
    may: list[tuple[str, str]]
    hosts: int


def drift_rows(records: Iterable[Record]) -> list[DriftRow]:
    """Hosts that drift, by what differs and what to do about it; the gravest first, tier-0 hosts before others, then most hosts."""
    groups: dict[tuple[t.Any, ...], list[Record]] = collections.defaultdict(list)
    for record in records:
        if record["status"] == "drift":
            kinds = _kinds(record)
            keys = sorted((one["kind"], _key(kinds, one), one["rank"] or "", one["advice"] or "") for one in record["findings"])
            groups[record["host_role"] or "", tier_0(record), tuple(keys), set_by(record), tuple(plan_lines(record))].append(record)
    rows = [_drift_row(its, role, tier, setter, list(plan)) for (role, tier, _keys, setter, plan), its in groups.items()]
    return sorted(rows, key=lambda row: (order(row.rank), row.aside, -len(row.hosts), row.hosts[0]))


def _drift_row(records: Sequence[Record], role: str, tier: bool, setter: str, plan: list[str]) -> DriftRow:
    found: dict[tuple[str, str, str], dict[str, str | None]] = collections.defaultdict(dict)
    why: dict[tuple[str, str, str], dict[str, None]] = collections.defaultdict(dict)
    for record in records:
        kinds = _kinds(record)
        for one in _differences(record):
            key = one["kind"], _key(kinds, one), one["rank"] or ""
            found[key].setdefault(one["sid"], one["name"])
            why[key].setdefault(clean(why_of(one), SENTENCE))
    several = len({rank for _kind, _account, rank in found}) > 1
    lines: dict[bool, list[Account]] = {True: [], False: []}
    for (kind, account, rank), sids in sorted(found.items(), key=lambda item: (order(item[0][2]), item[0])):
        text, sid = _account_line(kind, account, sids)
        reasons = tuple(few_lines(list(why[kind, account, rank]), _REASONS))
        lines[kind == "missing"].append(Account(f"{text}, {rank}" if several and rank else text, sid, reasons))
    findings = [one for record in records for one in record["findings"]]
    times = sorted({one["since"] for one in findings if one["since"]})
    return DriftRow(
        hosts=[clean(record["host"]) for record in records],
        role=role_words(role),
        rank=gravest(one["rank"] for one in findings) or "",
        aside=not tier,
        advice=list(dict.fromkeys(clean(one["advice"], SENTENCE) for one in records[0]["findings"] if one["advice"])),
        since=tuple(dict.fromkeys(times[:1] + times[-1:])),
        unexpected=lines[False],
        missing=lines[True],
        cited=few_lines(sorted({cited for record in records if (cited := control_of(record))}), _REASONS),
        set_by=setter,
        plan=plan,
    )


def within(rows: Iterable[DriftRow], room: int) -> list[DriftRow]:
    """The same rows with as many accounts and lines of a plan as there is room for, in characters; how many are left out is said.

    The first rows have them whole; every row has the first few, without their reasons where there is no room for them.
    """
    fitting = []
    for row in rows:
        room -= sum(map(len, row.advice))
        unexpected, room = _accounts_within(row.unexpected, room)
        missing, room = _accounts_within(row.missing, room)
        plan, room = _accounts_within([Account(line, "") for line in row.plan], room)
        fitting.append(replace(row, unexpected=unexpected, missing=missing, plan=[line.text for line in plan]))
    return fitting


def _accounts_within(accounts: Sequence[Account], room: int) -> tuple[list[Account], int]:
    shown: list[Account] = []
    for account in accounts:
        size = len(account.text) + len(account.sid) + sum(map(len, account.why)) + _MARKUP
        if size > room and len(shown) >= _FIRST:
            left = len(accounts) - len(shown)
            return [*shown, Account(f"and {left:,} more, in the JSON", "")], room
        if size > room:
            size -= sum(map(len, account.why))
            account = account._replace(why=())  # it is named nevertheless
        room -= size
        shown.append(account)
    return shown, room


def _account_line(kind: str, key: str, sids: Mapping[str, str | None]) -> tuple[str, str]:
    first, *rest = sorted(sids, key=_order)
    name, numbers = sids[first], f"{clean(first)} and {len(rest):,} more" if rest else clean(first)
    if key == "orphan":
        return (counted(len(sids), "deleted account"), numbers)
    if key.startswith("local ") and name:
        return (name_of(first, fleet_name(name, "local")), numbers)
    its = name_of(first, name)
    text = f"{its}, {kind}" if kind == "legacy" else its
    return (text, numbers) if its else (clean(first), "")


def _order(sid: str) -> t.Any:
    try:
        return (0, sort_key(sid), sid)
    except ValueError:  # not a SID: a report written by hand
        return (1, (), sid)


_DIFFERENCES = (FindingKind.MISSING.value, *AGAINST)


def _differences(record: Record) -> list[Finding]:
    return [one for one in record["findings"] or () if one["kind"] in _DIFFERENCES]


def _kinds(record: Record) -> dict[str, str]:
    return {holder["sid"]: holder["kind"] for holder in record["holders"] or ()}


def _key(kinds: Mapping[str, str], finding: Finding) -> str:
    if finding["kind"] == "orphan":
        return "orphan"
    return same_row(finding["sid"], finding["name"], kinds.get(finding["sid"]))


def set_by(record: Record) -> str:
    """Who sets the right on a host: ``GPO name``, ``local``, ``MDM``, or why that is not known."""
    controller = record["controller"]
    if not controller:
        return ""
    kind = controller["kind"]
    if kind == "gpo":
        return f"GPO {clean(controller['name'] or controller['guid'])}"
    return {"mdm": f"MDM {clean(controller['provider'])}".strip(), "stale": "not known: too old"}.get(
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


def unread_rows(records: Iterable[Record], most: int = 1_000) -> list[UnreadRow]:
    """Hosts that were not read, by status and reason; reasons that differ in numbers or in the host's own name are one.

    Of more than ``most`` reasons the rarest share a row for each status and category: the hosts stay named, never folded away.
    """
    groups: dict[tuple[int, str, str], list[tuple[str, str]]] = collections.defaultdict(list)
    sentences: dict[tuple[int, str, str], str] = {}
    for record in records:
        if record["status"] in UNREAD:
            error = record["error"]
            text = clean((error["message"] if error else "") or record["reason"], SENTENCE)
            pattern = VARIES.sub("…", text.replace(record["host"], "…"))
            category = error["category"] if error else ""
            place = UNREAD.index(record["status"])
            key = place, "" if category == record["status"] else clean(category), _sentence(record, pattern)
            groups[key].append((clean(record["host"]), text))
            sentences.setdefault(key, _sentence(record, text))
    rows = [
        UnreadRow(
            UNREAD[key[0]],
            key[1],
            sentences[key],
            its[0][1],
            len({text for _host, text in its}) > 1,
            [host for host, _text in its],
        )
        for key, its in groups.items()
    ]
    rows.sort(key=lambda row: (-len(row.hosts), row.hosts[0]))
    listed, left_out = first_few(rows, most)
    return sorted([*listed, *_others(left_out)], key=lambda row: UNREAD.index(row.status))  # the rare ones stay last


def _sentence(record: Record, text: str) -> str:
    """What the words of a host or of a library mean, where that is known; otherwise their first sentence."""
    return clean(meaning_of(record), SENTENCE) or text.partition(". ")[0]


def _others(rows: Iterable[UnreadRow]) -> list[UnreadRow]:
    """Reasons that are too many for rows of their own, as one row for each status and category."""
    groups: dict[tuple[str, str], list[UnreadRow]] = collections.defaultdict(list)
    for row in rows:
        groups[row.status, row.category].append(row)
    return [
        UnreadRow(
            status,
            category,
            f"{counted(len(its), 'other reason')}, in the JSON",
            f"{counted(len(its), 'other reason')}, in the JSON",
            False,
            sorted(h for row in its for h in row.hosts),
        )
        for (status, category), its in groups.items()
    ]


def controller_rows(records: Iterable[Record]) -> list[ControllerRow]:
    """Who sets the right where it is not the host alone: GPOs first, by number of hosts; those whose application failed apart."""
    groups: dict[tuple[str, str, str, str, str], list[Record]] = collections.defaultdict(list)
    for record in records:
        controller = record["controller"]
        if controller and controller["kind"] != "local":
            gpo = controller["kind"] == "gpo"
            name = controller["name"] if gpo else controller["provider"]
            guid, applied, why = (controller["guid"] or "", _applied(controller), "") if gpo else ("", "", controller["why"] or "")
            groups[controller["kind"], name or "", guid, applied, why].append(record)
    rows = [_controller_row(kind, name, guid, applied, why, its) for (kind, name, guid, applied, why), its in groups.items()]
    kinds = ("gpo", "mdm", "stale", "unknown")
    return sorted(
        rows,
        key=lambda row: (kinds.index(row.kind) if row.kind in kinds else 9, -len(row.hosts), row.name, row.guid, row.applied),
    )


def _applied(controller: Controller) -> str:
    """How the application of the winning GPO ended; there is no winner where only one of several is known to count."""
    if not (controller["name"] or controller["guid"]):
        return "which one won is not known"
    error = f" (error {controller['error']})" if controller["error"] else ""
    return f"{clean(controller['status'] or 'not known')}{error}"


def _controller_row(kind: str, name: str, guid: str, applied: str, why: str, records: Sequence[Record]) -> ControllerRow:
    controllers = [record["controller"] for record in records if record["controller"]]
    links = sorted({clean(one["link"]) for one in controllers if one["link"]})
    judged, against = _gpo_verdict(records) if kind == "gpo" else ("", [])
    if judged == "agrees" and applied != "applied":
        judged = "not compared"
    losers = collections.Counter(_loser(loser) for one in controllers for loser in one["losers"])
    lost = [f"{text}, on {counted(count, 'host')}" for text, count in sorted(losers.items(), key=lambda item: (-item[1], item[0]))]
    hosts = [clean(record["host"]) for record in records]
    return ControllerRow(
        kind,
        clean(name),
        clean(guid),
        few_lines(links, _FEW),
        hosts,
        applied,
        judged,
        few_lines(against, _FEW),
        clean(why, SENTENCE),
        few_lines(lost, _FEW),
    )


def _loser(loser: Gpo) -> str:
    place = f"precedence {loser['precedence']}" if loser["precedence"] else "precedence not known"
    status = "" if loser["status"] in (None, "applied") else f", {clean(loser['status'])}"
    return f"{clean(loser['name'] or loser['guid'] or 'a GPO without a name')} ({place}{status})"


def _gpo_verdict(records: Sequence[Record]) -> tuple[str, list[str]]:
    """Whether the list of a GPO agrees with the policies of its hosts, and where it does not, on how many of them."""
    compared, accounts = 0, collections.Counter[str]()
    for record in records:
        against = against_policy(record)
        if against is None:
            continue
        compared += 1
        names = {one["sid"]: one["name"] for one in record["findings"] or ()}
        for word, sids in (("gives it to", against.given), ("leaves out", against.left_out)):
            accounts.update(f"{word} {shown(sid, names.get(sid))}" for sid in sids)
    if not compared:
        return "not compared", []
    lines = [
        f"{text} on {counted(count, 'host')}" for text, count in sorted(accounts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return ("differs" if lines else "agrees"), lines


def policy_rows(records: Iterable[Record]) -> list[PolicyRow]:
    """What was asked: hosts of the same role, row, and accounts that must and may hold the right share one row; many hosts first."""
    groups: dict[tuple[t.Any, ...], list[Record]] = collections.defaultdict(list)
    for record in records:
        if record["citation"] and record["required"] is not None:
            must, may = tuple(record["required"]), tuple(record["permitted"] or ())
            groups[record["host_role"] or "", tuple(_cited(record["citation"]).items()), must, may].append(record)
    rows = [_policy_row(role, dict(cited), must, may, its) for (role, cited, must, may), its in groups.items()]
    return sorted(rows, key=lambda row: (row.role, -row.hosts, row.cited["row"], row.features, row.must, row.may))


def _policy_row(role: str, cited: dict[str, str], must: Sequence[str], may: Sequence[str], records: Sequence[Record]) -> PolicyRow:
    names: dict[str, str | None] = {}
    for record in records if {*must, *may} - NAMES.keys() else ():  # the well-known ones have their names
        names.update({sid: name for sid, name in names_by_sid(record).items() if name and sid not in names})
    features = [{name for name, one in (record["features"] or {}).items() if one["present"]} for record in records]
    pairs = [[_named(sid, names.get(sid)) for sid in sorted(sids, key=_order)] for sids in (must, may)]
    common = sorted(clean(name).replace("_", " ") for name in set.intersection(*features))
    return PolicyRow(role_words(role), common, cited, pairs[0], pairs[1], len(records))


def _named(sid: str, name: str | None) -> tuple[str, str]:
    its = name_of(sid, name)
    return (its, clean(sid)) if its else (clean(sid), "")


def _cited(citation: Citation) -> dict[str, str]:
    document = citation["document"]
    texts = {
        "row": citation["row"],
        "benchmark_id": citation["benchmark_id"],
        "rule": citation["rule"],
        "source": citation["source"],
    }
    of_document = {
        "title": document["title"] if document else None,
        "publisher": document["publisher"] if document else None,
        "version": document["version"] if document else None,
        "date": document["date"] if document else None,
        "url": document["url"] if document else None,
        "differs": document["differs"] if document else None,
    }
    return {key: clean(value, SENTENCE) for key, value in {**texts, **of_document}.items()}
