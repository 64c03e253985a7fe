# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a report can name the hosts that a change of a GPO reaches. Pure."""

from __future__ import annotations

from collections.abc import Collection

from .._wording import some, visible
from .errors import NotUnderstood
from .extensions import parse_extensions, reached
from .facts import DomainFacts, GpoFacts
from .links import Effect, both_versions_zero, links_of


def unseen_by_hosts(facts: DomainFacts, gpo: GpoFacts, before: Collection[str] | None) -> str | None:
    """Why no host can have named the GPO so far, although it takes a change over, and where it is linked; None where nothing speaks so.

    ``before``: the accounts of its line, None where the right is not defined. RSoP names a GPO on a host only for a setting that the host
    has read from it, so that a report without such hosts says nothing of those that the change reaches.
    """
    why = _why(gpo, before)
    return None if why is None else f"{why}, so that no host names it; {_where(links_of(facts, gpo))}"


def _why(gpo: GpoFacts, before: Collection[str] | None) -> str | None:
    if before is None:
        return "the GPO does not define the right yet"
    if both_versions_zero(gpo):
        return "both versions of the GPO are 0, and clients take it for empty"
    try:
        known = reached(parse_extensions(gpo.extensions))
    except NotUnderstood:
        known = False
    return None if known else "gPCMachineExtensionNames does not lead clients to the security settings yet"


def _where(links: Collection[Effect] | None) -> str:
    if links is None:
        return "its links could not be read"
    enabled = [f"{link.kind} {visible(link.som)}" for link in links if not link.disabled]
    return f"it is linked to {some(enabled)}" if enabled else "no link of it was found in this domain or at a site"
