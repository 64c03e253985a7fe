# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain controller said about the GPOs of its domain. Field names are the keys of the payload's answer; no opinion here."""

from __future__ import annotations

import base64
import builtins
import functools
import typing as t
from dataclasses import dataclass

from .._accounts.sids import Sid
from .._input.forms import Form

GUID_FORM = Form(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}", "a GUID in braces")
Guid = t.Annotated[str, GUID_FORM]
Digest = t.Annotated[str, Form(r"[0-9a-f]{64}", "a SHA-256 in lower case")]
Base64 = t.Annotated[str, Form(r"[A-Za-z0-9+/]*={0,2}", "Base64")]
FileStatus = t.Annotated[str, Form("read|absent|unreadable|too_large", "one of read, absent, unreadable, too_large")]
SomKind = t.Annotated[str, Form("domain|ou|site", "one of domain, ou, site")]

DEFAULT_DOMAIN_POLICY = "{31B2F340-016D-11D2-945F-00C04FB984F9}"
DEFAULT_DOMAIN_CONTROLLERS_POLICY = "{6AC1786C-016F-11D2-945F-00C04FB984F9}"
"""GUIDs that every domain has, [MS-GPOL] 2.2.2 among others; compared regardless of case."""


@dataclass(frozen=True, slots=True)
class DomainController:
    """The host that answered. ``machine_role`` is DSROLE_MACHINE_ROLE ([MS-DSSP] 2.2.2); None where something is not known."""

    name: str
    dns_name: str | None
    machine_role: int | None
    read_only: bool
    domain: str | None
    domain_dn: str | None
    domain_sid: Sid | None
    pdc_emulator: str | None
    is_pdc_emulator: bool


@dataclass(frozen=True, slots=True)
class AskedGpo:
    """What was asked for by GUID or name, and the GUIDs that were found."""

    asked: str
    found: tuple[Guid, ...]


@dataclass(frozen=True, slots=True)
class IniFile:
    """gpt.ini as it is. ``bytes``: None unless it was read."""

    status: FileStatus
    bytes: Base64 | None
    error: str | None

    @property
    def data(self) -> builtins.bytes | None:
        """Its content."""
        return None if self.bytes is None else base64.b64decode(self.bytes, validate=True)


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """GptTmpl.inf as it is. ``bytes``, ``sha256``: None unless it was read."""

    status: FileStatus
    bytes: Base64 | None
    error: str | None
    sha256: Digest | None

    @property
    def data(self) -> builtins.bytes | None:
        """Its content."""
        return None if self.bytes is None else base64.b64decode(self.bytes, validate=True)


@dataclass(frozen=True, slots=True)
class ApplyAce:
    """An entry of the object's DACL that grants or denies *apply group policy*."""

    sid: Sid
    allowed: bool
    inherited: bool


@dataclass(frozen=True, slots=True)
class GpoFacts:
    """One GPO: attributes of its container, its files, who may apply it. None where something is not known or not set."""

    guid: Guid
    name: str | None
    flags: int | None
    version: int | None
    extensions: str | None
    path: str | None
    wmi_filter: str | None
    template: TemplateFile
    gpt_ini: IniFile
    journal: str | None
    security: tuple[ApplyAce, ...] | None

    @property
    def key(self) -> str:
        """By which it is compared."""
        return self.guid.upper()


@dataclass(frozen=True, slots=True)
class UnreadGpo:
    """A GPO that could not be read: nothing is known of it."""

    guid: Guid
    error: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link. ``guid``: None for a GPO of another domain; ``order``: 1 has the highest precedence.

    ``options``: bit 0 disabled, bit 1 enforced ([MS-GPOL] 2.2.2).
    """

    guid: Guid | None
    order: int
    options: int

    @property
    def disabled(self) -> bool:
        """It does not count."""
        return bool(self.options & 1)

    @property
    def enforced(self) -> bool:
        """Nothing below it overrides or blocks it."""
        return bool(self.options & 2)


@dataclass(frozen=True, slots=True)
class Som:
    """A domain, OU or site (scope of management) with its links. ``block``: it takes nothing from above that is not enforced."""

    som: str
    kind: SomKind
    block: bool
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class TemplateAccount:
    """What the controller's LSA says of an account as it stands in a template. ``found``: None where it is not known."""

    asked: str
    sid: Sid | None
    name: str | None
    use: int | None
    found: bool | None


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """The answer.

    ``gpos``: whole rows; ``others``: GPOs that were read and whose template does not name the right. ``truncated``: there are more GPOs
    than these. ``links``: None where they could not be read.
    """

    controller: DomainController
    asked: tuple[AskedGpo, ...]
    gpos: tuple[GpoFacts, ...]
    others: tuple[Guid, ...]
    unread: tuple[UnreadGpo, ...]
    truncated: bool
    links: tuple[Som, ...] | None
    links_truncated: bool
    accounts: tuple[TemplateAccount, ...]
    lookup_status: str

    @property
    def complete(self) -> bool:
        """Every GPO of the domain that was asked for is known, and what its template says can be known."""
        return not (self.truncated or self.unread) and all(gpo.template.status in ("read", "absent") for gpo in self.gpos)

    def gpo(self, guid: str) -> GpoFacts | None:
        """The row of a GPO."""
        return next((gpo for gpo in self.gpos if gpo.key == guid.upper()), None)

    def account(self, text: str) -> TemplateAccount | None:
        """What is known of an account as it stands in a template."""
        return _by_text(self.accounts).get(text)


@functools.lru_cache(maxsize=4)
def _by_text(accounts: tuple[TemplateAccount, ...]) -> dict[str, TemplateAccount]:
    return {account.asked: account for account in accounts}
