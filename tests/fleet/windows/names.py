# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities that every Windows has: well-known SIDs, their names per system language, and SIDs derived from names."""

from __future__ import annotations

import functools
import hashlib
import struct
import typing as t
from dataclasses import dataclass
from enum import IntEnum

from fleet.windows.languages import (
    ADMINISTRATORS,
    AUTHENTICATED_USERS,
    BUILTIN,
    EVERYONE,
    LANGUAGES,
    LOCAL_SERVICE,
    NETWORK_SERVICE,
    NT,
    SERVICE,
    SYSTEM,
    USERS,
)

if t.TYPE_CHECKING:
    from collections.abc import Callable


class Use(IntEnum):
    """SID_NAME_USE ([MS-LSAT] 2.2.13)."""

    USER = 1
    GROUP = 2
    DOMAIN = 3
    ALIAS = 4
    WELL_KNOWN_GROUP = 5
    DELETED_ACCOUNT = 6
    INVALID = 7
    UNKNOWN = 8
    COMPUTER = 9
    LABEL = 10


@dataclass(frozen=True, slots=True)
class Account:
    """A name that the LSA knows; `domain` is empty for the few names without one (Everyone)."""

    domain: str
    name: str
    use: Use = Use.USER


IUSR = "S-1-5-17"
IIS_IUSRS = "S-1-5-32-568"
ALL_SERVICES = "S-1-5-80-0"
PRINT_SPOOLER = "S-1-5-99-216390572-1995538116-3857911515-2404958512-2623887229"
DEFAULT_APP_POOL = "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415"

_WELL_KNOWN = Use.WELL_KNOWN_GROUP

_ENGLISH: dict[str, Account] = {
    EVERYONE: Account("", "Everyone", _WELL_KNOWN),
    SERVICE: Account(NT, "SERVICE", _WELL_KNOWN),
    AUTHENTICATED_USERS: Account(NT, "Authenticated Users", _WELL_KNOWN),
    IUSR: Account(NT, "IUSR", _WELL_KNOWN),
    SYSTEM: Account(NT, "SYSTEM", _WELL_KNOWN),
    LOCAL_SERVICE: Account(NT, "LOCAL SERVICE", _WELL_KNOWN),
    NETWORK_SERVICE: Account(NT, "NETWORK SERVICE", _WELL_KNOWN),
    ADMINISTRATORS: Account(BUILTIN, "Administrators", Use.ALIAS),
    USERS: Account(BUILTIN, "Users", Use.ALIAS),
    IIS_IUSRS: Account(BUILTIN, "IIS_IUSRS", Use.ALIAS),
    ALL_SERVICES: Account("NT SERVICE", "ALL SERVICES", _WELL_KNOWN),
}


def well_known(language: str) -> dict[str, Account]:
    """The names of the LSA's own tables, in the language of the system locale."""
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r}: known are {', '.join(LANGUAGES)}")
    domains, names = LANGUAGES[language].domains, LANGUAGES[language].names
    return {
        sid: Account(domains.get(account.domain, account.domain), names.get(sid, account.name), account.use)
        for sid, account in _ENGLISH.items()
    }


def authorities(language: str) -> dict[str, str]:
    """SID -> name of the domains that the LSA has by itself (those of the well-known names)."""
    domains = LANGUAGES[language].domains
    return {
        "S-1-1": "",
        "S-1-5": domains.get(NT, NT),
        "S-1-5-32": domains.get(BUILTIN, BUILTIN),
        "S-1-5-80": "NT SERVICE",
        "S-1-5-82": "IIS APPPOOL",
        "S-1-5-99": "RESTRICTED SERVICES",
    }


def domain_of(sid: str) -> str:
    """SID of the domain that a SID belongs to."""
    for authority in ("S-1-5-80", "S-1-5-82", "S-1-5-99"):
        if sid.startswith(authority + "-"):
            return authority
    return sid.rpartition("-")[0]


def _hashed(text: str) -> str:
    digest = hashlib.sha1(text.encode("utf-16-le"), usedforsecurity=False).digest()
    return "-".join(str(part) for part in struct.unpack("<5I", digest))


def _table(*entries: str) -> dict[int, int]:
    """Lines such as `1F80-1F87 +8` (first, last, distance) or `0149` (maps to itself), in hexadecimal."""
    table = {}
    for entry in entries:
        span, _unused, distance = entry.partition(" ")
        first, _unused, last = span.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1):
            table[code] = code + int(distance or "0", 16)
    return table


# Where the one-to-one mappings of UnicodeData.txt (fields 12 and 13) are not those of SpecialCasing.txt, which Python applies.
_UPPER = _table(
    "00DF", "0149", "01F0", "0390", "03B0", "0587", "1E96-1E9A", "1F50", "1F52", "1F54", "1F56",
    "1F80-1F87 +8", "1F88-1F8F", "1F90-1F97 +8", "1F98-1F9F", "1FA0-1FA7 +8", "1FA8-1FAF",
    "1FB2", "1FB3 +9", "1FB4", "1FB6-1FB7", "1FBC", "1FC2", "1FC3 +9", "1FC4", "1FC6-1FC7", "1FCC", "1FD2-1FD3", "1FD6-1FD7",
    "1FE2-1FE4", "1FE6-1FE7", "1FF2", "1FF3 +9", "1FF4", "1FF6-1FF7", "1FFC", "FB00-FB06", "FB13-FB17",
)  # fmt: skip
_LOWER = {0x0130: 0x0069}


def _by_units(text: str, table: dict[int, int], otherwise: Callable[[str], str]) -> str:
    """Map each UTF-16 unit by itself; halves of a surrogate pair stay."""
    data = text.encode("utf-16-le", "surrogatepass")
    units = struct.unpack(f"<{len(data) // 2}H", data)
    mapped = [unit if 0xD800 <= unit < 0xE000 else table[unit] if unit in table else ord(otherwise(chr(unit))) for unit in units]
    return struct.pack(f"<{len(mapped)}H", *mapped).decode("utf-16-le", "surrogatepass")


@functools.lru_cache(maxsize=4096)
def upper(text: str) -> str:
    """Upper case, one UTF-16 unit to one."""
    return _by_units(text, _UPPER, str.upper)


@functools.lru_cache(maxsize=4096)
def lower(text: str) -> str:
    """Lower case, one UTF-16 unit to one."""
    return _by_units(text, _LOWER, str.lower)


def service_sid(name: str) -> str:
    """SID of `NT SERVICE\\name` ([MS-LSAT] 3.1.1.1.2)."""
    return "S-1-5-80-" + _hashed(upper(name))


def app_pool_sid(name: str) -> str:
    """SID of `IIS APPPOOL\\name`."""
    return "S-1-5-82-" + _hashed(lower(name))


def domain_sid(name: str) -> str:
    """An invented but stable SID for a domain or machine of this name."""
    parts = struct.unpack("<3I", hashlib.sha256(name.upper().encode()).digest()[:12])
    return "S-1-5-21-" + "-".join(str(part) for part in parts)


def is_sid(text: str) -> bool:
    """Whether `text` is the text form of a valid SID: revision 1, at most 15 sub-authorities."""
    parts = text.split("-")
    if parts[:2] != ["S", "1"] or not 3 <= len(parts) <= 18:
        return False
    if not all(part.isascii() and part.isdigit() for part in parts[3:]):
        return False
    authority = parts[2]
    if authority.startswith("0x"):
        return len(authority) == 14 and set(authority[2:]) <= set("0123456789ABCDEF") and int(authority, 16) >= 1 << 32
    return authority.isascii() and authority.isdigit() and all(int(part) < 1 << 32 for part in parts[2:])
