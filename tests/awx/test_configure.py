# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration by the real modules of awx.awx against a controller on loopback: twice, with one changed answer, and taken away."""

from __future__ import annotations

import ast
import re

import pytest

from awx.configuration import play
from awx.controller import TOKEN, Controller, Serving

SECRET = "xoxb-secret-of-a-channel"
WANTED = {
    "setup_notifications": [
        {"type": "webhook", "configuration": {"url": "https://hooks.example.org", "http_method": "POST", "headers": {}, "username": "awx",
                                              "password": SECRET, "disable_ssl_verification": False}},
        {"type": "slack", "configuration": {"token": SECRET, "channels": ["#audit"], "hex_color": ""}},
    ],
    "setup_credential_controller": "Controller",
    "setup_image": "registry.example.org/impersonate:1",
    "setup_project_url": "https://git.example.org/impersonate.git",
    "setup_auditors": ["Auditors"],
    "setup_operators": ["Operators"],
    "setup_approvers": ["Approvers"],
}  # fmt: skip


@pytest.fixture(scope="module")
def controller():
    """A controller with what the user has, and things of others."""
    made = Controller()
    organization = made.add("organizations", name="Default")
    made.add("inventories", name="Windows", organization=organization)
    for name in ("Windows auditor", "Windows enforcer", "Controller"):
        made.add("credentials", name=name, organization=organization)
    for name in ("Auditors", "Operators", "Approvers"):
        made.add("teams", name=name, organization=organization)
    label = made.add("labels", name="theirs", organization=organization)
    theirs = made.add("job_templates", name="SeImpersonate of others", playbook="x.yml")
    made.link("job_templates", theirs, "labels", {"id": label})
    made.add(
        "notification_templates",
        name="SeImpersonate by mail",
        organization=organization,
        notification_type="email",
        notification_configuration={},
    )
    return made


@pytest.fixture(scope="module")
def configured(controller, tmp_path_factory):
    """What there was before; the runs, one after the other, each with the objects after it and the requests that it made; roles by number."""
    folder = tmp_path_factory.mktemp("configure")
    before, runs, roles = controller.snapshot(), {}, {}
    with Serving(controller) as serving:
        for name, playbook, extra in (
            ("first", "configure.yml", WANTED),
            ("second", "configure.yml", WANTED),
            (
                "changed",
                "configure.yml",
                {**WANTED, "setup_project_branch": "next", "setup_workflows": [], "setup_schedules": [], "setup_roles": []},
            ),
            ("removed", "remove.yml", WANTED),
            ("again", "remove.yml", WANTED),
        ):
            controller.requests.clear()
            ran = play(playbook, folder, serving.address, TOKEN, extra, "-vv")
            runs[name] = (ran, controller.snapshot(), list(controller.requests), controller.names())
            roles |= controller.roles
        ran = play("configure.yml", folder, serving.address, "a-wrong-token", WANTED)
        runs["wrong token"] = (ran, controller.snapshot(), list(controller.requests), controller.names())
    return before, runs, roles


def counted(ran):
    (line,) = re.findall(r"localhost +: (.*)", ran.stdout)
    return {word: int(number) for word, number in re.findall(r"(\w+)=(\d+)", line)}


def test_the_first_run_makes_everything(configured):
    ran, _state, _requests, names = configured[1]["first"]

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert names["job_templates"] == [
        "SeImpersonate audit", "SeImpersonate audit in slices", "SeImpersonate enforce", "SeImpersonate of others",
        "SeImpersonate plan", "SeImpersonate report", "SeImpersonate restore",
    ]  # fmt: skip
    assert names["workflow_job_templates"] == ["SeImpersonate enforce with approval", "SeImpersonate nightly"]
    assert len(names["workflow_job_template_nodes"]) == 7
    assert names["schedules"] == ["SeImpersonate every night", "SeImpersonate every week, with all that has the right"]
    assert len(names["notification_templates"]) == 5


def links(state):
    """(kind, number, list) -> numbers, of what a controller keeps."""
    return {key: numbers for key, numbers in map(ast.literal_eval, state[1]) if numbers}


def called(state):
    """Kind and number -> name, without the prefix."""
    return {
        (kind, int(number)): str(one.get("name") or one.get("identifier")).removeprefix("SeImpersonate ")
        for kind, objects in state[0].items()
        for number, one in objects.items()
    }


def test_every_template_and_workflow_asks_for_its_limit_and_takes_no_more_than_50_forks(configured):
    kept = configured[1]["first"][1][0]
    templates = [one for one in kept["job_templates"].values() if one["name"] != "SeImpersonate of others"]

    assert [one["ask_limit_on_launch"] for one in (*templates, *kept["workflow_job_templates"].values())] == [True] * 8
    assert [one["forks"] for one in templates] == [50] * 6


