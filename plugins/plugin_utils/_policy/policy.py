# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy is: typed rows that say who must and who may hold the right, on which hosts, by which document. Pure."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .._accounts.parsing import Account
from .._accounts.sids import FLOOR
from .._facts.features import FeatureName
from .._facts.releases import System
from .._facts.roles import HostRole


class Compare(str, enum.Enum):
    """How holders are measured against a policy."""

    EXACT = "exact"  # required accounts hold it, and no other account but the permitted ones
    AT_MOST = "at_most"  # no other account; that a required account does not hold it is no finding


ACCOUNT_KEYS = ("required", "default", "permitted", "forbidden")
"""Lists of accounts in a row."""
_NO_BUILD = 1 << 32
_EVERY_SYSTEM = frozenset(System)


@dataclass(frozen=True)  # no slots: what follows from the fields is kept beside them, since each host asks for it
class Document:
    """What a row was taken from; texts that are not known are empty. ``differs``: where another edition says something else."""

    title: str
    publisher: str = ""
    version: str = ""
    date: str = ""
    url: str = ""
    differs: str = ""

    @functools.cached_property
    def words(self) -> str:
        """For sentences: title, version and date."""
        dated = ", ".join(filter(None, (self.version, self.date)))
        return f"{self.title} ({dated})" if dated else self.title


@dataclass(frozen=True)
class Row:
    """Accounts of one row.

    ``where`` is its place in the data (``host_roles.client``). ``base``: such a row makes the policy apply to a host.
    ``found``: the lists to which the accounts belong that the read found for the feature. ``printed``: the SIDs that the document
    itself prints, where it differs; ``erratum`` says why. ``note``: said of a host on which an account of the row holds the right.
    ``benchmark_id``, ``rule``: the document's own numbers. ``exception_clause``: its words about exceptions, or that it has
    none; ``foresees_exceptions``: whether it allows any. The rest: when it counts.
    """

    where: str
    source: str
    required: tuple[Account, ...] = ()
    default: tuple[Account, ...] = ()
    permitted: tuple[Account, ...] = ()
    forbidden: tuple[Account, ...] = ()
    found: frozenset[str] = frozenset()
    reason: str = ""
    printed: frozenset[str] | None = None
    erratum: str = ""
    note: str = ""
    document: Document | None = None
    benchmark_id: str = ""
    rule: str = ""
    exception_clause: str = ""
    foresees_exceptions: bool = False
    base: bool = False
    host_roles: frozenset[HostRole] = frozenset(HostRole)
    systems: frozenset[System] = frozenset(System)
    build_from: int | None = None
    build_to: int | None = None
    feature: FeatureName | None = None

    def accounts(self) -> Iterator[Account]:
        """All accounts of the row."""
        for key in ACCOUNT_KEYS:
            yield from getattr(self, key)

    def overlaps(self, other: Row) -> bool:
        """Whether there can be a host on which both rows count."""
        builds = (self.build_from or 0) <= (other.build_to or _NO_BUILD) and (other.build_from or 0) <= (self.build_to or _NO_BUILD)
        return builds and bool(self.host_roles & other.host_roles) and bool(self.systems & other.systems)

    @functools.cached_property
    def cited(self) -> str:
        """Where the row comes from: the document's number and the document itself where it has one, and the place in it."""
        return ", ".join(
            filter(None, (self.benchmark_id, self.document.words if self.benchmark_id and self.document else "", self.source))
        )

    @functools.cached_property
    def entries(self) -> tuple[tuple[str, Account, str], ...]:
        """Each account with the list that it stands in and where that comes from: ``cited``, and the erratum where its document does not
        print the account.
        """
        return tuple((key, account, self._source_of(account)) for key in ACCOUNT_KEYS for account in getattr(self, key))

    def _source_of(self, account: Account) -> str:
        erratum = self.erratum if self.printed is not None and account.key not in self.printed else ""
        return f"{self.cited}{'; ' + erratum if erratum else ''}"

    @functools.cached_property
    def per_release(self) -> bool:
        """The row counts on some releases of Windows only."""
        return self.systems != _EVERY_SYSTEM


@dataclass(frozen=True, slots=True)
class GpoRow:
    """What a document says that a GPO defines: no host is judged by it (GPOs: _gpo/judgement).

    ``printed``, ``corrected``: None where that is nothing.
    """

    name: str
    source: str
    printed: tuple[Account, ...] | None
    corrected: tuple[Account, ...] | None
    erratum: str = ""
    observed: str = ""


@dataclass(frozen=True)
class Policy:
    """A validated policy: who must and who may hold the right, by which document.

    ``plain``: no table, the options of the task alone; the host role does not matter. ``closed``: whoever is not named is unexpected.
    ``data``: the rows as plain data, those of the policy that it extends among them.
    """

    name: str
    title: str
    compare: Compare
    rows: tuple[Row, ...]
    legacy: tuple[str, ...] = ()
    gpos: tuple[GpoRow, ...] = ()
    plain: bool = False
    closed: bool = True
    data: Mapping[str, object] = field(default_factory=dict)

    @functools.cached_property
    def asked_names(self) -> tuple[str, ...]:
        """Names to ask a host for, sorted: those that only it can turn into SIDs, and services and pools that are not well known."""
        names = {account.text for row in self.rows for account in row.accounts() if account.asked and not account.well_known}
        return tuple(sorted(names | {f".\\{name}" for name in self.legacy}))

    @functools.cached_property
    def per_release(self) -> bool:
        """Some rows count on some releases of Windows only, so that the release must be known."""
        return any(row.per_release for row in self.rows)


def plain_policy(closed: bool) -> Policy:
    """The policy of a task that names accounts by its options alone; ``closed``: no other account may hold the right."""
    return Policy("options", "The options of the task", Compare.EXACT, (), plain=True, closed=closed)


def floor_account(account: Account) -> bool:
    """Whether Windows breaks without this account's right."""
    return account.sid in FLOOR
