# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies as one page of tables that a person reads on a terminal and Sphinx reads as reStructuredText. Pure."""

from __future__ import annotations

import dataclasses
import re
import textwrap
import typing as t
from collections.abc import Collection, Iterable, Sequence

from .._accounts.parsing import Account
from .._accounts.sids import NAMES
from .._facts.features import ACCOUNTS_OF
from .._facts.releases import System
from .._facts.roles import HostRole
from .._policy.policy import ACCOUNT_KEYS, Compare, Policy, Row

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


def page(policies: Sequence[Policy]) -> str:
    """The page: the tables of policies that print GPO rows first, then each policy, then where they differ."""
    parts = [_title("Who may hold the right: the tables of the policies", "="), _paragraph(_INTRODUCTION)]
    for policy in policies:
        if policy.gpos:
            parts += _printed(policy)
    for policy in policies:
        parts += _one(policy)
    if len(policies) > 1:
        parts += _differences(policies)
    return "\n".join(parts)


_INTRODUCTION = (
    "One table per policy. A row counts on the hosts that it names, and an account of a row is *required* (it must hold the right), "
    "*default* (Windows gives it the right), *permitted* or *forbidden*. Whoever is not named is unexpected. ``Administrators``, "
    "``SERVICE``, ``LOCAL SERVICE`` and ``NETWORK SERVICE`` are never removed, whatever a policy says."
)


def _printed(policy: Policy) -> list[str]:
    """The rows that a document prints, beside what is right."""
    rows = [
        (
            _words(gpo.name).title().replace("Gpo", "GPO"),
            _defined(gpo.printed),
            _defined(gpo.corrected),
            _escaped(" ".join(filter(None, (gpo.erratum, f"Observed: {gpo.observed}." if gpo.observed else "")))),
        )
        for gpo in policy.gpos
    ]
    for row in policy.rows:
        if row.base and row.printed is not None:
            corrected = [*row.required, *row.default, *row.permitted]
            printed = [account for account in corrected if account.key in row.printed]
            rows.append((_escaped(row.source.split(",")[0]), _accounts(printed), _accounts(corrected), _escaped(row.erratum)))
    head = ("server type or GPO", "as printed", "corrected", "why")
    return [
        _title(f"{policy.name}: the table of the document, as printed and corrected", "-"),
        _paragraph(
            "The corrected rows judge. What a GPO is said to define is documentation: the right of a host is read from the host."
        ),
        _table((30, 24, 24, 52), head, rows),
    ]


def _one(policy: Policy) -> list[str]:
    rows = []
    for row in _merged(policy.rows):
        said = [
            f"{key}: {_accounts(accounts, row, key)}" for key in ACCOUNT_KEYS if (accounts := getattr(row, key)) or key in row.found
        ]
        said += [f"note: {_escaped(row.note)}"] if row.note else []
        said += [f"exceptions: {_escaped(row.exception_clause)}"] if row.exception_clause else []
        cited = ", ".join(
            filter(None, (row.benchmark_id, row.rule, row.document.words if row.benchmark_id and row.document else "", row.source))
        )
        rows.append((_escaped(_hosts(row)), "\n\n".join(said), _escaped(cited)))
    documents = {row.document.words: row.document for row in policy.rows if row.document}
    return [
        _title(f"{policy.name}: {policy.title}", "-"),
        _paragraph(_COMPARE[policy.compare]),
        _table((36, 52, 44), ("hosts", "accounts", "source"), rows),
        *filter(None, [_without_a_row(policy)]),
        "\n".join(f"* {_escaped(', '.join(filter(None, (one.publisher, one.words))))}" for one in documents.values()) + "\n",
    ]


def _merged(rows: Iterable[Row]) -> list[Row]:
    """Rows that differ in nothing but their host roles as one."""
    merged: dict[Row, set[HostRole]] = {}
    for row in rows:
        merged.setdefault(dataclasses.replace(row, where="", host_roles=frozenset()), set()).update(row.host_roles)
    return [dataclasses.replace(row, host_roles=frozenset(roles)) for row, roles in merged.items()]


def _differences(policies: Sequence[Policy]) -> list[str]:
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
    parts = [
        _title("Where the policies differ", "-"),
        _paragraph("What each policy says of every account that one of them names."),
        _table((32, *(width for _unused in policies)), ("account", *(policy.name for policy in policies)), rows),
    ]
    if editions:
        parts += [
            _paragraph("Where editions of one document differ, or one document differs from itself:"),
            "\n".join(f"* {_escaped(edition)}" for edition in sorted(editions)) + "\n",
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
    return _escaped("; ".join(said)) or "not named: a finding"


def _keys_of(row: Row, key: str) -> set[str]:
    return {one.key for one in getattr(row, key)} | ({_word(row)} if key in row.found else set())


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
    return _paragraph(f"No row, so that the policy does not apply: {_by_release(absent, ())}.")


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
    return _escaped(short if authority in ("NT AUTHORITY", "BUILTIN") else name)


def _defined(accounts: Sequence[Account] | None) -> str:
    return "not defined" if accounts is None else _accounts(accounts)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _and(words: Iterable[str]) -> str:
    its = list(words)
    return " and ".join(filter(None, (", ".join(its[:-1]), its[-1])))


def _title(text: str, line: str) -> str:
    text = _escaped(text)
    return f"{text}\n{line * len(text)}\n"


def _paragraph(text: str) -> str:
    return textwrap.fill(text, 140, break_on_hyphens=False) + "\n"


def _escaped(text: str) -> str:
    """Text without markup of its own."""
    return re.sub(r"([\\*`|])|(?<=\w)_(?!\w)", r"\\\g<0>", text)


def _table(widths: Sequence[int], head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A grid table, which is one on a terminal, too."""
    rule = "+" + "+".join("-" * (width + 2) for width in widths) + "+"
    lines = [rule, *_row(widths, head), rule.replace("-", "=")]
    for row in rows:
        lines += [*_row(widths, row), rule]
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
