# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy and the tailoring ask of one host: SID -> standing and the sentence that says why. Pure."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .._accounts.parsing import Account, name_key
from .._accounts.sids import FLOOR
from .._facts.facts import HostFacts
from .._facts.features import MAY_BE, Feature, FeatureName, Features
from .._facts.names import Answers
from .._facts.releases import System
from .._facts.roles import HostRole
from .._input.categories import ErrorCategory
from .._input.errors import CannotJudge
from .._input.naming import called
from .._policy.exceptions import ExceptionUse, PolicyException, State, too_wide
from .._policy.policy import ACCOUNT_KEYS, Policy, Row

_CURE = "write a built-in group as its symbol, an account that was deleted as its SID, and leave out what this host does not have"


KEEPING = called("permitted")
"""What lets an account keep the right, for sentences, where no whole list is given."""


class Standing(str, enum.Enum):
    """Where one holder stands."""

    FLOOR = "floor"
    REQUIRED = "required"
    DEFAULT = "default"
    PERMITTED = "permitted"
    WAIVED = "waived"
    LEGACY = "legacy"
    ORPHAN = "orphan"
    UNEXPECTED = "unexpected"


class Waive(str, enum.Enum):
    """Which exceptions waive a holder."""

    ANY = "any"
    DOCUMENTED = "documented"  # where the rule that judges the host foresees exceptions


@dataclass(frozen=True, slots=True)
class Tailoring:
    """What the options of a task change and add to the policy for one host, as a tailoring does to a baseline (NIST SP 800-53B).

    ``host_role``, ``features``: what is not there believes the host, the rest is declared. ``exceptions``: those meant for this host,
    which hold or do not on the day ``today``. ``keep_orphans``: a holder whose account was deleted is no finding.
    ``waive``: which exceptions waive a holder. ``required_by``: in words, why ``required`` are, where they are not those of the option
    required.
    """

    host_role: HostRole | None = None
    features: Mapping[FeatureName, bool] = field(default_factory=dict)
    required: tuple[Account, ...] = ()
    permitted: tuple[Account, ...] = ()
    forbidden: tuple[Account, ...] = ()
    exceptions: tuple[PolicyException, ...] = ()
    today: datetime.date = datetime.date.max  # a caller that names no day makes no exception hold for longer
    keep_orphans: bool = False
    waive: Waive = Waive.ANY
    required_by: str = "by the option required"
    keeping: str = KEEPING

    @property
    def asked_names(self) -> tuple[str, ...]:
        """Names to ask a host for, sorted: those that only it can turn into SIDs, and services and pools, which it may not know."""
        return tuple(sorted({account.text for account in self.accounts() if account.asked}))

    def accounts(self) -> Iterator[Account]:
        """All accounts that the task names."""
        yield from (*self.required, *self.permitted, *self.forbidden, *(exception.account for exception in self.exceptions))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides which rows count on this host. ``system``: None when no row asks, or for a release that no document is written for."""

    role: HostRole | None
    build: int | None
    system: System | None
    features: Features
    role_declared: bool = False


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something unknown that may permit or waive a holder, so that the holder cannot be called unexpected.

    It can be one of ``sids`` or begin like one of ``prefixes``; ``nameless``: only where the host has no name for it either.
    """

    category: ErrorCategory
    why: str
    sids: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    nameless: bool = False


@dataclass(slots=True)
class Expectation:
    """Accounts by SID, each with the sentence why.

    ``demanded``: required by the task itself. ``unresolved``: names that the host knows no SID for -> the list that they stand in.
    ``names``: of services and pools, as they were written. ``row_notes``: what is to be said when an account holds the
    right. ``exception_uses``: the exceptions that are meant for the host. ``doubts``: what is unknown and may permit or waive a holder.
    """

    required: dict[str, str] = field(default_factory=dict)
    default: dict[str, str] = field(default_factory=dict)
    permitted: dict[str, str] = field(default_factory=dict)
    forbidden: dict[str, str] = field(default_factory=dict)
    demanded: set[str] = field(default_factory=set)
    unresolved: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    row_notes: dict[str, str] = field(default_factory=dict)
    exception_uses: list[ExceptionUse] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    closed: bool = True
    notes: list[str] = field(default_factory=list)

    def __contains__(self, sid: str) -> bool:
        """Whether a row or the task says something about an account."""
        return sid in self.required or sid in self.default or sid in self.permitted or sid in self.forbidden

    def standing(self, sid: str) -> tuple[Standing, str]:
        """Where an account stands; what is asked first of it counts: forbidden, required, default, permitted, else unexpected."""
        if sid in self.forbidden:
            return Standing.UNEXPECTED, self.forbidden[sid]
        if sid in self.required:
            standing, reasons = Standing.REQUIRED, self.required
        elif sid in self.default:
            standing, reasons = Standing.DEFAULT, self.default
        elif sid in self.permitted:
            standing, reasons = Standing.PERMITTED, self.permitted
        else:
            return self._of_others
        return (Standing.FLOOR if sid in FLOOR else standing), reasons[sid]

    @property
    def _of_others(self) -> tuple[Standing, str]:
        return (Standing.UNEXPECTED, "") if self.closed else (Standing.PERMITTED, "not asked about by the task")


