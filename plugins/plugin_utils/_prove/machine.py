# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the machine is, its IIS and its registry: payload beside WMI, ver, dsregcmd, the list of features, appcmd and reg."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from .._facts.facts import AppPool, HostFacts
from . import documents, programs, registry
from .answers import Sources, Told, Unasked, program, rows_of
from .asked import CLASSES, JOIN, REGISTRY
from .rows import Pair, Row, Verdict, one_value, pairs, said

_PRODUCT_TYPES = {1: "WinNT", 2: "LanmanNT", 3: "ServerNT"}  # Win32_OperatingSystem.ProductType


def rows(facts: HostFacts, sources: Sources) -> list[Row]:
    """The rows of this file."""
    windows = facts.windows
    return [
        one_value(
            "host role",
            "Win32_ComputerSystem",
            facts.computer.machine_role,
            lambda: _number(sources, "computer_system", "DomainRole"),
        ),
        one_value("build", "Win32_OperatingSystem", windows.build, lambda: _number(sources, "operating_system", "BuildNumber")),
        one_value("build and revision", "ver", _version(windows.build, windows.revision), lambda: _ver(sources)),
        one_value(
            "edition", "Win32_OperatingSystem", windows.sku, lambda: _number(sources, "operating_system", "OperatingSystemSKU")
        ),
        one_value("product type", "Win32_OperatingSystem", windows.product_type, lambda: _product_type(sources)),
        one_value("Entra ID", "dsregcmd", facts.computer.entra_joined, lambda: programs.entra_of(program(sources, "dsregcmd"))),
        one_value("Entra ID", "reg", facts.computer.entra_joined, lambda: _joined(sources)),
        one_value("IIS", "list of features", facts.iis.installed, lambda: programs.features(rows_of(sources, "feature"))),
        *_pools(facts, sources),
        _registry(facts, sources),
        _schema(sources),
    ]


def _number(sources: Sources, source: str, key: str) -> int:
    row = _first(sources, source)
    try:
        return int(row[key])
    except (KeyError, OverflowError, TypeError, ValueError):
        raise Unasked(f"told no {key}") from None


def _first(sources: Sources, source: str) -> Told:
    rows_ = rows_of(sources, source)
    if not rows_:
        raise Unasked("answered nothing")
    return rows_[0]


def _product_type(sources: Sources) -> str:
    number = _number(sources, "operating_system", "ProductType")
    if number not in _PRODUCT_TYPES:
        raise Unasked(f"told a product type {number}")
    return _PRODUCT_TYPES[number]


def _version(build: int | None, revision: int | None) -> str | None:
    return None if build is None else f"{build}.{revision}"


def _ver(sources: Sources) -> str | None:
    return _version(*programs.version_of(program(sources, "ver")))


def _joined(sources: Sources) -> bool:
    """Whether the key of joins has a key below it."""
    return "\\joininfo\\" in (registry.text_or_none(sources, JOIN) or "").lower()


def _pools(facts: HostFacts, sources: Sources) -> list[Row]:
    fact, source = "application pools", "appcmd"
    if facts.pools is None:
        return [Row(fact, source, Verdict.NOT_ASKED, "none", why=f"the payload could not tell: {facts.pools_status}")]
    told = {one.name: one for one in facts.pools}
    try:
        found = documents.pools(program(sources, "appcmd"))
    except Unasked as reason:
        return [Row(fact, source, Verdict.NOT_ASKED, f"{len(told)}", why=str(reason))]
    differ = [
        *(f"only payload: {name}" for name in sorted(told.keys() - found.keys())),
        *(f"only source: {name}" for name in sorted(found.keys() - told.keys())),
        *(part for name in sorted(told.keys() & found.keys()) for part in _pool(told[name], found[name])),
    ]
    return [Row(fact, source, Verdict.DIFFERS if differ else Verdict.AGREES, f"{len(told)}", f"{len(found)}", "; ".join(differ))]


def _pool(told: AppPool, found: Mapping[str, str]) -> list[str]:
    """What differs of one pool; what appcmd does not show is a default, which may be another than that of IIS."""
    its = {"identityType": told.identity, "userName": told.account or "", "manualGroupMembership": said_flag(told.manual)}
    if told.identity != "SpecificUser":
        del its["userName"]
    return [
        f"{told.name} {key}: {value}, by the source {found[key]}"
        for key, value in its.items()
        if key in found and found[key] != value
    ]


def said_flag(value: bool) -> str:
    """A flag in the words of a configuration of IIS."""
    return "true" if value else "false"


def _registry(facts: HostFacts, sources: Sources) -> Row:
    windows, version = facts.windows, (facts.iis.version or ".").split(".")
    told: dict[str, object] = {
        "CurrentBuild": windows.build, "UBR": windows.revision, "EditionID": windows.edition, "ProductName": windows.caption,
        "InstallationType": windows.installation_type, "DisplayVersion": windows.display_version, "ProductType": windows.product_type,
        "MajorVersion": version[0] or None, "MinorVersion": version[1] or None, "Start": facts.features.spooler,
    }  # fmt: skip
    asked: list[Pair] = [
        (name, None if told[name] is None else (kind, str(told[name])), partial(_value, sources, key, name))
        for (key, name), kind in REGISTRY.items()
        if name in told
    ]
    return pairs("registry values and kinds", "reg", asked, "no value")


def _value(sources: Sources, key: str, name: str) -> tuple[str, str] | None:
    """Kind and text of a value, a number in decimal; None where there is none."""
    printed = registry.text_or_none(sources, key, name)
    if printed is None:
        return None
    kind, text = programs.registry_value(printed, name)
    if kind != "REG_DWORD":
        return kind, text
    if not re.fullmatch("0x[0-9a-f]{1,8}", text, re.IGNORECASE):
        raise Unasked(f"printed no number as {name}")
    return kind, str(int(text, 16))


def _schema(sources: Sources) -> Row:
    asked: list[Pair] = [(name, {}, partial(_wrong, sources, space, name)) for space, name in CLASSES]
    return pairs("classes and properties", "Get-CimClass", asked, "no class")


def _wrong(sources: Sources, space: str, name: str) -> dict[str, str]:
    """Properties of our queries that the class lacks or has in another type."""
    answered = {str(row.get("name")).lower(): row for row in rows_of(sources, f"class {space}|{name}")}
    wrong = {}
    for one, kind in CLASSES[(space, name)].items():
        row = answered.get(one.lower())
        if row is None:
            wrong[one] = "there is none"
        elif kind is not None and row.get("type") != kind:
            wrong[one] = said(row.get("type"))
    return wrong
