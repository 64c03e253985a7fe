# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/windows.md says of the comparison, made from the tables."""

from __future__ import annotations

from samba.differences import BY_SEQUENCE, DIFFERENCES
from samba.sequences import SEQUENCES


def text() -> str:
    """A sentence with the numbers, and a table of the differences."""
    rows = [f"| {'; '.join(difference.answers)} | {difference.reason} | {difference.section} |" for difference in DIFFERENCES]
    return "\n".join(
        [
            f"{len(SEQUENCES)} sequences of calls are made on Samba's domain controller and on the model: "
            f"{len(SEQUENCES) - len(BY_SEQUENCE)} have the same answers,",
            f"{len(BY_SEQUENCE)} differ. `make test-samba` compares them; a difference that is not in this table fails, and so does a row "
            "without one.",
            "",
            "| sequences | what differs | the model rests on |",
            "|---|---|---|",
            *rows,
        ]
    )
