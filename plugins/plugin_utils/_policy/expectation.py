# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy and the wishes ask of one host: SID -> standing and the sentence that says why. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .accounts import Account
from .errors import CannotJudge
from .facts import AskedAccount, HostFacts, Resolution
from .policy import HostRole, Policy, Row
from .sids import FLOOR


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


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the task asks beyond the policy.

    ``host_role``, ``iis``: None believes the host, else declared. ``keep_orphans``: a holder whose account was deleted is no finding.
    """

    host_role: HostRole | None = None
    iis: bool | None = None
    required: tuple[Account, ...] = ()
    permitted: tuple[Account, ...] = ()
    forbidden: tuple[Account, ...] = ()
    keep_orphans: bool = False

    @property
    def asked_names(self) -> tuple[str, ...]:
        """Names that only a host can turn into SIDs, sorted."""
        accounts = (*self.required, *self.permitted, *self.forbidden)
        return tuple(sorted({account.text for account in accounts if account.sid is None}))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides which rows count on this host. ``iis``: None when the host could not tell."""

    role: HostRole | None
    build: int | None
    iis: bool | None
    iis_version: str | None
    role_declared: bool = False
    iis_declared: bool = False


@dataclass(slots=True)
class Expectation:
    """Accounts by SID, each with the sentence why.

    ``demanded``: required by the task itself. ``row_notes``: what is to be said when an account holds the right.
    ``unanswered``: permitted names whose look-up failed on the host; ``unmapped``: those that it says are nobody's.
    """

    required: dict[str, str] = field(default_factory=dict)
    default: dict[str, str] = field(default_factory=dict)
    permitted: dict[str, str] = field(default_factory=dict)
    forbidden: dict[str, str] = field(default_factory=dict)
    demanded: set[str] = field(default_factory=set)
    row_notes: dict[str, str] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    unmapped: list[str] = field(default_factory=list)
    closed: bool = True
    notes: list[str] = field(default_factory=list)

    def standing(self, sid: str) -> tuple[Standing, str]:
        """Where an account stands; what is asked first of it counts: forbidden, required, default, permitted, else unexpected."""
        if sid in self.forbidden:
            return Standing.UNEXPECTED, self.forbidden[sid]
        if sid in self.required:
            return (Standing.FLOOR if sid in FLOOR else Standing.REQUIRED), self.required[sid]
        if sid in self.default:
            return Standing.DEFAULT, self.default[sid]
        if sid in self.permitted:
            return Standing.PERMITTED, self.permitted[sid]
        return (Standing.UNEXPECTED, "") if self.closed else (Standing.PERMITTED, "not asked about by the task")


def expect(facts: HostFacts, policy: Policy, wishes: Wishes, here: Circumstances) -> Expectation:
    """Collect what counts on this host.

    Raises CannotJudge when a row hangs on a fact that is not known, or a required name has no SID on the host.
    """
    expectation = Expectation(closed=policy.closed)
    answers = {answer.asked.casefold(): answer for answer in facts.accounts}
    for row in _rows_that_count(policy, here):
        for key in ("required", "default", "permitted", "forbidden"):
            for account in getattr(row, key):
                sid = _enter(expectation, key, account, f"{key} {_because(row, account, here)}", answers)
                if sid and row.note:
                    expectation.row_notes[sid] = row.note
    for key in ("required", "permitted", "forbidden"):
        for account in getattr(wishes, key):
            sid = _enter(expectation, key, account, f"{key} by the option {key}", answers)
            if sid and key == "required":
                expectation.demanded.add(sid)
    for sid in expectation.required.keys() & expectation.forbidden.keys():
        raise CannotJudge("contradiction", f"{sid} is {expectation.required[sid]}, and {expectation.forbidden[sid]}")
    return expectation


def _rows_that_count(policy: Policy, here: Circumstances) -> Iterator[Row]:
    for row in policy.rows:
        if here.role is not None and here.role not in row.host_roles:
            continue
        if row.feature == "iis":
            if here.iis is None:
                raise CannotJudge(
                    "iis_unknown",
                    "whether IIS is installed could not be read (a 32-bit PowerShell on 64-bit Windows does not see it); "
                    "declare impersonate_iis",
                )
            if not here.iis:
                continue
        if row.build_from is not None or row.build_to is not None:
            if here.build is None:
                raise CannotJudge("build_unknown", f"the build of Windows could not be read, and {row.where} hangs on it")
            if not (row.build_from or 0) <= here.build <= (row.build_to or here.build):
                continue
        yield row


def _because(row: Row, account: Account, here: Circumstances) -> str:
    """The end of the sentence ``required ...``."""
    if row.reason:
        circumstance = row.reason
    elif row.feature == "iis":
        circumstance = (
            f"because IIS {here.iis_version} is installed" if here.iis_version else "because the host is declared to have IIS"
        )
    elif row.build_from is not None or row.build_to is not None:
        circumstance = f"on build {here.build}"
    elif row.where == "every_host":
        circumstance = "on every host"
    else:
        circumstance = f"on {here.role.words}" if here.role else "on this host"
    beyond = row.erratum if row.printed is not None and account.key not in row.printed else ""
    return f"{circumstance} ({row.source}{'; ' + beyond if beyond else ''})"


def _enter(expectation: Expectation, key: str, account: Account, why: str, answers: Mapping[str, AskedAccount]) -> str | None:
    """Enter an account under its SID and return that; None when the host knows no SID for it and can do without."""
    sid = account.sid
    if sid is None:
        answer = answers.get(account.text.casefold())
        if answer is None:
            raise CannotJudge("account_lookup", f"the host gave no answer for the account {account.text}")
        sid = answer.sid
        if sid is None or answer.resolved is not Resolution.LSA:
            _unresolved(expectation, key, account, answer)
            return None
    getattr(expectation, key).setdefault(sid, why)
    return sid


def _unresolved(expectation: Expectation, key: str, account: Account, answer: AskedAccount) -> None:
    failed = answer.resolved is Resolution.FAILED
    said = "could not be looked up on the host" if failed else "is no account that the host's LSA knows"
    if key == "required" or (key == "forbidden" and failed):
        raise CannotJudge("account_lookup", f"the {key} account {account.text} {said}")
    if key != "forbidden":
        (expectation.unanswered if failed else expectation.unmapped).append(account.text)
    expectation.notes.append(f"the {key} account {account.text} {said}")
