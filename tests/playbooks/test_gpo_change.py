# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One GPO is brought to a list, to nobody, to not defined: four beats for each change, what is refused, and what is mistyped."""

from __future__ import annotations

import base64
import json

import pytest
from playbooks.gpo_state import STATES, a_domain, line, state_of

from fleet.gpo_demo import starred
from fleet.windows import names
from fleet.windows.directory import PAIR
from fleet.windows.domain import DEFAULT_DOMAIN
from fleet.windows.machine import FLOOR, Machine

pytestmark = pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # an engine needs a directory: tests/directory
LIST = sorted(starred((*FLOOR, names.IIS_IUSRS)))
IN_TEMPLATE = {"defined": LIST, "nobody": [], "not_defined": None}
OTHERS = [("setcbprivilege", ""), *[("unicode", "yes"), ("signature", '"$CHICAGO$"'), ("revision", "1")]]


@pytest.fixture
def change(fleet, task, tmp_path):
    """Run gpo_right on dc01 and say what the domain has then."""

    def run(domain, guid, *, on="dc01", check=False, diff=False, **options):
        machine = next(machine for machine in domain.controllers.values() if machine.name == on)
        if on not in fleet.inventory()["all"]["hosts"]:
            fleet.add(machine)
        done = task(
            fleet, "gpo_right", on, check=check, diff=diff, **{"gpo": guid, "snapshot_dir": str(tmp_path / "snapshots"), **options}
        )
        done.result, done.state = done.results.get(on, {}), state_of(domain, guid) if guid.startswith("{") else None
        done.snapshots = sorted((tmp_path / "snapshots").rglob("*.json"))
        return done

    return run


def wish(state):
    """Options of a task that wants a state."""
    return {"state": state, **({"accounts": list(STATES[state])} if STATES[state] else {})}


@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("before", STATES)
def test_the_four_beats(fleet, change, before, after):
    domain, guid = a_domain(accounts=IN_TEMPLATE[before])
    first = state_of(domain, guid)
    differs = before != after

    planned = change(domain, guid, check=True, diff=True, **wish(after))
    assert (planned.rc, planned.result["changed"], planned.result["outcome"]) == (0, differs, "planned" if differs else "unchanged")
    assert (planned.state, planned.snapshots) == (first, [])
    assert len(fleet.commands("dc01")) == 1

    applied = change(domain, guid, **wish(after))
    assert (applied.rc, applied.result["changed"], applied.result["outcome"]) == (0, differs, "applied" if differs else "unchanged")
    assert applied.state.accounts == IN_TEMPLATE[after]
    assert applied.state.versions == ((6, 6) if differs else (5, 5))
    assert (applied.state.pair, applied.state.others, applied.state.beside) == (True, first.others, [])
    assert applied.result["plan"] == planned.result["plan"]

    second = change(domain, guid, **wish(after))
    assert (second.rc, second.result["changed"], second.result["outcome"], second.state) == (0, False, "unchanged", applied.state)


def test_a_diff_shows_the_line_and_the_version(change):
    domain, guid = a_domain()

    said = change(domain, guid, check=True, diff=True, **wish("defined")).outcome.stdout

    assert "+  BUILTIN\\IIS_IUSRS" in said.replace("\r", "") or f"+  {names.IIS_IUSRS}" in said
    assert "-version 5" in said
    assert "+version 6" in said


@pytest.mark.parametrize(("number", "wanted"), [(0, 1), (1, 2), (65534, 65535), (65535, 1), (65536, 65537), (131071, 65537)])
def test_versions(change, number, wanted):
    domain, guid = a_domain(version=number)

    assert change(domain, guid, **wish("defined")).state.versions == (wanted, wanted)


