# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options from the variables of the role: what counts as said, which variables are read, and what comes out is plain data."""

from __future__ import annotations

import datetime

import pytest
from role_options import defaults

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import of_role, specs

OMIT = "__omit_place_holder__"


class Words(str):
    """As the texts of ansible-core, which know where they stand in a file."""

    __slots__ = ()


class Templates:
    """Stands for the templar: keeps the names of variables that went through it."""

    def __init__(self):
        self.asked = []

    def __call__(self, said):
        self.asked += said
        return said


def read(spec, args=None, templates=None, **variables):
    said = {"from_variables": True, **(args or {})}
    return of_role.filled(said, spec, {"omit": OMIT, **defaults(), **variables}, templates or Templates())


def test_a_task_that_does_not_ask_for_it_keeps_its_options():
    args = {"policy": "cis"}

    assert of_role.filled(args, specs.LOCAL_RIGHT_INFO, {"impersonate_iis": True}, Templates()) == args


def test_the_defaults_of_the_role_are_those_of_the_modules():
    options = read(specs.LOCAL_RIGHT_INFO)

    assert options == {
        "from_variables": True, "policy": "microsoft", "exceptions": [], "waive": "any", "required": [], "permitted": [], "forbidden": [],
        "exposure": False, "expand_groups": False, "progress": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("option", "said", "read_"),
    [
        pytest.param("host_role", "", None, id="an empty text is no wish"),
        pytest.param("host_role", None, None, id="null is no wish"),
        pytest.param("iis", False, False, id="false is one"),
        pytest.param("iis", "", None, id="an empty answer to a question"),
        pytest.param("iis", OMIT, None, id="what ansible-core up to 2.18 puts for omit"),
        pytest.param("features", {}, None, id="no feature"),
        pytest.param("permitted", "a, b", ["a", "b"], id="a list as one text"),
        pytest.param("permitted", None, [], id="null for a list"),
        pytest.param("permitted", ["a", ""], ["a", ""], id="a list is judged by who reads it"),
        pytest.param("events", "", None, id="no events"),
        pytest.param("waive", "", None, id="an empty answer means what the module does"),
        pytest.param("waive", "documented", "documented", id="only exceptions that the rule foresees"),
    ],
)
def test_what_a_variable_says(option, said, read_):
    assert read(specs.LOCAL_RIGHT_INFO, **{f"impersonate_{option}": said}).get(option) == read_


@pytest.mark.parametrize(
    ("option", "variable", "said", "read_"),
    [
        pytest.param("fail_on", "fail_on", [], [], id="an empty list fails on nothing"),
        pytest.param("fail_on", "fail_on", " ", None, id="an empty text is the default"),
        pytest.param("tolerate", "tolerate", {}, {}, id="nothing is tolerated"),
        pytest.param("tolerate", "tolerate", "", None, id="nothing is said of it"),
        pytest.param("formats", "report_formats", "json,csv", ["json", "csv"], id="formats as one text"),
        pytest.param("name", "report_name", "x", "x", id="the name"),
        pytest.param("previous", "report_previous", "old.json", "old.json", id="an earlier report"),
    ],
)
@pytest.mark.parametrize("spec", [specs.FLEET_CHECK, specs.FLEET_REPORT, specs.FLEET_MERGE], ids=["check", "report", "merge"])
def test_the_report_is_asked_for_alike_in_each_task(spec, option, variable, said, read_):
    assert read(spec, **{f"impersonate_{variable}": said}).get(option) == read_


@pytest.mark.parametrize(
    ("args", "left_out"),
    [
        pytest.param(
            {"restore": "latest"},
            {"policy", "policies", "required", "permitted", "forbidden", "unexpected", "missing"},
            id="a restore",
        ),
        pytest.param({"holders": []}, {"policy", "policies", "required", "permitted"}, id="the whole list"),
    ],
)
def test_an_option_that_excludes_the_policy_leaves_its_variables_alone(args, left_out):
    templates = Templates()

    options = read(specs.LOCAL_RIGHT, args, templates, impersonate_policies={"ours": {}}, impersonate_policy="ours")

    assert left_out & {*options} == set()
    assert {f"impersonate_{option}" for option in left_out} & {*templates.asked} == set()


def test_what_the_task_says_counts_before_the_variable():
    templates = Templates()

    assert read(specs.LOCAL_RIGHT_INFO, {"policy": "stig"}, templates, impersonate_policy="cis")["policy"] == "stig"
    assert "impersonate_policy" not in templates.asked


@pytest.mark.parametrize(
    ("policy", "looked_at"),
    [
        pytest.param("cis", False, id="a shipped one"),
        pytest.param({"name": "a"}, False, id="data that extends nothing"),
        pytest.param({"name": "a", "extends": "ours"}, True, id="data that extends another"),
        pytest.param("ours", True, id="one of them"),
        pytest.param(["cis"], True, id="what is no policy"),
    ],
)
def test_policies_of_the_user_are_looked_at_only_where_they_count(policy, looked_at):
    templates = Templates()

    options = read(
        specs.LOCAL_RIGHT_INFO, None, templates, impersonate_policy=policy, impersonate_policies={"ours": {"title": "{{ title }}"}}
    )

    assert ("policies" in options, "impersonate_policies" in templates.asked) == (looked_at, looked_at)


def test_what_comes_out_is_plain():
    exception = {Words("account"): Words("a"), "expires": datetime.date(2026, 1, 31), "hosts": (Words("web01"),)}

    (plain,) = read(specs.LOCAL_RIGHT_INFO, impersonate_exceptions=[exception])["exceptions"]

    assert plain == {"account": "a", "expires": "2026-01-31", "hosts": ["web01"]}
    assert {type(one) for one in (*plain, plain["account"], *plain["hosts"])} == {str}


def test_a_list_that_was_cut_names_the_option():
    with pytest.raises(BadInput, match="permitted: 'a,' has a comma with nothing beside it"):
        read(specs.LOCAL_RIGHT_INFO, impersonate_permitted="a,")
