# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of the forge: what of others they run is what was looked at, and they may do no more than they need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

FILES = sorted((Path(__file__).parents[2] / ".github/workflows").glob("*.yml"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def workflow(request):
    return yaml.safe_load(request.param.read_text())


def steps_of(workflow):
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_an_action_is_pinned_by_its_commit(workflow):
    """A tag can be moved to other code."""
    assert [step["uses"] for step in steps_of(workflow) if not re.search(r"@[0-9a-f]{40}$", step.get("uses", "@" + "0" * 40))] == []


def test_a_job_may_read_the_repository_and_nothing_else(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert [job for job in workflow["jobs"].values() if "permissions" in job] == []


def test_a_checkout_leaves_no_token_for_the_steps_behind_it(workflow):
    checkouts = [step for step in steps_of(workflow) if step.get("uses", "").startswith("actions/checkout@")]

    assert [step.get("with", {}).get("persist-credentials") for step in checkouts] == [False] * len(checkouts)


def test_each_job_has_an_end(workflow):
    assert [name for name, job in workflow["jobs"].items() if "timeout-minutes" not in job] == []
