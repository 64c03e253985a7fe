# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each task that makes a report ends: compared with an earlier one, written, shown, its gate told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible.utils.display import Display

from .._fleet.age import aged
from .._fleet.awx import awx_of
from .._fleet.changed import changed
from .._formats.earlier import previous_of
from .._formats.names import file_to_open
from .._formats.terminal import terminal
from .._formats.write import write
from .._input.naming import called
from .._result.types import Report
from .._wording import visible
from . import specs
from .given import Options, Result, TaskVars
from .lasting import ends_with_job


def compare(report: Report, options: Options) -> list[str]:
    """Put into a report what the option ``previous`` leads to: what changed, how old the findings are, and the trend.

    Returns warnings: why it cannot be said.
    """
    earlier = previous_of(options["previous"], report)
    report["hosts"] = aged(report, earlier.report)
    report["summary"]["changed"] = changed(report, earlier.report)
    report["summary"]["trend"] = earlier.trend
    return [f"{called('previous')}: {earlier.nothing}, so that the report does not say what changed"] if earlier.nothing else []


def end(
    report: Report,
    options: Options,
    task_vars: TaskVars,
    formats: Collection[str],
    sentence: Callable[[Where], str],
    *,
    passed: bool,
    shown: str | None = None,
) -> Ended:
    """Write a report and show it.

    ``sentence``: the verdict, from where the report is. ``passed``: whether the gate did; a report that could not be written passes
    none. ``shown``: for the terminal, instead of the whole report.
    """
    awx = awx_of(task_vars)
    lost_with_job = ends_with_job(options["report_dir"], task_vars)
    filed = file_report(report, options, formats, lambda files: sentence(where_of(files, awx, lost_with_job)), awx)
    lasting = {} if lost_with_job else filed["files"]
    Display().display("\n" + (shown if shown is not None else terminal(report, lasting, _snapshots()) + "\n"))
    result = {"changed": False, "gate_passed": passed and not filed.get("failed"), **filed}
    return Ended(result, lasting, [_passing(options["report_dir"], awx)] if lost_with_job and shown is None else [])


def _snapshots() -> str:
    """Where ``restore`` looks for snapshots unless it is told another folder."""
    return str(Path(str(specs.LOCAL_RIGHT["snapshot_dir"]["default"])).absolute())


@dataclass(frozen=True, slots=True)
class Ended:
    """How a report ended.

    ``result``: what the task's result says of it: ``files``, ``verdict``, ``gate_passed``. ``lasting``: format -> path of the files that
    outlive the job. ``warnings``: what a person must know of the others.
    """

    result: Result
    lasting: Mapping[str, str]
    warnings: list[str]


Where = str
"""Where a report is, for a sentence: a path, or the job of AWX with which it ends; empty where there is none."""


def where_of(files: Mapping[str, str], awx: Mapping[str, str], ends_with_job: bool) -> Where:
    """Where a person finds a report. ``files``: format -> path; ``awx``: see awx_of."""
    return f"the output of {_job(awx)}" if ends_with_job and files else file_to_open(files)


def _job(awx: Mapping[str, str]) -> str:
    name = awx.get("job_template_name")
    return f"job {awx.get('job_id', '')}" + (f" of AWX ({visible(name)})" if name else " of AWX")


def _passing(folder: str, awx: Mapping[str, str]) -> str:
    return (
        f"{called('report_dir')}: {folder} ends with the container of the job, and so does the report. Give a folder that is mounted into "
        f"the execution environment, or make the report from {_job(awx)} with the playbook report_from_awx"
    )


def file_report(
    report: Report,
    options: Options,
    formats: Collection[str],
    sentence: Callable[[Mapping[str, str]], str],
    awx: Mapping[str, str] | None = None,
) -> Result:
    """Write a report as the options of a task say; the keys ``files`` and ``verdict`` of its result.

    ``sentence``: the verdict, from the files that there are. Where one cannot be written, the result has failed, says which and why, and
    keeps the verdict, which would be lost with it.
    """
    written = write(report, Path(options["report_dir"]), formats, options["name"], awx)
    verdict = sentence(written.files)
    if not written.failed:
        return {"files": written.files, "verdict": verdict}
    kinds: dict[str, list[str]] = {}
    for kind, reason in written.failed.items():
        kinds.setdefault(reason, []).append(kind)
    why = "; ".join(f"{reason} ({', '.join(each)})" for reason, each in kinds.items())
    loss = f"{called('report_dir')}: {'the report' if not written.files else 'a part of the report'} could not be written to"
    return {
        "files": written.files,
        "not_written": written.failed,
        "verdict": verdict,
        "failed": True,
        "msg": f"{loss} {options['report_dir']}: {why}. {verdict}",
    }
