# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the payload and each source name accounts, hosts, domains and GPOs. A place that is forgotten here is a name that leaves a host."""

from __future__ import annotations

import json
import re
import typing as t
from collections.abc import Iterator

from . import documents, programs, service_control
from .answers import Sources, Told, Unasked, code_pages
from .programs import RIGHT, sid_or_none
from .texts import decoded

Mention = tuple[object, object]
"""A name and its SID, None where none is told."""
_SEPARATORS = re.compile(r"\s*(?:\*?S-1-[0-9-]+[0-9]|[,?\uf000]|<!\[CDATA\[|\]\]>)\s*")
"""Between names in a list; SIDs are none. A question mark is what a code page makes of U+F000."""


def accounts(payload: Told) -> Iterator[Mention]:
    """Accounts in the payload's answer, those with a SID first: they tell which names every Windows has."""
    groups = _list(payload, "groups")
    for row in (*_list(payload, "holders"), *groups, *(one for group in groups for one in _list(group, "members"))):
        yield row.get("name"), row.get("sid")
    for row in (*_list(payload, "services"), *_list(payload, "pools")):
        yield row.get("account"), row.get("sid")
    control = payload.get("control") or {}
    for row in (*_list(control, "sids"), *_list(payload, "accounts")):
        yield row.get("asked"), row.get("sid")
        yield row.get("name"), row.get("sid")
    lists = [_joined(setting.get("accounts")) for setting in _list(control.get("rsop") or {}, "settings")]
    lists += [str(row.get("value") or "") for row in _list(control, "templates")]
    lists += [str((control.get("mdm") or {}).get("value") or ""), _joined(payload.get("not_asked"))]
    for text in lists:
        yield from listed(text)
    for event in _list(payload.get("events") or {}, "events"):
        yield event.get("subject_name"), event.get("subject") if event.get("subject") != "S-1-5-18" else None


def _joined(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else ""


def listed(text: str) -> Iterator[Mention]:
    """Names in a list of accounts as templates and management services write them."""
    yield from ((name.lstrip("*"), None) for name in _SEPARATORS.split(text) if name)


def _list(of: Told, key: str) -> list[t.Any]:
    found = of.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def accounts_of_sources(sources: Sources) -> Iterator[Mention]:
    """Accounts in what the sources answered."""
    pages = code_pages(sources)
    for row in _json(sources, "translate"):
        yield row.get("name"), row.get("sid")
        yield row.get("asked"), row.get("sid")
    for source, answer in sources.items():
        text = decoded(answer.out, pages)[0]
        if source.startswith("whoami_"):
            yield from _whoami(text)
        elif source.startswith("sc_qc "):
            yield _or_nothing(service_control.start_name, text, None) or None, None
        elif source.startswith("net "):
            yield from ((name, None) for name in _or_nothing(programs.net_members, text))
        elif source == "appcmd":
            yield from ((pool.get("userName"), None) for pool in _or_nothing(documents.pools, text, {}).values())
        elif source.startswith("reg ") and source.endswith("|ImpersonateClient"):
            yield from listed(text.rpartition("    ")[2].strip())
        elif source.startswith("secedit"):
            file = decoded(answer.file or b"", pages)[0]
            yield from (one for line in file.splitlines() if _of_right(line) for one in listed(line.partition("=")[2].strip()))


def _of_right(line: str) -> bool:
    return line.strip().lower().startswith(RIGHT.lower())


def _whoami(text: str) -> Iterator[Mention]:
    for row in _or_nothing(programs.csv_rows, text):
        sid = next((one for one in map(sid_or_none, row) if one), None)
        if sid:
            yield row[0], sid


def hosts(payload: Told, sources: Sources) -> Iterator[str]:
    """Names of the host."""
    named = [(payload.get("computer") or {}).get("name"), *(row.get("Name") for row in _json(sources, "computer_system"))]
    if "auditpol" in sources:
        text = decoded(sources["auditpol"].out, code_pages(sources))[0]
        named += [row[0] for row in _or_nothing(programs.csv_rows, text)[1:]]
    yield from (name for name in named if isinstance(name, str) and name)


def domains(payload: Told, sources: Sources) -> Iterator[str]:
    """Domains that are told without an account."""
    computer = payload.get("computer") or {}
    named = [computer.get("dns_domain"), computer.get("domain"), *(row.get("domain") for row in _list(payload, "holders"))]
    named += [row.get("Domain") for row in _json(sources, "computer_system")]
    yield from (name for name in named if isinstance(name, str) and name)


def gpos(payload: Told, sources: Sources) -> Iterator[str]:
    """Names of GPOs."""
    rsop = (payload.get("control") or {}).get("rsop") or {}
    yield from (row["name"] for row in _list(rsop, "gpos") if isinstance(row.get("name"), str))
    if "gpresult" in sources and sources["gpresult"].file:
        text = decoded(sources["gpresult"].file, code_pages(sources))[0]
        found = _or_nothing(documents.resultant, text, None)
        yield from found.names.values() if found else ()


def _json(sources: Sources, source: str) -> list[Told]:
    try:
        found = json.loads(sources[source].out or b"[]") if source in sources else []
    except (ValueError, RecursionError):
        return []
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _or_nothing(parse: t.Callable[[str], t.Any], text: str, nothing: object = ()) -> t.Any:
    """What a parser finds; what is not of its form has no names that are kept, since the excerpt leaves it out."""
    try:
        return parse(text)
    except Unasked:
        return nothing
