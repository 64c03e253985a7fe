# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run says of variables that hosts may have of their own: by the first host whose variables make sense."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Collection, Mapping

from ansible.errors import AnsibleError
from ansible.template import Templar

from .._input.errors import BadInput
from . import one_host
from .given import TaskVars
from .of_role import Template, has_template

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

Made = t.TypeVar("Made")
_TEMPLATES = 10
"""How many hosts whose variables are templates are tried: one that fails may take its time, as a lookup does, and fail on all hosts."""


def by_first_sound(
    action: ActionBase, task_vars: TaskVars, names: Collection[str], make: Callable[[TaskVars, Template], Made]
) -> tuple[Made, str | None]:
    """What ``make`` makes of the variables of the task's own host, or of the next host of the play where those make no sense; and the name
    of that other host.

    What is wrong with the variables of one host is said by that host's own task, and ends the run of no other. ``names``: the variables
    that hosts may have of their own; hosts that have the same ones are asked once, and of those with templates the first few. Raises what
    was wrong with the first host (BadInput, AnsibleError) where none of them has any that make sense.
    """
    try:
        return make(task_vars, action._templar.template), None
    except (BadInput, AnsibleError) as error:
        wrong = error
    first = task_vars.get("inventory_hostname")
    others = [str(host) for host in task_vars.get("ansible_play_hosts", ()) if host != first]
    if not others:
        raise wrong
    task = one_host.as_written(action._task, action._loader)
    task.delegate_to = None
    failed = _Failed(_own(task_vars, names))
    for host in others:
        variables = one_host.variables_of(host, task, task_vars)
        own = _own(variables, names)
        if own in failed:
            continue
        try:
            return make(variables, Templar(loader=action._loader, variables=variables).template), host
        except (BadInput, AnsibleError):
            failed.add(own)
    raise wrong


def _own(variables: TaskVars, names: Collection[str]) -> Mapping[str, object]:
    return {name: variables[name] for name in names if name in variables}


class _Failed:
    """Variables that make no sense. A template may have a value for another host. The values of a vault, which count as templates, are
    compared with none: they may not open.
    """

    def __init__(self, own: Mapping[str, object]) -> None:
        self._plain: list[Mapping[str, object]] = []
        self._templates = 0
        self.add(own)

    def add(self, own: Mapping[str, object]) -> None:
        """Take those of one more host."""
        if has_template(own):
            self._templates += 1
        else:
            self._plain.append(own)

    def __contains__(self, own: Mapping[str, object]) -> bool:
        return self._templates >= _TEMPLATES if has_template(own) else own in self._plain
