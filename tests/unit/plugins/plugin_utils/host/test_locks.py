# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks of hosts, and files that killed runs leave."""

from __future__ import annotations

import os
import signal
import stat

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._files import check_folder, sweep, write_atomically
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import locks


def test_a_host_that_is_held_is_busy_until_the_process_ends(tmp_path, holder):
    path = locks.path_of(tmp_path, "web01")
    process = holder(path)

    with pytest.raises(locks.Busy, match=f"holds {path}. Wait for it or end that process"):
        locks.check_free(tmp_path, "web01")
    with pytest.raises(locks.Busy), locks.host(tmp_path, "web01", "run"):
        pass

    process.send_signal(signal.SIGKILL)
    process.wait()
    locks.check_free(tmp_path, "web01")
    with locks.host(tmp_path, "web01", "run"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_message_names_who_holds_it_and_other_hosts_are_free(tmp_path):
    with locks.host(tmp_path, "web01", "nightly"), locks.host(tmp_path, "web02", "nightly"):
        with pytest.raises(locks.Busy, match=f"the run 'nightly' .process {os.getpid()} of "):
            locks.check_free(tmp_path, "web01")
        locks.check_free(tmp_path, "web03")


@pytest.mark.parametrize(
    "text", ["", "{", "5", '{"pid": 1}', "[" * 4000], ids=["nothing", "half", "a number", "a reused id", "deep"]
)
def test_what_a_killed_run_left_holds_nothing(tmp_path, text):
    locks.path_of(tmp_path, "web01").write_text(text)

    locks.check_free(tmp_path, "web01")
    with locks.host(tmp_path, "web01", "run"):
        pass


def test_half_written_files_of_killed_runs_are_taken_away_and_nothing_else(tmp_path, holder):
    dead, alive, foreign = (tmp_path / name for name in (".impersonate-dead", ".impersonate-alive", "impersonate-report.json"))
    link = tmp_path / ".impersonate-link"
    dead.touch()
    foreign.touch()
    link.symlink_to(foreign)
    holder(alive)

    assert sweep(tmp_path) == [".impersonate-dead"]
    assert sorted(tmp_path.iterdir()) == sorted([alive, link, foreign])


def test_the_check_of_a_folder_tidies_up_and_leaves_nothing(tmp_path):
    (tmp_path / ".impersonate-dead").touch()

    check_folder("report_dir", tmp_path, "so")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o027, 0o077], ids=oct)
def test_a_report_obeys_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "report.json", "{}")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "report.json").stat().st_mode) == 0o640 & ~umask
