# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement: facts + policy + wishes -> a standing for every holder. Pure."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Collection
from dataclasses import dataclass

from .accounts import shown
from .errors import CannotJudge
from .expectation import Circumstances, Expectation, Standing, Wishes, expect
from .facts import Holder, HostFacts, Resolution
from .kinds import Kind, kind_of
from .policy import Compare, HostRole, Policy
from .roles import detect_role, notes_on_role
from .sids import NAMES, sort_key


class Status(str, enum.Enum):
    """One word per host. The first four come from a judgement; the others say why there is none."""

    COMPLIANT = "compliant"
    DRIFT = "drift"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    UNREACHABLE = "unreachable"
    ERROR = "error"
    NOT_CHECKED = "not_checked"


SUCCESS = "0x00000000"
ALLOWED = frozenset({Standing.FLOOR, Standing.REQUIRED, Standing.DEFAULT, Standing.PERMITTED, Standing.WAIVED})
"""Standings that are no finding."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One holder and where it stands, with the words that say why. ``standing`` is None where the policy does not apply."""

    holder: Holder
    kind: Kind
    standing: Standing | None
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """One account that must hold the right and does not."""

    sid: str
    name: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one host. Holders and missing accounts are sorted by SID."""

    status: Status
    here: Circumstances
    holders: tuple[Judged, ...]
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    allowed: frozenset[Standing] = ALLOWED

    @property
    def host_role(self) -> HostRole | None:
        """The role by which the host was judged; None where the task judged by its options alone."""
        return self.here.role

    @property
    def unexpected(self) -> tuple[Judged, ...]:
        """Holders that should not hold the right: unexpected ones, orphans and legacy accounts."""
        return tuple(judged for judged in self.holders if judged.standing is not None and judged.standing not in self.allowed)


def judge(facts: HostFacts, policy: Policy, wishes: Wishes) -> Verdict:
    """Say where every holder stands.

    Raises CannotJudge when a fact is unknown on which the answer hangs: the host role, IIS, the build, the SID of an account.
    """
    role = wishes.host_role or (None if policy.plain else detect_role(facts))
    here = Circumstances(
        role=role,
        build=facts.windows.build,
        iis=facts.iis.installed if wishes.iis is None else wishes.iis,
        iis_version=facts.iis.version if facts.iis.installed else None,
        role_declared=wishes.host_role is not None,
        iis_declared=wishes.iis is not None,
    )
    notes = notes_on_role(facts, role)
    held = sorted(facts.holders, key=lambda holder: sort_key(holder.sid))
    if role is not None and role not in policy.roles:
        idle = tuple(Judged(holder, kind_of(holder, facts.computer), None, "") for holder in held)
        return Verdict(Status.NOT_APPLICABLE, here, idle, (), (*notes, f"the policy {policy.name} has no row for {role.words}"))
    expectation = expect(facts, policy, wishes, here)
    judged = tuple(_stand(holder, expectation, facts, policy) for holder in held)
    missing = _missing(expectation, facts, expectation.required if policy.compare is Compare.EXACT else expectation.demanded)
    allowed = ALLOWED | {Standing.ORPHAN} if wishes.keep_orphans else ALLOWED
    verdict = Verdict(
        Status.COMPLIANT, here, judged, missing, (*notes, *expectation.notes, *_notes_on_holders(expectation, facts)), allowed
    )
    if not (verdict.missing or verdict.unexpected):
        return verdict
    _stop_at_doubt(verdict, expectation)
    return dataclasses.replace(verdict, status=Status.DRIFT)


def _stand(holder: Holder, expectation: Expectation, facts: HostFacts, policy: Policy) -> Judged:
    kind = kind_of(holder, facts.computer)
    standing, why = expectation.standing(holder.sid)
    if standing is not Standing.UNEXPECTED or why:
        return Judged(holder, kind, standing, why)
    if kind is Kind.ORPHAN:
        domain = f"the domain {holder.domain} has" if holder.domain else "the host knows"
        return Judged(holder, kind, Standing.ORPHAN, f"{domain} no account with this SID")
    if kind is Kind.LOCAL and _is_legacy(holder, facts, policy):
        return Judged(
            holder, kind, Standing.LEGACY, "has the name of an account of IIS 6 or ASP.NET 1.x; permit it where it is still needed"
        )
    return Judged(holder, kind, Standing.UNEXPECTED, f"the policy {policy.name} does not name it for this host")


def _is_legacy(holder: Holder, facts: HostFacts, policy: Policy) -> bool:
    """A label for a local account by its old name; the account is a finding with and without it."""
    name = (holder.name or "").rpartition("\\")[2].casefold()
    return name in {legacy.replace("<COMPUTER>", facts.computer.name).casefold() for legacy in policy.legacy}


def _missing(expectation: Expectation, facts: HostFacts, wanted: Collection[str]) -> tuple[Missing, ...]:
    names = {answer.sid: answer.name for answer in facts.accounts if answer.sid}
    absent = sorted(set(wanted) - facts.sids, key=sort_key)
    return tuple(Missing(sid, names.get(sid) or NAMES.get(sid), expectation.required[sid]) for sid in absent)


def _notes_on_holders(expectation: Expectation, facts: HostFacts) -> tuple[str, ...]:
    said = [
        f"{shown(sid)}: {expectation.row_notes[sid]}" for sid in sorted(expectation.row_notes.keys() & facts.sids, key=sort_key)
    ]
    if facts.lookup_status != SUCCESS:
        said.append(f"not all names could be looked up on the host ({facts.lookup_status})")
    return tuple(said)


def _stop_at_doubt(verdict: Verdict, expectation: Expectation) -> None:
    """A holder may be the very account that is permitted by a name without an answer: then nobody can call it unexpected.

    A trust outage may leave names and SIDs unmapped alike, so an unmapped name throws doubt on holders without a name.
    """
    accounts = [judged for judged in verdict.unexpected if judged.holder.sid.startswith("S-1-5-21-")]
    nameless = [judged for judged in accounts if judged.holder.resolved is not Resolution.LSA]
    for names, doubtful in ((expectation.unanswered, accounts), (expectation.unmapped, nameless)):
        if names and doubtful:
            raise CannotJudge(
                "account_lookup",
                f"{', '.join(names)} could not be looked up on the host, so it is not known whether "
                f"{', '.join(judged.holder.sid for judged in doubtful)} is permitted",
            )
