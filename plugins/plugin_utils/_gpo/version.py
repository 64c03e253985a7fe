# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a GPO: its upper 16 bits count changes for users, the lower ones those for computers. Pure.

Source: [MS-GPOL] 3.3.4.5. The attribute is an LDAP integer of 32 bits with a sign; gpt.ini writes the number in decimal.
"""

from __future__ import annotations

_HALF = 0xFFFF
_SIGN = 1 << 31


def machine_half(version: int) -> int:
    """What counts the changes for computers."""
    return version & _HALF


def user_half(version: int) -> int:
    """What counts the changes for users."""
    return version >> 16 & _HALF


def next_version(*known: int) -> int:
    """The version after a change for computers, from every version that is known of the GPO (container, template folder, a journal's).

    The lower half becomes 1 after 65535, without a carry into the half of the users. It is a new one: a client that has seen any of
    the known versions sees a change.
    """
    halves = {machine_half(version) for version in known}
    machine = _after(max(halves))
    while machine in halves:
        machine = _after(machine)
    version = max(map(user_half, known)) << 16 | machine
    return version - (_SIGN << 1) if version >= _SIGN else version


def same_version(one: int, other: int) -> bool:
    """Whether two versions are the same number, with a sign or without."""
    return (one - other) % (_SIGN << 1) == 0


def _after(half: int) -> int:
    return half % _HALF + 1
