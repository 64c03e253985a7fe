# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the contract about Group Policy Objects, as plain data. No code."""

from __future__ import annotations

import typing as t

from .._accounts.sids import Sid
from .._gpo.judgement import Kind
from .._gpo.template import State
from .._input.forms import Form, Says, Words
from .._verdict.expectation import Standing

_Clock = t.Annotated[
    str, Form(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", "a time; a time reads 2026-01-31T08:15:00Z")
]


class GpoHolder(t.TypedDict):
    """An account that a GPO gives the right to."""

    text: t.Annotated[str, Says("As it stands in the template.")]
    sid: t.Annotated[Sid | None, Says("Null for a name that the domain controller could not look up.")]
    name: str | None
    standing: t.Annotated[str, Words.of(Standing)]
    why: str


class GpoFinding(t.TypedDict):
    """Something that is wrong with a GPO."""

    kind: t.Annotated[str, Words.of(Kind)]
    sid: Sid | None
    text: str


class GpoLink(t.TypedDict):
    """Where a GPO is linked."""

    som: t.Annotated[str, Says("Distinguished name of the domain, OU or site.")]
    kind: t.Annotated[str, Words(("domain", "ou", "site"))]
    order: t.Annotated[int, Says("1 has the highest precedence.")]
    enforced: bool
    disabled: bool
    effective: t.Annotated[bool | None, Says("Null where that cannot be known.")]
    why: t.Annotated[list[str], Says("What keeps it from having an effect, or limits it.")]


class GpoRow(t.TypedDict):
    """One GPO."""

    guid: str
    name: str | None
    state: t.Annotated[
        str | None, Words.of(State), Says("What its template says of the right; null where that could not be read or understood.")
    ]
    holders: list[GpoHolder]
    findings: list[GpoFinding]
    compliant: t.Annotated[bool, Says("No finding but notes about links.")]
    documented: t.Annotated[
        str | None, Says("What the policy's document says of one of the two default GPOs, beside what is observed.")
    ]
    links: t.Annotated[list[GpoLink] | None, Says("Null where the links could not be read.")]
    filters: t.Annotated[list[str], Says("What narrows it to some computers.")]
    version: t.Annotated[int | None, Says("Of the container in the directory.")]
    folder_version: t.Annotated[int | None, Says("Of gpt.ini in SYSVOL.")]
    extensions: t.Annotated[str | None, Says("gPCMachineExtensionNames.")]
    template_sha256: t.Annotated[str | None, Says("Of GptTmpl.inf; null where there is none.")]


class UnreadRow(t.TypedDict):
    """A GPO that could not be read."""

    guid: str
    error: str


class GpoHostImpact(t.TypedDict):
    """What a change of a GPO means for an audited host that names it."""

    host: str
    wins: t.Annotated[
        bool | None,
        Says("The GPO sets the right there; false where it lost against another one, null where that is not known."),
    ]
    gains: t.Annotated[list[Sid] | None, Says("Null where that cannot be known before.")]
    loses: list[Sid] | None
    drifts: t.Annotated[bool | None, Says("The host would differ from its policy then.")]
    features: t.Annotated[list[str], Says("Of IIS, SSIS and AD FS, those that it has.")]
    own_accounts: t.Annotated[list[str], Says("Services and pools that run under accounts of their own.")]


class GpoAccountImpact(t.TypedDict):
    """An account that hosts would gain or lose."""

    op: t.Annotated[str, Words(("add", "remove"))]
    sid: t.Annotated[Sid, Says("Of a local account, on the first of the hosts.")]
    name: str | None
    hosts: t.Annotated[int, Says("On how many of them.")]


class GpoPlanned(t.TypedDict):
    """What changes, each before and after. ``before``, ``after``: accounts of the line, null for not defined."""

    before: list[str] | None
    after: list[str] | None
    version_before: int
    version_after: int
    extensions_before: str | None
    extensions_after: str | None
    template_sha256_before: str | None
    template_sha256_after: str | None
    finishes: t.Annotated[bool, Says("It finishes the change of a run that was ended in the middle.")]


class GpoChange(t.TypedDict):
    """The last planned or made change of a GPO, and what it means for audited hosts."""

    guid: str
    name: str | None
    run_id: str
    at: _Clock
    outcome: t.Annotated[str, Words(("planned", "refused", "applied", "undone", "not_started", "unknown"))]
    plan: GpoPlanned
    impact: t.Annotated[list[GpoHostImpact] | None, Says("Audited hosts that name the GPO; null where that is not known.")]
    impact_of: t.Annotated[str, Says("The report that the impact is taken from, or why it is not known.")]
    impact_accounts: t.Annotated[list[GpoAccountImpact] | None, Says("Who gains and loses the right, and on how many hosts.")]
    impact_unseen: t.Annotated[
        int | None, Says("Hosts of that report of which it is not known who sets the right, so that they may be more.")
    ]


class Gpos(t.TypedDict):
    """The GPOs of a domain, as one domain controller has them."""

    domain: str | None
    controller: t.Annotated[str, Says("The domain controller that was asked.")]
    read_at: _Clock
    policy: t.Annotated[str, Says("The policy that judged.")]
    complete: t.Annotated[bool, Says("Every GPO was read, and its links.")]
    compliant: t.Annotated[bool, Says("All GPOs were read and nothing is wrong with any of them.")]
    not_defining: t.Annotated[int, Says("GPOs that were read and do not define the right.")]
    unread: list[UnreadRow]
    gpos: list[GpoRow]
    changes: t.Annotated[list[GpoChange], Says("Changes that were planned or made, the last one of each GPO.")]
