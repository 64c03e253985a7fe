# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import gpo_snapshots, snapshots
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput


def snapshot(host="web01", run="20260131T081500Z-1", outcome="applied", before=("S-1-5-6",), kind="enforce", taken=None):
    return {
        "host": host,
        "run_id": run,
        "kind": kind,
        "taken": taken or run,
        "writer": {"controller": "elsewhere", "pid": 1},
        "computer": {"name": "WEB01", "sid": "S-1-5-21-1-2-3"},
        "policy": {"name": "own"},
        "before": [{"sid": sid, "name": None} for sid in before],
        "plan": {"add": [], "remove": []},
        "outcome": outcome,
        "after": None,
    }


def keep(folder, **options):
    data = snapshot(**options)
    path = snapshots.path_of(folder, data["run_id"], data["host"])
    snapshots.keep(path, data)
    return path


def test_a_snapshot_is_for_its_owner_alone_and_can_be_read_back(tmp_path):
    path = keep(tmp_path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert snapshots.read(path) == {"schema_version": "1", "sequence": 1, **snapshot()}
    assert os.listdir(path.parent) == ["web01.json"]


@pytest.mark.parametrize(
    ("host", "folder", "there"),
    [
        pytest.param("web01", ".", True, id="kept"),
        pytest.param("web02", ".", False, id="not kept"),
        pytest.param("web01", "elsewhere", False, id="no run kept anything"),
        pytest.param("web01", "20260131T081500Z-1/web01.json", True, id="no folder, so that nobody knows"),
        pytest.param("web01", None, True, id="a folder that is not known"),
    ],
)
def test_a_snapshot_is_not_there_only_where_that_is_certain(tmp_path, host, folder, there):
    keep(tmp_path)

    assert snapshots.may_be_there(folder and str(tmp_path / folder), "20260131T081500Z-1", host) is there


def test_what_became_of_it_is_noted(tmp_path):
    path = keep(tmp_path, outcome="pending")
    snapshots.settle(path, "applied", ("S-1-5-6", "S-1-5-19"))

    assert (snapshots.read(path)["outcome"], snapshots.read(path)["after"]) == ("applied", ["S-1-5-6", "S-1-5-19"])
    assert snapshots.read(path)["before"] == snapshot()["before"]


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_no_name_leads_out_of_the_folder(tmp_path_factory, run, host):
    folder = tmp_path_factory.getbasetemp()
    path = snapshots.path_of(folder, run, host)

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

    assert snapshots.find(tmp_path, wanted.format(folder=tmp_path), "web01")["run_id"] == found


def test_a_run_without_the_host_has_nothing_to_restore(tmp_path):
    keep(tmp_path)

    assert snapshots.find(tmp_path, "latest", "web02") is None
    assert snapshots.find(tmp_path, "20260131T081500Z-1", "web02") is None


def spoil(**changes):
    return lambda data: {**data, **changes}


@pytest.mark.parametrize(
    ("wanted", "change", "words"),
    [
        pytest.param("yesterday", None, "'yesterday' is not a snapshot file, the folder of a run or a run of", id="no such run"),
        pytest.param("{file}", spoil(schema_version="9"), "schema_version '9' is not known; known is 1", id="a newer schema"),
        pytest.param(
            "{file}", spoil(before=["Administrators"]), "before.0.: 'Administrators' is not a mapping", id="a text for a holder"
        ),
        pytest.param("{file}", spoil(before=None), "before: None is not a list", id="no holders"),
        pytest.param("{file}", spoil(plan={}), "plan.add: the key is missing", id="an empty plan"),
        pytest.param(
            "{file}",
            spoil(before=[{"sid": "Administrators"}]),
            "before.0..name: the key is missing|before.0..sid: 'Administrators' is not a SID",
            id="a name for a SID",
        ),
        pytest.param("{file}", lambda _data: [], "is not a snapshot; a snapshot is a mapping", id="other JSON"),
        pytest.param("{file}", lambda _data: None, "is not a snapshot", id="null"),
    ],
)
def test_what_cannot_be_restored_is_named(tmp_path, wanted, change, words):
    path = keep(tmp_path)
    if change:
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    with pytest.raises(BadInput, match=words):
        snapshots.find(tmp_path, wanted.format(file=path), "web01")


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        pytest.param([], "it has no run", id="none"),
        pytest.param(["r1"], "its runs, the newest first: r1", id="one"),
        pytest.param(["b", "c", "a"], "its runs, the newest first: a, c, b", id="by their numbers, not by their names"),
        pytest.param([f"r{number}" for number in range(9)], "its runs, the newest first: r8, r7, r6, r5, r4 and 4 more", id="many"),
        pytest.param(
            ["\x1b[2J\u202e", "n" * 300],
            f"its runs, the newest first: {'n' * 197}..., \\x1b[2J\\u202e",
            id="hostile and long names",
        ),
    ],
)
def test_a_run_that_there_is_not_is_refused_with_the_newest_that_there_are(tmp_path, runs, said):
    for run in runs:
        keep(tmp_path, run=run, taken="2026-01-31T08:15:00Z")
    (tmp_path / "gpos").mkdir()

    for look in (snapshots.check_wanted, lambda folder, wanted: snapshots.find(folder, wanted, "web01")):
        with pytest.raises(BadInput) as error:
            look(tmp_path, "yesterday")
        assert str(error.value).endswith(f"'yesterday' is not a snapshot file, the folder of a run or a run of {tmp_path}; {said}")


