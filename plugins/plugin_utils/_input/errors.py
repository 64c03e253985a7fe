# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways in which an answer can be refused: bad input, and facts that do not suffice."""

from __future__ import annotations

import contextlib
import typing as t
from collections.abc import Iterable, Iterator

from .brief import brief
from .categories import ErrorCategory

if t.TYPE_CHECKING:
    from typing_extensions import Self

_NONE: t.Final = object()


class BadInput(ValueError):
    """What a person wrote, or a file has, is wrong. The sentence is made here alone.

    ``option``: the place, from the option of the module on (``exceptions[1].expires``); empty where it follows from no option.
    ``wrong``: what is wrong, a predicate where there is a ``value`` (``is not a date``), else a sentence. ``expected``: what is allowed, or
    what to do. ``near``: what may have been meant. ``written``: the variable as the user wrote it, where that is known; ansible-core tells
    file and line of such a value.
    """

    written: object = None

    def __init__(self, option: str, wrong: str, *, value: object = _NONE, expected: str = "", near: Iterable[str] = ()) -> None:
        super().__init__(option, wrong)
        self.option, self.wrong, self.value, self.expected, self.near = option, wrong, value, expected, tuple(near)

    def __str__(self) -> str:
        sentence = self.wrong if self.value is _NONE else f"{brief(self.value)} {self.wrong}"
        suggestion = f"did you mean {' or '.join(self.near)}?" if self.near else ""
        return ": ".join(filter(None, (self.option, "; ".join(filter(None, (sentence, self.expected, suggestion))))))

    def within(self, where: str) -> Self:
        """The same error, with the place that its place is in."""
        self.option = ": ".join(filter(None, (where, self.option)))
        return self

    @classmethod
    def of(cls, error: BadInput) -> Self:
        """The same error, of this kind."""
        return cls(error.option, error.wrong, value=error.value, expected=error.expected, near=error.near)


@contextlib.contextmanager
def written_as(value: object) -> Iterator[None]:
    """Bad input that is found inside comes from this variable."""
    try:
        yield
    except BadInput as error:
        error.written = value
        raise


class CannotJudge(Exception):
    """The host answered, but its facts do not suffice for a verdict."""

    def __init__(self, category: ErrorCategory, message: str) -> None:
        super().__init__(message)
        self.category = category
