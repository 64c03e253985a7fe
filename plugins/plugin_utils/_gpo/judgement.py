# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be said of one GPO: its state, whom it gives the right to and why, and what is wrong with it. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from .._accounts.parsing import shown
from .._accounts.sids import FLOOR, IIS_IUSRS, Sid
from .._policy.policy import GpoRow, Policy
from .._verdict.expectation import Standing
from .._wording import some, visible
from .errors import NotUnderstood
from .extensions import has_extension, has_pair, in_order, parse_extensions
from .facts import DEFAULT_DOMAIN_CONTROLLERS_POLICY, DEFAULT_DOMAIN_POLICY, DomainFacts, GpoFacts
from .gpt_ini import read_gpt_ini
from .links import Effect, both_versions_zero, filters_of, folder_version, links_of
from .template import Entry, State, Template, read_template
from .version import same_version

_ROWS = {
    "default_domain_policy": DEFAULT_DOMAIN_POLICY,
    "default_domain_controllers_policy": DEFAULT_DOMAIN_CONTROLLERS_POLICY,
}
"""The GPOs that a policy has rows of, which every domain has under these GUIDs."""


class Kind(str, enum.Enum):
    """One word for each thing that is wrong with a GPO."""

    DEFINED = "defined_against_policy"
    FLOOR = "floor_missing"
    UNEXPECTED = "unexpected"
    NAME = "name"
    UNKNOWN_SID = "unknown_sid"
    WITHOUT_IIS = "without_iis_iusrs"
    DUPLICATE = "duplicate"
    NOT_UNDERSTOOD = "not_understood"
    UNREADABLE = "unreadable"
    VERSIONS_DIFFER = "versions_differ"
    VERSIONS_ZERO = "versions_zero"
    EXTENSION = "extension_missing"
    ORDER = "extensions_out_of_order"
    LINK = "link_without_effect"
    NOT_LINKED = "not_linked"
    UNFINISHED = "unfinished_change"


NOTES = (Kind.LINK, Kind.NOT_LINKED)
"""Said, but nothing that is wrong with whom the right is given to."""


