# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies as one page of tables: reStructuredText for Sphinx, and plain text of 100 columns for a terminal. Pure.

What the page says is put together once, as plain texts; the two writers at the end know what their readers need.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
import typing as t
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from .._accounts.parsing import Account
from .._accounts.sids import NAMES
from .._facts.features import ACCOUNTS_OF
from .._facts.releases import System
from .._facts.roles import HostRole
from .._policy.policy import ACCOUNT_KEYS, Compare, Policy, Row
from .._wording import WORDS, visible
from .columns import WIDTH

Place = tuple[System, HostRole]

_COMPARE = {
    Compare.EXACT: "Exact: who is required and does not hold the right is missing, and who is not named is unexpected.",
    Compare.AT_MOST: "An upper bound: an account that is not named is unexpected, and no account is ever missing.",
}
_PLURALS = {
    HostRole.DOMAIN_CONTROLLER: "domain controllers",
    HostRole.MEMBER_SERVER: "member servers",
    HostRole.STANDALONE_SERVER: "stand-alone servers",
    HostRole.CLIENT: "clients",
}
_FOUND = {
    "pool_accounts": "the accounts that application pools with manualGroupMembership run under",
    "ssis_services": "the service SIDs of services called MsDtsServer",
    "found_legacy_accounts": "the legacy accounts that exist on the host",
}


@dataclass(frozen=True, slots=True)
class Title:
    """A heading. ``line``: what is drawn below it."""

    text: str
    line: str


@dataclass(frozen=True, slots=True)
class Table:
    """``widths``: columns of the cells in reStructuredText. Paragraphs of a cell are parted by an empty line."""

    widths: Sequence[int]
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Style:
    """How a reader wants it. ``clean`` makes a text fit for it. ``markup``: headings and items are one line, tables keep their widths."""

    clean: Callable[[str], str]
    width: int
    markup: bool

    def folded(self, text: str, rest: str = "") -> str:
        return textwrap.fill(text, self.width, subsequent_indent=rest, break_on_hyphens=False)


Part = Title | Table | Items | str
"""A text is a paragraph."""


def page(policies: Sequence[Policy]) -> str:
    """The page as reStructuredText."""
    return "\n".join(_written(part, _Style(_escaped, 140, markup=True)) for part in _parts(policies))


def screen(policies: Sequence[Policy]) -> str:
    """The page for a terminal: no markup, no line of more than 100 columns."""
    return "\n".join(_written(part, _Style(_plain, WIDTH, markup=False)) for part in _parts(policies))


def _parts(policies: Sequence[Policy]) -> list[Part]:
    """The tables of policies that print GPO rows first, then each policy, then where they differ."""
    parts: list[Part] = [Title("Who may hold the right: the tables of the policies", "="), _INTRODUCTION]
    for policy in policies:
        if policy.gpos:
            parts += _printed(policy)
    for policy in policies:
        parts += _one(policy)
    if len(policies) > 1:
        parts += _differences(policies)
    return parts


_INTRODUCTION = (
    "One table per policy. A row counts on the hosts that it names, and an account of a row is required (it must hold the right), "
    "default (Windows gives it the right), permitted or forbidden. Whoever is not named is unexpected. Administrators, "
    "SERVICE, LOCAL SERVICE and NETWORK SERVICE are never removed, whatever a policy says."
)


def _printed(policy: Policy) -> list[Part]:
    """The rows that a document prints, beside what is right."""
    rows = [
        (
            _words(gpo.name).title().replace("Gpo", "GPO"),
            _defined(gpo.printed),
            _defined(gpo.corrected),
            " ".join(filter(None, (gpo.erratum, f"Observed: {gpo.observed}." if gpo.observed else ""))),
        )
        for gpo in policy.gpos
    ]
    for row in policy.rows:
        if row.base and row.printed is not None:
            corrected = [*row.required, *row.default, *row.permitted]
            printed = [account for account in corrected if account.key in row.printed]
            rows.append((row.source.split(",")[0], _accounts(printed), _accounts(corrected), row.erratum))
    head = ("server type or GPO", "as printed", "corrected", "why")
    return [
        Title(f"{policy.name}: the table of the document, as printed and corrected", "-"),
        "The corrected rows judge. What a GPO is said to define is documentation: the right of a host is read from the host.",
        Table((30, 24, 24, 52), head, rows),
    ]


