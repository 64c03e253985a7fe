# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of a run, counted by several processes."""

from __future__ import annotations

import concurrent.futures
import datetime
import multiprocessing
import os

import pytest
from ansible import constants

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import progress
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.progress import count_one

RUN = "20260615T120000Z-abcdef"
START = datetime.datetime(2026, 6, 15, 12, 0, 0, tzinfo=datetime.timezone.utc)


def progress_line(folder, run, total, status, now):
    """The line that is shown for a host, or None."""
    shown = []
    count_one(folder, run, total, status, now, shown.append)
    return shown[0] if shown else None


def lines(folder, total, statuses, run=RUN):
    said = (
        progress_line(folder, run, total, status, START + datetime.timedelta(seconds=n + 1)) for n, status in enumerate(statuses)
    )
    return [line for line in said if line]


def test_a_line_at_every_twentieth_with_what_was_found(tmp_path):
    said = lines(tmp_path, 200, ["compliant"] * 8 + ["drift", "unreachable"] + ["error"] * 10)

    assert said == [
        "10 of 200 hosts done, 1 drift, 1 not assessed, about 0:03:10 left",
        "20 of 200 hosts done, 1 drift, 11 not assessed, about 0:03:00 left",
    ]


def test_the_last_line_has_no_time_left(tmp_path):
    assert lines(tmp_path, 20, ["compliant"] * 20)[-1] == "20 of 20 hosts done, 0 drift, 0 not assessed"


def test_few_hosts_say_nothing(tmp_path):
    assert lines(tmp_path, 19, ["drift"] * 19) == []
    assert list(tmp_path.iterdir()) == []


def test_a_line_after_a_long_silence(tmp_path):
    assert lines(tmp_path, 1000, ["compliant"]) == []
    os.utime(tmp_path / f"impersonate-{RUN}.said", (0, 0))

    assert lines(tmp_path, 1000, ["drift"]) == ["2 of 1000 hosts done, 1 drift, 0 not assessed, about 0:08:19 left"]


@pytest.mark.parametrize("run", ["nightly", "2026"])
def test_a_run_that_somebody_named_has_no_clock(tmp_path, run):
    assert lines(tmp_path, 20, ["compliant"], run) == ["1 of 20 hosts done, 0 drift, 0 not assessed"]


def test_a_clock_that_was_set_back_leaves_no_time_below_nothing(tmp_path):
    line = progress_line(tmp_path, RUN, 20, "compliant", START - datetime.timedelta(hours=1))

    assert line == "1 of 20 hosts done, 0 drift, 0 not assessed, about 0:00:00 left"


@pytest.mark.parametrize("run", ["a/b", "../../x", "x" * 300, "a\udcff"], ids=["a folder", "above", "long", "no text"])
def test_the_name_of_a_run_leads_nowhere_else(tmp_path, run):
    folder = tmp_path / "shared"
    folder.mkdir()

    assert lines(folder, 20, ["drift"], run) == ["1 of 20 hosts done, 1 drift, 0 not assessed"]
    assert len(list(folder.iterdir())) == len(list(tmp_path.rglob("impersonate-*"))) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({"progress": True, "run_id": "r"}, 1, id="on"),
        pytest.param({"progress": False, "run_id": "r"}, 0, id="off"),
        pytest.param({"progress": True, "run_id": None}, 0, id="a task outside a run"),
    ],
)
def test_who_wants_it_quiet_hears_and_writes_nothing(tmp_path, monkeypatch, options, said):
    shown = []
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(progress.Display, "display", lambda _self, text, **_more: shown.append(text))

    progress.tell({"ansible_play_hosts_all": [str(number) for number in range(20)]}, options, "drift")

    assert len(shown) == said
    assert len(list(tmp_path.iterdir())) == 2 * said


@pytest.mark.parametrize(
    ("pause", "counts"),
    [
        pytest.param(0, [1, 20], id="all at once: the first and the last"),
        pytest.param(0.5, [1, 5, 9, 13, 17, 20], id="two a second"),
        pytest.param(2, list(range(1, 21)), id="one in two seconds"),
        pytest.param(-1, list(range(1, 21)), id="a clock that runs backwards hides nothing"),
    ],
)
def test_two_seconds_have_one_line_but_for_the_last_host(tmp_path, pause, counts):
    said = [progress_line(tmp_path, "run", 20, "compliant", START + datetime.timedelta(seconds=n * pause)) for n in range(20)]

    assert [int(line.split()[0]) for line in said if line] == counts


def count(folder, screen):
    for _unused in range(100):
        count_one(folder, RUN, 400, "compliant", START, lambda line: _append(screen, line))


def _append(file, line):
    with file.open("a") as lines_of_all:
        lines_of_all.write(f"{line}\n")


def test_processes_count_together_and_no_number_goes_back(tmp_path):
    (tmp_path / "runs").mkdir()
    with concurrent.futures.ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(count, [tmp_path / "runs"] * 4, [tmp_path / "lines"] * 4))

    said = [int(line.split()[0]) for line in (tmp_path / "lines").read_text().splitlines()]
    assert said == [20, 400]
