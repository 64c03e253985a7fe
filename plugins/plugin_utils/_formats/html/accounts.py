# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can impersonate: every account that holds the right somewhere, counted over the fleet. Pure.

A deleted account has another SID in every domain and a local account another one on every host: both are counted by what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..._accounts.same_account import fleet_name, same_row
from ..._result.types import Record
from ..._wording import SENTENCE, first_few
from ..display import name_of
from .words import AGAINST, STANDINGS, clean, most_common

FIRST = 3  # hosts that are named
WORST_FIRST = tuple(STANDINGS)

GROUPS = (
    ("against", "Against the policy", "each of them makes a host drift", AGAINST),
    ("waived", "Waived", "allowed by an exception with an owner", ("waived",)),
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


def account_rows(records: Sequence[Record]) -> list[AccountRow]:
    """A row per account, those against the policy first, then by number of hosts."""
    rows: dict[str, AccountRow] = {}
    known: dict[object, tuple[AccountRow, str, str, str, str]] = {}  # most hosts have the same holders for the same reasons
    for record in records:
        host = record["host"]
        for holder in record["holders"]:
            same = (holder["sid"], holder["name"], holder["kind"], holder["standing"], holder["why"])
            found = known.get(same)
            if found is None:
                found = known[same] = _read(rows, *same)
            row, sid, name, standing, why = found
            row.standings[standing] = row.standings.get(standing, 0) + 1
            row.sids[sid] = None
            row.names[name] = row.names.get(name, 0) + 1
            if not row.hosts or row.hosts[-1] != host:
                row.hosts.append(host)
            first = row.first.setdefault(standing, [])
            if len(first) < FIRST:
                first.append(clean(host))
            whys = row.all_whys.setdefault(standing, {})
            whys[why] = whys.get(why, 0) + 1
    return sorted(rows.values(), key=lambda row: (WORST_FIRST.index(row.worst), -len(row.hosts), row.name, row.key))


def _read(
    rows: dict[str, AccountRow], sid: str, name: str | None, kind: str, standing: str | None, why: str
) -> tuple[AccountRow, str, str, str, str]:
    """The row of a holder, which is new or known, then its SID, name, standing and reason as they are shown."""
    key = same_row(sid, name, kind)
    row = rows.setdefault(key, AccountRow(key, clean(kind)))
    its = standing if standing in STANDINGS else "not judged"
    return row, clean(sid), name_of(sid, fleet_name(name, kind)), its, clean(why, SENTENCE)


def grouped(rows: Sequence[AccountRow], most: int) -> list[tuple[str, str, str, list[AccountRow], int]]:
    """The rows under their headings: (id, heading, meaning, rows, how many are left out); empty headings are not there."""
    found = []
    for key, title, meaning, standings in GROUPS:
        its = [row for row in rows if row.worst in standings]
        if its:
            listed, left_out = first_few(its, most)
            found.append((key, title, meaning, list(listed), len(left_out)))
    return found


def unexpected_rows(rows: Sequence[AccountRow]) -> list[tuple[AccountRow, int]]:
    """Accounts against the policy with the number of hosts on which they are, the most frequent first."""
    counted = [(row, sum(row.standings.get(standing, 0) for standing in AGAINST)) for row in rows]
    return sorted((pair for pair in counted if pair[1]), key=lambda pair: (-pair[1], pair[0].name, pair[0].key))