def _one(policy: Policy) -> list[Part]:
    rows = []
    for row in _merged(policy.rows):
        parts = [
            f"{key}: {_accounts(accounts, row, key)}" for key in ACCOUNT_KEYS if (accounts := getattr(row, key)) or key in row.found
        ]
        parts += [f"note: {row.note}"] if row.note else []
        parts += [f"exceptions: {row.exception_clause}"] if row.exception_clause else []
        cited = ", ".join(
            filter(None, (row.benchmark_id, row.rule, row.document.words if row.benchmark_id and row.document else "", row.source))
        )
        rows.append((_hosts(row), "\n\n".join(parts), cited))
    documents = {row.document.words: row.document for row in policy.rows if row.document}
    return [
        Title(f"{policy.name}: {policy.title}", "-"),
        _COMPARE[policy.compare],
        Table((36, 52, 44), ("hosts", "accounts", "source"), rows),
        *filter(None, [_without_a_row(policy)]),
        Items([", ".join(filter(None, (document.publisher, document.words))) for document in documents.values()]),
    ]


def _merged(rows: Iterable[Row]) -> list[Row]:
    """Rows that differ in nothing but their host roles as one."""
    merged: dict[Row, set[HostRole]] = {}
    for row in rows:
        merged.setdefault(dataclasses.replace(row, where="", host_roles=frozenset()), set()).update(row.host_roles)
    return [dataclasses.replace(row, host_roles=frozenset(roles)) for row, roles in merged.items()]


