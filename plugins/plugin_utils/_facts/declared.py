# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to say where a host shows the contrary of what is declared of it: its host role, a feature. Pure."""

from __future__ import annotations

from collections.abc import Iterable

_BEGINNING = "the host is declared to "


def contradiction(declared: str, shown: str) -> str:
    """The note of such a host. ``declared``: what it is declared to be or have; ``shown``: a clause about what it shows."""
    return f"{_BEGINNING}{declared}, {shown}"


def contradictions(notes: Iterable[str] | None) -> list[str]:
    """Those of the notes of a record that are such sentences. ``notes``: None of a host that has none."""
    return [note for note in notes or () if note.startswith(_BEGINNING)]
