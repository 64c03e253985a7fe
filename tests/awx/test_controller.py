# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller of the tests refuses what a real one refuses, and takes away what goes with an object."""

from __future__ import annotations

import pytest

from awx.controller import Controller, Refused

QUESTION = {"variable": "impersonate_exposure", "required": True}


@pytest.fixture
def controller():
    made = Controller()
    organization = made.add("organizations", name="Default")
    project = made.add("projects", name="p", organization=organization)
    template = made.add("job_templates", name="t", project=project, playbook="audit.yml")
    made.surveys["job_templates", template] = {"spec": [QUESTION]}
    workflow = made.add("workflow_job_templates", name="w", organization=organization)
    for name in ("a", "b"):
        made.add("workflow_job_template_nodes", identifier=name, workflow_job_template=workflow, unified_job_template=template)
    return made


def number(controller, kind, name):
    return next(its for its, one in controller.objects[kind].items() if name in (one.get("name"), one.get("identifier")))


RULE = "DTSTART;TZID=Europe/Berlin:20270104T013000 RRULE:FREQ=DAILY;INTERVAL=1"


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        pytest.param("schedules", {"rrule": RULE.replace(";INTERVAL=1", "")}, "INTERVAL required", id="no interval"),
        pytest.param("schedules", {"rrule": RULE.partition(" ")[2]}, "Valid DTSTART required", id="no start"),
        pytest.param("schedules", {"rrule": RULE}, "'impersonate_exposure' value missing", id="a question without an answer"),
        pytest.param("schedules", {"rrule": RULE, "extra_data": {"impersonate_exposure": "true", "other": 1}}, "not allowed on launch", id="too many answers"),
        pytest.param("job_templates", {"job_type": "audit"}, "not a valid choice", id="no choice"),
        pytest.param("job_templates", {"colour": "red"}, "no such field", id="no field"),
        pytest.param("notification_templates", {"organization": 1, "notification_type": "slack", "messages": {"error": {"message": "{{ job.artifacts.x }}"}}},
                     "Field not allowed", id="a bare attribute"),
    ],
)  # fmt: skip
def test_what_is_refused(controller, kind, fields, words):
    if kind == "schedules":
        fields = {"unified_job_template": number(controller, "job_templates", "t"), **fields}

    with pytest.raises(Refused, match=words):
        controller.add(kind, name="x", **fields)


def test_the_same_child_in_two_lists(controller):
    first, second = (number(controller, "workflow_job_template_nodes", name) for name in "ab")
    controller.link("workflow_job_template_nodes", first, "success_nodes", {"id": second})

    with pytest.raises(Refused, match="Relationship not allowed"):
        controller.link("workflow_job_template_nodes", first, "failure_nodes", {"id": second})


def test_what_goes_with_a_workflow(controller):
    controller.add("schedules", name="s", rrule=RULE, unified_job_template=number(controller, "workflow_job_templates", "w"))
    team = controller.add("teams", name="Approvers")
    role = next(
        its
        for its, (kind, _number, name) in controller.roles.items()
        if (kind, name) == ("workflow_job_templates", "approval_role")
    )
    controller.link("roles", role, "teams", {"id": team})
    controller.delete("workflow_job_templates", number(controller, "workflow_job_templates", "w"))

    assert not controller.linked
    assert not controller.objects["workflow_job_template_nodes"]
    assert not controller.objects["schedules"]
    assert controller.objects["job_templates"]
