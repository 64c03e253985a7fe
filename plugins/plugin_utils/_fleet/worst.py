# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet has to answer for, in a few rows: findings by account, and hosts that were not read by the reason. Pure."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .._accounts.same_account import fleet_name, same_account
from .._accounts.sids import NAMES
from .._input.categories import ErrorCategory
from .._result.record import change_sentences
from .._result.types import Failure, Finding, Record
from .._verdict.findings import OF_EXCEPTIONS, FindingKind
from .._verdict.outcome import Outcome
from .._verdict.rank import Tier, gravest, order, tier_of
from .._verdict.status import UNREAD, WORST_FIRST, Status

_KINDS = [kind.value for kind in (FindingKind.UNEXPECTED, FindingKind.MISSING, FindingKind.ORPHAN, FindingKind.LEGACY)]
_UNKNOWN_AUTHORITY = "the certificate of the host is not trusted: the controller does not know who signed it"
_TRAITS: t.Final = (
    ("proxyerror", "the proxy of the controller does not lead to the host: set NO_PROXY for the hosts"),
    ("credentials were rejected", "credentials rejected: wrong name or password, a locked account, or a denied logon"),
    ("mismatch, certificate is not valid", "the certificate of the host is for another name than the inventory's"),
    ("certificate has expired", "the certificate of the host has expired"),
    ("certificate is not yet valid", "the certificate of the host is not valid yet: look at the clock of the controller first"),
    ("self-signed certificate", _UNKNOWN_AUTHORITY),
    ("self signed certificate", _UNKNOWN_AUTHORITY),  # OpenSSL before 3.0
    ("unable to get local issuer certificate", _UNKNOWN_AUTHORITY),
    ("wrong_version_number", "HTTPS was asked of a port that does not speak it: 5986 is HTTPS, 5985 HTTP (ansible_port)"),
    ("connection refused", "nothing answers at the address and port of WinRM: connection refused"),
    ("no route to host", "no way to the address of the host: no route to host"),
    ("network is unreachable", "no way to the address of the host: network is unreachable"),
    ("name or service not known", "the name of the host is not known to DNS"),
    ("temporary failure in name resolution", "the name of the host was not looked up: DNS does not answer"),
    ("no address associated with hostname", "the name of the host has no address in DNS"),
    (
        "server not found in kerberos database",
        "Kerberos does not know the host by this name: use the name in its service principal",
    ),
    ("cannot contact any kdc", "Kerberos finds no domain controller of the realm: DNS, or /etc/krb5.conf"),
    ("clock skew too great", "the clocks of the controller and of the domain differ by more than Kerberos allows"),
    (
        "bad http response returned from server. code 404",
        "something else than WinRM answers at the address, or a proxy (NO_PROXY): HTTP 404",
    ),
    (
        "failed to create temporary directory",
        "the host gave no folder for the payload, which is a file there with ANSIBLE_KEEP_REMOTE_FILES: unset it, or look at remote_tmp",
    ),
    ("timed out", "no answer in time"),
    ("connection aborted", "the connection was closed: HTTP asked of a port of HTTPS, or a device on the way"),
)
"""Words of the client libraries and of ansible-core (guide_troubleshooting), and what they mean. An unreachable host with others keeps
them.

The first that fits counts, so a cause stands before what it looks like: a proxy that refuses also says "connection refused", and silence
in an open connection also "connection aborted".
"""

_OWN: t.Final = re.compile(r"host='[^']*', port=\d+|0x[0-9a-f]+", re.IGNORECASE)
"""What differs between hosts that were not reached for the same reason: address, port, and where an object was in memory."""


@dataclass(slots=True)
class Row:
    """The same thing on some hosts. ``account``: empty where it is about none; ``rank``: of a finding."""

    kind: str
    account: str
    why: str
    hosts: list[str]
    rank: str | None = None


def drifting(records: Sequence[Record]) -> list[Row]:
    """The findings of hosts that drift, the gravest first, tier-0 hosts first of the same rank, then what is on most hosts."""
    rows: dict[tuple[str, str, str, str], Row] = {}
    aside: dict[tuple[str, str, str, str], bool] = {}
    for record in records:
        if record["status"] != Status.DRIFT.value:
            continue
        for words, row in _rows_of(record):
            key = (*words, row.rank or "")
            rows.setdefault(key, row).hosts.append(record["host"])
            aside[key] = aside.get(key, True) and not tier_0(record)

    def place(item: tuple[tuple[str, str, str, str], Row]) -> tuple[int, bool, int, int, tuple[str, str, str, str]]:
        key, row = item
        kind = _KINDS.index(key[0]) if key[0] in _KINDS else len(_KINDS)
        return order(row.rank), aside[key], -len(row.hosts), kind, key

    return [row for _key, row in sorted(rows.items(), key=place)]


