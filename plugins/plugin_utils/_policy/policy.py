# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy's data -> typed rows, or an error that names policy, row and key. Pure."""

from __future__ import annotations

import difflib
import enum
import typing as t
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .accounts import Account, parse_accounts
from .errors import BadInput
from .sids import FLOOR


class HostRole(str, enum.Enum):
    """The kinds of hosts that policies tell apart."""

    DOMAIN_CONTROLLER = "domain_controller"
    MEMBER_SERVER = "member_server"
    STANDALONE_SERVER = "standalone_server"
    CLIENT = "client"

    @property
    def words(self) -> str:
        """For sentences: ``a member server``."""
        return "a " + self.value.replace("_", " ").replace("standalone", "stand-alone")


class Compare(str, enum.Enum):
    """How holders are measured against a policy."""

    EXACT = "exact"  # required accounts hold it, and nobody but those and the permitted ones
    AT_MOST = "at_most"  # nobody else; that a required account does not hold it is no finding


FEATURES = ("iis",)
"""Features of a host that one read detects and that a policy may have rows for."""

_ACCOUNT_KEYS = ("required", "default", "permitted", "forbidden")
_NOTE_KEYS = ("source", "as_printed", "erratum", "reason", "note")
_ROW_KEYS = (*_ACCOUNT_KEYS, *_NOTE_KEYS)
_POLICY_KEYS = (
    "name",
    "title",
    "document",
    "compare",
    "every_host",
    "host_roles",
    "gpos",
    "builds",
    "features",
    "legacy",
)
_DOCUMENT_KEYS = ("title", "publisher", "date", "url")
_NO_BUILD = 1 << 32
_SHIPPED = ("microsoft",)
_GPO_KEYS = ("source", "as_printed", "corrected", "erratum", "observed")


@dataclass(frozen=True, slots=True)
class Row:
    """Accounts of one row.

    ``where`` is its place in the data (``host_roles.client``). ``printed``: the SIDs that the document itself prints, where it
    differs; ``erratum`` says why. ``note``: said of a host on which an account of the row holds the right. The rest: when it counts.
    """

    where: str
    source: str
    required: tuple[Account, ...] = ()
    default: tuple[Account, ...] = ()
    permitted: tuple[Account, ...] = ()
    forbidden: tuple[Account, ...] = ()
    reason: str = ""
    printed: frozenset[str] | None = None
    erratum: str = ""
    note: str = ""
    host_roles: frozenset[HostRole] = frozenset(HostRole)
    build_from: int | None = None
    build_to: int | None = None
    feature: str | None = None

    def accounts(self) -> Iterator[Account]:
        """All accounts of the row."""
        for key in _ACCOUNT_KEYS:
            yield from getattr(self, key)

    def meets(self, other: Row) -> bool:
        """Whether there can be a host on which both rows count."""
        builds = (self.build_from or 0) <= (other.build_to or _NO_BUILD) and (other.build_from or 0) <= (self.build_to or _NO_BUILD)
        return builds and bool(self.host_roles & other.host_roles)


@dataclass(frozen=True, slots=True)
class Policy:
    """A validated policy: who must and who may hold the right, by which document.

    ``plain``: no table, the options of the task alone; the host role does not matter. ``closed``: whoever is not named is unexpected.
    """

    name: str
    title: str
    compare: Compare
    rows: tuple[Row, ...]
    roles: frozenset[HostRole]
    legacy: tuple[str, ...] = ()
    plain: bool = False
    closed: bool = True

    @property
    def asked_names(self) -> tuple[str, ...]:
        """Names that only a host can turn into SIDs, sorted."""
        return tuple(sorted({account.text for row in self.rows for account in row.accounts() if account.sid is None}))


