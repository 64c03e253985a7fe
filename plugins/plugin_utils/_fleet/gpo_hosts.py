# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of a report on which a GPO defines the right: what a change of that GPO means is asked of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._facts.evidence import ControllerKind
from .._facts.features import FeatureName
from .._gpo.facts import DEFAULT_DOMAIN_CONTROLLERS_POLICY, DEFAULT_DOMAIN_POLICY
from .._gpo.impact import Audited
from .._result.types import Record
from .._verdict.status import Status

_FEATURES = {FeatureName.IIS.value: "IIS", FeatureName.SSIS.value: "SSIS", FeatureName.ADFS.value: "AD FS"}
_OF_SYSTEM = ("S-1-5-18", "S-1-5-19", "S-1-5-20")
"""Accounts that services have by default; each has the right by itself or by the floor."""

_IN_EVERY_DOMAIN = (DEFAULT_DOMAIN_POLICY, DEFAULT_DOMAIN_CONTROLLERS_POLICY)


def audited(records: Iterable[Record], guid: str, domain: str | None) -> tuple[Audited, ...]:
    """The hosts that name a GPO as the one that sets the right, or as one that lost against another.

    ``domain``: of the GPO, by its name in DNS. The two default GPOs have the same GUID in every domain: those of hosts of other domains are
    others. A host whose domain is not known counts.
    """
    key = guid.upper()
    own = [record for record in records if key not in _IN_EVERY_DOMAIN or _may_be_of(record, domain)]
    return tuple(_audited(record, wins) for record in own if (wins := _wins(record, key)) is not None)


def may_be_reached(record: Record, domain: str | None) -> bool:
    """Whether a report does not know who sets the right on a host that may be of the domain: it was not read, or could not say."""
    if record["status"] == Status.NOT_APPLICABLE.value or not _may_be_of(record, domain):
        return False
    controller = record["controller"]
    return controller is None or (controller["kind"] == ControllerKind.UNKNOWN.value and controller["guid"] is None)


def _may_be_of(record: Record, domain: str | None) -> bool:
    name = record["computer"]["dns_domain"] if record["computer"] else None
    return name is None or domain is None or name.lower() == domain.lower()


def _wins(record: Record, key: str) -> bool | None:
    """None where the host does not name the GPO."""
    controller = record["controller"]
    if controller is None:
        return None
    if (controller["guid"] or "").upper() == key:
        return True
    return False if any((loser["guid"] or "").upper() == key for loser in controller["losers"]) else None


def _audited(record: Record, wins: bool) -> Audited:
    required, permitted = record["required"], record["permitted"]
    waived = record["waived"]
    return Audited(
        host=record["host"],
        wins=wins,
        holders=frozenset(holder["sid"] for holder in record["holders"]),
        required=None if required is None else frozenset(required),
        allowed=None if permitted is None else frozenset([*permitted, *waived]),
        features=tuple(word for name, word in _FEATURES.items() if _present(record, name)),
        own_accounts=tuple(sorted(set(_own_accounts(record)))),
    )


def _present(record: Record, name: str) -> bool:
    feature = (record["features"] or {}).get(name)
    return bool(feature and feature["present"])


def _own_accounts(record: Record) -> Iterator[str]:
    """Services and pools that run under an account of their own, as far as the report has them."""
    exposure = record["exposure"]
    for user in [*exposure["users"], *exposure["excluded"]] if exposure else ():
        if user["sid"] not in (*_OF_SYSTEM, None) and not str(user["sid"]).startswith(("S-1-5-80-", "S-1-5-82-")):
            yield f"{user['kind']} {user['name']}"
    for pool in (record["iis"]["pools"] or ()) if record["iis"] else ():
        if pool["account"] is not None:
            yield f"app pool {pool['name']}"
