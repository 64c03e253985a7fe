# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import write_atomically
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.policy_page import page, screen
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, specs, variables
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars


class ActionModule(ActionBase):  # type: ignore[misc]
    """Print policies as tables, once, on the controller."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        with bad_input.refused(str):
            _validation, options = self.validate_argument_spec(specs.POLICY_PAGE)
            variables.check_if_asked(options, self._task, task_vars or {})
            task_options.refuse_shipped_names(options["own_policies"])
            policies = task_options.policies_of(options["policies"])
            text = page(policies)
        path = Path(options["dest"]).absolute() if options["dest"] else None
        written = path is not None and not self._task.check_mode
        if path and written:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, text)
            except OSError as error:
                raise AnsibleActionFail(f"dest: the page could not be written to {path}: {error}") from error
        Display().display("\n" + screen(policies))
        result.update(changed=False, page=text, path=str(path) if written else None)
        return result
