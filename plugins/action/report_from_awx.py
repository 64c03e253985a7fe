# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx import lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx.controller import Controller, ControllerError, login_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx.walk import hosts_of, jobs_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.scope import absent, narrowing
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, of_role, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Options, Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import MESSAGE, some, visible


class ActionModule(ActionBase):  # type: ignore[misc]
    """Write what jobs of AWX found as JSON Lines, from their events. Reads AWX, changes nothing there, touches no host."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        with bad_input.refused(named=of_role.naming(self._task.args)):
            self._task.args = of_role.filled(self._task.args, specs.REPORT_FROM_AWX, task_vars, self._templar.template)
            _validation, options = self.validate_argument_spec(specs.REPORT_FROM_AWX)
            workflows = _workflows(options, task_vars)
            controller = Controller(login_of(os.environ), time.sleep)
        try:
            result.update(changed=False, **_read(controller, options, workflows, _own(task_vars)))
        except (ControllerError, OSError) as error:
            raise AnsibleActionFail(f"the jobs of AWX could not be read: {visible(str(error), MESSAGE)}") from None
        return result


def _workflows(options: Options, task_vars: TaskVars) -> list[int]:
    """The workflow jobs: the one that is named, or the one that this runs in. Raises BadInput where there is nothing to read."""
    if options["workflow_job"] is not None:
        return [options["workflow_job"]]
    here = str(task_vars.get("awx_workflow_job_id", ""))
    if here.isdigit() and not options["jobs"]:
        return [int(here)]
    if not options["jobs"]:
        raise BadInput("workflow_job", "this runs in no workflow of AWX: name a workflow job, or jobs")
    return []


def _own(task_vars: TaskVars) -> int | None:
    number = str(task_vars.get("awx_job_id", ""))
    return int(number) if number.isdigit() else None


def _read(controller: Controller, options: Options, workflows: list[int], own: int | None) -> Result:
    """Write the lines. Raises ControllerError, and OSError where they cannot be written."""
    found = jobs_of(controller, workflows, own)
    jobs = list(dict.fromkeys([*found.jobs, *options["jobs"]]))
    folder = Path(options["report_dir"]).expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    name = f"jobs-of-{'-'.join(map(str, workflows or jobs))[:100]}.jsonl"
    with tempfile.TemporaryDirectory(dir=folder, prefix=".impersonate-") as beside:
        part = Path(beside) / name
        with part.open("w", encoding="ascii") as to:
            read = lines.write_jobs(controller, jobs, options["wait"], time.sleep, to)
            if not read.heads:
                raise ControllerError(f"none of the jobs left a report: {some([str(job) for job in jobs]) or 'there is no job'}")
            compared = _compared(controller, read)
            missing = absent([*compared.enabled, *read.lost], read.hosts)
            if missing:
                lines.write_missing(read.heads[-1], missing, to)
        part.replace(folder / name)
    silent = [f"nodes of the workflow that left no job: {some([visible(node) for node in found.silent])}"] if found.silent else []
    result: Result = {"path": str(folder / name), "jobs": jobs, "missing": len(missing), "disabled": compared.disabled}
    result["warnings"] = [*read.notes, *silent, *compared.notes]
    doubts = lines.doubts(read, found.silent, compared.inventories)
    if doubts:
        result["failed"] = True
        result["msg"] = (
            f"hosts may be in no number: {', and '.join(doubts)}. No inventory tells which hosts there must be. What was found is in "
            f"{folder / name}, of which merge_reports makes a report; name other jobs with impersonate_awx_jobs"
        )
    return result


@dataclass(frozen=True, slots=True)
class _Compared:
    """Inventories that tell which hosts there must be, their enabled hosts, how many are disabled, and what a reader must know."""

    inventories: frozenset[int] = frozenset()
    enabled: tuple[str, ...] = ()
    disabled: int = 0
    notes: tuple[str, ...] = ()


def _compared(controller: Controller, read: lines.Read) -> _Compared:
    limits = narrowing(head["run"] for head in read.heads)
    if limits:
        return _Compared(notes=(f"the jobs were limited to {some(limits)}, so that they are not compared with the inventory",))
    inventories = frozenset(number for number in read.inventories if number is not None)
    enabled, disabled = [], 0
    for inventory in sorted(inventories):
        for host, runs in hosts_of(controller, inventory):
            if runs:
                enabled.append(host)
            else:
                disabled += 1
    gone = ("the inventory of a job is gone, so that the job is not compared with it",) if None in read.inventories else ()
    are = "host is" if disabled == 1 else "hosts are"
    left_out = (f"{disabled} {are} disabled in the inventory, and in no number",) if disabled else ()
    return _Compared(inventories, tuple(enabled), disabled, (*gone, *left_out))
