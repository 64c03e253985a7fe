# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy's data -> typed rows, or an error that names policy, row and key. Pure."""

from __future__ import annotations

import enum
import typing as t
from collections.abc import Iterator, Mapping

from .._accounts.parsing import Account, parse_accounts
from .._facts.features import ACCOUNTS_OF, FeatureName
from .._facts.releases import System
from .._facts.roles import HostRole
from .._input import checks
from .._input.errors import BadInput
from .editions import OF_HOST_ROW, cited_by_host, refuse_two_editions
from .extending import SHIPPED, resolve
from .policy import ACCOUNT_KEYS, Compare, Document, GpoRow, Policy, Row, floor_account

Choice = t.TypeVar("Choice", bound=enum.Enum)

_TEXT_KEYS = ("reason", "erratum", "note", "benchmark_id", "rule", "exception_clause")
_ROW_KEYS = (*ACCOUNT_KEYS, "source", "as_printed", *_TEXT_KEYS, "foresees_exceptions", "document")
_WHEN_KEYS = ("host_roles", "operating_systems", "from", "to")
_DOCUMENT_KEYS = ("title", "publisher", "version", "date", "url", "differs")
_GPO_KEYS = ("source", "as_printed", "corrected", "erratum", "observed")
_A_SYSTEM = "a release of Windows that policies tell apart"
POLICY_KEYS = (
    "name",
    "title",
    "extends",
    "document",
    "documents",
    "compare",
    "every_host",
    "host_roles",
    "operating_systems",
    "gpos",
    "builds",
    "features",
    "legacy",
)
"""Keys of a policy."""


def load_policy(data: object, library: Mapping[str, object] | None = None) -> Policy:
    """Validate a policy given as plain data (mappings, lists, texts) and return it typed.

    ``library``: name -> data of the policies that it may extend. Raises BadInput that names the policy, the row and the key, the value
    and what is allowed.
    """
    name = data.get("name") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(name, str) or not name:
        raise BadInput(
            "policy",
            "is not a policy",
            value=data,
            expected=f"a policy is a mapping with the keys {', '.join(POLICY_KEYS)}; the role impersonate ships the policies "
            f"{', '.join(SHIPPED)}",
        )
    try:
        return _Loader(resolve(checks.mapping("policy", data), library or {})).load()
    except BadInput as error:
        file = f" (policy_{name}.yml of the role impersonate)" if name in SHIPPED else ""
        raise error.within(f"policy {name}{file}{_ancestors(data, library or {})}") from None


def _ancestors(data: Mapping[str, object], library: Mapping[str, t.Any]) -> str:
    """`` (extends base, which extends microsoft)``: where else a mistake may stand."""
    names: list[str] = []
    while isinstance(data, Mapping) and isinstance(data.get("extends"), str) and data["extends"] not in names:
        names.append(str(data["extends"]))
        data = library.get(names[-1], {})
    return f" (extends {', which extends '.join(names)})" if names else ""


def parse_role(text: t.Any, option: str) -> HostRole:
    """A host role from its word. Raises BadInput naming the option and the four words."""
    return _choice(option, text, HostRole, "a host role")


def parse_feature(text: t.Any, option: str) -> FeatureName:
    """A feature from its word. Raises BadInput naming the option and the features that a host is asked for."""
    return _choice(option, text, FeatureName, "a feature that a host is asked for")


def refuse_forbidden_floor(where: str, account: Account) -> None:
    """Raises BadInput when an account is to be forbidden without which Windows breaks."""
    if floor_account(account):
        raise BadInput(where, f"{account.shown} can never be forbidden: Windows needs it")


