# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-core says of a misspelt option is said as we say everything that is misspelt."""

from __future__ import annotations

import importlib
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.task import Task
from ansible.template import Templar

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import bad_input, specs


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param(
            "Unsupported parameters for (a.b.c) module: permited. Supported parameters include: permitted, policy.",
            "permited: there is no such option; did you mean permitted?; options are permitted, policy",
            id="a misspelt option",
        ),
        pytest.param(
            "Unsupported parameters for (a.b.c) module: permited, x. Supported parameters include: permitted, policy.",
            "permited: there is no such option; did you mean permitted?; x: there is no such option; options are permitted, policy",
            id="several",
        ),
        pytest.param("argument 'iis' is of type x", "argument 'iis' is of type x", id="another sentence"),
    ],
)
def test_an_option_that_there_is_not_is_told_with_the_one_that_was_meant(said, told):
    with pytest.raises(AnsibleActionFail) as raised, bad_input.marked(str):
        raise AnsibleActionFail(said, obj={"permited": []})

    assert raised.value.message == told
    assert getattr(raised.value, "obj", None) is None


PLAIN = {"str": "x", "path": "x", "bool": True, "list": ["x"], "dict": {}, "raw": {}}
ACTIONS = {
    name.casefold(): spec for name, spec in vars(specs).items() if name.isupper() and name[0] != "_" and isinstance(spec, dict)
}


@pytest.mark.parametrize(("name", "spec"), ACTIONS.items(), ids=ACTIONS)
def test_each_module_tells_a_misspelt_option_so(name, spec):
    needed = {option: PLAIN[one["type"]] for option, one in spec.items() if one.get("required")}
    module = importlib.import_module(f"ansible_collections.winrights.seimpersonate.plugins.action.{name}")
    loader = DataLoader()
    plugin = module.ActionModule(
        task=MagicMock(Task, args={**needed, "reprot_dir": "x"}, check_mode=False, diff=False, async_val=0, delegate_to=None),
        connection=MagicMock(),
        play_context=MagicMock(),
        loader=loader,
        templar=Templar(loader=loader),
        shared_loader_obj=None,
    )
    plugin._load_name = name

    with pytest.raises(AnsibleActionFail) as raised:
        plugin.run(task_vars={"inventory_hostname": "web01", "hostvars": {}, "ansible_play_hosts_all": ["web01"]})

    assert "reprot_dir: there is no such option" in raised.value.message
    assert "Unsupported parameters" not in raised.value.message
