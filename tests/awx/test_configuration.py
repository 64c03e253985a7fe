# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of AWX as code: what it says fits the modules, AWX and our role, and the traps that a real AWX has."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import subprocess
import sys

import jinja2
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from dateutil.rrule import rrulestr
from role_options import defaults

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import batches, of_role, specs, variables
from awx.configuration import HERE, Unsafe, data, documented, surveys, tasks
from awx.controller import API

DATA, SURVEYS = data(), surveys()
QUESTIONS = [(name, question) for name, survey in SURVEYS.items() for question in survey["spec"]]
TEMPLATES = {one["name"]: one for one in DATA["setup_templates"]}
WORKFLOWS = {one["name"]: one for one in DATA["setup_workflows"]}
NODES = {(flow["name"], node["identifier"]): node for flow in DATA["setup_workflows"] for node in flow["nodes"]}
LINKS = ("success", "failure", "always")


@pytest.mark.parametrize(("file", "module", "options"), tasks(), ids=[f"{file} {module}" for file, module, _options in tasks()])
def test_every_option_is_one_of_the_module(file, module, options):
    known = documented(module)

    assert set(options) <= set(known)
    assert {name for name, option in known.items() if option.get("required")} <= set(options)
    for name, value in options.items():
        if not (isinstance(value, str) and "{{" in value):
            kind = known[name].get("type", "str")
            assert isinstance(
                value, {"bool": bool, "int": int, "list": list, "dict": dict, "str": str, "float": (int, float)}[kind]
            ), name
            assert value in known[name].get("choices", [value]), name


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_values_that_awx_takes(template):
    one, fields = TEMPLATES[template], API["job_templates"]["fields"]

    assert one["job_type"] in [choice[0] for choice in fields["job_type"]["choices"]]
    assert isinstance(one["timeout"], int)
    assert one["timeout"] > 0
    assert set(one) - {"credential", "survey", "notify"} <= set(fields)
    wrapper = HERE / "project" / one["playbook"]
    assert [play["ansible.builtin.import_playbook"] for play in yaml.safe_load(wrapper.read_text())] == [
        f"winrights.seimpersonate.{wrapper.stem}"
    ]
    assert (HERE.parent / wrapper.name).exists()


def test_an_audit_and_a_plan_change_nothing_and_an_enforcement_runs_alone():
    assert {name for name, one in TEMPLATES.items() if one["job_type"] == "run"} == {"enforce", "restore", "report"}
    assert TEMPLATES["plan"]["playbook"] == TEMPLATES["enforce"]["playbook"]
    assert [name for name, one in TEMPLATES.items() if one.get("allow_simultaneous")] == ["audit in slices"]
    assert DATA["setup_forks"] <= 50
    for name in ("plan", "enforce", "restore"):
        assert TEMPLATES[name]["diff_mode"]
        assert TEMPLATES[name]["extra_vars"]["impersonate_snapshot_dir"] == "{{ setup_snapshot_dir }}"
    assert DATA["setup_snapshot_dir"].startswith("/")
    assert not DATA["setup_snapshot_dir"].startswith("/runner")


def test_the_project_says_how_hosts_of_no_group_are_reached(tmp_path):
    (tmp_path / "hosts").write_text("web01\n")
    command = [
        sys.executable,
        "-m",
        "ansible.cli.inventory",
        "-i",
        str(tmp_path / "hosts"),
        "--playbook-dir",
        str(HERE / "project"),
        "--host",
        "web01",
    ]

    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert told["ansible_connection"] == "winrm"  # bulk_host_create puts hosts into no group


def test_every_variable_of_a_template_is_one_of_the_role():
    assert {name for one in TEMPLATES.values() for name in one.get("extra_vars", {})} <= variables.known()


@pytest.mark.parametrize(
    ("job", "approved"),
    [
        pytest.param({"awx_workflow_job_id": 41, "impersonate": {"plan": "5ea"}}, "5ea", id="behind a plan"),
        pytest.param({"awx_workflow_job_id": 41, "impersonate": {"verdict": "x"}}, "unknown", id="behind an audit alone"),
        pytest.param({"awx_workflow_job_id": 41}, "unknown", id="without artifacts"),
        pytest.param({}, "", id="in no workflow"),
    ],
)
def test_an_enforcement_of_a_workflow_asks_for_the_plan_that_was_approved(job, approved):
    text = TEMPLATES["enforce"]["extra_vars"]["impersonate_approved_plan"]

    assert isinstance(text, Unsafe)  # AWX fills it in, and not configure.yml
    assert jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(text).render(job) == approved
    assert [name for name, one in TEMPLATES.items() if "impersonate_approved_plan" in one.get("extra_vars", {})] == ["enforce"]


