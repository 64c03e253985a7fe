# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an earlier report: a file, or the newest of a folder."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .._policy.errors import BadInput
from .json_lines import check_report
from .record import SCHEMA_VERSION


def earlier_report(option: str, place: Path, action: str = "audit") -> dict[str, t.Any] | None:
    """The report of a file, or the one of a folder whose run ended last; None where the folder has none yet.

    Reports of another action, files of other kinds and half-written ones in a folder are passed over. Raises BadInput for a file that
    is no report of this version.
    """
    if place.is_file():
        report = _read(place)
        if report is None:
            raise BadInput(f"{option}: {place} is no report of schema version {SCHEMA_VERSION}")
        return report
    if not place.is_dir():
        if place.suffix:
            raise BadInput(f"{option}: {place} does not exist")
        return None
    found = (_read(path) for path in place.glob("*.json"))
    reports = [report for report in found if report is not None and report["run"]["action"] == action]
    return max(reports, key=lambda report: (report["run"]["finished"], report["run"]["id"]), default=None)


def _read(path: Path) -> dict[str, t.Any] | None:
    """The report in a file, None where it is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        check_report(str(path), data)
    except (OSError, ValueError):  # BadInput is a ValueError
        return None
    return t.cast("dict[str, t.Any]", data)
