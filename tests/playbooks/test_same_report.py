# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's report is the same on the emulator and on the real payload, byte for byte but for times and versions."""

from __future__ import annotations

import json
import re

import pytest

from fleet import demo
from fleet.backends.emulator.emulator import Emulator
from fleet.backends.engine import engine
from fleet.backends.engine.pwsh import PowerShell
from fleet.simulation import Fleet

TIMES = {"id", "started", "finished", "duration_s", "duration_ms", "checked_at", "powershell", "python", "ansible_core"}


def comparable(report):
    """The report as text without times and versions, and without the port at which nothing listens."""

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in TIMES}
        return [strip(item) for item in value] if isinstance(value, list) else value

    return re.sub(r"port=\d+", "port=N", json.dumps(strip(report), indent=1, sort_keys=True))


@pytest.mark.engine
def test_the_reports_of_both_back_ends_are_the_same(audit):
    engine.need("cc")
    reports = []
    for back_end in (Emulator(), PowerShell(engine.need("pwsh"))):
        with Fleet([], back_end) as fleet:
            demo.fill(fleet)
            reports.append(audit(fleet, extravars={"impersonate_exceptions": demo.exceptions()}).report)
            assert fleet.errors() == []

    assert comparable(reports[0]) == comparable(reports[1])
    assert len(reports[0]["hosts"]) == len(demo.hosts())
