# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of sentences. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def some(texts: Sequence[str], most: int = 5) -> str:
    """``a, b, c``, and of more than ``most`` texts the first ones and how many more there are."""
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")