def _differences(policies: Sequence[Policy]) -> list[Part]:
    """Every account that a policy names, and what each policy says of it."""
    accounts: dict[str, str] = {}
    for policy in policies:
        for row in policy.rows:
            accounts.update({account.key: _account(account) for account in row.accounts() if account.key not in accounts})
            accounts.update({word: _FOUND[word] for word in {_word(row)} - {""}})
    rows = [(shown, *(_said(policy, key) for policy in policies)) for key, shown in accounts.items()]
    width = max(20, 104 // len(policies))
    editions = {
        f"{one.words}: {one.differs}" for policy in policies for row in policy.rows if (one := row.document) and one.differs
    }
    parts: list[Part] = [
        Title("Where the policies differ", "-"),
        "What each policy says of every account that one of them names.",
        Table((32, *(width for _unused in policies)), ("account", *(policy.name for policy in policies)), rows),
    ]
    if editions:
        parts += [
            "Where editions of one document differ, or one document differs from itself:",
            Items(sorted(editions)),
        ]
    return parts


def _said(policy: Policy, account: str) -> str:
    """What a policy says of one account, over all its rows."""
    covered = {place for row in policy.rows if row.base for place in _places(row)}
    said: list[str] = []
    for key in ACCOUNT_KEYS:
        rows = [row for row in policy.rows if account in _keys_of(row, key)]
        bases = {place for row in rows if row.base for place in _places(row)}
        if bases:
            said.append(f"{key} {'on every host of the policy' if bases == covered else _by_release(bases, covered)}")
        said += [f"{key} {_together(its, covered)}" for its in _alike(row for row in rows if not row.base)]
    return "; ".join(said) or "not named: a finding"


def _keys_of(row: Row, key: str) -> set[str]:
    return {account.key for account in getattr(row, key)} | ({_word(row)} if key in row.found else set())


def _places(row: Row) -> set[Place]:
    return {(system, role) for system in row.systems for role in row.host_roles}


def _by_release(places: Collection[Place], covered: Collection[Place]) -> str:
    """``on member servers with Windows Server 2025, on clients with Windows 11``; a role whose covered releases are all there, alone."""
    whole = [role for role in HostRole if (its := {place for place in covered if place[1] is role}) and its <= set(places)]
    roles: dict[System, list[HostRole]] = {}
    for system, role in _sorted(place for place in places if place[1] not in whole):
        roles.setdefault(system, []).append(role)
    said = [f"on {_and(_PLURALS[role] for role in whole)}"] if whole else []
    return ", ".join(said + [f"on {_and(_PLURALS[role] for role in its)} with {system.words}" for system, its in roles.items()])


def _sorted(places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: (list(System).index(place[0]), list(HostRole).index(place[1])))


def _without_a_row(policy: Policy) -> str:
    """Releases and host roles to which a policy does not apply, as a paragraph; empty where it asks for no release or has all."""
    covered = {place for row in policy.rows if row.base for place in _places(row)}
    absent = {(system, role) for system in System for role in HostRole if system.client == (role is HostRole.CLIENT)} - covered
    if not policy.per_release or not absent:
        return ""
    return f"No row, so that the policy does not apply: {_by_release(absent, ())}."


def _alike(rows: Iterable[Row]) -> Iterable[list[Row]]:
    """Rows that count in the same circumstances, on whatever hosts."""
    groups: dict[tuple[t.Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.build_from, row.build_to, row.feature), []).append(row)
    return groups.values()


def _together(rows: Sequence[Row], covered: Collection[Place]) -> str:
    """On which hosts one of the rows counts, all of them in the same circumstances."""
    if len(rows) == 1:
        return _hosts(rows[0])
    return " ".join([_by_release({place for row in rows for place in _places(row)}, covered), *_when(rows[0])])


def _hosts(row: Row) -> str:
    """On which hosts a row counts."""
    words = (
        []
        if row.host_roles == frozenset(HostRole)
        else [f"on {_and(_PLURALS[role] for role in HostRole if role in row.host_roles)}"]
    )
    words += [f"with {_and(system.words for system in System if system in row.systems)}"] if row.per_release else []
    return " ".join(words + _when(row)) or "on every host"


def _when(row: Row) -> list[str]:
    words = [f"from build {row.build_from}"] if row.build_from is not None else []
    words += [f"to build {row.build_to}"] if row.build_to is not None else []
    return words + ([f"where the host has {row.feature.words}"] if row.feature else [])


def _word(row: Row) -> str:
    """The word that stands in a row for the accounts that the read found."""
    return next(word for word, feature in ACCOUNTS_OF.items() if feature is row.feature) if row.found else ""


def _accounts(accounts: Iterable[Account], row: Row | None = None, key: str = "") -> str:
    shown = [_account(account) for account in accounts]
    return ", ".join(shown + ([_FOUND[_word(row)]] if row and key in row.found else []))


def _account(account: Account) -> str:
    """Its name, without the authority where everybody knows it."""
    name = NAMES.get(account.sid or "", account.text)
    authority, _unused, short = name.rpartition("\\")
    return short if authority in ("NT AUTHORITY", "BUILTIN") else name


def _defined(accounts: Sequence[Account] | None) -> str:
    return "not defined" if accounts is None else _accounts(accounts)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _and(words: Iterable[str]) -> str:
    items = list(words)
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _written(part: Part, style: _Style) -> str:
    if isinstance(part, str):
        return style.folded(style.clean(part)) + "\n"
    if isinstance(part, Title):
        text = style.clean(part.text)
        shown, drawn = (text, len(text)) if style.markup else (style.folded(text), min(len(text), style.width))
        return f"{shown}\n{part.line * drawn}\n"
    if isinstance(part, Items):
        lines = [f"* {style.clean(text)}" for text in part.texts]
        return "\n".join(lines if style.markup else [style.folded(line, "  ") for line in lines]) + "\n"
    return _grid(part.widths if style.markup else _fitting(part.widths, style.width), part, style.clean)


def _fitting(widths: Sequence[int], width: int) -> list[int]:
    """Widths of columns in the same proportions, so that the table with its borders has room on a terminal."""
    room = width - 3 * len(widths) - 1
    fitting = [room * width // sum(widths) for width in widths]
    return [*fitting[:-1], room - sum(fitting[:-1])]


def _plain(text: str) -> str:
    """Fit to be seen on a terminal, the empty lines between paragraphs kept."""
    return "\n\n".join(visible(paragraph, WORDS) for paragraph in text.split("\n\n"))


def _escaped(text: str) -> str:
    """Text without markup of its own."""
    return re.sub(r"([\\*`|])|(?<=\w)_(?!\w)", r"\\\g<0>", text)


def _grid(widths: Sequence[int], table: Table, clean: Callable[[str], str]) -> str:
    """A grid table."""
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [rule, *_row(widths, [clean(cell) for cell in table.head]), rule.replace("-", "=")]
    for row in table.rows:
        lines += [*_row(widths, [clean(cell) for cell in row]), rule]
    return "\n".join(lines) + "\n"


def _row(widths: Sequence[int], cells: Sequence[str]) -> list[str]:
    wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(map(len, wrapped))
    filled = [[*lines, *[""] * (height - len(lines))] for lines in wrapped]
    return [
        "| " + " | ".join(line.ljust(width) for line, width in zip(its, widths, strict=True)) + " |"
        for its in zip(*filled, strict=True)
    ]


def _wrapped(cell: str, width: int) -> list[str]:
    """Lines of a cell; paragraphs stay apart."""
    lines: list[str] = []
    for paragraph in cell.split("\n\n"):
        lines += [""] if lines else []
        lines += textwrap.wrap(paragraph, width, break_on_hyphens=False) or [""]
    return lines
