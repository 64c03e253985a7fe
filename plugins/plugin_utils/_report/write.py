# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in every format that was asked for, each file whole or not at all."""

from __future__ import annotations

import hashlib
import typing as t
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from .csv_tables import csv_accounts, csv_hosts
from .document import to_json
from .files import write_atomically
from .formats import DEFAULT_NAME, lasting, stem
from .html.page import html
from .json_lines import json_lines
from .junit import junit
from .markdown import markdown
from .prometheus import prometheus

Report = dict[str, t.Any]

_TEXTS: Mapping[str, tuple[str, Callable[[Report], str]]] = {
    "json": (".json", to_json),
    "json_lines": (".jsonl", json_lines),
    "csv": ("-hosts.csv", csv_hosts),
    "csv_accounts": ("-accounts.csv", csv_accounts),
    "junit": (".xml", junit),
    "prometheus": (".prom", lambda report: prometheus(report, {"action": report["run"]["action"]})),
    "markdown": (".md", markdown),
}


def names_of(report: Report) -> dict[str, str]:
    """What stands for each placeholder in the name of a report's files."""
    run, policy = report["run"], report["policy"] or {}
    return {"action": run["action"], "policy": policy.get("name") or "none", "run_id": run["id"], "date": run["started"][:10]}


def write(report: Report, folder: Path, formats: Collection[str], pattern: str = DEFAULT_NAME) -> dict[str, str]:
    """Write the report; returns format -> path, sorted. Raises OSError, and UnicodeError for a name of the folder that is no text.

    The HTML names the other files beside it and has the SHA-256 of the JSON, as it would be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    values = names_of(report)
    name = stem(pattern, values)
    wanted = [*formats, *(["csv_accounts"] if "csv" in formats else [])]
    paths = {kind: folder / f"{name}{suffix}" for kind, (suffix, _text) in _TEXTS.items() if kind in wanted}
    if "prometheus" in paths:  # a collector refuses a series that stands in two files, so every run replaces the last one's
        paths["prometheus"] = folder / f"{stem(lasting(pattern), values)}.prom"
    digest = None
    for kind, path in paths.items():
        text = _TEXTS[kind][1](report)
        write_atomically(path, text)
        if kind == "json":
            digest = hashlib.sha256(text.encode()).hexdigest()
    if "html" in wanted:
        paths["html"] = folder / f"{name}.html"
        write_atomically(paths["html"], html(report, csv=paths["csv"].name if "csv" in paths else None, sha256=digest))
    return {kind: str(path.resolve()) for kind, path in sorted(paths.items())}
