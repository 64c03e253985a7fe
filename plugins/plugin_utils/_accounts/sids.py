# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIDs as text, the well-known ones, and those that Windows derives from a name. Facts only, no opinion.

Sources: [MS-DTYP] 2.4.2.4 (well-known SIDs), [MS-LSAT] 3.1.1.1.2 (service SIDs), [MS-SAMR] 3.1.4.2 (IIS_IUSRS).
"""

from __future__ import annotations

import functools
import hashlib
import re
import struct
import typing as t
from collections.abc import Mapping

from .._input.errors import BadInput
from .._input.forms import Form

SID_FORM: t.Final = Form(r"S-1-([0-9]{1,15}|0x[0-9a-fA-F]{1,12})(-[0-9]{1,10})*", "a SID")
Sid = t.Annotated[str, SID_FORM]
"""The type of a field that holds a SID: no answer, record or file with another text is let in. For a type checker it is a text."""

_SID = re.compile(r"\*?S-1-(?P<authority>\d{1,15}|0x[0-9A-F]{1,12})(?P<subs>(?:-\d{1,10}){1,15})", re.IGNORECASE | re.ASCII)

ADMINISTRATORS = "S-1-5-32-544"
LOCAL_SERVICE = "S-1-5-19"
NETWORK_SERVICE = "S-1-5-20"
SERVICE = "S-1-5-6"
SYSTEM = "S-1-5-18"
EVERYONE = "S-1-1-0"
AUTHENTICATED_USERS = "S-1-5-11"
ALL_SERVICES = "S-1-5-80-0"
IIS_IUSRS = "S-1-5-32-568"
IUSR = "S-1-5-17"

FLOOR: frozenset[str] = frozenset({ADMINISTRATORS, LOCAL_SERVICE, NETWORK_SERVICE, SERVICE})
"""Holders without which Windows breaks. LOCAL SERVICE and NETWORK SERVICE cannot be removed at all
([MS-LSAD] 3.1.4.5.12, note 74); the security engine adds Administrators and SERVICE by itself."""

WELL_KNOWN: Mapping[str, tuple[str, str]] = {
    "everyone": (EVERYONE, "Everyone"),
    "local": ("S-1-2-0", "LOCAL"),
    "creator_owner": ("S-1-3-0", "CREATOR OWNER"),
    "network": ("S-1-5-2", r"NT AUTHORITY\NETWORK"),
    "batch": ("S-1-5-3", r"NT AUTHORITY\BATCH"),
    "interactive": ("S-1-5-4", r"NT AUTHORITY\INTERACTIVE"),
    "service": (SERVICE, r"NT AUTHORITY\SERVICE"),
    "anonymous": ("S-1-5-7", r"NT AUTHORITY\ANONYMOUS LOGON"),
    "authenticated_users": (AUTHENTICATED_USERS, r"NT AUTHORITY\Authenticated Users"),
    "iusr": (IUSR, r"NT AUTHORITY\IUSR"),
    "system": (SYSTEM, r"NT AUTHORITY\SYSTEM"),
    "local_service": (LOCAL_SERVICE, r"NT AUTHORITY\LOCAL SERVICE"),
    "network_service": (NETWORK_SERVICE, r"NT AUTHORITY\NETWORK SERVICE"),
    "local_account": ("S-1-5-113", r"NT AUTHORITY\Local account"),
    "local_account_and_administrator": ("S-1-5-114", r"NT AUTHORITY\Local account and member of Administrators group"),
    "all_services": (ALL_SERVICES, r"NT SERVICE\ALL SERVICES"),
    "administrators": (ADMINISTRATORS, r"BUILTIN\Administrators"),
    "users": ("S-1-5-32-545", r"BUILTIN\Users"),
    "guests": ("S-1-5-32-546", r"BUILTIN\Guests"),
    "power_users": ("S-1-5-32-547", r"BUILTIN\Power Users"),
    "account_operators": ("S-1-5-32-548", r"BUILTIN\Account Operators"),
    "server_operators": ("S-1-5-32-549", r"BUILTIN\Server Operators"),
    "print_operators": ("S-1-5-32-550", r"BUILTIN\Print Operators"),
    "backup_operators": ("S-1-5-32-551", r"BUILTIN\Backup Operators"),
    "remote_desktop_users": ("S-1-5-32-555", r"BUILTIN\Remote Desktop Users"),
    "hyper_v_administrators": ("S-1-5-32-578", r"BUILTIN\Hyper-V Administrators"),
    "remote_management_users": ("S-1-5-32-580", r"BUILTIN\Remote Management Users"),
    "iis_iusrs": (IIS_IUSRS, r"BUILTIN\IIS_IUSRS"),
}
"""symbol -> (SID, canonical English name). The host's language does not matter: decisions use the SID."""

