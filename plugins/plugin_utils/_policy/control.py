# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sets the right on a host: the host itself, a GPO, a management service, or nobody knows. Pure.

Sources: RSOP_UserPrivilegeRight, RSOP_PolicySetting, RSOP_GPO, RSOP_SOM and RSOP_ExtensionStatus classes; KB 324383 (cached templates);
Policy CSP UserRights; [MS-GPOL] 3.2.1.17 (refresh), "Applying security settings" (16 hours).
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .accounts import shown
from .clock import host_time
from .facts import ControlTraces, HostFacts, Rsop, Setting, Template
from .sids import FLOOR, parse_sid, sort_key

FRESH = datetime.timedelta(hours=18)
"""How old the last run of the security extension may be: it runs again after 16 hours at the latest, at a refresh that comes every 90
minutes and up to 30 minutes later. What is older tells of another day."""

_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_LOCAL_SOM = 1
_LOGGED = 1  # RSOP_ExtensionStatus, loggingStatus: the data is complete
_MOST_ACCOUNTS = 200  # of one setting, as the host cuts the list
_SKEW = datetime.timedelta(minutes=10)  # a clock that was set back a little
_STATUS = {0: "not attempted", 1: "applied", 3: "failed", 4: "failed for a child"}  # RSOP_SecuritySettings, Status
_ERRORS = {"0x80041003": "access to RSoP was denied", "0x8004100e": "the host has no RSoP data"}


class Kind(str, enum.Enum):
    """Who controls the right."""

    LOCAL = "local"  # nobody from outside
    GPO = "gpo"
    MDM = "mdm"
    STALE = "stale"  # what is known is too old to count
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Claim:
    """One GPO that defines the right on a host. ``link``: where it is linked; ``status``: applied, failed, not attempted, None unknown.

    ``accounts``: SIDs that it gives the right, None where an account in it has no SID on the host.
    """

    name: str | None
    guid: str | None
    link: str | None = None
    precedence: int | None = None
    status: str | None = None
    error: int | None = None
    accounts: tuple[str, ...] | None = None

    @property
    def words(self) -> str:
        """For sentences: name, GUID and link."""
        link = f" linked at {self.link}" if self.link else ""
        unnamed = "whose name is not known" if self.guid and not self.name else None
        return " ".join(filter(None, ("the GPO", self.name, self.guid if self.guid != self.name else None, unnamed))) + link


@dataclass(frozen=True, slots=True)
class Control:
    """Who controls the right, by which evidence (rsop, templates, mdm, none), as of when, and the sentence that says so.

    ``winner``: the GPO whose list counts, ``losers``: the others that define the right. ``provider``: enrolment of a management service.
    ``extra``, ``lacking``: how the holders differ from what the winner asks, None where that cannot be compared.
    """

    kind: Kind
    why: str
    evidence: str = "none"
    as_of: str | None = None
    winner: Claim | None = None
    losers: tuple[Claim, ...] = ()
    provider: str | None = None
    extra: tuple[str, ...] | None = None
    lacking: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def from_outside(self) -> bool:
        """Somebody but the host sets the right, or did when that was last known."""
        return self.kind in (Kind.GPO, Kind.MDM) or bool(self.winner or self.losers)

    @property
    def comes_back(self) -> str:
        """What becomes of a local change."""
        if self.kind is Kind.MDM:
            return "it may take a local change back"
        if self.kind is Kind.GPO and self.winner and self.winner.status == "applied":
            return "Group Policy takes a local change back, at its first refresh after 16 hours at the latest"
        return "Group Policy may take a local change back"

    @property
    def doubt(self) -> str | None:
        """What to say beside a change where nobody knows whether it lasts."""
        unsure = self.kind in (Kind.UNKNOWN, Kind.STALE) and not self.from_outside
        return f"{self.why}, so that nobody knows whether a local change lasts" if unsure else None


def stated(kind: str, name: str | None, guid: str | None) -> Control:
    """What a task states of it, which counts instead of what the host shows; ``kind``: local, gpo or mdm."""
    claim = Claim(name, guid)
    if kind == Kind.GPO.value:
        return Control(Kind.GPO, f"{claim.words} sets the right, as the task states", "stated", winner=claim)
    if kind == Kind.MDM.value:
        service = " ".join(filter(None, ("the management service", name)))
        return Control(Kind.MDM, f"{service} sets the right, as the task states", "stated", provider=name)
    return Control(Kind.LOCAL, "nobody sets the right from outside, as the task states", "stated")


def who_controls(facts: HostFacts) -> Control:
    """Who sets the right on this host. What cannot be known is unknown or stale, never local."""
    traces = facts.control
    rsop, fresh = traces.rsop, _fresh(traces)
    if rsop.settings:  # also where a later query failed: the GPOs may then have no names
        control = _by_rsop(facts, fresh)
    elif rsop.error is None and fresh and rsop.extension is not None and rsop.extension.error == 0:
        why = f"no GPO sets the right; the security extension of Group Policy last ran at {_clock(rsop.extension.ended)}"
        control = Control(Kind.LOCAL, why, "rsop", rsop.extension.ended)
    else:
        control = _silent(facts, fresh)
    if traces.templates and control.kind in (Kind.UNKNOWN, Kind.STALE):
        control = _by_templates(traces, traces.templates, control)
    return _with_differences(_with_mdm(control, traces), facts)