def expect(facts: HostFacts, policy: Policy, tailoring: Tailoring, circumstances: Circumstances) -> Expectation:
    """Collect what counts on this host.

    Raises CannotJudge when a row depends on a fact that is not known, or a required name has no SID on the host.
    """
    expectation = Expectation(closed=policy.closed)
    answers = Answers(facts)
    rows = tuple(rows_that_count(policy.rows, circumstances))
    refuse_unknown_forbidden(facts, (account for row in rows for account in row.forbidden))
    for row in rows:
        if row.feature is not None and circumstances.features[row.feature].present is None:
            expectation.doubts.append(_doubt_about(row, row.feature, circumstances.features[row.feature], answers))
            continue
        _enter_row(expectation, row, circumstances, answers)
    for key in ("required", "permitted", "forbidden"):
        for account in getattr(tailoring, key):
            why = f"required {tailoring.required_by}" if key == "required" else f"{key} by the option {key}"
            sid = _enter(expectation, key, account, why, answers)
            if sid and key == "required":
                expectation.demanded.add(sid)
    for exception in tailoring.exceptions:
        _enter_exception(expectation, exception, tailoring.today, circumstances, answers)
    for sid in expectation.required.keys() & expectation.forbidden.keys():
        raise CannotJudge(ErrorCategory.CONTRADICTION, f"{sid} is {expectation.required[sid]}, and {expectation.forbidden[sid]}")
    return expectation


def refuse_unknown_forbidden(facts: HostFacts, forbidden: Iterable[Account]) -> None:
    """Raises CannotJudge for a name that must not hold the right and that cannot be resolved: whoever it means may hold it."""
    answers = None
    for account in forbidden:
        answers = answers or Answers(facts)
        if answers.sid(account) is None:
            raise CannotJudge(
                ErrorCategory.ACCOUNT_LOOKUP,
                f"forbidden: {account.text} {answers.words(account)}, so it is not known whether it holds the right; {_CURE}",
            )


def rows_that_count(rows: Iterable[Row], circumstances: Circumstances) -> Iterator[Row]:
    """Those of the rows that count on a host, in their order; also those of a feature of which it is not known whether it is there."""
    for row in rows:
        if circumstances.role is not None and circumstances.role not in row.host_roles:
            continue
        if row.per_release and circumstances.system not in row.systems:
            continue
        if row.feature is not None and circumstances.features[row.feature].present is False:
            continue
        if row.build_from is not None or row.build_to is not None:
            if circumstances.build is None:
                raise CannotJudge(
                    ErrorCategory.BUILD_UNKNOWN, f"the build of Windows could not be read, and {row.where} depends on it"
                )
            if not (row.build_from or 0) <= circumstances.build <= (row.build_to or circumstances.build):
                continue
        yield row


def _enter_row(expectation: Expectation, row: Row, circumstances: Circumstances, answers: Answers) -> None:
    circumstance = _circumstance(row, circumstances)
    for key, account, source in row.entries:
        sid = _enter(expectation, key, account, f"{key} {circumstance} ({source})", answers, of_policy=True)
        if sid and row.note:
            expectation.row_notes[sid] = row.note
    if row.feature is None:
        return
    feature = circumstances.features[row.feature]
    if row.found and feature.unsure:
        expectation.doubts.append(_doubt(row, row.feature, feature.unsure, frozenset(), row.found))
    for key in row.found:
        for sid, why in feature.accounts.items():
            getattr(expectation, key).setdefault(sid, f"{key} because {why} ({row.cited})")
            if row.note:
                expectation.row_notes[sid] = row.note


def _doubt_about(row: Row, name: FeatureName, feature: Feature, answers: Answers) -> Doubt:
    """A row of a feature that the host may have or not."""
    cure = "if it has none, declare" if row.found else "declare"
    value = "false" if row.found else "true or false"
    option = called("iis", f": {value}") if name is FeatureName.IIS else called("features", f": {{{name.value}: {value}}}")
    why = f"whether the host has {name.words} is not known ({feature.because}); {cure} {option}"
    sids = {answers.sid(account) for account in (*row.default, *row.permitted)}
    keys = frozenset(key for key in ACCOUNT_KEYS if getattr(row, key)) | row.found
    return _doubt(row, name, why, frozenset(sid for sid in sids if sid), keys)


