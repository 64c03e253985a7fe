# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What reg query answers: a text, or that there is nothing. It ends with 1 for both a key that is missing and one that is denied."""

from __future__ import annotations

from .answers import Answer, Sources, Unasked, text_of, whole
from .asked import BUILD, NOWHERE


def text_or_none(sources: Sources, key: str, name: str = "") -> str | None:
    """What reg printed of a key or a value; None where there is none. Raises Unasked.

    There is none where reg reads another value of this host, and says the same as of a key that no host has: the exit code is 1 for every
    error (Microsoft, reg query), and the sentence is in the language of the host.
    """
    answer = whole(sources, f"reg {key}|{name}", codes=(0, 1))
    if answer.exit_code != 1:
        return text_of(answer.out, sources)
    whole(sources, f"reg {BUILD[0]}|{BUILD[1]}")
    if _said(answer, sources) != _said(whole(sources, f"reg {NOWHERE}|", codes=(1,)), sources):
        raise Unasked(f"ended with 1: {_said(answer, sources)}")
    return None


def _said(answer: Answer, sources: Sources) -> str:
    return " ".join(f"{text_of(answer.err, sources)} {text_of(answer.out, sources)}".split())