def test_the_pre_image_is_on_the_disk_before_anything_is_sent(fleet, recorder, change, tmp_path):
    domain, guid = a_domain()
    template = domain.replica.template(guid)
    seen = []
    run = recorder._back_end.run

    def look(machine, received):
        if b'"expected"' in received.stdin:
            seen.extend(json.loads(path.read_text())["outcome"] for path in (tmp_path / "snapshots").rglob("*.json"))
        return run(machine, received)

    recorder._back_end.run = look
    done = change(domain, guid, **wish("nobody"))

    assert seen == ["pending"]
    (path,) = done.snapshots
    kept = json.loads(path.read_text())
    assert (kept["outcome"], kept["guid"], path.stat().st_mode & 0o777) == ("applied", guid, 0o600)
    assert (kept["before"]["version"], kept["before"]["extensions"]) == (5, PAIR)
    assert base64.b64decode(kept["before"]["template"]) == template
    assert str(path) == done.result["snapshot"]
    assert len(fleet.commands("dc01")) == 2


@pytest.mark.parametrize("state", STATES)
def test_restore_brings_bytes_back_with_a_new_version(change, state):
    domain, guid = a_domain()
    template, before = domain.replica.template(guid), state_of(domain, guid)
    change(domain, guid, **wish(state))

    planned = change(domain, guid, check=True, restore="latest")
    assert planned.result["outcome"] == "planned"
    done = change(domain, guid, restore="latest")
    assert (done.rc, done.result["outcome"], domain.replica.template(guid)) == (0, "applied", template)
    assert (done.state.accounts, done.state.versions, done.state.pair) == (before.accounts, (7, 7), True)

    again = change(domain, guid, restore="latest")
    assert (again.rc, again.result["outcome"], again.state) == (0, "unchanged", done.state)


def test_a_template_that_was_not_there_is_without_the_right_after_a_restore(change):
    domain, _guid = a_domain()
    guid = domain.add_gpo("Empty", version=3)

    made = change(domain, guid, **wish("defined"))
    assert (made.state.accounts, made.state.versions, made.state.pair) == (LIST, (4, 4), True)
    back = change(domain, guid, restore="latest")

    assert (back.rc, back.state.accounts, back.state.versions, back.state.pair) == (0, None, (5, 5), False)


def test_a_restore_after_somebody_else_changed_the_template_is_refused(change):
    domain, guid = a_domain()
    change(domain, guid, **wish("nobody"))
    path = f"{domain.replica.folder(guid)}\\Machine\\Microsoft\\Windows NT\\SecEdit\\GptTmpl.inf"
    domain.replica.sysvol.write(path, f"[Privilege Rights]\r\n{line(('*S-1-5-19',))}\r\n".encode("utf-16"))
    theirs = state_of(domain, guid)

    done = change(domain, guid, restore="latest")

    assert (done.rc, done.result["refused"], done.state) == (2, "changed_since", theirs)


