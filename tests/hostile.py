# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that no honest host gives, as strategies: an honest answer with parts replaced, left out or added, and failures.

``spoilt(answer)`` is what fuzz tests share; the honest answers are those of the fleet's machines.
"""

from __future__ import annotations

import copy
import typing as t

from hypothesis import settings
from hypothesis import strategies as st

from fleet.backends.emulator.report import right_report
from fleet.windows import names
from fleet.windows.grouppolicy import Setting
from fleet.windows.machine import FLOOR, Machine, Token


def whole_reports(profile: settings) -> settings:
    """For a test that writes a whole report for every case: 20 cases at most in ``make test``, and 5,000 in ``make test-long``."""
    return settings(profile, max_examples=min(20, profile.max_examples) if profile.derandomize else 5_000)


few_or_thousands = whole_reports(settings())

Json = dict[str, t.Any]
ADMINISTRATOR = ("SIM\\auditor", Token.ADMINISTRATOR)

FORGED = "x\n- nothing to change\n\x1b[8m\x9b31m\u202egnp.exe"
"""A name that would forge lines, hide text and turn the order of letters."""

TEXTS = (
    "", " ", "evil", FORGED, "\ud800", "\udfff\ud800", "\x00", "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "{{ 7 * 7 }}",
    "é" * 300, "x" * 2_000, "S-1-5-32-544", "s-1-5-32-544", "*S-1-5-6", "S-1-5-6\n", "S-1-5-4294967296", "S-1-x", "0xC0000022",
    "0xc0000022", "2026-06-15T12:00:00.0000000Z", "9999-99-99", "applied", "read", "lsa",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2, 3, 5, 4704, 2**31, 2**32, 2**63, 2**64, 10**400, 0.5, 1e308, float("inf"), float("nan"))


def deep(depth: int) -> t.Any:
    """A list in a list in a list, so many times."""
    value: t.Any = []
    for _level in range(depth):
        value = [value]
    return value


DEEP = deep(100_000)
"""Deeper than Python's stack. One for all tables, which nobody may write to: many of them make each garbage collection slow."""

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=12))
plain = st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.integers(), texts)
values = st.one_of(
    plain,
    st.recursive(
        plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(TEXTS), inner, max_size=3), max_leaves=3
    ),
    st.builds(deep, st.just(3_000)),  # a new one each time: a later step may put something into it
    st.builds(lambda item, count: [item] * count, plain, st.sampled_from([1, 2, 300])),
)
"""Whatever JSON can say where something else was expected, also deeper than Python's stack."""


def _places(value: t.Any, path: tuple[t.Any, ...] = ()) -> list[tuple[t.Any, ...]]:
    """The ways to every value inside, that of the whole first."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inside for place in _places(part, (*path, key)))]


def spoilt(honest: Json, most: int = 3) -> st.SearchStrategy[Json]:
    """An honest answer in which up to so many values are replaced, left out, or joined by one that nobody asked for."""
    return _spoilt(honest, st.integers(1, most), st.sampled_from(_places(honest)[1:]))


_STEPS = st.sampled_from(["replace", "replace", "leave out", "add", "double"])


@st.composite
def _spoilt(draw: st.DrawFn, honest: Json, times: st.SearchStrategy[int], places: st.SearchStrategy[t.Any]) -> Json:
    answer = copy.deepcopy(honest)
    for _time in range(draw(times)):
        *way, last = draw(places)
        inner: t.Any = answer
        try:
            for key in way:
                inner = inner[key]
            inner[last]
        except (KeyError, IndexError, TypeError):
            continue  # an earlier time has taken it away
        if not isinstance(inner, (dict, list)):
            continue
        what = draw(_STEPS)
        if what == "replace":
            inner[last] = draw(values)
        elif what == "leave out":
            del inner[last]
        elif isinstance(inner, dict):
            inner[draw(texts)] = draw(values)
        else:
            inner.append(copy.copy(inner[last]) if what == "double" else draw(values))
    return answer


failures = st.fixed_dictionaries(
    {"failed": st.one_of(st.just(True), values)},
    optional=dict.fromkeys(
        (
            "msg", "error", "session", "exception", "module_stderr", "module_stdout", "outcome", "before", "after", "attempted",
            "undone", "changed", "rc", "unreachable", "warnings", "bad_input",
        ),
        values,
    ),
)  # fmt: skip
"""Answers that say they failed, with anything beside it."""


def showcase() -> Machine:
    """A machine with something in every part of the answer."""
    machine = Machine.member_server("WEB01", iis=True, holders=[*FLOOR, names.IIS_IUSRS, names.USERS, "S-1-5-21-1-2-3-1107"])
    machine.gpos = (Setting("Base", "{31B2F340-016D-11D2-945F-00C04FB984F9}"),)
    machine.running = {"W3SVC": "LocalSystem", "MSSQLSERVER": "NT Service\\MSSQLSERVER", "Spooler": "NT AUTHORITY\\LocalService"}
    return machine


def facts(machine: Machine | None = None, accounts: t.Sequence[str] = ("SIM\\nobody",)) -> Json:
    """What an honest machine tells when everything is asked for."""
    return right_report(machine or showcase(), *ADMINISTRATOR, accounts, exposure=True, expand=True, events=24)
