# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How grave a finding is: one rule by who it is about, on what host, and whether a process runs under the account. Pure.

The rule is RULE, and the docs print it (guide_report, "How grave a finding is"). It asks what an attacker gains: who holds the right and
runs code on a host can become SYSTEM there, and SYSTEM of a tier-0 host is the whole domain.
"""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Iterable, Mapping

from .._accounts.sids import ALL_SERVICES
from .._facts.account_kinds import AccountKind
from .._facts.roles import HostRole
from .._policy.exceptions import too_wide
from .findings import FindingKind


class Rank(str, enum.Enum):
    """The words, the gravest first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Who(enum.Enum):
    """Who a finding is about, in words of the docs."""

    EVERYBODY = "a group of nearly everybody, itself or through a member"
    RUNNING = "any other account, and a service or an application pool runs under it"
    ACCOUNT = "any other account"
    PROGRAM = "the account of a service or of an application pool"
    GONE = "a deleted account, or an account that lacks the right"


class Tier(enum.Enum):
    """The hosts that the rule tells apart, in words of the docs."""

    TIER_0 = "tier 0"
    SERVER = "server"
    CLIENT = "client"


_C, _H, _M, _L = Rank
RULE: t.Final[Mapping[Who, Mapping[Tier, Rank]]] = {
    Who.EVERYBODY: dict(zip(Tier, (_C, _C, _C), strict=True)),
    Who.RUNNING: dict(zip(Tier, (_C, _H, _M), strict=True)),
    Who.ACCOUNT: dict(zip(Tier, (_C, _M, _L), strict=True)),
    Who.PROGRAM: dict(zip(Tier, (_H, _L, _L), strict=True)),
    Who.GONE: dict(zip(Tier, (_M, _L, _L), strict=True)),
}
WORDS = tuple(rank.value for rank in Rank)
_PROGRAMS = (AccountKind.SERVICE, AccountKind.APP_POOL)


def tier_of(role: str | None, adfs: bool | None) -> Tier:
    """The tier of a host. Tier 0 are domain controllers and AD FS ("Best Practices for Secure Planning and Deployment of AD FS").

    ``role``: of HostRole, or None where the host was judged without one: it counts as a server. ``adfs``: whether AD FS is there.
    """
    if role == HostRole.DOMAIN_CONTROLLER.value or adfs:
        return Tier.TIER_0
    return Tier.CLIENT if role == HostRole.CLIENT.value else Tier.SERVER


def rank_of(finding: FindingKind, sid: str, kind: AccountKind, tier: Tier, *, crowded: bool = False, running: bool = False) -> Rank:
    """The rank of a finding. ``crowded``: the account is a group with a member that nearly everybody is in.

    ``running``: a service or an application pool runs under the account; False where that was not read.
    """
    return RULE[_who(finding, sid, kind, crowded, running)][tier]


def _who(finding: FindingKind, sid: str, kind: AccountKind, crowded: bool, running: bool) -> Who:
    if finding in (FindingKind.MISSING, FindingKind.ORPHAN) or kind is AccountKind.ORPHAN:
        return Who.GONE
    if sid == ALL_SERVICES or (kind in _PROGRAMS and not too_wide(sid)):  # every service has the right through SERVICE anyway
        return Who.PROGRAM
    if crowded or too_wide(sid):
        return Who.EVERYBODY
    return Who.RUNNING if running else Who.ACCOUNT


def order(rank: str | None) -> int:
    """The place of a rank in a list with the gravest first; a finding of an earlier release has none and is last."""
    return WORDS.index(rank) if rank in WORDS else len(WORDS)


def gravest(ranks: Iterable[str | None]) -> str | None:
    """The gravest of some ranks; None where there is none."""
    return min((rank for rank in ranks if rank), key=order, default=None)
