# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable of the whole fleet has one value; whatever YAML made of it, and whatever its template does, the message names it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pytest
from ansible.errors import AnsibleUndefinedVariable

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.fleet_run import Same

NAME = "impersonate_report_name"
DAY = datetime.date(2026, 1, 31)


class Undefined(Mapping):
    """The variables of a host as ansible-core from 2.19 on gives them: a template that has no value raises when it is looked at."""

    def __getitem__(self, name):
        raise AnsibleUndefinedVariable("'nowhere' is undefined")

    def __iter__(self):
        return iter([NAME])

    def __len__(self):
        return 1


def looked(*hosts):
    same = Same([NAME])
    for number, values in enumerate(hosts, 1):
        same.look(f"web{number:02}", values)
    return same.differing


@pytest.mark.parametrize(
    ("value", "other", "words"),
    [
        pytest.param("x", "x", None, id="a text"),
        pytest.param(DAY, DAY, None, id="a date, which JSON does not have"),
        pytest.param(1 << 70, 1 << 70, None, id="a long number"),
        pytest.param({"b": 1, "a": [DAY]}, {"a": [DAY], "b": 1}, None, id="a mapping in another order"),
        pytest.param("x", "y", '"x" for web01; "y" for web02', id="two texts"),
        pytest.param(DAY, DAY + datetime.timedelta(1), '"2026-01-31" for web01; "2026-02-01" for web02', id="two dates"),
    ],
)
def test_one_value(value, other, words):
    differing = looked({NAME: value}, {NAME: other})

    assert (differing is None) is (words is None)
    assert differing is None or str(differing).endswith(f"it differs between hosts: {words}")


def test_a_value_of_one_host_alone():
    assert str(looked({NAME: "x"}, {})).endswith('it differs between hosts: "x" for web01; not set for web02')


def test_a_template_without_a_value_is_named_with_its_host():
    with pytest.raises(BadInput) as error:
        looked({NAME: "x"}, Undefined())

    said = f"{NAME} of host web02: this is one value for the whole fleet, and its template has none: 'nowhere' is undefined"
    assert str(error.value) == said


def test_a_number_that_is_too_long_to_be_written_is_named_with_its_host():
    with pytest.raises(BadInput, match=f"{NAME} of host web01: is no plain value: .*4300 digits"):
        looked({NAME: 10**5000})


def test_keys_without_an_order_are_named_with_their_host():
    with pytest.raises(BadInput, match=f"{NAME} of host web01: is no plain value: '<' not supported"):
        looked({NAME: {1: DAY, "drift": 1}})
