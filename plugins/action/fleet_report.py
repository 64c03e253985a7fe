# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import platform
import typing as t
from pathlib import Path

from ansible import __version__ as ansible_version
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _arguments, _fleet
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.document import awx_of, document, to_json
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.files import write_atomically
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.record import Record, record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.summary import UNREAD, stopped_by, verdict_sentence
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.waivers import exceptions_of

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
        now = datetime.datetime.now(datetime.timezone.utc)
        _validation, options = self.validate_argument_spec(_arguments.FLEET_REPORT)
        results = _fleet.results_of(task_vars, options["results"], _fleet.run_of(options["check"]))
        records = [record_of(host, registered) for host, registered in results.items()]
        not_yet = [host for host, registered in results.items() if registered is None]
        report = document(
            records,
            run={**self._run(task_vars, options["check"], now), "action": options["action"]},
            policy=None if options["action"] == "restore" else options["check"]["policy"],
            generator={
                "name": "winrights.seimpersonate",
                "ansible_core": ansible_version,
                "python": platform.python_version(),
            },
            fail_on=options["fail_on"],
            exceptions=self._exceptions(task_vars, records, options["check"].get("exceptions") or [], now.date()),
        )
        summary = report["summary"]
        stop = stopped_by(records) if options["action"] != "audit" else []
        batches_left = options["action"] != "audit" and not stop and _batches_left(task_vars)
        text = markdown(report)
        files = _write(Path(options["report_dir"]), report, text)
        Display().display("\n" + (_progress(summary) if batches_left else text))
        result.update(
            changed=False,
            files=files,
            summary={key: value for key, value in summary.items() if key not in ("unexpected_accounts", "exceptions")},
            gate_passed=batches_left or (summary["gate"]["passed"] and not stop),
            stopped_by=stop,
            verdict=_sentence(summary, options["action"], files, stop, not_yet),
        )
        return result

    def _exceptions(
        self, task_vars: t.Mapping[str, t.Any], records: list[Record], declared: list[t.Any], today: datetime.date
    ) -> list[dict[str, t.Any]]:
        if not declared and not any(record["exceptions"] for record in records):
            return []
        return exceptions_of(records, declared, _unread(task_vars, records), today)

    def _run(self, task_vars: t.Mapping[str, t.Any], check: t.Mapping[str, t.Any], finished: datetime.datetime) -> dict[str, t.Any]:
        started = datetime.datetime.strptime(check["started"], _CLOCK).replace(tzinfo=datetime.timezone.utc)
        return {
            "id": check["run_id"],
            "started": check["started"],
            "finished": finished.strftime(_CLOCK),
            "duration_s": int((finished - started).total_seconds()),
            "check_mode": bool(self._task.check_mode),
            "awx": awx_of(task_vars),
        }


def _unread(task_vars: t.Mapping[str, t.Any], records: list[Record]) -> dict[str, list[str]]:
    """Hosts of the inventory that were not read, with their groups: nobody else knows which exceptions are meant for them."""
    read = {record["host"] for record in records if record["status"] not in UNREAD}
    hosts = dict.fromkeys([*task_vars["ansible_play_hosts_all"], *(task_vars.get("groups") or {}).get("all", ())])
    return {
        str(host): [str(name) for name in task_vars["hostvars"][host].get("group_names", ())] for host in hosts if host not in read
    }


def _batches_left(task_vars: t.Mapping[str, t.Any]) -> bool:
    """Whether hosts of the play come after this batch; batches take the hosts in their order."""
    hosts, batch = task_vars["ansible_play_hosts_all"], set(task_vars["ansible_play_batch"])
    last = max((number for number, host in enumerate(hosts) if host in batch), default=len(hosts))
    return any(host in task_vars["ansible_play_hosts"] for host in hosts[last + 1 :])


def _progress(summary: t.Mapping[str, t.Any]) -> str:
    done = summary["expected"] - summary["by_status"]["not_checked"]
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in summary["by_outcome"].items())
    return f"{done} of {summary['expected']} hosts done: {outcomes}. The next batch follows."


def _write(folder: Path, report: t.Mapping[str, t.Any], text: str) -> dict[str, str]:
    stem = f"impersonate-{report['run']['action']}-{report['run']['id']}"
    paths = {"json": folder / f"{stem}.json", "markdown": folder / f"{stem}.md"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(paths["json"], to_json(report))
        write_atomically(paths["markdown"], text)
    except OSError as wrong:
        raise AnsibleActionFail(f"report_dir: the report could not be written to {folder}: {wrong}") from wrong
    return {kind: str(path.resolve()) for kind, path in paths.items()}


def _sentence(summary: t.Mapping[str, t.Any], action: str, files: t.Mapping[str, str], stop: list[str], not_yet: list[str]) -> str:
    reasons = "; ".join(summary["gate"]["reasons"])
    failed = f" The fleet gate failed: {reasons}." if reasons else ""
    rest = f", before {len(not_yet)} hosts were reached: {_some(not_yet)}" if not_yet else ""
    stopped = f" The rolling change stopped at {_some(stop)}{rest}." if stop else ""
    return f"{verdict_sentence(dict(summary), action)}.{stopped}{failed} Report: {files['json']}"


def _some(hosts: list[str]) -> str:
    return ", ".join(hosts[:10]) + (f" and {len(hosts) - 10} more" if len(hosts) > 10 else "")
