# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sets the right on a host: the host itself, a GPO, a management service, or it is not known. Pure.

The rule: one statement decides, and whatever another source says becomes a note. Nothing that a host shows is left out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.sids import ADMINISTRATORS, FLOOR, LOCAL_SERVICE, NETWORK_SERVICE, SERVICE, sort_key
from .claims import Asked, GpoSetting, by_templates
from .evidence import ControllerKind, Management, Statement, listed, of_management, of_rsop
from .facts import ControlTraces, HostFacts


@dataclass(frozen=True, slots=True)
class Controller:
    """Who sets the right, by which evidence (rsop, templates, mdm, none), as of when, and the sentence that says so.

    ``winner``: the GPO whose list counts, ``losers``: the others that define the right. ``provider``: enrolment of a management service.
    ``extra``, ``lacking``: how the holders differ from what the winner or the service asks, None where that cannot be compared.
    """

    kind: ControllerKind
    why: str
    evidence: str = "none"
    as_of: str | None = None
    winner: GpoSetting | None = None
    losers: tuple[GpoSetting, ...] = ()
    provider: str | None = None
    extra: tuple[str, ...] | None = None
    lacking: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def from_outside(self) -> bool:
        """A GPO or a management service sets the right, or did when that was last known."""
        return self.kind in (ControllerKind.GPO, ControllerKind.MDM) or bool(self.winner or self.losers)

    @property
    def comes_back(self) -> str:
        """What becomes of a local change."""
        if self.kind is ControllerKind.MDM:
            return "it may take a local change back"
        if self.kind is ControllerKind.GPO and self.winner and self.winner.status == "applied":
            return "Group Policy takes a local change back, at its first refresh after 16 hours at the latest"
        return "Group Policy may take a local change back"

    @property
    def doubt(self) -> str | None:
        """What to say beside a change where it is not known whether it lasts."""
        unsure = self.kind in (ControllerKind.UNKNOWN, ControllerKind.STALE) and not self.from_outside
        return f"{self.why}, so it is not known whether a local change lasts" if unsure else None


def stated(kind: str, name: str | None, guid: str | None) -> Controller:
    """What a task states of it, which counts instead of what the host shows; ``kind``: local, gpo or mdm."""
    claim = GpoSetting(name, guid)
    if kind == ControllerKind.GPO.value:
        return Controller(ControllerKind.GPO, f"{claim.words} sets the right, as the task states", "stated", winner=claim)
    if kind == ControllerKind.MDM.value:
        service = " ".join(filter(None, ("the management service", name)))
        return Controller(ControllerKind.MDM, f"{service} sets the right, as the task states", "stated", provider=name)
    return Controller(ControllerKind.LOCAL, "no GPO or management service sets the right, as the task states", "stated")


def controller_on(facts: HostFacts, declared: Controller | None) -> Controller:
    """Who sets the right: as the task states it, else as the host shows it. What the host shows beside a statement is a note."""
    detected = who_controls(facts)
    if declared is None:
        return detected
    same = declared.kind is detected.kind and (declared.winner.guid if declared.winner else None) == (
        detected.winner.guid if detected.winner else None
    )
    return dataclasses.replace(declared, notes=(*([] if same else [f"the host shows: {detected.why}"]), *detected.notes))


def who_controls(facts: HostFacts) -> Controller:
    """Who sets the right on this host. What cannot be known is unknown or stale, never local."""
    managed = of_management(facts.control)
    policy = _with_templates(of_rsop(facts), facts.control)
    return _compared(_with_management(policy, managed), managed, facts)


def _with_templates(rsop: Statement, traces: ControlTraces) -> Statement:
    """Cached templates beside RSoP. They decide where RSoP names no GPO and proves nothing; else those that it does not name are a note.

    A template does not tell of which run it is: what was too old stays so.
    """
    if traces.templates is None:
        return _with_note(rsop, "the cached security templates could not be read")
    known = {claim.key for claim in rsop.claims}
    claims = tuple(claim for claim in by_templates(traces) if not claim.key or claim.key not in known)
    if not claims:
        return rsop
    if rsop.claims:
        return _with_note(rsop, f"the cached templates are of another GPO than RSoP has: {listed(claims)}")
    if rsop.kind is ControllerKind.LOCAL:
        return _with_note(rsop, f"the cached templates name the right all the same, and RSoP counts more: {listed(claims)}")
    return _by_templates(rsop, claims)