def test_teams_get_the_roles_of_the_table_and_no_other(configured):
    state, roles = configured[1]["first"][1], configured[2]
    names = called(state)
    given = {
        (names["teams", team], role.removesuffix("_role"), names[kind, number])
        for key, numbers in links(state).items()
        if key[0] == "roles"
        for kind, number, role in [roles[key[1]]]
        for team in numbers
    }

    assert given == {
        ("Auditors", "execute", "audit"), ("Auditors", "execute", "audit in slices"), ("Auditors", "execute", "report"),
        ("Auditors", "execute", "nightly"), ("Operators", "execute", "audit"), ("Operators", "execute", "plan"),
        ("Operators", "execute", "enforce with approval"), ("Approvers", "approval", "enforce with approval"),
    }  # fmt: skip


def test_who_is_told_of_what(configured):
    state = configured[1]["first"][1]
    names = called(state)
    told = {
        (names[kind, number], association.removeprefix("notification_templates_")): sorted(
            names["notification_templates", channel] for channel in numbers
        )
        for (kind, number, association), numbers in links(state).items()
        if association.startswith("notification_templates_")
    }
    jobs, workflows = ([f"{kind} by {channel}" for channel in ("slack", "webhook")] for kind in ("jobs", "workflows"))

    assert told == {
        **{(template, when): jobs for template in ("enforce", "restore", "report") for when in ("success", "error")},
        **{(flow, when): workflows for flow in ("nightly", "enforce with approval") for when in ("error", "approvals")},
    }


def test_the_second_run_changes_nothing(configured):
    (first, after_first, _requests, _names), (second, after_second, requests, _names2) = (
        configured[1][name] for name in ("first", "second")
    )

    assert counted(first)["changed"] > 0
    assert (second.returncode, counted(second)["changed"]) == (0, 0), second.stdout
    assert after_first == after_second
    assert {method for method, _path in requests} == {"GET"}


def test_one_changed_answer_changes_one_object(configured):
    (_second, before, _r, _n), (ran, after, requests, _names) = (configured[1][name] for name in ("second", "changed"))

    assert ran.returncode == 0, ran.stdout
    written = [(method, path) for method, path in requests if method != "GET"]
    ((method, path),) = written
    assert method == "PATCH"
    assert path.startswith("/api/v2/projects/")
    changed = [number for kind, objects in after[0].items() for number, one in objects.items() if before[0][kind][number] != one]
    assert changed == [path.split("/")[4]]


@pytest.mark.parametrize("playbook", ["configure.yml", "remove.yml"])
def test_a_misspelt_variable_is_refused_before_awx_is_asked(tmp_path, playbook):
    controller = Controller()
    with Serving(controller) as serving:
        ran = play(playbook, tmp_path, serving.address, TOKEN, {**WANTED, "setup_prefx": "Ours"})

    assert ran.returncode != 0
    assert (
        "setup_prefx: there is no such variable, and the run would go on without it. There are setup_allow_unknown,"
        in ran.stdout + ran.stderr
    )
    assert controller.requests == []


def test_a_variable_of_ones_own_is_listed(tmp_path):
    own = {"setup_timeout": 5, "setup_allow_unknown": ["setup_timeout"]}
    controller = Controller()
    with Serving(controller) as serving:
        ran = play("remove.yml", tmp_path, serving.address, TOKEN, {**WANTED, **own})

    assert "there is no such variable" not in ran.stdout + ran.stderr
    assert controller.requests  # it goes on


def test_no_run_deletes_but_the_removal(configured):
    assert not [path for name in ("first", "second", "changed") for method, path in configured[1][name][2] if method == "DELETE"]


def test_no_secret_is_shown(configured):
    for ran, *_rest in configured[1].values():
        for secret in (SECRET, TOKEN):
            assert secret not in ran.stdout + ran.stderr


def test_the_removal_leaves_everything_of_others_and_nothing_of_ours(configured):
    before, runs, _roles = configured
    (removed, state, _requests, _names), (again, state_again, requests, _names2) = runs["removed"], runs["again"]

    assert removed.returncode == 0, removed.stdout + removed.stderr
    assert state[0] == before[0]
    assert state[2] == []
    assert {line for line in state[1] if not line.endswith("[])")} == {line for line in before[1] if not line.endswith("[])")}
    assert (again.returncode, counted(again)["changed"], state_again) == (0, 0, state)
    assert {method for method, _path in requests} == {"GET"}


def test_a_wrong_token_ends_the_run_before_anything(configured):
    ran = configured[1]["wrong token"][0]

    assert ran.returncode == 2
    assert configured[1]["wrong token"][1] == configured[1]["again"][1]
