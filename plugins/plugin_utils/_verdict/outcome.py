# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an enforcing task ended on one host, and what follows from it."""

from __future__ import annotations

import enum


class Outcome(str, enum.Enum):
    """One word per host. From ``applied`` on to ``unknown`` a change was sent."""

    UNCHANGED = "unchanged"
    PLANNED = "planned"
    REFUSED = "refused"
    APPLIED = "applied"
    CHANGED_MEANWHILE = "changed_meanwhile"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"
    NOT_STARTED = "not_started"
    UNKNOWN = "unknown"
    NOTHING_TO_RESTORE = "nothing_to_restore"
    SAME_MACHINE = "same_machine"

    @property
    def sent(self) -> bool:
        """A change was sent to the host, so that a snapshot of what it had is kept."""
        return self in (
            Outcome.APPLIED, Outcome.CHANGED_MEANWHILE, Outcome.UNDONE, Outcome.UNDO_FAILED, Outcome.NOT_STARTED, Outcome.UNKNOWN,
        )  # fmt: skip

    @property
    def reported(self) -> bool:
        """The host itself says so; that it is unknown, the controller concludes."""
        return self.sent and self is not Outcome.UNKNOWN

    @property
    def failed(self) -> bool:
        """The change that was sent did not end as planned."""
        return self.sent and self is not Outcome.APPLIED
