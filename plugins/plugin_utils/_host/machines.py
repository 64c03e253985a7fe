# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the machine that answers is the one on which a snapshot was taken. Pure.

Source: PolicyAccountDomainInformation, [MS-LSAD] 3.1.4.4.4: the SID of the domain of the machine's own accounts, which all domain
controllers of a domain share.
"""

from __future__ import annotations

import typing as t

from .._accounts.parsing import shown
from .._accounts.sids import Sid
from .._facts.facts import Computer
from .._input.categories import ErrorCategory
from .._input.naming import called
from .._verdict.plan import Refused


class SnapshotComputer(t.TypedDict):
    """A computer as a snapshot keeps it."""

    name: str
    sid: Sid | None


_MEMBERS = (0, 1, 2, 3)  # DSROLE_MACHINE_ROLE of workstations and servers that have accounts of their own


def snapshot_computer(computer: Computer) -> SnapshotComputer:
    """What a snapshot keeps of the computer."""
    return {"name": computer.name, "sid": computer.sid}


def other_machine(then: SnapshotComputer | None, now: Computer) -> str | None:
    """Why this cannot be the machine of a snapshot, as a sentence; None where it may be."""
    if then is None:
        return None
    sids_known = then["sid"] is not None and now.sid is not None
    renamed = then["name"].casefold() != now.name.casefold()
    if sids_known and then["sid"] != now.sid:
        explanation = (
            "" if renamed else ", which has that name since it was installed anew, became a domain controller or ceased to be one"
        )
        return f"the snapshot was taken on {_words(then)}, and {_words(snapshot_computer(now))} answers{explanation}"
    # Domain controllers share the SID of their domain, so that their names tell them apart.
    if renamed and not (sids_known and now.machine_role in _MEMBERS):
        return f"the snapshot was taken on {_words(then)}, and {_words(snapshot_computer(now))} answers"
    return None


def same_machine(then: SnapshotComputer | None, now: Computer) -> str | None:
    """What was compared, where it is less than name and SID; None where both are the same.

    Raises Refused (``other_machine``) where the snapshot was taken on another machine.
    """
    mismatch = other_machine(then, now)
    if mismatch:
        raise Refused(
            ErrorCategory.OTHER_MACHINE,
            f"nothing was changed: {mismatch}. Accounts of one machine mean nothing on another, so that its holders are not brought back "
            f"there; give the right to those who need it there by {called('required')} or holders",
        )
    if then is None:
        return "the snapshot does not tell on which computer it was taken, so that only the name in the inventory was compared"
    if then["sid"] is None or now.sid is None:
        computer = "of the computer of the snapshot" if then["sid"] is None else "of this computer"
        return f"only the name of the computer was compared with that of the snapshot, because the SID {computer} is not known"
    if then["name"].casefold() != now.name.casefold():
        return (
            f"the computer was called {then['name']} when the snapshot was taken, and is called {now.name} now; its SID is the same"
        )
    return None


def _words(computer: SnapshotComputer) -> str:
    return shown(computer["sid"], computer["name"]) if computer["sid"] else f"{computer['name']} (SID not known)"