def load_policy(data: t.Any) -> Policy:
    """Validate a policy given as plain data (mappings, lists, texts) and return it typed.

    Raises BadInput that names the policy, the row and the key, the value and what is allowed.
    """
    name = data.get("name") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(name, str) or not name:
        raise BadInput(
            f"policy: {_brief(data)} is not a policy; a policy is a mapping with the keys {', '.join(_POLICY_KEYS)}; "
            "the role impersonate ships the policy microsoft"
        )
    try:
        return _Loader().load(data)
    except BadInput as wrong:
        file = f" (policy_{name}.yml of the role impersonate)" if name in _SHIPPED else ""
        raise BadInput(f"policy {name}{file}: {wrong}") from None


def plain_policy(closed: bool) -> Policy:
    """The policy of a task that names accounts by its options alone; ``closed``: nobody else may hold the right."""
    return Policy("options", "The options of the task", Compare.EXACT, (), frozenset(HostRole), plain=True, closed=closed)


def parse_role(text: t.Any, option: str) -> HostRole:
    """A host role from its word. Raises BadInput naming the option and the four words."""
    try:
        return HostRole(text)
    except ValueError:
        raise BadInput(f"{option}: {text!r} is not a host role; allowed are {', '.join(role.value for role in HostRole)}") from None


class _Loader:
    """One pass over a policy's data; remembers the rows for the checks across rows."""

    def load(self, data: Mapping[str, t.Any]) -> Policy:
        _keys("", data, _POLICY_KEYS)
        document = _mapping("document", data.get("document", {}))
        _keys("document", document, _DOCUMENT_KEYS)
        for key, value in document.items():
            if not isinstance(value, str):
                raise BadInput(f"document.{key}: {_brief(value)} is not a text; put a date in quotes")
        roles = _mapping("host_roles", data.get("host_roles"))
        if not roles:
            raise BadInput("host_roles is empty; a policy needs a row for at least one host role")
        rows = [
            *([_row("every_host", data["every_host"])] if "every_host" in data else []),
            *(
                _row(f"host_roles.{role}", row, host_roles=frozenset({parse_role(role, "host_roles")}))
                for role, row in roles.items()
            ),
            *(_build_row(f"builds[{number}]", row) for number, row in enumerate(_list("builds", data.get("builds", [])))),
            *_feature_rows(_mapping("features", data.get("features", {}))),
        ]
        for gpo, row in _mapping("gpos", data.get("gpos", {})).items():
            _gpo_row(f"gpos.{gpo}", row)
        legacy = _mapping("legacy", data.get("legacy", {}))
        _keys("legacy", legacy, ("names", "source"))
        _contradictions(rows)
        return Policy(
            name=str(data["name"]),
            title=_text("title", data.get("title")),
            compare=_compare(data.get("compare")),
            rows=tuple(rows),
            roles=frozenset(HostRole(role) for role in roles),
            legacy=tuple(_text("legacy.names", name) for name in _list("legacy.names", legacy.get("names", []))),
        )


def _row(where: str, data: t.Any, extra: tuple[str, ...] = (), **when: t.Any) -> Row:
    data = _mapping(where, data)
    _keys(where, data, _ROW_KEYS + extra)
    printed = data.get("as_printed")
    if printed is not None and printed != "not_defined":
        printed = frozenset(account.key for account in _accounts(f"{where}.as_printed", printed))
    texts: dict[str, t.Any] = {key: _text(f"{where}.{key}", data[key]) for key in ("reason", "erratum", "note") if key in data}
    accounts: dict[str, t.Any] = {key: _accounts(f"{where}.{key}", data.get(key, [])) for key in _ACCOUNT_KEYS}
    return Row(
        where=where,
        source=_text(f"{where}.source", data.get("source")),
        printed=frozenset() if printed == "not_defined" else printed,
        **texts,
        **accounts,
        **when,
    )


