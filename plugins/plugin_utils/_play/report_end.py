# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each task that makes a report ends: compared with an earlier one, written, shown, its gate told."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from ansible.utils.display import Display

from .._fleet.changed import changed
from .._formats.earlier import previous_of
from .._formats.terminal import terminal
from .._formats.write import write
from .._result.types import Report
from .given import Options


def compare(report: Report, options: Options) -> list[str]:
    """Put into a report what changed since the one of the option ``previous``. Returns warnings: why it cannot be said."""
    previous, nothing = previous_of(options["previous"], report["run"])
    report["summary"]["changed"] = changed(report, previous)
    return [f"previous: {nothing}, so that the report does not say what changed"] if nothing else []


def end(
    report: Report,
    options: Options,
    formats: Collection[str],
    sentence: Callable[[Mapping[str, str]], str],
    *,
    passed: bool,
    shown: str | None = None,
) -> dict[str, t.Any]:
    """Write a report and show it. Returns what the task's result says of it: ``files``, ``verdict``, ``gate_passed``.

    ``sentence``: the verdict, from the files that there are. ``passed``: whether the gate did; a report that could not be written passes
    none. ``shown``: for the terminal, instead of the whole report.
    """
    filed = file_report(report, options, formats, sentence)
    Display().display("\n" + (shown if shown is not None else terminal(report, filed["files"]) + "\n"))
    return {"changed": False, "gate_passed": passed and not filed.get("failed"), **filed}


def file_report(
    report: Report, options: Options, formats: Collection[str], sentence: Callable[[Mapping[str, str]], str]
) -> dict[str, t.Any]:
    """Write a report as the options of a task say; the keys ``files`` and ``verdict`` of its result.

    ``sentence``: the verdict, from the files that there are. Where one cannot be written, the result has failed, says which and why, and
    keeps the verdict, which would be lost with it.
    """
    written = write(report, Path(options["report_dir"]), formats, options["name"])
    verdict = sentence(written.files)
    if not written.failed:
        return {"files": written.files, "verdict": verdict}
    kinds: dict[str, list[str]] = {}
    for kind, reason in written.failed.items():
        kinds.setdefault(reason, []).append(kind)
    why = "; ".join(f"{reason} ({', '.join(each)})" for reason, each in kinds.items())
    loss = f"report_dir: {'the report' if not written.files else 'a part of the report'} could not be written to"
    return {
        "files": written.files,
        "not_written": written.failed,
        "verdict": verdict,
        "failed": True,
        "msg": f"{loss} {options['report_dir']}: {why}. {verdict}",
    }