# Surveys


@pytest.mark.parametrize(("survey", "question"), QUESTIONS, ids=[f"{name} {one['variable']}" for name, one in QUESTIONS])
def test_a_question_is_one_that_awx_and_the_role_take(survey, question):
    kind, default = question["type"], question["default"]
    assert kind in (
        "text",
        "textarea",
        "integer",
        "multiplechoice",
    )  # multiselect: its default is never applied; password, float: nothing here
    assert isinstance(default, str)  # of a number too: empty, so that AWX sends none
    assert question["variable"] in variables.known()
    assert set(question) == {
        "question_name",
        "question_description",
        "required",
        "type",
        "variable",
        "choices",
        "default",
        "min",
        "max",
    }
    if kind in ("multiplechoice", "integer"):
        # AWX sends no default that is no choice or no number, so that the inventory decides: an answer counts more than group_vars
        assert (default, question["required"]) == ("", False)
    else:
        assert question["min"] <= len(default) <= question["max"]


OPTIONS = {
    "audit": specs.LOCAL_RIGHT_INFO,
    "enforce": specs.LOCAL_RIGHT,
    "enforce_with_approval": specs.LOCAL_RIGHT,
    "restore": specs.LOCAL_RIGHT,
}


@pytest.mark.parametrize(("survey", "question"), QUESTIONS, ids=[f"{name} {one['variable']}" for name, one in QUESTIONS])
def test_a_default_is_that_of_the_role_and_every_choice_is_accepted(survey, question):
    name = question["variable"]
    option = name.removeprefix("impersonate_")
    if name == "impersonate_serial":
        assert batches.batches_of(name, question["default"]) == batches.batches_of(name, None)
        return
    role = defaults()[name]
    if question["type"] not in ("multiplechoice", "integer"):
        assert question["default"] == role
    spec = {**OPTIONS[survey], **specs.FLEET_CHECK}[option]
    for choice in question["choices"] or ():
        assert choice in spec.get("choices", ["true", "false"] if spec["type"] == "bool" else ())
    if question["type"] in ("multiplechoice", "integer"):
        # were an empty answer sent, it would hide what the inventory says: it is refused, and not taken for the default
        assert of_role.filled({"from_variables": True}, {option: spec}, {name: ""}, dict)[option] == ""
        validated = ArgumentSpecValidator({option: spec}).validate({option: ""})
        assert validated.error_messages
    elif question["default"] == "" and option in of_role.VARIABLES:
        said = of_role.filled({"from_variables": True}, {option: spec}, {name: ""}, dict)
        assert option not in said  # an answer that says nothing leaves the default of the option


# Traps


def test_every_template_and_workflow_asks_for_its_limit():
    asked = {
        file: options["ask_limit_on_launch"]
        for file, _module, options in tasks()
        if "playbook" in options or ("description" in options and file == "workflows.yml")
    }

    assert asked == {"templates.yml": True, "workflows.yml": True}


def messages():
    for kind, of in DATA["setup_messages"].items():
        for channel, parts in of.items():
            for part, text in parts.items():
                yield pytest.param(kind, channel, part, text, id=f"{kind} {channel} {part}")


CONTEXTS = {
    "full": {
        "job": {"id": 7, "name": 'a "name"\\', "status": "failed", "artifacts": {"impersonate": {"verdict": 'NOT "COMPLIANT"\n', "gate_passed": False,
                "by_status": {"drift": 1}}}},
        "url": "https://awx/#/jobs/7", "approval_node_name": 'x"y', "approval_status": "needs approval", "workflow_url": "https://awx",
    },
    "bare": {"job": {"id": 7, "name": "n", "status": "failed"}},
    "artifacts of others": {"job": {"id": 7, "name": "n", "status": "failed", "artifacts": {"other": 1}}},
    "no artifacts": {"job": {"id": 7, "name": "n", "status": "failed", "artifacts": {}}},
}  # fmt: skip


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize(("kind", "channel", "part", "text"), list(messages()))
def test_a_message_holds_whatever_is_missing(kind, channel, part, text, context):
    rendered = (
        jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined).from_string(text).render(CONTEXTS[context])
    )

    if channel == "webhook":
        assert isinstance(json.loads(rendered), dict)
    if context == "full" and kind == "jobs" and "artifacts" in text:
        assert "COMPLIANT" in rendered


