# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of a fleet, counted by account: what would change on how many hosts. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._policy.accounts import shown
from .._policy.sids import sort_key


@dataclass(frozen=True, slots=True)
class Planned:
    """One change that several hosts would get. ``op``: add or remove; ``name``: as the first host says it."""

    op: str
    sid: str
    name: str | None
    hosts: tuple[str, ...]

    @property
    def text(self) -> str:
        """For people: the account and how many hosts."""
        return f"would {self.op} {shown(self.sid, self.name)} on {len(self.hosts)} {'host' if len(self.hosts) == 1 else 'hosts'}"


def count_plans(results: Mapping[str, Mapping[str, t.Any] | None]) -> list[Planned]:
    """Count the plans of hosts by account. ``results``: host -> what a planning task registered, None for hosts without a result."""
    hosts: dict[tuple[str, str], list[str]] = {}
    names: dict[str, str | None] = {}
    for host, result in sorted(results.items()):
        for op, key in (("add", "added"), ("remove", "removed")):
            for sid in (result or {}).get(key) or ():
                hosts.setdefault((op, sid), []).append(host)
                names.setdefault(sid, (result or {}).get("names", {}).get(sid))
    ordered = sorted(hosts.items(), key=lambda item: (item[0][0], sort_key(item[0][1])))
    return [Planned(op, sid, names[sid], tuple(its)) for (op, sid), its in ordered]


def second_look(planned: Iterable[Planned], limit: int) -> list[Planned]:
    """Removals that touch more hosts than ``limit``; 0 is no limit."""
    return [one for one in planned if one.op == "remove" and 0 < limit < len(one.hosts)]


def plan_lines(results: Mapping[str, Mapping[str, t.Any] | None], planned: Sequence[Planned]) -> list[str]:
    """The plan of a fleet for a person: what would change, and which hosts have no plan."""
    without = [host for host, result in sorted(results.items()) if (result or {}).get("outcome") in (None, "refused")]
    lines = [f"{one.text}: {_some(one.hosts)}" for one in planned] or ["nothing to change"]
    return lines + ([f"no plan, because they refuse, or were not read: {_some(without)}"] if without else [])


def _some(hosts: Sequence[str]) -> str:
    return ", ".join(hosts[:5]) + (f" and {len(hosts) - 5} more" if len(hosts) > 5 else "")
