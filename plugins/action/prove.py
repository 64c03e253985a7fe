# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import check_folder, file_name, write_atomically
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import ReadRequest, WindowsHost, facts_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, specs, variables
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import options as task_options
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import generator
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import told_once
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import Policy
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import asked, table
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.answers import Told, Unreadable, read_answers
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import counts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.recording import NotRedacted, Recording, recorded
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.rows import Verdict


class ActionModule(ActionBase):  # type: ignore[misc]
    """Compare what the payload says of one host with what other sources of that host say: two commands, nothing changed.

    Both in one task: between two tasks their answers would stand unredacted in logs and in the job events of AWX.
    """

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    @told_once
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        with bad_input.marked(str):
            _validation, options = self.validate_argument_spec(specs.PROVE)
            variables.check_if_asked(options, self._task, task_vars or {}, own=True, proves=True)
            task_options.refuse_delegation(self._task.delegate_to, task_vars or {})
            policy = task_options.policy_of(options)
            folder = Path(options["dest"]).expanduser().absolute()
            check_folder("dest", folder, "so no recording could be written")
        result.update(changed=False, rows=[], counts={}, path=None)
        try:
            payload, answer = self._asked(task_vars or {})
            if answer.get("clean") is False:
                result["warnings"] = ["a temporary folder winrights-prove-* could not be removed from the host"]
            recording = self._recorded(payload, answer, policy, options["kind"], task_vars or {})
        except HostError as error:
            return {**result, "failed": True, "msg": str(error)}
        except (Unreadable, NotRedacted) as error:
            return {**result, "failed": True, "msg": f"{error}, so nothing is written"}
        host = (task_vars or {}).get("inventory_hostname", "host")
        rows = table.rows_from(recording["table"])
        Display().display("\n" + "\n".join(table.lines(host, rows)))
        result.update(rows=recording["table"], counts=counts(rows))
        differ = [f"{row.fact} ({row.source})" for row in rows if row.verdict is Verdict.DIFFERS]
        problems = [f"payload and other sources differ in: {', '.join(differ)}"] if differ else []
        if not self._task.check_mode:
            path = folder / file_name(host, ".json", "prove-")
            try:
                folder.mkdir(parents=True, exist_ok=True)
                write_atomically(path, json.dumps(recording, indent=1, ensure_ascii=False) + "\n", 0o600)
                result["path"] = str(path)
            except OSError as error:
                problems.append(f"the recording could not be written: {error}")
        if problems:
            result.update(failed=True, msg="; ".join(problems))
        return result

    def _asked(self, task_vars: Told) -> tuple[Told, Told]:
        """What payload and independent script answered, as it came. Raises HostError."""
        host = WindowsHost.behind(self._connection, self._execute_module, task_vars)
        payload = host.answer(ReadRequest(exposure=True, expand=True, events=asked.HOURS))
        return payload, host.sources(asked.arguments(facts_of(payload)))

    def _recorded(self, payload: Told, answer: Told, policy: Policy, kind: str, task_vars: Told) -> Recording:
        """The recording of the host. Raises Unreadable and NotRedacted."""
        names = [str(task_vars[key]) for key in ("inventory_hostname", "ansible_host") if task_vars.get(key)]
        return recorded(
            payload,
            read_answers(answer),
            policy,
            kind=kind,
            made=_utc.written(_utc.now()),
            version=generator()["version"],
            hosts=names,
        )
