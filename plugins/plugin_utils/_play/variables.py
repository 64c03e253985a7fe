# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of variables that a run of ours can see: a misspelt one must not be a run with the default. Reads names, templates nothing."""

from __future__ import annotations

import functools
import typing as t
from collections.abc import Iterable
from pathlib import Path

from ansible.module_utils.common.yaml import yaml_load

from .._input import checks
from .._input.errors import BadInput
from .._input.naming import PREFIX
from .given import Options, TaskVars

if t.TYPE_CHECKING:
    from ansible.playbook.task import Task

OF_PLAYBOOKS = ("impersonate_hosts", "impersonate_serial", "impersonate_mark_hosts")
"""Variables of our playbooks, which no role has: a play takes them before it has hosts, so the inventory cannot set them."""


OF_PROVE = ("prove_change", "prove_dir", "prove_kind", "prove_lab")
"""Variables of the playbook prove, which has no others: names of its own, since it proves what we read and needs no role."""
PROVE = "prove_"


@functools.cache
def known() -> frozenset[str]:
    """Every variable that our playbooks and our role take. The defaults of the role are the list."""
    defaults = Path(__file__).parents[3] / "roles" / "impersonate" / "defaults" / "main.yml"
    return frozenset([*yaml_load(defaults.read_text(encoding="utf-8")), *OF_PLAYBOOKS])


Look = t.Callable[[str, t.Mapping[str, object]], None]
"""What looks at the variables of one host."""


def check_if_asked(options: Options, task: Task, task_vars: TaskVars, *, own: bool = False, proves: bool = False) -> None:
    """Look at the names as ``check`` does where a task gives ``allow_unknown``; ``own``: for an action that each host of the play runs;
    ``proves``: for the playbook prove, whose own variables count too.

    Raises BadInput as ``check`` does.
    """
    if options["allow_unknown"] is not None:
        hosts = [task_vars["inventory_hostname"]] if own else None
        check(task_vars, options["allow_unknown"], task.get_variable_manager().extra_vars, hosts=hosts)
        if proves:
            _refuse_unknown("", task_vars, options["allow_unknown"], PROVE, OF_PROVE)


def check(
    task_vars: TaskVars, allowed: t.Any, extra: Iterable[str], visit: Look | None = None, *, hosts: Iterable[str] | None = None
) -> None:
    """Look at the names of all variables of a task and of some hosts, by default of all hosts of its play.

    ``allowed``: names with our prefix that belong to others. ``extra``: names of the extra variables. ``visit``: looks at each host
    in the same pass, because ansible-core takes most of a millisecond to put the variables of a host together.
    Raises BadInput for an unknown name, for what Ansible cut off an extra variable, and for a variable of a playbook in the inventory.
    """
    _refuse_cut(task_vars)
    if not (isinstance(allowed, (list, tuple)) and all(isinstance(name, str) for name in allowed)):
        raise BadInput("allow_unknown", "is not a list of names of variables", value=allowed)
    _refuse_unknown("", task_vars, allowed)
    hostvars, outside = task_vars.get("hostvars") or {}, frozenset(OF_PLAYBOOKS) - frozenset(extra)
    listed = set(hostvars)  # without a localhost that no inventory has: it has the variables of the task
    wanted = task_vars.get("ansible_play_hosts_all") or () if hosts is None else hosts
    for host in [host for host in wanted if host in listed]:
        values = hostvars[host]
        names = [name for name in values if str(name).startswith(PREFIX)]
        _refuse_unknown(f" of host {host}", names, allowed)
        for name in outside.intersection(names):
            raise BadInput(
                name,
                f"the inventory sets it for host {host}, and a play cannot take it from there, so that it would count for nothing",
                expected=f"give it with -e {name}=..., or as a variable of import_playbook",
            )
        if visit:
            visit(host, values)


def _refuse_unknown(
    owner: str, names: Iterable[str], allowed: Iterable[str], prefix: str = PREFIX, ours: Iterable[str] | None = None
) -> None:
    """Raises BadInput for a name with the prefix that is neither one of ``ours``, by default those of the role, nor an allowed one."""
    taken = known() if ours is None else frozenset(ours)
    for name in names:
        if str(name).startswith(prefix) and name not in taken and name not in allowed:
            raise BadInput(
                f"{name}{owner}",
                "there is no such variable, and the run would go on without it",
                expected="where it is one of your own, list it in impersonate_allow_unknown",
                near=[
                    prefix + word
                    for word in checks.close(name.removeprefix(prefix), sorted(variable.removeprefix(prefix) for variable in taken))
                ],
            )


def _refuse_cut(task_vars: TaskVars) -> None:
    """Ansible keeps what it cut off ``-e 'name=a b'`` under this name."""
    rest = task_vars.get("_raw_params")
    if rest:
        raise BadInput(
            "-e",
            "belongs to no variable. Ansible cuts -e 'name=a b' at the blank: write name=a,b, or give it as JSON, -e '{\"name\": \"a b\"}'",
            value=str(rest),
        )
