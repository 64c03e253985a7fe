# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import check_folder
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_changes import change_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats import gpo_plan_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.facts import DomainFacts, GpoFacts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._gpo.refusal import (
    GpoRefused,
    Reason,
    check_controller,
    chosen_gpo,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import gpo_enforcement, gpo_snapshots, locks, snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.enforcement import SnapshotNotKept
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.gpo_answers import NO_CONTROLLER
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import WindowsHost
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.categories import ErrorCategory
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import (
    bad_input,
    gpo_keeping,
    gpo_options,
    gpo_planning,
    of_role,
    report_options,
    specs,
    variables,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.lasting import check_snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import told_once
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build, gpo_build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.gpo_types import GpoChange


class ActionModule(ActionBase):  # type: ignore[misc]
    """Bring one GPO to what the task asks: read, plan, keep the pre-image, apply, verify."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    @told_once
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        now = _utc.now()
        named = of_role.naming(self._task.args)
        with bad_input.marked(named):
            self._task.args = of_role.filled(self._task.args, specs.GPO_RIGHT, task_vars, self._templar.template)
            _validation, options = self.validate_argument_spec(specs.GPO_RIGHT)
            variables.check_if_asked(options, self._task, task_vars, own=True)
            task_options.refuse_delegation(self._task.delegate_to, task_vars)
            if options.get("restore") is None:
                instead = "say in the GPO what impersonate_gpo_state asks for"
                of_role.refuse_restore(options, task_vars, self._templar.template, "gpo_restore", instead)
            wish = gpo_options.wish_of(options)
            folder = Path(options["snapshot_dir"]).expanduser().absolute()
            warnings = check_snapshots(options, task_vars, named)
            snapshots.check_place("snapshot_dir", folder)
            check_folder("snapshot_dir", folder, "so that no pre-image could be kept")
            if wish.restore is not None:
                gpo_snapshots.check_wanted(folder, wish.restore)
            kept = report_options.gpo_file_of(options)
            gpo_keeping.check_kept(kept)
            run_id = options["run_id"] or task_options.new_run_id(now)
        job = gpo_enforcement.GpoJob(run_id, folder, wish.restore is not None)
        result.update(changed=False, run_id=run_id)
        try:
            host = WindowsHost.behind(self._connection, self._execute_module, task_vars)
            facts = host.read_gpos_for_change([wish.gpo])
            check_controller(facts.controller)
            gpo = chosen_gpo(facts, wish.gpo)
            planned = self._plan(wish, facts, gpo, folder)
            plan = planned.plan
            change = change_of(plan, planned.reach, planned.impact_of, run_id, _utc.written(now))
            result.update(gpo_build.planned(plan, change))
            if self._task.diff:
                result["diff"] = gpo_plan_lines.diff(plan)
            Display().display("\n" + "\n".join(gpo_plan_lines.lines(plan, change)) + "\n")
            if planned.refusal:
                _note(result, kept, {**change, "outcome": "refused"}, facts)
                raise planned.refusal
            if not self._task.check_mode:
                ending = gpo_enforcement.carry_out(job, host, facts, plan, now)
                result["notes"] += [ending.earlier] if ending.earlier else []
                result.update(gpo_build.ended(ending, plan))
                if ending.snapshot and warnings:
                    result.setdefault("warnings", []).extend(warnings)
            if not plan.empty:
                _note(result, kept, {**change, "outcome": result["outcome"]}, facts)
        except HostError as error:
            refused = {"outcome": "refused", "refused": Reason.NOT_A_CONTROLLER.value} if error.call == NO_CONTROLLER else {}
            planned_already = (
                {"outcome": "refused"} if "plan" in result else {}
            )  # the GPO was to be read again, and nothing was sent
            said = build.error(error.category, str(error), error.call, error.status)
            return {**result, **said, **planned_already, **refused, "changed": False}
        except GpoRefused as error:
            refusal = {"failed": True, "msg": str(error), "outcome": "refused", "refused": error.reason.value}
            return {**result, **refusal, "changed": False}
        except locks.Busy as error:
            return {**result, **build.error(ErrorCategory.BUSY, str(error)), "outcome": "refused", "changed": False}
        except SnapshotNotKept as error:
            return {**result, **build.error(ErrorCategory.SNAPSHOT_NOT_KEPT, str(error)), "outcome": "refused", "changed": False}
        except snapshots.Spoilt as error:
            return {**result, **build.error(ErrorCategory.SNAPSHOT_SPOILT, f"nothing was changed: {error}"), "outcome": "refused"}
        return result

    def _plan(self, wish: gpo_options.Wish, facts: DomainFacts, gpo: GpoFacts, folder: Path) -> gpo_planning.Planned:
        """The plan and what it means for audited hosts. Raises GpoRefused and Spoilt."""
        with bad_input.marked(of_role.naming(self._task.args)):
            return gpo_planning.planned(wish, facts, gpo, folder)


def _note(result: Result, kept: Path | None, change: GpoChange, facts: DomainFacts) -> None:
    """Note a change in the file for reports, where there is one; the result has a warning where the file does not get it."""
    warning = gpo_keeping.keep_change(kept, change, facts.controller.domain) if kept else None
    if warning:
        result.setdefault("warnings", []).append(warning)