def tier_0(record: Record) -> bool:
    """Whether a host is one of those on which the whole domain hangs."""
    adfs = (record["features"] or {}).get("adfs")
    return tier_of(record["host_role"], adfs["present"] if adfs else None) is Tier.TIER_0


def rank_of_host(record: Record) -> str | None:
    """The gravest rank of its findings; None without one."""
    return gravest(finding["rank"] for finding in record["findings"])


def unread(records: Iterable[Record]) -> list[Row]:
    """The hosts that were not read, by the reason, the most frequent first."""
    rows: dict[tuple[str, str], Row] = {}
    for record in records:
        if record["status"] in UNREAD:
            key, why = _reason(record)
            rows.setdefault((record["status"], key), Row(record["status"], "", why, [])).hosts.append(record["host"])
    return sorted(rows.values(), key=lambda row: (-len(row.hosts), WORST_FIRST.index(row.kind), row.why))


def changed(records: Iterable[Record]) -> list[Row]:
    """What a run changed or, in check mode, would change, and what has to restart for it, the same on most hosts first.

    Why is the matter of the findings. A change that did not end as planned has its whole reason.
    """
    rows: dict[str, Row] = {}
    for record in records:
        change = record["change"]
        if change and change["changes"]:
            as_planned = change["outcome"] in (Outcome.APPLIED.value, Outcome.PLANNED.value)
            why = "; ".join(change_sentences(change)) if as_planned else record["reason"]
            rows.setdefault(why, Row(change["outcome"], "", why, [])).hosts.append(record["host"])
    return sorted(rows.values(), key=lambda row: (-len(row.hosts), row.why))


def _rows_of(record: Record) -> Iterator[tuple[tuple[str, str, str], Row]]:
    """A row for each finding; the reason of the record where there is none, or where a change did not end well."""
    change = record["change"]
    outcome = Outcome(change["outcome"]) if change else None
    about = {finding["sid"] for finding in record["findings"] if finding["kind"] not in OF_EXCEPTIONS}
    findings = [finding for finding in record["findings"] if finding["kind"] not in OF_EXCEPTIONS or finding["sid"] not in about]
    if outcome and (outcome.failed or outcome is Outcome.REFUSED):
        yield (outcome.value, "", record["reason"]), Row(outcome.value, "", record["reason"], [], rank_of_host(record))
    elif not findings:
        yield (record["status"], "", record["reason"]), Row(record["status"], "", record["reason"], [])
    else:
        kinds = {holder["sid"]: holder["kind"] for holder in record["holders"]}
        yield from (_row(finding, kinds.get(finding["sid"], "unknown")) for finding in findings)


def _row(finding: Finding, account_kind: str) -> tuple[tuple[str, str, str], Row]:
    kind = FindingKind(finding["kind"]).words
    account = NAMES.get(finding["sid"]) or fleet_name(finding["name"], account_kind) or finding["sid"]
    why = why_of(finding)
    key = (finding["kind"], same_account(finding["sid"], finding["name"], account_kind), why)
    return key, Row(kind, account, why, [], finding["rank"])


def why_of(finding: Finding) -> str:
    """Why it is a finding, without its kind and account; the whole sentence where it has another form."""
    kind = FindingKind(finding["kind"]).words
    return finding["text"].partition(", ")[2] if finding["text"].startswith(f"{kind}: ") else finding["text"]


_BY_WORDS = frozenset({ErrorCategory.CONTROLLED, ErrorCategory.NEEDED, ErrorCategory.SAME_NAME})
"""Errors whose words say which GPO or which account, which is another one elsewhere."""


def _reason(record: Record) -> tuple[str, str]:
    """What hosts have in common that were not read for the same reason, and that reason for a person."""
    error, meaning = record["error"], meaning_of(record) or record["reason"]
    if record["status"] == Status.UNREACHABLE.value:
        return _OWN.sub("", meaning), meaning
    if error and error["category"] in _BY_WORDS:
        return meaning, meaning
    return error["category"] if error else "", meaning


def meaning_of(record: Record) -> str:
    """What the words mean with which a host was not read, as a sentence; empty where only they are known."""
    error = record["error"]
    if record["status"] == Status.UNREACHABLE.value:
        reason = record["reason"].casefold()
        return next((meaning for words, meaning in _TRAITS if words in reason), "")
    return _advice(error) if error else ""


def _advice(error: Failure) -> str:
    """What an error means, without the sentence that names the call of Windows; empty where no other sentence follows."""
    first, _dot, rest = error["message"].partition(". ")
    return f"{error['category']}: {rest}" if error["call"] and error["call"] in first and rest else ""
