# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered for the plays is what each of them would have read, and none can change it for another."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.utils.display import Display

from fleet.plays import play_memory

try:
    from ansible.module_utils._internal._datatag import AnsibleTagHelper
except ModuleNotFoundError:  # before 2.19
    AnsibleTagHelper = None

COLLECTION = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"], "ansible_collections", "winrights", "seimpersonate")
ASKED = {"trusted_as_template": True} if "trusted_as_template" in inspect.signature(DataLoader.load_from_file).parameters else {}
FILES = sorted(path.relative_to(COLLECTION) for folder in play_memory.FOLDERS for path in (COLLECTION / folder).glob("**/*.yml"))


@pytest.fixture(scope="module")
def memory():
    """The loader that remembers, and the one before it."""
    kinds = [kind for kind in map(play_memory.scalar, play_memory.SCALARS) if kind]
    with pytest.MonkeyPatch.context() as patch:
        for kind in kinds:
            patch.setattr(kind, "__deepcopy__", None, raising=False)
        before = DataLoader.load_from_file
        patch.setattr(DataLoader, "load_from_file", before)
        play_memory._remember_yaml()
        yield DataLoader.load_from_file, before


@pytest.fixture
def remembered(memory, monkeypatch):
    """What the loader knows without a look at the disk."""
    for name in ("get_text_file_contents", "_get_file_contents"):
        monkeypatch.setattr(DataLoader, name, lambda *_args: pytest.fail("it is read"), raising=False)
    return lambda path, *args, **options: memory[0](DataLoader(), str(path), *args, **options)


@pytest.fixture(scope="module")
def read(memory):
    """Each file as Ansible reads it."""
    return {path: memory[1](DataLoader(), str(COLLECTION / path), **ASKED) for path in FILES}


def nodes(data):
    """Each value of a document, with its type and all that Ansible notes about it: where it stands, and whether it is a template."""
    tags = tuple(sorted(map(repr, AnsibleTagHelper.tags(data)))) if AnsibleTagHelper else getattr(data, "ansible_pos", None)
    yield type(data), tags, None if isinstance(data, (dict, list)) else data
    for part in [*data.items()] if isinstance(data, dict) else [*enumerate(data)] if isinstance(data, list) else []:
        for one in part:
            yield from nodes(one)


def test_each_file_is_what_ansible_reads(read, remembered):
    assert len(read) > 30
    for path, data in read.items():
        assert [*nodes(remembered(COLLECTION / path, **ASKED))] == [*nodes(data)], path


def test_what_one_play_changes_no_other_sees(read, remembered):
    path = Path("roles/impersonate/meta/argument_specs.yml")
    data = remembered(COLLECTION / path, **ASKED)
    data["argument_specs"]["main"]["options"].clear()
    data["argument_specs"]["main"]["description"].append("more")

    assert remembered(COLLECTION / path, **ASKED) == read[path]


def test_a_text_is_its_own_copy(remembered):
    """Or what is remembered would be no faster."""
    first, second = (remembered(COLLECTION / "playbooks/audit.yml", **ASKED)[0]["name"] for _unused in range(2))

    assert first is second


@pytest.mark.parametrize(
    ("args", "options"),
    [
        pytest.param((), {"cache": "none"}, id="no cache"),
        pytest.param((), {"unsafe": True}, id="the data itself, which is nobody's copy"),
        pytest.param(("none",), {}, id="by place"),
    ],
)
def test_what_is_asked_for_in_another_way_is_read(args, options, remembered):
    with pytest.raises(pytest.fail.Exception, match="it is read"):
        remembered(COLLECTION / "playbooks/audit.yml", *args, **ASKED, **options)


@pytest.mark.parametrize("place", ["playbooks", ""])
def test_a_file_of_somebody_else_is_read(place, remembered, tmp_path):
    path = tmp_path / place / "audit.yml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("[]")

    with pytest.raises(pytest.fail.Exception, match="it is read"):
        remembered(path, **ASKED)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: [", id="that cannot be parsed"),
        pytest.param("a: 1\na: 2", id="that Ansible warns of"),
        pytest.param("", id="that is empty"),
    ],
)
def test_a_file_that_a_play_must_read_itself(text, tmp_path):
    """It has its error or its warning then."""
    (tmp_path / "main.yml").write_text(text)
    said = set(Display()._warns)

    assert play_memory._parsed(DataLoader(), tmp_path / "main.yml", ASKED) is None
    assert set(Display()._warns) == said
