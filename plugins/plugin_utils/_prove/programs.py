# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs of Windows print -> facts. Each parser is one format, with the document that shows it; another text is NotUnderstood.

Where a program's words are localised, only what no language changes is read: SIDs, numbers, constants, the order of columns.
"""

from __future__ import annotations

import csv
import io
import re
import typing as t

from .._accounts.sids import parse_sid
from .._input.errors import BadInput
from .answers import Told, Unasked

RIGHT = "SeImpersonatePrivilege"


def secedit_holders(text: str) -> list[str] | None:
    """Entries of our right in an export of ``secedit /areas USER_RIGHTS``: SIDs, and bare names of local accounts; None for no line.

    Form: [MS-GPSB] 2.2 and 2.2.6; public exports (SecurityPolicyDsc sample.inf, local_security_policy secedit.inf) write ``*SID`` with
    commas, a German one (jebr/system-setup-program) local accounts by name.
    """
    inside = False
    if not re.search(r"(?m)^\s*\[[^\[\]]+\]\s*$", text):
        raise Unasked("wrote no security template")
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            inside = line.lower() == "[privilege rights]"
        elif inside and "=" in line:
            name, _unused, value = line.partition("=")
            if name.strip().lower() == RIGHT.lower():
                return [one.strip().removeprefix("*") for one in value.split(",") if one.strip()]
    return None


def table_of(text: str) -> list[list[str]]:
    """Rows of a CSV without its first line, whose words are localised (whoami /fo csv: name, type, SID, attributes; Microsoft, whoami)."""
    rows = csv_rows(text)
    if len(rows) < 2:
        raise Unasked("printed no table")
    return rows[1:]


def csv_rows(text: str) -> list[list[str]]:
    """Rows of a CSV that are not empty. Raises Unasked."""
    try:
        return [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error:
        raise Unasked("printed no table") from None


def whoami_sids(text: str) -> list[str]:
    """SIDs of ``whoami /user`` or ``/groups /fo csv``, one for each row. A row without one is not understood."""
    found = []
    for row in table_of(text):
        sids = [one for one in map(sid_or_none, row) if one]
        if not sids:
            raise Unasked("printed a row without a SID")
        found.append(sids[0])
    return found


def sid_or_none(text: str) -> str | None:
    """The SID that a text is, None for another text."""
    try:
        return parse_sid(text.strip())
    except BadInput:
        return None


def version_of(text: str) -> tuple[int, int | None]:
    """Build and revision of ``cmd /c ver``: ``Microsoft Windows [Version 10.0.20348.2340]`` (Microsoft, ver); the word is localised."""
    found = re.search(r"\[[^\]]*?\b[0-9]+\.[0-9]+\.([0-9]{1,9})(?:\.([0-9]{1,9}))?\]", text)
    if not found:
        raise Unasked("printed no version")
    return int(found[1]), int(found[2]) if found[2] else None


def entra_of(text: str) -> bool:
    """AzureAdJoined of ``dsregcmd /status`` (Microsoft Entra, "Troubleshoot devices by using the dsregcmd command")."""
    found = re.search(r"(?m)^\s*AzureAdJoined\s*:\s*(YES|NO)\s*$", text)
    if not found:
        raise Unasked("printed no AzureAdJoined")
    return found[1] == "YES"


def net_list(text: str) -> str:
    """What ``net localgroup NAME`` prints from its line of dashes on; above it stand the group's name and its comment."""
    found = re.search(r"(?m)^-{10,}\s*$", text)
    if not found:
        raise Unasked("printed no list of members")
    return text[found.start() :]


def net_members(text: str) -> list[str]:
    """Members that ``net localgroup NAME`` lists between a line of dashes and the last sentence (Microsoft, net localgroup)."""
    lines = [line.strip() for line in net_list(text).splitlines()[1:]]
    lines = [line for line in lines if line]
    if not lines:
        raise Unasked("printed no list of members")
    return lines[:-1]


def registry_value(text: str, name: str) -> tuple[str, str]:
    """Kind and text of a value that ``reg query KEY /v NAME`` prints, four blanks between them (Microsoft, reg query)."""
    found = re.search(rf"(?m)^ {{4}}{re.escape(name)} {{4}}(REG_\w+)(?: {{4}}(.*?))?\r?$", text, re.IGNORECASE)
    if not found:
        raise Unasked(f"printed no value {name}")
    return found[1], found[2] or ""


def audited(text: str) -> str:
    """The setting of ``auditpol /get /r``: the fifth column, in the language of the host (Microsoft, auditpol get)."""
    rows = table_of(text)
    if len(rows[0]) < 5:
        raise Unasked("printed no setting")
    return rows[0][4]


def hex_sid(text: object) -> str:
    """The SID whose bytes are written as ``01-05-...`` ([MS-DTYP] 2.4.2.2). Raises Unasked."""
    try:
        raw = bytes.fromhex(t.cast("str", text).replace("-", ""))
        count = raw[1]
        if raw[0] != 1 or len(raw) != 8 + 4 * count:
            raise ValueError
    except (AttributeError, IndexError, ValueError):
        raise Unasked("told a member without a SID") from None
    parts = [int.from_bytes(raw[at : at + 4], "little") for at in range(8, len(raw), 4)]
    return "-".join(map(str, ["S-1", int.from_bytes(raw[2:8], "big"), *parts]))


def features(rows: list[Told]) -> bool:
    """Whether IIS with its web services is there: Web-WebServer of Get-WindowsFeature is Installed, or IIS-WebServer of
    Get-WindowsOptionalFeature is Enabled (Microsoft, both cmdlets)."""
    for row in rows:
        if row.get("Name") in ("Web-WebServer", "IIS-WebServer"):
            return row.get("State") in ("Installed", "Enabled")
    raise Unasked("told nothing of IIS")
