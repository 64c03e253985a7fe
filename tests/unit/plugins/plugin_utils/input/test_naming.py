# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an option is called in the role: the name that a message must have there, since another one would count for nothing."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.naming import called, role_variable
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.of_role import VARIABLES
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.variables import known


@pytest.mark.parametrize(
    ("option", "said", "sentence"),
    [
        pytest.param("on_controlled", "", "on_controlled (in the role impersonate_on_controlled)", id="called alike"),
        pytest.param("previous", "", "previous (in the role impersonate_report_previous)", id="called otherwise"),
        pytest.param("state", ": nobody", "state: nobody (in the role impersonate_gpo_state)", id="with a value"),
    ],
)
def test_a_message_has_both_names_of_an_option(option, said, sentence):
    assert called(option, said) == sentence


@pytest.mark.parametrize("option", [*VARIABLES, "sources", "restore"])
def test_the_variable_of_each_option_is_one_of_the_role(option):
    assert role_variable(option) in known() - {"impersonate_hosts"}
