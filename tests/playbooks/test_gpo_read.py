# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GPOs of a domain as an auditor reads them: one command to one domain controller, and nothing written."""

from __future__ import annotations

import copy

import pytest
from playbooks.gpo_state import a_domain

from benchmarks import bounds
from benchmarks.gpo_read import domain_of
from fleet import gpo_demo
from fleet.faults import SCENARIOS
from fleet.windows import names
from fleet.windows.directory import BUSY, PAIR
from fleet.windows.machine import FLOOR, Machine
from fleet.windows.sysvol import DENIED, SHARING

pytestmark = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # an engine needs a directory: tests/directory
READ = {"policy": "microsoft"}


def add(fleet, domain, *names_of):
    """Put machines of a domain into the fleet, its domain controllers without a name."""
    for machine, _dn in domain.members.values():
        if machine.name in names_of or (not names_of and machine.replica is not None):
            fleet.add(machine)


def test_every_gpo_is_judged_in_one_command_that_writes_nothing(fleet, task):
    domain = gpo_demo.make()
    before = copy.deepcopy((domain.replica.directory, domain.replica.sysvol))
    add(fleet, domain, "dc01")

    done = task(fleet, "gpo_right_info", **READ)

    result = done.results["dc01"]
    assert (done.rc, result["changed"], len(fleet.commands("dc01"))) == (0, False, 1)
    assert (result["domain"], result["controller"], result["complete"]) == ("sim.example", "dc01.sim.example", True)
    found = {row["name"]: (row["state"], {one["kind"] for one in row["findings"]}) for row in result["gpos"]}
    assert found == {
        "Default Domain Policy": ("not_defined", set()),
        "Default Domain Controllers Policy": ("not_defined", set()),
        gpo_demo.BASELINE: ("defined", set()),
        gpo_demo.WEB: ("defined", set()),
        "Kiosks by name": ("defined", {"name", "floor_missing"}),
        "Old lab": ("defined", {"unexpected", "extensions_out_of_order", "link_without_effect"}),
        "Never linked": ("defined", {"floor_missing", "not_linked"}),
    }
    assert result["not_defining"] == 3
    assert (domain.replica.directory, domain.replica.sysvol) == before


def test_a_domain_of_2000_gpos_is_one_command_with_a_small_answer(fleet, task):
    domain = domain_of(2000)
    add(fleet, domain, "dc01")

    result = task(fleet, "gpo_right_info", **READ).results["dc01"]

    assert (result["complete"], sum(row["state"] == "defined" for row in result["gpos"]), result["not_defining"]) == (True, 3, 1997)
    assert len(fleet.commands("dc01")) == bounds.GPO_COMMANDS
    assert fleet.journal.exchanged("dc01")[1] <= bounds.GPO_BYTES_BACK


@pytest.mark.parametrize("name", ["dc02", "rodc01"])
def test_any_domain_controller_can_be_asked(fleet, task, name):
    domain, guid = a_domain()
    add(fleet, domain, name)

    result = task(fleet, "gpo_right_info", **READ, gpos=[guid]).results[name]

    assert ([row["guid"] for row in result["gpos"]], result["controller"]) == ([guid], f"{name}.sim.example")


def test_a_list_is_of_accounts_with_their_standing_and_why(fleet, task):
    domain, _guid = a_domain(accounts=(*gpo_demo.starred((*FLOOR, names.USERS)), "*S-1-5-21-1-2-3-1104"))
    add(fleet, domain, "dc01")

    (row,) = task(fleet, "gpo_right_info", **READ, gpos=["Servers"]).results["dc01"]["gpos"]

    standings = {one["sid"]: one["standing"] for one in row["holders"]}
    assert standings == dict.fromkeys(FLOOR, "floor") | {
        names.USERS: "unexpected",
        "S-1-5-21-1-2-3-1104": standings["S-1-5-21-1-2-3-1104"],
    }
    assert {one["kind"] for one in row["findings"]} >= {"unexpected", "unknown_sid"}
    assert all(one["why"] for one in row["holders"])
    assert (row["version"], row["folder_version"]) == (5, 5)


