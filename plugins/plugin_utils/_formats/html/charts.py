# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts as SVG text: bars whose widths are percentages, so that their letters keep their size on a narrow screen. Pure.

Colours come from the style by class; a segment that is wide enough also has the sign of its status. Each chart has its numbers in it, so
that no table says them again, and one that would show nothing (a single bar, or all alike) is empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from ... import _utc
from ..._verdict.status import UNREAD, Status
from .words import STATUSES, counted, number

_THIN = 0.6  # percent; less would not be seen
_FOR_A_SIGN = 3.5  # percent
_ROW, _BAR = 40, 16

_LEAST_POINTS = 3  # of a line that says more than the two numbers
_LEFT, _RIGHT = 12, 99  # percent
_TOP, _BOTTOM = 8, 108

SERIES = {Status.DRIFT.value: (Status.DRIFT.value,), "unread": UNREAD}
"""The lines of a trend, each with the statuses that it counts."""
TREND_WORDS = {Status.DRIFT.value: "drift", "unread": "not assessed"}

# The whole good first, then what needs a look: the same order in every bar.
ORDER = ("compliant", "waived", "drift", "error", "unreachable", "not_checked", "not_applicable")


def fleet_bar(by_status: Mapping[str, int]) -> Markup:
    """One bar for the whole fleet."""
    parts = _parts(by_status)
    return _svg("fleet", "All expected hosts by status", _said(by_status), _segments(parts, 0, 22), 22)


def role_bars(by_role: Sequence[tuple[str, Mapping[str, int]]]) -> Markup:
    """A stacked bar per host role, each of its own hosts: (role, status -> hosts)."""
    if len({tuple(_parts(counts)) for _role, counts in by_role}) < 2:
        return Markup()
    rows = [
        _label(_ROW * place, role, "  ".join(f"{STATUSES[key].sign} {number(counts[key])}" for key in ORDER if counts.get(key)))
        + _segments(_parts(counts), _ROW * place + 18, _BAR)
        for place, (role, counts) in enumerate(by_role)
    ]
    said = "; ".join(f"{role}: {_said(counts)}" for role, counts in by_role)
    return _svg("roles", "Status by host role", said or "no hosts", Markup("").join(rows), _ROW * len(rows))


def account_bars(accounts: Sequence[tuple[str, int]]) -> Markup:
    """A bar per account against the policy: (name, hosts)."""
    if len({count for _name, count in accounts}) < 2:
        return Markup()
    most = max((count for _name, count in accounts), default=1)
    rows = [
        _label(_ROW * place, name if len(name) <= 46 else name[:45] + "…", counted(count, "host"))
        + _rect(0, max(_THIN, 100 * count / most), _ROW * place + 18, _BAR, "drift")
        for place, (name, count) in enumerate(accounts)
    ]
    said = "; ".join(f"{name}: {counted(count, 'host')}" for name, count in accounts)
    return _svg(
        "accounts", "Accounts against the policy, by number of hosts", said or "none", Markup("").join(rows), _ROW * len(rows)
    )


def trend_lines(points: Sequence[tuple[str, Mapping[str, int]]]) -> Markup:
    """Lines of the hosts that drift and of those that were not read, over time: (start of a run, status -> hosts), the oldest first."""
    if len(points) < _LEAST_POINTS:
        return Markup()
    times = [_utc.read(started).timestamp() for started, _counts in points]
    span = times[-1] - times[0]
    lefts = [_LEFT + (_RIGHT - _LEFT) * ((time - times[0]) / span if span else 1) for time in times]
    series = [(word, [sum(counts.get(status, 0) for status in its) for _started, counts in points]) for word, its in SERIES.items()]
    most = max(1, *(count for _word, counts in series for count in counts))
    frame = Markup(
        '<text class="count" x="0" y="{1}">{0}</text><text class="count" x="0" y="{2}">0</text>'
        '<line class="axis" x1="{3}%" x2="100%" y1="{2}" y2="{2}"/>'
        '<text class="count" x="{3}%" y="{4}">{5}</text><text class="count" x="100%" y="{4}" text-anchor="end">{6}</text>'
    ).format(number(most), _TOP + 4, _BOTTOM, _LEFT, _BOTTOM + 17, points[0][0][:10], points[-1][0][:10])
    lines = [_line(word, lefts, [_BOTTOM - (_BOTTOM - _TOP) * count / most for count in counts]) for word, counts in series]
    said = "; ".join(
        f"{started[:10]}: " + ", ".join(f"{number(counts[place])} {TREND_WORDS[word]}" for word, counts in series)
        for place, (started, _counts) in enumerate(points)
    )
    return _svg(
        "trend", "Hosts that drift and hosts that were not read, over time", said, frame + Markup("").join(lines), _BOTTOM + 22
    )


def _line(word: str, lefts: Sequence[float], tops: Sequence[float]) -> Markup:
    pairs = list(zip(lefts, tops, strict=True))
    lines = [
        Markup('<line class="l-{}" x1="{:.2f}%" y1="{:.1f}" x2="{:.2f}%" y2="{:.1f}"/>').format(word, *first, *second)
        for first, second in itertools.pairwise(pairs)
    ]
    points = [Markup('<circle class="f-{}" cx="{:.2f}%" cy="{:.1f}" r="3"/>').format(word, *pair) for pair in pairs]
    return Markup("").join([*lines, *points])


def _parts(counts: Mapping[str, int]) -> list[tuple[str, float]]:
    """Status and width in percent; the thinnest are widened, and all together are 100."""
    total = sum(counts.values())
    widths = [(status, max(_THIN, 100 * counts[status] / total)) for status in ORDER if counts.get(status)] if total else []
    whole = sum(width for _status, width in widths)
    return [(status, 100 * width / whole) for status, width in widths]


def _segments(parts: Sequence[tuple[str, float]], top: int, height: int) -> Markup:
    drawn, left = [], 0.0
    for status, width in parts:
        drawn.append(_rect(left, width, top, height, status))
        if width >= _FOR_A_SIGN:
            drawn.append(
                Markup('<text class="sign" x="{:.2f}%" y="{}" text-anchor="middle">{}</text>').format(
                    left + width / 2, top + height // 2 + 4, STATUSES[status].sign
                )
            )
        left += width
    return Markup("").join(drawn)


def _rect(left: float, width: float, top: int, height: int, status: str) -> Markup:
    return Markup('<rect class="f-{}" x="{:.2f}%" y="{}" width="{:.2f}%" height="{}"/>').format(status, left, top, width, height)


def _label(top: int, left: str, right: str) -> Markup:
    return Markup(
        '<text class="label" x="0" y="{0}">{1}</text><text class="count" x="100%" y="{0}" text-anchor="end">{2}</text>'
    ).format(top + 13, left, right)


def _said(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number(counts[status])} {STATUSES[status].text}" for status in ORDER if counts.get(status)) or "no hosts"


def _svg(name: str, title: str, said: str, inside: Markup, height: int) -> Markup:
    return Markup(
        '<svg class="chart {0}" role="img" aria-labelledby="{0}-title {0}-desc" width="100%" height="{1}">'
        '<title id="{0}-title">{2}</title><desc id="{0}-desc">{3}</desc>{4}</svg>'
    ).format(f"chart-{name}", height, title, said, inside)
