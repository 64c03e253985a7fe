# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that extends another: its data laid over the other's, place by place. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .._input import checks
from .._input.errors import BadInput

SHIPPED = ("microsoft", "cis", "stig")
"""Names of the policies that the role ships; a policy of one's own has another."""

_BY_PLACE = ("documents", "host_roles", "features", "gpos")
_BY_TWO_PLACES = ("operating_systems",)


def resolve(data: Mapping[str, object], library: Mapping[str, object], chain: tuple[str, ...] = ()) -> dict[str, object]:
    """The data of a policy with everything that it takes from the policies that it extends.

    A row that it writes replaces the other's row of the same place (``host_roles.client``, ``operating_systems.server_2022.client``,
    ``features.ssis``, ``every_host``), and null takes that row away; ``builds`` and ``legacy`` are replaced as a whole.
    Raises BadInput for a policy that is not there, a circle, and a null for which there is nothing to take away.
    """
    if data.get("extends") is None:
        return {key: value for key, value in data.items() if key != "extends"}
    name, parent = str(data.get("name")), data["extends"]
    chain = (*chain, name)
    if not isinstance(parent, str) or parent not in library:
        raise BadInput(
            "extends",
            "is not a policy",
            value=parent,
            expected=f"there are {', '.join(sorted(library)) or 'none'}",
            near=checks.close(parent, library),
        )
    if parent in chain:
        raise BadInput("extends", f"a policy cannot extend itself: {' extends '.join((*chain, parent))}")
    other = checks.mapping(f"extends: {parent}", library[parent])
    base = _with_its_document(parent, resolve({**other, "name": parent}, library, chain))
    overlay = {key: value for key, value in data.items() if key != "extends"}
    for section in (*_BY_PLACE, *_BY_TWO_PLACES):
        if overlay.get(section) is not None:
            below = checks.mapping(f"{parent}.{section}", base.get(section) or {})
            deep = section in _BY_TWO_PLACES
            overlay[section] = _laid_over(section, below, checks.mapping(section, overlay[section]), deep)
    # Not the other's title as it is: the page and the report would call this policy by it.
    merged = {**base, "title": f"{base.get('title') or parent}, with what {name} changes", **overlay}
    for key, value in overlay.items():
        if value is None:
            if key not in base:
                raise BadInput(key, f"null removes what {parent} has there, and it has nothing there")
            del merged[key]
    return merged


def _with_its_document(name: str, data: dict[str, object]) -> dict[str, object]:
    """The document of a whole policy goes into its rows, so that rows which others write beside them do not claim it."""
    if data.get("document") is None:
        return data
    rest = {key: value for key, value in data.items() if key != "document"}

    def named(row: object) -> object:
        if isinstance(row, (list, tuple)):
            return [named(entry) for entry in row]
        return {"document": name, **row} if isinstance(row, Mapping) else row

    def each(rows: object, depth: int) -> object:
        if depth == 0 or not isinstance(rows, Mapping):
            return named(rows)
        return {key: each(row, depth - 1) for key, row in rows.items()}

    depths = {"every_host": 0, "builds": 0, "host_roles": 1, "features": 1, "operating_systems": 2}
    rest |= {key: each(rest[key], depth) for key, depth in depths.items() if key in rest}
    return {**rest, "documents": {name: data["document"], **checks.mapping("documents", rest.get("documents") or {})}}


def _laid_over(where: str, base: Mapping[str, object], overlay: Mapping[str, object], deep: bool) -> dict[str, object]:
    merged = dict(base)
    for key, value in overlay.items():
        place = f"{where}.{key}"
        if value is None:
            if key not in base:
                raise BadInput(place, "null removes a row, and there is none")
            del merged[key]
        elif deep and key in base:
            merged[key] = _laid_over(place, checks.mapping(place, base[key] or {}), checks.mapping(place, value), deep=False)
        else:
            merged[key] = value
    return merged
