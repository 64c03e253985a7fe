# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of CONTRIBUTING.md that can be forgotten in part: a place that is left out fails here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.controller import stated
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.features import FeatureName
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._formats import names, write
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import enforcement
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.windows import ReadRequest
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result import build
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._result.check import CHANGE, RECORD
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.expectation import Tailoring
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.judgement import judged
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._verdict.plan import Handling

CHECKOUT = Path(__file__).parents[3]
OF_THE_RUN = {"transport", "checked_at", "duration_ms"}
OF_THE_RECORD = {"host", "reason", "change"}
HELD = ("S-1-5-6", "S-1-5-19", "S-1-5-20", "S-1-5-32-544", "S-1-5-32-545")


def test_every_key_of_the_contract_is_filled(host, microsoft):
    facts = host(HELD)
    result = build.host_result(judged(facts, microsoft, Tailoring())) | build.requested(facts, ReadRequest(True, True, 72))

    assert set(RECORD) - OF_THE_RUN - OF_THE_RECORD == set(result) - {"compliant"}


def test_every_key_of_a_change_is_filled(host, microsoft, tmp_path):
    job = enforcement.Job("h", "r", tmp_path, microsoft, Tailoring(), Handling(), stated("local", None, None))
    facts = host(HELD)

    assert set(CHANGE) - set(build.enforced(job, facts, enforcement.plan(job, facts))) == set()


def test_every_key_of_a_result_is_documented(host, microsoft):
    result = build.host_result(judged(host(HELD), microsoft, Tailoring())) | build.requested(
        host(HELD), ReadRequest(True, True, 72)
    )
    documented = yaml.safe_load(
        re.search(r'RETURN = r"""(.*?)"""', (CHECKOUT / "plugins/modules/local_right_info.py").read_text(), re.S)[1]
    )

    assert set(result) <= set(documented)


def test_every_format_can_be_asked_for_and_is_written():
    assert {*names.FORMATS} == {*write._TEXTS, "html"} - {"csv_accounts", "csv_gpos", "csv_gpo_impact"}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("plugins/doc_fragments/_report.py", id="documentation of the modules"),
        pytest.param("roles/impersonate/meta/argument_specs.yml", id="documentation of the role"),
    ],
)
def test_every_format_is_documented(place):
    choices = re.findall(r"choices: (\[json,.*\])", (CHECKOUT / place).read_text())

    assert [yaml.safe_load(one) for one in choices] == [[*names.FORMATS]]


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("plugins/doc_fragments/_policy.py", id="documentation of the modules"),
        pytest.param("roles/impersonate/meta/argument_specs.yml", id="documentation of the role"),
        pytest.param("docs/docsite/rst/guide_policies.rst", id="guide"),
    ],
)
@pytest.mark.parametrize("name", FeatureName)
def test_every_feature_is_documented(place, name):
    assert re.search(rf"\b{name.value}\b", (CHECKOUT / place).read_text())
