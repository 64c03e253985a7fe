# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process that reads hosts has to show goes to its parent, over a pipe of its own.

ansible-core has one queue for all processes of a run, with a lock that they share: one that is killed, or ends, while a thread of it writes
there would leave the lock held, and every other process would wait for ever.
"""

from __future__ import annotations

import threading
import typing as t

from ansible.errors import AnsibleError
from ansible.utils.display import Display

if t.TYPE_CHECKING:
    from multiprocessing.connection import Connection


class ToParent:
    """Stands in for ansible-core's queue in one process. What is sent there ends with the process, whole or cut."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._lock = pipe, threading.Lock()

    def send_display(self, method: str, *args: object, **options: object) -> None:
        """Have the parent call a method of its display."""
        with self._lock:
            self._pipe.send((method, args, options))

    def send_callback(self, *_args: object, **_options: object) -> None:
        """Tell callbacks nothing: they see one task, without the results of hosts."""

    def send_prompt(self, **_options: object) -> t.NoReturn:
        """Raise AnsibleError: nobody can be asked about one of many hosts."""
        raise AnsibleError("nobody can be asked while many hosts are read at once; let the host be read by a task of its own")


def display_by_parent(pipe: Connection) -> None:
    """From now on this process shows what it has to show by its parent."""
    Display()._final_q = t.cast("t.Any", ToParent(pipe))


def show(message: tuple[str, tuple[object, ...], dict[str, object]]) -> None:
    """Show a message of a child."""
    method, args, options = message
    getattr(Display(), method)(*args, **options)