# A SID cannot be turned back into a name; these are the services and pools that reports meet most often.
_SERVICES = (
    "ALG", "DPS", "MSSQLSERVER", "MsDtsServer110", "MsDtsServer120", "MsDtsServer130", "MsDtsServer140", "MsDtsServer150",
    "MsDtsServer160", "Spooler", "SQLSERVERAGENT", "TrustedInstaller", "W3SVC", "WdiServiceHost", "WdiSystemHost", "adfssrv", "drs",
)  # fmt: skip
_APP_POOLS = (
    "DefaultAppPool",
    "Classic .NET AppPool",
    ".NET v2.0",
    ".NET v2.0 Classic",
    ".NET v4.5",
    ".NET v4.5 Classic",
)
_RESTRICTED = ("PrintSpoolerService",)


def parse_sid(text: str) -> str | None:
    """Return the SID in the form that Windows prints (``S-1-5-32-544``), or None when the text is not of that form at all.

    A leading ``*`` (as in GptTmpl.inf and secedit exports) is accepted.
    Raises BadInput for a text that begins like a SID and is none. A user principal name or a name with its domain is never one.
    """
    if not re.match(r"\*?S-\d", text, re.IGNORECASE) or re.search(r"[@\\]", text):
        return None
    match = _SID.fullmatch(text)
    if match:
        authority = int(match["authority"], 16 if match["authority"][:2].lower() == "0x" else 10)
        subs = [int(sub) for sub in match["subs"].split("-")[1:]]
        if authority < 1 << 48 and all(sub < 1 << 32 for sub in subs):
            # [MS-DTYP] 2.4.2.1: authorities of 2^32 and more are written in hexadecimal
            shown = str(authority) if authority < 1 << 32 else f"0x{authority:012X}"
            return "-".join(["S-1", shown, *map(str, subs)])
    raise BadInput(
        "", "is a malformed SID", value=text, expected="a SID reads S-1-authority-number[-number ...], for example S-1-5-32-544"
    )


def checked_sid(value: object) -> str:
    """What a machine calls a SID. Raises ValueError for anything but a SID in the form that Windows prints."""
    sid = parse_sid(value) if isinstance(value, str) else None
    if sid is None or sid != value:
        raise ValueError("not a SID in the form that Windows prints")
    return sid


def _derived(prefix: str, name: str) -> str:
    digest = hashlib.sha1(name.encode("utf-16-le"), usedforsecurity=False).digest()
    return "-".join([prefix, *map(str, struct.unpack("<5I", digest))])


def simple_upper(text: str) -> str:
    """Upper case as Windows makes it, one UTF-16 unit for one: the simple mappings of Unicode, so that sharp s stays what it is.

    Characters beyond the first 65,536 are two units, which stay as they are. Outside ASCII, what Windows does is not documented.
    """
    return text.upper() if text.isascii() else "".join(map(_upper_unit, text))


def simple_lower(text: str) -> str:
    """Lower case in the same way: no final sigma, and the dotted capital I becomes a plain i (UnicodeData.txt, U+0130)."""
    return text.lower() if text.isascii() else "".join(map(_lower_unit, text))


def _upper_unit(char: str) -> str:
    # Where the full mapping is longer (SpecialCasing.txt), the title case is the simple mapping (U+1F80 to U+1F88), or there is none.
    return next((other for other in (char.upper(), char.title()) if len(other) == 1), char) if char <= "\uffff" else char


def _lower_unit(char: str) -> str:
    return char.lower()[0] if char <= "\uffff" else char


def service_sid(name: str) -> str:
    """SID of ``NT SERVICE\\name``: SHA-1 over the upper-cased UTF-16LE name ([MS-LSAT] 3.1.1.1.2)."""
    return _derived("S-1-5-80", simple_upper(name))


def app_pool_sid(name: str) -> str:
    """SID of ``IIS APPPOOL\\name``: as for services, but lower-cased (reproduces all public values)."""
    return _derived("S-1-5-82", simple_lower(name))


def restricted_service_sid(name: str) -> str:
    """SID of ``RESTRICTED SERVICES\\name``: as for services (reproduces the public value of PrintSpoolerService)."""
    return _derived("S-1-5-99", simple_upper(name))


NAMES: Mapping[str, str] = {
    **dict(WELL_KNOWN.values()),
    **{service_sid(name): rf"NT SERVICE\{name}" for name in _SERVICES},
    **{app_pool_sid(name): rf"IIS APPPOOL\{name}" for name in _APP_POOLS},
    **{restricted_service_sid(name): rf"RESTRICTED SERVICES\{name}" for name in _RESTRICTED},
}
"""SID -> canonical English name, for messages about accounts that no host was asked for."""


@functools.lru_cache(maxsize=4_096)
def sort_key(sid: str) -> tuple[int, ...]:
    """Order of SIDs by their numbers, so that S-1-5-6 comes before S-1-5-19."""
    return tuple(int(part, 16 if part.startswith("0x") else 10) for part in sid.split("-")[2:])