@pytest.mark.parametrize(("kind", "channel", "part", "text"), list(messages()))
def test_a_message_is_one_that_awx_saves_and_ansible_leaves_alone(kind, channel, part, text):
    assert isinstance(text, Unsafe)
    assert "\n" not in text
    assert not re.search(r"job\.artifacts\.|job\.extra_vars|job\.created_by", text)
    assert ("artifacts" in text) <= (kind == "jobs")
    assert part in {"webhook": ("body",), "email": ("message", "body")}.get(channel, ("message",))


def test_slices_notify_nobody():
    assert [name for name, one in TEMPLATES.items() if one.get("notify")] == ["enforce", "restore", "report"]


@pytest.mark.parametrize("node", NODES, ids=" ".join)
def test_a_node_has_each_child_in_one_list_and_only_children_of_its_workflow(node):
    children = list(itertools.chain(*(NODES[node].get(link, []) for link in LINKS)))

    assert len(children) == len(set(children))
    assert all((node[0], child) in NODES for child in children)
    assert ("template" in NODES[node]) != ("approval" in NODES[node])
    assert NODES[node].get("template", "audit") in TEMPLATES


def test_no_node_comes_with_the_module_of_workflows():
    assert not any("workflow_nodes" in options for _file, _module, options in tasks())


def test_only_an_approval_leads_to_an_enforcement():
    parents = {
        key: [other for other in NODES if other[0] == key[0] for link in LINKS if key[1] in NODES[other].get(link, [])]
        for key in NODES
    }
    changing = [key for key, node in NODES.items() if node.get("template") in ("enforce", "restore")]

    assert changing == [("enforce with approval", "enforce")]
    (parent,) = parents[changing[0]]
    assert NODES[parent]["approval"]["timeout"] == 86400
    assert NODES[parent]["success"] == ["enforce"]
    assert parents[parent] == [("enforce with approval", "plan")]
    assert NODES["enforce with approval", "plan"]["success"] == ["approval"]
    assert NODES["enforce with approval", "audit"]["extra_data"] == {"impersonate_fail_on": "drift"}
    assert NODES["enforce with approval", "audit"]["failure"] == ["plan"]
    assert NODES["enforce with approval", "enforce"]["always"] == ["audit afterwards"]
    assert NODES["nightly", "audit"]["always"] == ["report"]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_asks_nothing_that_one_of_its_nodes_answers(workflow):
    one = WORKFLOWS[workflow]
    asked = {question["variable"] for question in SURVEYS[one["survey"]]["spec"]} if one.get("survey") else set()

    assert not [node for node in one["nodes"] if asked & set(node.get("extra_data", {}))]


def test_nobody_enforces_but_through_the_workflow():
    given = {(one["role"], name) for one in DATA["setup_roles"] for name in one.get("job_templates", [])}

    assert not {name for _role, name in given} & {"enforce", "restore"}
    assert {one["role"] for one in DATA["setup_roles"] if "setup_approvers" in one["teams"]} == {"approval"}


def test_a_credential_is_the_users():
    assert not any(module.endswith((".credential", ".host", ".inventory", ".organization")) for _file, module, _options in tasks())


# Schedules


@pytest.mark.parametrize("schedule", DATA["setup_schedules"], ids=lambda one: one["name"])
def test_a_schedule_has_a_next_run_and_answers_what_must_be_answered_and_nothing_that_is_not_asked(schedule):
    rule = (
        schedule["rrule"]
        .replace("{{ setup_time_zone }}", DATA["setup_time_zone"])
        .replace("{{ setup_first_night }}", DATA["setup_first_night"])
    )
    start, _blank, rest = rule.partition(" ")
    assert re.fullmatch(r"DTSTART;TZID=[A-Za-z]+/[A-Za-z]+:[0-9]{8}T[0-9]{6}", start)
    assert re.search(r"FREQ=(DAILY|WEEKLY);INTERVAL=1", rest)
    runs = rrulestr(f"{start}\n{rest}")
    later = datetime.datetime(2030, 1, 1, tzinfo=runs._dtstart.tzinfo)
    assert runs.after(later) - later < datetime.timedelta(days=8)

    template = TEMPLATES.get(schedule.get("template")) or WORKFLOWS[schedule["workflow"]]
    asked = SURVEYS[template["survey"]]["spec"] if template.get("survey") else []
    required = {one["variable"] for one in asked if one["required"]}
    assert required <= set(schedule.get("extra_data", {})) <= {one["variable"] for one in asked}


def test_no_run_switches_schedules_unless_it_is_told():
    assert DATA["setup_schedules_enabled"] == ""