def _by_templates(rsop: Statement, claims: tuple[GpoSetting, ...]) -> Statement:
    """Which of several cached templates wins is not known, so that only a single one is the winner."""
    winner, losers = (claims[0], ()) if len(claims) == 1 else (None, claims)
    words = listed(claims)
    if rsop.kind is ControllerKind.STALE:
        reason = (
            f"by a cached template, which does not say of which run it is, {words} set the right"
            if winner
            else f"by cached templates, which do not say of which run they are, one of these set the right: {words}"
        )
        return Statement(ControllerKind.STALE, f"{rsop.why}; {reason}", "templates", rsop.as_of, winner, losers, rsop.notes)
    where = "by the cached template of its last run"
    why = f"{words} sets the right, {where}" if winner else f"one of these sets the right, {where}: {words}"
    return Statement(ControllerKind.GPO, why, "templates", rsop.as_of, winner, losers, (rsop.why, *rsop.notes))


def _with_note(statement: Statement, note: str) -> Statement:
    return dataclasses.replace(statement, notes=(*statement.notes, note))


def _with_management(policy: Statement, managed: Management) -> Controller:
    """A management service beside Group Policy: it decides where no GPO won; where one did, which of the two wins is not known."""
    controller = Controller(
        policy.kind, policy.why, policy.evidence, policy.as_of, policy.winner, policy.losers, notes=policy.notes
    )
    if managed.words is None:
        return controller
    if managed.sets and policy.winner:
        note = f"{managed.words} as well; which of the two wins is not known"
        return dataclasses.replace(controller, provider=managed.provider, notes=(*policy.notes, note))
    if managed.sets:
        notes = (policy.why, *policy.notes)
        return Controller(ControllerKind.MDM, managed.words, "mdm", losers=policy.losers, provider=managed.provider, notes=notes)
    if policy.kind is ControllerKind.LOCAL:  # no longer proof that it is not set from outside
        return dataclasses.replace(controller, kind=ControllerKind.UNKNOWN, why=f"{managed.words}; {policy.why}")
    return dataclasses.replace(controller, notes=(*policy.notes, managed.words))


def _compared(controller: Controller, managed: Management, facts: HostFacts) -> Controller:
    """The holders beside what the winner and the service ask for; not beside a list of old, which may have been another since."""
    if controller.kind is ControllerKind.GPO and controller.winner:
        comparison = _compare_holders(controller.winner.words, controller.winner.asked, facts, by_engine=True)
        controller = dataclasses.replace(
            controller, extra=comparison.extra, lacking=comparison.lacking, notes=(*controller.notes, *comparison.notes)
        )
    if managed.sets:
        comparison = _compare_holders("the management service", managed.asked, facts, by_engine=False)
        if controller.kind is ControllerKind.MDM:
            controller = dataclasses.replace(controller, extra=comparison.extra, lacking=comparison.lacking)
        controller = dataclasses.replace(controller, notes=(*controller.notes, *comparison.notes))
    return controller


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The holders beside a list. ``extra``, ``lacking``: None where the list cannot be compared."""

    notes: tuple[str, ...]
    extra: tuple[str, ...] | None = None
    lacking: tuple[str, ...] | None = None


_PROTECTED = frozenset({LOCAL_SERVICE, NETWORK_SERVICE})
_ADDED = frozenset({ADMINISTRATORS, SERVICE})
_CANNOT_BE_REMOVED = "no difference: the right cannot be removed from LOCAL SERVICE and NETWORK SERVICE ([MS-LSAD] 3.1.4.5.12)"
_ENGINE_ADDS = "no difference, because the security engine adds Administrators and SERVICE to every list"
_NOT_KNOWN = "not counted as a difference, because it is not known whether Windows adds Administrators and SERVICE to such a list"


def _compare_holders(setter: str, asked: Asked, facts: HostFacts, *, by_engine: bool) -> _Comparison:
    """``by_engine``: the security engine of Group Policy carries the list out, and adds to it."""
    if asked.sids is None:
        return _Comparison((f"what {setter} asks for cannot be compared with the holders: {asked.doubt}",))
    named, holders = set(asked.sids), facts.sids
    extra, lacking = holders - named - FLOOR, (named | FLOOR if by_engine else named) - holders
    notes = []
    if extra or lacking:
        differences = [f"{_shown(sids, facts)} {word}" for sids, word in ((extra, "besides"), (lacking, "missing")) if sids]
        notes.append(f"the host does not have what {setter} asks for: {', '.join(differences)}")
    for sids, why in ((_PROTECTED, _CANNOT_BE_REMOVED), (_ADDED, _ENGINE_ADDS if by_engine else _NOT_KNOWN)):
        if sids & holders - named:
            notes.append(f"{setter} does not name {_shown(sids & holders - named, facts)}: {why}")
    return _Comparison(tuple(notes), *(tuple(sorted(sids, key=sort_key)) for sids in (extra, lacking)))


def _shown(sids: Collection[str], facts: HostFacts) -> str:
    names_by_sid = facts.names_by_sid
    return ", ".join(shown(sid, names_by_sid.get(sid)) for sid in sorted(sids, key=sort_key))
