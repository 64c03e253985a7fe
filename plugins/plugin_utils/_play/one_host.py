# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host of a play read in this process by ansible-core's own executor of a task: its connection plugins, its templates, its errors.

The executor is no public interface, and differs between the releases of ansible-core. Where it is another one than those known here, hosts
are read by a task for each (``is_known``).
"""

from __future__ import annotations

import contextlib
import inspect
import multiprocessing
import os
import typing as t

from ansible.executor.task_executor import TaskExecutor
from ansible.playbook.task import Task
from ansible.utils.display import Display

from .given import Result, TaskVars

if t.TYPE_CHECKING:
    from ansible.inventory.host import Host
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.action import ActionBase

try:
    from ansible._internal._task import TaskContext  # type: ignore[import-not-found,import-untyped,unused-ignore] # since 2.19
except ImportError:
    TaskContext = None

_BEFORE_2_19 = {
    "host",
    "task",
    "job_vars",
    "play_context",
    "new_stdin",
    "loader",
    "shared_loader_obj",
    "final_q",
    "variable_manager",
}
_BEFORE_2_21 = _BEFORE_2_19 - {"new_stdin"}
_FROM_2_21 = _BEFORE_2_21 - {"task", "job_vars"}
_TAKES = set(inspect.signature(TaskExecutor.__init__).parameters) - {"self"}

_NOT_REGISTERED = ("exception", "warnings", "deprecations")
"""Objects of ansible-core in the result of a task, which the main process shows and takes out."""
_OF_STRATEGY = ("ansible_current_hosts", "ansible_failed_hosts")
"""Variables that the strategy adds to those of a task."""
_OF_PLAY = ("ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch", "play_hosts")
"""Lists of hosts that are the same for all of them. ansible-core would make each of them anew for every host."""


def is_known() -> bool:
    """Whether this ansible-core runs a task as those do that this was made for."""
    return _TAKES in (_BEFORE_2_19, _BEFORE_2_21, _FROM_2_21)


class OneHost:
    """Runs an action with its options on single hosts, from inside of an action on the first one, with the keywords of that one's task."""

    def __init__(self, first: ActionBase, task_vars: TaskVars, action: str, args: dict[str, object]) -> None:
        task = first._task
        self._worker: t.Any = multiprocessing.current_process()
        self._vars = task_vars
        self._task = as_written(task, first._loader)
        self._task.action, self._task.args = action, args
        self._task.timeout = 0  # an alarm, which reaches no thread
        self._task.squash()
        self._task.delegate_to = (
            None  # the task for all hosts may be delegated, so that the connection of the first one does not count
        )
        self._constant = is_constant(self._task)
        self._manager = task.get_variable_manager()
        self._inventory = task_vars["hostvars"]._inventory

    def run(self, name: str) -> Result:
        """The result of the action on a host, as a task of its own would have it."""
        task = copy_of(self._task)
        task.final = self._task if self._constant else None
        variables = variables_of(name, task, self._vars)
        result = self._execute(self._inventory.get_host(name), task, variables)
        return {key: value for key, value in result.items() if key not in _NOT_REGISTERED}

    def _execute(self, host: Host, task: Task, variables: Result) -> Result:
        worker = self._worker
        given = {
            "host": host, "task": task, "job_vars": variables, "new_stdin": os.devnull,
            "play_context": worker._play_context,  # from before any host had a say: the action's own has the first host's password
            "loader": worker._loader, "shared_loader_obj": worker._shared_loader_obj, "final_q": Display()._final_q,
            "variable_manager": self._manager,
        }  # fmt: skip
        with _context(host, task, variables):
            result = TaskExecutor(**{key: value for key, value in given.items() if key in _TAKES}).run()
        return dict(result if isinstance(result, dict) else result.as_result_dict())


def set_up_error(first: ActionBase, task_vars: TaskVars) -> str | None:
    """What is wrong with the variables of the host that a task for all of them would run on, so that it could not; None where nothing is.

    ansible-core sets up the connection to the host of a task before its action runs, from variables that may be templates.
    """
    one = OneHost(first, task_vars, "ansible.builtin.debug", {"msg": ""})
    one._task.vars = {}  # what the task that asks has for itself counts for no other one
    result = one.run(task_vars["inventory_hostname"])
    return str(result.get("msg", "")).removeprefix("Task failed: ") if result.get("failed") else None


def variables_of(name: str, task: Task, task_vars: TaskVars) -> Result:
    """The variables that a task has for a host, templates as they are. ``task_vars``: those of the same play's first host."""
    manager, host = task.get_variable_manager(), task_vars["hostvars"]._inventory.get_host(name)
    variables = manager.get_vars(play=task.get_play(), host=host, task=task, _hosts=[name], _hosts_all=[name])
    variables.update({key: task_vars[key] for key in (*_OF_PLAY, *_OF_STRATEGY) if key in task_vars})
    return t.cast("Result", variables)


class _Task(Task):  # type: ignore[misc]
    """A task for one host. ``final``: the one that it is a copy of, to be made final with it, so that later copies are."""

    final: _Task | None = None

    def post_validate(self, templar: object) -> None:
        if self.final:
            self.final.post_validate(templar)
        if not self._finalized:
            super().post_validate(templar)


def as_written(task: Task, loader: DataLoader) -> _Task:
    """A task as its file has it: the worker's own has the values of the first host where its fields are templates."""
    parent = task._parent
    fresh = _Task(block=parent, role=task._role).load_data(
        task.get_ds(), variable_manager=task.get_variable_manager(), loader=loader
    )
    fresh._parent = parent
    return t.cast("_Task", fresh)


def variables_for_all(task: Task) -> tuple[dict[str, object], set[str]]:
    """The variables that are set for all hosts alike, around a task, not templated, and the names of those that are defaults of roles."""
    play, bare = task.get_play(), copy_of(task)
    bare.vars = {}
    variables = task.get_variable_manager().get_vars(play=play, task=bare, include_hostvars=False)
    roles = [*play.roles, *([task._role] if task._role else [])]
    defaults = {name: value for role in roles for name, value in role.get_default_vars().items()}
    return variables, {name for name, value in defaults.items() if variables.get(name) is value}


def is_constant(task: Task) -> bool:
    """Whether all keywords of a task are the same for each host, where it has no loop. ansible-core leaves ``vars`` as they are."""
    return not any(_may_vary(getattr(task, name)) for name in task.fattributes if name not in ("vars", "loop_control"))


def _may_vary(value: object) -> bool:
    """Whether a keyword has a template, or something that is not plain."""
    if isinstance(value, dict):
        return _may_vary([*value, *value.values()])
    if isinstance(value, (list, tuple)):
        return any(map(_may_vary, value))
    return "{" in value if isinstance(value, str) else not isinstance(value, (int, float, type(None)))


def copy_of(task: _Task) -> _Task:
    """A copy of a task with the same parents and all that it has of them, as a worker has one for each host."""
    copy = task.copy(exclude_parent=True, exclude_tasks=True)
    copy._parent, copy._squashed = task._parent, task._squashed
    return t.cast("_Task", copy)


def _context(host: Host, task: Task, variables: Result) -> contextlib.AbstractContextManager[object]:
    """Where ansible-core from 2.19 on keeps which task is run."""
    if TaskContext is None:
        return contextlib.nullcontext()
    if hasattr(TaskContext, "create"):
        return t.cast(
            "contextlib.AbstractContextManager[object]", TaskContext.create(task=task, task_vars=variables, host_name=host.name)
        )
    return t.cast("contextlib.AbstractContextManager[object]", TaskContext(task))
