# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of a report on which a GPO defines the right: what a change of that GPO means is asked of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._facts.evidence import ControllerKind
from .._facts.features import FeatureName
from .._gpo.facts import DEFAULT_DOMAIN_CONTROLLERS_POLICY, DEFAULT_DOMAIN_POLICY
from .._gpo.impact import Audited
from .._policy.exceptions import State
from .._result.types import Record
from .._verdict.status import Status

_FEATURES = {FeatureName.IIS.value: "IIS", FeatureName.SSIS.value: "SSIS", FeatureName.ADFS.value: "AD FS"}
_OF_SYSTEM = ("S-1-5-18", "S-1-5-19", "S-1-5-20")
"""Accounts that services have by default; each has the right by itself or by the floor."""

_IN_EVERY_DOMAIN = (DEFAULT_DOMAIN_POLICY, DEFAULT_DOMAIN_CONTROLLERS_POLICY)
_WORKGROUP = (0, 2)  # DSROLE_MACHINE_ROLE of a stand-alone workstation and server, [MS-DSSP] 2.2.2
_NOBODY_KNOWS = (ControllerKind.UNKNOWN.value, ControllerKind.STALE.value)


def audited(records: Iterable[Record], guid: str, domain: str | None) -> tuple[Audited, ...]:
    """The hosts that name a GPO as the one that sets the right, as one that lost against another, or as one of several of which none is
    known to have won. ``domain``: of the GPO, by its name in DNS.
    """
    return tuple(_audited(record, _wins(record, guid)) for record in records if _names(record, guid, domain))


def may_be_reached(record: Record, guid: str, domain: str | None) -> bool:
    """Whether a GPO may set the right on a host that may be of its domain, although it does not name the GPO: it was not read, or what
    it says is unknown or too old and names no winner. A host of a workgroup is in no domain.
    """
    if record["status"] == Status.NOT_APPLICABLE.value or not _may_be_of(record, domain) or _names(record, guid, domain):
        return False
    if record["computer"] and record["computer"]["machine_role"] in _WORKGROUP:
        return False
    controller = record["controller"]
    return controller is None or (controller["kind"] in _NOBODY_KNOWS and controller["guid"] is None)


def may_mean(record: Record, guid: str, domain: str | None) -> bool:
    """Whether a GUID that a host names may be that of a GPO of a domain, by its name in DNS.

    The two default GPOs have the same GUID in every domain: those of hosts of other domains are others. A host whose domain is not known
    may be of each.
    """
    return guid.upper() not in _IN_EVERY_DOMAIN or _may_be_of(record, domain)


def _may_be_of(record: Record, domain: str | None) -> bool:
    name = record["computer"]["dns_domain"] if record["computer"] else None
    return name is None or domain is None or name.lower() == domain.lower()


def _names(record: Record, guid: str, domain: str | None) -> bool:
    controller = record["controller"]
    if controller is None or not may_mean(record, guid, domain):
        return False
    named = [controller["guid"], *(loser["guid"] for loser in controller["losers"])]
    return any((one or "").upper() == guid.upper() for one in named)


def _wins(record: Record, guid: str) -> bool | None:
    """Of a host that names the GPO. None where it names no winner: then each of those that it names may be the one."""
    controller = record["controller"]
    if controller is None:
        return None
    if controller["guid"] is not None:
        return controller["guid"].upper() == guid.upper()
    return False if controller["kind"] == ControllerKind.MDM.value else None


def _accepted(record: Record) -> list[str]:
    """Accounts that an exception accepts: those that the host has, and those that it has not yet."""
    unused = [one["sid"] for one in record["exceptions"] if one["state"] == State.UNUSED.value]
    return [*record["waived"], *(sid for sid in unused if sid is not None)]


def _audited(record: Record, wins: bool | None) -> Audited:
    required, permitted = record["required"], record["permitted"]
    return Audited(
        host=record["host"],
        wins=wins,
        holders=frozenset(holder["sid"] for holder in record["holders"]),
        required=None if required is None else frozenset(required),
        allowed=None if permitted is None else frozenset([*permitted, *_accepted(record)]),
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
