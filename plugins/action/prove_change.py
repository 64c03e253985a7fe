# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import HostFacts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import check_folder, file_name, write_atomically
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import WindowsHost
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput, CannotJudge
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import generator
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import told_once
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import lab, table
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import counts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.recording import host_of, table_of


class ActionModule(ActionBase):  # type: ignore[misc]
    """Try out a change on a lab host and compare each answer with the documents: one command that reads, one that gives and takes."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    @told_once
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        with bad_input.marked(str):
            _validation, options = self.validate_argument_spec(specs.PROVE_CHANGE)
            task_options.refuse_delegation(self._task.delegate_to, task_vars or {})
            if not options["lab"]:
                raise BadInput(
                    "lab", "is not set", expected="say lab: true for a host on which a right may be given and taken for a moment"
                )
            folder = Path(options["dest"]).expanduser().absolute()
            check_folder("dest", folder, "so no recording could be written")
        result.update(changed=False, rows=[], counts={}, path=None)
        name = (task_vars or {}).get("inventory_hostname", "host")
        try:
            host = WindowsHost.behind(self._connection, self._execute_module, task_vars or {})
            facts = host.read()
            reason = lab.refusal(facts)
        except (HostError, CannotJudge) as error:
            return {**result, "failed": True, "msg": f"nothing was tried: {error}"}
        if reason or self._task.check_mode:
            return {**result, **_not_tried(reason)}
        try:
            tried = lab.read_answer(host.try_out(dict(lab.ARGUMENTS)))
        except (HostError, AnsibleConnectionFailure, ValueError) as error:
            doubt = f"it is not known whether {lab.ACCOUNT} ({lab.SID}) holds the right now: run an audit"
            return {**result, "changed": True, "failed": True, "msg": f"{error}; {doubt}"}
        if not tried.steps:
            return {**result, "failed": True, "msg": f"nothing was tried: {tried.refused or 'the host says no reason'}"}

        rows = lab.rows(tried)
        Display().display("\n" + "\n".join(table.lines(name, rows)))
        result.update(changed=tried.changed, rows=table_of(rows), counts=counts(rows))
        wrong = lab.wrong(rows)
        problems = [f"not as the documents say: {', '.join(wrong)}"] if wrong else []
        path = folder / file_name(name, ".json", "prove-change-")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, json.dumps(_recording(facts, tried, options["kind"]), indent=1) + "\n", 0o600)
            result["path"] = str(path)
        except OSError as error:
            problems.append(f"the recording could not be written: {error}")
        if problems:
            result.update(failed=True, msg="; ".join(problems))
        return result


def _not_tried(reason: str | None) -> Mapping[str, object]:
    """Why nothing was sent: a refusal, or check mode."""
    if reason is None:
        return {"skipped": True, "msg": "in check mode nothing is given or taken"}
    return {"failed": True, "msg": f"nothing is tried out on this host: {reason}"}


def _recording(facts: HostFacts, tried: lab.Tried, kind: str) -> Mapping[str, object]:
    """What is kept of it: no SID, name or sentence of the host."""
    return {
        "schema": lab.SCHEMA,
        "kind": kind,
        "made": _utc.written(_utc.now()),
        "version": generator()["version"],
        "host": host_of(facts, {}),
        "steps": lab.kept(tried),
        "as_before": tried.before is not None and tried.before == tried.after,
    }
