# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import time
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import enforcement, snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.core_lock import releasing
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import WindowsHost
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.categories import ErrorCategory
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, jobs, of_role, once, progress, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Options, Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.lasting import check_snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import told_once
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.outcome import Outcome


class ActionModule(once.PayloadOnce, ActionBase):  # type: ignore[misc]
    """Bring the right on one host to what the task asks: read, judge, plan, keep the pre-image, apply, verify."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True
    _connection: t.Any

    @told_once
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        started = time.monotonic()
        now = _utc.now()
        named = of_role.naming(self._task.args)
        with bad_input.marked(named):
            self._task.args = of_role.filled(self._task.args, specs.LOCAL_RIGHT, task_vars, self._templar.template)
            _validation, options = self.validate_argument_spec(specs.LOCAL_RIGHT, mutually_exclusive=specs.EXCLUSIVE)
            task_options.refuse_delegation(self._task.delegate_to, task_vars)
            warnings = check_snapshots(options, task_vars, named)
            job = self._job(options, task_vars, now)
        if isinstance(job, jobs.NothingToRestore):
            result.update(build.nothing_to_restore(job.why))
        elif isinstance(job, snapshots.Spoilt):
            result.update(build.error(ErrorCategory.SNAPSHOT_SPOILT, f"nothing was changed: {job}"), changed=False)
        else:
            try:
                result.update(self._enforce(job, task_vars, now))
            finally:
                progress.tell(task_vars, options, str(result.get("status", "unreachable")))
            if warnings:
                result.setdefault("warnings", []).extend(warnings)
        result.update(
            run_id=options["run_id"],
            transport=self._connection.transport,
            checked_at=_utc.written(now),
            duration_ms=round((time.monotonic() - started) * 1000),
        )
        return result

    def _job(
        self, options: Options, task_vars: TaskVars, now: datetime.datetime
    ) -> enforcement.Job | snapshots.Spoilt | jobs.NothingToRestore:
        """The job, or why there is nothing to restore, or what is wrong with the host's own snapshot. Raises BadInput."""
        try:
            return jobs.job_of(options, task_vars, now)
        except snapshots.Spoilt as error:
            return error

    def _enforce(self, job: enforcement.Job, task_vars: TaskVars, now: datetime.datetime) -> Result:
        facts = None
        try:
            self._connection = releasing(self._connection)
            host = WindowsHost.behind(self._connection, self._execute_module, task_vars)
            facts = host.read_for_change(job.names)
            job_result = (enforcement.plan if self._task.check_mode else enforcement.plan_in_turn)(job, facts)
            if job_result.notes and not self._task.check_mode:
                job_result = enforcement.settle_earlier(job, facts, job_result)
            if job_result.outcome is Outcome.PLANNED and not self._task.check_mode:
                facts, job_result = enforcement.apply(job, host, facts, job_result, now)
            result = build.enforced(job, facts, job_result)
        except HostError as error:
            return build.error(error.category, str(error), error.call, error.status)
        except CannotJudge as error:
            return build.error(error.category, str(error), facts=facts)
        except enforcement.SnapshotNotKept as error:
            return build.error(ErrorCategory.SNAPSHOT_NOT_KEPT, str(error), facts=facts)
        if self._task.diff and job_result.after is not None:
            result["diff"] = build.diff(job.host, job_result.names_by_sid, job_result.plan.before, job_result.after)
        return result
