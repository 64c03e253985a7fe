# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large an answer of one host may be. A host beyond is an error of its own (``answer_too_large``); no list is ever cut."""

from __future__ import annotations

ANSWER = 4_000_000
"""Characters of all texts of an answer, and one for every other value. The payload's own limits (2,000 services, 2,000 pools, 1,000
members, 200 events, 100 GPOs of 200 accounts) and 5,000 holders with names of usual length stay below a third of it."""

HOLDERS = 5_000
"""SIDs that hold the right on one host, and of every list of SIDs in the answer to a change. Hosts have ten or twenty."""

ROWS = 10_000
"""Rows of any other list: five times the longest that the payload sends."""

NAME = 1_024
"""Characters of a name: an account name has 256 (UNLEN of lmcons.h), a DNS name 255, a service name 256 (CreateService)."""

TEXT = 200_000
"""Characters of what is a whole line of a policy or comes back as it was asked."""

SEARCHED = 100_000
"""Characters of each text of a failure in which its reason is looked for."""
