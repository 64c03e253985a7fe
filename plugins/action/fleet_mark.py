# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gate import at_the_end
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.marks import Mark, mark
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, fleet_run, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import told_once
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of


class ActionModule(ActionBase):  # type: ignore[misc]
    """Make one host fail or change in the recap, by what the report says of it. Nothing is sent to the host."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    @told_once
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        with bad_input.refused(str):
            _validation, options = self.validate_argument_spec(specs.FLEET_MARK)
        given = options["check"]
        check = fleet_run.check_of(given, fleet_run.of_first_host(task_vars, given) if isinstance(given, str) else {})
        host = task_vars["inventory_hostname"]
        alone = {**task_vars, "ansible_play_hosts_all": [host]}
        registered = fleet_run.results_of(alone, options["results"], check)
        record = record_of(str(host), registered[str(host)])
        status = at_the_end(record, planning=self._task.check_mode)
        verdict = mark(status, passed=options["gate_passed"], fail_on=options["fail_on"])
        result.update(
            changed=verdict is Mark.CHANGED, status=status, msg=f"{status}: {record['reason']}" if record["reason"] else status
        )
        if verdict is Mark.FAILED:
            result["failed"] = True
        return result
