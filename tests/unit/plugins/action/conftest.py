# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an action plugin without a connection: what it would send goes to a function of the test."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.template import Templar


def run_action(plugin_class, execute, check_mode=False, diff=False, windows=True, delegate_to=None, task_vars=None, **options):
    """``execute(module_name, module_args)`` answers for the host; returns the plugin's result."""
    loader = DataLoader()
    connection = MagicMock()
    connection._shell._IS_WINDOWS = windows
    connection.transport = "winrm" if windows else "ssh"
    plugin = plugin_class(
        task=MagicMock(Task, args=options, check_mode=check_mode, diff=diff, async_val=0, delegate_to=delegate_to),
        connection=connection,
        play_context=MagicMock(),
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=None,
    )
    plugin._load_name = plugin_class.__module__.rpartition(".")[2]  # as the loader of plugins does; 2.16 names it in its errors
    plugin._execute_module = lambda module_name, module_args, task_vars: execute(module_name.rpartition(".")[2], module_args)
    return plugin.run(task_vars={"inventory_hostname": "web01", **(task_vars or {})})


@pytest.fixture(scope="session")
def action():
    return run_action