class _Loader:
    """One pass over a policy's data, which remembers its documents."""

    def __init__(self, data: Mapping[str, object]) -> None:
        checks.keys("", data, POLICY_KEYS)
        self._data = data
        self._whole = None if data.get("document") is None else _document("document", data["document"])
        documents = checks.mapping("documents", data.get("documents", {}))
        self._documents = {name: _document(f"documents.{name}", document) for name, document in documents.items()}

    def load(self) -> Policy:
        data = self._data
        bases = [
            *([self._row("every_host", data["every_host"])] if "every_host" in data else []),
            *self._role_rows("host_roles", data.get("host_roles", {})),
            *self._system_rows(checks.mapping("operating_systems", data.get("operating_systems", {}))),
        ]
        others = [
            *(
                self._when_row(f"builds[{number}]", row)
                for number, row in enumerate(checks.items("builds", data.get("builds", [])))
            ),
            *self._feature_rows(checks.mapping("features", data.get("features", {}))),
        ]
        rows = [
            *bases,
            *(cited_row for row in others for cited_row in (cited_by_host(row, bases) if row.document is OF_HOST_ROW else [row])),
        ]
        if not any(row.base for row in rows):
            raise BadInput(
                "host_roles",
                "there is no row",
                expected="a policy needs a row for at least one host role, there or in operating_systems",
            )
        gpos = tuple(_gpo_row(name, row) for name, row in checks.mapping("gpos", data.get("gpos", {})).items())
        legacy = checks.mapping("legacy", data.get("legacy", {}))
        checks.keys("legacy", legacy, ("names", "source"))
        if any(row.feature is FeatureName.LEGACY_ACCOUNTS for row in rows) and not legacy.get("names"):
            raise BadInput("features.legacy_accounts", "there is no legacy.names, so no host would be asked for such accounts")
        _contradictions(rows)
        refuse_two_editions(rows)
        return Policy(
            name=str(data["name"]),
            title=checks.text("title", data.get("title")),
            compare=_choice("compare", data.get("compare"), Compare, "allowed"),
            rows=tuple(rows),
            legacy=tuple(checks.text("legacy.names", name) for name in checks.items("legacy.names", legacy.get("names", []))),
            gpos=gpos,
            data=data,
        )

    def _role_rows(self, where: str, data: object, **when: t.Any) -> Iterator[Row]:
        for role, row in checks.mapping(where, data).items():
            yield self._row(f"{where}.{role}", row, base=True, host_roles=frozenset({parse_role(role, where)}), **when)

    def _system_rows(self, systems: Mapping[str, object]) -> Iterator[Row]:
        for name, rows in systems.items():
            system = _choice("operating_systems", name, System, _A_SYSTEM)
            yield from self._role_rows(f"operating_systems.{name}", rows, systems=frozenset({system}))

    def _feature_rows(self, features: Mapping[str, object]) -> Iterator[Row]:
        """One row or a list of rows per feature."""
        for name, data in features.items():
            where = f"features.{name}"
            feature = parse_feature(name, where)
            if isinstance(data, (list, tuple)):
                yield from (self._when_row(f"{where}[{number}]", row, feature=feature) for number, row in enumerate(data))
            else:
                yield self._when_row(where, data, feature=feature)

    def _when_row(self, where: str, data: object, **when: t.Any) -> Row:
        """A row that says itself on which hosts it counts."""
        data = checks.mapping(where, data)
        roles = [parse_role(role, f"{where}.host_roles") for role in _scope(where, "host_roles", data)]
        names = _scope(where, "operating_systems", data)
        systems = [_choice(f"{where}.operating_systems", name, System, _A_SYSTEM) for name in names]
        first, last = (_build(f"{where}.{key}", data.get(key)) for key in ("from", "to"))
        if first is not None and last is not None and first > last:
            raise BadInput(where, f"from {first} to {last} holds no build")
        when |= {"document": OF_HOST_ROW} if data.get("document") == OF_HOST_ROW.title else {}
        return self._row(
            where,
            data,
            _WHEN_KEYS,
            host_roles=frozenset(roles or HostRole),
            systems=frozenset(systems or System),
            build_from=first,
            build_to=last,
            **when,
        )

    def _row(self, where: str, data: object, extra: tuple[str, ...] = (), **when: t.Any) -> Row:
        data = checks.mapping(where, data)
        checks.keys(where, data, _ROW_KEYS + extra)
        lists = {key: checks.items(f"{where}.{key}", data.get(key, [])) for key in ACCOUNT_KEYS}
        found = frozenset(key for key, entries in lists.items() if _of_feature(f"{where}.{key}", entries, when.get("feature")))
        accounts: dict[str, t.Any] = {
            key: parse_accounts(f"{where}.{key}", entries, known=ACCOUNTS_OF) for key, entries in lists.items()
        }
        texts: dict[str, t.Any] = {key: checks.text(f"{where}.{key}", data[key]) for key in _TEXT_KEYS if key in data}
        if "document" not in when:
            when["document"] = self._named(f"{where}.document", data["document"]) if "document" in data else self._whole
        return Row(
            where=where,
            source=checks.text(f"{where}.source", data.get("source")),
            printed=_printed(f"{where}.as_printed", data.get("as_printed")),
            found=found,
            foresees_exceptions=_flag(f"{where}.foresees_exceptions", data.get("foresees_exceptions", False)),
            **texts,
            **accounts,
            **when,
        )

    def _named(self, where: str, name: t.Any) -> Document:
        if not isinstance(name, str) or name not in self._documents:
            raise BadInput(
                where,
                "is not in documents",
                value=name,
                expected=f"there are {', '.join(self._documents) or 'none'}",
                near=checks.close(name, self._documents),
            )
        return self._documents[name]


