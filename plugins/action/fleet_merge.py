# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import glob
from pathlib import Path

from ansible.plugins.action import ActionBase

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.awx import artifacts, awx_of, part_of_merged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.merge import Gathered, doubts, merge, merged_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.scope import source_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet.summary import gate_sentence, verdict_sentence
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.json_lines import read_json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.names import check_length, jobs_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats.write import placeholders_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import (
    bad_input,
    of_role,
    report_end,
    report_options,
    specs,
    variables,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import generator
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.garbage import none_searched
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.given import Result, TaskVars
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import MESSAGE, visible

# Before the reports are read: names of the least length.
_UNKNOWN = {"action": "audit", "policy": "", "run_id": "", "date": "2026-01-31"}


class ActionModule(ActionBase):  # type: ignore[misc]
    """Merge reports of slices, jobs and days into one, on the controller."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    @none_searched()
    def run(self, tmp: str | None = None, task_vars: TaskVars | None = None) -> Result:
        result: Result = super().run(tmp, task_vars)
        naming = of_role.naming(self._task.args)
        with bad_input.refused(naming):
            self._task.args = of_role.filled(self._task.args, specs.FLEET_MERGE, task_vars or {}, self._templar.template)
            _validation, options = self.validate_argument_spec(specs.FLEET_MERGE)
            variables.check_if_asked(options, self._task, task_vars or {})
            awx = awx_of(task_vars or {})
            report_options.check_report_options(options, {**_UNKNOWN, **jobs_of(awx)})
            tolerate = None if options["tolerate"] is None else report_options.tolerate_of(options)
            expected = report_options.expected_of(options, (task_vars or {}).get("groups") or {})
            named = source_of(options["expected_group"], options["expected_file"], otherwise="")
            files = _files(options["sources"])
            merged = merge([_read(path) for path in files])
            report = merged_report(
                merged,
                generator=generator(),
                fail_on=options["fail_on"],
                tolerate=tolerate,
                expected=expected,
                source=named or None,
            )
            check_length("name", options["name"], placeholders_of(report, awx))
        warnings = [*doubts(merged), *report_end.compare(report, options)]
        summary = report["summary"]
        verdict = f"{verdict_sentence(summary, report['hosts'], report['run']['action'])}.{gate_sentence(summary)}"
        passed = summary["gate"]["passed"]
        ended = report_end.end(report, options, task_vars or {}, options["formats"], lambda _where: verdict, passed=passed)
        warnings += ended.warnings
        result.update(
            merged=[str(path) for path in files], warnings=[visible(warning, MESSAGE) for warning in warnings], **ended.result
        )
        result["ansible_stats"] = artifacts(
            action=report["run"]["action"],
            verdict=verdict,
            passed=ended.result["gate_passed"],
            summary=summary,
            run_id=report["run"]["id"],
            part=part_of_merged(report),
            awx=awx,
            files=ended.lasting,
        )
        return result


def _files(sources: list[str]) -> list[Path]:
    """Files of the sources, the JSON Lines of folders, sorted, none twice. Raises BadInput for a source without any."""
    all_files: set[Path] = set()
    for source in sources:
        place = Path(source).expanduser().absolute()
        places = [place] if place.exists() else [Path(match) for match in glob.glob(str(place), recursive=True)]
        files = [file for found in places for file in (found.glob("*.jsonl") if found.is_dir() else [found]) if file.is_file()]
        if not files:
            raise BadInput("sources", f"{source} is neither a file of JSON Lines nor a folder or a pattern with such files")
        all_files.update(files)
    return sorted(all_files)


def _read(path: Path) -> Gathered:
    try:
        return read_json_lines(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("sources", f"{path} cannot be read: {error}") from None
    except BadInput as error:
        raise error.within(f"sources: {path}") from None
