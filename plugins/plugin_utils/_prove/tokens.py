# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host must not leave it: names of accounts, hosts, domains, GPOs and places in a directory. Gathered, not yet replaced."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .._accounts.sids import NAMES
from . import documents
from .answers import Sources, Told, Unasked, code_pages
from .programs import RIGHT, sid_or_none
from .texts import decoded

_PRIVATE = re.compile(r"S-1-(?:5-21|12-1)-", re.IGNORECASE)
_RELATIVE = frozenset(
    {
        "administrator", "administrateur", "administrador", "administratore", "amministratore",
        "guest", "gast", "invité", "invitado", "ospite",
    }
)  # fmt: skip
"""Names of accounts that Windows makes itself; another one with such a RID was renamed."""
_AUTHORITIES = (
    "BUILTIN",
    "NT AUTHORITY",
    "NT SERVICE",
    "IIS APPPOOL",
    "RESTRICTED SERVICES",
    "NT VIRTUAL MACHINE",
    "Mandatory Label",
    ".",
)
_STAY = ("WORKGROUP", "LocalSystem", "LocalService", "NetworkService", "Everyone", "Default Domain Policy", "Local Group Policy",
         "Default Domain Controllers Policy", "LocalGPO", RIGHT)  # fmt: skip


@dataclass
class Tokens:
    """Original texts by kind, in the order in which they came; ``stay``: texts in lower case that every Windows has."""

    accounts: dict[str, None] = field(default_factory=dict)
    hosts: dict[str, None] = field(default_factory=dict)
    domains: dict[str, None] = field(default_factory=dict)
    gpos: dict[str, None] = field(default_factory=dict)
    stay: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Names that every English Windows has, stay."""
        self.stay |= {one.casefold() for one in (*_AUTHORITIES, *_STAY)}
        for name in NAMES.values():
            self.stay |= {part.casefold() for part in name.split("\\")}

    def account(self, name: object, sid: object = None) -> None:
        """A name as DOMAIN\\name, name@domain or bare; of a well-known SID it stays, as does its domain, in every language."""
        if not isinstance(name, str) or not name or sid_or_none(name):
            return
        domain, bare = _split(name)
        if isinstance(sid, str) and not _PRIVATE.match(sid):
            self.stay |= {domain.casefold(), bare.casefold()} - {""}
            return
        if domain.casefold() in ("nt service", "iis apppool"):
            return
        if domain:
            self.domains.setdefault(domain)
        rid = sid.rpartition("-")[2] if isinstance(sid, str) else ""
        made = rid.isdigit() and int(rid) < 1000 and (int(rid) not in (500, 501) or bare.casefold() in _RELATIVE)
        if made:
            self.stay.add(bare.casefold())
        elif bare:
            self.accounts.setdefault(bare)

    def all(self) -> Iterator[tuple[str, str]]:
        """Kind and text of all that must go."""
        for kind, found in (("HOST", self.hosts), ("DOM", self.domains), ("USER", self.accounts), ("GPO", self.gpos)):
            yield from ((kind, one) for one in found if one.strip() and one.casefold() not in self.stay)


def _split(name: str) -> tuple[str, str]:
    if "\\" in name:
        domain, _unused, bare = name.partition("\\")
        return domain, bare
    bare, _unused, domain = name.partition("@")
    return domain, bare


def gather(payload: Told, sources: Sources, hosts: Iterable[str] = ()) -> Tokens:
    """All tokens of one host. ``hosts``: its names in the inventory and its address."""
    tokens = Tokens()
    for row in _rows(payload, sources):
        tokens.account(row.get("name"), row.get("sid"))
    computer = payload.get("computer") or {}
    for name in (computer.get("name"), *hosts):
        if isinstance(name, str) and name:
            tokens.hosts.setdefault(name)
            tokens.hosts.setdefault(name.partition(".")[0]) if not re.fullmatch(r"[\d.:]+", name) else None
    for name in (computer.get("dns_domain"), computer.get("domain")):
        if isinstance(name, str) and name:
            tokens.domains.setdefault(name)
    for gpo in (payload.get("control") or {}).get("rsop", {}).get("gpos") or ():
        if isinstance(gpo.get("name"), str) and not gpo["name"].startswith("{"):
            tokens.gpos.setdefault(gpo["name"])
    _of_sources(tokens, sources)
    return tokens


def _rows(payload: Told, sources: Sources) -> Iterator[Told]:
    """Objects with a name and maybe a SID, those with a SID first: they tell which names stay."""
    groups = payload.get("groups") or []
    yield from payload.get("holders") or []
    yield from groups
    yield from (one for group in groups for one in group.get("members") or [])
    for name in ("translate",):
        yield from ({"name": row.get("name"), "sid": row.get("sid")} for row in _json(sources, name) if "asked" not in row)
    yield from _whoami(sources)
    yield from payload.get("accounts") or []
    for kind in ("services", "pools"):
        yield from ({"name": row.get("account"), "sid": row.get("sid")} for row in payload.get(kind) or [])
    control = payload.get("control") or {}
    yield from ({"name": row.get("asked"), "sid": row.get("sid")} for row in control.get("sids") or [])
    for setting in control.get("rsop", {}).get("settings") or []:
        yield from ({"name": one} for one in setting.get("accounts") or [])
    for event in (payload.get("events") or {}).get("events") or []:
        yield {"name": event.get("subject_name"), "sid": event.get("subject") if event.get("subject") != "S-1-5-18" else None}


def _json(sources: Sources, source: str) -> list[Told]:
    try:
        found = json.loads(sources[source].out or b"[]") if source in sources else []
    except ValueError:
        return []
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _whoami(sources: Sources) -> Iterator[Told]:
    for source in ("whoami_user", "whoami_groups"):
        if source in sources:
            text = decoded(sources[source].out, code_pages(sources))[0]
            for row in csv.reader(io.StringIO(text)):
                sid = next((one for one in map(sid_or_none, row) if one), None)
                if sid:
                    yield {"name": row[0], "sid": sid}


def _of_sources(tokens: Tokens, sources: Sources) -> None:
    """Names that a source alone tells."""
    pages = code_pages(sources)
    for row in _json(sources, "computer_system"):
        for key, kind in (("Name", tokens.hosts), ("Domain", tokens.domains)):
            if isinstance(row.get(key), str):
                kind.setdefault(row[key])
    for source, answer in sources.items():
        text = decoded(answer.out, pages)[0]
        if source.startswith("sc_qc "):
            for name in re.findall(r"SERVICE_START_NAME\s*:[ \t]*(\S.*?)\s*$", text, re.MULTILINE):
                tokens.account(name)
        elif source == "auditpol":
            tokens.hosts.update(dict.fromkeys(row[0] for row in list(csv.reader(io.StringIO(text)))[1:] if row))
        elif source.startswith("secedit") and answer.file:
            for line in decoded(answer.file, pages)[0].splitlines():
                if line.strip().lower().startswith(RIGHT.lower()):
                    for one in line.partition("=")[2].split(","):
                        tokens.account(one.strip().lstrip("*"))
        elif source == "gpresult" and answer.file:
            try:
                names = documents.resultant(decoded(answer.file, pages)[0]).names.values()
            except Unasked:
                continue
            tokens.gpos.update(dict.fromkeys(one for one in names if not one.startswith("{")))
