# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.winrights.seimpersonate.plugins.action import local_right_info
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, fleet_run, one_task, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_reader import FleetReader
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars


class ActionModule(local_right_info.ActionModule):
    """Read the right on the hosts of a play as fleet_check chose: on each in a task of its own, or on all of them in this one task."""

    BYPASS_HOST_LOOP = one_task.Decided()

    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        with bad_input.marked(str):
            _validation, options = self.validate_argument_spec(specs.FLEET_READ)
        check = fleet_run.check_of(options["check"], task_vars or {})
        run_id = fleet_run.run_of(check)
        if check["reader"]["name"] == "fleet":
            return {"changed": False, "run_id": run_id, **FleetReader(self, task_vars or {}, check).read()}
        self._task.args = {"from_variables": True, "run_id": run_id}
        return super().run(tmp, task_vars)
