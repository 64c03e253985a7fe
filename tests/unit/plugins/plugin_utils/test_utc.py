# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times in texts: what is written can be read again, in whatever zone the moment was given."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _utc

MOMENT = datetime.datetime(2026, 1, 31, 9, 15, 0, 250_000, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
moments = st.datetimes(min_value=datetime.datetime(1971, 1, 1), timezones=st.sampled_from([datetime.timezone.utc, MOMENT.tzinfo]))


@pytest.mark.parametrize(
    ("write", "text"),
    [
        pytest.param(_utc.written, "2026-01-31T08:15:00Z", id="of a report"),
        pytest.param(_utc.precise, "2026-01-31T08:15:00.250000Z", id="of a snapshot"),
        pytest.param(_utc.stamp, "20260131T081500Z", id="of a run"),
    ],
)
def test_a_moment_is_written_in_utc(write, text):
    assert write(MOMENT) == text


@given(moments)
def test_what_is_written_is_read_again(moment):
    seconds = moment.replace(microsecond=0)

    assert _utc.read(_utc.written(moment)) == seconds
    assert _utc.stamped(f"{_utc.stamp(moment)}-a1b2c3") == seconds
    assert _utc.host_time(_utc.precise(moment)) == seconds.astimezone(datetime.timezone.utc).replace(tzinfo=None)


@pytest.mark.parametrize("text", ["", "x", "2026-01-31", "2026-02-30T08:15:00Z", "2026-01-31T08:15:00"])
def test_a_text_of_another_form_is_no_time(text):
    with pytest.raises(ValueError, match="match|range|unconverted"):
        _utc.read(text)
    with pytest.raises(ValueError, match="match|range|unconverted"):
        _utc.stamped(text)
