# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which links of a GPO have an effect on computers, as far as that is known; never guessed. Pure.

Source: [MS-GPOL] 3.2.5.1.5 (links, blocked inheritance, enforced links), 3.2.5.1.6 and .10 (what makes clients leave a GPO out).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .._accounts.sids import AUTHENTICATED_USERS, EVERYONE
from .errors import NotUnderstood
from .extensions import parse_extensions, reached
from .facts import DomainFacts, GpoFacts, Link, Som
from .gpt_ini import read_gpt_ini
from .version import machine_half

COMPUTER_HALF_DISABLED = 2
"""Bit of the attribute ``flags`` ([MS-GPOL] 2.2.4)."""
_NEARLY_ALL = (EVERYONE, AUTHENTICATED_USERS)


@dataclass(frozen=True, slots=True)
class Effect:
    """One link. ``effective``: None where that cannot be known; ``why``: what keeps it from having an effect, or limits it."""

    som: str
    kind: str
    order: int
    enforced: bool
    disabled: bool
    effective: bool | None
    why: tuple[str, ...]


def links_of(facts: DomainFacts, gpo: GpoFacts) -> tuple[Effect, ...] | None:
    """The links of a GPO, sorted by where they are; None where the links could not be read."""
    if facts.links is None:
        return None
    nowhere = nowhere_applied(gpo)
    found = [
        _effect(som, link, facts.links, nowhere)
        for som in facts.links
        for link in som.links
        if (link.guid or "").upper() == gpo.key
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda effect: (effect.som.lower(), effect.order)))


def nowhere_applied(gpo: GpoFacts) -> tuple[str, ...]:
    """Why no computer applies the security settings of a GPO, wherever it is linked; none where nothing speaks against it."""
    reasons = []
    if gpo.flags is not None and gpo.flags & COMPUTER_HALF_DISABLED:
        reasons.append("its settings for computers are disabled")
    if both_versions_zero(gpo):
        reasons.append("both its versions are 0, so that clients take it for empty")
    try:
        if not reached(parse_extensions(gpo.extensions)):
            reasons.append("gPCMachineExtensionNames does not lead clients to the security settings")
    except NotUnderstood:
        reasons.append("gPCMachineExtensionNames cannot be understood")
    if gpo.security is not None and not any(ace.allowed for ace in gpo.security):
        reasons.append("no account may apply it")
    elif gpo.security is not None and any(not ace.allowed and ace.sid in _NEARLY_ALL for ace in gpo.security):
        reasons.append("nearly every account is denied to apply it")
    return tuple(reasons)


def filters_of(gpo: GpoFacts) -> tuple[str, ...]:
    """What narrows a GPO to some computers: which ones, only a computer can tell."""
    notes = []
    if gpo.wmi_filter:
        notes.append("a WMI filter narrows it")
    if gpo.security is None:
        notes.append("who may apply it could not be read")
    else:
        if not any(ace.allowed and ace.sid in _NEARLY_ALL for ace in gpo.security):
            notes.append("only some accounts may apply it")
        if any(not ace.allowed and ace.sid not in _NEARLY_ALL for ace in gpo.security):
            notes.append("some accounts are denied to apply it")
    return tuple(notes)


def both_versions_zero(gpo: GpoFacts) -> bool:
    """Whether clients take the GPO for empty ([MS-GPOL] 3.2.5.1.6); False where one of the versions is not known."""
    folder = folder_version(gpo)
    return gpo.version is not None and folder is not None and not (machine_half(gpo.version) or machine_half(folder))


def folder_version(gpo: GpoFacts) -> int | None:
    """The version in gpt.ini; None where there is none, or none that can be understood."""
    data = gpo.gpt_ini.data
    if data is None:
        return None
    try:
        return read_gpt_ini(data).version
    except NotUnderstood:
        return None


def _effect(som: Som, link: Link, soms: Iterable[Som], nowhere: tuple[str, ...]) -> Effect:
    why = ["the link is disabled"] if link.disabled else []
    why += nowhere
    effective: bool | None = not why
    below = [] if link.enforced else [other.som for other in soms if other.block and other is not som and _passes(som, other)]
    if effective and below:
        why.append(f"it ends where inheritance is blocked: {'; '.join(sorted(below))}")
        if som.kind == "site":
            effective = None  # whether a computer of the site is outside of these, only the directory of computers tells
    return Effect(som.som, som.kind, link.order, link.enforced, link.disabled, effective, tuple(why))


def _passes(above: Som, below: Som) -> bool:
    """Whether what is linked above reaches the computers below: of the same domain or OU, or of a site, which has no place in the tree."""
    return above.kind == "site" or below.som.lower().endswith("," + above.som.lower())
