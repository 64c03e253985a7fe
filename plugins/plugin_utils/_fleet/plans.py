# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of a fleet, counted by account: what would change on how many hosts. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.same_account import fleet_name, same_row
from .._accounts.sids import sort_key
from .._facts.account_kinds import AccountKind, is_local
from .._wording import hosts_in_words, some, visible
from .scope import same_machines

BAD_INPUT = "bad_input"
"""The key of a result whose task failed because an option is wrong, before any host was touched."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One change that several hosts would get. ``op``: add or remove; ``sid``, ``name``: as the first host says them, the name of a local
    account without its host's. ``changes``: each host with the SID that the account has there.
    """

    op: str
    sid: str
    name: str | None
    changes: tuple[tuple[str, str], ...]
    local: bool = False

    @property
    def account(self) -> str:
        """For people outside too: no SID of one host stands for another's, and none says which host a local account is on."""
        if self.local and self.name:
            return visible(self.name)
        return "accounts that were deleted" if len({sid for _host, sid in self.changes}) > 1 else shown(self.sid, self.name)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts, none twice."""
        return tuple(dict.fromkeys(host for host, _its in self.changes))

    @property
    def text(self) -> str:
        """For people: the account and how many hosts."""
        return f"would {self.op} {self.account} on {hosts_in_words(len(self.hosts))}"


def count_plans(results: Mapping[str, Mapping[str, t.Any] | None]) -> list[Planned]:
    """Count the plans of hosts by account. ``results``: host -> what a planning task registered, None for hosts without a result.

    The same local account has another SID on every host, so it counts by its name; deleted accounts count as one.
    """
    changes: dict[tuple[str, str], list[tuple[str, str]]] = {}
    shown_as: dict[str, tuple[str, str | None, bool]] = {}
    for host, result in sorted(results.items()):
        kinds = _kinds(result or {})
        for op, key in (("add", "added"), ("remove", "removed")):
            for sid in (result or {}).get(key) or ():
                name = (result or {}).get("names", {}).get(sid)
                kind = kinds.get(sid)
                group = same_row(sid, name, kind)
                changes.setdefault((op, group), []).append((host, sid))
                shown_as.setdefault(group, (sid, fleet_name(name, kind), kind == AccountKind.LOCAL.value))
    ordered = sorted(changes.items(), key=lambda item: (item[0][0], sort_key(shown_as[item[0][1]][0])))
    return [Planned(op, *shown_as[group][:2], tuple(its), shown_as[group][2]) for (op, group), its in ordered]


def _kinds(result: Mapping[str, t.Any]) -> dict[str, str]:
    """The sorts of accounts by SID: of the holders, and of local accounts that do not hold the right yet."""
    computer = str((result.get("computer") or {}).get("name") or "")
    names: Mapping[str, str | None] = result.get("names", {}) if computer else {}
    new = {sid: AccountKind.LOCAL.value for sid, name in names.items() if is_local(sid, name, computer)}
    return new | {holder["sid"]: holder["kind"] for holder in result.get("holders") or ()}


def second_look(planned: Iterable[Planned], unread: int, limit: int, op: str = "remove") -> list[Planned]:
    """Removals, or changes of another ``op``, that touch more hosts than ``limit``; 0 is no limit. A host that was not read may be one
    more.

    The one place that decides it, for plans of hosts and for what a GPO does to hosts.
    """
    return [change for change in planned if change.op == op and 0 < limit < len(change.hosts) + unread]


def without_plan(results: Mapping[str, Mapping[str, object] | None]) -> list[str]:
    """Hosts that were not read, so that it is not known what would change on them."""
    return [host for host, result in sorted(results.items()) if (result or {}).get("outcome") is None]


def not_sent(results: Mapping[str, Mapping[str, object] | None]) -> list[str]:
    """Hosts whose options are wrong, with what the task said: the run has to be mended. What else fails at a host is its own failure."""
    messages = {
        host: str(result.get("msg") or "the task failed")
        for host, result in sorted(results.items())
        if result and result.get("failed") and result.get(BAD_INPUT) is True
    }
    some = [f"{host}: {message}" for host, message in list(messages.items())[:3]]
    return some + ([f"and {len(messages) - 3} more hosts"] if len(messages) > 3 else [])


def plan_lines(results: Mapping[str, Mapping[str, object] | None], planned: Sequence[Planned]) -> list[str]:
    """The plan of a fleet for a person: what would change, and which hosts have no plan."""
    refused = [host for host, result in sorted(results.items()) if (result or {}).get("outcome") == "refused"]
    lines = [f"{change.text}: {_named(change.hosts)}" for change in planned] or ["nothing to change"]
    unread = without_plan(results)
    lines += [f"{line} and is changed under one of them" for line in same_machines(_computers(results))]
    lines += [f"refused: {_named(refused)}"] if refused else []
    return lines + ([f"not read, so that nothing is planned for them: {_named(unread)}"] if unread else [])


def _computers(results: Mapping[str, Mapping[str, t.Any] | None]) -> Iterator[tuple[str, Mapping[str, object] | None]]:
    return ((host, result.get("computer") if result else None) for host, result in results.items())


def _named(hosts: Sequence[str]) -> str:
    return some([visible(host) for host in hosts])
