# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that others chose, in files that people read: visible (see wording), and by the canonical name where there is one. Pure."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Iterable, Mapping

from .._policy.sids import NAMES
from .._policy.wording import SENTENCE, visible
from .summary import UNREAD

Record = Mapping[str, t.Any]


def names_of(record: Record) -> dict[str, str | None]:
    """SID -> name of every account that a record names."""
    named = {finding["sid"]: finding["name"] for finding in record["findings"]}
    return named | {holder["sid"]: holder["name"] for holder in record["holders"]}


def name_of(sid: str | None, name: str | None) -> str:
    """The name to show for a SID: the canonical English one where there is one, so that a host's language does not matter."""
    return NAMES.get(sid or "") or visible(name or "")


@functools.lru_cache(maxsize=50_000)
def shown(sid: str | None, name: str | None) -> str:
    """``NAME (SID)``, or the one of them that there is."""
    its, sid = name_of(sid, name), visible(sid or "")
    return f"{its} ({sid})" if its and sid else its or sid


def accounts(sids: Iterable[str], names: Mapping[str, str | None]) -> list[str]:
    """Each account as ``NAME (SID)``, fit to be seen."""
    return [shown(sid, names.get(sid)) for sid in sids]


def system_of(record: Record) -> str:
    """Windows of a host: caption, version and build; empty where it was not read."""
    windows: Mapping[str, t.Any] = record["windows"] or {}
    build = f"build {windows['build']}" if windows.get("build") else None
    return visible(" ".join(str(part) for part in (windows.get("caption"), windows.get("display_version"), build) if part))


def iis_of(record: Record) -> str:
    """The version of IIS, ``yes``, ``no`` or ``unknown``; empty where the host was not read."""
    iis = record["iis"]
    if iis is None:
        return ""
    installed = iis.get("installed")
    return "unknown" if installed is None else visible(str(iis.get("version") or "yes")) if installed else "no"


def control_of(record: Record) -> str:
    """The control of the document that judged a host, by the first name that it has."""
    control: Mapping[str, t.Any] = record["control"] or {}
    return visible(control.get("control") or control.get("rule") or control.get("row") or "")


def gpo_of(record: Record) -> str:
    """``NAME (GUID)`` of the GPO that sets the right on a host, or the one of them that there is."""
    controlled: Mapping[str, t.Any] = record["controlled_by"] or {}
    name, guid = (visible(controlled.get(key) or "") for key in ("name", "guid"))
    return f"{name} ({guid})" if name and guid and name != guid else name or guid


def plan_of(record: Record) -> str:
    """The outcome of a change and its sentences; empty in an audit."""
    change: Mapping[str, t.Any] = record["change"] or {}
    sentences = "; ".join(visible(one, SENTENCE) for one in change.get("changes") or ())
    return ": ".join(filter(None, (visible(change.get("outcome") or ""), sentences)))


def error_of(record: Record) -> str:
    """Why a host was not read or not brought to the policy, after the word of its kind; empty where nothing went wrong."""
    error = record["error"]
    if error:
        return f"{visible(error['category'])}: {visible(error['message'], SENTENCE)}"
    return visible(record["reason"], SENTENCE) if record["status"] in UNREAD else ""
