# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was agreed for a host is what its own plan says, by whomever it was made; a plan that cannot be read is no agreement."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.options import agreed_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.results_file import ResultsFile
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Agreed

PLANS = {
    "web01": {"outcome": "planned", "added": ["S-1-5-6"], "removed": ["S-1-5-32-545"]},
    "good": {"outcome": "unchanged", "added": [], "removed": []},
    "dead": {"outcome": None, "added": None, "removed": None},
}


@pytest.fixture(params=["of the host", "of all hosts"])
def plan_of(request, tmp_path):
    """What the task of a host is given as its plan."""
    kept = ResultsFile(str(tmp_path / "plans"))
    kept.begin()
    kept.replace(PLANS)
    return (
        (lambda host: PLANS.get(host, {}))
        if request.param == "of the host"
        else lambda _host: {"results": str(tmp_path / "plans"), "run_id": "r"}
    )


@pytest.mark.parametrize(
    ("host", "agreed"),
    [
        pytest.param("web01", Agreed(frozenset({"S-1-5-6"}), frozenset({"S-1-5-32-545"})), id="planned"),
        pytest.param("good", Agreed(), id="nothing to change"),
        pytest.param("dead", Agreed(read=False), id="not read"),
        pytest.param("new", Agreed(read=False), id="not looked at"),
    ],
)
def test_a_host_s_own_plan_counts(plan_of, host, agreed):
    assert agreed_of({"plan": plan_of(host)}, host) == agreed


def test_without_a_look_nothing_was_agreed_or_forbidden():
    assert agreed_of({}, "web01") is None


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        pytest.param({"results": "missing"}, "plan.results", id="no file"),
        pytest.param({"results": "."}, "plan.results", id="a folder"),
        pytest.param({"results": 7}, "plan.results", id="no path"),
        pytest.param({"outcome": "planned", "added": "S-1-5-6"}, "plan.added", id="no list"),
    ],
)
def test_a_plan_that_cannot_be_read_is_bad_input(plan, place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(BadInput) as error:
        agreed_of({"plan": plan}, "web01")

    assert error.value.option == place
