# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.core_lock import releasing
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import WindowsHost
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, of_role, once, progress, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import told_once
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged


class ActionModule(once.PayloadOnce, ActionBase):  # type: ignore[misc]
    """Read who holds the right on one host and judge it: one command, nothing written, the same in check mode."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True
    _connection: t.Any

    @told_once
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        with bad_input.marked(of_role.naming(self._task.args)):
            self._task.args = of_role.filled(self._task.args, specs.LOCAL_RIGHT_INFO, task_vars or {}, self._templar.template)
            asked = once.prepared(self._task.args, lambda: self.validate_argument_spec(specs.LOCAL_RIGHT_INFO)[1])
            options, policy, request = asked.options, asked.policy, asked.request
            task_options.refuse_delegation(self._task.delegate_to, task_vars or {})
            tailoring = task_options.tailoring_of(options, policy, task_vars or {})

        started = time.monotonic()
        checked_at = _utc.written(_utc.now())
        facts, status = None, "unreachable"
        try:
            self._connection = releasing(self._connection)
            host = WindowsHost.behind(self._connection, self._execute_module, task_vars or {})
            facts = host.read(sorted({*policy.asked_names, *tailoring.asked_names}), request)
            result.update(build.host_result(judged(facts, policy, tailoring)), **build.requested(facts, request))
            status = result["status"]
        except HostError as error:
            result.update(build.error(error.category, str(error), error.call, error.status))
        except CannotJudge as error:
            result.update(build.error(error.category, str(error), facts=facts))
        finally:
            progress.tell(task_vars or {}, options, status)
        result.update(
            changed=False,
            run_id=options["run_id"],
            transport=self._connection.transport,
            checked_at=checked_at,
            duration_ms=round((time.monotonic() - started) * 1000),
        )
        return result
