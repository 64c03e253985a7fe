# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host counts in the recap of a run, by its status and by the gate of the fleet. Pure."""

from __future__ import annotations

import enum
from collections.abc import Collection

from .._verdict.status import GOOD, Status


class Mark(str, enum.Enum):
    """What the recap says of a host."""

    OK = "ok"
    CHANGED = "changed"
    FAILED = "failed"


def mark(status: str, *, passed: bool, fail_on: Collection[str]) -> Mark:
    """Failed where the host is one of those for which the gate failed; changed where something else is not as it should be.

    A gate that passed fails no host: the run would fail by it.
    """
    if not passed and status in fail_on:
        return Mark.FAILED
    return Mark.OK if status in (*GOOD, Status.NOT_APPLICABLE.value) else Mark.CHANGED
