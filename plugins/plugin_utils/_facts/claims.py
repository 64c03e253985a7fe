# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks for the right from outside, and for which accounts: GPOs by RSoP and by cached templates, and a management service. Pure.

Sources: RSOP_UserPrivilegeRight, RSOP_GPO and RSOP_SOM classes; KB 324383 (cached templates); Policy CSP UserRights (form of its list).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .._accounts.sids import parse_sid, sort_key
from .._wording import some
from .facts import ControlTraces, Mdm, Setting, Template

_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_LOCAL_SOM = 1
_MOST_ACCOUNTS = 200  # of one setting, as the host cuts the list
_STATUS = {0: "not attempted", 1: "applied", 3: "failed", 4: "failed for a child"}  # RSOP_SecuritySettings, Status
_CDATA = re.compile(r"\s*<!\[CDATA\[(.*)\]\]>\s*", re.DOTALL)
_BETWEEN = re.compile("\uf000|&#xf000;|&#61440;", re.IGNORECASE)  # Policy CSP UserRights: 0xF000, and its encoding inside CDATA


@dataclass(frozen=True, slots=True)
class Asked:
    """Accounts that a GPO or a management service gives the right. ``sids``: None where they cannot be compared, as ``doubt`` says."""

    sids: tuple[str, ...] | None = None
    doubt: str | None = None


NOT_TOLD = Asked(None, "its list is not told")


@dataclass(frozen=True, slots=True)
class GpoSetting:
    """One GPO that defines the right on a host. ``link``: where it is linked; ``status``: applied, failed, not attempted, None unknown.

    ``version``: what the last run of Group Policy saw of the GPO, None where that is not known. RSOP_GPO has 0 where none was logged (its
    MOF: ``uint32 version = 0``).
    """

    name: str | None
    guid: str | None
    link: str | None = None
    precedence: int | None = None
    status: str | None = None
    error: int | None = None
    asked: Asked = NOT_TOLD
    version: int | None = None

    @property
    def words(self) -> str:
        """For sentences: name, GUID and link."""
        if not (self.guid or self.name):
            return "a GPO whose name and GUID are not known"
        link = f" linked at {self.link}" if self.link else ""
        unnamed = "whose name is not known" if self.guid and not self.name else None
        return " ".join(filter(None, ("the GPO", self.name, self.guid if self.guid != self.name else None, unnamed))) + link

    @property
    def key(self) -> str:
        """What tells one GPO from another; empty where its GUID is not known."""
        return (self.guid or "").upper()


def by_rsop(traces: ControlTraces, setting: Setting) -> GpoSetting:
    """The GPO of a setting, by GPOID; its GUID is in that name, and the cached template has its list with SIDs."""
    rsop = traces.rsop
    gpo = next((entry for entry in rsop.gpos if _same(entry.id, setting.gpo)), None)
    som = next((entry for entry in rsop.soms if _same(entry.id, setting.som)), None)
    match = _GUID.search(setting.gpo or "")
    guid = (gpo.guid if gpo and gpo.guid else None) or (match.group() if match else None)
    local = som is not None and som.type == _LOCAL_SOM
    cached = [entry for entry in traces.templates or () if guid and _same(entry.gpo, guid)]
    return GpoSetting(
        name=(gpo.name if gpo else None) or ("Local Group Policy" if local else None),
        guid=guid,
        link=None if local else setting.som or None,
        precedence=setting.precedence,
        status=None if setting.status is None else _STATUS.get(setting.status),
        error=setting.error or None,
        asked=_of_templates(cached, traces) if cached else _of_setting(setting, traces),
        version=(gpo.version if gpo else None) or None,
    )


def by_templates(traces: ControlTraces) -> tuple[GpoSetting, ...]:
    """One claim for each GPO that has cached templates with the right; templates that name no GPO have one each."""
    known = {gpo.guid.upper(): (gpo.name, gpo.version or None) for gpo in traces.rsop.gpos if gpo.guid}
    found: dict[str, list[Template]] = {}
    for template in sorted(traces.templates or (), key=lambda template: template.file):
        found.setdefault((template.gpo or "").upper() or f"?{template.file}", []).append(template)
    return tuple(
        GpoSetting(name, own[0].gpo or None, asked=_of_templates(own, traces), version=version)
        for (name, version), own in ((known.get(key, (None, None)), own) for key, own in found.items())
    )


def by_management(mdm: Mdm, traces: ControlTraces) -> Asked:
    """The list of a management service: entries with U+F000 between them, ``*SID`` or names, an empty one for no account."""
    if mdm.value is None:
        return NOT_TOLD
    if isinstance(mdm.value, int):
        return Asked(None, f"its list is the number {mdm.value}")
    texts = (mdm.value,) if isinstance(mdm.value, str) else mdm.value
    bare = (match[1] if (match := _CDATA.fullmatch(text)) else text for text in texts)
    return _asked([entry for text in bare for entry in _BETWEEN.split(text)], traces)


def _of_setting(setting: Setting, traces: ControlTraces) -> Asked:
    if setting.accounts is None:
        return NOT_TOLD
    if len(setting.accounts) >= _MOST_ACCOUNTS:
        return Asked(None, "its list is longer than what is read")
    return _asked(setting.accounts, traces)


def _of_templates(templates: Sequence[Template], traces: ControlTraces) -> Asked:
    """The list of a GPO by its cached templates, where they agree. Which of several counts is not known."""
    lists = {_asked(template.value.split(","), traces) for template in templates}
    return lists.pop() if len(lists) == 1 else Asked(None, "its cached templates do not have the same list")


def _asked(texts: Iterable[str], traces: ControlTraces) -> Asked:
    known: Mapping[str, str | None] = {text_sid.asked.casefold(): text_sid.sid for text_sid in traces.sids}
    found = {text.strip(): _sid(text.strip(), known) for text in texts if text.strip()}
    nameless = sorted(text for text, sid in found.items() if sid is None)
    if nameless:
        return Asked(None, f"the host knows no SID for {some(nameless)} in its list")
    return Asked(tuple(sorted({sid for sid in found.values() if sid}, key=sort_key)))


def _sid(text: str, known: Mapping[str, str | None]) -> str | None:
    try:
        return parse_sid(text) or known.get(text.casefold())
    except ValueError:
        return None


def _same(first: str | None, second: str | None) -> bool:
    return first is not None and second is not None and first.casefold() == second.casefold()
