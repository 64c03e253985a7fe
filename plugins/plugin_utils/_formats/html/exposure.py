# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has the right in effect: services and application pools by their account, members of groups, and who gave it. Pure."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..._result.types import Record, User
from ..._wording import first_few
from ..display import name_of, shown
from .words import AGAINST, clean, counted

_FEW = 6


@dataclass(frozen=True, slots=True)
class Running:
    """An account under which processes with the right run. ``what``: services and pools with their hosts; ``through``: by which entry."""

    name: str
    sid: str
    holder: bool
    what: list[tuple[str, str, int]]
    left_out: int
    through: list[str]
    hosts: list[str]


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a group that holds the right. ``broad``: nearly everybody is in it."""

    group: str
    name: str
    sid: str
    broad: bool
    hosts: list[str]


def running(records: Sequence[Record]) -> list[Running]:
    """Processes that have the right, by the account they run under; SYSTEM and the service accounts of Windows last."""
    users: dict[str, list[tuple[str, User]]] = collections.defaultdict(list)
    names: dict[str, str] = {}
    for record in records:
        for user in record["exposure"]["users"] if record["exposure"] else ():
            key = user["sid"] or f"?{user['account'] or ''}"
            names.setdefault(key, name_of(user["sid"], user["account"]) or "account not known")
            users[key].append((record["host"], user))
    holders = {holder["sid"] for record in records for holder in record["holders"] or ()}
    rows = [_running(key, names[key], its, key in holders) for key, its in users.items()]
    return sorted(
        rows, key=lambda row: (row.sid.startswith("S-1-5-") and row.sid.count("-") == 3, -len(row.hosts), row.name, row.sid)
    )


def _running(key: str, name: str, users: Sequence[tuple[str, User]], holder: bool) -> Running:
    what = collections.Counter((clean(user["kind"]), clean(user["name"])) for _host, user in users)
    through = {name_of(sid, None) or clean(sid) for _host, user in users for sid in user["through"]}
    ordered = sorted(what.items(), key=lambda item: (-item[1], item[0]))
    hosts = [clean(host) for host in dict.fromkeys(host for host, _user in users)]
    listed, left_out = first_few([(kind, its, count) for (kind, its), count in ordered], _FEW)
    return Running(name, "" if key.startswith("?") else clean(key), holder, list(listed), len(left_out), sorted(through), hosts)


_UNREAD = {
    "everybody": "nearly everybody",
    "failed": "could not be read",
    "limit": "more than are read",
    "incomplete": "the host told some of them without a SID, or through WMI, which leaves some out",
    "not_told": "the directory listed no members, which does not mean that there are none",
}


def reading(records: Iterable[Record]) -> dict[str, int]:
    """How far the look at processes went: hosts where it was made, where it is not complete, processes without the right or unknown."""
    looked = [record["exposure"] for record in records if record["exposure"]]
    return {
        "hosts": len(looked),
        "incomplete": sum(not one["complete"] for one in looked),
        "excluded": sum(len(one["excluded"] or ()) for one in looked),
        "unknown": sum(len(one["unknown"] or ()) for one in looked),
    }


def members(records: Iterable[Record]) -> list[Member]:
    """Members of the groups that hold the right, groups of nearly everybody first."""
    hosts: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
    about: dict[tuple[str, str], tuple[str, str, bool]] = {}
    for record in records:
        for group in record["groups"] or ():
            for one in group["members"] or ():
                key = (group["sid"], one["sid"])
                about.setdefault(key, (shown(*key[:1], group["name"]), name_of(one["sid"], one["name"]), bool(one["broad"])))
                hosts[key].append(clean(record["host"]))
    rows = [Member(about[key][0], about[key][1], clean(key[1]), about[key][2], its) for key, its in hosts.items()]
    return sorted(rows, key=lambda row: (not row.broad, row.group, -len(row.hosts), row.name, row.sid))


def unread_groups(records: Iterable[Record]) -> list[str]:
    """Groups whose members are not in the table, as sentences that say why."""
    failed: collections.Counter[tuple[str, str]] = collections.Counter()
    for record in records:
        for group in record["groups"] or ():
            if group["status"] != "read":
                words = _UNREAD.get(group["status"]) or clean(group["status"])
                failed[shown(group["sid"], group["name"]), words] += 1
    return [f"{name}: {status} on {counted(count, 'host')}" for (name, status), count in sorted(failed.items())]


def events(records: Iterable[Record]) -> list[dict[str, str]]:
    """Changes of the right from the security logs, those of accounts against the policy first, the newest first."""
    rows = []
    for record in records:
        against = {holder["sid"] for holder in record["holders"] or () if holder["standing"] in AGAINST}
        for event in record["provenance"]["events"] if record["provenance"] else ():
            row = {
                "time": clean(event["time"], 40),
                "host": clean(record["host"]),
                "what": {True: "given", False: "taken away"}.get(event["given"], "changed"),
                "target": shown(event["target"], event["target_name"]),
                "by": shown(event["subject"], event["subject_name"]),
                "who": clean(event["by"]),
                "against": "yes" if event["target"] in against else "",
            }
            rows.append(row)
    rows.sort(key=lambda row: (row["host"], row["target"]))
    rows.sort(key=lambda row: row["time"], reverse=True)
    rows.sort(key=lambda row: not row["against"])
    return rows


def coverage(records: Iterable[Record]) -> list[str]:
    """How far the security logs could be read, as ``12 hosts: whole``."""
    counts = collections.Counter(clean(record["provenance"]["coverage"]) for record in records if record["provenance"])
    return [f"{counted(count, 'host')}: {word}" for word, count in sorted(counts.items())]
