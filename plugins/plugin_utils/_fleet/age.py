# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Since which report a finding is there. Pure.

Each report carries it on from the one before, so that one earlier report tells the age of all: how many there are does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import _utc
from .._accounts.same_account import same_account
from .._result.types import Finding, Record, Report
from .changed import by_host

_Key = tuple[str, str]


def aged(report: Report, previous: Report | None) -> list[Record]:
    """The records of a report with ``since`` in each finding: the start of the first report without a gap that has it.

    A finding that the earlier report has not began with this run, also where its host was not read then. Without an earlier report, or
    where that is the report itself, the records are as they were.
    """
    if previous is None or previous["run"] == report["run"]:
        return report["hosts"]
    then, now, before = by_host(previous), report["run"]["started"], previous["run"]["started"]
    return [_aged(record, then.get(record["host"]), now, before) for record in report["hosts"]]


def _aged(record: Record, earlier: Record | None, now: str, before: str) -> Record:
    if not record["findings"]:
        return record
    known = {key: _believed(since, before) or before for key, since in _keys(earlier).items()} if earlier else {}
    kinds = _kinds(record)
    findings: list[Finding] = [
        {**finding, "since": _earliest(finding["since"], known.get(_key(finding, kinds)), now)} for finding in record["findings"]
    ]
    return {**record, "findings": findings}


def _earliest(own: str | None, known: str | None, now: str) -> str:
    """``own``: what a record of a merged run says already."""
    return min(filter(None, (_believed(own, now), _believed(known, now))), default=now)


def _believed(since: str | None, latest: str) -> str | None:
    """A time that a report says, or None for one that is none (``2026-02-31``) or later than it can be."""
    try:
        return since if since and _utc.read(since) <= _utc.read(latest) else None
    except ValueError:
        return None


def _keys(record: Record) -> dict[_Key, str | None]:
    kinds = _kinds(record)
    return {_key(finding, kinds): finding["since"] for finding in record["findings"]}


def _kinds(record: Record) -> dict[str, str]:
    return {holder["sid"]: holder["kind"] for holder in record["holders"]}


def _key(finding: Finding, kinds: Mapping[str, str]) -> _Key:
    """The same account has another SID after it was made again, and the same finding another sentence."""
    return finding["kind"], same_account(finding["sid"], finding["name"], kinds.get(finding["sid"], "unknown"))
