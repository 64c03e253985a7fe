# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that fails is printed once.

ansible-core prints a failed task twice since 2.19: its message with the lines of the role around the task, and its result. The first is
the key ``exception``, which it makes for every failed result, and leaves out where an exception of the action says
``omit_exception_key``. An exception goes past ``failed_when``, ``changed_when``, ``until`` and ``retries``, so that a task with one of
these keeps both. ``changed_when: false`` says of a failure what it is without it.
"""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Callable

from ansible.errors import AnsibleAction, AnsibleActionFail, AnsibleConnectionFailure
from ansible.utils.display import Display

from .given import Result, TaskVars

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

    Run = t.TypeVar("Run", bound=Callable[..., Result])

_TWICE = hasattr(AnsibleAction, "omit_exception_key")
_OF_CORE = ("failed", "changed", "msg")
"""What ansible-core says itself of an exception."""


class _Once:
    """Leaves out the first of the two, unless the user asks for more (``-v``)."""

    @property
    def omit_exception_key(self) -> bool:
        return int(Display().verbosity) == 0


class Failed(_Once, AnsibleActionFail):  # type: ignore[misc]
    """A task that failed, with its result."""


class Unreachable(_Once, AnsibleConnectionFailure):  # type: ignore[misc]
    """A host that was not reached."""


def told_once(run: Run) -> Run:
    """The ``run`` of an action, whose failed result is printed once.

    What it raises for bad input is left as it is: the place of the task may be in a file of the user's there.
    """

    @functools.wraps(run)
    def told(action: ActionBase, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        try:
            result = run(action, tmp, task_vars)
        except AnsibleConnectionFailure as error:
            raise Unreachable(str(error)) from error
        if _TWICE and _is_plain_failure(action, result):
            raise Failed(str(result["msg"]), result={key: value for key, value in result.items() if key not in _OF_CORE})
        return result

    return t.cast("Run", told)


def _is_plain_failure(action: ActionBase, result: Result) -> bool:
    task = action._task
    looked_at = task.failed_when or task.until or task.retries or task.changed_when not in ([], [False])
    return bool(result.get("failed") and not result.get("changed") and not result.get("warnings") and not looked_at)
