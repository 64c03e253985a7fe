# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single tasks of the configuration on an AWX where people have been: what they switched on stays on, and what is theirs stays theirs."""

from __future__ import annotations

import pytest
import yaml

from awx.configuration import HERE, play
from awx.controller import TOKEN, Controller, Serving

RULE = "DTSTART;TZID=Europe/Berlin:20270104T013000 RRULE:FREQ=DAILY;INTERVAL=1"
NIGHT = {"name": "every night", "workflow": "nightly", "rrule": RULE}


@pytest.fixture
def controller():
    """Two organizations, which both have a workflow, a template and a schedule of the same names."""
    made = Controller()
    for name in ("Default", "Other"):
        organization = made.add("organizations", name=name)
        project = made.add("projects", name="p", organization=organization)
        made.add("job_templates", name="SeImpersonate audit", project=project, playbook="x.yml")
        made.add("workflow_job_templates", name="SeImpersonate nightly", organization=organization)
    return made


@pytest.fixture
def tasks(controller, tmp_path):
    """Run one file of tasks with data: the controller's objects are what came of it."""

    def go(file, *, refused=False, **extra):
        names = ("setup", "templates", "workflows", "schedules", "notifications")
        text = [
            {
                "hosts": "localhost",
                "connection": "local",
                "gather_facts": False,
                "vars_files": [str(HERE / f"vars/{name}.yml") for name in names],
                "vars": {"setup_channels": "{{ setup_notifications | map(attribute='type') | list }}"},
                "tasks": [{"ansible.builtin.include_tasks": str(HERE / f"tasks/{file}.yml")}],
            }
        ]
        (tmp_path / "play.yml").write_text(yaml.safe_dump(text))
        with Serving(controller) as serving:
            ran = play(str(tmp_path / "play.yml"), tmp_path, serving.address, TOKEN, extra)
        assert (ran.returncode == 0) is not refused, ran.stdout
        return ran

    return go


def of(controller, kind, organization):
    """Numbers of the objects of an organization."""
    number = next(its for its, one in controller.objects["organizations"].items() if one["name"] == organization)
    return [its for its, one in controller.objects[kind].items() if one.get("organization") == number]


def schedule(controller, organization, *, enabled):
    (workflow,) = of(controller, "workflow_job_templates", organization)
    return controller.add("schedules", name="SeImpersonate every night", rrule=RULE, unified_job_template=workflow, enabled=enabled)


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        pytest.param(None, "", False, id="made switched off"),
        pytest.param(None, True, True, id="made switched on where it is asked for"),
        pytest.param(True, "", True, id="switched on stays on"),
        pytest.param(False, "", False, id="switched off stays off"),
        pytest.param(True, False, False, id="switched off by the answer"),
    ],
)
def test_a_schedule_is_switched_only_when_it_is_told(controller, tasks, before, said, after):
    if before is not None:
        schedule(controller, "Default", enabled=before)
    theirs = schedule(controller, "Other", enabled=True)

    tasks("schedules", setup_schedules=[NIGHT], setup_schedules_enabled=said)

    (ours,) = set(controller.objects["schedules"]) - {theirs}
    assert (controller.objects["schedules"][ours]["enabled"], controller.objects["schedules"][theirs]["enabled"]) == (after, True)


def test_what_others_have_under_our_names_stays(controller, tasks):
    schedule(controller, "Default", enabled=True)
    theirs = schedule(controller, "Other", enabled=True)
    environment = controller.add(
        "execution_environments", name="SeImpersonate", image="theirs", organization=of(controller, "projects", "Other")[0] - 1
    )

    tasks("remove", setup_image="ours", setup_notifications=[])

    for kind in ("workflow_job_templates", "job_templates"):
        assert (len(of(controller, kind, "Default")), len(of(controller, kind, "Other"))) == (0, 1), kind
    assert list(controller.objects["schedules"]) == [theirs]
    assert list(controller.objects["execution_environments"]) == [environment]


HOOK = {"type": "webhook", "configuration": {"url": "https://hooks.example.org", "http_method": "POST", "password": "secret"}}


def test_a_channel_with_few_keys_is_made_once_and_changed_where_one_of_them_differs(controller, tasks):
    tasks("notifications", setup_notifications=[HOOK])
    kept = controller.objects["notification_templates"]
    for one in kept.values():  # AWX fills in what was not given
        one["notification_configuration"] |= {"headers": {}, "username": "", "disable_ssl_verification": False}
    controller.requests.clear()

    tasks("notifications", setup_notifications=[HOOK])
    again = {method for method, _path in controller.requests}
    tasks(
        "notifications",
        setup_notifications=[{**HOOK, "configuration": {**HOOK["configuration"], "url": "https://other.example.org"}}],
    )

    assert again == {"GET"}
    assert {one["notification_configuration"]["url"] for one in kept.values()} == {"https://other.example.org"}


def test_a_second_channel_of_a_type_is_refused_before_anything_is_made(controller, tasks):
    ran = tasks("notifications", refused=True, setup_notifications=[HOOK, HOOK])

    assert "setup_notifications: webhook, webhook" in ran.stdout
    assert not controller.objects["notification_templates"]
