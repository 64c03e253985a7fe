# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts of one task have in common, and what each has for itself."""

from __future__ import annotations

import pytest
from ansible.playbook.task import Task

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.one_host import copy_of, is_constant


@pytest.mark.parametrize(
    ("keywords", "constant"),
    [
        pytest.param({}, True, id="the task of the role"),
        pytest.param({"environment": {"A": "b"}, "become": True, "become_user": "SYSTEM", "port": 5986}, True, id="plain keywords"),
        pytest.param(
            {"vars": {"ours": "{{ inventory_hostname }}"}}, True, id="a template in the variables, which are none of its business"
        ),
        pytest.param({"environment": {"A": "{{ inventory_hostname }}"}}, False, id="a template in a value"),
        pytest.param({"environment": {"{{ inventory_hostname }}": "b"}}, False, id="a template in a name"),
        pytest.param({"environment": "{{ environments[inventory_hostname] }}"}, False, id="a template instead of a list"),
        pytest.param({"become_user": "{% if true %}SYSTEM{% endif %}"}, False, id="a statement of a template"),
        pytest.param({"module_defaults": {"ansible.builtin.debug": {"msg": "{{ ours }}"}}}, False, id="a template in a default"),
        pytest.param({"environment": {"A": object()}}, False, id="something that is not plain"),
    ],
)
def test_keywords_that_are_the_same_for_each_host(keywords, constant):
    task = Task.load(
        {"name": "Read", "ansible.builtin.debug": {}, "register": "it", "check_mode": False, "ignore_errors": True, **keywords}
    )
    task.squash()

    assert is_constant(task) is constant


def test_a_copy_has_arguments_of_its_own():
    task = Task.load({"ansible.builtin.debug": {"msg": "a"}})
    task.squash()
    copy_of(task).args["msg"] = "b"

    assert task.args == {"msg": "a"}
