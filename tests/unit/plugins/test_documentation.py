# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-doc shows is what the code declares."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import role_variables
import yaml

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play import specs
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.types import GATE_WORDS

MODULES = {
    "local_right": specs.LOCAL_RIGHT,
    "local_right_info": specs.LOCAL_RIGHT_INFO,
    "fleet_check": specs.FLEET_CHECK,
    "fleet_read": specs.FLEET_READ,
    "fleet_plan": specs.FLEET_PLAN,
    "fleet_report": specs.FLEET_REPORT,
    "fleet_mark": specs.FLEET_MARK,
    "fleet_gate": specs.FLEET_GATE,
    "fleet_merge": specs.FLEET_MERGE,
    "policy_page": specs.POLICY_PAGE,
    "prove": specs.PROVE,
    "prove_change": specs.PROVE_CHANGE,
    "report_from_awx": specs.REPORT_FROM_AWX,
    "gpo_right": specs.GPO_RIGHT,
    "gpo_right_info": specs.GPO_RIGHT_INFO,
}


@pytest.fixture(scope="module")
def shown():
    command = [
        str(Path(sys.executable).with_name("ansible-doc")),
        "--json",
        *(f"winrights.seimpersonate.{name}" for name in MODULES),
    ]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout)


@pytest.mark.parametrize(("name", "declared"), MODULES.items(), ids=MODULES)
def test_documented_options_are_the_declared_ones(shown, name, declared):
    assert _plain(shown[f"winrights.seimpersonate.{name}"]["doc"]["options"]) == declared


def _plain(options):
    """Documented options in the words of a spec."""
    plain = {}
    for option, documented in options.items():
        spec = {
            key: value
            for key, value in documented.items()
            if key not in ("description", "version_added", "version_added_collection")
        }
        if "suboptions" in spec:
            spec["options"] = _plain(spec.pop("suboptions"))
        plain[option] = spec
    return plain


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_examples_returns_and_attributes(shown, name):
    page = shown[f"winrights.seimpersonate.{name}"]

    assert yaml.safe_load(page["examples"])
    assert page["return"]
    assert page["doc"]["attributes"]["check_mode"]["support"] == "full"


def test_every_module_is_in_the_action_group(checkout):
    groups = yaml.safe_load((checkout / "meta/runtime.yml").read_text())["action_groups"]
    modules = {path.stem for path in (checkout / "plugins/modules").glob("*.py")}

    assert set(groups["seimpersonate"]) == modules == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_is_new_in_the_release_that_first_has_it(shown, checkout, name):
    """The changelog lists a new module by this; one that claims a release before it would be in no list."""
    releases = yaml.safe_load((checkout / "changelogs/changelog.yaml").read_text())["releases"]
    first = [release for release, one in releases.items() if name in [module["name"] for module in one.get("modules", ())]]
    next_one = yaml.safe_load((checkout / "galaxy.yml").read_text())["version"]

    assert shown[f"winrights.seimpersonate.{name}"]["doc"]["version_added"] == (first[0] if first else next_one)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        pytest.param(name, option, id=f"{name}: {option}")
        for option, names in {
            "approved_plan": ("fleet_plan", "fleet_check"),
            "compared": ("fleet_check",),
            "snapshots_may_be_lost": ("local_right", "fleet_check"),
        }.items()
        for name in names
    ],
)
def test_an_option_that_came_later_says_since_when(shown, name, option):
    assert shown[f"winrights.seimpersonate.{name}"]["doc"]["options"][option].get("version_added") == "0.2.0"


@pytest.mark.parametrize("variable", ["impersonate_approved_plan", "impersonate_snapshots_may_be_lost"])
def test_a_variable_that_came_later_says_since_when(checkout, variable):
    specs = yaml.safe_load((checkout / "roles/impersonate/meta/argument_specs.yml").read_text())["argument_specs"]

    assert specs["enforce"]["options"][variable].get("version_added") == "0.2.0"


def test_what_was_released_is_not_built_again(checkout):
    """While there are fragments, the archive is another than that of the last release, and has another version."""
    releases = yaml.safe_load((checkout / "changelogs/changelog.yaml").read_text())["releases"]
    fragments = list((checkout / "changelogs/fragments").glob("*.yml"))

    assert not fragments or yaml.safe_load((checkout / "galaxy.yml").read_text())["version"] not in releases


def test_awx_gets_the_release_that_its_playbooks_are_part_of(checkout):
    version = yaml.safe_load((checkout / "galaxy.yml").read_text())["version"]
    asked = (checkout / "playbooks/awx/project/collections/requirements.yml").read_text()

    assert yaml.safe_load(asked)["collections"] == [{"name": "winrights.seimpersonate", "version": f">={version}"}]
    for text in (asked, (checkout / "playbooks/awx/execution-environment.yml").read_text()):
        assert f"winrights-seimpersonate-{version}.tar.gz" in text


def test_the_readme_of_the_role_names_each_part(checkout):
    parts = yaml.safe_load((checkout / "roles/impersonate/meta/argument_specs.yml").read_text())["argument_specs"].keys() - {"main"}
    readme = (checkout / "roles/impersonate/README.md").read_text()

    assert [part for part in sorted(parts) if f"| `{part}` |" not in readme] == []


def test_every_role_variable_has_its_default_and_its_line_in_the_specs(checkout):
    role = checkout / "roles/impersonate"
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text())
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"]
    documented = {name: option["default"] for spec in specs.values() for name, option in spec["options"].items()}

    assert documented == defaults


def test_the_role_offers_what_the_modules_allow(checkout):
    role = yaml.safe_load((checkout / "roles/impersonate/meta/argument_specs.yml").read_text())["argument_specs"]["audit"][
        "options"
    ]

    assert role["impersonate_fail_on"]["choices"] == ["", *GATE_WORDS]
    assert role["impersonate_host_role"]["choices"] == ["", *specs.LOCAL_RIGHT_INFO["host_role"]["choices"]]


def test_the_page_of_variables_is_made_from_the_roles_specs():
    assert role_variables.PAGE.read_text(encoding="utf-8") == role_variables.text(), "run make variables"


def test_each_variable_has_one_task_on_its_page():
    assert sorted(name for names in role_variables.TASKS.values() for name in names) == sorted(role_variables.options())
