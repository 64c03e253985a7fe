# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SIDs every Windows has. All others are a host's own, so that a kind that is forgotten here is redacted and not handed on.

Sources: [MS-DTYP] 2.4.2.4 (well-known SIDs); Microsoft, "Security identifiers".
"""

from __future__ import annotations

import re

_WELL_KNOWN = re.compile(
    r"S-1-(?:0-0|1-0|2-[01]|3-[0-4]|16-\d{1,5}|18-[1-6]|15-2-[12]|15-3-\d{1,2}|"
    r"5-(?:[1-9]|1\d|20|33|113|114|1000|5-\d+-\d+|32-\d{3}|64-\d+|65-1|80-0|82-0|83-0|84-0-0-0-0-0|90-0))",
    re.IGNORECASE,
)
_OF_NAMES = re.compile(r"S-1-5-(?:80|82|99)(?:-\d{1,10}){5}", re.IGNORECASE)
"""Services, application pools and restricted services: derived from names that stay, unless the host calls something else so."""
_KEPT = {"S-1-5-21": 3, "S-1-12-1": 4}
"""Authorities whose SIDs have a machine, a domain or a tenant of so many numbers, and then a RID."""


def is_private(sid: str) -> bool:
    """Whether a SID says which host, domain, tenant or person it is of."""
    return not (_WELL_KNOWN.fullmatch(sid) or is_of_name(sid))


def is_of_name(sid: str) -> bool:
    """Whether a SID is derived from the name of a service or of an application pool."""
    return _OF_NAMES.fullmatch(sid) is not None


def parts(sid: str) -> tuple[str, list[str], list[str]]:
    """What stays of a private SID, the numbers of its machine, domain, tenant or person, and its RIDs."""
    numbers = sid.upper().split("-")
    begin, rest = "-".join(numbers[:4]), numbers[4:]
    count = _KEPT.get(begin, len(rest))
    return begin, rest[:count], rest[count:]