def _scope(where: str, key: str, data: Mapping[str, t.Any]) -> list[object]:
    """A list that narrows a row; an empty one would be meant for no host and count for all."""
    if data.get(key) is None:
        return []
    names = checks.items(f"{where}.{key}", data[key])
    if not names:
        raise BadInput(f"{where}.{key}", "the list is empty", expected="leave it out, and the row counts for all")
    return names


def _flag(where: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadInput(where, "is neither true nor false", value=value)
    return value


def _build(where: str, value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise BadInput(where, "is not a build number, such as 20348", value=value)
    return value


def _document(where: str, data: object) -> Document:
    data = checks.mapping(where, data)
    checks.keys(where, data, _DOCUMENT_KEYS)
    for key, value in data.items():
        if not isinstance(value, str):
            raise BadInput(f"{where}.{key}", "is not a text", value=value, expected="put a date or a number in quotes")
    if data.get("date"):
        checks.day(f"{where}.date", data["date"])
    checks.text(f"{where}.title", data.get("title"))
    return Document(**{key: str(value) for key, value in data.items()})


def _is_found(entry: object) -> bool:
    return isinstance(entry, str) and entry in ACCOUNTS_OF


def _of_feature(where: str, entries: list[t.Any], feature: FeatureName | None) -> bool:
    """Whether a list names the accounts that the read found. Raises BadInput in a row of another feature, or of none."""
    for number, entry in enumerate(entries):
        if _is_found(entry) and ACCOUNTS_OF[entry] is not feature:
            raise BadInput(f"{where}[{number}]", f"{entry} stands in rows of features.{ACCOUNTS_OF[entry].value} only")
    return any(_is_found(entry) for entry in entries)


def _printed(where: str, data: t.Any) -> frozenset[str] | None:
    if data is None:
        return None
    return (
        frozenset()
        if data == "not_defined"
        else frozenset(account.key for account in parse_accounts(where, checks.items(where, data)))
    )


def _gpo_row(name: str, data: object) -> GpoRow:
    """What a GPO is said to define. Checked for form; no host is judged by it."""
    where = f"gpos.{name}"
    row = checks.mapping(where, data)
    checks.keys(where, row, _GPO_KEYS)
    return GpoRow(
        name,
        checks.text(f"{where}.source", row.get("source")),
        _defined(f"{where}.as_printed", row.get("as_printed")),
        _defined(f"{where}.corrected", row.get("corrected")),
        **{key: checks.text(f"{where}.{key}", row[key]) for key in ("erratum", "observed") if key in row},
    )


def _defined(where: str, data: object) -> tuple[Account, ...] | None:
    return None if data is None or data == "not_defined" else parse_accounts(where, checks.items(where, data))


def _contradictions(rows: list[Row]) -> None:
    """An account that one row requires and another, or the same one, forbids on the same host; a floor account that is forbidden."""
    for row in rows:
        for account in row.forbidden:
            refuse_forbidden_floor(f"{row.where}.forbidden", account)
            for other in rows:
                if row.overlaps(other) and account.key in {required.key for required in other.required}:
                    raise BadInput(
                        f"{row.where}.forbidden", f"{account.shown} is required in {other.where}.required; one of the two must go"
                    )


def _choice(where: str, value: object, choices: type[Choice], noun: str) -> Choice:
    try:
        return choices(value)
    except ValueError:
        raise BadInput(
            where,
            f"is not {noun}",
            value=value,
            expected=f"allowed are {', '.join(choice.value for choice in choices)}",
            near=checks.close(value, [choice.value for choice in choices]),
        ) from None
