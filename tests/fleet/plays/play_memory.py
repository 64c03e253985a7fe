# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible makes of files that are the same for all plays: remembered before the fork, so that no play makes it again.

Each is a function of a text: bytecode of the collections' modules, data of their YAML files and of their runtime.yml.
"""

from __future__ import annotations

import copy
import functools
import importlib
import inspect
import os
import types
import typing as t
from pathlib import Path

OURS = "winrights/seimpersonate"
FOLDERS = ("playbooks", "roles")  # of this collection, whose YAML files plays load
SCALARS = (
    *(f"ansible.module_utils._internal._datatag._AnsibleTagged{kind}" for kind in ("Str", "Int", "Float")),  # since 2.19
    "ansible.parsing.yaml.objects.AnsibleUnicode",
)
"""Texts and numbers with their place in a file. Nothing changes one, so that it may serve as its own copy."""


def roots() -> list[Path]:
    """Where this process finds collections."""
    return [Path(path, "ansible_collections") for path in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep)]


def remember() -> None:
    """Compile and parse now. Plays must not change the files of the collections."""
    _remember_code()
    _remember_yaml()


def _remember_code() -> None:
    """The loader of collections compiles each module in each process, as it writes no files beside them."""
    finder = importlib.import_module("ansible.utils.collection_loader._collection_finder")
    finder._meta_yml_to_dict = functools.cache(finder._meta_yml_to_dict)  # each process has its own copy
    codes: dict[tuple[str, str | bytes], types.CodeType] = {}

    def compiled(source: str | bytes, filename: str, mode: str, flags: int, dont_inherit: bool) -> types.CodeType:
        key = (filename, source)
        if key not in codes:
            codes[key] = compile(source, filename, mode, flags, dont_inherit)
        return codes[key]

    finder.compile = compiled
    for path in sorted(path for root in roots() for path in root.glob("*/*/plugins/**/*.py")):
        compiled(source=path.read_bytes(), filename=str(path), mode="exec", flags=0, dont_inherit=True)
    meta = Path(finder.__file__).parents[2] / "config" / "ansible_builtin_runtime.yml"
    finder._meta_yml_to_dict(meta.read_bytes(), ("ansible.builtin", "runtime.yml"))


def _remember_yaml() -> None:
    """A third of what the main process of a short play does is to read the role's files, and to copy what it read."""
    loader = importlib.import_module("ansible.parsing.dataloader").DataLoader
    load = loader.load_from_file
    usual = {"trusted_as_template": True} if "trusted_as_template" in inspect.signature(load).parameters else {}
    files = sorted(path for root in roots() for folder in FOLDERS for path in (root / OURS / folder).glob("**/*.yml"))
    parsed = {str(path): data for path in files if (data := _parsed(loader(), path, usual)) is not None}
    for kind in filter(None, map(scalar, SCALARS)):
        kind.__deepcopy__ = lambda self, _memo: self

    def load_from_file(self: t.Any, file_name: str, *args: t.Any, **options: t.Any) -> t.Any:
        data = parsed.get(self.path_dwim(file_name)) if not args and options == usual else None
        return load(self, file_name, *args, **options) if data is None else copy.deepcopy(data)

    loader.load_from_file = load_from_file


def _parsed(loader: t.Any, path: Path, usual: t.Mapping[str, t.Any]) -> t.Any:
    """Data of a file, None for one that a play must read itself: it cannot be parsed, or Ansible has something to say about it."""
    display = importlib.import_module("ansible.utils.display").Display()
    said = copy.copy(display._warns), copy.copy(display._deprecations)
    try:
        data = loader.load_from_file(str(path), **usual)
    except importlib.import_module("ansible.errors").AnsibleError:
        return None
    if (display._warns, display._deprecations) == said:
        return data
    display._warns, display._deprecations = said
    return None


def scalar(name: str) -> t.Any:
    """The class of a name, None where this version of Ansible has none."""
    module, _dot, kind = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), kind, None)
    except ModuleNotFoundError:
        return None
