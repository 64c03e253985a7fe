# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All rows of the table for one host."""

from __future__ import annotations

from collections.abc import Sequence

from .._facts.controller import controller_on
from .._facts.facts import HostFacts
from . import holders, machine, surroundings
from .answers import Sources
from .rows import Row, Verdict


def compared(facts: HostFacts, sources: Sources) -> list[Row]:
    """What the payload said beside what each source said."""
    return [
        *holders.rows(facts, controller_on(facts, None), sources),
        *machine.rows(facts, sources),
        *surroundings.rows(facts, sources),
        *surroundings.ground(sources),
    ]


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows have each verdict."""
    return {verdict.value: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
