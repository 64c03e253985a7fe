# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that a person wrote as one text, as a survey or an extra variable gives them. Pure."""

from __future__ import annotations

import re
import typing as t

from .errors import BadInput


def entries_of(where: str, value: object) -> object:
    """The entries of a text: on lines, between commas, or both. Anything but a text comes back as it is, and null as no entry.

    A line may end in a comma where another one follows. Raises BadInput where a comma has nothing beside it: ansible-playbook cuts
    ``-e 'name=a, b'`` at the blank, and what is left of it is ``a,``.
    """
    if value is None:
        return []
    if not isinstance(value, str):
        return value
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    joined = ",".join([*(line.removesuffix(",") for line in lines[:-1]), *lines[-1:]])
    entries = [entry.strip() for entry in joined.split(",")] if joined else []
    if not all(entries):
        raise BadInput(
            where,
            "has a comma with nothing beside it. Ansible cuts -e 'name=a, b' at the blank: write name=a,b or give it as JSON, "
            '-e \'{"name": ["a", "b"]}\'',
            value=value,
        )
    return entries


def pairs_of(where: str, value: object) -> object:
    """The mapping of a text with one ``key: value`` (or ``key=value``) a line, or between commas. Anything but a text, an empty one and
    one that is JSON come back as they are.

    Raises BadInput for an entry that is no such pair, and for a key that stands there twice.
    """
    if not isinstance(value, str) or not value.strip() or value.lstrip().startswith("{"):
        return value if not isinstance(value, str) else value.strip()
    pairs: dict[str, str] = {}
    for entry in t.cast("list[str]", entries_of(where, value)):
        found = _PAIR.fullmatch(entry)
        if not found or found[1] in pairs:
            wrong = "stands there twice" if found else "is no pair of a name and a number"
            expected = _CUT_PAIR if entry.endswith((":", "=")) else "write drift:5 or unreachable:2%, one a line or between commas"
            raise BadInput(where, wrong, value=found[1] if found else entry, expected=expected)
        pairs[found[1]] = found[2]
    return pairs


_CUT_PAIR = (
    "Ansible cuts -e 'name=drift: 5' at the blank: write drift:5 without one, or give it as JSON, -e '{\"name\": {\"drift\": 5}}'"
)
_PAIR = re.compile(r"([^:=\s]+)\s*[:=]\s*([^:=\s][^:=]*)")
