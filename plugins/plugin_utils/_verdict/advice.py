# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do about a finding and where, in one sentence: in the GPO, in the management service, on the host, in the exceptions. Pure.

The sentence names neither the account nor the host, so that all hosts with the same cause share it. Sources: policy page of the right
(the setting and its place), gpupdate and gpresult commands, Policy CSP UserRights (ImpersonateClient).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .._accounts.sids import FLOOR
from .._facts.claims import GpoSetting
from .._facts.controller import Controller
from .._facts.evidence import ControllerKind
from .._policy.exceptions import too_wide
from .._policy.extending import SHIPPED
from .._wording import visible
from .findings import FindingKind

_SETTING = "User Rights Assignment, Impersonate a client after authentication"
_CSP = "Policy CSP UserRights/ImpersonateClient"
_TRIED = "--limit HOST --check --diff, then without --check"
_ENFORCE = "ansible-playbook winrights.seimpersonate.enforce{options} " + _TRIED
_RESTORE = "ansible-playbook winrights.seimpersonate.restore -e impersonate_restore={run}{options} " + _TRIED
_ENTRY = "an entry with reason and owner in impersonate_exceptions"
_DEFAULT = "microsoft"
"""The policy of a run that names none."""


class Place(str, enum.Enum):
    """Where something is to be done."""

    GPO = "gpo"
    MDM = "mdm"
    HOST = "host"
    EXCEPTIONS = "exceptions"
    POLICY = "policy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, and where."""

    place: Place
    text: str


def advice_on(
    kind: FindingKind,
    sid: str,
    controller: Controller,
    *,
    policy: str = _DEFAULT,
    exception: str = "",
    namesake: bool = False,
    needed: bool = False,
    waivable: bool = True,
    restored: str = "",
) -> Advice:
    """What to do about a finding. ``exception``: the entry that does not hold, for a finding about one (``exceptions[0]``).

    ``policy``: the one that the host was judged by, so that a command brings the host to the same one. ``namesake``: the holder has the
    name of an account that counts, so that enforcement refuses to remove it. ``needed``: something on the host is known to need its
    right. ``waivable``: an exception would count for it. ``restored``: the run whose holders were asked for instead of a policy, so that
    neither an enforcement nor an exception has a say.
    """
    if restored:
        return _back(kind, sid, controller, restored)
    if kind is FindingKind.EXCEPTION_EXPIRED:
        text = f"{exception}: ask its owner, then give it a later day in expires, or take the right away from the account"
        return Advice(Place.EXCEPTIONS, text)
    if kind is FindingKind.EXCEPTION_TOO_WIDE:
        return Advice(Place.EXCEPTIONS, f"{exception}: name the accounts that need the right instead of the group")
    if kind is not FindingKind.MISSING and sid in FLOOR:
        return Advice(
            Place.POLICY, "name the account in the policy: Windows needs its right, so that enforcement never takes it away"
        )
    if namesake:
        return Advice(Place.POLICY, "name the SID in impersonate_permitted or in an exception, or in impersonate_forbidden")
    advice = _where(kind is FindingKind.MISSING, kind is FindingKind.ORPHAN, sid, controller, policy)
    if needed and waivable:
        # Enforcement refuses to take it away unless it is forbidden.
        decided = "name the account in impersonate_forbidden, then " if advice.place is Place.HOST else ""
        return Advice(Place.EXCEPTIONS, f"it is needed there: {_ENTRY}. Where it is not: {decided}{advice.text}")
    if needed:
        return Advice(advice.place, f"first end what needs it there, no exception counts for it here; then {advice.text}")
    return Advice(advice.place, advice.text + _to_keep(kind, sid, waivable))


def _back(kind: FindingKind, sid: str, controller: Controller, run: str) -> Advice:
    """What brings the holders of a run back. An enforcement would do what the policy asks for, and so undo the restore."""
    if kind is not FindingKind.MISSING and sid in FLOOR:
        return Advice(Place.HOST, "nothing: Windows needs the right of the account, so that a restore never takes it away")
    if controller.kind is not ControllerKind.LOCAL:
        return _where(kind is FindingKind.MISSING, kind is FindingKind.ORPHAN, sid, controller, "")
    options = " -e impersonate_orphans=remove" if kind is FindingKind.ORPHAN else ""
    return Advice(Place.HOST, _RESTORE.format(run=visible(run), options=options))


def _where(missing: bool, orphan: bool, sid: str, controller: Controller, policy: str) -> Advice:
    words = "add the account" if missing else "take the account out"
    if controller.kind is ControllerKind.GPO and controller.winner:
        differs = sid in ((controller.lacking if missing else controller.extra) or ())
        return Advice(Place.GPO, _in_gpo(controller.winner, words, differs))
    if controller.kind is ControllerKind.MDM:
        service = visible(controller.provider or "")
        return Advice(Place.MDM, f"in the management service {service} ({_CSP}): {words}".replace("  ", " "))
    if controller.kind is ControllerKind.LOCAL:
        by = f" -e impersonate_policy={policy}" if policy in SHIPPED and policy != _DEFAULT else ""
        return Advice(Place.HOST, _ENFORCE.format(options=by + (" -e impersonate_orphans=remove" if orphan else "")))
    return Advice(
        Place.UNKNOWN,
        f"find out who sets the right (gpresult /scope computer /h report.html on the host), and {words} there",
    )


def _in_gpo(winner: GpoSetting, words: str, differs: bool) -> str:
    """``differs``: the host differs from the list of the GPO, so that its next application mends it."""
    name = visible(winner.name or winner.guid or "without a name")
    if differs:
        return f"gpupdate /force on the host: the list there is not that of GPO {name}; then look for what changes it"
    link = f", linked at {visible(winner.link)}" if winner.link else ""
    return f"in GPO {name}{link} ({_SETTING}): {words}; then gpupdate /force on the host"


def _to_keep(kind: FindingKind, sid: str, waivable: bool) -> str:
    if kind in (FindingKind.MISSING, FindingKind.ORPHAN):
        return ""
    if too_wide(sid):
        return ". What needs the right gets it under an account of its own"
    if not waivable:
        return ". No exception counts for it here"
    return f". Where it is needed: {_ENTRY}"
