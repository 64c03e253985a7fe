# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts a play of ours has, from what a person wrote: asked before it has any, so that it cannot end green without a task."""

from __future__ import annotations

from collections.abc import Iterable

from .._input.entries import entries_of
from .._input.errors import BadInput

SKIPPING = ("always", "tagged")
"""Values of ``--skip-tags`` that leave out tasks which are tagged ``always``, as ours are."""


def hosts_of(where: str, value: object, skipped: Iterable[str]) -> str | list[str]:
    """A pattern of hosts, or a list of patterns. Null and an empty text, as a survey sends it, are all hosts.

    ``skipped``: what ``--skip-tags`` names. Raises BadInput for something else than patterns, which Ansible would read as other
    hosts or as all, and where every task of the play would be skipped.
    """
    for tag in skipped:
        if tag in SKIPPING:
            raise BadInput(
                f"--skip-tags {tag}", f"this skips every task, and the run would end green with nothing done; leave {tag} out"
            )
    if value is None or (isinstance(value, str) and not value.strip()):
        return "all"
    patterns = entries_of(where, value)
    if not (
        isinstance(patterns, (list, tuple))
        and patterns
        and all(isinstance(pattern, str) and pattern.strip() for pattern in patterns)
    ):
        raise BadInput(where, "is neither a pattern of hosts nor a list of such", value=value)
    return str(value) if isinstance(value, str) else [str(pattern) for pattern in patterns]
