# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One edition of a document for one host: its rows must not cite two, whoever wrote them. Pure."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

from .._facts.releases import System
from .._facts.roles import HostRole
from .._input.errors import BadInput
from .policy import Document, Row

OF_HOST_ROW = Document("of_host_row")
"""Stands in a row of a build or a feature for the document and the numbers of the row that judges the host."""


def cited_by_host(row: Row, bases: Sequence[Row]) -> list[Row]:
    """A row of a build or a feature as one row for each row of a host role that it meets, with the document and the numbers of that one.

    So a policy that changes the row of a host role for another edition changes what the others cite there. Raises BadInput where the row
    has a number of its own, and where it meets none.
    """
    if row.benchmark_id or row.rule:
        raise BadInput(f"{row.where}.document", f"is {OF_HOST_ROW.title}, which brings benchmark_id and rule; leave both out")
    judging: dict[tuple[System, HostRole], Row] = {}
    for base in bases:
        if base.base and row.overlaps(base):
            judging.update(
                {(system, role): base for system in base.systems & row.systems for role in base.host_roles & row.host_roles}
            )
    if not judging:
        raise BadInput(f"{row.where}.document", f"is {OF_HOST_ROW.title}, and no row of a host role counts where this one does")
    rows = []
    for base in bases:
        places = [place for place, judging_row in judging.items() if judging_row is base]
        if places:
            systems, roles = (frozenset(system for system, _role in places), frozenset(role for _system, role in places))
            row_of_base = dataclasses.replace(row, document=base.document, benchmark_id=base.benchmark_id, rule=base.rule)
            rows.append(dataclasses.replace(row_of_base, systems=systems, host_roles=roles))
    return rows


def refuse_two_editions(rows: Sequence[Row]) -> None:
    """Raises BadInput where two rows that count on the same host cite two editions of one document."""
    cited = [row for row in rows if row.document]
    for row, other in itertools.combinations(cited, 2):
        first, second = row.document, other.document
        if not (first and second) or first.title != second.title or not row.overlaps(other):
            continue
        if (first.version, first.date) != (second.version, second.date):
            raise BadInput(
                f"{other.where}.document",
                f"is {second.words}, and {row.where} cites {first.words} for the same hosts",
                expected=f"write one edition in both; in rows of builds and features, {OF_HOST_ROW.title} is that of the host's row",
            )
