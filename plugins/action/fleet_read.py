# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import CHANGE, READ
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, fleet_run, one_task, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_reader import FleetReader
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars


class ActionModule(ActionBase):  # type: ignore[misc]
    """Read the right on the hosts of a play as fleet_check chose: on each in a task of its own, or on all of them in this one task.

    Where changes are being planned, it is what plans the change of a host that runs on each: ``local_right`` in check mode.
    """

    BYPASS_HOST_LOOP = one_task.Decided()
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        with bad_input.marked(str):
            _validation, options = self.validate_argument_spec(specs.FLEET_READ)
        check = fleet_run.check_of(options["check"], task_vars or {})
        try:
            run_id = fleet_run.run_of(check)
        except AnsibleActionFail:
            self._task.ignore_errors = False  # no report will tell of it: with the first host all tasks for the fleet were left out
            raise
        if check["planning"] and not self._task.check_mode:
            raise AnsibleActionFail("check_mode: fleet_check says that changes are planned first; give this task check_mode: true")
        module, args = (CHANGE if check["planning"] else READ), _args(check)
        if check["reader"]["name"] == "fleet":
            return {"changed": False, "run_id": run_id, **FleetReader(self, task_vars or {}, check, module, args).read()}
        self._task.args = args
        return t.cast("Result", self._action(module).run(tmp, task_vars))

    def _action(self, module: str) -> ActionBase:
        return self._shared_loader_obj.action_loader.get(
            module, task=self._task, connection=self._connection, play_context=self._play_context, loader=self._loader,
            templar=self._templar, shared_loader_obj=self._shared_loader_obj,
        )  # fmt: skip


def _args(check: t.Mapping[str, object]) -> dict[str, object]:
    """The options of what runs on each host: its variables, in this run."""
    restore = {"restore": check["restore"]} if check["restore"] else {}
    return {"from_variables": True, "run_id": check["run_id"], **restore}
