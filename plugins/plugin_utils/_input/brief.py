# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of any size and depth as they stand in a message. Pure."""

from __future__ import annotations

import reprlib


class _Brief(reprlib.Repr):
    """The representation of a value of any size and depth, without the cost of all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 6, 100, 100
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = 20

    def repr_str(self, x: str, level: int) -> str:
        """The beginning of a text."""
        return repr(x[: self.maxstring])

    def repr_int(self, x: int, level: int) -> str:
        """A number; Python refuses to write those of thousands of digits."""
        return repr(x) if abs(x) < 1 << 256 else f"a number of {x.bit_length()} bits"


_BRIEF = _Brief()


def brief(data: object) -> str:
    """A value for a message, not longer than a line."""
    shown = _BRIEF.repr(data)
    return shown if len(shown) <= 80 else shown[:77] + "..."
