# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentence about bad input: the place, the value, what is wrong with it, what is allowed, what may have been meant."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.snapshots import Spoilt
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.checks import keys
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.of_role import variable_of


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        pytest.param(BadInput("", "there is no report to merge"), "there is no report to merge", id="of no option"),
        pytest.param(BadInput("restore", "the run has nothing"), "restore: the run has nothing", id="a sentence"),
        pytest.param(BadInput("a[0].expires", "is not a date", value="soon"), "a[0].expires: 'soon' is not a date", id="a value"),
        pytest.param(BadInput("policy", "is not a policy", value=None), "policy: None is not a policy", id="null is a value"),
        pytest.param(BadInput("x", "is not a list", value=5, expected="write a list"), "x: 5 is not a list; write a list", id="what is allowed"),
        pytest.param(
            BadInput("x", "is not a key", value="hosst", expected="allowed are hosts, groups", near=["hosts"]),
            "x: 'hosst' is not a key; allowed are hosts, groups; did you mean hosts?",
            id="a near one",
        ),
        pytest.param(BadInput("x", "is long", value="y" * 500), f"x: {'y' * 500!r:.77}... is long", id="a long value is cut"),
        pytest.param(BadInput("host_roles", "is empty").within("policy own"), "policy own: host_roles: is empty", id="inside of something"),
        pytest.param(BadInput("", "is a bare name", value="x").within("permitted[2]"), "permitted[2]: 'x' is a bare name", id="inside, and no place yet"),
        pytest.param(Spoilt.of(BadInput("f", "is not a SID", value="x", near=["y"])), "f: 'x' is not a SID; did you mean y?", id="of another kind"),
    ],
)  # fmt: skip
def test_the_sentence(error, sentence):
    assert str(error) == sentence


def test_what_is_wrong_can_be_told_by_its_parts():
    with pytest.raises(BadInput) as error:
        keys("exceptions[0]", {"resaon": "r"}, ("account", "reason"))

    found = error.value
    assert (found.option, found.value, found.expected, found.near) == (
        "exceptions[0].resaon", "resaon", "allowed are account, reason", ("reason",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("option", "variable"),
    [
        pytest.param("exceptions[1].expires", "impersonate_exceptions[1].expires", id="a place in a list"),
        pytest.param("formats", "impersonate_report_formats", id="an option with another name"),
        pytest.param("tolerate.drift", "impersonate_tolerate.drift", id="a key"),
        pytest.param("sources: a.jsonl: line 1", "impersonate_merge: a.jsonl: line 1", id="a place in a source of a merge"),
        pytest.param("results: a.jsonl: line 1", "results: a.jsonl: line 1", id="no variable of the role"),
        pytest.param("policy own (own.yml): host_roles", "policy own (own.yml): host_roles", id="a policy, and not the option"),
        pytest.param("impersonate_serial", "impersonate_serial", id="a variable stays"),
        pytest.param("--skip-tags always", "--skip-tags always", id="an option of the command"),
        pytest.param("", "", id="no place"),
    ],
)
def test_the_role_names_its_variable(option, variable):
    assert variable_of(option) == variable