def _fresh(traces: ControlTraces) -> bool:
    """Whether RSoP tells of the last run: it is written (RSoPLogging, and whole by loggingStatus), and the extension ended not long ago."""
    extension = traces.rsop.extension
    if str(traces.logging) == "0" or extension is None or extension.ended is None or extension.logging != _LOGGED:
        return False
    now, ended = host_time(traces.now), host_time(extension.ended)
    return now is not None and ended is not None and -_SKEW <= now - ended <= FRESH


def _by_rsop(facts: HostFacts, fresh: bool) -> Control:
    """Instances for the right: precedence 1 won, the others lost the conflict (RSOP_PolicySetting, precedence)."""
    rsop = facts.control.rsop
    ordered = sorted(rsop.settings, key=lambda one: (one.precedence or sys.maxsize, one.gpo or ""))
    claims = [_claim(setting, rsop, facts.control) for setting in ordered]
    as_of = rsop.extension.ended if rsop.extension else ordered[0].created
    failed = (f"{_failed(rsop.error)} after that",) if rsop.error else ()
    first = [one.precedence == 1 for one in ordered].count(True)
    if first != 1 and not (len(ordered) == 1 and ordered[0].precedence is None):
        words = "; ".join(claim.words for claim in claims)
        says = "names several that won" if first else "names none that won"
        why = f"which GPO sets the right is not known: RSoP {says}, and these define it: {words}"
        return Control(Kind.UNKNOWN, why, "rsop", as_of, losers=tuple(claims), notes=failed)
    winner, losers = claims[0], tuple(claims[1:])
    if not fresh:
        why = f"{_old(facts.control)}; by it {winner.words} set the right"
        return Control(Kind.STALE, why, "rsop", as_of, winner, losers, notes=failed)
    lost = f", over {'; '.join(claim.words for claim in losers)}" if losers else ""
    if winner.status == "applied":
        return Control(Kind.GPO, f"{winner.words} sets the right{lost}", "rsop", as_of, winner, losers, notes=failed)
    error = f" with error {winner.error}" if winner.error else ""
    why = f"{winner.words} defines the right{lost}, and its application is {winner.status or 'unknown'}{error}"
    return Control(Kind.GPO, why, "rsop", as_of, winner, losers, notes=failed)


def _failed(error: str) -> str:
    return _ERRORS.get(error, f"RSoP could not be asked ({error})")


def _silent(facts: HostFacts, fresh: bool) -> Control:
    """RSoP failed or has nothing for the right, and that alone proves nothing."""
    rsop = facts.control.rsop
    ended = rsop.extension.ended if rsop.extension else None
    if facts.computer.machine_role in (0, 2) and ended is None:
        # Its local GPO may set the right, and without a status of the extension nothing is proof that it does not.
        failed = f": {_failed(rsop.error)}" if rsop.error else ""
        why = f"the host is in no domain, and RSoP does not tell whether a policy of its own sets the right{failed}"
        return Control(Kind.UNKNOWN, why)
    if rsop.error is not None:
        return Control(Kind.UNKNOWN, f"whether a GPO sets the right is not known: {_failed(rsop.error)}")
    if ended is None:
        return Control(
            Kind.UNKNOWN, "whether a GPO sets the right is not known: RSoP has nothing about the security extension of Group Policy"
        )
    if not fresh:
        return Control(Kind.STALE, f"{_old(facts.control)}; by it no GPO set the right", "rsop", ended)
    error = rsop.extension.error if rsop.extension else None
    why = f"whether a GPO sets the right is not known: the security extension of Group Policy last ended with error {error}"
    return Control(Kind.UNKNOWN, why, "rsop", ended)


def _by_templates(traces: ControlTraces, templates: Iterable[Template], before: Control) -> Control:
    """Which of several cached templates wins is not known, so that only a single one is the winner.

    A template does not tell of which run it is: what was too old stays so, and a winner or losers of old are kept beside it.
    """
    named = {gpo.guid.upper(): gpo.name for gpo in traces.rsop.gpos if gpo.guid}
    claims = tuple(
        Claim(named.get((template.gpo or "").upper()), template.gpo or None, accounts=_sids(template.value.split(","), traces))
        for template in sorted(templates, key=lambda one: one.file)
    )
    words = "; ".join(dict.fromkeys(claim.words for claim in claims))
    known = {claim.guid.upper() for claim in (before.winner, *before.losers) if claim and claim.guid}
    if before.winner or before.losers:
        others = {(claim.guid or "").upper() for claim in claims} - known
        note = f"the cached templates are of another GPO than RSoP has: {words}"
        return dataclasses.replace(before, notes=(*before.notes, note)) if others else before
    one = len({(claim.guid or "").upper() for claim in claims}) == 1 and (claims[0].guid or len(claims) == 1)
    winner, losers = (claims[0], ()) if one else (None, claims)
    if before.kind is Kind.STALE:
        said = (
            f"by a cached template, of a run that it does not tell, {words} set the right"
            if one
            else f"by cached templates, of a run that they do not tell, one of these set the right: {words}"
        )
        return Control(Kind.STALE, f"{before.why}; {said}", "templates", before.as_of, winner, losers)
    where = "by the cached template of its last run"
    why = f"{words} sets the right, {where}" if one else f"one of these sets the right, {where}: {words}"
    return Control(Kind.GPO, why, "templates", before.as_of, winner, losers, notes=(before.why,))


