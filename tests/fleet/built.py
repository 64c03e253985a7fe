# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the installed ansible-core sends to a Windows host for one run of a module, without a connection."""

from __future__ import annotations

import os
import typing as t
from inspect import signature
from pathlib import Path

from ansible.executor import module_common
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import shell_loader
from ansible.template import Templar

from fleet.backend import Received


def built(module: str | Path, user: str, **arguments: t.Any) -> Received:
    """Command line and stdin of a module of the collection, or of a file of its own."""
    # Core takes a module's full name from its path, so this is the path of the collection, not of the checkout.
    collection = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"], "ansible_collections", "winrights", "seimpersonate")
    shell = shell_loader.get("powershell")
    options = {"shell_plugin": shell} if "shell_plugin" in signature(module_common.modify_module).parameters else {}
    ours = isinstance(module, str)
    name = f"winrights.seimpersonate.{module}" if isinstance(module, str) else module.stem
    made = module_common.modify_module(
        module_name=name,
        module_path=str(collection / "plugins" / "modules" / f"{module}.ps1" if ours else module),
        module_args={**arguments, "_ansible_module_name": name},
        templar=Templar(loader=DataLoader()),
        task_vars={},
        **options,
    )
    if options:  # since 2.21 the module brings its command line
        words, data = made.get_command_args(None)
        return Received(" ".join(words), data, user, {})
    data = made[0] if isinstance(made, tuple) else made.b_module_data  # a tuple until 2.18
    return Received(shell.build_module_command("", "#!powershell", ""), data, user, {})
