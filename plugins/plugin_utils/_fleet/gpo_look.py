# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of a GPO does to the hosts of an earlier report, counted as plans of hosts are, and when it is refused for that. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.sids import IIS_IUSRS, Sid
from .._gpo.impact import HostImpact, impact_of
from .._gpo.refusal import GpoRefused, Reason, allowing
from .._input.naming import called
from .._result.types import Record
from .._wording import hosts_in_words, some, visible
from .gpo_hosts import audited, may_be_reached
from .plans import Planned, count_plans, second_look


@dataclass(frozen=True, slots=True)
class Reach:
    """The hosts that a change reaches. ``planned``: who would gain and lose the right, on which of them; ``unseen``: hosts of which the
    report does not know who sets the right, so that they may be more.

    ``granted``: those of ``planned`` that the policy of a host does not allow, or that cannot be told since it was not judged.
    """

    impacts: tuple[HostImpact, ...]
    planned: tuple[Planned, ...]
    granted: tuple[Planned, ...]
    unseen: tuple[str, ...]


def reach_of(records: Sequence[Record], guid: str, domain: str | None, sids: Collection[Sid] | None) -> Reach:
    """The reach of a change to a list; ``sids``: None where the GPO no longer defines the right."""
    by_host = {record["host"]: record for record in records}
    impacts = impact_of(audited(records, guid, domain), sids)
    plans = {one.audited.host: _plan(by_host[one.audited.host], one, one.gains or ()) for one in impacts}
    grants = {one.audited.host: _plan(by_host[one.audited.host], one, one.granted) for one in impacts}
    return Reach(
        impacts,
        tuple(count_plans(plans)),
        tuple(change for change in count_plans(grants) if change.op == "add"),
        tuple(record["host"] for record in records if may_be_reached(record, guid, domain)),
    )


def refusal(sids: Collection[Sid] | None, allow: Collection[str], reach: Reach | None, most: int) -> GpoRefused | None:
    """Why a change is refused that would do harm on audited hosts, or None. ``most``: on how many of them an account may be taken away, or
    given against their policy; 0 without a limit.
    """
    if reach is None:
        return None
    those = [one for one in reach.impacts if one.audited.wins is not False]
    web = [one.audited.host for one in those if "IIS" in one.audited.features]
    if sids is not None and IIS_IUSRS not in sids and web and Reason.WITHOUT_IIS.value not in allow:
        hosts = some([visible(host) for host in web])
        why = f"the list leaves out {shown(IIS_IUSRS)}, and hosts run IIS: {hosts}"
        return GpoRefused(Reason.WITHOUT_IIS, f"{why}; {allowing(Reason.WITHOUT_IIS)}")
    wide = _wide(reach, [one.audited.host for one in those if one.loses is None], most)
    if wide and Reason.MANY_HOSTS.value not in allow:
        why = f"{wide}{_doubt(reach)}, and {called('max_hosts_per_account')} is {most}"
        return GpoRefused(Reason.MANY_HOSTS, f"{why}; {allowing(Reason.MANY_HOSTS)}")
    return None


def _wide(reach: Reach, not_known: Sequence[str], most: int) -> str:
    """What a change does to more hosts than may be, empty where there is none. ``not_known``: hosts that may lose any account."""
    unseen = len(reach.unseen)
    if not_known and 0 < most < len(not_known) + unseen:
        count = hosts_in_words(len(not_known))
        return f"the GPO no longer defines the right for {count}, and whether they keep the list cannot be known before"
    wide = [*second_look(reach.granted, unseen, most, op="add"), *second_look(reach.planned, unseen, most)]
    return f"it {some([change.text for change in wide])}" if wide else ""


def _doubt(reach: Reach) -> str:
    """Of which hosts that count it is not known whether the GPO sets the right."""
    unsure = sum(one.audited.wins is None for one in reach.impacts)
    doubts = [
        *([f"on {hosts_in_words(unsure)} it may have lost against another GPO, and they count"] if unsure else []),
        *([f"{hosts_in_words(len(reach.unseen))} of the report that may be more count"] if reach.unseen else []),
    ]
    return f" ({'; '.join(doubts)})" if doubts else ""


def _plan(record: Record, impact: HostImpact, added: Sequence[Sid]) -> Mapping[str, object]:
    """What a host would gain and lose, in the form of a plan of the host itself."""
    names = {holder["sid"]: holder["name"] for holder in record["holders"]}
    return {"holders": record["holders"], "names": names, "added": added, "removed": impact.loses or ()}