def test_a_run_that_cannot_be_read_is_named_after_the_others(tmp_path):
    keep(tmp_path, run="old")
    keep(tmp_path, run="spoilt").write_text("{")

    with pytest.raises(BadInput, match="the newest first: old, spoilt$"):
        snapshots.check_wanted(tmp_path, "yesterday")


@pytest.fixture
def closed(monkeypatch):
    """Folders that this user may not look into; root may, so that a mode would not do."""
    folders = set()
    scandir, lstat, stat = os.scandir, Path.lstat, os.stat

    def refuse(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", lambda path: refuse(path) if Path(path) in folders else scandir(path))
    monkeypatch.setattr(Path, "lstat", lambda path: refuse(path) if path.parent in folders else lstat(path))
    monkeypatch.setattr(
        os, "stat", lambda path, **how: refuse(path) if folders and Path(path).parent in folders else stat(path, **how)
    )
    return folders


@pytest.mark.parametrize(
    ("hidden", "wanted", "said"),
    [
        pytest.param("", "typo", "{folder} cannot be read: Permission denied", id="the folder"),
        pytest.param("r2", "r2", "{folder}/r2 cannot be read: Permission denied", id="the run"),
        pytest.param("r2", "typo", "its runs, the newest first: r1, r2", id="another run, which is named after the others"),
    ],
)
def test_what_may_not_be_read_is_not_taken_for_nothing(tmp_path, closed, hidden, wanted, said):
    for run in ("r1", "r2"):
        keep(tmp_path, run=run)
    closed.add(tmp_path / hidden)

    for look in (snapshots.check_wanted, lambda folder, wanted: snapshots.find(folder, wanted, "web01")):
        with pytest.raises(BadInput) as error:
            look(tmp_path, wanted)
        assert said.format(folder=tmp_path) in str(error.value)


@pytest.mark.parametrize("checked", [snapshots.check_wanted, gpo_snapshots.check_wanted])
@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param("{closed}/web01.json", "{closed}/web01.json cannot be read: Permission denied", id="a file"),
        pytest.param("{closed}/r1/", "{closed}/r1 cannot be read: Permission denied", id="the folder of a run"),
        pytest.param("r1", "run of", id="the name of a run, from a folder of others"),
    ],
)
def test_a_path_that_may_not_be_looked_at_may_be_a_snapshot(tmp_path, closed, monkeypatch, wanted, said, checked):
    (tmp_path / "closed").mkdir()
    monkeypatch.chdir(tmp_path / "closed")
    closed |= {tmp_path / "closed", Path()}

    with pytest.raises(BadInput) as error:
        checked(tmp_path / "kept", wanted.format(closed=tmp_path / "closed"))
    assert said.format(closed=tmp_path / "closed") in str(error.value)


def test_a_run_that_may_not_be_read_may_be_the_latest(tmp_path, closed):
    keep(tmp_path, run="r1")
    keep(tmp_path, run="r2")
    closed.add(tmp_path / "r2")

    assert snapshots.latest_run(tmp_path) == ("r1", [f"{tmp_path / 'r2'} cannot be read: Permission denied"])
    with pytest.raises(
        snapshots.Spoilt, match="r2/web01.json cannot be read: Permission denied; so it is not known which run is the latest"
    ):
        snapshots.find(tmp_path, "latest", "web01")
    closed.add(tmp_path)
    with pytest.raises(BadInput, match="cannot be read: Permission denied"):
        snapshots.latest_run(tmp_path)
    with pytest.raises(snapshots.Spoilt, match="cannot be read: Permission denied"):
        snapshots.find(tmp_path, "latest", "web01")


def test_the_folder_of_a_user_that_there_is_not_is_named(tmp_path):
    with pytest.raises(BadInput, match="'~nosuchuser/r1' leads nowhere"):
        snapshots.check_wanted(tmp_path, "~nosuchuser/r1")


@pytest.mark.parametrize("wanted", ["latest", "r1", "{folder}/r1", "{folder}/r1/web01.json"])
def test_what_there_is_to_restore_is_not_refused(tmp_path, wanted):
    keep(tmp_path, run="r1")

    snapshots.check_wanted(tmp_path, wanted.format(folder=tmp_path))


