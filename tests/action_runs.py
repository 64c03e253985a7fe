# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs an action plugin without a connection: what it would send goes to a function of the caller."""

from __future__ import annotations

from unittest.mock import MagicMock

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.template import Templar

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.told_once import Failed


def run_action(plugin_class, execute, check_mode=False, diff=False, windows=True, delegate_to=None, task_vars=None, **options):
    """``execute(module_name, module_args)`` answers for the host; returns the plugin's result."""
    loader = DataLoader()
    connection = MagicMock()
    connection._shell._IS_WINDOWS = windows
    connection.transport = "winrm" if windows else "ssh"
    plugin = plugin_class(
        task=_task(args=options, check_mode=check_mode, diff=diff, delegate_to=delegate_to),
        connection=connection,
        play_context=MagicMock(),
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=None,
    )
    plugin._load_name = plugin_class.__module__.rpartition(".")[2]  # as the loader of plugins does; 2.16 names it in its errors
    plugin._execute_module = lambda module_name, module_args, task_vars: execute(module_name.rpartition(".")[2], module_args)
    try:
        return plugin.run(task_vars={"inventory_hostname": "web01", **(task_vars or {})})
    except Failed as failed:  # as ansible-core makes a result of it, without the key exception
        return {**failed.result, "failed": True, "changed": False, "msg": failed.message}


def _task(**given):
    """A task without a keyword of its own that looks at the result, in a play that sets no variable."""
    task = MagicMock(Task, async_val=0, failed_when=[], changed_when=[], until=[], retries=None, _role=None, **given)
    task.get_play.return_value.configure_mock(roles=[], order=None)
    task._parent, task._squashed = None, False
    task.copy.return_value = task
    task.get_variable_manager.return_value.get_vars.return_value = {}
    return task
