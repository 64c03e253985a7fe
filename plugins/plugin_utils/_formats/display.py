# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that others chose, in files that people read: visible (see _wording), and by the canonical name where there is one. Pure."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from .._accounts.sids import NAMES
from .._facts.declared import contradictions
from .._facts.releases import FIRST_WINDOWS_11
from .._fleet.worst import meaning_of
from .._result.types import Record
from .._verdict.status import UNREAD, Status
from .._wording import SENTENCE, visible


def names_by_sid(record: Record) -> dict[str, str | None]:
    """SID -> name of every account that a record names."""
    named = {finding["sid"]: finding["name"] for finding in record["findings"]}
    return named | {holder["sid"]: holder["name"] for holder in record["holders"]}


def name_of(sid: str | None, name: str | None) -> str:
    """The name to show for a SID: the canonical English one where there is one, so that a host's language does not matter."""
    return NAMES.get(sid or "") or visible(name or "")


@functools.lru_cache(maxsize=50_000)
def shown(sid: str | None, name: str | None) -> str:
    """``NAME (SID)``, or the one of them that there is."""
    label, sid = name_of(sid, name), visible(sid or "")
    return f"{label} ({sid})" if label and sid else label or sid


def accounts(sids: Iterable[str], names_by_sid: Mapping[str, str | None]) -> list[str]:
    """Each account as ``NAME (SID)``, fit to be seen."""
    return [shown(sid, names_by_sid.get(sid)) for sid in sids]


def system_of(record: Record) -> str:
    """Windows of a host: caption, version and build; empty where it was not read.

    A client with a build of Windows 11 may say "Windows 10" in its value ProductName; the build tells them apart, as it does for the
    rows of a policy.
    """
    windows = record["windows"]
    if not windows:
        return ""
    caption = windows["caption"]
    if caption and (windows["build"] or 0) >= FIRST_WINDOWS_11 and caption.startswith("Windows 10 "):
        caption = f"Windows 11 {caption.removeprefix('Windows 10 ')}"
    build = f"build {windows['build']}" if windows["build"] else None
    return visible(" ".join(part for part in (caption, windows["display_version"], build) if part))


def iis_of(record: Record) -> str:
    """The version of IIS, ``yes``, ``no`` or ``unknown``; empty where the host was not read."""
    iis = record["iis"]
    if iis is None:
        return ""
    installed = iis["installed"]
    return "unknown" if installed is None else visible(iis["version"] or "yes") if installed else "no"


def citation_of(record: Record) -> str:
    """The control that judged a host by the first name that it has, and its document with the edition: a number alone proves nothing."""
    citation = record["citation"]
    if not citation:
        return ""
    return visible(
        ", ".join(filter(None, (citation["benchmark_id"] or citation["rule"] or citation["row"], document_of(record)))), SENTENCE
    )


def control_of(record: Record) -> str:
    """The numbers of the control that judged a host, with its document; empty where the document has no numbers."""
    citation = record["citation"]
    numbers = " ".join(filter(None, (citation["benchmark_id"], citation["rule"]))) if citation else ""
    return visible(", ".join(filter(None, (numbers, document_of(record)))), SENTENCE) if numbers else ""


def document_of(record: Record) -> str:
    """Title, version and date of the document that judged a host; empty where its row names none."""
    document = record["citation"]["document"] if record["citation"] else None
    return ", ".join(filter(None, (document["title"], document["version"], document["date"]))) if document else ""


def reason_of(record: Record) -> str:
    """Why a host has its status; in place of the words of a library what they mean, where that is known."""
    return (meaning_of(record) if record["status"] == Status.UNREACHABLE.value else "") or record["reason"]


def gpo_of(record: Record) -> str:
    """``NAME (GUID)`` of the GPO that sets the right on a host, or the one of them that there is."""
    controller = record["controller"]
    if not controller:
        return ""
    name, guid = visible(controller["name"] or ""), visible(controller["guid"] or "")
    return f"{name} ({guid})" if name and guid and name != guid else name or guid


def plan_of(record: Record) -> str:
    """The outcome of a change and its sentences; empty in an audit."""
    change = record["change"]
    if not change:
        return ""
    sentences = "; ".join(visible(line, SENTENCE) for line in change["changes"] or ())
    return ": ".join(filter(None, (visible(change["outcome"]), sentences)))


def error_of(record: Record) -> str:
    """Why a host was not read or not brought to the policy, after the word of its kind; empty where nothing went wrong."""
    error = record["error"]
    unreachable = record["status"] == Status.UNREACHABLE.value
    if error:
        return f"{visible(error['category'])}: {visible((unreachable and meaning_of(record)) or error['message'], SENTENCE)}"
    return visible(reason_of(record), SENTENCE) if record["status"] in UNREAD else ""


def declared_otherwise(record: Record) -> str:
    """What a host shows against what is declared of it, a sentence each; empty where it does not."""
    return "; ".join(visible(note, SENTENCE) for note in contradictions(record["notes"]))
