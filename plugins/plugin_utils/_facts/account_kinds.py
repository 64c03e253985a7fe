# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sort of account a holder is, from its SID and the host's answer. A word for readers; no decision depends on it but orphan."""

from __future__ import annotations

import enum
import functools

from .._accounts.sids import WELL_KNOWN
from .facts import Computer, Holder, Resolution

_WELL_KNOWN_GROUP = 5  # SID_NAME_USE, [MS-LSAT] 2.2.13
BUILTIN = "S-1-5-32-"
_BUILTIN_RIDS = range(544, 586)  # [MS-DTYP] 2.4.2.4; no Windows has all of these groups
_SIDS = frozenset(sid for sid, _name in WELL_KNOWN.values())


class AccountKind(str, enum.Enum):
    """Sorts of accounts."""

    WELL_KNOWN = "well-known"
    BUILTIN = "builtin"
    LOCAL = "local"
    DOMAIN = "domain"
    SERVICE = "service"
    APP_POOL = "app pool"
    VIRTUAL = "virtual"
    ENTRA = "entra"
    CAPABILITY = "capability"
    ORPHAN = "orphan"
    UNKNOWN = "unknown"


_PREFIXES = (
    (BUILTIN, AccountKind.BUILTIN),
    ("S-1-5-80-", AccountKind.SERVICE),
    ("S-1-5-82-", AccountKind.APP_POOL),
    ("S-1-5-93-", AccountKind.VIRTUAL),  # winnt.h, SECURITY_USERMANAGER_ID_BASE_RID: the users of a container
    ("S-1-5-94-", AccountKind.VIRTUAL),  # winnt.h, SECURITY_WINRM_ID_BASE_RID: WinRM Virtual Users
    ("S-1-5-99-", AccountKind.SERVICE),
    ("S-1-12-1-", AccountKind.ENTRA),  # securityIdentifier of a user or group, Microsoft Graph
    ("S-1-15-", AccountKind.CAPABILITY),
)


def kind_of(holder: Holder, computer: Computer) -> AccountKind:
    """The sort of a holder.

    An orphan is an account SID (S-1-5-21-..., or S-1-5-32-... with a number that no Windows has) of which the LSA itself said that no
    account has it; a failed look-up makes none, and derived SIDs (services, pools) often have no name without being orphaned.
    """
    if holder.resolved is Resolution.UNMAPPED and holder.sid.startswith(BUILTIN) and _number(holder.sid) not in _BUILTIN_RIDS:
        return AccountKind.ORPHAN
    kind = _by_sid(holder.sid)
    if kind is not None:
        return kind
    if holder.use == _WELL_KNOWN_GROUP and holder.resolved is Resolution.LSA:
        return AccountKind.WELL_KNOWN
    if not holder.sid.startswith("S-1-5-21-"):
        return AccountKind.UNKNOWN
    if holder.resolved is Resolution.UNMAPPED:
        return AccountKind.ORPHAN
    if holder.resolved is not Resolution.LSA or holder.name is None:
        return AccountKind.UNKNOWN
    return AccountKind.LOCAL if is_local(holder.sid, holder.name, computer.name) else AccountKind.DOMAIN


def is_local(sid: str, name: str | None, computer: str) -> bool:
    """Whether an account with the name that the LSA gave is one of this computer's own."""
    return sid.startswith("S-1-5-21-") and (name or "").partition("\\")[0].casefold() == computer.casefold()


@functools.lru_cache(maxsize=4_096)
def _by_sid(sid: str) -> AccountKind | None:
    """The sort of an account whose SID tells it, whatever the host says of it."""
    by_prefix = next((kind for prefix, kind in _PREFIXES if sid.startswith(prefix)), None)
    return by_prefix or (AccountKind.WELL_KNOWN if sid in _SIDS else None)


def _number(sid: str) -> int:
    return int(sid.rpartition("-")[2])
