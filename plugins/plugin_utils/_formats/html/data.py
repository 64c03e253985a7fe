# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all hosts as data for the page's script, small: what repeats is stored once. Pure.

Hosts that are alike in everything but name, time and error share a *shape*: a row of codes into dictionaries. An error is a template
with the numbers and the host's name cut out, and those beside it; so that ten thousand dead hosts do not repeat one sentence.
The texts are those of the CSV of the hosts, so that what a reader downloads from the page is that file.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ... import _utc
from ..._accounts.same_account import fleet_name
from ..._fleet.gpo_hosts import may_mean
from ..._fleet.worst import rank_of_host
from ..._result.types import Holder, Record
from ..._wording import first_few
from ..csv import FORMULA, HOSTS, MOST
from ..display import citation_of, declared_otherwise, error_of, gpo_of, iis_of, name_of, names_by_sid, plan_of, system_of
from .sections import set_by
from .words import STANDINGS, STATUSES, VARIES, clean

Account = tuple[str, str]

SHAPE = (
    "status",
    "role",
    "system",
    "iis",
    "holders",
    "missing",
    "unexpected",
    "waived",
    "controller",
    "citation",
    "plan",
    "rank",
    "declared",
)
"""What a shape consists of, in this order."""
_STANDINGS = list(STANDINGS)
_PLACES = {status: place for place, status in enumerate(STATUSES)}
_FIRST = 8  # accounts of a list that are in the table where there is no room for more
_PER_CODE = 6  # characters of a number in a list
_PER_ACCOUNT = 80  # characters that an account of one host costs beside its own: lists and a shape for this host


@dataclass(slots=True)
class Dictionary:
    """Values in the order of their first appearance; ``code`` gives the place of one."""

    places: dict[object, int] = field(default_factory=dict)

    def code(self, value: object) -> int:
        """The place of a value, which is new or known."""
        return self.places.setdefault(value, len(self.places))

    @property
    def values(self) -> list[object]:
        """All of them, by place."""
        return list(self.places)


def encode(columns: Mapping[str, object]) -> str:
    """JSON for a ``<script type="application/json">``: no ``<`` in it, so that no name can end the element."""
    text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def columns(records: Sequence[Record], title: str, room: int | None = None, domain: str | None = None) -> dict[str, object]:
    """The data of the table; ``title`` begins the name of the CSV that a reader downloads.

    ``room``: characters for accounts and errors that one host alone has, None: for all of them. The first hosts have them whole, then
    such an account is told by its kind and such an error by its first word; every host keeps its row, its status and how many it has.
    ``domain``: of the GPOs that the page shows, None where it shows none or where that is not known.
    """
    coding = _Coding(records, room, domain)
    times = [_seconds(record["checked_at"]) for record in records]
    base = min((time for time in times if time is not None), default=0)
    names, endings = _names([clean(record["host"]) for record in records])
    shapes = [coding.shape(record) for record in records]
    return {
        "host": names,
        **endings,
        "shape": shapes,
        "at": [
            time - base if time is not None else clean(record["checked_at"], 40)
            for record, time in zip(records, times, strict=True)
        ],
        "ms": ["" if record["duration_ms"] is None else record["duration_ms"] for record in records],
        "error": coding.errors(),
        "title": title,
        "base": base,
        "csv": {"columns": HOSTS, "formula": FORMULA, "most": MOST},
        "statuses": [[key, word.text, word.sign] for key, word in STATUSES.items()],
        "standings": _STANDINGS,
        "accounts": coding.accounts.values,
        "lists": coding.lists.values,
        "holders": coding.holders.values,
        "shapes": [list(codes) for codes in zip(*coding.shapes.values, strict=True)] or [[] for _name in SHAPE],
        "templates": coding.templates.values,
        **{key: dictionary.values for key, dictionary in coding.words.items()},
    }


def _names(hosts: Sequence[str]) -> tuple[list[str], dict[str, object]]:
    """Names of hosts without the domain that several of them have, and those domains."""
    often = collections.Counter(dot + rest for _name, dot, rest in (host.partition(".") for host in hosts))
    domains = Dictionary({"": 0})
    names, codes = [], []
    for host in hosts:
        name, dot, rest = host.partition(".")
        shared = often[dot + rest] > 1
        names.append(name if shared else host)
        codes.append(domains.code(dot + rest if shared else ""))
    return names, {"domain": codes, "domains": domains.values}


