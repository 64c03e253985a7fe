# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _arguments, _bad_input, _progress, _results
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy import clock
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.errors import CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.judgement import judged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._windows import WindowsHost


class ActionModule(ActionBase):  # type: ignore[misc]
    """Read who holds the right on one host and judge it: one command, nothing written, the same in check mode."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        with _bad_input.marked():
            _validation, options = self.validate_argument_spec(_arguments.LOCAL_RIGHT_INFO)
            _arguments.refuse_delegation(self._task.delegate_to, task_vars or {})
            policy = _arguments.policy_of(options)
            wishes = _arguments.wishes_of(options, policy, task_vars or {})
            more = _arguments.more_of(options)

        started = time.monotonic()
        checked_at = clock.written(datetime.datetime.now(datetime.timezone.utc))
        facts, status = None, "unreachable"
        try:
            host = WindowsHost.behind(self._connection, self._execute_module, task_vars or {})
            facts = host.read(sorted({*policy.asked_names, *wishes.asked_names}), more)
            result.update(_results.report(judged(facts, policy, wishes)), **_results.more(facts, more))
            status = result["status"]
        except HostError as failed:
            result.update(_results.error(failed.category, str(failed), failed.call, failed.status))
        except CannotJudge as doubt:
            result.update(_results.error(doubt.category, str(doubt), facts=facts))
        finally:
            _progress.tell(task_vars or {}, options, status)
        result.update(
            changed=False,
            run_id=options["run_id"],
            transport=self._connection.transport,
            checked_at=checked_at,
            duration_ms=round((time.monotonic() - started) * 1000),
        )
        return result
