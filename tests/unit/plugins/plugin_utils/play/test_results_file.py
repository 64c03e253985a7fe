# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reader of the fleet keeps: no line that was cut is a result, and none spoils another."""

from __future__ import annotations

import os
import resource
import signal

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.results_file import ResultsFile, place_of


@pytest.fixture
def file(tmp_path):
    made = ResultsFile(place_of(str(tmp_path / "reports"), "run"))
    made.begin()
    return made


def test_results_come_back_and_the_last_one_counts(file):
    file.keep("a", {"status": "drift"})
    assert set(file.hosts()) == {"a"}
    file.keep("ü\n\ud800", {"msg": "\ud800 'quoted' \u2028"})
    file.keep("a", {"status": "compliant"})

    assert set(file.hosts()) == {"a", "ü\n\ud800"}
    assert file.results() == {"a": {"status": "compliant"}, "ü\n\ud800": {"msg": "\ud800 'quoted' \u2028"}}


@pytest.mark.parametrize(
    "rest", [b'["b", {"status": "dr', b'\n["b"', b"]", b"\xff\xfe\n", b'["b"]\n', b"7\n", b"null\n", b'"xy"\n'], ids=repr
)
def test_what_a_killed_writer_left_is_no_result_and_spoils_none(file, tmp_path, rest):
    file.keep("a", 1)
    with open(place_of(str(tmp_path / "reports"), "run"), "ab") as raw:
        raw.write(rest)
    file.keep("c", 3)

    assert set(file.hosts()) == {"a", "c"}
    assert file.results() == {"a": 1, "c": 3}


@pytest.mark.parametrize(
    ("host", "result"),
    [
        pytest.param("web", {"status": "compliant"}, id="the last one counts"),
        pytest.param("web0", {"n": 1}, id="a name that begins as another one"),
        pytest.param("we", None, id="a name that another one begins with"),
        pytest.param('odd", "web', {"n": 2}, id="a name with what JSON writes around one"),
        pytest.param("cut", {"n": 3}, id="whose later line was cut"),
        pytest.param("nobody", None, id="a host without a result"),
    ],
)
def test_one_host_s_result_is_found_without_those_of_others(file, tmp_path, host, result):
    for name, kept in (
        ("web", 0),
        ("web0", {"n": 1}),
        ('odd", "web', {"n": 2}),
        ("cut", {"n": 3}),
        ("web", {"status": "compliant"}),
    ):
        file.keep(name, kept)
    with open(place_of(str(tmp_path / "reports"), "run"), "ab") as raw:
        raw.write(b'["cut", {"n":')

    assert file.of_host(host) == result


def test_other_results_take_the_place_of_all(file, tmp_path):
    file.keep("a", {"much": "x" * 1000})
    file.keep("b", 2)

    file.replace({"a": {"little": 1}})

    assert file.results() == {"a": {"little": 1}}
    assert os.stat(place_of(str(tmp_path / "reports"), "run")).st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["impersonate-run.results"]


def test_it_is_for_its_owner_alone(file, tmp_path):
    assert os.stat(place_of(str(tmp_path / "reports"), "run")).st_mode & 0o777 == 0o600


def test_a_result_that_does_not_fit_on_the_disk_is_said(file):
    """The limit of a process for files stands for a full disk: both cut the line that is written last."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        file.keep("a", 1)
        with pytest.raises(OSError, match="bytes were written"):
            file.keep("b", "x" * 2000)
        with pytest.raises(OSError, match="File too large"):
            file.keep("c", 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)

    file.keep("d", 4)
    assert file.results() == {"a": 1, "d": 4}


def test_after_the_report_there_is_none(file):
    file.keep("a", 1)
    file.remove()
    file.remove()

    assert file.results() == {}
