# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment, by the tool that builds it; no container engine is needed for that much."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from awx.configuration import CHECKOUT, HERE

BUILDER = str(Path(sys.executable).with_name("ansible-builder"))


def test_the_builder_takes_the_definition(tmp_path):
    done = subprocess.run(
        [
            BUILDER,
            "create",
            "-f",
            str(HERE / "execution-environment.yml"),
            "-c",
            str(tmp_path),
            "--output-filename",
            "Containerfile",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    container = (tmp_path / "Containerfile").read_text()
    assert "ansible-runner>=2.4.3" in container
    assert "winrights.seimpersonate" in (tmp_path / "_build/requirements.yml").read_text()


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
