# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered for the plays is what each of them would have read, and none can change it for another."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader

from fleet.plays import play_memory

COLLECTION = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"], "ansible_collections", "winrights", "seimpersonate")
ASKED = {"trusted_as_template": True} if "trusted_as_template" in inspect.signature(DataLoader.load_from_file).parameters else {}
FILES = sorted(path.relative_to(COLLECTION) for folder in play_memory.FOLDERS for path in (COLLECTION / folder).glob("**/*.yml"))


@pytest.fixture
def remembered(monkeypatch):
    """What the loader reads from a disk that is there no more."""
    kinds = [kind for kind in map(play_memory.scalar, play_memory.SCALARS) if kind]
    for kind in kinds:
        monkeypatch.setattr(kind, "__deepcopy__", None, raising=False)
    monkeypatch.setattr(DataLoader, "load_from_file", DataLoader.load_from_file)
    play_memory._remember_yaml()
    assert kinds

    def load(path, **options):
        with monkeypatch.context() as gone:
            gone.setattr(DataLoader, "get_text_file_contents", lambda *_args: pytest.fail("it is read"), raising=False)
            gone.setattr(DataLoader, "_get_file_contents", lambda *_args: pytest.fail("it is read"), raising=False)
            return DataLoader().load_from_file(str(path), **options)

    return load


@pytest.fixture(scope="module")
def read():
    """Each file as Ansible reads it."""
    return {path: DataLoader().load_from_file(str(COLLECTION / path), **ASKED) for path in FILES}


def test_each_file_is_what_ansible_reads(read, remembered):
    assert FILES
    for path, data in read.items():
        again = remembered(COLLECTION / path, **ASKED)
        assert again == data
        assert type(again) is type(data)


def test_what_one_play_changes_no_other_sees(read, remembered):
    path = Path("roles/impersonate/meta/argument_specs.yml")
    data = remembered(COLLECTION / path, **ASKED)
    data["argument_specs"]["main"]["options"].clear()
    data["argument_specs"]["main"]["description"].append("more")

    assert remembered(COLLECTION / path, **ASKED) == read[path]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"cache": "none"}, id="no cache"),
        pytest.param({"unsafe": True}, id="the data itself, which is nobody's copy"),
    ],
)
def test_what_is_asked_for_in_another_way_is_read(options, remembered):
    with pytest.raises(pytest.fail.Exception, match="it is read"):
        remembered(COLLECTION / "galaxy.yml", **options)
    with pytest.raises(pytest.fail.Exception, match="it is read"):
        remembered(COLLECTION / FILES[0], **options)


def test_a_file_of_somebody_else_is_read(remembered, tmp_path):
    (tmp_path / "play.yml").write_text("[]")

    with pytest.raises(pytest.fail.Exception, match="it is read"):
        remembered(tmp_path / "play.yml", **ASKED)
