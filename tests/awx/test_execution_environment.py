# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment, by the tool that builds it; no container engine is needed for that much."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from awx.configuration import CHECKOUT, HERE

BUILDER = str(Path(sys.executable).with_name("ansible-builder"))


def create(folder, definition):
    """Let the builder make the context of a definition that lies in a folder, with the files that it may name; the Containerfile."""
    for name in ("krb5.conf", "archive.tar.gz"):
        (folder / name).touch()
    (folder / "execution-environment.yml").write_text(definition)
    command = [
        BUILDER,
        "create",
        "-f",
        "execution-environment.yml",
        "-c",
        str(folder / "made"),
        "--output-filename",
        "Containerfile",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "made/Containerfile").read_text()


DEFINITION = (HERE / "execution-environment.yml").read_text()


def test_the_builder_takes_the_definition(tmp_path):
    container = create(tmp_path, DEFINITION)

    assert "ansible-runner>=2.4.3" in container
    assert "winrights.seimpersonate" in (tmp_path / "made/_build/requirements.yml").read_text()


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        pytest.param("krb5", {"configs/krb5.conf"}, id="Kerberos"),
        pytest.param("archive", {"galaxy/archive.tar.gz"}, id="no Galaxy"),
        pytest.param("krb5|archive", {"configs/krb5.conf", "galaxy/archive.tar.gz"}, id="both"),
    ],
)
def test_the_builder_takes_the_lines_that_a_user_may_want(tmp_path, wanted, files):
    head, version, rest = DEFINITION.partition("version: 3")
    definition = head + version + re.sub(rf"^( *)# (?=.*(?:{wanted}))", r"\1", rest, flags=re.MULTILINE)

    container = create(tmp_path, definition)

    assert all((tmp_path / "made/_build" / name).exists() for name in files)
    assert ("COPY _build/configs/krb5.conf /etc/krb5.conf" in container) is ("krb5" in wanted)
    (collection,) = yaml.safe_load((tmp_path / "made/_build/requirements.yml").read_text())["collections"]
    assert collection.get("source") == ("galaxy/archive.tar.gz" if "archive" in wanted else None)


def test_the_builder_finds_what_the_collection_needs(tmp_path):
    root = tmp_path / "ansible_collections/winrights/seimpersonate"
    root.mkdir(parents=True)
    for name in ("meta", "galaxy.yml"):
        (root / name).symlink_to(CHECKOUT / name)
    done = subprocess.run(
        [BUILDER, "introspect", "--sanitize", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for needed in ("pywinrm>=0.5.0", "pypsrp>=0.8.1", "krb5-workstation", "winrights.seimpersonate"):
        assert needed in done.stdout
