# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What many hosts of one process have in common is made once: their checked options and policy, and the payload that they are sent.

A process that reads one host makes everything once anyway. Nothing here depends on which host came first.
"""

from __future__ import annotations

import functools
import json
import typing as t
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from .._host.windows import ReadRequest
from .._policy.policy import Policy
from . import options as task_options
from .given import Options, TaskVars

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

_MOST = 100
"""Things of a kind that are kept: fleets have a few groups of hosts with options of their own."""

Made = t.TypeVar("Made")


class Once(t.Generic[Made]):
    """Makes one thing for equal keys; for a key that is None always a new one."""

    def __init__(self) -> None:
        self._made: dict[str, Made] = {}

    def get(self, key: str | None, make: Callable[[], Made]) -> Made:
        """What was made for the key. What ``make`` raises is not kept."""
        if key is None:
            return make()
        if key not in self._made:
            if len(self._made) >= _MOST:
                self._made.clear()
            self._made[key] = make()
        return self._made[key]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a task asks of a host, as far as it depends on its options alone. To be read only."""

    options: Options
    policy: Policy
    request: ReadRequest


_prepared: Once[Prepared] = Once()
_policies: Once[Policy] = Once()
_payloads: Once[object] = Once()


def prepared(args: Mapping[str, object], validate: Callable[[], Options]) -> Prepared:
    """The checked options of a task, its policy and what it reads. ``args``: the options as they are.

    Raises BadInput, and what ``validate`` does.
    """

    def make() -> Prepared:
        options = validate()
        return Prepared(options, policy(options), task_options.read_request_of(options))

    return _prepared.get(_key(args), make)


def policy(options: Options) -> Policy:
    """The policy of a task; one that its other options make up (no ``policy``) is made anew. Raises BadInput."""
    chosen = options.get("policy")
    key = None if chosen is None else _key([chosen, options.get("policies")])
    return _policies.get(key, lambda: task_options.policy_of(options))


def payload(action: ActionBase, module: Sequence[object], task_vars: TaskVars, build: Callable[[], object]) -> object:
    """What ansible-core builds of a module for a host of an action: the same for the same arguments, environment and interpreters.

    ``module``: its name and its arguments.

    With become it is built for each host, since it has a password in it then.
    """
    environment: dict[str, object] = {}
    action._compute_environment_string(environment)
    interpreters = {
        name: value for name, value in task_vars.items() if name.startswith("ansible_") and name.endswith("_interpreter")
    }
    become = getattr(action._connection, "become", None)
    shell = getattr(action._connection._shell, "_load_name", None)
    return _payloads.get(None if become else _key([module, environment, interpreters, shell]), build)


class PayloadOnce:
    """An action that sends the hosts of one process the payload that was built for the first of them."""

    def _configure_module(self, module_name: str, module_args: dict[str, t.Any], task_vars: dict[str, t.Any]) -> t.Any:
        build = functools.partial(super()._configure_module, module_name=module_name, module_args=module_args, task_vars=task_vars)  # type: ignore[misc]
        return payload(t.cast("ActionBase", self), [module_name, module_args], task_vars, build)


def _key(value: object) -> str | None:
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return None
