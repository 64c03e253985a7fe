# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain controller answers: one odd GPO or link spoils itself and nothing else, and the answer is not whole then."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host import limits
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import HostError
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.gpo_answers import domain_facts_of
from fleet.backends.emulator.gpo_report import gpo_right_info
from fleet.windows.domain import PolicyDomain
from fleet.windows.machine import Token

ODD = "{00000000-0000-0000-0000-00000000000Z}"


@pytest.fixture
def answer():
    """Of a domain with two GPOs that define the right, each linked to an OU."""
    domain = PolicyDomain()
    machine = domain.add_controller("dc01")
    for name in ("Servers", "Clients"):
        domain.link(domain.add_gpo(name, accounts=("*S-1-5-32-544", "*S-1-5-6")), domain.ou(name))
    return gpo_right_info(machine, "SIM\\auditor", Token.ADMINISTRATOR, {"gpos": []})


def row(answer, name="Servers"):
    return next(one for one in answer["gpos"] if one["name"] == name)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"path": "x" * (limits.NAME + 1)}, id="a path that is too long"),
        pytest.param({"wmi_filter": "x" * (limits.NAME + 1)}, id="a filter that is too long"),
        pytest.param({"version": "5"}, id="a version that is a text"),
        pytest.param({"flags": 2**70}, id="flags beyond every number"),
        pytest.param({"security": [{"sid": "S-1-5-032-544", "allowed": True, "inherited": False}]}, id="a SID of another form"),
        pytest.param({"template": {"status": "read", "bytes": "AA", "sha256": None, "error": None}}, id="bytes that are no Base64"),
        pytest.param({"template": {"status": "read", "bytes": "AAAA", "sha256": "0" * 64, "error": None}}, id="another digest"),
        pytest.param({"gpt_ini": None}, id="no gpt.ini"),
    ],
)
def test_an_odd_gpo_is_unread_and_the_others_are_not(change, answer):
    its = row(answer)
    its.update(change)
    facts = domain_facts_of(answer)

    assert [one.guid for one in facts.unread] == [its["guid"]]
    assert facts.gpo(its["guid"]) is None
    assert facts.gpo(row(answer, "Clients")["guid"]) is not None
    assert not facts.complete


@pytest.mark.parametrize("key", ["gpos", "others", "unread"])
def test_a_gpo_without_a_guid_makes_the_list_incomplete(key, answer):
    answer[key].append({"gpos": {**row(answer), "guid": ODD}, "others": ODD, "unread": {"guid": ODD, "error": "x"}}[key])
    facts = domain_facts_of(answer)

    assert facts.truncated
    assert facts.gpo(row(answer)["guid"]) is not None


@pytest.mark.parametrize(
    "link",
    [
        pytest.param({"guid": ODD, "order": 1, "options": 0}, id="no GUID"),
        pytest.param({"guid": None, "order": 1, "options": None}, id="options that are not known"),
        pytest.param("x", id="no link"),
    ],
)
def test_an_odd_link_is_left_out_and_that_is_known(link, answer):
    som = next(one for one in answer["links"] if one["som"].startswith("OU=Servers"))
    som["links"].append(link)
    facts = domain_facts_of(answer)

    assert facts.links_truncated
    assert {one.som for one in facts.links} == {one["som"] for one in answer["links"]}


def test_an_odd_account_is_not_known(answer):
    answer["accounts"].append({"asked": "*S-1-5", "sid": "S-1-5", "name": None, "use": None, "found": None})

    assert domain_facts_of(answer).account("*S-1-5") is None


@pytest.mark.parametrize("key", ["controller", "gpos", "others", "links", "accounts", "lookup_status"])
def test_an_answer_without_a_part_is_none(key, answer):
    del answer[key]

    with pytest.raises(HostError):
        domain_facts_of(answer)