def _with_mdm(control: Control, traces: ControlTraces) -> Control:
    """Traces of a management service beside what Group Policy says."""
    mdm = traces.mdm
    if mdm is None:
        note = "whether a management service sets the right could not be read"
        if control.kind is Kind.LOCAL:
            return dataclasses.replace(control, kind=Kind.UNKNOWN, why=f"{note}; {control.why}")
        return dataclasses.replace(control, notes=(*control.notes, note))
    if not (mdm.provider or str(mdm.set) not in ("None", "", "0")):
        if mdm.value is None or control.kind is not Kind.LOCAL:
            return control
        why = f"a management service has left a value for the right, and not who set it; {control.why}"
        return dataclasses.replace(control, kind=Kind.UNKNOWN, why=why)
    words = (
        f"a management service (enrolment {mdm.provider}) sets the right" if mdm.provider else "a management service sets the right"
    )
    if control.winner:
        both = f"{words} as well; which of the two wins is not known"
        return dataclasses.replace(control, provider=mdm.provider, notes=(*control.notes, both))
    notes = control.notes if control.kind is Kind.LOCAL else (*control.notes, control.why)
    return Control(Kind.MDM, words, "mdm", losers=control.losers, provider=mdm.provider, notes=notes)


def _with_differences(control: Control, facts: HostFacts) -> Control:
    """Compare the holders with the winner's list. The security engine adds the accounts of the floor to it."""
    winner = control.winner
    if control.kind is not Kind.GPO or winner is None or winner.accounts is None:
        return control
    asked = set(winner.accounts) | FLOOR
    extra, lacking = (tuple(sorted(sids, key=sort_key)) for sids in (facts.sids - asked, asked - facts.sids))
    if not (extra or lacking):
        return dataclasses.replace(control, extra=(), lacking=())
    names = {holder.sid: holder.name for holder in facts.holders}
    said = [
        f"{', '.join(shown(sid, names.get(sid)) for sid in sids)} {word}"
        for sids, word in ((extra, "besides"), (lacking, "missing"))
        if sids
    ]
    note = f"the host does not have what {winner.words} asks for: {', '.join(said)}"
    return dataclasses.replace(control, extra=extra, lacking=lacking, notes=(*control.notes, note))


def _claim(setting: Setting, rsop: Rsop, traces: ControlTraces) -> Claim:
    """The GPO of a setting, by GPOID; its GUID is in that name, and the cached template has its list with SIDs."""
    gpo = next((one for one in rsop.gpos if _same(one.id, setting.gpo)), None)
    som = next((one for one in rsop.soms if _same(one.id, setting.som)), None)
    found = _GUID.search(setting.gpo or "")
    guid = (gpo.guid if gpo and gpo.guid else None) or (found.group() if found else None)
    local = som is not None and som.type == _LOCAL_SOM
    line = next((one.value for one in traces.templates or () if guid and (one.gpo or "").upper() == guid.upper()), None)
    texts = setting.accounts if line is None else line.split(",")
    return Claim(
        name=(gpo.name if gpo else None) or ("Local Group Policy" if local else None),
        guid=guid,
        link=None if local else setting.som or None,
        precedence=setting.precedence,
        status=None if setting.status is None else _STATUS.get(setting.status),
        error=setting.error or None,
        accounts=None if texts is None or len(texts) >= _MOST_ACCOUNTS else _sids(texts, traces),
    )


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one.casefold() == other.casefold()


def _sids(texts: Iterable[str], traces: ControlTraces) -> tuple[str, ...] | None:
    """SIDs of accounts as a GPO names them; None when one of them has none."""
    known: Mapping[str, str | None] = {one.asked.casefold(): one.sid for one in traces.sids}
    sids = [_sid(text.strip(), known) for text in texts if text.strip()]
    return None if None in sids else tuple(sorted({sid for sid in sids if sid}, key=sort_key))


def _sid(text: str, known: Mapping[str, str | None]) -> str | None:
    try:
        return parse_sid(text) or known.get(text.casefold())
    except ValueError:
        return None


def _old(traces: ControlTraces) -> str:
    """Why RSoP does not tell of the last run."""
    extension = traces.rsop.extension
    ended = _clock(extension.ended) if extension and extension.ended else "a time that it does not say"
    off = "RSoP logging is switched off, and " if str(traces.logging) == "0" else ""
    return f"{off}what RSoP holds is from {ended}"


def _clock(text: str | None) -> str:
    return f"{text[:19]}Z" if text else "an unknown time"
