# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that a person wrote as one text, as a survey or an extra variable gives them. Pure."""

from __future__ import annotations

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