def _doubt(row: Row, name: FeatureName, why: str, sids: frozenset[str], keys: Collection[str]) -> Doubt:
    """What is unknown of a row of a feature. Raises CannotJudge where the row does more than permit."""
    if not {"required", "forbidden"}.isdisjoint(keys):
        raise CannotJudge(name.unknown, f"{why}, for {row.where} depends on it")
    return Doubt(name.unknown, why, sids, MAY_BE.get(name, ()) if row.found else ())


def _circumstance(row: Row, circumstances: Circumstances) -> str:
    """Why a row counts on a host."""
    if row.reason:
        return row.reason
    if row.feature is not None:
        return f"because {circumstances.features[row.feature].because}"
    if row.build_from is not None or row.build_to is not None:
        return f"on build {circumstances.build}"
    if row.where == "every_host":
        return "on every host"
    if row.per_release and circumstances.system and circumstances.role:
        return f"on {circumstances.role.words} with {circumstances.system.words}"
    return f"on {circumstances.role.words}" if circumstances.role else "on this host"


def _enter(expectation: Expectation, key: str, account: Account, why: str, answers: Answers, of_policy: bool = False) -> str | None:
    """Enter an account under its SID and return that; None when the host knows no SID for it and can do without."""
    sid = answers.sid(account)
    if sid is None:
        _unresolved(expectation, key, account, answers, of_policy)
        sid = account.derived
    elif answers.unknown(account):
        expectation.notes.append(f"the {key} account {account.text} {answers.unknown(account)}; its SID follows from the name")
    if sid is not None:
        getattr(expectation, key).setdefault(sid, why)
        if account.derived:
            expectation.names.setdefault(sid, account.text)
    return sid


def _unresolved(expectation: Expectation, key: str, account: Account, answers: Answers, of_policy: bool) -> None:
    failed, reason = answers.failed(account), answers.words(account)
    if key == "required" and (failed or account.derived is None):
        raise CannotJudge(ErrorCategory.ACCOUNT_LOOKUP, f"the required account {account.text} {reason}")
    local = account.text.startswith(".\\")
    if failed or not local:  # a host always knows whether an account of its own exists
        expectation.doubts.append(_unknown_name(account, failed))
    if failed or not (of_policy and local):
        expectation.notes.append(f"the {key} account {account.text} {reason}{_GUESS if account.derived else ''}")
    expectation.unresolved.setdefault(name_key(account.text), key)


_GUESS = "; its SID is taken from the name, which is not sure outside ASCII"


def _unknown_name(account: Account, failed: bool) -> Doubt:
    """A trust outage may leave names and SIDs unmapped alike, so an unmapped name throws doubt on holders without a name."""
    authority = "-".join((account.derived or "S-1-5-21").split("-")[:4])
    reason = (
        "could not be looked up on the host"
        if failed
        else "is no account that the host's LSA knows, and a holder has no name either"
    )
    return Doubt(ErrorCategory.ACCOUNT_LOOKUP, f"{account.text} {reason}", prefixes=(f"{authority}-",), nameless=not failed)


def _enter_exception(
    expectation: Expectation,
    exception: PolicyException,
    today: datetime.date,
    circumstances: Circumstances,
    answers: Answers,
) -> None:
    """Note what an exception can do here; whether it is used, the holders decide."""
    present = [circumstances.features[feature].present for feature in exception.features]
    if (exception.host_roles and circumstances.role not in exception.host_roles) or False in present:
        return
    account, state = exception.account, State.UNUSED
    sid = answers.sid(account)
    if exception.expired(today):
        state = State.EXPIRED
    elif sid is None:
        failed = answers.failed(account)
        state = State.UNKNOWN if failed else State.UNUSED
        if failed or not account.text.startswith(".\\"):
            expectation.doubts.append(_unknown_name(account, failed))
        expectation.unresolved.setdefault(name_key(account.text), "excepted")
        rest = _GUESS if account.derived else ", so that it waives none"
        expectation.notes.append(f"the excepted account {account.text} {answers.words(account)}{rest}")
        sid = account.derived
    elif too_wide(sid):
        state = State.TOO_WIDE
    elif None in present:
        state = State.UNKNOWN
        names = ", ".join(
            sorted(feature.value for feature in exception.features if circumstances.features[feature].present is None)
        )
        why = f"{exception.where} counts where the host has {names}, and that is not known; declare {called('features')}"
        expectation.doubts.append(Doubt(ErrorCategory.FEATURE_UNKNOWN, why, frozenset({sid})))
    if answers.sid(account) is not None and answers.unknown(account):
        expectation.notes.append(f"the excepted account {account.text} {answers.unknown(account)}; its SID follows from the name")
    expectation.exception_uses.append(ExceptionUse(exception, sid, state))
