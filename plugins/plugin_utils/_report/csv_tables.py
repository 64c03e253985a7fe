# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV for spreadsheets: one table of hosts, one of hosts and accounts. RFC 4180 with a byte order mark; no cell is a formula. Pure."""

from __future__ import annotations

import csv
import functools
import io
import re
import typing as t
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .record import Record
from .summary import UNREAD
from .texts import accounts, names_of, visible

HOSTS = (
    "host", "status", "role", "os", "iis", "holders", "missing", "unexpected", "waived", "control", "controlled_by", "gpo", "plan",
    "checked_at", "duration_ms", "error",
)  # fmt: skip
ACCOUNTS = ("host", "status", "role", "sid", "name", "kind", "standing", "why")
_MOST = 32_000  # characters; a cell of a spreadsheet ends at 32,767
# Where a spreadsheet of another language splits at semicolons, a formula may begin inside a cell of ours as well.
_FORMULA = re.compile(r'(^|[;,"\t\r\n])( *)(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])')


def csv_hosts(report: Mapping[str, t.Any]) -> str:
    """One row a host, sorted by host; lists are joined with ``; `` as ``NAME (SID)``. Begins with the byte order mark."""
    return _table(HOSTS, (_host(record) for record in report["hosts"]))


def csv_accounts(report: Mapping[str, t.Any]) -> str:
    """One row a host and holder, and one for each account that is missing there (standing ``missing``).

    A host that was not read has one row without an account that says why: its rows are never simply absent.
    """
    return _table(ACCOUNTS, (row for record in report["hosts"] for row in _accounts(record)))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(text) for text in row] for row in rows)
    return "\ufeff" + out.getvalue()


@functools.lru_cache(maxsize=512)
def _cell(text: str) -> str:
    """A text that a spreadsheet shows and does not calculate; a leading quote says so to it."""
    cut = text if len(text) <= _MOST else text[: _MOST - 3] + "..."
    return visible(_FORMULA.sub(r"\1\2'", cut), 2 * _MOST)


def _host(record: Record) -> list[str]:
    names = names_of(record)
    control, controlled = record["control"] or {}, record["controlled_by"] or {}
    change, error = record["change"] or {}, record["error"] or {}
    return [
        record["host"],
        record["status"],
        record["host_role"] or "",
        _system(record["windows"] or {}),
        _iis(record["iis"]),
        "; ".join(accounts((holder["sid"] for holder in record["holders"]), names)),
        "; ".join(accounts(record["missing"], names)),
        "; ".join(accounts(record["unexpected"], names)),
        "; ".join(accounts(record["waived"], names)),
        control.get("control") or control.get("rule") or control.get("row") or "",
        controlled.get("kind") or "",
        _pair(controlled.get("name"), controlled.get("guid")),
        ": ".join(filter(None, (change.get("outcome"), "; ".join(change.get("changes") or ())))),
        record["checked_at"] or "",
        "" if record["duration_ms"] is None else str(record["duration_ms"]),
        f"{error['category']}: {error['message']}" if error else "",
    ]


def _accounts(record: Record) -> Iterator[list[str]]:
    head = [record["host"], record["status"], record["host_role"] or ""]
    for holder in record["holders"]:
        tail = [holder[key] or "" for key in ("kind", "standing", "why")]
        yield [*head, holder["sid"], visible(holder["name"] or ""), *tail]
    texts = {finding["sid"]: finding["text"] for finding in record["findings"] if finding["kind"] == "missing"}
    names = names_of(record)
    for sid in record["missing"]:
        yield [*head, sid, visible(names.get(sid) or ""), "", "missing", texts.get(sid, "")]
    if record["status"] in UNREAD and not record["holders"]:
        yield [*head, "", "", "", "", record["reason"]]


def _system(windows: Mapping[str, t.Any]) -> str:
    build = f"build {windows['build']}" if windows.get("build") else None
    return " ".join(str(part) for part in (windows.get("caption"), windows.get("display_version"), build) if part)


def _iis(iis: Mapping[str, t.Any] | None) -> str:
    """The version, no, or unknown; empty where the host was not read."""
    if iis is None:
        return ""
    installed = iis.get("installed")
    return "unknown" if installed is None else str(iis.get("version") or "yes") if installed else "no"


def _pair(name: str | None, guid: str | None) -> str:
    return f"{visible(name)} ({guid})" if name and guid and name != guid else visible(name or guid or "")
