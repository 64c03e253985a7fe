# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that a GPO shall have -> new bytes, version and extensions, or why not. Pure: nothing is sent from here."""

from __future__ import annotations

import base64
import dataclasses
import enum
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.sids import FLOOR, IIS_IUSRS, Sid
from .._wording import some, visible
from .errors import NotUnderstood
from .extensions import parse_extensions, with_pair, without_pair
from .facts import DEFAULT_DOMAIN_POLICY, DomainController, DomainFacts, GpoFacts
from .gpt_ini import GptIni, read_gpt_ini, write_gpt_ini
from .impact import HostImpact, taken_from
from .journal import Journal, Stage, Unclear, read_journal, stage_of
from .template import State, Template, read_template, write_template
from .version import machine_half, next_version, same_version

_CONTROLLERS = (4, 5)  # DSROLE_MACHINE_ROLE of domain controllers, [MS-DSSP] 2.2.2


class Reason(str, enum.Enum):
    """Why a change is refused, in one word."""

    NOT_A_CONTROLLER = "not_a_domain_controller"
    NOT_PDC = "not_the_pdc_emulator"
    READ_ONLY = "read_only_domain_controller"
    NO_GPO = "no_such_gpo"
    AMBIGUOUS = "ambiguous_name"
    UNREADABLE = "unreadable"
    NOT_UNDERSTOOD = "not_understood"
    NAMES = "names_without_sid"
    FLOOR = "floor"
    DEFAULT_DOMAIN = "default_domain_policy"
    WITHOUT_IIS = "without_iis_iusrs"
    DUPLICATES = "duplicates"
    MANY_HOSTS = "many_hosts"
    UNFINISHED = "unfinished_change"
    CHANGED_SINCE = "changed_since"


OVERRULED = (Reason.DEFAULT_DOMAIN, Reason.WITHOUT_IIS, Reason.DUPLICATES, Reason.MANY_HOSTS)
"""What a task may allow."""


class GpoRefused(Exception):
    """A GPO is not changed."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(f"nothing was changed: {message}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts of a GPO that a change moves, as they are or shall be."""

    template: bytes | None
    version: int
    extensions: str | None
    gpt_ini: bytes | None

    @property
    def digests(self) -> dict[str, object]:
        """As contract and journal tell them."""
        return {
            "template_sha256": digest(self.template),
            "version": self.version,
            "extensions": self.extensions,
            "gpt_ini_sha256": digest(self.gpt_ini),
        }


