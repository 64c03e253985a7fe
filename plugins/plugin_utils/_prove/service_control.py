# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sc.exe prints -> facts, in every language: by the order of the fields and the form of their values.

Public outputs have the fields' names in English on English, German and French hosts, and translated on Spanish and Russian ones
(tests/recorded/public-6 to public-9); order, indentation and constants like AUTO_START are the same on all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .answers import Unasked


@dataclass(frozen=True, slots=True)
class Field:
    """One ``name : value`` of a service, with the line that it stands in."""

    name: str
    value: str
    line: str
    indented: bool


@dataclass(frozen=True, slots=True)
class Service:
    """What is printed of one service: its name, and the fields below."""

    name: str
    line: str
    fields: list[Field] = field(default_factory=list)


_FIELD = re.compile(r"([ \t]*)([^:\[\s][^:]*?)[ \t]*:[ \t]*(.*?)[ \t]*")
_NUMBER = re.compile(r"[0-9]{1,10}")
ACCOUNT = "SERVICE_START_NAME"
_CONFIGURATION = 9
"""Fields of ``sc qc``, of which the account is the last (QUERY_SERVICE_CONFIG without the name, which stands above)."""


def services(text: str) -> list[Service]:
    """The services of an output. A name stands at the left, after an empty or an indented line or at the start.

    Lines in brackets (``[SC] ...``) and lines without a name of their own, which go on with the field above, are no fields.
    """
    found: list[Service] = []
    at_left = False
    for line in text.splitlines():
        match = _FIELD.fullmatch(line)
        if match is None:
            at_left = False
            continue
        indent, name, value = match.groups()
        if not indent and not at_left:
            found.append(Service(value, line))
        elif found:
            found[-1].fields.append(Field(name, value, line, bool(indent)))
        at_left = not indent
    return found


def process_of(service: Service) -> Field | None:
    """The field with the process: the only one of ``sc queryex`` whose value is a bare number, others have a constant or 0x beside."""
    return next((one for one in service.fields if one.indented and _NUMBER.fullmatch(one.value)), None)


def running(text: str) -> dict[str, int]:
    """Name and process of each service that ``sc queryex`` prints (Microsoft, "sc.exe query", whose queryex adds PID). Raises Unasked."""
    told = {one.name: process_of(one) for one in services(text)}
    found = {name: int(process.value) for name, process in told.items() if process is not None}
    if not found:
        raise Unasked("printed no service with its process")
    return found


def account_of(text: str) -> Field:
    """The field of ``sc qc`` with the account: SERVICE_START_NAME, in another language the last one of all nine. Raises Unasked."""
    for line in text.splitlines():
        match = _FIELD.fullmatch(line)
        if match and match[2] == ACCOUNT:
            return Field(match[2], match[3], line, bool(match[1]))
    told = services(text)
    if len(told) != 1 or len(told[0].fields) != _CONFIGURATION:
        raise Unasked(f"printed no {ACCOUNT}")
    return told[0].fields[-1]


def start_name(text: str) -> str:
    """The account of ``sc qc`` (Microsoft, "sc.exe qc"); empty for a driver. Raises Unasked."""
    return account_of(text).value


def privileges(text: str) -> list[str]:
    """Privileges of ``sc qprivs``, one on each indented line; none for a service without a list. Raises Unasked.

    Unproven: no public output was found; names of privileges are constants ([MS-LSAD] 3.1.1.2.1), the words around them do not count.
    """
    if len(services(text)) != 1:
        raise Unasked("printed no SERVICE_NAME")
    return re.findall(r"(?m)^[ \t]+(?:[^:\r\n]*:)?[ \t]*(Se\w+Privilege)\s*$", text)


_SID_TYPES = {"NONE": 0, "UNRESTRICTED": 1, "RESTRICTED": 3}


def sid_type(text: str) -> int:
    """The SID type of ``sc qsidtype``: NONE, UNRESTRICTED, RESTRICTED; numbers as in SERVICE_SID_INFO. Raises Unasked.

    Form: ``SERVICE_SID_TYPE:  UNRESTRICTED`` below the service's name, as a public report has it of Windows 10 19045.
    """
    told = services(text)
    found = [one.value for one in told[0].fields if one.value in _SID_TYPES] if len(told) == 1 else []
    if len(found) != 1:
        raise Unasked("printed no SERVICE_SID_TYPE")
    return _SID_TYPES[found[0]]
