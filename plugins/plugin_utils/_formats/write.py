# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in every format that was asked for, each file whole or not at all."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from .._files import write_atomically
from .._fleet.report import to_json
from .._result.types import Report
from .._wording import message
from .csv import csv_accounts, csv_hosts
from .gpo_csv import csv_gpos
from .gpo_impact_csv import csv_gpo_impact
from .html.page import html
from .json_lines import json_lines
from .junit import junit
from .markdown import markdown
from .names import DEFAULT_NAME, jobs_of, lasting, stem
from .prometheus import prometheus

_TEXTS: Mapping[str, tuple[str, Callable[[Report], str]]] = {
    "json": (".json", to_json),
    "json_lines": (".jsonl", json_lines),
    "csv": ("-hosts.csv", csv_hosts),
    "csv_accounts": ("-accounts.csv", csv_accounts),
    "csv_gpos": ("-gpos.csv", csv_gpos),
    "csv_gpo_impact": ("-gpo-impact.csv", csv_gpo_impact),
    "junit": (".xml", junit),
    "prometheus": (".prom", lambda report: prometheus(report, {"action": report["run"]["action"]})),
    "markdown": (".md", markdown),
}


def placeholders_of(report: Report, awx: Mapping[str, str]) -> dict[str, str]:
    """What stands for each placeholder in the name of a report's files. ``awx``: what AWX says of the job that writes them."""
    run, policy = report["run"], report["policy"]
    return {
        "action": run["action"],
        "policy": policy["name"] if policy else "none",
        "run_id": run["id"],
        "date": run["started"][:10],
        **jobs_of(awx),
    }


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a report. ``files``: format -> path, sorted; ``failed``: format -> why there is no file of it, sorted."""

    files: dict[str, str]
    failed: dict[str, str]


def write(
    report: Report, folder: Path, formats: Collection[str], pattern: str = DEFAULT_NAME, awx: Mapping[str, str] | None = None
) -> Written:
    """Write the report, each format for itself: one that cannot be made or written takes no other one with it.

    The HTML names the other files beside it and has the SHA-256 of the JSON, as it would be written.
    """
    values = placeholders_of(report, awx or {})
    name = stem(pattern, values)
    wanted = [*formats, *(_besides(report) if "csv" in formats else [])]
    paths = {kind: folder / f"{name}{suffix}" for kind, (suffix, _text) in _TEXTS.items() if kind in wanted}
    if "prometheus" in paths:  # a collector refuses a series that stands in two files, so every run replaces the last one's
        paths["prometheus"] = folder / f"{stem(lasting(pattern), values)}.prom"
    texts = {kind: functools.partial(_TEXTS[kind][1], report) for kind in paths}
    made: dict[str, str] = {}
    failed: dict[str, str] = {}
    if "html" in wanted:  # the last one
        paths["html"], texts["html"] = folder / f"{name}.html", functools.partial(_page, report, paths, made)
    for kind, path in paths.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = texts[kind]()
            write_atomically(path, text)
        except Exception as error:  # noqa: BLE001 # a defect in one format as well: it is told and fails the task, after the others
            failed[kind] = message(f"{type(error).__name__}: {error}")
        else:
            made[kind] = hashlib.sha256(text.encode()).hexdigest() if kind == "json" else ""
    return Written({kind: str(paths[kind].resolve()) for kind in sorted(made)}, dict(sorted(failed.items())))


def _besides(report: Report) -> list[str]:
    """The tables that stand beside the CSV of the hosts."""
    gpos = report.get("gpos")
    impact = ["csv_gpo_impact"] if gpos and gpos["changes"] else []
    return ["csv_accounts", *(["csv_gpos"] if gpos else []), *impact]


def _page(report: Report, paths: Mapping[str, Path], made: Mapping[str, str]) -> str:
    return html(report, csv=paths["csv"].name if "csv" in made else None, sha256=made.get("json"))
