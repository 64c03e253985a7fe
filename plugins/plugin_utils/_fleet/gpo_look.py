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
from .._result.types import Record
from .._wording import some, visible
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
        tuple(record["host"] for record in records if may_be_reached(record, domain)),
    )


def refuse(sids: Collection[Sid] | None, allow: Collection[str], reach: Reach | None, most: int) -> None:
    """Raises GpoRefused for what would do harm on audited hosts. ``most``: on how many of them an account may be taken away, or given
    against their policy; 0 without a limit.
    """
    if reach is None:
        return
    web = [one.audited.host for one in reach.impacts if one.audited.wins and "IIS" in one.audited.features]
    if sids is not None and IIS_IUSRS not in sids and web and Reason.WITHOUT_IIS.value not in allow:
        hosts = some([visible(host) for host in web])
        raise GpoRefused(
            Reason.WITHOUT_IIS,
            f"the list leaves out {shown(IIS_IUSRS)}, and hosts run IIS: {hosts}; {allowing(Reason.WITHOUT_IIS)}",
        )
    wide = [
        *second_look(reach.granted, len(reach.unseen), most, op="add"),
        *second_look(reach.planned, len(reach.unseen), most),
    ]
    if wide and Reason.MANY_HOSTS.value not in allow:
        more = f" ({len(reach.unseen)} hosts of the report that may be more count)" if reach.unseen else ""
        raise GpoRefused(
            Reason.MANY_HOSTS,
            f"it {some([change.text for change in wide])}{more}, and max_hosts_per_account is {most}; {allowing(Reason.MANY_HOSTS)}",
        )


def _plan(record: Record, impact: HostImpact, added: Sequence[Sid]) -> Mapping[str, object]:
    """What a host would gain and lose, in the form of a plan of the host itself."""
    names = {holder["sid"]: holder["name"] for holder in record["holders"]}
    return {"holders": record["holders"], "names": names, "added": added, "removed": impact.loses or ()}
