# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role hands to a module for the variables of a user: its own defaults, tables and templates, without a play."""

from __future__ import annotations

import functools
import typing as t
from pathlib import Path

import ansible.template
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import of_role, specs

ROLE = Path(__file__).parents[1] / "roles/impersonate"
OMIT = "__omit_place_holder__"
_trust = getattr(ansible.template, "trust_as_template", str)  # since 2.19 a template says that it may be one


def role_options(tasks: str, module: str, **variables: t.Any) -> dict[str, t.Any]:
    """Options of the one task of a file of the role that uses a module, as templated with the variables of a user."""
    (task,) = (task for task in _load(ROLE / "tasks" / f"{tasks}.yml") if f"winrights.seimpersonate.{module}" in task)
    vars_ = {"omit": OMIT, **_load(ROLE / "defaults/main.yml")}
    for path in sorted((ROLE / "vars/main").glob("*.yml")):
        vars_ |= _load(path)
    vars_ |= {**task.get("vars", {}), **variables}
    templar = Templar(loader=DataLoader(), variables=vars_)
    said = templar.template(task[f"winrights.seimpersonate.{module}"])
    options = {name: value for name, value in said.items() if value != OMIT}
    options = of_role.filled(options, getattr(specs, module.upper()), vars_, templar.template, whole=module == "fleet_check")
    return {name: value for name, value in options.items() if name != "from_variables"}


def handed_on(tasks: str, imported: str) -> dict[str, t.Any]:
    """The variables that a file of the role gives to another one."""
    (task,) = (
        task for task in _load(ROLE / "tasks" / f"{tasks}.yml") if task.get("ansible.builtin.import_tasks") == f"{imported}.yml"
    )
    return dict(task.get("vars", {}))


def defaults() -> dict[str, t.Any]:
    """The variables of the role where a user says nothing."""
    return dict(_load(ROLE / "defaults/main.yml"))


@functools.cache
def _load(path: Path) -> t.Any:
    return _trusted(yaml.safe_load(path.read_text(encoding="utf-8")))


def _trusted(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _trusted(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_trusted(one) for one in value]
    return _trust(value) if isinstance(value, str) else value
