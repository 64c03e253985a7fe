# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a difference between a host and its policy is called. Pure."""

from __future__ import annotations

import enum
import typing as t

from .._policy.exceptions import State
from .expectation import Standing


class FindingKind(str, enum.Enum):
    """One word for each kind of difference."""

    MISSING = "missing"
    UNEXPECTED = "unexpected"
    ORPHAN = "orphan"
    LEGACY = "legacy"
    EXCEPTION_EXPIRED = "exception_expired"
    EXCEPTION_TOO_WIDE = "exception_too_wide"

    @property
    def words(self) -> str:
        """For sentences."""
        return self.value.replace("_", " ")


OF_STANDING: t.Final = {
    Standing.UNEXPECTED: FindingKind.UNEXPECTED,
    Standing.ORPHAN: FindingKind.ORPHAN,
    Standing.LEGACY: FindingKind.LEGACY,
}
"""Holders that should not hold the right."""
OF_STATE: t.Final = {State.EXPIRED: FindingKind.EXCEPTION_EXPIRED, State.TOO_WIDE: FindingKind.EXCEPTION_TOO_WIDE}
"""Exceptions that do not waive the holder they are meant for."""
OF_EXCEPTIONS: t.Final = tuple(kind.value for kind in OF_STATE.values())
"""Findings about an exception, beside that about the holder."""
EXTRA: t.Final = tuple(kind.value for kind in OF_STANDING.values())
"""Findings about a holder itself, as records have them."""
