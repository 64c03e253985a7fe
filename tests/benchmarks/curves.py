# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves as SVG text, for a page of the documentation: one panel for each value, over the number of hosts. Pure.

Texts and axes have the colour of the page's text. A line has its name at its end and in the description; the table beside it has the numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]
COLOURS = ("#0b62a4", "#c2410c", "#3f7d20", "#7c3aed", "#0f766e", "#a16207")
_WIDTH, _HEIGHT = 330, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 316, 34, 212


def panels(title: str, drawn: Sequence[tuple[str, Mapping[str, Points]]]) -> str:
    """A picture of panels side by side: (what a panel shows, name of a line -> its points). One line of text for each element."""
    names = list(dict.fromkeys(name for _what, lines in drawn for name in lines))
    colours = dict(zip(names, itertools.cycle(COLOURS), strict=False))
    height = _HEIGHT + 20 * len(names)
    inside = [text for place, (what, lines) in enumerate(drawn) for text in _panel(_WIDTH * place, what, lines, colours)]
    legend = [
        text
        for place, name in enumerate(names)
        for text in (
            f'<rect x="{_LEFT}" y="{_HEIGHT + 20 * place}" width="18" height="4" fill="{colours[name]}"/>',
            _text(_LEFT + 26, _HEIGHT + 7 + 20 * place, name),
        )
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {_WIDTH * len(drawn)} {height}" width="100%"'
    style = 'font-family="sans-serif" font-size="12" fill="currentColor">'
    return "\n".join([f"{head} {style}", f"<title>{escape(title)}</title>", *inside, *legend, "</svg>"])


def _panel(left: float, what: str, lines: Mapping[str, Points], colours: Mapping[str, str]) -> list[str]:
    points = [point for its in lines.values() for point in its]
    least, most = min(x for x, _y in points), max(x for x, _y in points)
    top = ceiling(max(y for _x, y in points))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        """Hosts on a scale of powers, the value on one that begins with 0."""
        span = math.log(most / least)
        x = math.log(point[0] / least) / span if span else 0.5
        return left + _LEFT + 10 + (_RIGHT - _LEFT - 24) * x, _BOTTOM - (_BOTTOM - _TOP) * point[1] / top

    drawn = [
        _text(left + _LEFT, 16, what, bold=True),
        *(_text(left + _LEFT - 6, place((least, y))[1] + 4, f"{y:,g}", anchor="end") for y in (0, top / 2, top)),
        *(_rule(left + _LEFT, place((least, y))[1], left + _RIGHT, place((least, y))[1], faint=y > 0) for y in (0, top / 2, top)),
        *(_text(place((x, 0))[0], _BOTTOM + 18, f"{x:,g}", anchor="middle") for x in sorted({x for x, _y in points})),
        _text(left + _RIGHT, _BOTTOM + 32, "hosts", anchor="end"),
    ]
    for name, its in lines.items():
        places = [place(point) for point in sorted(its)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colours[name]}"/>' for x, y in places]
    return drawn


def ceiling(value: float) -> float:
    """The end of an axis: 1, 2 or 5 times a power of ten that is not below the value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if value <= step * power * (1 + 1e-9))


def _text(x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float, *, faint: bool) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="currentColor" stroke-opacity="{0.2 if faint else 0.8}"/>'
