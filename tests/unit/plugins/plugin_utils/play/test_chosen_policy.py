# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy that a task chooses is the parsed text, whoever has parsed it; each text is parsed once in a run."""

from __future__ import annotations

import pytest
from ansible import constants

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import policies
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy

OWN = {"name": "own", "title": "Own", "compare": "exact", "host_roles": {"client": {"required": ["administrators"], "source": "s"}}}
OTHER = {**OWN, "title": "Another"}


@pytest.fixture
def parsed(monkeypatch, tmp_path):
    """Names of the policies that were parsed, in a run of its own."""
    names = []

    def load(data, library=None):
        names.append(isinstance(data, dict) and data["name"])
        return load_policy(data, library)

    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(policies, "load_policy", load)
    return names


@pytest.mark.parametrize(
    ("chosen", "own", "name"),
    [
        *(pytest.param(name, {}, name, id=name) for name in ("microsoft", "cis", "stig")),
        pytest.param(OWN, {}, "own", id="data"),
        pytest.param("ours", {"ours": OWN}, "ours", id="called by its key"),
        pytest.param({**OWN, "extends": "microsoft"}, {}, "own", id="extends a shipped one that is not given"),
        pytest.param({**OWN, "extends": "ours"}, {"ours": {**OWN, "extends": "cis"}}, "own", id="extends one that extends"),
        pytest.param("cis", {"cis": OWN}, "cis", id="the task's own before the shipped one"),
    ],
)
def test_a_policy_is_parsed_once_and_the_same_ever_after(parsed, chosen, own, name):
    first, second = (policies.policy_from(chosen, own) for _unused in range(2))

    assert first == second
    assert (parsed, first.name) == ([name], name)


def test_a_shipped_policy_is_the_text_of_the_role(parsed, microsoft_data):
    assert policies.policy_from("microsoft", {}) == load_policy(microsoft_data)


def test_another_text_of_the_same_name_is_parsed_by_itself(parsed):
    titles = [policies.policy_from(one, {}).title for one in (OWN, OTHER, OWN)]
    more = {**OWN, "host_roles": {**OWN["host_roles"], "member_server": OWN["host_roles"]["client"]}}
    extended = [policies.policy_from({"name": "x", "extends": "ours"}, {"ours": one}).rows for one in (OWN, more)]

    assert titles == ["Own", "Another", "Own"]
    assert [len(rows) for rows in extended] == [1, 2]


def test_a_policy_that_is_wrong_is_wrong_each_time(parsed):
    for _unused in range(2):
        with pytest.raises(BadInput, match="policy own: compare: 'most'"):
            policies.policy_from({**OWN, "compare": "most"}, {})


def test_where_nothing_can_be_kept_each_process_parses(parsed, monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path / "gone"))

    assert policies.policy_from(OWN, {}) == policies.policy_from(OWN, {})
    assert parsed == ["own", "own"]


@pytest.mark.parametrize(
    ("chosen", "own", "words"),
    [
        pytest.param("ours", {"a": OWN}, "policy: 'ours' is not a policy; there are a, cis, microsoft, stig", id="not there"),
        pytest.param("ours", {"ours": None}, "policies.ours: None is not a mapping", id="no policy behind the name"),
        pytest.param(None, {}, "policy: None is not a policy", id="nothing"),
    ],
)
def test_a_choice_that_is_none(parsed, chosen, own, words):
    with pytest.raises(BadInput) as error:
        policies.policy_from(chosen, own)

    assert words in str(error.value)
