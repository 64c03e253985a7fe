# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import platform
import typing as t
from pathlib import Path

from ansible import __version__ as ansible_version
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _arguments
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.document import awx_of, document, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.files import write_atomically
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.record import Record, record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.summary import verdict_sentence

_CLOCK = "%Y-%m-%dT%H:%M:%SZ"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Write the report of the whole fleet. Runs once, on the controller, also when every host is dead."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        _validation, options = self.validate_argument_spec(_arguments.FLEET_REPORT)
        report = document(
            _records(task_vars, options["results"]),
            run=self._run(task_vars, options["check"]),
            policy=options["check"]["policy"],
            generator={
                "name": "winrights.seimpersonate",
                "ansible_core": ansible_version,
                "python": platform.python_version(),
            },
            fail_on=options["fail_on"],
        )
        summary = report["summary"]
        text = markdown(report)
        files = _write(Path(options["report_dir"]), report, text)
        Display().display("\n" + text)
        result.update(
            changed=False,
            files=files,
            summary={key: value for key, value in summary.items() if key != "unexpected_accounts"},
            gate_passed=summary["gate"]["passed"],
            verdict=_sentence(summary, files),
        )
        return result

    def _run(self, task_vars: t.Mapping[str, t.Any], check: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        finished = datetime.datetime.now(datetime.timezone.utc)
        started = datetime.datetime.strptime(check["started"], _CLOCK).replace(tzinfo=datetime.timezone.utc)
        return {
            "started": check["started"],
            "finished": finished.strftime(_CLOCK),
            "duration_s": int((finished - started).total_seconds()),
            "check_mode": bool(self._task.check_mode),
            "awx": awx_of(task_vars),
        }


def _records(task_vars: t.Mapping[str, t.Any], registered: str) -> list[Record]:
    """One record for every host of the play, dead ones included."""
    hostvars = task_vars["hostvars"]
    return [record_of(str(host), _plain(hostvars[host].get(registered))) for host in task_vars["ansible_play_hosts_all"]]


def _plain(value: t.Any) -> t.Any:
    """Ansible's own containers as plain data."""
    if isinstance(value, t.Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return json.loads(json.dumps(value)) if not isinstance(value, str) else str(value)


def _write(folder: Path, report: t.Mapping[str, t.Any], text: str) -> dict[str, str]:
    stem = "impersonate-audit-" + report["run"]["finished"].replace("-", "").replace(":", "")
    paths = {"json": folder / f"{stem}.json", "markdown": folder / f"{stem}.md"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(paths["json"], to_json(report))
        write_atomically(paths["markdown"], text)
    except OSError as wrong:
        raise AnsibleActionFail(f"report_dir: the report could not be written to {folder}: {wrong}") from wrong
    return {kind: str(path.resolve()) for kind, path in paths.items()}


def _sentence(summary: t.Mapping[str, t.Any], files: t.Mapping[str, str]) -> str:
    reasons = "; ".join(summary["gate"]["reasons"])
    failed = f" The fleet gate failed: {reasons}." if reasons else ""
    return f"{verdict_sentence(dict(summary))}.{failed} Report: {files['json']}"
