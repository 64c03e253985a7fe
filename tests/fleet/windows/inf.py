# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security templates: what the security extension of Group Policy reads and caches ([MS-GPSB] 2.2).

After [Unicode] and [Version] come sections in any order; lines are `key = value,value` or, in some sections, `name,mode,"SDDL"`.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PREAMBLE = '[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature="$CHICAGO$"\r\nRevision=1\r\n'

# Sections beside those that a test is about, each with a line of its kind ([MS-GPSB] 2.2.1, 2.2.4, 2.2.5, 2.2.7, 2.2.8).
OTHERS: Mapping[str, tuple[str, ...]] = {
    "System Access": ("MinimumPasswordAge = 1",),
    "Event Audit": ("AuditLogonEvents = 3",),
    "Registry Values": ("MACHINE\\System\\CurrentControlSet\\Control\\Lsa\\SeImpersonatePrivilege=4,1",),
    "Group Membership": ("*S-1-5-32-544__Memberof =", "*S-1-5-32-544__Members = *S-1-5-21-1-2-3-512"),
    "Service General Setting": ('"Spooler",4,"D:AR(A;;CCDCLCSWRPWPDTLOCRSDRCWDWO;;;BA)"',),
}


def written(sections: Mapping[str, Sequence[str]]) -> str:
    """The text of a template with these sections, in their order."""
    return PREAMBLE + "".join(f"[{name}]\r\n" + "".join(f"{line}\r\n" for line in lines) for name, lines in sections.items())


def settings(text: str) -> Iterator[tuple[str, str, str]]:
    """Section, key and value of each setting, section and key in lower case; lines of another kind have none."""
    section = ""
    for line in map(str.strip, text.split("\n")):
        key, equals, value = line.partition("=")
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].lower()
        elif equals:
            yield section, key.strip().lower(), value.strip()
