# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which audited hosts a change of a GPO reaches, and what each would gain and lose, from an earlier report. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from .._accounts.sids import FLOOR, Sid, sort_key

Record = Mapping[str, object]
"""A host in a report, as `_result/types` has it."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What an earlier report says of a host on which a GPO defines the right.

    ``wins``: it sets the right there, else another one does; None where it may be either. ``required``, ``allowed``: by the policy of
    that report, None where the host was not judged. ``features``: which of IIS, SSIS, AD FS it has; ``own_accounts``: services and pools
    under accounts of their own.
    """

    host: str
    wins: bool | None
    holders: frozenset[Sid]
    required: frozenset[Sid] | None
    allowed: frozenset[Sid] | None
    features: tuple[str, ...]
    own_accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HostImpact:
    """One host. ``gains``, ``loses``: None where they cannot be known. ``drifts``: it would drift then; None where that is not known."""

    audited: Audited
    gains: tuple[Sid, ...] | None
    loses: tuple[Sid, ...] | None
    drifts: bool | None

    @property
    def granted(self) -> tuple[Sid, ...]:
        """What it gains that its policy does not allow, all of it where the host was not judged."""
        known = (self.audited.required or frozenset()) | (self.audited.allowed or frozenset())
        return tuple(sid for sid in self.gains or () if sid not in known)


def impact_of(audited: Iterable[Audited], sids: Collection[Sid] | None) -> tuple[HostImpact, ...]:
    """What a list means for each host, sorted by host. ``sids``: None where the GPO no longer defines the right.

    A host that another GPO sets keeps what it has; where it may be either, what is told is what happens if this one sets it. Without
    the definition a host may keep the list or go back to its own, which no document promises, so that is not known. The floor stays on
    each host, since Windows takes it from none.
    """
    return tuple(sorted((_one(host, sids) for host in audited), key=lambda impact: impact.audited.host))


def _one(host: Audited, sids: Collection[Sid] | None) -> HostImpact:
    if host.wins is False:
        return HostImpact(host, (), (), _drifts(host, host.holders))
    if sids is None:
        return HostImpact(host, None, None, None)
    after = set(sids) | FLOOR
    gains, loses = after - host.holders, host.holders - after
    return HostImpact(host, tuple(sorted(gains, key=sort_key)), tuple(sorted(loses, key=sort_key)), _drifts(host, after))


def _drifts(host: Audited, after: Collection[Sid]) -> bool | None:
    """Whether a host with these holders differs from its policy; None where it was not judged."""
    if host.required is None or host.allowed is None:
        return None
    holders = frozenset(after)
    return bool(host.required - holders or holders - host.allowed - host.required)