# -- refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "reason"),
    [
        pytest.param("dc02", "not_the_pdc_emulator", id="another-domain-controller"),
        pytest.param("rodc01", "read_only_domain_controller", id="read-only"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_only_the_pdc_emulator_is_told_and_it_is_named(fleet, change, on, reason, check):
    domain, guid = a_domain()
    before = state_of(domain, guid)

    done = change(domain, guid, on=on, check=check, **wish("defined"))

    assert (done.rc, done.result["refused"], done.state) == (2, reason, before)
    assert "dc01.sim.example" in done.result["msg"]
    assert len(fleet.commands(on)) == 1
    assert done.snapshots == []


def test_a_member_server_is_refused(fleet, task, tmp_path):
    fleet.add(Machine.member_server("app01"))

    done = task(fleet, "gpo_right", gpo="Servers", snapshot_dir=str(tmp_path / "s"), **wish("defined"))

    assert done.rc == 2
    assert "no domain controller" in done.results["app01"]["msg"]


def test_the_default_domain_policy_is_left_alone_unless_that_is_meant(change):
    domain, _guid = a_domain()
    before = state_of(domain, DEFAULT_DOMAIN)

    refused = change(domain, DEFAULT_DOMAIN, **wish("defined"))
    assert (refused.rc, refused.result["refused"], refused.state) == (2, "default_domain_policy", before)

    done = change(domain, DEFAULT_DOMAIN, allow=["default_domain_policy"], **wish("defined"))
    assert (done.rc, done.state.accounts) == (0, LIST)
    assert {key for key, _value in before.others} <= {key for key, _value in done.state.others}


def test_a_list_without_the_floor_is_never_written(change):
    domain, guid = a_domain()
    before = state_of(domain, guid)

    done = change(domain, guid, state="defined", accounts=["administrators", "local_service", "network_service"])

    assert (done.rc, done.result["refused"], done.state) == (2, "floor", before)


def test_a_template_with_the_right_in_two_places_is_edited_only_when_asked_for(change):
    domain, _guid = a_domain()
    twice = {"Privilege Rights": (line(("*S-1-5-19",)), line(("*S-1-5-20",)))}
    guid = domain.add_gpo("Twice", sections=twice)
    before = domain.replica.template(guid)

    refused = change(domain, guid, **wish("defined"))
    assert (refused.rc, refused.result["refused"], domain.replica.template(guid)) == (2, "duplicates", before)

    assert change(domain, guid, allow=["duplicates"], **wish("defined")).state.accounts == LIST


def test_a_gpo_that_cannot_be_understood_is_left_alone(change):
    domain, _guid = a_domain()
    guid = domain.add_gpo("Broken", sections=b"\xff\xfe\x00")

    done = change(domain, guid, **wish("defined"))

    assert (done.rc, done.result["refused"], domain.replica.template(guid)) == (2, "not_understood", b"\xff\xfe\x00")


# -- mistyped ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"state": "defined"}, "accounts: the list is empty", id="an-empty-list-without-saying-nobody"),
        pytest.param({"state": "defined", "accounts": ["administrators", "SIM\\svc-web"]}, "accounts[1]", id="a-list-with-a-name"),
        pytest.param({"state": "nobody", "accounts": ["administrators"]}, "accounts", id="nobody-with-accounts"),
        pytest.param({"state": "not_defined", "accounts": ["S-1-5-19"]}, "accounts", id="not-defined-with-accounts"),
        pytest.param({"state": "absent"}, "state", id="no-such-state"),
        pytest.param({}, "state", id="no-state"),
        pytest.param({"gpo": None, "state": "nobody"}, "gpo", id="no-gpo"),
        pytest.param({"gpo": "{1234}", "state": "nobody"}, "gpo", id="half-a-guid"),
        pytest.param({"state": "nobody", "allow": ["floor"]}, "allow", id="what-nobody-may-allow"),
        pytest.param({"state": "nobody", "restore": "latest"}, "state", id="state-and-restore"),
        pytest.param({"state": "nobody", "snapshot_dir": "/dev/null/x"}, "snapshot_dir", id="no-place-for-snapshots"),
    ],
)
def test_bad_input_ends_before_the_host_is_asked(change, recorder, options, words):
    domain, guid = a_domain()
    before = state_of(domain, guid)
    options = {key: value for key, value in {"gpo": guid, **options}.items() if value is not None}
    if "gpo" not in options:
        options["gpo"] = ""

    done = change(domain, guid, **options)

    assert (done.rc, recorder.received, done.state) == (2, {}, before)
    assert words in done.said
    assert "Traceback" not in done.outcome.stdout


@pytest.mark.parametrize(
    ("gpo", "reason"),
    [
        pytest.param("Twice", "ambiguous_name", id="ambiguous"),
        pytest.param("Nothing", "no_such_gpo", id="no-such-name"),
        pytest.param("{00000000-0000-0000-0000-000000000000}", "no_such_gpo", id="guid-without-gpo"),
    ],
)
def test_a_gpo_that_is_not_one_changes_nothing(change, gpo, reason):
    domain, guid = a_domain()
    for number in (1, 2):
        domain.add_gpo("Twice", f"{{11111111-1111-1111-1111-11111111111{number}}}")
    before = state_of(domain, guid)

    done = change(domain, guid, gpo=gpo, **wish("nobody"))

    assert (done.rc, done.result["refused"], done.state, done.snapshots) == (2, reason, before, [])
