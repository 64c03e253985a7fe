# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file or an attribute of a GPO says and nobody can be sure of."""

from __future__ import annotations


class NotUnderstood(ValueError):
    """A file or an attribute that has another form than the specification. ``line``: where in the file, None in an attribute."""

    def __init__(self, wrong: str, line: int | None = None) -> None:
        super().__init__(wrong if line is None else f"line {line}: {wrong}")
        self.line = line