@pytest.mark.parametrize(
    ("spoil", "kinds"),
    [
        pytest.param(lambda c, _d: setattr(c, "version", 9), {"versions_differ"}, id="versions-differ"),
        pytest.param(lambda c, _d: setattr(c, "extensions", None), {"extension_missing", "link_without_effect"}, id="pair-missing"),
        pytest.param(
            lambda c, _d: setattr(c, "extensions", gpo_demo.LATER + PAIR),
            {"extensions_out_of_order", "link_without_effect"},
            id="out-of-order",
        ),
        pytest.param(lambda c, _d: setattr(c, "flags", 2), {"link_without_effect"}, id="switched-off"),
        pytest.param(lambda _c, d: d.replica.directory.soms.pop(d.ou("Servers").lower()), {"not_linked"}, id="not-linked"),
    ],
)
def test_what_is_wrong_with_a_gpo(fleet, task, spoil, kinds):
    domain, guid = a_domain()
    spoil(domain.replica.directory.gpo(guid), domain)
    add(fleet, domain, "dc01")

    (row,) = task(fleet, "gpo_right_info", **READ, gpos=[guid]).results["dc01"]["gpos"]

    assert {one["kind"] for one in row["findings"]} == kinds


@pytest.mark.parametrize("code", [DENIED, SHARING])
def test_what_cannot_be_read_is_never_taken_for_not_defined(fleet, task, code):
    domain, guid = a_domain()
    domain.replica.faults["read template"] = code
    add(fleet, domain, "dc01")

    result = task(fleet, "gpo_right_info", **READ).results["dc01"]

    assert (result["complete"], result["compliant"]) == (False, False)
    assert guid in [one["guid"] for one in result["unread"]]
    assert guid not in [row["guid"] for row in result["gpos"] if row["state"] == "not_defined"]
    assert result["not_defining"] == 0


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        pytest.param(lambda d: d.replica.faults.update({"ldap search": BUSY}), "51", id="directory-busy"),
        pytest.param(
            lambda d: setattr(d.controllers["dc01.sim.example"], "language_mode", "ConstrainedLanguage"),
            "ConstrainedLanguage",
            id="mode",
        ),
    ],
)
def test_a_domain_controller_that_cannot_answer(fleet, task, prepare, words):
    domain, _guid = a_domain()
    prepare(domain)
    add(fleet, domain, "dc01")

    done = task(fleet, "gpo_right_info", **READ)

    assert (done.rc, done.outcome.failed) == (2, {"dc01"})
    assert words in done.results["dc01"]["msg"]
    assert "gpos" not in done.results["dc01"]


def test_a_member_server_is_no_domain_controller(fleet, task):
    fleet.add(Machine.member_server("app01"))

    done = task(fleet, "gpo_right_info", **READ)

    assert done.outcome.failed == {"app01"}
    assert "no domain controller" in done.results["app01"]["msg"]


@pytest.mark.parametrize(
    "scenario", ["JSON cut off", "garbage on stdout", "no JSON, error record", "drop at Receive", "drop after Send"]
)
def test_contact_that_is_lost_is_no_answer(fleet, task, scenario):
    domain, _guid = a_domain(pdc="cut01")  # a shell may stay open on a host that is cut off
    fleet.add(domain.controllers["cut01.sim.example"], scenario=SCENARIOS[scenario])

    done = task(fleet, "gpo_right_info", **READ)

    assert done.rc != 0
    assert "gpos" not in done.results.get("cut01", {})


# -- what a person mistyped ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"gpos": [""]}, "gpos[0]", id="empty"),
        pytest.param({"gpos": ["ok", "{1234}"]}, "gpos[1]", id="half-a-guid"),
        pytest.param({"policy": "nothing"}, "policy", id="no-such-policy"),
        pytest.param({"previous": "/dev/null/x"}, "previous", id="no-place"),
        pytest.param({"unknown": 1}, "unknown", id="no-such-option"),
    ],
)
def test_bad_input_ends_before_the_host_is_asked(fleet, task, recorder, options, words):
    domain, _guid = a_domain()
    add(fleet, domain, "dc01")

    done = task(fleet, "gpo_right_info", **{**READ, **options})

    if words != "previous":
        assert (done.rc, recorder.received) == (2, {})
        assert words in done.said
    assert "Traceback" not in done.outcome.stdout


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        pytest.param("{00000000-0000-0000-0000-000000000000}", "has no GPO", id="guid-without-gpo"),
        pytest.param("Nothing", "has no GPO", id="no-such-name"),
        pytest.param("Twice", "name of 2 GPOs", id="ambiguous"),
    ],
)
def test_a_gpo_that_is_not_one(fleet, task, asked, words):
    domain, _guid = a_domain()
    for number in (1, 2):
        domain.add_gpo("Twice", f"{{11111111-1111-1111-1111-11111111111{number}}}")
    add(fleet, domain, "dc01")

    done = task(fleet, "gpo_right_info", **READ, gpos=[asked])

    assert (done.rc, done.outcome.failed) == (2, {"dc01"})
    assert words in done.results["dc01"]["msg"]
