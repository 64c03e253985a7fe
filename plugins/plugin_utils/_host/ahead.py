# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the process of every host would look up again. Ansible imports the plugins of a task once, in the process from which it forks one
for each host; what is known there by then, its children know.
"""

from __future__ import annotations

from ansible.plugins.loader import ps_module_utils_loader

_PARTS = (("Ansible.ModuleUtils.AddType", ".psm1"),)
"""Files of ansible-core that its wrapper of every payload, or ours, names."""


def find_parts_of_payloads() -> None:
    """Let ansible-core come across its own PowerShell files, which its loader remembers.

    It looks through every folder that may have some whenever it builds a payload in a new process: two thirds of the time that this takes.
    """
    for name, ending in _PARTS:
        ps_module_utils_loader.find_plugin(name, ending)
