# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _arguments
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._fleet import generator
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.formats import checked_name
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.json_lines import read_json_lines
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.markdown import markdown
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.merge import Gathered, doubts, merge, merged_report
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.summary import verdict_sentence
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._report.write import write


class ActionModule(ActionBase):  # type: ignore[misc]
    """Merge reports of slices, jobs and days into one, on the controller."""

    BYPASS_HOST_LOOP = True
    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(_arguments.FLEET_MERGE)
        try:
            checked_name("name", options["name"])
            tolerate = None if options["tolerate"] is None else _arguments.tolerate_of(options)
            files = _files(options["sources"])
            merged = merge([_read(path) for path in files])
            report = merged_report(merged, generator=generator(), fail_on=options["fail_on"], tolerate=tolerate)
        except BadInput as wrong:
            raise AnsibleActionFail(str(wrong)) from None
        summary = {**report["summary"], "changed": None}
        report = {**report, "summary": summary}
        try:
            written = write(report, Path(options["report_dir"]), options["formats"], options["name"])
        except OSError as wrong:
            raise AnsibleActionFail(f"report_dir: the report could not be written to {options['report_dir']}: {wrong}") from wrong
        Display().display("\n" + markdown(report))
        gate = summary["gate"]
        reasons = f" The fleet gate failed: {'; '.join(gate['reasons'])}." if gate["reasons"] else ""
        result.update(
            changed=False,
            files=written,
            merged=[str(path) for path in files],
            warnings=doubts(merged),
            gate_passed=gate["passed"],
            verdict=f"{verdict_sentence(summary, report['run']['action'])}.{reasons}",
        )
        return result


def _files(sources: list[str]) -> list[Path]:
    """Files of the sources, the JSON Lines of folders, sorted, none twice. Raises BadInput for a source without any."""
    found: set[Path] = set()
    for source in sources:
        place = Path(source).expanduser().absolute()
        its = (
            sorted(place.glob("*.jsonl"))
            if place.is_dir()
            else [place]
            if place.is_file()
            else sorted(place.parent.glob(place.name))
        )
        if not its:
            raise BadInput(f"sources: {source} is neither a file of JSON Lines nor a folder or a pattern with such files")
        found.update(its)
    return sorted(found)


def _read(path: Path) -> Gathered:
    try:
        return read_json_lines(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadInput(f"sources: {path} cannot be read: {wrong}") from None
    except BadInput as wrong:
        raise BadInput(f"sources: {path}: {wrong}") from None
