# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _arguments, _fleet
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet import generator
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.verdict import Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.changed import changed
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.document import awx_of, document
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.earlier import earlier_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.record import Record, record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.summary import UNREAD, stopped_by, verdict_sentence
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.waivers import exceptions_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.write import write

# A rolling change writes the report of the whole fleet after every batch; the large formats wait for the last one.
_WHILE_BATCHES_ARE_LEFT = ("json", "markdown")
_LISTS = ("unexpected_accounts", "exceptions", "controlling_gpos", "changed")
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
        not_yet = [host for host, registered in results.items() if registered is None]
        try:
            expected = _arguments.expected_of(options, task_vars.get("groups") or {})
            tolerate = _arguments.tolerate_of(options)
        except BadInput as wrong:
            raise AnsibleActionFail(str(wrong)) from None
        missing = [host for host in expected if host not in results]
        records = [record_of(host, registered) for host, registered in (results | dict.fromkeys(missing)).items()]
        report = document(
            records,
            run={**self._run(task_vars, options["check"], now), "action": options["action"]},
            policy=None if options["action"] == "restore" else options["check"]["policy"],
            generator=generator(),
            fail_on=options["fail_on"],
            exceptions=self._exceptions(task_vars, records, options["check"].get("exceptions") or [], now.date()),
            tolerate=tolerate,
        )
        summary = report["summary"]
        previous, nothing = self._previous(options)
        summary["changed"] = changed(report, previous)
        if nothing:
            result.setdefault("warnings", []).append(f"previous: {nothing}, so that the report does not say what changed")
        stop = stopped_by(records) if options["action"] != "audit" else []
        batches_left = options["action"] != "audit" and not stop and _batches_left(task_vars)
        text = markdown(report)
        formats = [kind for kind in options["formats"] if not batches_left or kind in _WHILE_BATCHES_ARE_LEFT]
        try:
            files = write(report, Path(options["report_dir"]), formats, options["name"])
        except OSError as wrong:
            raise AnsibleActionFail(f"report_dir: the report could not be written to {options['report_dir']}: {wrong}") from wrong
        Display().display("\n" + (_progress(summary) if batches_left else text))
        result.update(
            changed=False,
            files=files,
            summary={key: value for key, value in summary.items() if key not in _LISTS},
            gate_passed=batches_left or (summary["gate"]["passed"] and not stop),
            stopped_by=stop,
            verdict=_sentence(summary, options["action"], files, stop, not_yet),
        )
        return result

    def _previous(self, options: dict[str, t.Any]) -> tuple[dict[str, t.Any] | None, str | None]:
        """The report to compare with, or why there is none; only an audit is compared."""
        if not options["previous"] or options["action"] != "audit":
            return None, None
        return earlier_report(Path(options["previous"]).expanduser())

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
    """Hosts that were not judged, with their groups: nobody else knows which exceptions are meant for them.

    Hosts outside the play count when the run was narrowed; without that they are no Windows hosts of this audit.
    """
    read = {record["host"] for record in records if record["status"] not in (*UNREAD, Status.NOT_APPLICABLE.value)}
    narrowed = task_vars.get("ansible_limit") or task_vars.get("impersonate_hosts") not in (None, "", "all")
    others = (task_vars.get("groups") or {}).get("all", ()) if narrowed else ()
    hosts = dict.fromkeys([*task_vars["ansible_play_hosts_all"], *others])
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


def _sentence(summary: t.Mapping[str, t.Any], action: str, files: t.Mapping[str, str], stop: list[str], not_yet: list[str]) -> str:
    reasons = "; ".join(summary["gate"]["reasons"])
    failed = f" The fleet gate failed: {reasons}." if reasons else ""
    rest = f", before {len(not_yet)} hosts were reached: {_some(not_yet)}" if not_yet else ""
    stopped = f" The rolling change stopped at {_some(stop)}{rest}." if stop else ""
    report = files.get("html") or files.get("json") or next(iter(files.values()), "")
    return f"{verdict_sentence(dict(summary), action)}.{stopped}{failed}{f' Report: {report}' if report else ''}"


def _some(hosts: list[str]) -> str:
    return ", ".join(hosts[:10]) + (f" and {len(hosts) - 10} more" if len(hosts) > 10 else "")
