# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A payload that is spoilt in one place, to see that the test bed finds it out."""

from __future__ import annotations

import base64
import dataclasses
import typing as t

from fleet.backends.engine.engine import CHECKOUT

if t.TYPE_CHECKING:
    from fleet.backend import BackEnd, Output, Received
    from fleet.windows.machine import Machine


class Spoilt:
    """Sends other texts of modules and utils than the checkout has, line for line; base64 stands as it is in every payload."""

    def __init__(self, back_end: BackEnd, replaced: dict[str, str]) -> None:
        self._back_end, self._replaced = back_end, replaced

    def run(self, machine: Machine, received: Received) -> Output:
        """Run one command with the other texts."""
        stdin = received.stdin
        for text, other in self._replaced.items():
            good, bad = (base64.b64encode(one.encode()) for one in (text, other))
            assert stdin.count(good) == 1
            stdin = stdin.replace(good, bad)
        return self._back_end.run(machine, dataclasses.replace(received, stdin=stdin))


def spoil(back_end: BackEnd, *changes: tuple[str, str, str]) -> Spoilt:
    """A back end whose payload differs from the checkout's: (path, what stands there once, what stands there instead)."""
    texts = {path: (CHECKOUT / path).read_text() for path, _unused, _unused in changes}
    others = dict(texts)
    for path, good, bad in changes:
        assert others[path].count(good) == 1, good
        others[path] = others[path].replace(good, bad)
    return Spoilt(back_end, {texts[path]: others[path] for path in texts})
