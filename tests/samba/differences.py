# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Samba answers otherwise than the model, and what the model rests on there. Everything else has to be equal."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from fleet.windows import lsa, names
from fleet.windows.machine import RIGHT
from samba.sequences import DOMAIN, DOMAIN_SID, OTHER, A, stranger

_SERVICE = [5, "SERVICE", ["NT AUTHORITY", "S-1-5"]]
_ADMINISTRATORS = [4, names.ADMINISTRATORS, ["BUILTIN", "S-1-5-32"]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One reason, and what Samba answers for it: sequence -> number of the step -> answer."""

    section: str
    reason: str
    answers: dict[str, dict[int, list[t.Any]]]


DIFFERENCES = [
    Difference(
        "[MS-LSAD] 2.2.1.1.2",
        "Samba keeps no access masks of a policy object: an administrator may open it to be notified",
        {"open: NOTIFICATION": {0: [lsa.SUCCESS]}},
    ),
    Difference("[MS-LSAD] 3.1.4.4.1, note 61", "Samba opens a handle without any access", {"open: no access": {0: [lsa.SUCCESS]}}),
    Difference(
        "[MS-LSAD] 3.1.1.2.1",
        "the names of rights are constants; no document says that capitals do as well, so the model refuses them",
        {"enumerate: the right in capitals": {2: [lsa.SUCCESS, [A]]}},
    ),
    Difference(
        "[MS-LSAD] 3.1.4.5.9, note 73",
        "Samba asks neither for access of the handle nor for an administrator when it lists holders",
        {
            "enumerate: a handle that may only look names up": {1: [lsa.NO_MORE_ENTRIES, []]},
            "enumerate: a handle that may only view": {1: [lsa.NO_MORE_ENTRIES, []]},
            "enumerate: a user": {1: [lsa.NO_MORE_ENTRIES, []]},
        },
    ),
    Difference(
        "[MS-GPSB] 2.2.6; Microsoft, policy page of the right",
        "Samba's database gives the right to Administrators alone",
        {"enumerate: the holders of a fresh installation": {1: [lsa.SUCCESS, [names.ADMINISTRATORS]]}},
    ),
    Difference(
        "[MS-LSAD] 3.1.4.5.11, 3.1.4.5.12",
        "Samba takes a list of no rights for a change of nothing",
        {"add: no right at all": {1: [lsa.SUCCESS]}, "remove: no right at all": {2: [lsa.SUCCESS]}},
    ),
    Difference(
        "[MS-LSAD] 3.1.4.5.11",
        "Samba makes an account object through a handle without CREATE_ACCOUNT",
        {
            "add: a handle that may not make accounts": {
                1: [lsa.SUCCESS],
                2: [lsa.SUCCESS, [stranger("unmade")]],
            }
        },
    ),
    Difference(
        "[MS-LSAD] 3.1.4.5.12",
        "to take a right from an account object that is not there is refused; Samba gives the right instead",
        {"remove: from no account object": {1: [lsa.SUCCESS], 2: [lsa.SUCCESS, [stranger("absent")]]}},
    ),
    Difference(
        "[MS-LSAD] 3.1.4.5.12",
        "Samba does not heed AllRights",
        {"remove: all rights": {3: [lsa.SUCCESS, sorted([OTHER, RIGHT])]}},
    ),
    Difference(
        "[MS-LSAD] 3.1.4.5.12, note 74",
        "Samba does not protect LOCAL SERVICE and NETWORK SERVICE",
        {"remove: LOCAL SERVICE": {2: [lsa.SUCCESS]}, "remove: NETWORK SERVICE": {2: [lsa.SUCCESS]}},
    ),
    Difference(
        "[MS-LSAD] 3.1.4.5.10, note 50",
        "Samba tells everyone the rights of an account",
        {"account: a user asks for another's": {3: [lsa.SUCCESS, [RIGHT]]}},
    ),
    Difference(
        "[MS-LSAD] 3.1.4.4.4",
        "Samba does not check the handle's access before it tells the account domain",
        {"domain: a handle without VIEW_LOCAL_INFORMATION": {1: [lsa.SUCCESS, [DOMAIN, DOMAIN_SID]]}},
    ),
    Difference(
        "[MS-LSAT] 3.1.4.5, 3.1.4.9",
        "Samba does not check the handle's access before a lookup",
        {
            "names: a handle that may not look names up": {1: [lsa.SUCCESS, [_SERVICE]]},
            "sids: a handle that may not look names up": {1: [lsa.SUCCESS, [_ADMINISTRATORS]]},
        },
    ),
    Difference(
        "[MS-LSAT] 3.1.4.7, 3.1.4.10",
        "no document names the status of an empty list; the model refuses it, Samba maps none of it",
        {"names: no name is asked for": {1: [lsa.NONE_MAPPED, []]}, "sids: no SID is asked for": {1: [lsa.NONE_MAPPED, []]}},
    ),
    Difference(
        "[MS-LSAT] notes 24 and 32",
        "the model refuses more than 1,000 entries by a status; Samba looks so many SIDs up, and refuses so many names in the marshalling",
        {
            "names: too many": {1: [lsa.SUCCESS, [_SERVICE] * (lsa.MOST_ENTRIES + 1)]},
            "sids: too many": {1: ["fault rpc_x_bad_stub_data", []]},
        },
    ),
    Difference(
        "[MS-LSAT] 3.1.4.5",
        "Samba does not heed the options of a lookup",
        {"sids: a flag that does not exist": {1: [lsa.SUCCESS, [_ADMINISTRATORS]]}},
    ),
]

BY_SEQUENCE = {sequence: steps for difference in DIFFERENCES for sequence, steps in difference.answers.items()}
