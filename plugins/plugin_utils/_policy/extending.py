# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy that extends another: its data laid over the other's, place by place. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from . import checks
from .errors import BadInput

SHIPPED = ("microsoft", "cis", "stig")
"""Names of the policies that the role ships; a policy of one's own has another."""

_BY_PLACE = ("documents", "host_roles", "features", "gpos")
_BY_TWO_PLACES = ("operating_systems",)


def resolve(data: Mapping[str, t.Any], library: Mapping[str, t.Any], way: tuple[str, ...] = ()) -> dict[str, t.Any]:
    """The data of a policy with everything that it takes from the policies that it extends.

    A row that it writes replaces the other's row of the same place (``host_roles.client``, ``operating_systems.server_2022.client``,
    ``features.ssis``, ``every_host``), and null takes that row away; ``builds`` and ``legacy`` are replaced as a whole.
    Raises BadInput for a policy that is not there, a circle, and a null for which there is nothing to take away.
    """
    if data.get("extends") is None:
        return {key: value for key, value in data.items() if key != "extends"}
    name, parent = str(data.get("name")), data["extends"]
    way = (*way, name)
    if not isinstance(parent, str) or parent not in library:
        raise BadInput(f"extends: {checks.brief(parent)} is not a policy; there are {', '.join(sorted(library)) or 'none'}")
    if parent in way:
        raise BadInput(f"extends: a policy cannot extend itself: {' extends '.join((*way, parent))}")
    other = checks.mapping(f"extends: {parent}", library[parent])
    base = resolve({"name": parent, **other}, library, way)
    over = {key: value for key, value in data.items() if key != "extends"}
    for section in (*_BY_PLACE, *_BY_TWO_PLACES):
        if over.get(section) is not None:
            deep = section in _BY_TWO_PLACES
            over[section] = _laid_over(section, base.get(section, {}), checks.mapping(section, over[section]), deep)
    merged = {**base, **over}
    for key, value in over.items():
        if value is None:
            if key not in base:
                raise BadInput(f"{key}: null takes away what {parent} has there, and it has nothing")
            del merged[key]
    return merged


def _laid_over(where: str, base: Mapping[str, t.Any], over: Mapping[str, t.Any], deep: bool) -> dict[str, t.Any]:
    merged = dict(base)
    for key, value in over.items():
        place = f"{where}.{key}"
        if value is None:
            if key not in base:
                raise BadInput(f"{place}: null takes away a row, and there is none")
            del merged[key]
        elif deep and key in base:
            merged[key] = _laid_over(place, base[key], checks.mapping(place, value), deep=False)
        else:
            merged[key] = value
    return merged
