# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import check_folder
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_hosts import audited
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats import gpo_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.judgement import judge_gpo
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.refusal import GpoRefused, guid_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import WindowsHost
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.naming import called
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import (
    bad_input,
    gpo_keeping,
    gpo_options,
    of_role,
    report_options,
    specs,
    variables,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import told_once
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build, gpo_build


class ActionModule(ActionBase):  # type: ignore[misc]
    """Read the GPOs of a domain from one domain controller and judge them: one command, nothing written, the same in check mode."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    @told_once
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        with bad_input.marked(of_role.naming(self._task.args)):
            self._task.args = of_role.filled(self._task.args, specs.GPO_RIGHT_INFO, task_vars, self._templar.template)
            _validation, options = self.validate_argument_spec(specs.GPO_RIGHT_INFO)
            variables.check_if_asked(options, self._task, task_vars, own=True)
            task_options.refuse_delegation(self._task.delegate_to, task_vars)
            policy = task_options.policy_of(options)
            asked = gpo_options.gpos_named(options["gpos"])
            records, _run = gpo_options.earlier_records(options)
            path = report_options.gpo_file_of(options)
            if path:
                check_folder("gpo_file", path.parent, "so that what was read could not be kept")
            gpo_keeping.check_kept(path)
        result["changed"] = False
        try:
            facts = WindowsHost.behind(self._connection, self._execute_module, task_vars).read_gpos(asked)
            for name in asked:
                guid_of(facts, name)
        except HostError as error:
            return {**result, **build.error(error.category, str(error), error.call, error.status)}
        except GpoRefused as error:
            return {**result, "failed": True, "msg": str(error), "refused": error.reason.value}
        hosts = {gpo.guid: audited(records or (), gpo.guid, facts.controller.domain) for gpo in facts.gpos}
        judged = [
            judge_gpo(facts, gpo, policy, [host.host for host in hosts[gpo.guid] if host.wins and "IIS" in host.features])
            for gpo in facts.gpos
        ]
        gpos = gpo_build.gpos(facts, judged, policy.name, _utc.written(_utc.now()))
        Display().display("\n" + "\n".join(gpo_lines.lines(gpos)) + "\n")
        result.update(**gpos, path=None)
        try:
            if path:
                result.update(gpo_keeping.keep_read(path, gpos, named=bool(asked)), path=str(path))
        except (OSError, BadInput) as error:
            lost = f"{path} cannot be written ({error}), so that what was read could not be kept"
            result.update(failed=True, msg=f"{called('gpo_file')}: {lost}")
        return result
