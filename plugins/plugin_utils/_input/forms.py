# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contract says of a value beyond its type: the marks that stand in ``Annotated``. Pure."""

from __future__ import annotations

import enum
import functools
import re
import typing as t
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Says:
    """What a key means, for readers of the JSON Schema."""

    text: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text that is one of these; of a mapping: its keys. ``every``: the mapping has all of them."""

    texts: tuple[str, ...]
    every: bool = False

    @classmethod
    def of(cls, words: type[enum.Enum], every: bool = False) -> Words:
        """The values of an enum."""
        return cls(tuple(word.value for word in words), every)


@dataclass(frozen=True)
class Form:
    """A text of a form. ``noun``: what one that has not the form is none of, in words (``a SID``)."""

    pattern: str
    noun: str

    @functools.cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, ready for use."""
        return re.compile(self.pattern, re.ASCII)


@dataclass(frozen=True, slots=True)
class Least:
    """A number that is no smaller."""

    number: int


class Later(enum.Enum):
    """A key that may be null and that a report of an earlier release lacks: it is read as null. What this release writes has it."""

    LATER = "later"


LATER: t.Final = Later.LATER

SMALLEST: t.Final = -(1 << 63)
GREATEST: t.Final = (1 << 64) - 1
"""Whole numbers that are read from a host or a file: what 64 bits hold, with a sign or without. Python writes none of 4,300 digits."""
