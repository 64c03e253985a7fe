# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each source says of who sets the right: RSoP, cached templates, traces of a management service. Pure; no source knows another.

Sources: RSOP_UserPrivilegeRight, RSOP_PolicySetting and RSOP_ExtensionStatus classes; Policy CSP UserRights; [MS-GPOL] 3.2.1.17 (refresh),
"Applying security settings" (16 hours).
"""

from __future__ import annotations

import datetime
import enum
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .._utc import host_time
from .claims import NOT_TOLD, Asked, GpoSetting, by_management, by_rsop
from .facts import ControlTraces, Extension, HostFacts

FRESH = datetime.timedelta(hours=18)
"""How old the last run of the security extension may be: it runs again after 16 hours at the latest, at a refresh that comes every 90
minutes and up to 30 minutes later. What is older tells of another day."""

_LOGGED = 1  # RSOP_ExtensionStatus, loggingStatus: the data is complete
_SKEW = datetime.timedelta(minutes=10)  # a clock that was set back a little
_ERRORS = {"0x80041003": "access to RSoP was denied", "0x8004100e": "the host has no RSoP data"}
_WORKGROUP = (0, 2)  # DSROLE_MACHINE_ROLE of a stand-alone workstation and server


class ControllerKind(str, enum.Enum):
    """Who sets the right."""

    LOCAL = "local"  # the host alone
    GPO = "gpo"
    MDM = "mdm"
    STALE = "stale"  # what is known is too old to count
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says, whole. ``notes``: what it holds besides ``why``; together they name all that the source has.

    ``evidence``: rsop, templates, mdm, or none where the source could not say anything; ``as_of``: of when it tells.
    """

    kind: ControllerKind
    why: str
    evidence: str = "none"
    as_of: str | None = None
    winner: GpoSetting | None = None
    losers: tuple[GpoSetting, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[GpoSetting, ...]:
        """All GPOs that it names."""
        return (self.winner, *self.losers) if self.winner else self.losers


def of_rsop(facts: HostFacts) -> Statement:
    """What RSoP says. A doubt about it that the sentence does not name is a note."""
    doubts = _doubts(facts.control)
    statement, named = _by_settings(facts.control, doubts) if facts.control.rsop.settings else _silent(facts, doubts)
    notes = tuple(doubt for key, doubt in doubts.items() if key not in named)
    return Statement(statement.kind, statement.why, statement.evidence, statement.as_of, statement.winner, statement.losers, notes)


def _doubts(traces: ControlTraces) -> dict[str, str]:
    """All that is wrong with what RSoP holds. RSoP tells of the last run where it is neither off nor old nor silent."""
    rsop, extension = traces.rsop, traces.rsop.extension
    ended = extension.ended if extension else None
    found: dict[str, str | None] = {
        "failed": None if rsop.error is None else _failed(rsop.error) + (" after that" if rsop.settings else ""),
        "off": "RSoP logging is switched off" if str(traces.logging) == "0" else None,
        "old": _old(traces, extension),
        "silent": "RSoP has nothing about the security extension of Group Policy" if ended is None and not rsop.settings else None,
        "ended": f"the security extension of Group Policy last ended with error {extension.error}"
        if extension and extension.error != 0
        else None,
    }
    return {key: doubt for key, doubt in found.items() if doubt}


_NOT_FRESH = ("off", "old", "silent")


def _old(traces: ControlTraces, extension: Extension | None) -> str | None:
    """Why RSoP tells of another time than the last run; None where it does not."""
    if extension is None or extension.ended is None:
        return "what RSoP holds is from a time that it does not say" if traces.rsop.settings else None
    now, ended = host_time(traces.now), host_time(extension.ended)
    age = now - ended if now is not None and ended is not None else None
    incomplete = ", and is not complete" if extension.logging != _LOGGED else ""
    to_come = ", which by the host's clock is to come" if age is not None and age < -_SKEW else ""
    if age is not None and age <= FRESH and not (incomplete or to_come) and str(traces.logging) != "0":
        return None
    return f"what RSoP holds is from {_clock(extension.ended)}{to_come}{incomplete}"


def _by_settings(traces: ControlTraces, doubts: Mapping[str, str]) -> tuple[Statement, tuple[str, ...]]:
    """Instances for the right: precedence 1 won, the others lost the conflict (RSOP_PolicySetting, precedence)."""
    rsop = traces.rsop
    settings = sorted(rsop.settings, key=lambda setting: (setting.precedence or sys.maxsize, setting.gpo or ""))
    claims = tuple(by_rsop(traces, setting) for setting in settings)
    as_of = rsop.extension.ended if rsop.extension else settings[0].created
    winners = [setting.precedence == 1 for setting in settings].count(True)
    if winners != 1 and not (len(settings) == 1 and settings[0].precedence is None):
        contradiction = "names several that won" if winners else "names none that won"
        why = f"which GPO sets the right is not known: RSoP {contradiction}, and these define it: {listed(claims)}"
        return Statement(ControllerKind.UNKNOWN, why, "rsop", as_of, losers=claims), ()
    winner, losers = claims[0], claims[1:]
    if any(key in doubts for key in _NOT_FRESH):
        why = f"{_old_words(doubts)}; by it {winner.words} set the right"
        return Statement(ControllerKind.STALE, why, "rsop", as_of, winner, losers), _NOT_FRESH
    return Statement(ControllerKind.GPO, _won(winner, losers), "rsop", as_of, winner, losers), ()


def _won(winner: GpoSetting, losers: tuple[GpoSetting, ...]) -> str:
    losing = f", over {listed(losers)}" if losers else ""
    if winner.status == "applied":
        return f"{winner.words} sets the right{losing}"
    error = f" with error {winner.error}" if winner.error else ""
    return f"{winner.words} defines the right{losing}, and its application {_ended(winner.status)}{error}"


def _ended(status: str | None) -> str:
    """How the application of a GPO ended, as the end of a sentence."""
    if status is None:
        return "is unknown"
    return status if status.startswith("failed") else f"was {status}"


def _silent(facts: HostFacts, doubts: Mapping[str, str]) -> tuple[Statement, tuple[str, ...]]:
    """RSoP has nothing for the right: proof only without any doubt. Also which doubts the sentence names."""
    extension = facts.control.rsop.extension
    ended = extension.ended if extension else None
    if not doubts:
        why = f"no GPO sets the right; the security extension of Group Policy last ran at {_clock(ended)}"
        return Statement(ControllerKind.LOCAL, why, "rsop", ended), ()
    if facts.computer.machine_role in _WORKGROUP and ended is None:
        # Its local GPO may set the right, and without a status of the extension nothing is proof that it does not.
        error = f": {doubts['failed']}" if "failed" in doubts else ""
        why = f"the host is in no domain, and RSoP does not tell whether a policy of its own sets the right{error}"
        return Statement(ControllerKind.UNKNOWN, why), ("failed", "silent")
    for key in ("failed", "silent"):
        if key in doubts:
            return Statement(ControllerKind.UNKNOWN, f"{_UNKNOWN}: {doubts[key]}", as_of=ended), (key,)
    if "old" in doubts:
        return Statement(ControllerKind.STALE, f"{_old_words(doubts)}; by it no GPO set the right", "rsop", ended), _NOT_FRESH
    return Statement(ControllerKind.UNKNOWN, f"{_UNKNOWN}: {doubts['ended']}", "rsop", ended), ("ended",)


_UNKNOWN = "whether a GPO sets the right is not known"


def _failed(error: str) -> str:
    return _ERRORS.get(error, f"RSoP could not be asked ({error})")


def _old_words(doubts: Mapping[str, str]) -> str:
    return ", and ".join(doubts[key] for key in _NOT_FRESH if key in doubts)


def listed(claims: Iterable[GpoSetting]) -> str:
    """GPOs for sentences, each once."""
    return "; ".join(dict.fromkeys(claim.words for claim in claims))


@dataclass(frozen=True, slots=True)
class Management:
    """What a management service left. ``sets``: it sets the right; else ``words`` say what is in the way of knowing, None for nothing."""

    sets: bool = False
    words: str | None = None
    provider: str | None = None
    asked: Asked = NOT_TOLD


def of_management(traces: ControlTraces) -> Management:
    """Traces of a management service: it set the right, it left a value, it left nothing, or that could not be read."""
    mdm = traces.mdm
    if mdm is None:
        return Management(words="whether a management service sets the right could not be read")
    if mdm.provider or str(mdm.set) not in ("None", "", "0"):
        enrolment = f" (enrolment {mdm.provider})" if mdm.provider else ""
        return Management(True, f"a management service{enrolment} sets the right", mdm.provider, by_management(mdm, traces))
    reason = "a management service has left a value for the right, without saying which service it was"
    return Management(words=None if mdm.value is None else reason)


def _clock(text: str | None) -> str:
    return f"{text[:19]}Z" if text else "an unknown time"
