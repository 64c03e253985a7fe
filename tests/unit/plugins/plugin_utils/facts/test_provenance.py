# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the security log is worth."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import EventLog, RightEvent
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.provenance import (
    Coverage,
    by_machine,
    given,
    provenance,
)

NOW = "2026-06-15T12:00:00.0000000Z"
GIVEN = RightEvent(4704, "2026-06-15T08:00:00.0000000Z", "S-1-5-18", "CORP\\WEB01$", "0x3e7", "S-1-5-32-545")
TAKEN = RightEvent(4705, "2026-06-15T09:00:00.0000000Z", "S-1-5-21-1-2-3-1001", "CORP\\admin", "0x4f2a", "S-1-5-32-545")
LONG_AGO = "2026-01-01T00:00:00.0000000Z"


@pytest.mark.parametrize(
    ("log", "coverage", "words"),
    [
        pytest.param(
            EventLog(events=(TAKEN, GIVEN), oldest=LONG_AGO), Coverage.WHOLE, "reaches back", id="events, and the log is old enough"
        ),
        pytest.param(
            EventLog(events=(GIVEN,), oldest="2026-06-15T07:00:00.0000000Z"),
            Coverage.WRAPPED,
            "begins only at 2026-06-15T07:00:00Z",
            id="wrapped",
        ),
        pytest.param(
            EventLog(oldest="2026-06-14T12:00:00.0000000Z", others=1), Coverage.WHOLE, "reaches back", id="begins with the window"
        ),
        pytest.param(EventLog(events=(GIVEN,), oldest=LONG_AGO, truncated=True), Coverage.LIMITED, "more events", id="too many"),
        pytest.param(EventLog(oldest=LONG_AGO, others=3), Coverage.WHOLE, "reaches back", id="other rights only: it is audited"),
        pytest.param(
            EventLog(oldest=LONG_AGO), Coverage.SILENT, "Audit Authorization Policy Change is off", id="none at all proves nothing"
        ),
        pytest.param(EventLog(), Coverage.SILENT, "none is written", id="none, and the age of the log is not known"),
        pytest.param(
            EventLog(events=(GIVEN,)),
            Coverage.UNKNOWN,
            "how far the security log reaches back is not known",
            id="events, and the age of the log is not known",
        ),
        pytest.param(
            EventLog(oldest=LONG_AGO, truncated=True),
            Coverage.LIMITED,
            "more events",
            id="too many, and all that were read of other rights",
        ),
        pytest.param(
            EventLog(oldest="2026-06-15T07:00:00.0000000Z"),
            Coverage.WRAPPED,
            "after the beginning of the window; no event 4704 or 4705 in the window; where",
            id="wrapped and silent",
        ),
        pytest.param(
            EventLog(events=(GIVEN,), oldest="2026-06-15T07:00:00.0000000Z", truncated=True),
            Coverage.WRAPPED,
            "after the beginning of the window; there are more events",
            id="wrapped and too many",
        ),
        pytest.param(
            EventLog(), Coverage.SILENT, "none is written; how far the security log reaches back", id="silent, of unknown age"
        ),
        pytest.param(EventLog(events=(GIVEN,), oldest=LONG_AGO[:10]), Coverage.UNKNOWN, "how far", id="an age that cannot be read"),
        pytest.param(EventLog(error="timeout"), Coverage.FAILED, "did not end in time", id="the search took too long"),
        pytest.param(EventLog(error="denied"), Coverage.DENIED, "may not be read", id="denied"),
        pytest.param(EventLog(error="failed"), Coverage.FAILED, "could not be read", id="failed"),
    ],
)
def test_how_far_a_log_can_be_relied_on(log, coverage, words):
    found = provenance(log, NOW, 24)

    assert found.coverage is coverage
    assert words in found.why


def test_who_and_what():
    assert [(given(event), by_machine(event)) for event in (GIVEN, TAKEN)] == [(True, True), (False, False)]
