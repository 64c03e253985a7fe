# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person approves of a plan, as a text that a job of AWX can hand on, and what a later plan has beyond it. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from .._input.errors import BadInput
from .plans import Planned

MOST = 40
"""Accounts that are approved one by one: more digests would not fit into the artifacts of a job."""
_DIGITS = 32  # of a SHA-256: a plan that somebody makes up would have to meet one that is given
_FORM = re.compile(rf"[0-9a-f]{{{_DIGITS}}}( [0-9a-f]{{{_DIGITS}}})*")


def approval_of(action: str, planned: Sequence[Planned]) -> str:
    """The digest of all planned changes, and unless there are many that of each account: which hosts get or lose which SID.

    A host for which nothing is planned, or that was not read, has no part in it.
    """
    each = [_digest(action, change) for change in planned] if len(planned) <= MOST else []
    return " ".join([_digest(action, *planned), *each])


def check_approval(approved: str | None, compared: bool = True) -> None:
    """Raises BadInput for a text that is not of this form, as where AWX lost the artifacts of a plan, and for one that is not compared."""
    if approved and not _FORM.fullmatch(approved):
        raise BadInput(
            "approved_plan",
            "is not what a plan hands over as its plan",
            value=approved,
            expected="start the workflow anew, so that it is planned and approved again",
        )
    if approved and not compared:
        raise BadInput(
            "approved_plan",
            "nothing compares it in this run",
            expected="run the part plan of the role before its part enforce, as the playbooks enforce and restore do",
        )


def not_approved(approved: str, action: str, planned: Sequence[Planned]) -> list[Planned]:
    """Changes of accounts that are not just as they were approved: on other hosts, on more or fewer of them, or not at all."""
    known = approved.split()
    return [] if _digest(action, *planned) in known else [change for change in planned if _digest(action, change) not in known]


def _digest(action: str, *planned: Planned) -> str:
    """The same for the same changes, in whatever order they were counted."""
    rows = sorted([change.op, host, sid] for change in planned for host, sid in change.changes)
    return hashlib.sha256(json.dumps([action, rows]).encode()).hexdigest()[:_DIGITS]