@pytest.mark.parametrize("folders", [[], ["zzz"]], ids=["nothing", "a folder of something else"])
def test_latest_of_an_empty_folder_is_named(tmp_path, folders):
    for name in folders:
        (tmp_path / name).mkdir()

    with pytest.raises(BadInput, match="has no run to restore"):
        snapshots.latest_run(tmp_path)


def test_the_latest_run_is_the_newest_that_is_no_restore(tmp_path):
    keep(tmp_path, run="nightly-9", taken="2026-01-01")
    keep(tmp_path, run="nightly-10", taken="2026-01-02")
    keep(tmp_path, run="back", taken="2026-01-03", kind="restore")
    (tmp_path / "zzz").mkdir()

    assert snapshots.latest_run(tmp_path)[0] == "nightly-10"
    assert snapshots.find(tmp_path, "latest", "web01")["run_id"] == "nightly-10"


def test_the_file_of_another_host_is_nothing_for_this_one(tmp_path):
    path = keep(tmp_path)

    assert snapshots.find(tmp_path, str(path), "web02") is None


def test_half_a_file_is_named(tmp_path):
    path = keep(tmp_path)
    path.write_text(path.read_text()[:50])

    with pytest.raises(BadInput, match=r"web01\.json: cannot be read"):
        snapshots.read(path)


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

    assert bool(snapshots.unfinished(tmp_path, "web01")) is unfinished


@pytest.mark.parametrize(
    ("spoil_it", "words"),
    [
        pytest.param(lambda path: path.chmod(0o606), "it can be written by everybody", id="a file that everybody can write"),
        pytest.param(lambda path: path.parent.chmod(0o777), "its folder .* can be written by everybody", id="a folder that everybody can write"),
        pytest.param(lambda path: change(path, after=5), "after: 5 is not a list", id="a number after"),
        pytest.param(lambda path: change(path, before=["S-1-5-6"]), r"before\[0\]: 'S-1-5-6' is not a mapping", id="a holder that is no mapping"),
        pytest.param(lambda path: change(path, before=[{"sid": "S-1-5-6", "name": 7}]), r"before\[0\].name: 7 is not a text", id="a number for a name"),
        pytest.param(lambda path: change(path, host="db01"), "it is of the host 'db01', and its name says 'web01'", id="another host inside"),
        pytest.param(lambda path: change(path, outcome="fine"), "outcome: 'fine' is none of pending, unknown, ", id="no outcome"),
        pytest.param(lambda path: change(path, kind="audit"), "kind: 'audit' is none of enforce, restore", id="no kind"),
        pytest.param(lambda path: change(path, sequence=-1), "sequence: -1 is less than 0", id="no number of a run"),
        pytest.param(lambda path: path.write_text("[" * 100_000), "cannot be read", id="too deep"),
        pytest.param(lambda path: change(path, before=[{"sid": "S-1-5-6", "name": "\ud800"}]), "cannot be read", id="half of a character"),
    ],
)  # fmt: skip
def test_a_snapshot_that_cannot_be_trusted_is_named_and_spoils_its_host_alone(tmp_path, spoil_it, words):
    path = keep(tmp_path)
    keep(tmp_path, host="web02")
    spoil_it(path)

    with pytest.raises(snapshots.Spoilt, match=words) as wrong:
        snapshots.find(tmp_path, "20260131T081500Z-1", "web01")
    assert str(path) in str(wrong.value)
    path.parent.chmod(0o700)
    assert snapshots.latest_run(tmp_path)[0] == "20260131T081500Z-1"
    assert snapshots.find(tmp_path, "latest", "web02")["host"] == "web02"


