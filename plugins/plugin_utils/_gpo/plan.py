# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that a GPO shall have -> new bytes, version and extensions, or why not. Pure: nothing is sent from here."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.sids import FLOOR, Sid
from .._wording import some, visible
from .errors import NotUnderstood
from .extensions import parse_extensions, with_pair, without_pair
from .facts import DEFAULT_DOMAIN_POLICY, DomainFacts, GpoFacts
from .gpt_ini import GptIni, read_gpt_ini, write_gpt_ini
from .journal import Journal, Stage, Unclear, read_journal, stage_of
from .parts import Parts, digest, parts_of
from .refusal import GpoRefused, Reason, allowing, check_controller, look_first
from .template import State, Template, read_template, write_template
from .version import machine_half, next_version, same_version


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


@dataclass(frozen=True, slots=True)
class _Draft:
    """A GPO as it is, and what its template and extensions shall be; the version is chosen last.

    ``before``, ``after``: as a plan has them. ``ini``: gpt.ini as it is.
    """

    gpo: GpoFacts
    was: Parts
    ini: GptIni | None
    template: bytes | None
    extensions: str | None
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None

    @property
    def versions(self) -> list[int]:
        """Those that clients may have seen: of the container, and of gpt.ini where it has one."""
        return [self.was.version, *([self.ini.version] if self.ini and self.ini.version is not None else [])]

    def parts(self, version: int) -> Parts:
        """The three parts under a version."""
        return Parts(self.template, version, self.extensions, write_gpt_ini(self.ini, version))

    def plan(self, version: int, *seen: int, finishes: bool = False, notes: tuple[str, ...] = ()) -> GpoPlan:
        """The change to a version. ``seen``: versions that an undoing must not have either."""
        undo = next_version(*seen, version)
        will = self.parts(version)
        return GpoPlan(
            self.gpo, self.was, will, (undo, write_gpt_ini(self.ini, undo)), self.before, self.after, finishes=finishes, notes=notes
        )

    def anew(self, *known: int, notes: tuple[str, ...] = ()) -> GpoPlan:
        """The change to a version that no client has seen, and the same for its undoing. ``known``: versions of earlier runs."""
        seen = [*self.versions, *known]
        return self.plan(next_version(*seen), *seen, notes=notes)

    def tidying(self, note: str) -> GpoPlan:
        """The GPO as it is, sent all the same: that takes a journal away."""
        undo = self.was.version, self.was.gpt_ini or b""
        return GpoPlan(self.gpo, self.was, self.was, undo, self.before, self.after, finishes=True, notes=(note,))


def untouched(gpo: GpoFacts, was: Parts, before: tuple[str, ...] | None, after: tuple[str, ...] | None, *notes: str) -> GpoPlan:
    """The plan that sends nothing."""
    return GpoPlan(gpo, was, was, (was.version, was.gpt_ini or b""), before, after, notes=notes)


