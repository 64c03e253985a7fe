# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table as a person reads it: no line longer than 100 columns."""

from __future__ import annotations

import textwrap
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from .._wording import visible
from .comparing import counts
from .rows import Row, Verdict

WIDTH = 100
_FACT, _SOURCE, _VERDICT = 26, 22, 9
_MOST_LINES = 4
_MARKS = {Verdict.AGREES: " ", Verdict.DIFFERS: "!", Verdict.NOT_ASKED: "?", Verdict.SHOWN: " "}


def lines(host: str, rows: Sequence[Row]) -> list[str]:
    """The table of one host, with a last line that counts."""
    head = f"  {'fact':{_FACT}} {'source':{_SOURCE}} {'verdict':{_VERDICT}} payload / source"
    told = [line for row in rows for line in _row(row)]
    return [visible(host, WIDTH), head, *told, _ending(rows)]


def rows_from(data: Iterable[Mapping[str, t.Any]]) -> list[Row]:
    """Rows of a recording."""
    return [Row(**{**row, "verdict": Verdict(row["verdict"])}) for row in data]


def _row(row: Row) -> list[str]:
    begin = f"{_MARKS[row.verdict]} {row.fact[:_FACT]:{_FACT}} {row.source[:_SOURCE]:{_SOURCE}} {row.verdict.value:{_VERDICT}} "
    both = (
        visible(row.payload, WIDTH) if row.payload == row.answer or not row.answer else f"{row.payload} / {row.answer}".strip(" /")
    )
    first = f"{begin}{visible(both, WIDTH - len(begin))}".rstrip()
    why = textwrap.wrap(visible(row.why, 1_000), WIDTH - 6) if row.why else []
    if len(why) > _MOST_LINES:
        why = [*why[:_MOST_LINES], "..."]
    return [first, *(f"      {line}" for line in why)]


def _ending(rows: Sequence[Row]) -> str:
    its = counts(rows)
    return "; ".join(f"{its[verdict.value]} {verdict.value}" for verdict in Verdict)
