# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways in which an answer can be refused: bad input, and facts that do not suffice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class BadInput(ValueError):
    """An option or a policy is wrong; the message names option, value and what is allowed.

    ``written``: the variable as the user wrote it, where that is known; ansible-core tells file and line of such a value.
    """

    written: object = None


@contextlib.contextmanager
def written_as(value: object) -> Iterator[None]:
    """Bad input that is found inside comes from this variable."""
    try:
        yield
    except BadInput as error:
        error.written = value
        raise


class CannotJudge(Exception):
    """The host answered, but its facts do not suffice for a verdict.

    ``category`` is one word for reports (``role_unknown``, ``iis_unknown``, ``account_lookup``).
    """

    def __init__(self, category: str, message: str) -> None:
        super().__init__(message)
        self.category = category
