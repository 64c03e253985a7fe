# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of all hosts as data for the page's script, small: what repeats is stored once. Pure.

Hosts that are alike in everything but name, time and error share a *shape*: a row of codes into dictionaries. An error is a template
with the numbers and the host's name cut out, and those beside it; so that ten thousand dead hosts do not repeat one sentence.
"""

from __future__ import annotations

import datetime
import json
import re
import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..summary import UNREAD
from .sections import plan_lines, set_by
from .words import SENTENCE, STANDINGS, STATUSES, clean, name_of

Record = Mapping[str, t.Any]

_VARIES = re.compile(r"(0x[0-9a-fA-F]+|\d+(?:\.\d+)*)")
SHAPE = ("status", "role", "system", "iis", "holders", "missing", "unexpected", "waived", "control", "plan")
"""What a shape consists of, in this order."""
_STANDINGS = list(STANDINGS)
_PLACES = {status: place for place, status in enumerate(STATUSES)}


@dataclass(slots=True)
class Dictionary:
    """Values in the order of their first appearance; ``code`` gives the place of one."""

    places: dict[t.Any, int] = field(default_factory=dict)

    def code(self, value: t.Any) -> int:
        """The place of a value, which is new or known."""
        return self.places.setdefault(value, len(self.places))

    @property
    def values(self) -> list[t.Any]:
        """All of them, by place."""
        return list(self.places)


def encode(columns: Mapping[str, t.Any]) -> str:
    """JSON for a ``<script type="application/json">``: no ``<`` in it, so that no name can end the element."""
    text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def columns(records: Sequence[Record], title: str) -> dict[str, t.Any]:
    """The data of the table; ``title`` begins the name of the CSV that a reader downloads."""
    coding = _Coding()
    times = [_seconds(record["checked_at"]) for record in records]
    base = min((time for time in times if time is not None), default=0)
    lengths = (record["duration_ms"] for record in records)
    return {
        "host": [clean(record["host"]) for record in records],
        "shape": [coding.shape(record) for record in records],
        "at": [
            time - base if time is not None else clean(record["checked_at"], 40) or None
            for record, time in zip(records, times, strict=True)
        ],
        "ms": [length if isinstance(length, int) else None for length in lengths],
        "error": [[place, *coding.error(record)] for place, record in enumerate(records) if record["status"] in UNREAD],
        "title": title,
        "base": base,
        "statuses": [[key, word.text, word.sign] for key, word in STATUSES.items()],
        "standings": _STANDINGS,
        "accounts": coding.accounts.values,
        "lists": coding.lists.values,
        "holders": coding.holders.values,
        "shapes": [list(codes) for codes in zip(*coding.shapes.values, strict=True)] or [[] for _name in SHAPE],
        "templates": coding.templates.values,
        **{key: dictionary.values for key, dictionary in coding.words.items()},
    }


class _Coding:
    """The dictionaries of a table while it is made."""

    def __init__(self) -> None:
        self.accounts, self.lists, self.holders, self.shapes, self.templates = (Dictionary() for _number in range(5))
        self.words = {key: Dictionary() for key in ("role", "system", "iis", "control", "plan")}
        self._held: dict[t.Any, int] = {}

    def shape(self, record: Record) -> int:
        """The code of what a host has in common with others, see SHAPE."""
        words, control = self.words, (record["controlled_by"] or {}).get("kind")
        return self.shapes.code(
            (
                _PLACES[record["status"]],
                words["role"].code(clean(record["host_role"] or "unknown")),
                words["system"].code(_system(record["windows"])),
                words["iis"].code(_iis(record["iis"])),
                self._holders(record["holders"] or ()),
                *(self._listed(record, key) for key in ("missing", "unexpected", "waived")),
                words["control"].code((clean(control), set_by(record))),
                words["plan"].code("; ".join(plan_lines(record))),
            )
        )

    def error(self, record: Record) -> list[t.Any]:
        """The code of a template, and what goes between its pieces; 0 stands for the host's own name."""
        error = record["error"] or {}
        text = clean(error.get("message") or record["reason"], SENTENCE)
        category = error.get("category")
        text = text if category in (record["status"], None) else f"{clean(category)}: {text}"
        host = clean(record["host"])
        pieces: list[str] = [""]
        values: list[t.Any] = []
        for number, part in enumerate(text.split(host) if host else [text]):
            if number:
                values.append(0)
                pieces.append("")
            first, *rest = _VARIES.split(part)
            pieces[-1] += first
            values += rest[::2]
            pieces += rest[1::2]
        return [self.templates.code(tuple(pieces)), *values]

    def _holders(self, holders: Sequence[Mapping[str, t.Any]]) -> int:
        """The code of a list of accounts with their standings, one after the other; most hosts have the same."""
        key = tuple((one["sid"], one["name"], one.get("standing")) for one in holders)
        if key not in self._held:
            codes: list[int] = []
            for sid, name, standing in key:
                codes += (self._account(sid, name), _STANDINGS.index(standing if standing in STANDINGS else "not judged"))
            self._held[key] = self.holders.code(tuple(codes))
        return self._held[key]

    def _listed(self, record: Record, key: str) -> int:
        """The code of a list of accounts; their names are those of the holders and of the findings."""
        if not record[key]:
            return self.lists.code(())
        names = {one["sid"]: one["name"] for one in (*(record["findings"] or ()), *(record["holders"] or ()))}
        return self.lists.code(tuple(self._account(sid, names.get(sid)) for sid in record[key]))

    def _account(self, sid: str, name: str | None) -> int:
        return self.accounts.code((name_of(sid, name), clean(sid)))


def _system(windows: Mapping[str, t.Any] | None) -> str:
    if not windows:
        return ""
    build = f" ({clean(str(windows['build']))})" if windows.get("build") else ""
    return clean(windows.get("caption")) + build


def _iis(iis: Mapping[str, t.Any] | None) -> str:
    return clean(iis.get("version") or "installed") if iis and iis.get("installed") else ""


def _seconds(text: t.Any) -> int | None:
    """Seconds since 1970 of a time in the reports' form (2026-01-31T08:15:00Z), else None."""
    if not isinstance(text, str) or len(text) != 20 or text[-1] != "Z":
        return None
    try:
        return int(datetime.datetime.fromisoformat(text[:-1]).replace(tzinfo=datetime.timezone.utc).timestamp())
    except ValueError:
        return None
