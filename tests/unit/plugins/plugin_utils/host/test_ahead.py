# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is the same for every host is known when our code is imported: the process of a host looks nothing of it up again."""

from __future__ import annotations

import os

from ansible.plugins.loader import ps_module_utils_loader

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import HostFacts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import answers, windows


def test_the_types_of_every_row_of_an_answer_are_known():
    known = answers._hints.cache_info().currsize

    for kind in (HostFacts, *HostFacts.__annotations__, *vars(answers).values()):
        if isinstance(kind, type) and kind.__module__.endswith("_facts.facts") and hasattr(kind, "__dataclass_fields__"):
            answers._hints(kind)

    assert known > 20
    assert answers._hints.cache_info().currsize == known


def test_files_of_the_wrapper_are_found_without_a_look_into_a_folder(monkeypatch):
    monkeypatch.setattr(os, "listdir", lambda *_folder: [])

    assert os.path.exists(ps_module_utils_loader.find_plugin("Ansible.ModuleUtils.AddType", ".psm1"))
    assert windows.WindowsHost
