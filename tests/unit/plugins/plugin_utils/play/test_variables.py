# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of variables that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import of_role, variables


class Untouched(Mapping):
    """Variables of a host: their names may be read, their values would be templated."""

    def __init__(self, *names):
        self.names = names

    def __iter__(self):
        return iter(self.names)

    def __len__(self):
        return len(self.names)

    def __getitem__(self, name):
        raise AssertionError(f"{name} was templated")


def look(*names, host=(), allowed=(), extra=()):
    hostvars = {"web01": Untouched("ansible_host"), "web02": Untouched("ansible_user", *host)}
    task_vars = {**dict.fromkeys(names), "hostvars": hostvars, "ansible_play_hosts_all": ["web01", "web02"]}
    variables.check(task_vars, list(allowed), extra)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param({"names": ["impersonate_policy", "__impersonate_check", "impersonation", "my_impersonate_x"]}, id="what we know, and what is not ours"),
        pytest.param({"host": ["impersonate_permitted"]}, id="of a host"),
        pytest.param({"names": ["impersonate_team"], "allowed": ["impersonate_team"]}, id="one that is allow-listed"),
        pytest.param({"host": ["impersonate_team"], "allowed": ["impersonate_team"]}, id="one of a host that is allow-listed"),
        pytest.param({"host": ["impersonate_serial", "impersonate_hosts"], "extra": ["impersonate_serial", "impersonate_hosts"]},
                     id="extra variables of the playbooks"),
        pytest.param({"host": [5]}, id="a number for a name"),
    ],
)  # fmt: skip
def test_names_that_are_read(case):
    look(*case.get("names", ()), host=case.get("host", ()), allowed=case.get("allowed", ()), extra=case.get("extra", ()))


def test_a_localhost_that_no_inventory_has():
    """The merge of reports runs there: hostvars do not list it, and to look it up ends the task with a KeyError."""
    variables.check({"hostvars": {}, "ansible_play_hosts_all": ["localhost"]}, [], ())

    with pytest.raises(BadInput, match="impersonate_polcy"):
        variables.check({"impersonate_polcy": 1, "hostvars": {}, "ansible_play_hosts_all": ["localhost"]}, [], ())


@pytest.mark.parametrize(
    ("case", "words"),
    [
        pytest.param({"names": ["impersonate_polcy"]}, "impersonate_polcy: .*did you mean impersonate_policy", id="a misspelt extra variable"),
        pytest.param({"host": ["impersonate_permited"]}, "impersonate_permited of host web02: .*did you mean impersonate_permitted", id="one of a host"),
        pytest.param({"names": ["impersonate_zzzzzzzz"]}, "impersonate_zzzzzzzz: .*without it; where it is", id="nothing like it"),
        pytest.param({"names": ["impersonate_polcy"], "allowed": ["impersonate_team"]}, "impersonate_polcy", id="another one is allow-listed"),
        pytest.param({"host": ["impersonate_serial"]}, "impersonate_serial: the inventory sets it for host web02", id="batches in the inventory"),
        pytest.param({"host": ["impersonate_hosts"]}, "impersonate_hosts: the inventory sets it", id="hosts in the inventory"),
    ],
)  # fmt: skip
def test_names_that_nobody_reads(case, words):
    with pytest.raises(BadInput, match=words):
        look(*case.get("names", ()), host=case.get("host", ()), allowed=case.get("allowed", ()))


@pytest.mark.parametrize("allowed", ["impersonate_team", 5, {"a": 1}, [5]], ids=repr)
def test_the_allow_list_is_a_list_of_names(allowed):
    with pytest.raises(BadInput, match="^allow_unknown: "):
        variables.check({}, allowed, ())


def test_what_ansible_cut_off_belongs_to_no_variable():
    with pytest.raises(BadInput, match="^-e: 'backup' belongs to no variable"):
        variables.check({"_raw_params": "backup"}, [], ())


def test_the_variables_of_prove_are_those_that_its_playbook_reads(checkout):
    text = re.sub(r"(?m)#.*$", "", (checkout / "playbooks/prove.yml").read_text())

    assert set(re.findall(r"(?<![\w.])(prove_\w+) \|", text)) == {*variables.OF_PROVE}


def test_no_other_playbook_has_variables_of_another_prefix(checkout):
    """They would be looked at nowhere."""
    texts = [re.sub(r"(?m)#.*$", "", file.read_text()) for file in checkout.glob("playbooks/*.yml")]
    read = {name for text in texts for name in re.findall(r"(\w+) \| default\(", text)}

    assert {name for name in read if not name.startswith("impersonate_")} == {*variables.OF_PROVE}


def test_every_variable_that_the_playbooks_and_the_role_read_is_known(checkout):
    files = [
        *checkout.glob("playbooks/*.yml"),
        *checkout.glob("roles/impersonate/tasks/*.yml"),
        checkout / "roles/impersonate/vars/main/policies.yml",
    ]
    texts = [re.sub(r"(?m)#.*$", "", file.read_text()) for file in files]
    read = {name for text in texts for name in re.findall(r"(?<![\w.])impersonate_\w+", text)} | {*of_role.VARIABLES.values()}

    assert read <= variables.known()
    assert variables.known() <= read
