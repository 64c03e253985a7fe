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


def by_first_sound(
    action: ActionBase, task_vars: TaskVars, names: Collection[str], make: Callable[[TaskVars, Template], Made]
) -> Made:
    """What ``make`` makes of the variables of the task's own host, or of the next host of the play where those make no sense.

    What is wrong with the variables of one host is said by that host's own task, and ends the run of no other. ``names``: the variables
    that hosts may have of their own; hosts that have the same ones are asked once. Raises what was wrong with the first host (BadInput,
    AnsibleError) where no host has any that make sense.
    """
    try:
        return make(task_vars, action._templar.template)
    except (BadInput, AnsibleError) as error:
        wrong = error
    others = [host for host in task_vars.get("ansible_play_hosts", ()) if host != task_vars.get("inventory_hostname")]
    if not others:
        raise wrong
    task = one_host.as_written(action._task, action._loader)
    task.delegate_to = None
    failed: list[Mapping[str, object]] = []
    _remember(failed, _own(task_vars, names))
    for host in others:
        variables = one_host.variables_of(host, task, task_vars)
        own = _own(variables, names)
        if not has_template(own) and own in failed:
            continue
        try:
            return make(variables, Templar(loader=action._loader, variables=variables).template)
        except (BadInput, AnsibleError):
            _remember(failed, own)
    raise wrong


def _own(variables: TaskVars, names: Collection[str]) -> Mapping[str, object]:
    return {name: variables[name] for name in names if name in variables}


def _remember(failed: list[Mapping[str, object]], own: Mapping[str, object]) -> None:
    """A template may have a value for another host. The values of a vault are compared with none: they may not open."""
    if not has_template(own):
        failed.append(own)