def plan_gpo(facts: DomainFacts, gpo: GpoFacts, sids: Collection[Sid] | None, allow: Collection[str] = ()) -> GpoPlan:
    """The plan that brings a GPO to a list, to nobody (no SID) or to not defined (None). Raises GpoRefused.

    ``allow``: refusals that the task overrules. What the change would do to hosts is asked elsewhere (``_fleet/gpo_look``).
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
    draft = _Draft(gpo, was, ini, new, extensions, listed(template), listed(again))
    plan = _fresh(draft, _notes(draft)) if journal is None else _with_journal(draft, journal, allow)
    if not plan.empty:
        _refuse(gpo, template, allow)
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
    draft = _Draft(gpo, was, ini, template, extensions, listed(current), listed(again))
    if undone and journal is None and was.extensions in (extensions, earlier.extensions):
        return untouched(gpo, was, draft.before, draft.after)
    return draft.anew(*([journal.before.version, journal.after.version] if journal and journal.clear else []))


def _refuse_without_floor(sids: Collection[Sid] | None) -> None:
    """Raises GpoRefused for a list that leaves out an account that Windows needs; nobody is no list."""
    absent = sorted(FLOOR - set(sids or ())) if sids else []
    if absent:
        names = ", ".join(map(shown, absent))
        raise GpoRefused(Reason.FLOOR, f"the list leaves out accounts that Windows needs: {names}")


def _refuse(gpo: GpoFacts, template: Template | None, allow: Collection[str]) -> None:
    """Raises GpoRefused for a GPO or a file that nobody should change unless it is meant; what is as it should be is not asked about."""
    if gpo.key == DEFAULT_DOMAIN_POLICY and Reason.DEFAULT_DOMAIN.value not in allow:
        raise GpoRefused(Reason.DEFAULT_DOMAIN, f"this is the Default Domain Policy; {allowing(Reason.DEFAULT_DOMAIN)}")
    if template is not None and len(template.lines) > 1 and Reason.DUPLICATES.value not in allow:
        lines = some([str(line.number) for line in template.lines])
        raise GpoRefused(Reason.DUPLICATES, f"GptTmpl.inf sets the right in lines {lines}; {allowing(Reason.DUPLICATES)}")


def _extensions(text: str | None, template: Template | None) -> str | None:
    """The pair goes only with the last setting of the template."""
    if template is not None and (template.lines or template.others):
        return with_pair(text)
    return without_pair(text)


def _fresh(draft: _Draft, notes: tuple[str, ...]) -> GpoPlan:
    """The plan of a change that begins with this run."""
    was, folder = draft.was, draft.ini.version if draft.ini else None
    # What does not define the right is not ours. Both 0: clients take the GPO for empty ([MS-GPOL] 3.2.5.1.6).
    agree = draft.after is None or (folder is not None and same_version(was.version, folder) and machine_half(was.version) != 0)
    if draft.template == was.template and draft.extensions == was.extensions and agree:
        return untouched(draft.gpo, was, draft.before, draft.after)
    return draft.anew(notes=notes)


def _with_journal(draft: _Draft, journal: Journal, allow: Collection[str]) -> GpoPlan:
    """The plan where an earlier run left its journal: to finish what it began, or to begin anew where nothing was written, or where
    nobody can tell and a person has looked.
    """
    try:
        stage = stage_of(journal, draft.was.digests)
    except Unclear as error:
        if Reason.UNFINISHED.value not in allow:
            guid = draft.gpo.guid
            raise GpoRefused(
                Reason.UNFINISHED, f"an earlier change of {guid} was not finished, and {error}. {look_first(guid)}"
            ) from None
        known = [journal.before.version, journal.after.version] if journal.clear else []
        note = f"an earlier change was not finished, and {error}; this one begins with what is there"
        return draft.anew(*known, notes=(note,))
    if stage is Stage.NOTHING:
        plan = _fresh(draft, ("an earlier run was ended before it wrote anything",))
        return draft.tidying("what an earlier run left beside the template is taken away") if plan.empty else plan
    done = "an earlier run was ended after it made its change, before its journal was taken away; this one takes it away"
    if draft.parts(journal.after.version).digests != journal.after.digests:
        note = done if stage is Stage.DONE else "an earlier change to something else was not finished; this one replaces it"
        return draft.anew(journal.before.version, journal.after.version, notes=(note,))
    note = done if stage is Stage.DONE else "an earlier run was ended before it was done; this one finishes its change"
    return draft.plan(journal.after.version, *draft.versions, journal.before.version, finishes=True, notes=(note,))


def _notes(draft: _Draft) -> tuple[str, ...]:
    was, folder = draft.was.version, draft.ini.version if draft.ini else None
    if folder is None:
        return ("gpt.ini has no version, and gets one",)
    if not machine_half(was) and not machine_half(folder):
        return ("both versions were 0, so that clients took the GPO for empty",)
    if not same_version(was, folder):
        return (f"the container had version {was} and gpt.ini {folder}; both get a new one",)
    return ()


def listed(template: Template | None) -> tuple[str, ...] | None:
    """The accounts of the line, as SIDs or names; None for not defined."""
    if template is None or template.state is State.NOT_DEFINED:
        return None
    return tuple(entry.sid or entry.text for entry in template.entries)


def sids_of(facts: DomainFacts, accounts: Iterable[str]) -> dict[str, Sid | None]:
    """The SID of each account of a line: its own, or that of its name as the domain controller has looked it up; None where it has not."""
    return {account: account if account.startswith("S-1-") else _looked_up(facts, account) for account in accounts}


def _looked_up(facts: DomainFacts, name: str) -> Sid | None:
    known = facts.account(name)
    return known.sid if known else None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
