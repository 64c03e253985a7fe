# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of playbooks/awx, filled in as a run would fill it in, and runs of its playbooks with the real modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
HERE = CHECKOUT / "playbooks/awx"
MODULES = CHECKOUT / ".build/wheels/collections"


class Unsafe(str):
    """A text that Ansible does not fill in."""


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor("!unsafe", lambda loader, node: Unsafe(loader.construct_scalar(node)))


def load(path: Path) -> t.Any:
    """A YAML file; texts with !unsafe are Unsafe."""
    return yaml.load(path.read_text(encoding="utf-8"), _Loader)


def data() -> dict[str, t.Any]:
    """All variables of playbooks/awx/vars."""
    return {name: value for path in sorted((HERE / "vars").glob("*.yml")) for name, value in load(path).items()}


def surveys() -> dict[str, t.Any]:
    """The surveys by their names."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((HERE / "surveys").glob("*.json"))}


def tasks() -> list[tuple[str, str, dict[str, t.Any]]]:
    """Name of the file, module and options of every task that names a module of awx.awx."""
    return [
        (path.name, module, options)
        for path in sorted((HERE / "tasks").glob("*.yml"))
        for task in load(path)
        for module, options in task.items()
        if module.startswith("awx.awx.")
    ]


def documented(module: str) -> dict[str, t.Any]:
    """Options of a module of awx.awx by its DOCUMENTATION."""
    path = MODULES / "ansible_collections/awx/awx/plugins/modules" / f"{module.rpartition('.')[2]}.py"
    text = path.read_text(encoding="utf-8")
    return yaml.safe_load(text.partition("DOCUMENTATION = '''")[2].partition("'''")[0])["options"]


def play(
    playbook: str, folder: Path, address: str, token: str, extra: dict[str, t.Any], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run a playbook of the configuration against a controller."""
    (folder / "extra.json").write_text(json.dumps(extra))
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join([str(MODULES), os.environ["ANSIBLE_COLLECTIONS_PATH"]]),
        "CONTROLLER_HOST": address,
        "CONTROLLER_OAUTH_TOKEN": token,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # each module is a process, which would compile what it imports
    environment["PYTHONPYCACHEPREFIX"] = str(CHECKOUT / ".build/compiled")
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        str(HERE / playbook),
        "-e",
        f"@{folder / 'extra.json'}",
        *options,
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800, check=False)
