# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an earlier report: a file, or the newest of a folder."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from .json_lines import check_report
from .record import SCHEMA_VERSION


def earlier_report(place: Path, action: str = "audit") -> tuple[dict[str, t.Any] | None, str | None]:
    """The report of a file, or the newest one of a folder, with None; or None with the sentence why there is none to compare with.

    In a folder, reports of another action, files of other kinds and half-written ones are passed over; the newest is looked at first.
    """
    if place.is_file():
        report = _read(place)
        return report, None if report else f"{place} is no report of schema version {SCHEMA_VERSION}"
    if not place.is_dir():
        return None, f"{place} does not exist"
    for path in sorted(place.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True):
        report = _read(path)
        if report is not None and report["run"]["action"] == action:
            return report, None
    return None, f"{place} has no report of an earlier {action} yet"


def _read(path: Path) -> dict[str, t.Any] | None:
    """The report in a file, None where it is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        check_report(str(path), data)
    except (OSError, ValueError):  # BadInput is a ValueError
        return None
    return t.cast("dict[str, t.Any]", data)
