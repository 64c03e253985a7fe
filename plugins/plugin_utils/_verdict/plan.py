# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdict + handling -> what to add and to remove on one host, or why not. Pure: nothing is sent from here."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.sids import ADMINISTRATORS, FLOOR, LOCAL_SERVICE, NETWORK_SERVICE, SERVICE, sort_key
from .._facts.controller import Controller
from .._input.categories import ErrorCategory
from .._input.naming import called
from .expectation import Standing
from .verdict import Verdict


class Unexpected(str, enum.Enum):
    """What becomes of unexpected holders."""

    REMOVE = "remove"
    REPORT = "report"


class Absent(str, enum.Enum):
    """What becomes of required accounts that do not hold the right."""

    ADD = "add"
    REPORT = "report"


class Orphans(str, enum.Enum):
    """What becomes of holders whose account was deleted."""

    KEEP = "keep"
    REPORT = "report"
    REMOVE = "remove"


class OnControlled(str, enum.Enum):
    """What happens where a GPO or a management service sets the right and would revert a local change."""

    REFUSE = "refuse"
    WARN = "warn"
    APPLY = "apply"


@dataclass(frozen=True, slots=True)
class Handling:
    """What a task wants done about each kind of finding."""

    unexpected: Unexpected = Unexpected.REMOVE
    missing: Absent = Absent.ADD
    orphans: Orphans = Orphans.KEEP
    on_controlled: OnControlled = OnControlled.REFUSE


@dataclass(frozen=True, slots=True)
class Plan:
    """What to change on one host, all SIDs sorted.

    ``before`` is the pre-image, ``unhandled`` the findings that the handling leaves as they are.
    """

    before: tuple[str, ...]
    add: tuple[str, ...]
    remove: tuple[str, ...]
    unhandled: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Nothing is to be done."""
        return not (self.add or self.remove)

    @property
    def after(self) -> tuple[str, ...]:
        """The holders when the plan is done."""
        return by_number((set(self.before) - set(self.remove)) | set(self.add))


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the fleet looked at before the first host was changed. ``read``: the host had a plan then; without one nothing was agreed."""

    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    read: bool = True


class Refused(Exception):
    """The plan must not be sent."""

    def __init__(self, category: ErrorCategory, message: str) -> None:
        super().__init__(message)
        self.category = category


# Why each account of the floor stays.
_FLOOR = {
    LOCAL_SERVICE: "the LSA answers 0xC00000BB to its removal, [MS-LSAD] 3.1.4.5.12",
    NETWORK_SERVICE: "the LSA answers 0xC00000BB to its removal, [MS-LSAD] 3.1.4.5.12",
    ADMINISTRATORS: "the security engine adds it again, and administration of the host would break",
    SERVICE: "services under accounts of their own would lose the right at their next start",
}


def by_number(sids: Iterable[str]) -> tuple[str, ...]:
    """SIDs in the order of their numbers."""
    return tuple(sorted(sids, key=sort_key))


def make_plan(before: Iterable[str], verdict: Verdict, handling: Handling) -> Plan:
    """Turn a verdict into a plan.

    Raises Refused, also in check mode, when the verdict asks for the removal of an account without which Windows breaks (``floor``), or
    of one that has the name of an account which counts, under another SID (``same_name``).
    """
    remove: set[str] = set()
    unhandled: set[str] = set()
    for judged in verdict.unexpected:
        orphan = judged.standing is Standing.ORPHAN
        removable = handling.orphans is Orphans.REMOVE if orphan else handling.unexpected is Unexpected.REMOVE
        (remove if removable else unhandled).add(judged.holder.sid)
    absent = {missing.sid for missing in verdict.missing}
    add = absent if handling.missing is Absent.ADD else set()
    refuse_floor(remove)
    _refuse_namesakes(verdict, remove)
    return Plan(by_number(before), by_number(add), by_number(remove), by_number(unhandled | (absent - add)))


