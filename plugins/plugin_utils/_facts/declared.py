# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to say where a host shows the contrary of what is declared of it: its host role, a feature. Pure."""

from __future__ import annotations

_BEGINNING = "the host is declared to "


def contradiction(declared: str, shown: str) -> str:
    """The note of such a host. ``declared``: what it is declared to be or have; ``shown``: a clause about what it shows."""
    return f"{_BEGINNING}{declared}, {shown}"


def is_contradiction(note: str) -> bool:
    """Whether a note of a record is such a sentence."""
    return note.startswith(_BEGINNING)
