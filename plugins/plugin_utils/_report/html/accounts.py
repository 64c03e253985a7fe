# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can impersonate: every account that holds the right somewhere, counted over the fleet. Pure.

A deleted account has another SID in every domain and a local account another one on every host: both are counted by what they are.
"""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .words import AGAINST, SENTENCE, STANDINGS, clean, most_common, name_of

FIRST = 3  # hosts that are named
WORST_FIRST = tuple(STANDINGS)

GROUPS = (
    ("against", "Against the policy", "each of them makes a host drift", AGAINST),
    ("waived", "Waived", "allowed by an exception that somebody answers for", ("waived",)),
    ("allowed", "Allowed", "asked for or allowed by the policy", ("permitted", "default", "required", "not judged")),
    ("floor", "Every Windows", "never taken away", ("floor",)),
)


@dataclass(slots=True)
class AccountRow:
    """One account over the fleet. ``standings``: standing -> number of hosts; ``whys``: the most frequent reasons."""

    key: str
    kind: str
    names: dict[str, int] = field(default_factory=dict)
    sids: dict[str, None] = field(default_factory=dict)
    standings: dict[str, int] = field(default_factory=dict)
    hosts: list[str] = field(default_factory=list)
    first: dict[str, list[str]] = field(default_factory=dict)
    all_whys: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name that most hosts say."""
        if self.key == "orphan":
            return "Deleted accounts"
        return (most_common(self.names, 1) or [""])[0]

    @property
    def sid(self) -> str:
        """The SID, or the first ones."""
        sids = list(self.sids)
        return sids[0] if len(sids) == 1 else f"{sids[0]} and {len(sids) - 1:,} more"

    @property
    def worst(self) -> str:
        """The standing that decides where the row is listed."""
        return min(self.standings, key=WORST_FIRST.index)

    @property
    def shown_standings(self) -> list[tuple[str, int]]:
        """Standings with their numbers of hosts, the worst first."""
        return sorted(self.standings.items(), key=lambda item: WORST_FIRST.index(item[0]))

    @property
    def first_hosts(self) -> list[str]:
        """The first hosts on which it stands worst: those that an auditor would open."""
        return self.first[self.worst][:FIRST]

    @property
    def why(self) -> list[str]:
        """Why it stands so, at most two sentences of the worst standing."""
        return most_common(self.all_whys[self.worst], 2)


def group_key(sid: str, name: str | None, kind: str | None) -> str:
    """What makes two holders on two hosts the same account in this report."""
    if kind == "orphan":
        return "orphan"
    return f"local {name.rpartition(chr(92))[2].casefold()}" if kind == "local" and name else sid


def account_rows(records: Sequence[Mapping[str, t.Any]]) -> list[AccountRow]:
    """A row per account, those against the policy first, then by number of hosts."""
    rows: dict[str, AccountRow] = {}
    for record in records:
        for holder in record["holders"] or ():
            key = group_key(holder["sid"], holder["name"], holder.get("kind"))
            row = rows.get(key)
            if row is None:
                row = rows[key] = AccountRow(key, clean(holder.get("kind") or "unknown"))
            standing = holder.get("standing") if holder.get("standing") in STANDINGS else "not judged"
            row.standings[standing] = row.standings.get(standing, 0) + 1
            row.sids[clean(holder["sid"])] = None
            name = local_name(holder["name"]) if key.startswith("local ") else name_of(holder["sid"], holder["name"])
            row.names[name] = row.names.get(name, 0) + 1
            if not row.hosts or row.hosts[-1] != record["host"]:
                row.hosts.append(record["host"])
            first = row.first.setdefault(standing, [])
            if len(first) < FIRST:
                first.append(clean(record["host"]))
            whys, why = row.all_whys.setdefault(standing, {}), clean(holder.get("why"), SENTENCE)
            whys[why] = whys.get(why, 0) + 1
    return sorted(rows.values(), key=lambda row: (WORST_FIRST.index(row.worst), -len(row.hosts), row.name, row.key))


def local_name(name: str) -> str:
    r"""A local account without the name of its host: ``.\\name``."""
    return ".\\" + clean(name.rpartition("\\")[2])


def grouped(rows: Sequence[AccountRow], most: int) -> list[tuple[str, str, str, list[AccountRow], int]]:
    """The rows under their headings: (id, heading, meaning, rows, how many are left out); empty headings are not there."""
    found = []
    for key, title, meaning, standings in GROUPS:
        its = [row for row in rows if row.worst in standings]
        if its:
            found.append((key, title, meaning, its[:most], max(0, len(its) - most)))
    return found


def unexpected_rows(rows: Sequence[AccountRow]) -> list[tuple[AccountRow, int]]:
    """Accounts against the policy with the number of hosts on which they are, the most frequent first."""
    counted = [(row, sum(row.standings.get(standing, 0) for standing in AGAINST)) for row in rows]
    return sorted((pair for pair in counted if pair[1]), key=lambda pair: (-pair[1], pair[0].name, pair[0].key))