@dataclass(frozen=True, slots=True)
class Holder:
    """An account of the line. ``text``: as it stands there; ``sid``: None for a name that the controller could not look up."""

    text: str
    sid: Sid | None
    name: str | None
    standing: Standing
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong."""

    kind: Kind
    text: str
    sid: Sid | None = None


@dataclass(frozen=True, slots=True)
class JudgedGpo:
    """One GPO. ``template``, ``state``: None where the file could not be read or understood; ``links``: None where they are not known.

    ``documented``: what the policy's document says of this GPO beside what is observed, for the two that every domain has.
    """

    facts: GpoFacts
    template: Template | None
    state: State | None
    holders: tuple[Holder, ...]
    findings: tuple[Finding, ...]
    links: tuple[Effect, ...] | None
    filters: tuple[str, ...]
    folder_version: int | None
    documented: str | None

    @property
    def good(self) -> bool:
        """Nothing is wrong with it, notes aside."""
        return all(finding.kind in NOTES for finding in self.findings)


def judge_gpo(facts: DomainFacts, gpo: GpoFacts, policy: Policy, web_hosts: Collection[str] = ()) -> JudgedGpo:
    """The judgement of one GPO. ``web_hosts``: audited hosts with IIS on which it sets the right, from an earlier report."""
    template, wrong = _template(gpo)
    holders = tuple(_holder(facts, policy, entry) for entry in template.entries) if template else ()
    state = template.state if template else None
    links = links_of(facts, gpo)
    row = next((row for row in policy.gpos if _ROWS.get(row.name) == gpo.key), None)
    findings = [
        *wrong,
        *_of_document(row, state),
        *_of_holders(template, holders),
        *_of_web_hosts(state, holders, web_hosts),
        *_of_versions(gpo),
        *_of_extensions(gpo, template),
        *(_of_links(facts, links) if state in (State.DEFINED, State.NOBODY) else ()),
        *(
            [
                Finding(
                    Kind.UNFINISHED, "a change of it was not finished: gpo_right with the same wish finishes it, or takes it back"
                )
            ]
            if gpo.journal
            else []
        ),
    ]
    return JudgedGpo(
        gpo, template, state, holders, tuple(findings), links, filters_of(gpo), folder_version(gpo), _documented(row, state)
    )


def _template(gpo: GpoFacts) -> tuple[Template | None, list[Finding]]:
    """The template, that of an empty file where there is none; or why it is not known."""
    if gpo.template.status == "absent":
        return read_template(b""), []
    data = gpo.template.data
    if data is None:
        reason = visible(gpo.template.error or gpo.template.status)
        return None, [Finding(Kind.UNREADABLE, f"GptTmpl.inf could not be read ({reason}), so that its state is not known")]
    try:
        template = read_template(data)
    except NotUnderstood as error:
        return None, [Finding(Kind.NOT_UNDERSTOOD, f"GptTmpl.inf cannot be understood: {visible(str(error))}")]
    if len(template.lines) < 2:
        return template, []
    lines = some([str(line.number) for line in template.lines])
    return template, [Finding(Kind.DUPLICATE, f"GptTmpl.inf sets the right more than once, in lines {lines}")]


def _holder(facts: DomainFacts, policy: Policy, entry: Entry) -> Holder:
    known = facts.account(entry.text)
    sid = entry.sid or (known.sid if known else None)
    name = known.name if known and known.name else None if entry.sid else entry.text
    standing, why = _standing(policy, sid, known.found if known else None)
    return Holder(entry.text, sid, name, standing, why)


def _standing(policy: Policy, sid: Sid | None, found: bool | None) -> tuple[Standing, str]:
    """Where an account stands that a GPO gives the right to. A GPO is for many hosts, so that every row of the policy may allow it."""
    if sid is None:
        return Standing.UNEXPECTED, "is a name that no SID is known of" if found is None else "is a name that no account has"
    if sid in FLOOR:
        return Standing.FLOOR, "Windows needs it"
    for key in ("required", "default", "permitted"):
        for row in policy.rows:
            if any(sid in (account.sid, account.derived) for account in getattr(row, key)):
                return Standing(key), f"{row.where} of the policy {policy.name} ({row.cited})"
    if found is False and sid.startswith("S-1-5-21-"):
        return Standing.ORPHAN, "no account has this SID"
    return Standing.UNEXPECTED, f"no row of the policy {policy.name} names it"


def _of_document(row: GpoRow | None, state: State | None) -> Iterator[Finding]:
    if row is not None and row.printed is None and row.corrected is None and state in (State.DEFINED, State.NOBODY):
        yield Finding(Kind.DEFINED, f"it defines the right, and {row.source} says: not defined")


def _documented(row: GpoRow | None, state: State | None) -> str | None:
    """``documented: ...; observed: ...``: what deviates from a document that is in error is told and never put right."""
    if row is None:
        return None
    printed = "not defined" if row.printed is None else ", ".join(account.shown for account in row.printed)
    return f"documented: {printed}; observed: {'not known' if state is None else state.value.replace('_', ' ')}"


def _of_holders(template: Template | None, holders: tuple[Holder, ...]) -> Iterator[Finding]:
    if template is None or template.state is State.NOT_DEFINED:
        return
    if template.state is State.NOBODY:
        yield Finding(
            Kind.FLOOR, "it gives the right to nobody, and Windows needs Administrators, SERVICE, LOCAL SERVICE and NETWORK SERVICE"
        )
        return
    there = {holder.sid for holder in holders}
    for sid in sorted(FLOOR - there):
        yield Finding(Kind.FLOOR, f"{shown(sid)} is left out, and Windows needs it", sid)
    for holder, entry in zip(holders, template.entries, strict=True):
        text = visible(entry.text)
        if entry.sid is None:
            why = "clients that cannot look it up log SCECLI 1202 and apply none of the GPO's user rights"
            yield Finding(Kind.NAME, f"{text} is a name and not a SID: {why} (KB 324383)", holder.sid)
        if holder.standing is Standing.ORPHAN:
            yield Finding(Kind.UNKNOWN_SID, f"{text} is the SID of no account", holder.sid)
        elif holder.standing is Standing.UNEXPECTED:
            who = shown(holder.sid, holder.name) if holder.sid else text
            yield Finding(Kind.UNEXPECTED, f"{who} should not have the right: {holder.why}", holder.sid)


def _of_web_hosts(state: State | None, holders: tuple[Holder, ...], web_hosts: Collection[str]) -> Iterator[Finding]:
    if state in (State.DEFINED, State.NOBODY) and web_hosts and IIS_IUSRS not in {holder.sid for holder in holders}:
        names = some([visible(host) for host in sorted(web_hosts)])
        yield Finding(
            Kind.WITHOUT_IIS, f"{shown(IIS_IUSRS)} is left out, and hosts that it is applied to run IIS: {names}", IIS_IUSRS
        )


def _of_versions(gpo: GpoFacts) -> Iterator[Finding]:
    folder = folder_version(gpo)
    if gpo.gpt_ini.status not in ("read", "absent"):
        reason = visible(gpo.gpt_ini.error or gpo.gpt_ini.status)
        yield Finding(
            Kind.UNREADABLE, f"gpt.ini could not be read ({reason}), so that the version of the template folder is not known"
        )
    elif gpo.gpt_ini.data is None:
        yield Finding(Kind.VERSIONS_DIFFER, f"the container has version {_number(gpo.version)}, and there is no gpt.ini")
    else:
        try:
            if read_gpt_ini(gpo.gpt_ini.data).version is None:
                yield Finding(Kind.VERSIONS_DIFFER, f"the container has version {_number(gpo.version)}, and gpt.ini none")
        except NotUnderstood as error:
            yield Finding(Kind.NOT_UNDERSTOOD, f"gpt.ini cannot be understood: {visible(str(error))}")
    if gpo.version is not None and folder is not None and not same_version(gpo.version, folder):
        yield Finding(Kind.VERSIONS_DIFFER, f"the container has version {gpo.version}, and gpt.ini {folder}")
    if both_versions_zero(gpo):
        yield Finding(Kind.VERSIONS_ZERO, "both versions are 0, so that clients take the GPO for empty ([MS-GPOL] 3.2.5.1.6)")


def _number(version: int | None) -> str:
    return "that is not known" if version is None else str(version)


def _of_extensions(gpo: GpoFacts, template: Template | None) -> Iterator[Finding]:
    try:
        blocks = parse_extensions(gpo.extensions)
    except NotUnderstood as error:
        yield Finding(Kind.NOT_UNDERSTOOD, visible(str(error)))
        return
    if template is not None and template.lines and not has_extension(blocks):
        yield Finding(
            Kind.EXTENSION, "gPCMachineExtensionNames lacks the security settings, so that clients do not read the template"
        )
    elif template is not None and template.lines and not has_pair(blocks):
        yield Finding(
            Kind.EXTENSION, "gPCMachineExtensionNames names the security settings without the tool that edits them ([MS-GPSB] 1.9)"
        )
    if not in_order(blocks):
        yield Finding(Kind.ORDER, "gPCMachineExtensionNames is out of order; clients stop there ([MS-GPOL] 2.2.4)")


def _of_links(facts: DomainFacts, links: tuple[Effect, ...] | None) -> Iterator[Finding]:
    if links is None:
        return
    if not links and not facts.links_truncated:
        yield Finding(Kind.NOT_LINKED, "it is linked nowhere in this domain, and to no site")
    for link in links:
        if link.effective is False:
            yield Finding(Kind.LINK, f"its link to {visible(link.som)} has no effect: {'; '.join(link.why)}")
