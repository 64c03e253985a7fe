# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is interrupted while one task reads all hosts ends with the report of those that were read. The rest is not checked."""

from __future__ import annotations

import os
import signal
import types
import typing as t
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout

from ansible import context
from ansible.utils.display import Display

from .given import Check, TaskVars
from .one_host import copy_of

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

REPORT = "winrights.seimpersonate.fleet_report"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Inside of it, a signal that would end this process calls ``stop``, and ends the process when the work is done (``go_on``)."""

    def __init__(self, stop: Callable[[], None]) -> None:
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        self._before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}  # as nohup has it
        self._stop, self._number = stop, signal.SIGTERM

    def __enter__(self) -> Interrupts:
        for number in self._before:
            signal.signal(number, self._come)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def go_on(self) -> t.NoReturn:
        """End as the signal would have ended this process."""
        self.__exit__(None, None, None)
        os.kill(os.getpid(), self._number)
        os._exit(1)

    def _come(self, number: int, _frame: types.FrameType | None) -> None:
        self._number = signal.Signals(number)
        self._stop()


def write_report(action: ActionBase, task_vars: TaskVars, check: Check) -> None:
    """Run the task of the report in this process. Nothing is shown: whoever would show it has been interrupted and reads no more.

    Before ansible-core 2.19 this process has the terminal as well, which may be gone: to write there would be an error of the report.
    """
    Display()._final_q = None
    task = copy_of(action._task)
    task.action, task.args = REPORT, {"from_variables": True, "results": "-", "check": dict(check)}
    task.check_mode = bool(context.CLIARGS.get("check"))
    report = action._shared_loader_obj.action_loader.get(
        REPORT, task=task, connection=action._connection, play_context=action._play_context, loader=action._loader,
        templar=action._templar, shared_loader_obj=action._shared_loader_obj,
    )  # fmt: skip
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        report.run(task_vars=dict(task_vars))
