# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV for spreadsheets: one table of hosts, one of hosts and accounts. RFC 4180 with a byte order mark; no cell is a formula. Pure."""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from .._fleet.worst import rank_of_host
from .._result.types import Finding, Record, Report
from .._verdict.status import UNREAD
from .._wording import SENTENCE, visible
from .display import (
    accounts,
    citation_of,
    declared_otherwise,
    error_of,
    gpo_of,
    iis_of,
    name_of,
    names_by_sid,
    plan_of,
    reason_of,
    system_of,
)

HOSTS = (
    "host", "status", "role", "os", "iis", "holders", "missing", "unexpected", "waived", "citation", "controller", "gpo", "plan",
    "checked_at", "duration_ms", "error", "rank", "declared_otherwise",
)  # fmt: skip
ACCOUNTS = ("host", "status", "role", "sid", "name", "kind", "standing", "why", "rank", "since", "advice")
MOST = 32_000
"""UTF-16 units of a cell; one of a spreadsheet ends at 32,767."""
FORMULA = r'(^|[;,"])( *)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])'
"""Where a cell would be a formula. Where a spreadsheet of another language splits at semicolons, one may begin inside a cell of ours
as well; the East Asian programs take the full-width signs too. Both readers of it, Python and the page's script, know all of it."""
_FORMULA = re.compile(FORMULA)


def csv_hosts(report: Report) -> str:
    """One row a host, sorted by host; lists are joined with ``; `` as ``NAME (SID)``. Begins with the byte order mark."""
    return table(HOSTS, (_host(record) for record in report["hosts"]))


def csv_accounts(report: Report) -> str:
    """One row a host and holder, and one for each account that is missing there (standing ``missing``).

    A host that was not read has one row without an account that says why: its rows are never simply absent.
    """
    return table(ACCOUNTS, (row for record in report["hosts"] for row in _accounts(record)))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The text of a table, with the byte order mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(text) for text in row] for row in rows)
    return "\ufeff" + out.getvalue()


@functools.lru_cache(maxsize=512)
def _cell(text: str) -> str:
    """A text that a spreadsheet shows and does not calculate; a leading quote says so to it."""
    safe = _FORMULA.sub(r"\1\2'", visible(text, MOST))
    if len(safe) <= MOST // 2:  # no character has more than two units
        return safe
    units = safe.encode("utf-16-le")
    return safe if len(units) <= 2 * MOST else units[: 2 * (MOST - 3)].decode("utf-16-le", "ignore") + "..."


def _host(record: Record) -> list[str]:
    names = names_by_sid(record)
    return [
        visible(record["host"]),
        record["status"],
        record["host_role"] or "",
        system_of(record),
        iis_of(record),
        "; ".join(accounts((holder["sid"] for holder in record["holders"]), names)),
        "; ".join(accounts(record["missing"], names)),
        "; ".join(accounts(record["unexpected"], names)),
        "; ".join(accounts(record["waived"], names)),
        citation_of(record),
        record["controller"]["kind"] if record["controller"] else "",
        gpo_of(record),
        plan_of(record),
        record["checked_at"] or "",
        "" if record["duration_ms"] is None else str(record["duration_ms"]),
        error_of(record),
        rank_of_host(record) or "",
        declared_otherwise(record),
    ]


def _accounts(record: Record) -> Iterator[list[str]]:
    head = [visible(record["host"]), record["status"], record["host_role"] or ""]
    findings: dict[str, Finding] = {}
    for finding in record["findings"]:
        findings.setdefault(finding["sid"], finding)  # a second one is about the exception of the same holder
    for holder in record["holders"]:
        account = _holder(*(holder[key] for key in ("sid", "name", "kind", "standing", "why")))
        yield [*head, *account, *_what_to_do(findings.get(holder["sid"]))]
    names = names_by_sid(record)
    for sid in record["missing"]:
        found = findings.get(sid)
        text = visible(found["text"], SENTENCE) if found else ""
        yield [*head, sid, name_of(sid, names.get(sid)), "", "missing", text, *_what_to_do(found)]
    if record["status"] in UNREAD and not record["holders"]:
        yield [*head, "", "", "", "", visible(reason_of(record), SENTENCE), "", "", ""]


def _what_to_do(finding: Finding | None) -> tuple[str, str, str]:
    """Rank, age and advice of a finding; empty without one."""
    return (finding["rank"] or "", finding["since"] or "", visible(finding["advice"] or "", SENTENCE)) if finding else ("", "", "")


@functools.lru_cache(maxsize=4_096)
def _holder(sid: str, name: str | None, *rest: str | None) -> tuple[str, ...]:
    return (sid, name_of(sid, name), *(visible(text or "", SENTENCE) for text in rest))
