# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one word that every host gets, and what follows from it."""

from __future__ import annotations

import enum


class Status(str, enum.Enum):
    """One word per host. The first four come from a judgement; the others say why there is none."""

    COMPLIANT = "compliant"
    DRIFT = "drift"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"
    UNREACHABLE = "unreachable"
    ERROR = "error"
    NOT_CHECKED = "not_checked"

    @property
    def good(self) -> bool:
        """Nothing is to be done on the host."""
        return self in (Status.COMPLIANT, Status.WAIVED)

    @property
    def judged(self) -> bool:
        """The host was measured against the policy."""
        return self.good or self is Status.DRIFT

    @property
    def read(self) -> bool:
        """The host's facts are known."""
        return self.judged or self is Status.NOT_APPLICABLE


GOOD = tuple(status.value for status in Status if status.good)
JUDGED = tuple(status.value for status in Status if status.judged)
UNREAD = tuple(status.value for status in Status if not status.read)
WORST_FIRST = tuple(status.value for status in (
    Status.DRIFT, Status.ERROR, Status.UNREACHABLE, Status.NOT_CHECKED, Status.WAIVED, Status.NOT_APPLICABLE, Status.COMPLIANT,
))  # fmt: skip
"""Findings first, then what was not read, then the rest."""
