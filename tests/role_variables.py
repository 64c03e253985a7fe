# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docs page of the role's variables, grouped by what a person wants, made from the role's own specification. `make variables` writes it."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[1]
PAGE = CHECKOUT / "docs/docsite/rst/guide_variables.rst"
SPECS = CHECKOUT / "roles/impersonate/meta/argument_specs.yml"

TASKS: dict[str, tuple[str, ...]] = {
    "Choose the policy": ("policy", "policies"),
    "Say what your estate needs": ("required", "permitted", "forbidden", "exceptions", "waive"),
    "Say what a host is, where it cannot tell": ("host_role", "iis", "features"),
    "Read more": ("exposure", "expand_groups", "events"),
    "Decide when a run fails": ("fail_on", "tolerate"),
    "Say which hosts must be accounted for": ("expected_group", "expected_file"),
    "Write the report": ("report_dir", "report_formats", "report_name", "report_previous", "progress"),
    "Choose who reads a large fleet": (
        "reader",
        "reader_threads",
        "reader_processes",
        "reader_host_timeout",
        "reader_fleet_timeout",
        "reader_retries",
    ),
    "Change hosts": (
        "unexpected",
        "missing",
        "orphans",
        "controlled_by",
        "on_controlled",
        "max_hosts_per_account",
        "approved_plan",
        "snapshot_dir",
        "snapshots_may_be_lost",
    ),
    "Take a change back": ("restore",),
    "Make one report of several": ("merge",),
    "Make the report of jobs of AWX": ("awx_jobs", "awx_workflow_job", "awx_wait"),
    "Look at Group Policy Objects and change one": ("gpos", "gpo", "gpo_state", "gpo_accounts", "gpo_allow", "gpo_file"),
    "Have variables of your own beside these": ("allow_unknown",),
}
"""What a person wants -> the variables for it, without their prefix. Each variable stands in one of them: a test compares."""

PREFIX = "impersonate_"
HOST_PLAYBOOKS = ("audit", "enforce, restore", "merge_reports", "report_from_awx")
PLAYBOOKS = {
    **dict(zip(("audit", "plan", "merge", "from_awx"), HOST_PLAYBOOKS, strict=True)),
    **{name: name for name in ("gpo_audit", "gpo_enforce", "gpo_restore")},
}
"""Entry points of the role -> the playbooks that a person runs with these variables."""
ALONE = {"restore": "restore", "unexpected": "enforce", "missing": "enforce"}
"""Variables of the entry points that two playbooks share -> the one of them where they count."""

_HEAD = """..
  SPDX-FileCopyrightText: Winrights Authors
  SPDX-License-Identifier: GPL-3.0-or-later
  Made by `make variables` from roles/impersonate/meta/argument_specs.yml. Do not edit.

.. _ansible_collections.winrights.seimpersonate.docsite.guide_variables:

The variables, by task
======================

All of them begin with ``impersonate_``, and may stand in the inventory, in ``group_vars``, in a playbook or behind ``-e``. ``impersonate_hosts``,
``impersonate_serial`` and ``impersonate_mark_hosts`` belong to the playbooks and stand behind ``-e`` or at ``import_playbook`` alone. Any other name that
begins so ends the run before a host is asked. :ansplugin:`The role's page <winrights.seimpersonate.impersonate#role>` has the whole text of each.
"""


def options() -> dict[str, dict[str, t.Any]]:
    """Name of each variable, without prefix -> its specification, with ``playbooks``: where it counts."""
    found: dict[str, dict[str, t.Any]] = {}
    for entry, spec in yaml.safe_load(SPECS.read_text(encoding="utf-8"))["argument_specs"].items():
        for name, option in spec["options"].items():
            row = found.setdefault(name.removeprefix(PREFIX), {**option, "playbooks": []})
            if entry in PLAYBOOKS:
                alone = ALONE.get(name.removeprefix(PREFIX)) if entry == "plan" else None
                row["playbooks"].append(alone or PLAYBOOKS[entry])
    return found


def text() -> str:
    """The page."""
    known = options()
    return _HEAD + "".join(_section(title, {name: known[name] for name in names}) for title, names in TASKS.items())


def _section(title: str, rows: dict[str, dict[str, t.Any]]) -> str:
    lines = ["", title, "-" * len(title), "", ".. list-table::", "   :header-rows: 1", "   :widths: 30 15 55", ""]
    lines += ["   * - variable", "     - default", "     - what it says"]
    for name, option in rows.items():
        lines += [f"   * - ``{PREFIX}{name}``", f"     - {_default(option)}", f"     - {_sentences(option)}"]
    return "\n".join([*lines, ""])


def _default(option: dict[str, t.Any]) -> str:
    value = option.get("default")
    return "empty" if value in (None, "", [], {}) else f"``{str(value).lower() if isinstance(value, bool) else value}``"


def _sentences(option: dict[str, t.Any]) -> str:
    """The first paragraph of its description, its words, and where it counts if not in every playbook."""
    description = option["description"]
    first = description if isinstance(description, str) else description[0]
    parts = [_plain(first)]
    if words := [str(choice) for choice in option.get("choices", []) if choice != ""]:
        parts.append(f"{'Any' if option['type'] == 'list' else 'One'} of {', '.join(f'``{word}``' for word in words)}.")
    if not {*HOST_PLAYBOOKS} <= {*option["playbooks"]}:  # those about GPOs have a section of their own
        parts.append(f"Playbooks: {', '.join(option['playbooks'])}.")
    return " ".join(parts)


def _plain(markup: str) -> str:
    """Ansible's markup of a description as reStructuredText."""
    plain = re.sub(r"[CVO]\(([^()]*(?:\([^()]*\)[^()]*)*)\)", r"``\1``", " ".join(markup.split()))
    return re.sub(r"[BI]\(([^()]*)\)", r"*\1*", plain)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
