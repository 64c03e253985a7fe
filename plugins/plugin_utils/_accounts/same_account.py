# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which holders on two hosts are the same account. The one place that decides it, for counts, plans and comparisons. Pure."""

from __future__ import annotations


def same_account(sid: str, name: str | None, kind: str | None) -> str:
    """What two holders have in common when they are the same account: ``local NAME`` for a local account, otherwise the SID.

    The same local account has another SID on every host, so it is known by the name behind its host's. One without a name, and a
    deleted account, has nothing but its SID.
    """
    return f"local {_bare(name).casefold()}" if kind == "local" and name else sid


def same_row(sid: str, name: str | None, kind: str | None) -> str:
    """What two holders have in common when a table or a plan shows them as one: the same account, or both are deleted ones."""
    return "orphan" if kind == "orphan" else same_account(sid, name, kind)


def fleet_name(name: str | None, kind: str | None) -> str | None:
    r"""The name of an account on the whole fleet: a local one without its host's, ``.\name``; every other one as it is."""
    return f".\\{_bare(name)}" if kind == "local" and name else name


def _bare(name: str) -> str:
    return name.rpartition("\\")[2]
