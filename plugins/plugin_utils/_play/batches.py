# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a rolling change is cut into batches, from what a person wrote. Pure.

Ansible takes 0, a negative number and an empty list for "all hosts at once", and ends in a traceback for a text that is not a number.
"""

from __future__ import annotations

import re

from .._input.errors import BadInput

CANARY: tuple[int | str, ...] = (1, "5%", "25%", "100%")
"""The batches where nothing is said: one host first, then ever more."""
_ALLOWED = "a batch is a whole number from 1 on or a percentage from 1% to 100%, and a list of them reads 1, 10%, 100%"


def batches_of(where: str, value: object) -> list[int | str]:
    """Sizes of the batches: numbers of hosts and percentages. Null and an empty text, as a survey sends it, are the default.

    ``value``: one size, a list of them, or such a list as text, with or without brackets. Raises BadInput that names the size.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return list(CANARY)
    sizes = _sizes(value) if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else [value]
    if not sizes:
        raise BadInput(where, "has no batch", value=value, expected=_ALLOWED)
    return [_size(where, size) for size in sizes]


def _sizes(text: str) -> list[str]:
    inner = re.fullmatch(r"\s*\[(.*)\]\s*", text, re.DOTALL)
    return [re.sub(r"""^(['"])(.*)\1$""", r"\2", size.strip()) for size in (inner[1] if inner else text).split(",")]


def _size(where: str, size: object) -> int | str:
    """One size as Ansible reads it: ``2`` and ``"2"`` are two hosts."""
    if isinstance(size, int) and not isinstance(size, bool) and size > 0:
        return int(size)
    if isinstance(size, str):
        if re.fullmatch(r"[0-9]{1,9}", size.strip()) and int(size) > 0:
            return int(size)
        share = re.fullmatch(r"([0-9]{1,3})\s*%", size.strip())
        if share and 1 <= int(share[1]) <= 100:
            return f"{int(share[1])}%"
    raise BadInput(where, "is not the size of a batch", value=size, expected=_ALLOWED)