def _build_row(where: str, data: t.Any) -> Row:
    data = _mapping(where, data)
    for key in ("from", "to"):
        if data.get(key) is not None and (not isinstance(data[key], int) or isinstance(data[key], bool)):
            raise BadInput(f"{where}.{key}: {data[key]!r} is not a build number")
    if data.get("from") is not None and data.get("to") is not None and data["from"] > data["to"]:
        raise BadInput(f"{where}: from {data['from']} to {data['to']} holds no build")
    return _row(where, data, ("from", "to"), build_from=data.get("from"), build_to=data.get("to"))


def _feature_rows(features: Mapping[str, t.Any]) -> Iterator[Row]:
    """One row or a list of rows per feature."""
    for feature, data in features.items():
        where = f"features.{feature}"
        if feature not in FEATURES:
            raise BadInput(f"{where}: {feature!r} is not a feature that a host is asked for; allowed are {', '.join(FEATURES)}")
        if isinstance(data, (list, tuple)):
            yield from (_feature_row(feature, f"{where}[{number}]", row) for number, row in enumerate(data))
        else:
            yield _feature_row(feature, where, data)


def _feature_row(feature: str, where: str, data: t.Any) -> Row:
    roles = [
        parse_role(role, f"{where}.host_roles")
        for role in _list(f"{where}.host_roles", _mapping(where, data).get("host_roles", []))
    ]
    return _row(where, data, ("host_roles",), feature=feature, host_roles=frozenset(roles or HostRole))


def _gpo_row(where: str, data: t.Any) -> None:
    """Documentation: what a GPO is said to define. Checked for form, never judged."""
    data = _mapping(where, data)
    _keys(where, data, _GPO_KEYS)
    _text(f"{where}.source", data.get("source"))
    for key in ("as_printed", "corrected"):
        if data.get(key, "not_defined") != "not_defined":
            _accounts(f"{where}.{key}", data[key])


def _contradictions(rows: list[Row]) -> None:
    """An account that one row requires and another, or the same one, forbids on the same host; a floor account that is forbidden."""
    for row in rows:
        for account in row.forbidden:
            refuse_forbidden_floor(f"{row.where}.forbidden", account)
            for other in rows:
                if row.meets(other) and account.key in {required.key for required in other.required}:
                    raise BadInput(
                        f"{row.where}.forbidden: {account.shown} is required in {other.where}.required; one of the two must go"
                    )


def refuse_forbidden_floor(where: str, account: Account) -> None:
    """Raises BadInput when an account is to be forbidden without which Windows breaks."""
    if account.sid in FLOOR:
        raise BadInput(f"{where}: {account.shown} can never be forbidden: Windows needs it")


def _compare(value: t.Any) -> Compare:
    try:
        return Compare(value)
    except ValueError:
        raise BadInput(f"compare: {value!r} is not allowed; allowed are {', '.join(mode.value for mode in Compare)}") from None


def _accounts(where: str, data: t.Any) -> tuple[Account, ...]:
    return parse_accounts(where, _list(where, data))


def _keys(where: str, data: Mapping[str, t.Any], allowed: tuple[str, ...]) -> None:
    for key in data:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            place = f"{where}.{key}" if where else str(key)
            raise BadInput(f"{place}: {key!r} is not a key; allowed are {', '.join(allowed)}{hint}")


def _mapping(where: str, data: t.Any) -> Mapping[str, t.Any]:
    if not isinstance(data, Mapping):
        raise BadInput(f"{where}: {_brief(data)} is not a mapping")
    return data


def _list(where: str, data: t.Any) -> list[t.Any]:
    if not isinstance(data, (list, tuple)):
        raise BadInput(f"{where}: {_brief(data)} is not a list")
    return list(data)


def _text(where: str, data: t.Any) -> str:
    if not isinstance(data, str) or not data.strip():
        raise BadInput(f"{where}: {_brief(data)} is not a text; every row needs its source, every policy its title")
    return str(data)


def _brief(data: t.Any) -> str:
    text = repr(data)
    return text if len(text) <= 80 else text[:77] + "..."
