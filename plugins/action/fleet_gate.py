# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import told_once


class ActionModule(ActionBase):  # type: ignore[misc]
    """Fail where a fleet did not pass its gate, in one line. Nothing is sent to a host."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    @told_once
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        with bad_input.refused(str):
            _validation, options = self.validate_argument_spec(specs.FLEET_GATE)
        result.update(changed=False, failed=not options["passed"], msg=options["verdict"])
        return result
