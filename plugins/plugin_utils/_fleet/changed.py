# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is different since an earlier report: hosts that came to drift or left it, hosts gone, holders first seen. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .._accounts.same_account import fleet_name, same_account
from .._accounts.sids import sort_key
from .._result.types import AccountCount, Changed, Holder, PolicyHead, Record, Report
from .._verdict.status import UNREAD, Status
from .._wording import some
from .merge import gathered, heads_of
from .scope import LIMITS, narrowing

_DRIFT = Status.DRIFT.value


def changed(report: Report, previous: Report | None) -> Changed | None:
    """Compare with the earlier report; None when there is none, or it is the report itself. Lists are sorted.

    ``previous``: id, started and policy of the earlier run. ``notes``: what limits the comparison, as sentences.
    ``came``: hosts that drift, and did not in the earlier report; ``left``: hosts that drifted, and were judged otherwise now.
    ``unclear``: hosts that drifted and were not read now, so that it is not known whether they left it.
    ``new``, ``gone``: hosts that only this or only the earlier report expects.
    ``new_holders``: sid, name and number of hosts of accounts that held the right on no host of the earlier report. Empty when that one
    was limited to some hosts and this one not to the same: an account may have held the right where it did not look.
    """
    if previous is None or previous["run"] == report["run"]:
        return None
    now, then = by_host(report), by_host(previous)
    drift, drifted = ({host for host, one in records.items() if one["status"] == _DRIFT} for records in (now, then))
    unread = {host for host, one in now.items() if one["status"] in UNREAD}
    read = any(one["status"] not in UNREAD for one in then.values())
    limits, earlier = (narrowing(head["run"] for head in heads_of(one)) for one in (report, previous))
    return {
        "previous": {
            "id": previous["run"]["id"],
            "started": previous["run"]["started"],
            "policy": previous["policy"]["name"] if previous["policy"] else None,
        },
        "notes": [*_notes(report["policy"], previous["policy"], read), *_limited(limits, earlier)],
        "came": sorted(drift - drifted),
        "left": sorted((drifted & now.keys()) - drift - unread),
        "unclear": sorted(drifted & unread),
        "new": sorted(now.keys() - then.keys()),
        "gone": sorted(then.keys() - now.keys()),
        "new_holders": _new_holders(now, then) if read and earlier in ([], limits) else [],
    }


def by_host(report: Report) -> dict[str, Record]:
    """One record a host: of two, the newer one."""
    return {record["host"]: record for record in gathered(report).records}


def _notes(policy: PolicyHead | None, earlier: PolicyHead | None, read: bool) -> list[str]:
    notes = []
    if policy and earlier and policy["sha256"] != earlier["sha256"]:
        other = (
            f"another version of the policy {policy['name']}"
            if policy["name"] == earlier["name"]
            else f"the policy {earlier['name']}, this one by {policy['name']}"
        )
        notes.append(
            f"the earlier report was judged by {other}: hosts may start or stop to drift although nothing was changed on them"
        )
    elif bool(policy) != bool(earlier):
        notes.append(f"{'the earlier' if policy else 'this'} report was judged by no policy: drift means something else in it")
    return notes if read else [*notes, "the earlier report has read no host, so that no holder can be called new"]


def _limited(limits: list[str], earlier: list[str]) -> list[str]:
    """Two runs with the same limit are alike; what another one left out is not known."""
    if limits == earlier:
        return []
    who = [
        f"{report} report was limited to {some(patterns, LIMITS)}"
        for report, patterns in (("the earlier", earlier), ("this", limits))
        if patterns
    ]
    more = ", and so may holders first seen, so that none is named" if earlier else ", and so may holders first seen"
    return [f"{' and '.join(who)}: hosts may be new or gone only because of the limit{more}"]


def _new_holders(now: Mapping[str, Record], then: Mapping[str, Record]) -> list[AccountCount]:
    """A holder is known again by its account, and by its SID: the one of a host that has forgotten the name is no news."""
    known = {key for record in then.values() for holder in record["holders"] for key in _keys(holder)}
    hosts: dict[str, set[str]] = {}
    shown: dict[str, AccountCount] = {}
    for host, record in sorted(now.items()):
        for holder in record["holders"]:
            keys = _keys(holder)
            if known.isdisjoint(keys):
                hosts.setdefault(keys[-1], set()).add(host)
                first = shown.setdefault(keys[-1], {"sid": holder["sid"], "name": None, "hosts": 0})
                first["name"] = first["name"] or fleet_name(holder["name"], holder["kind"])
    rows: list[AccountCount] = [{**shown[key], "hosts": len(holding)} for key, holding in hosts.items()]
    return sorted(rows, key=lambda row: (-row["hosts"], sort_key(row["sid"])))


def _keys(holder: Holder) -> tuple[str, str]:
    return holder["sid"], same_account(holder["sid"], holder["name"], holder["kind"])
