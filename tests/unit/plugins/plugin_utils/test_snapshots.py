# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import platform
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils import _snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.errors import BadInput


def snapshot(host="web01", run="20260131T081500Z-1", outcome="applied", before=("S-1-5-6",), kind="enforce", taken=None):
    return {
        "host": host,
        "run_id": run,
        "kind": kind,
        "taken": taken or run,
        "writer": {"controller": "elsewhere", "pid": 1},
        "policy": {"name": "own"},
        "before": [{"sid": sid, "name": None} for sid in before],
        "plan": {"add": [], "remove": []},
        "outcome": outcome,
        "after": None,
    }


def keep(folder, **options):
    data = snapshot(**options)
    path = _snapshots.path_of(folder, data["run_id"], data["host"])
    _snapshots.write(path, data)
    return path


def test_a_snapshot_is_for_its_owner_alone_and_can_be_read_back(tmp_path):
    path = keep(tmp_path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _snapshots.read(path) == {"schema_version": "1", **snapshot()}
    assert os.listdir(path.parent) == ["web01.json"]


def test_what_became_of_it_is_noted(tmp_path):
    path = keep(tmp_path, outcome="pending")
    _snapshots.settle(path, "applied", ("S-1-5-6", "S-1-5-19"))

    assert (_snapshots.read(path)["outcome"], _snapshots.read(path)["after"]) == ("applied", ["S-1-5-6", "S-1-5-19"])
    assert _snapshots.read(path)["before"] == snapshot()["before"]


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_no_name_leads_out_of_the_folder(tmp_path_factory, run, host):
    folder = tmp_path_factory.getbasetemp()
    path = _snapshots.path_of(folder, run, host)

    assert path.parent.parent == folder
    assert path.resolve().is_relative_to(folder.resolve())
    assert path.parent.resolve() != folder.resolve()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param("20260131T081500Z-1", "20260131T081500Z-1", id="the name of a run"),
        pytest.param("latest", "20260201T081500Z-2", id="the latest run"),
        pytest.param("{folder}/20260131T081500Z-1", "20260131T081500Z-1", id="the folder of a run"),
        pytest.param("{folder}/20260131T081500Z-1/web01.json", "20260131T081500Z-1", id="a file"),
    ],
)
def test_restore_finds_the_snapshot(tmp_path, wanted, found):
    keep(tmp_path, run="20260131T081500Z-1")
    keep(tmp_path, run="20260201T081500Z-2")

    assert _snapshots.find(tmp_path, wanted.format(folder=tmp_path), "web01")["run_id"] == found


def test_a_run_without_the_host_has_nothing_to_restore(tmp_path):
    keep(tmp_path)

    assert _snapshots.find(tmp_path, "latest", "web02") is None
    assert _snapshots.find(tmp_path, "20260131T081500Z-1", "web02") is None


def spoil(**changes):
    return lambda data: {**data, **changes}


@pytest.mark.parametrize(
    ("wanted", "change", "words"),
    [
        pytest.param("yesterday", None, "'yesterday' is no snapshot file, no folder of a run, and no run of", id="no such run"),
        pytest.param("{file}", spoil(schema_version="9"), "schema_version '9' is not known; known is 1", id="a newer schema"),
        pytest.param("{file}", spoil(before=["Administrators"]), "'Administrators' is no SID", id="a text for a holder"),
        pytest.param("{file}", spoil(before=None), "before is None", id="no holders"),
        pytest.param("{file}", spoil(plan={}), "plan.add is None", id="an empty plan"),
        pytest.param("{file}", spoil(before=[{"sid": "Administrators"}]), "'Administrators' is no SID", id="a name for a SID"),
        pytest.param("{file}", lambda _data: [], "is no snapshot; a snapshot has the keys", id="other JSON"),
        pytest.param("{file}", lambda _data: None, "is no snapshot", id="null"),
    ],
)
def test_what_cannot_be_restored_is_named(tmp_path, wanted, change, words):
    path = keep(tmp_path)
    if change:
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    with pytest.raises(BadInput, match=words):
        _snapshots.find(tmp_path, wanted.format(file=path), "web01")


@pytest.mark.parametrize("folders", [[], ["zzz"]], ids=["nothing", "a folder of something else"])
def test_latest_of_an_empty_folder_is_named(tmp_path, folders):
    for name in folders:
        (tmp_path / name).mkdir()

    with pytest.raises(BadInput, match="has no run to restore"):
        _snapshots.latest_run(tmp_path)


def test_the_latest_run_is_the_newest_that_is_no_restore(tmp_path):
    keep(tmp_path, run="nightly-9", taken="2026-01-01")
    keep(tmp_path, run="nightly-10", taken="2026-01-02")
    keep(tmp_path, run="back", taken="2026-01-03", kind="restore")
    (tmp_path / "zzz").mkdir()

    assert _snapshots.latest_run(tmp_path) == "nightly-10"
    assert _snapshots.find(tmp_path, "latest", "web01")["run_id"] == "nightly-10"


def test_the_file_of_another_host_is_nothing_for_this_one(tmp_path):
    path = keep(tmp_path)

    assert _snapshots.find(tmp_path, str(path), "web02") is None


@pytest.mark.parametrize(
    ("writer", "outcome", "writing"),
    [
        pytest.param({"controller": platform.node(), "pid": os.getppid()}, "pending", True, id="another process that runs"),
        pytest.param({"controller": platform.node(), "pid": 2**22 + 1}, "pending", False, id="a process that is gone"),
        pytest.param({"controller": platform.node(), "pid": os.getpid()}, "pending", False, id="this process"),
        pytest.param({"controller": "elsewhere", "pid": os.getppid()}, "pending", False, id="another controller: nobody knows"),
        pytest.param({"controller": platform.node(), "pid": os.getppid()}, "unknown", False, id="it has given up"),
    ],
)
def test_a_run_that_is_still_at_work_is_not_a_lost_one(writer, outcome, writing):
    assert _snapshots.still_writing({**snapshot(outcome=outcome), "writer": writer}) is writing


def test_half_a_file_is_named(tmp_path):
    path = keep(tmp_path)
    path.write_text(path.read_text()[:50])

    with pytest.raises(BadInput, match=r"web01\.json: cannot be read"):
        _snapshots.read(path)


@pytest.mark.parametrize(
    ("outcomes", "unfinished"),
    [
        pytest.param([], False, id="no run"),
        pytest.param(["applied"], False, id="a good run"),
        pytest.param(["applied", "pending"], True, id="the last was killed"),
        pytest.param(["unknown"], True, id="the last was lost"),
        pytest.param(["unknown", "applied"], False, id="a later one was good"),
        pytest.param(["found_applied"], False, id="found out already"),
    ],
)
def test_a_run_that_nobody_knows_the_end_of_is_found(tmp_path, outcomes, unfinished):
    for number, outcome in enumerate(outcomes):
        keep(tmp_path, run=f"2026013{number}T081500Z", outcome=outcome)

    assert bool(_snapshots.unfinished(tmp_path, "web01")) is unfinished