def refuse_floor(remove: Iterable[str]) -> None:
    """Raises Refused when one of the SIDs belongs to the floor."""
    floor = by_number(set(remove) & FLOOR)
    if floor:
        reasons = "; ".join(f"{shown(sid)}: {_FLOOR[sid]}" for sid in floor)
        raise Refused(ErrorCategory.FLOOR, f"nothing was changed: the task would remove accounts that Windows needs. {reasons}")


def _refuse_namesakes(verdict: Verdict, remove: Collection[str]) -> None:
    """Raises Refused for holders that may be an account which is to keep the right."""
    holders = [judged for judged in verdict.unexpected if judged.namesake and judged.holder.sid in remove]
    reasons = "; ".join(f"{shown(judged.holder.sid, judged.holder.name)} {judged.why}" for judged in holders)
    if reasons:
        raise Refused(ErrorCategory.SAME_NAME, f"nothing was changed: {reasons} {_where_to_decide(verdict)}")


def _where_to_decide(verdict: Verdict) -> str:
    keeping = verdict.keeping + (f" or {called('exceptions')}" if verdict.takes_exceptions else "")
    return f"in {keeping} where it may hold the right, else in {called('forbidden')}"


def refuse_needed(verdict: Verdict, plan: Plan) -> None:
    """Raises Refused when the plan takes the right from an account that something on the host is known to need (``needed``), or may need
    by a feature of which that is not known (``iis_unknown`` and its like).

    One that is forbidden by its name is taken away: somebody has decided that.
    """
    removed = [judged for judged in verdict.unexpected if judged.holder.sid in plan.remove]
    needed = "; ".join(f"{shown(one.holder.sid, one.holder.name)}: {one.why}" for one in removed if one.needed)
    if needed:
        raise Refused(
            ErrorCategory.NEEDED,
            f"nothing was changed: the task would remove an account that something on the host needs. {needed}. Name it "
            f"{_where_to_decide(verdict)}",
        )
    for one in removed:
        if one.may_need:
            feature = verdict.circumstances.features[one.may_need]
            why = feature.unsure or feature.because
            raise Refused(
                one.may_need.unknown,
                f"nothing was changed: it is not known whether {shown(one.holder.sid, one.holder.name)} is needed there: {why}. Declare "
                f"{one.may_need.value} in {called('features')}, or name the account {_where_to_decide(verdict)}",
            )


def refuse_pending_role(pending: bool, plan: Plan) -> None:
    """Raises Refused (``role_pending``) when the host is about to become another kind of host and something is to be changed."""
    if pending and not plan.empty:
        raise Refused(ErrorCategory.ROLE_PENDING, "nothing was changed: a promotion or demotion of this host waits for a restart")


def refuse_beyond(agreed: Agreed | None, plan: Plan) -> None:
    """Raises Refused (``plan_changed``, ``not_planned``) when a plan goes beyond what the fleet looked at; None when it did not look."""
    if agreed is None or (agreed.add.issuperset(plan.add) and agreed.remove.issuperset(plan.remove)):
        return
    if agreed.read:
        raise Refused(
            ErrorCategory.PLAN_CHANGED,
            "nothing was changed: the host is not as it was when the plans of the fleet were looked at; run again",
        )
    raise Refused(
        ErrorCategory.NOT_PLANNED,
        "nothing was changed: the host could not be read when the plans of the fleet were looked at, so that no change of it was agreed; "
        "run again",
    )


def heed_controller(controller: Controller, plan: Plan, handling: Handling) -> str | None:
    """A warning when the right is set from outside the host, or None.

    Raises Refused (``controlled``) when that is to be refused.
    """
    if plan.empty or not controller.from_outside or handling.on_controlled is OnControlled.APPLY:
        return None
    meaning = f"{controller.why}; {controller.comes_back}"
    if handling.on_controlled is OnControlled.REFUSE:
        raise Refused(
            ErrorCategory.CONTROLLED,
            f"nothing was changed: {meaning}. Change it there, or set {called('on_controlled')} to warn or apply",
        )
    return meaning