@dataclass(frozen=True, slots=True)
class GpoPlan:
    """What to send. ``undo``: version and gpt.ini for an undoing after the container was written. ``finishes``: an earlier run's change.

    ``before``, ``after``: SIDs and names of the line, None for not defined. ``notes``: for a reader.
    """

    gpo: GpoFacts
    was: Parts
    will: Parts
    undo: tuple[int, bytes]
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None
    finishes: bool = False
    notes: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Nothing is to be done."""
        return self.was == self.will and not self.finishes

    @property
    def change(self) -> dict[str, object]:
        """The argument of the payload."""
        return {
            "guid": self.gpo.guid,
            "expected": self.was.digests,
            "template": None if self.will.template is None else _base64(self.will.template),
            "version": self.will.version,
            "extensions": self.will.extensions,
            "gpt_ini": _base64(self.will.gpt_ini or b""),
            "undo": {"version": self.undo[0], "gpt_ini": _base64(self.undo[1])},
        }


def guid_of(facts: DomainFacts, asked: str) -> str:
    """The GUID of the GPO that a task means. Raises GpoRefused where there is none or more than one."""
    found = next((row.found for row in facts.asked if row.asked == asked), ())
    if len(found) > 1:
        raise GpoRefused(
            Reason.AMBIGUOUS, f"{visible(asked)} is the name of {len(found)} GPOs: {some(found)}; name one by its GUID"
        )
    if not found:
        raise GpoRefused(Reason.NO_GPO, f"the domain {visible(facts.controller.domain or '')} has no GPO {visible(asked)}")
    return found[0]


def chosen_gpo(facts: DomainFacts, asked: str) -> GpoFacts:
    """The GPO that a task means. Raises GpoRefused where it is none, or more than one, or could not be read."""
    guid = guid_of(facts, asked)
    gpo = facts.gpo(guid)
    if gpo is None:
        why = next((row.error for row in facts.unread if row.guid.upper() == guid.upper()), "the answer has no row of it")
        raise GpoRefused(Reason.UNREADABLE, f"the GPO {visible(asked)} could not be read: {visible(why)}")
    return gpo


def check_controller(controller: DomainController) -> None:
    """Raises GpoRefused unless the host is the domain controller that takes changes of GPOs."""
    if controller.machine_role not in _CONTROLLERS:
        raise GpoRefused(Reason.NOT_A_CONTROLLER, f"{controller.name} is no domain controller")
    emulator = f"the PDC emulator is {controller.pdc_emulator or 'not known'}"
    if controller.read_only:
        raise GpoRefused(Reason.READ_ONLY, f"{controller.name} is a read-only domain controller; {emulator}")
    if not controller.is_pdc_emulator:
        raise GpoRefused(Reason.NOT_PDC, f"{controller.name} is not the PDC emulator, where GPOs are changed; {emulator}")


def domain_of(controller: DomainController) -> str:
    """The domain whose GPOs are changed, by its name in DNS. Raises GpoRefused where it is not known."""
    if controller.domain is None:
        raise GpoRefused(Reason.UNREADABLE, f"the name of the domain of {controller.name} could not be read")
    return controller.domain


def parts_of(gpo: GpoFacts) -> Parts:
    """What there is now. Raises GpoRefused where a part is not known."""
    for name, file in (("GptTmpl.inf", gpo.template), ("gpt.ini", gpo.gpt_ini)):
        if file.status not in ("read", "absent"):
            raise GpoRefused(Reason.UNREADABLE, f"{name} of {gpo.guid} could not be read: {visible(file.error or file.status)}")
    if gpo.version is None:
        raise GpoRefused(Reason.UNREADABLE, f"the version of the container of {gpo.guid} is not known")
    if gpo.gpt_ini.status == "absent":  # every GPO has one ([MS-GPOL] 2.2.4): its folder is not all here
        raise GpoRefused(
            Reason.UNREADABLE, f"{gpo.guid} has no gpt.ini here: look whether SYSVOL of this domain controller is complete"
        )
    return Parts(gpo.template.data, gpo.version, gpo.extensions, gpo.gpt_ini.data)


def plan_gpo(
    facts: DomainFacts,
    gpo: GpoFacts,
    sids: Collection[Sid] | None,
    allow: Collection[str] = (),
    impacts: Collection[HostImpact] | None = None,
    max_hosts: int = 0,
) -> GpoPlan:
    """The plan that brings a GPO to a list, to nobody (no SID) or to not defined (None). Raises GpoRefused.

    ``allow``: refusals that the task overrules. ``impacts``: of the audited hosts, None where there is no report. ``max_hosts``: from how
    many of them an account may be taken, 0 without a limit.
    """
    check_controller(facts.controller)
    was = parts_of(gpo)
    try:
        template = None if was.template is None else read_template(was.template)
        ini = None if was.gpt_ini is None else read_gpt_ini(was.gpt_ini)
        parse_extensions(was.extensions)
        new = write_template(template, sids)
        again = None if new is None else read_template(new)
    except NotUnderstood as error:
        raise GpoRefused(Reason.NOT_UNDERSTOOD, f"a part of {gpo.guid} cannot be understood: {visible(str(error))}") from None
    _refuse_without_floor(sids)
    journal = read_journal(gpo.journal)
    touched = sids is not None or new != was.template or journal is not None
    extensions = _extensions(was.extensions, again) if touched else was.extensions
    before, after = listed(template), listed(again)
    if journal is not None:
        plan = _with_journal(gpo, journal, was, new, extensions, ini, before, after)
    else:
        plan = _fresh(gpo, was, new, extensions, ini, before, after, _notes(was, ini))
    if not plan.empty:
        _refuse(gpo, template, sids, allow, impacts, max_hosts)
    return plan


def plan_restore(facts: DomainFacts, gpo: GpoFacts, earlier: Parts, written: Mapping[str, object]) -> GpoPlan:
    """The plan that brings bytes and extensions back, with a new version, since clients must see a change. Raises GpoRefused.

    ``earlier``: the parts before the run that is taken back; ``written``: by their digests what it wrote. A template that has neither was
    changed since by somebody else.
    """
    check_controller(facts.controller)
    was = parts_of(gpo)
    try:
        ini = None if was.gpt_ini is None else read_gpt_ini(was.gpt_ini)
        current = None if was.template is None else read_template(was.template)
        template = earlier.template
        again = None if template is None else read_template(template)
        undone = was.template == template
        if not undone and digest(was.template) != written["template_sha256"]:
            raise GpoRefused(
                Reason.CHANGED_SINCE,
                f"GptTmpl.inf of {gpo.guid} was changed since that run; set the right with state and accounts instead",
            )
        extensions = earlier.extensions if was.extensions == written["extensions"] else _extensions(was.extensions, again)
    except NotUnderstood as error:
        raise GpoRefused(Reason.NOT_UNDERSTOOD, f"a part of {gpo.guid} cannot be understood: {visible(str(error))}") from None
    journal = read_journal(gpo.journal)
    before, after = listed(current), listed(again)
    if undone and journal is None and was.extensions in (extensions, earlier.extensions):
        return GpoPlan(gpo, was, was, (was.version, was.gpt_ini or b""), before, after)
    folder = [ini.version] if ini and ini.version is not None else []
    version = next_version(was.version, *folder, *([journal.after.version] if journal and journal.clear else []))
    will = Parts(template, version, extensions, write_gpt_ini(ini, version))
    return GpoPlan(gpo, was, will, _undo(ini, version), before, after)


def _refuse_without_floor(sids: Collection[Sid] | None) -> None:
    """Raises GpoRefused for a list that leaves out an account that Windows needs; nobody is no list."""
    absent = sorted(FLOOR - set(sids or ())) if sids else []
    if absent:
        names = ", ".join(map(shown, absent))
        raise GpoRefused(Reason.FLOOR, f"the list leaves out accounts that Windows needs: {names}")


def _refuse(
    gpo: GpoFacts,
    template: Template | None,
    sids: Collection[Sid] | None,
    allow: Collection[str],
    impacts: Collection[HostImpact] | None,
    max_hosts: int,
) -> None:
    """Raises GpoRefused for what would do harm; what is as it should be already is not asked about."""
    if gpo.key == DEFAULT_DOMAIN_POLICY and Reason.DEFAULT_DOMAIN.value not in allow:
        raise GpoRefused(Reason.DEFAULT_DOMAIN, f"this is the Default Domain Policy; {_allowing(Reason.DEFAULT_DOMAIN)}")
    if template is not None and len(template.lines) > 1 and Reason.DUPLICATES.value not in allow:
        lines = some([str(line.number) for line in template.lines])
        raise GpoRefused(Reason.DUPLICATES, f"GptTmpl.inf sets the right in lines {lines}; {_allowing(Reason.DUPLICATES)}")
    refuse_for_hosts(sids, allow, impacts, max_hosts)


def refuse_for_hosts(
    sids: Collection[Sid] | None, allow: Collection[str], impacts: Collection[HostImpact] | None, max_hosts: int
) -> None:
    """Raises GpoRefused for what would do harm on audited hosts."""
    web = [impact.audited.host for impact in impacts or () if impact.audited.wins and "IIS" in impact.audited.features]
    if sids is not None and IIS_IUSRS not in sids and web and Reason.WITHOUT_IIS.value not in allow:
        hosts = some([visible(host) for host in web])
        raise GpoRefused(
            Reason.WITHOUT_IIS,
            f"the list leaves out {shown(IIS_IUSRS)}, and hosts run IIS: {hosts}; {_allowing(Reason.WITHOUT_IIS)}",
        )
    beyond = {sid: count for sid, count in taken_from(impacts or ()).items() if count > max_hosts}
    if max_hosts and beyond and Reason.MANY_HOSTS.value not in allow:
        counts = some([f"{shown(sid)} from {count} hosts" for sid, count in sorted(beyond.items())])
        raise GpoRefused(
            Reason.MANY_HOSTS, f"it would take {counts}, and max_hosts_per_account is {max_hosts}; {_allowing(Reason.MANY_HOSTS)}"
        )


def _allowing(reason: Reason) -> str:
    return f"allow {reason.value} if it is meant"


def _extensions(text: str | None, template: Template | None) -> str | None:
    """The pair goes only with the last setting of the template."""
    if template is not None and (template.lines or template.others):
        return with_pair(text)
    return without_pair(text)


def _fresh(
    gpo: GpoFacts,
    was: Parts,
    template: bytes | None,
    extensions: str | None,
    ini: GptIni | None,
    before: tuple[str, ...] | None,
    after: tuple[str, ...] | None,
    notes: tuple[str, ...],
) -> GpoPlan:
    folder = ini.version if ini else None
    known = [was.version, *([folder] if folder is not None else [])]
    # What does not define the right is not ours. Both 0: clients take the GPO for empty ([MS-GPOL] 3.2.5.1.6).
    agree = after is None or (folder is not None and same_version(was.version, folder) and machine_half(was.version) != 0)
    if template == was.template and extensions == was.extensions and agree:
        return GpoPlan(gpo, was, was, (was.version, was.gpt_ini or b""), before, after)
    version = next_version(*known)
    will = Parts(template, version, extensions, write_gpt_ini(ini, version))
    return GpoPlan(gpo, was, will, _undo(ini, *known, version), before, after, notes=notes)


def _with_journal(
    gpo: GpoFacts,
    journal: Journal,
    was: Parts,
    template: bytes | None,
    extensions: str | None,
    ini: GptIni | None,
    before: tuple[str, ...] | None,
    after: tuple[str, ...] | None,
) -> GpoPlan:
    """The plan where an earlier run left its journal: to finish what it began, or to begin anew where nothing was written."""
    try:
        stage = stage_of(journal, was.digests)
    except Unclear as error:
        raise GpoRefused(Reason.UNFINISHED, f"an earlier change of {gpo.guid} was not finished, and {error}") from None
    if stage is Stage.NOTHING:
        plan = _fresh(gpo, was, template, extensions, ini, before, after, ("an earlier run was ended before it wrote anything",))
        if plan.empty and was.gpt_ini is not None:  # sent all the same: that takes the journal away
            return dataclasses.replace(plan, finishes=True, notes=("what an earlier run left beside the template is taken away",))
        return plan
    target = journal.after.version
    will = Parts(template, target, extensions, write_gpt_ini(ini, target))
    done = "an earlier run was ended after it made its change, before its journal was taken away; this one takes it away"
    if will.digests != journal.after.digests:
        note = done if stage is Stage.DONE else "an earlier change to something else was not finished; this one replaces it"
        plan = _fresh(gpo, was, template, extensions, ini, before, after, (note,))
        version = next_version(
            was.version, *([ini.version] if ini and ini.version is not None else []), journal.before.version, target
        )
        will = Parts(template, version, extensions, write_gpt_ini(ini, version))
        return GpoPlan(gpo, was, will, _undo(ini, version), before, after, notes=plan.notes)
    note = done if stage is Stage.DONE else "an earlier run was ended before it was done; this one finishes its change"
    return GpoPlan(gpo, was, will, _undo(ini, target), before, after, finishes=True, notes=(note,))


def _undo(ini: GptIni | None, *known: int) -> tuple[int, bytes]:
    version = next_version(*known)
    return version, write_gpt_ini(ini, version)


def _notes(was: Parts, ini: GptIni | None) -> tuple[str, ...]:
    if ini is None or ini.version is None:
        return ("gpt.ini has no version, and gets one",)
    if not machine_half(was.version) and not machine_half(ini.version):
        return ("both versions were 0, so that clients took the GPO for empty",)
    if not same_version(was.version, ini.version):
        return (f"the container had version {was.version} and gpt.ini {ini.version}; both get a new one",)
    return ()


def listed(template: Template | None) -> tuple[str, ...] | None:
    """The accounts of the line, as SIDs or names; None for not defined."""
    if template is None or template.state is State.NOT_DEFINED:
        return None
    return tuple(entry.sid or entry.text for entry in template.entries)


def digest(data: bytes | None) -> str | None:
    """SHA-256 of a file; None where there is none."""
    return None if data is None else hashlib.sha256(data).hexdigest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
