# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import functools

from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.awx import artifacts, awx_of, is_slice, stopped
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gate import only_plans
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.gpo_pending import with_pending
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import heads_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.report import build_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.scope import absent, source_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.summary import (
    gate_sentence,
    planned_sentence,
    stopped_by,
    verdict_sentence,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.waivers import exceptions_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.naming import called
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import (
    bad_input,
    fleet_run,
    of_role,
    report_end,
    report_options,
    specs,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import generator
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.garbage import none_searched
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Options, Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.record import record_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.types import (
    Declared,
    Record,
    Report,
    Run,
    Summary,
    Used,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.status import UNREAD, Status
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import some, visible

# A rolling change writes the report of the whole fleet after every batch; the large formats wait for the last one.
_WHILE_BATCHES_ARE_LEFT = ("json", "markdown")
_NAMED = 10  # hosts in a sentence
_LISTS = ("unexpected_accounts", "exceptions", "controlling_gpos", "changed", "trend")


class ActionModule(ActionBase):  # type: ignore[misc]
    """Write the report of the whole fleet. Runs once, on the controller, also when every host is dead."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    @none_searched()
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        now = _utc.now()
        named = of_role.naming(self._task.args)
        with bad_input.refused(named):
            self._task.args = of_role.filled(self._task.args, specs.FLEET_REPORT, task_vars, self._templar.template)
            _validation, options = self.validate_argument_spec(specs.FLEET_REPORT)
        results = fleet_run.results_of(task_vars, options["results"], options["check"])
        not_yet = [host for host, registered in results.items() if registered is None]
        with bad_input.refused(named):
            # fleet_check has read them before the first host was touched; a file may be gone by now
            expected = options["check"].get("expected") or report_options.expected_of(options, task_vars.get("groups") or {})
            tolerate = report_options.tolerate_of(options)
            gpos = report_options.gpos_of(options)
        missing = absent(expected, results)
        records = with_pending(
            (record_of(host, registered) for host, registered in (results | dict.fromkeys(missing)).items()), gpos
        )
        declared = options["check"].get("exceptions") or []
        report = build_report(
            records,
            run=self._run(task_vars, options, now),
            policy=None if options["action"] == "restore" else options["check"]["policy"],
            generator=generator(),
            fail_on=options["fail_on"],
            exceptions=_exceptions(task_vars, records, declared, missing, now.date()),
            tolerate=tolerate,
            source=source_of(options["expected_group"], options["expected_file"]),
            gpos=gpos,
        )
        summary = report["summary"]
        if gpos is None and options["gpo_file"]:
            lacking = f"{options['gpo_file']} is not there yet, so that the report has no section of GPOs; run gpo_audit first"
            result.setdefault("warnings", []).append(f"{called('gpo_file')}: {lacking}")
        if warnings := report_end.compare(report, options):
            result.setdefault("warnings", []).extend(warnings)
        has_pre_image = functools.partial(snapshots.may_be_there, options["check"].get("snapshots"), options["check"]["run_id"])
        stop = stopped_by(records, has_pre_image) if options["action"] != "audit" else []
        batches_left = options["action"] != "audit" and not stop and _batches_left(task_vars)
        formats = [kind for kind in options["formats"] if not batches_left or kind in _WHILE_BATCHES_ARE_LEFT]
        ended = report_end.end(
            report,
            options,
            task_vars,
            formats,
            lambda where: _sentence(report, where, stop, not_yet, batches_left),
            passed=batches_left or (summary["gate"]["passed"] and not stop),
            shown=_progress(summary) if batches_left else None,
        )
        if not ended.result.get("failed"):
            fleet_run.forget_results(options["check"])
        if ended.warnings:
            result.setdefault("warnings", []).extend(ended.warnings)
        result.update(summary={key: value for key, value in summary.items() if key not in _LISTS}, stopped_by=stop, **ended.result)
        run = report["run"]
        result["head"] = heads_of(report)[0]
        passed = "" if batches_left else gate_sentence(summary)
        result["ansible_stats"] = artifacts(
            action=options["action"],
            verdict=f"{verdict_sentence(summary, records, options['action'])}.{stopped(stop)}{passed}",
            passed=ended.result["gate_passed"],
            summary=summary,
            run_id=run["id"],
            part=bool(run["limit"]) or is_slice(run["awx"]),
            awx=run["awx"],
            files=ended.lasting,
            plan=options["plan"] if self._task.check_mode else None,
        )
        return result

    def _run(self, task_vars: TaskVars, options: Options, finished: datetime.datetime) -> Run:
        check = options["check"]
        started = _utc.read(check["started"])
        return {
            "id": check["run_id"],
            "started": check["started"],
            "finished": _utc.written(finished),
            "duration_s": max(0, int((finished - started).total_seconds())),  # a clock may be set back
            "check_mode": bool(self._task.check_mode),
            "action": options["action"],
            "limit": str(task_vars["ansible_limit"]) if task_vars.get("ansible_limit") else None,
            "hosts": _narrowed_by(task_vars),
            "forks": task_vars.get("ansible_forks"),
            "restored": check.get("restore"),
            "awx": awx_of(task_vars),
        }


def _narrowed_by(task_vars: TaskVars) -> str | None:
    """The pattern by which the playbooks take some of the inventory's hosts; None where they take all."""
    pattern = task_vars.get("impersonate_hosts")
    if pattern in (None, "", "all"):
        return None
    return pattern if isinstance(pattern, str) else ",".join(map(str, pattern))


def _exceptions(
    task_vars: TaskVars, records: list[Record], declared: list[Declared], missing: list[str], today: datetime.date
) -> list[Used]:
    if not declared and not any(record["exceptions"] for record in records):
        return []
    named = {
        group
        for exception in [*declared, *(claim for record in records for claim in record["exceptions"])]
        for group in exception["groups"]
    }
    return exceptions_of(records, declared, _unread(task_vars, records, missing, sorted(named)), today)


def _unread(task_vars: TaskVars, records: list[Record], missing: list[str], named: list[str]) -> dict[str, list[str]]:
    """Hosts that were not judged, with those of the groups ``named`` by an exception that they are in: only the inventory tells which
    exceptions are meant for them.

    Hosts outside the play count when the run was narrowed; without that they are no Windows hosts of this audit, unless they were
    expected. One that the inventory does not know may be in any of these groups. What a host is in is read off the groups: its variables
    take ansible-core milliseconds, for each host.
    """
    read = {record["host"] for record in records if record["status"] not in (*UNREAD, Status.NOT_APPLICABLE.value)}
    narrowed = task_vars.get("ansible_limit") or _narrowed_by(task_vars)
    groups = task_vars.get("groups") or {}
    known = dict.fromkeys(groups.get("all", ()))
    members = {name: set(groups.get(name, ())) for name in named}
    unknown = {host for host in missing if host not in known}
    hosts = dict.fromkeys([*task_vars["ansible_play_hosts_all"], *(known if narrowed else ()), *missing])
    return {
        str(host): named if host in unknown else [name for name in named if host in members[name]]
        for host in hosts
        if host not in read
    }


def _batches_left(task_vars: TaskVars) -> bool:
    """Whether hosts of the play come after this batch; batches take the hosts in their order."""
    hosts, batch = task_vars["ansible_play_hosts_all"], set(task_vars["ansible_play_batch"])
    after = 1 + max((number for number, host in enumerate(hosts) if host in batch), default=len(hosts))
    return not set(task_vars["ansible_play_hosts"]).isdisjoint(hosts[after:])


def _progress(summary: Summary) -> str:
    """What is done before the next batch, and what is left; the gate judges the whole fleet, at its end."""
    remaining = summary["by_status"]["not_checked"]
    outcomes = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in summary["by_outcome"].items()) or "no result"
    return f"{summary['expected'] - remaining} of {summary['expected']} hosts done: {outcomes}; {remaining} left. The next batch follows."


def _sentence(
    report: Report,
    place: report_end.Where,
    stop: list[str],
    not_yet: list[str],
    batches_left: bool,
) -> str:
    where = f" Report: {place}" if place else ""
    summary, action = report["summary"], report["run"]["action"]
    if batches_left:
        return f"{_progress(summary)}{where}"
    failed = gate_sentence(summary)
    rest = (
        f", before {len(not_yet)} {'host was' if len(not_yet) == 1 else 'hosts were'} reached: {_named(not_yet)}" if not_yet else ""
    )
    stopped = f" The rolling change stopped at {_named(stop)}{rest}." if stop else ""
    passed = "" if failed or stop else planned_sentence(summary, planning=only_plans(report["run"]))
    return f"{verdict_sentence(summary, report['hosts'], action)}.{stopped}{failed}{passed and f' {passed}.'}{where}"


def _named(hosts: list[str]) -> str:
    return some([visible(host) for host in hosts], _NAMED)
