# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""While a workflow is made or changed, and wherever that ends, no node that changes hosts is one with which the workflow starts."""

from __future__ import annotations

import pytest
import yaml

from awx.configuration import HERE, play
from awx.controller import TOKEN, Controller, Serving

ENFORCE = "SeImpersonate enforce"
PLAY = [
    {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars_files": [str(HERE / f"vars/{name}.yml") for name in ("setup", "templates", "workflows")],
        "vars": {"setup_channels": []},
        "tasks": [{"ansible.builtin.include_tasks": str(HERE / "tasks/workflows.yml")}],
    }
]


def flow(*nodes):
    return {"setup_workflows": [{"name": "enforce with approval", "description": "", "nodes": list(nodes)}]}


def approval(identifier):
    return {"identifier": identifier, "approval": {"name": identifier, "timeout": 60}, "success": ["enforce"]}


PLAN = {"identifier": "plan", "template": "plan"}
CHANGE = {"identifier": "enforce", "template": "enforce"}
WANTED = flow({**PLAN, "success": ["approval"]}, approval("approval"), CHANGE)
RENAMED = {
    "the approval": flow({**PLAN, "success": ["board"]}, approval("board"), CHANGE),
    "the enforcement": flow(
        {**PLAN, "success": ["approval"]}, {**approval("approval"), "success": ["change"]}, {**CHANGE, "identifier": "change"}
    ),
    "nothing, but one between them goes": flow(
        {**PLAN, "success": ["approval"]},
        {**approval("approval"), "success": ["look"]},
        {"identifier": "look", "template": "audit", "success": ["enforce"]},
        CHANGE,
    ),
}


@pytest.fixture
def controller():
    made = Controller()
    organization = made.add("organizations", name="Default")
    project = made.add("projects", name="SeImpersonate", organization=organization, scm_type="git")
    made.add("inventories", name="Windows", organization=organization)
    made.add("labels", name="SeImpersonate", organization=organization)
    for name in ("audit", "plan", "enforce"):
        made.add("job_templates", name=f"SeImpersonate {name}", project=project, playbook="x.yml")
    return made


@pytest.fixture
def configure(controller, tmp_path):
    """Run the tasks of the workflows on data: whether they ended well, and what changed."""
    (tmp_path / "play.yml").write_text(yaml.safe_dump(PLAY))

    def go(extra):
        controller.first.clear()
        with Serving(controller) as serving:
            ran = play(str(tmp_path / "play.yml"), tmp_path, serving.address, TOKEN, extra)
        return ran.returncode, ran.stdout

    return go


def links(controller):
    """Node -> the nodes behind it, and the name of what it runs."""
    nodes = controller.objects["workflow_job_template_nodes"]
    return {
        one["identifier"]: (
            sorted(nodes[child]["identifier"] for key, its in controller.linked.items() if key[:2] == ("workflow_job_template_nodes", number) for child in its),
            controller.objects[controller.unified(one["unified_job_template"])][one["unified_job_template"]]["name"],
        )
        for number, one in nodes.items()
    }  # fmt: skip


def wanted(data):
    return {
        node["identifier"]: (node.get("success", []), f"SeImpersonate {node['template']}" if "template" in node else node["identifier"])
        for node in data["setup_workflows"][0]["nodes"]
    }  # fmt: skip


@pytest.mark.parametrize("renamed", RENAMED)
def test_a_changed_workflow_never_begins_with_an_enforcement(controller, configure, renamed):
    before, after = (RENAMED[renamed], WANTED) if renamed.startswith("nothing") else (WANTED, RENAMED[renamed])
    made = configure(before)
    first = list(controller.first)

    changed = configure(after)

    assert (made[0], changed[0]) == (0, 0), made[1] + changed[1]
    assert links(controller) == wanted(after)
    assert not [names for names in (*first, *controller.first) if ENFORCE in names]


def test_a_run_that_ends_between_nodes_and_links_leaves_no_enforcement_to_start_with(controller, configure):
    controller.refuses = "success_nodes/"
    ended = configure(WANTED)
    half = list(controller.first)
    controller.refuses = ""

    mended = configure(WANTED)

    assert (ended[0], mended[0]) == (2, 0), mended[1]
    assert links(controller) == wanted(WANTED)
    assert not [names for names in (*half, *controller.first) if ENFORCE in names]