def change(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_snapshot_of_another_user_is_not_restored(tmp_path, monkeypatch):
    path = keep(tmp_path)
    os.chown(path, 12345, -1)

    with pytest.raises(snapshots.Spoilt, match="belongs to another user .uid 12345"):
        snapshots.read(path)


def test_no_pre_image_goes_to_a_folder_that_everybody_can_write(tmp_path):
    tmp_path.chmod(0o777)

    with pytest.raises(PermissionError, match="can be written by everybody"):
        keep(tmp_path)
    with pytest.raises(BadInput, match="^snapshot_dir: .* can be written by everybody"):
        snapshots.check_place("snapshot_dir", tmp_path)
    assert list(tmp_path.rglob("*.json")) == []


def test_a_clock_that_was_set_back_does_not_make_an_older_run_the_latest(tmp_path):
    keep(tmp_path, run="first", taken="2026-06-01")
    keep(tmp_path, run="second", taken="2026-01-01", outcome="pending")

    assert snapshots.latest_run(tmp_path)[0] == "second"
    assert snapshots.find(tmp_path, "latest", "web01")["run_id"] == "second"
    assert snapshots.unfinished(tmp_path, "web01")[1]["run_id"] == "second"


@pytest.mark.parametrize("outcome", snapshots.UNTOUCHED_OUTCOMES)
def test_a_run_that_changed_nothing_is_not_the_latest(tmp_path, outcome):
    keep(tmp_path, run="changed")
    keep(tmp_path, run="nothing", outcome=outcome)

    assert snapshots.latest_run(tmp_path)[0] == "changed"
    assert snapshots.find(tmp_path, "latest", "web01")["run_id"] == "changed"


@pytest.mark.parametrize("name", ["主" * 28, "主" * 200, "a" * 300, "." * 300], ids=["28 CJK", "200 CJK", "long", "dots"])
def test_a_name_that_is_too_long_for_a_file_is_shortened(tmp_path, name):
    path = keep(tmp_path, host=name, run=name)
    other = keep(tmp_path, host=name + "x", run=name + "x")

    assert path != other
    assert snapshots.find(tmp_path, name, name)["host"] == name
    assert snapshots.find(tmp_path, "latest", name + "x")["run_id"] == name + "x"
    assert snapshots.latest_run(tmp_path)[0] == name + "x"


ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a folder in one that nobody may write to")


@pytest.mark.parametrize(
    ("umask", "folder_mode"),
    [(0o000, 0o700), (0o022, 0o700), (0o077, 0o700), pytest.param(0o277, 0o500, marks=ROOT)],
    ids=oct,
)
def test_a_snapshot_and_its_folders_have_at_most_their_mode_and_obey_the_umask(tmp_path, umask, folder_mode):
    before = os.umask(umask)
    try:
        path = keep(tmp_path / "made")
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600 & ~umask
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in list(path.parents)[:2]] == [folder_mode] * 2


def test_a_snapshot_in_a_folder_that_is_there_obeys_the_umask(tmp_path):
    keep(tmp_path, host="web02")
    before = os.umask(0o277)
    try:
        path = keep(tmp_path)
    finally:
        os.umask(before)

    assert stat.S_IMODE(path.stat().st_mode) == 0o400


@pytest.mark.parametrize(
    "computer",
    [
        pytest.param("WEB01", id="a text"),
        pytest.param([], id="a list"),
        pytest.param({"name": "WEB01"}, id="without a SID"),
        pytest.param({"sid": None}, id="without a name"),
        pytest.param({"name": 5, "sid": None}, id="a number for a name"),
        pytest.param({"name": "WEB01", "sid": 5}, id="a number for a SID"),
        pytest.param({"name": "WEB01", "sid": "WEB01"}, id="a name for a SID"),
        pytest.param({"name": "WEB01", "sid": "S-1-evil"}, id="a malformed SID"),
        pytest.param({"name": "WEB01", "sid": "*S-1-5-21-1-2-3"}, id="a SID with a star"),
    ],
)
def test_a_spoilt_computer_is_named_with_the_file(tmp_path, computer):
    path = keep(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), "computer": computer}))

    with pytest.raises(BadInput, match=r"snapshot .*web01\.json: "):
        snapshots.read(path)


@pytest.mark.parametrize(
    ("runs", "latest", "skipped"),
    [
        pytest.param([("old", "applied"), ("new", "applied")], "new", [], id="nothing is spoilt"),
        pytest.param([("old", "applied"), ("new", None)], "old", ["new"], id="a run of which nothing can be read"),
        pytest.param([("old", None), ("new", "applied")], "new", ["old"], id="nobody knows how old it is"),
        pytest.param([("old", "applied"), ("new", "unchanged"), ("new", None)], "old", ["new"], id="what may have changed a host"),
        pytest.param([("old", "applied"), ("new", "applied"), ("new", None)], "new", ["new"], id="a host of the run itself"),
        pytest.param([("old", "applied"), ("old", None), ("new", "applied")], "new", [], id="an older run that is known as one"),
        pytest.param([("old", None)], None, ["old"], id="no run"),
    ],
)
def test_what_latest_skips_is_named(tmp_path, runs, latest, skipped):
    paths = {}
    for number, (run, outcome) in enumerate(runs):
        path = keep(tmp_path, host=f"web{number:02}", run=run, outcome="found_unchanged" if outcome == "unchanged" else "applied")
        if outcome is None:
            path.write_text("{")
            paths[run] = f"snapshot {path}: cannot be read"

    try:
        name, doubts = snapshots.latest_run(tmp_path)
    except BadInput as wrong:
        name, doubts = None, str(wrong).split("; what cannot be read of it: ")[1:]

    assert name == latest
    assert len(doubts) == len(skipped)
    assert all(doubt.startswith(paths[run]) for run, doubt in zip(skipped, doubts, strict=True))
