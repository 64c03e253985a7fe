# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a command runs in a process of its own or in a server that stays warm."""

from __future__ import annotations

import enum
import os
import typing as t

from fleet.backends import request
from fleet.backends.emulator import texts

if t.TYPE_CHECKING:
    from fleet.backend import Received


class Way(enum.Enum):
    """Where commands run; what is not the payload of the checkout always has a process of its own."""

    WARM = ""  # the payload of the checkout in servers that stay warm
    FRESH = "1"  # each command in a process of its own
    COMPARED = "compare"  # in both; it fails where they differ

    @classmethod
    def chosen(cls) -> Way:
        """What FRESH says, as in make test-engine FRESH=1."""
        return cls(os.environ.get("FRESH", ""))


def kind(received: Received) -> tuple[str, ...] | None:
    """What a warm server has in common with a command: a module of the checkout as it is, its texts, and what ansible-core adds.

    None for everything else, altered texts first of all, and the independent script, whose programs are processes anyway: it gets a
    process of its own.
    """
    try:
        call = request.decode(received.command_line, received.stdin)
    except request.NotUnderstood:
        return None
    if not isinstance(call, request.ModuleCall) or call.become_user or call.async_jid:
        return None
    came = texts.of_collection(call.texts)
    name = call.name.removeprefix(f"{texts.COLLECTION}.")
    if name == "prove" or name == call.name or came != texts.current(name):
        return None
    return (name, str(call.core_version), *came.values())
