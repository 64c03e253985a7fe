# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement: facts + policy + tailoring -> a standing for every holder. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.sids import FLOOR, IIS_IUSRS, NAMES, sort_key
from .._facts.account_kinds import BUILTIN, AccountKind, kind_of
from .._facts.facts import Holder, HostFacts, Resolution
from .._facts.features import MAY_BE, FeatureName, Features, features_of, notes_on_features, pool_users
from .._facts.releases import detect_system
from .._facts.roles import HostRole, detect_role, notes_on_role
from .._input.errors import CannotJudge
from .._input.naming import called
from .._policy.exceptions import ExceptionUse, State
from .._policy.policy import Compare, Policy, Row
from .expectation import (
    KEEPING,
    Circumstances,
    Doubt,
    Expectation,
    Standing,
    Tailoring,
    Waive,
    expect,
    refuse_unknown_forbidden,
    rows_that_count,
)
from .namesakes import Namesakes
from .status import Status

SUCCESS = "0x00000000"
ALLOWED = frozenset({Standing.FLOOR, Standing.REQUIRED, Standing.DEFAULT, Standing.PERMITTED, Standing.WAIVED})
"""Standings that are no finding."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One holder and where it stands, with the words that say why. ``standing`` is None where the policy does not apply.

    ``namesake``: it has the name of an account that counts, under another SID, so that it is not known whether it is that account.
    ``needed``: something on the host is known to need its right, although the policy does not name it; ``may_need``: the feature of
    which it is not known whether it is there and does.
    """

    holder: Holder
    kind: AccountKind
    standing: Standing | None
    why: str
    namesake: bool = False
    needed: bool = False
    may_need: FeatureName | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """One account that must hold the right and does not."""

    sid: str
    name: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one host. Holders and missing accounts are sorted by SID.

    ``row``: the row of the policy for this kind of host. ``exception_uses``: the exceptions that are meant for it and what they do.
    ``required``: SIDs whose absence is a finding; ``permitted``: the others that are no finding, by the policy and the task, held or not.
    ``forbidden``: SIDs whose holding is a finding that no exception waives; ``takes_exceptions``: whether one waives any finding here.
    ``keeping``: the option that lets an account keep the right.
    """

    status: Status
    circumstances: Circumstances
    holders: tuple[Judged, ...]
    missing: tuple[Missing, ...] = ()
    notes: tuple[str, ...] = ()
    allowed: frozenset[Standing] = ALLOWED
    row: Row | None = None
    exception_uses: tuple[ExceptionUse, ...] = ()
    required: tuple[str, ...] = ()
    permitted: tuple[str, ...] = ()
    forbidden: frozenset[str] = frozenset()
    takes_exceptions: bool = True
    keeping: str = KEEPING

    @property
    def host_role(self) -> HostRole | None:
        """The role by which the host was judged; None where the task judged by its options alone."""
        return self.circumstances.role

    @property
    def unexpected(self) -> tuple[Judged, ...]:
        """Holders that should not hold the right: unexpected ones, orphans and legacy accounts."""
        return tuple(judged for judged in self.holders if judged.standing is not None and judged.standing not in self.allowed)


def judge(facts: HostFacts, policy: Policy, tailoring: Tailoring) -> Verdict:
    """Say where every holder stands.

    Raises CannotJudge when the verdict depends on an unknown fact: host role, release or build of Windows, feature, SID of an account.
    """
    refuse_unknown_forbidden(facts, tailoring.forbidden)
    asks_role = not policy.plain or any(exception.host_roles for exception in tailoring.exceptions)
    role = tailoring.host_role or (detect_role(facts) if asks_role else None)
    circumstances = Circumstances(
        role=role,
        build=facts.windows.build,
        system=detect_system(facts) if policy.per_release else None,
        features=features_of(facts, policy.legacy, tailoring.features),
        role_declared=tailoring.host_role is not None,
    )
    notes = (*notes_on_role(facts, role, declared=circumstances.role_declared), *notes_on_features(circumstances.features))
    sorted_holders = sorted(facts.holders, key=lambda holder: sort_key(holder.sid))
    base_rows = list(rows_that_count((row for row in policy.rows if row.base), circumstances))
    if role is not None and not policy.plain and not base_rows:
        not_judged = tuple(Judged(holder, kind_of(holder, facts.computer), None, "") for holder in sorted_holders)
        return Verdict(Status.NOT_APPLICABLE, circumstances, not_judged, (), (*notes, _no_row(policy, circumstances)))
    expectation = expect(facts, policy, tailoring, circumstances)
    row = base_rows[-1] if base_rows else None  # a row of a release says more than one of the role alone
    takes_exceptions = tailoring.waive is Waive.ANY or bool(row and row.foresees_exceptions)
    forbidden = frozenset(expectation.forbidden)
    namesakes = Namesakes(expectation, facts)
    judged_holders = tuple(
        _waive(_stand(holder, expectation, namesakes, facts, policy, circumstances), expectation, row, tailoring.waive)
        for holder in sorted_holders
    )
    required = set(expectation.required if policy.compare is Compare.EXACT else expectation.demanded)
    permitted = {*expectation.required, *expectation.default, *expectation.permitted} - required - expectation.forbidden.keys()
    held = facts.sids
    missing = _missing(expectation, facts, required - held)
    allowed = ALLOWED | {Standing.ORPHAN} if tailoring.keep_orphans else ALLOWED
    standings = {judged.standing for judged in judged_holders}
    drifts = bool(missing) or not standings <= allowed
    verdict = Verdict(
        Status.DRIFT if drifts else Status.WAIVED if Standing.WAIVED in standings else Status.COMPLIANT,
        circumstances,
        judged_holders,
        missing,
        (
            *notes,
            *expectation.notes,
            *_notes_on_holders(expectation, facts, held),
            *(_kept(judged_holders) if tailoring.keep_orphans else ()),
        ),
        allowed,
        row,
        _used(expectation.exception_uses, judged_holders, takes_exceptions, forbidden),
        tuple(sorted(required, key=sort_key)),
        tuple(sorted(permitted, key=sort_key)),
        forbidden,
        takes_exceptions,
        tailoring.keeping,
    )
    if drifts:
        _stop_at_doubt(verdict, expectation)
    return verdict


def _no_row(policy: Policy, circumstances: Circumstances) -> str:
    host = circumstances.role.words if circumstances.role else "this host"
    if policy.per_release:
        host += (
            f" with {circumstances.system.words}"
            if circumstances.system
            else f" with build {circumstances.build}, which no document is written for"
        )
    return f"the policy {policy.name} has no row for {host}"


def _stand(
    holder: Holder, expectation: Expectation, namesakes: Namesakes, facts: HostFacts, policy: Policy, circumstances: Circumstances
) -> Judged:
    kind = kind_of(holder, facts.computer)
    standing, why = expectation.standing(holder.sid)
    namesake = namesakes.of(holder, forbidden_only=not expectation.closed) if holder.sid not in expectation else ""
    if not namesake and (standing is not Standing.UNEXPECTED or why):
        return Judged(holder, kind, standing, why)
    if kind is AccountKind.ORPHAN:
        domain = holder.domain or ("BUILTIN" if holder.sid.startswith(BUILTIN) else None)
        reason = f"the domain {domain} has" if domain else "the host knows"
        return Judged(holder, kind, Standing.ORPHAN, f"{reason} no account with this SID")
    if namesake:
        reason = f"the policy {policy.name} does not name it for this host; " if expectation.closed else ""
        return Judged(holder, kind, Standing.UNEXPECTED, reason + namesake, namesake=True)
    needed = _needed_by(holder.sid, circumstances)
    may_need = None if needed else _may_need(holder.sid, circumstances.features)
    if kind is AccountKind.LOCAL and _is_legacy(holder, facts, policy, circumstances):
        why = "has the name of an account of IIS 6 or ASP.NET 1.x; permit it where it is still needed"
        return Judged(holder, kind, Standing.LEGACY, "; ".join(filter(None, (why, needed))), needed=bool(needed), may_need=may_need)
    known = needed or _pool_of(holder.sid, facts)
    reason = "; ".join(filter(None, (f"the policy {policy.name} does not name it for this host", known)))
    return Judged(holder, kind, Standing.UNEXPECTED, reason, needed=bool(needed), may_need=may_need)


def _needed_by(sid: str, circumstances: Circumstances) -> str:
    """What on the host needs the right of an account that the policy does not name; empty where nothing is known to."""
    features = circumstances.features
    iis, ssis = features[FeatureName.IIS], features[FeatureName.SSIS]
    if sid == IIS_IUSRS and iis.present:
        return f"{iis.because} and needs it (KB 981949)"
    if sid in ssis.accounts:
        return f"{ssis.accounts[sid]}, and Setup of Integration Services grants it the right"
    return features[FeatureName.MANUAL_POOLS].accounts.get(sid, "")


def _may_need(sid: str, features: Features) -> FeatureName | None:
    """The feature that may need the right of an account, where it is not known whether the host has it or which accounts are its own."""
    if sid == IIS_IUSRS and features[FeatureName.IIS].present is None:
        return FeatureName.IIS
    for name in (FeatureName.SSIS, FeatureName.MANUAL_POOLS):
        if (features[name].present is None or features[name].unsure) and sid.startswith(MAY_BE[name]):
            return name
    return None


def _pool_of(sid: str, facts: HostFacts) -> str:
    """What a reader should know of the account of an application pool; empty for other accounts."""
    pool = pool_users(facts).get(sid)
    if pool is None:
        return ""
    runs = f"the application pool {pool} runs under it"
    if IIS_IUSRS in facts.sids:
        return f"{runs} and has the right through IIS_IUSRS, which IIS adds to its token (processModel)"
    return f"{runs}, and IIS_IUSRS does not hold the right here"


def _is_legacy(holder: Holder, facts: HostFacts, policy: Policy, circumstances: Circumstances) -> bool:
    """A label for a local account by its old name; the account is a finding with and without it."""
    if holder.sid in circumstances.features[FeatureName.LEGACY_ACCOUNTS].accounts:
        return True
    name = (holder.name or "").rpartition("\\")[2].casefold()
    return name in {legacy.replace("<COMPUTER>", facts.computer.name).casefold() for legacy in policy.legacy}


_SILENT = " and the row of the policy foresees no exception"


def _waive(judged: Judged, expectation: Expectation, row: Row | None, waive: Waive) -> Judged:
    """A finding that an exception answers for is waived; one whose exception does not hold says so."""
    if judged.standing in ALLOWED or not expectation.exception_uses:
        return judged
    sid = judged.holder.sid
    exception_uses = [use for use in expectation.exception_uses if use.sid == sid]
    if not exception_uses:
        return judged
    if sid in expectation.forbidden:
        return dataclasses.replace(
            judged, why=f"{judged.why}; {exception_uses[0].exception.label} does not count for what is forbidden"
        )
    if sid in FLOOR:
        refusal = f"{exception_uses[0].exception.label} does not count for an account that Windows needs: name it in the policy"
        return dataclasses.replace(judged, why=f"{judged.why}; {refusal}")
    exception = next((use.exception for use in exception_uses if use.state is State.UNUSED), None)
    if exception:
        clause = f"; {row.benchmark_id or row.source}: {row.exception_clause}" if row is not None and row.exception_clause else ""
        if waive is Waive.DOCUMENTED and not (row and row.foresees_exceptions):
            refusal = f"{exception.label} waives nothing, since the option {called('waive')} is documented{clause or _SILENT}"
            return dataclasses.replace(judged, why=f"{judged.why}; {refusal}")
        return dataclasses.replace(judged, standing=Standing.WAIVED, why=f"waived by {exception.where}: {exception.words}{clause}")
    refused_use = next((use for use in exception_uses if use.state in (State.EXPIRED, State.TOO_WIDE)), None)
    if refused_use is None:
        return judged
    why = (
        f"expired on {refused_use.exception.expires}"
        if refused_use.state is State.EXPIRED
        else "is refused: nearly everybody is in this group"
    )
    return dataclasses.replace(judged, why=f"{judged.why}; {refused_use.exception.label} {why}")


def _used(
    exception_uses: Collection[ExceptionUse], judged_holders: Iterable[Judged], foreseen: bool, forbidden: frozenset[str]
) -> tuple[ExceptionUse, ...]:
    """The exceptions, those that waived a holder marked as used, and those that would have if they were ``foreseen``."""
    if not exception_uses:
        return ()
    standings = {judged.holder.sid: judged.standing for judged in judged_holders}

    def state(use: ExceptionUse) -> State:
        if use.state is not State.UNUSED:
            return use.state
        standing = standings.get(use.sid or "")
        if standing is Standing.WAIVED:
            return State.USED
        would_count = standing is not None and standing not in ALLOWED and use.sid not in forbidden | FLOOR
        return State.NOT_FORESEEN if would_count and not foreseen else State.UNUSED

    return tuple(dataclasses.replace(use, state=state(use)) for use in exception_uses)


def _missing(expectation: Expectation, facts: HostFacts, absent: Collection[str]) -> tuple[Missing, ...]:
    if not absent:
        return ()
    names = {**expectation.names, **{answer.sid: answer.name for answer in facts.accounts if answer.sid and answer.name}}
    return tuple(Missing(sid, names.get(sid) or NAMES.get(sid), expectation.required[sid]) for sid in sorted(absent, key=sort_key))


def _notes_on_holders(expectation: Expectation, facts: HostFacts, held: frozenset[str]) -> tuple[str, ...]:
    notes = [f"{shown(sid)}: {expectation.row_notes[sid]}" for sid in sorted(expectation.row_notes.keys() & held, key=sort_key)]
    if facts.lookup_status != SUCCESS:
        notes.append(f"not all names could be looked up on the host ({facts.lookup_status})")
    return tuple(notes)


def _kept(judged_holders: Iterable[Judged]) -> tuple[str, ...]:
    """Orphans that the task leaves as they are, so that the list is not taken for a clean one."""
    orphans = [f"{shown(judged.holder.sid)}: {judged.why}" for judged in judged_holders if judged.standing is Standing.ORPHAN]
    return (f"orphans that stay, since the option {called('orphans')} is keep: {'; '.join(orphans)}",) if orphans else ()


def _stop_at_doubt(verdict: Verdict, expectation: Expectation) -> None:
    """A holder may be the very account that something unknown permits or waives: then it cannot be called unexpected."""
    for doubt in expectation.doubts:
        doubtful = [judged.holder.sid for judged in verdict.unexpected if _may_be(doubt, judged)]
        if doubtful:
            sentence = f"{doubt.why}, so it is not known whether {', '.join(doubtful)} is permitted"
            raise CannotJudge(doubt.category, sentence + _certain(verdict, expectation))


def _certain(verdict: Verdict, expectation: Expectation) -> str:
    """What is a finding whatever the unknown turns out to be: the error must not hide it."""
    findings = [f"missing {shown(missing.sid, missing.name)}" for missing in verdict.missing]
    findings += [
        f"{judged.standing.value} {shown(judged.holder.sid, judged.holder.name)}"
        for judged in verdict.unexpected
        if judged.standing and not any(_may_be(doubt, judged) for doubt in expectation.doubts)
    ]
    return f"; certain all the same: {', '.join(findings)}" if findings else ""


def _may_be(doubt: Doubt, judged: Judged) -> bool:
    if doubt.nameless and judged.holder.resolved is Resolution.LSA:
        return False
    return judged.holder.sid in doubt.sids or judged.holder.sid.startswith(doubt.prefixes)