class _Coding:
    """The dictionaries of a table while it is made."""

    def __init__(self, records: Sequence[Record], room: int | None, domain: str | None) -> None:
        self.accounts, self.lists, self.holders, self.shapes, self.templates = (Dictionary() for _number in range(5))
        self.words = {key: Dictionary() for key in ("role", "system", "iis", "controller", "citation", "plan", "rank", "declared")}
        self._held: dict[object, int] = {}
        self._domain = domain
        self._records, self._room, self._whole = records, room or 0, room is None
        self._hosts = collections.Counter[Account]() if self._whole else _hosts_of_accounts(records)

    def _controller(self, record: Record) -> tuple[object, ...]:
        """Kind, GPO and sentence; a fourth value where the GPO is none of those that the page shows, although it has the GUID of one."""
        controller = record["controller"]
        known = controller["kind"] if controller else "", gpo_of(record), set_by(record)
        foreign = controller and controller["guid"] and not may_mean(record, controller["guid"], self._domain)
        return (*known, 1) if foreign else known

    def _declared(self, record: Record) -> str:
        """What a host shows against what is declared of it; where there is no room for its sentences, that there are some."""
        text = declared_otherwise(record)
        if self._whole or text in ("", *self.words["declared"].places) or self._fits(len(text) + _PER_ACCOUNT):
            return text
        return "in the JSON"

    def shape(self, record: Record) -> int:
        """The code of what a host has in common with others, see SHAPE."""
        words = self.words
        names = names_by_sid(record) if any(record[key] for key in ("missing", "unexpected", "waived")) else {}
        kinds = {} if self._whole else {one["sid"]: one["kind"] for one in record["holders"]}
        return self.shapes.code(
            (
                _PLACES[record["status"]],
                words["role"].code(record["host_role"] or ""),
                words["system"].code(system_of(record)),
                words["iis"].code(iis_of(record)),
                self._holders(record["holders"]),
                *(
                    self.lists.code(self._listed([(sid, names.get(sid), kinds.get(sid)) for sid in record[key]], step=1))
                    for key in ("missing", "unexpected", "waived")
                ),
                words["controller"].code(self._controller(record)),
                words["citation"].code(citation_of(record)),
                words["plan"].code(plan_of(record)),
                words["rank"].code(rank_of_host(record) or ""),
                words["declared"].code(self._declared(record)),
            )
        )

    def errors(self) -> list[list[object]]:
        """Of each host with an error: its place, the code of a template, and what goes between its pieces; 0 is the host's own name."""
        cut = [(place, record, *_pieces(record)) for place, record in enumerate(self._records) if error_of(record)]
        often = collections.Counter(pieces for _place, _record, pieces, _values in cut)
        rows = []
        for place, record, pieces, values in cut:
            size = sum(len(str(value)) for value in values) + (sum(map(len, pieces)) if often[pieces] == 1 else 0)
            if not self._whole and size > 12 and not self._fits(size):
                first = error_of(record).partition(":")[0]
                pieces, values = ("…".join(pieces) if often[pieces] > 1 else f"{first}: in the JSON",), []
            rows.append([place, self.templates.code(pieces), *values])
        return rows

    def _holders(self, holders: Sequence[Holder]) -> int:
        """The code of a list of accounts with their standings, one after the other; most hosts have the same."""
        key = tuple((one["sid"], one["name"], one["standing"]) for one in holders)
        code = self._held.get(key)
        if code is None:
            accounts = self._listed([(one["sid"], one["name"], one["kind"]) for one in holders], step=2)
            standings = [one["standing"] if one["standing"] in STANDINGS else "not judged" for one in holders]
            pairs = zip(accounts, map(_STANDINGS.index, standings), strict=False)
            code = self._held[key] = self.holders.code(tuple(number for pair in pairs for number in pair))
        return code

    def _listed(self, accounts: Sequence[tuple[str, str | None, str | None]], step: int) -> tuple[int, ...]:
        """The codes of a list; where there is no room for all of it, those of the first ones and of how many more there are."""
        size = _PER_CODE * step * len(accounts)
        if self._whole or len(accounts) <= _FIRST + 1 or self._fits(size):
            return tuple(self._account(*one) for one in accounts)
        listed, left_out = first_few(accounts, _FIRST)
        rest = self.accounts.code((f"(and {len(left_out):,} more, in the JSON)", "", len(left_out)))
        return (*(self._account(*one) for one in listed), rest)

    def _account(self, sid: str, name: str | None, kind: str | None) -> int:
        account = (name_of(sid, name), clean(sid))
        if self._whole or account in self.accounts.places or self._hosts[account] > 1:
            return self.accounts.code(account)
        if self._fits(sum(map(len, account)) + _PER_ACCOUNT):
            return self.accounts.code(account)
        bare = (fleet_name(account[0], kind) or "", "")
        return self.accounts.code(
            bare if kind == "local" and self._hosts[bare] > 1 else (f"({kind or 'unknown'}, in the JSON)", "")
        )

    def _fits(self, size: int) -> bool:
        self._room -= size
        return self._room >= 0


def _hosts_of_accounts(records: Iterable[Record]) -> collections.Counter[Account]:
    """On how many hosts an account is; a local one also by its name alone, which many hosts may share."""
    found = collections.Counter[Account]()
    for record in records:
        named = {(name_of(sid, name), clean(sid)) for sid, name in names_by_sid(record).items()}
        bare = {
            (fleet_name(name_of(one["sid"], one["name"]), "local") or "", "") for one in record["holders"] if one["kind"] == "local"
        }
        found.update(named | bare)
    return found


def _pieces(record: Record) -> tuple[tuple[str, ...], list[object]]:
    """An error without the numbers and the host's name in it, and those."""
    text, host = error_of(record), clean(record["host"])
    pieces: list[str] = [""]
    values: list[object] = []
    for number, part in enumerate(text.split(host) if host else [text]):
        if number:
            values.append(0)
            pieces.append("")
        first, *rest = VARIES.split(part)
        pieces[-1] += first
        values += rest[::2]
        pieces += rest[1::2]
    return tuple(pieces), values


def _seconds(text: object) -> int | None:
    """Seconds since 1970 of a time in the reports' form (2026-01-31T08:15:00Z), else None."""
    if not isinstance(text, str) or len(text) != 20:
        return None
    try:
        return int(_utc.read(text).timestamp())
    except ValueError:
        return None
