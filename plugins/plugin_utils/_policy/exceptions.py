# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exceptions: holders with an owner, on some hosts, until some day. Data -> types, or an error with entry and key. Pure."""

from __future__ import annotations

import datetime
import enum
import fnmatch
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from .._accounts.parsing import Account, parse_account
from .._facts.features import FeatureName
from .._facts.roles import HostRole
from .._input import checks
from .._input.errors import BadInput
from .loading import parse_feature, parse_role
from .policy import floor_account

KEYS = ("account", "reason", "owner", "ticket", "approved_by", "expires", "hosts", "groups", "host_roles", "features")
"""Keys of an exception; the first three must be there."""

# Groups that nearly everybody, or every service, is in: [MS-DTYP] 2.4.2.4; the last numbers are Domain Users, Domain Guests and
# Domain Computers.
_WIDE = frozenset({
    "S-1-1-0", "S-1-2-0", "S-1-2-1", "S-1-5-1", "S-1-5-2", "S-1-5-3", "S-1-5-4", "S-1-5-7", "S-1-5-11", "S-1-5-12", "S-1-5-13",
    "S-1-5-14", "S-1-5-15", "S-1-5-113", "S-1-5-1000", "S-1-5-32-545", "S-1-5-32-546", "S-1-5-32-554", "S-1-5-80-0",
    "S-1-15-2-1", "S-1-15-2-2", "S-1-18-1", "S-1-18-2",
})  # fmt: skip
_WIDE_PREFIXES = ("S-1-5-64-", "S-1-5-65-", "S-1-16-")  # how an account logged on, and integrity levels
_WIDE_RIDS = ("513", "514", "515")


class State(str, enum.Enum):
    """What an exception does on one host."""

    USED = "used"  # it waives a holder
    UNUSED = "unused"  # nothing there needs it
    EXPIRED = "expired"
    TOO_WIDE = "too_wide"  # the account turned out to be a group of nearly everybody: refused
    NOT_FORESEEN = "not_foreseen"  # the document foresees no exception, and the task asks for one that does
    UNKNOWN = "unknown"  # the account's name or the feature could not be looked up


@dataclass(frozen=True, slots=True)
class PolicyException:
    """One exception. ``where``: its place in the list. Empty scopes hold everywhere; several scopes must all hold.

    ``hosts``: names or patterns (``web*``) of the inventory; ``groups``: its groups. ``expires``: the last day on which it holds.
    """

    where: str
    account: Account
    reason: str
    owner: str
    ticket: str = ""
    approved_by: str = ""
    expires: datetime.date | None = None
    hosts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    host_roles: frozenset[HostRole] = frozenset()
    features: frozenset[FeatureName] = frozenset()

    def expired(self, today: datetime.date) -> bool:
        """Whether its last day is over."""
        return self.expires is not None and today > self.expires

    @property
    def label(self) -> str:
        """Which entry it is: its place in the list, with the ticket by which a reader of a report finds it."""
        return f"{self.where} (ticket {self.ticket})" if self.ticket else self.where

    @property
    def words(self) -> str:
        """For sentences: reason, owner, ticket, approver and last day."""
        by = ", ".join(
            filter(
                None,
                (
                    f"owner {self.owner}",
                    self.ticket and f"ticket {self.ticket}",
                    self.approved_by and f"approved by {self.approved_by}",
                    f"until {self.expires}" if self.expires else "without an end",
                ),
            )
        )
        return f"{self.reason} ({by})"

    @property
    def plain(self) -> dict[str, object]:
        """The exception as plain data, the same for the same exception wherever it stands."""
        return {
            "account": self.account.text,
            "reason": self.reason,
            "owner": self.owner,
            "ticket": self.ticket or None,
            "approved_by": self.approved_by or None,
            "expires": self.expires.isoformat() if self.expires else None,
            "hosts": list(self.hosts),
            "groups": list(self.groups),
            "host_roles": sorted(role.value for role in self.host_roles),
            "features": sorted(feature.value for feature in self.features),
        }


@dataclass(frozen=True, slots=True)
class ExceptionUse:
    """An exception that is meant for a host, the SID of its account there, and what it does."""

    exception: PolicyException
    sid: str | None
    state: State


def parse_exceptions(entries: object) -> tuple[PolicyException, ...]:
    """Exceptions from plain data. Raises BadInput that names entry and key (``exceptions[1].expires``)."""
    return tuple(_exception(f"exceptions[{number}]", entry) for number, entry in enumerate(checks.items("exceptions", entries)))


def meant_for(exceptions: Iterable[PolicyException], host: str, groups: Collection[str]) -> tuple[PolicyException, ...]:
    """Those whose hosts and groups include a host of the inventory."""
    return tuple(exception for exception in exceptions if covers(exception.hosts, exception.groups, host, groups))


def too_wide(sid: str) -> bool:
    """Whether nearly everybody is in this group."""
    return sid in _WIDE or sid.startswith(_WIDE_PREFIXES) or (sid.startswith("S-1-5-21-") and sid.rpartition("-")[2] in _WIDE_RIDS)


def covers(patterns: Collection[str], groups: Collection[str], host: str, groups_of_host: Collection[str]) -> bool:
    """Whether the hosts and groups of an exception include a host of the inventory; none of them is no limit."""
    if groups and not set(groups) & {*groups_of_host, "all"}:  # group_names of a host does not list all
        return False
    return not patterns or any(fnmatch.fnmatchcase(host.casefold(), pattern.casefold()) for pattern in patterns)


def _exception(where: str, data: object) -> PolicyException:
    data = checks.mapping(where, data)
    checks.keys(where, data, KEYS)
    for key in KEYS[:3]:
        if data.get(key) is None:
            raise BadInput(f"{where}.{key}", "the key is missing", expected=f"an exception needs {', '.join(KEYS[:3])}")
    return PolicyException(
        where=where,
        account=_account(f"{where}.account", data["account"]),
        reason=checks.text(f"{where}.reason", data["reason"]),
        owner=checks.text(f"{where}.owner", data["owner"]),
        **{key: checks.text(f"{where}.{key}", data[key]) for key in ("ticket", "approved_by") if data.get(key) is not None},
        expires=None if data.get("expires") is None else checks.day(f"{where}.expires", data["expires"]),
        hosts=_texts(f"{where}.hosts", data),
        groups=_texts(f"{where}.groups", data),
        host_roles=frozenset(parse_role(role, f"{where}.host_roles") for role in _texts(f"{where}.host_roles", data)),
        features=frozenset(parse_feature(name, f"{where}.features") for name in _texts(f"{where}.features", data)),
    )


def _account(where: str, entry: object) -> Account:
    try:
        account = parse_account(entry)
    except BadInput as error:
        raise error.within(where) from None
    if floor_account(account):
        raise BadInput(
            where,
            f"{account.shown} needs no exception: Windows needs its right, which is never taken away",
            expected="where a policy of your own does not name it, name it there",
        )
    if account.sid and too_wide(account.sid):
        raise BadInput(where, f"{account.shown} is too wide for an exception: nearly everybody is in it")
    return account


def _texts(where: str, data: Mapping[str, object]) -> tuple[str, ...]:
    """A list of texts; an empty one would be meant for no host and count for all."""
    key = where.rpartition(".")[2]
    if data.get(key) is None:
        return ()
    texts = tuple(checks.text(f"{where}[{number}]", entry) for number, entry in enumerate(checks.items(where, data[key])))
    if not texts:
        raise BadInput(where, "the list is empty", expected="leave it out, and the exception counts for all")
    return texts
