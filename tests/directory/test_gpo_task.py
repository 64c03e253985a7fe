# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The task gpo_right from a playbook over WinRM to the real payload with a real directory: four beats of each change of a state."""

from __future__ import annotations

import json

import pytest

from directory.conftest import HOST, template
from fleet.plays.play import play
from fleet.simulation import Fleet

pytestmark = pytest.mark.directory
ACCOUNTS = ["administrators", "service", "local_service", "network_service", "iis_iusrs"]
LINES = {"defined": "*S-1-5-6,*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-32-568", "nobody": "", "not_defined": None}
BEFORE = {**LINES, "another-list": "*S-1-5-19,*S-1-5-20,*S-1-5-32-544,*S-1-5-6"}


@pytest.fixture
def run(directory, powershell, tmp_path):
    """Run gpo_right on the domain controller; returns the exit code and the result."""
    with Fleet([directory.machine()], powershell) as fleet:

        def task(gpo, /, *, check=False, **options):
            path = tmp_path / "task.yml"
            options = {"gpo": gpo.guid, "snapshot_dir": str(tmp_path / "snapshots"), **options}
            path.write_text(
                json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [{"winrights.seimpersonate.gpo_right": options}]}])
            )
            outcome = play(fleet, path, tmp_path=tmp_path, check=check)
            return outcome.rc, outcome.results("gpo_right").get(HOST.lower(), {})

        yield task
        assert fleet.errors() == []


def wish(state):
    return {"state": state, **({"accounts": ACCOUNTS} if state == "defined" else {})}


@pytest.mark.parametrize(
    ("before", "after"),
    [*((before, after) for before in LINES for after in LINES if before != after), ("another-list", "defined")],
    ids=lambda state: state,
)
def test_the_four_beats(make_gpo, run, before, after):
    content = template(BEFORE[before])
    gpo = make_gpo(content, version=0x10001)
    first = (gpo.state, gpo.files)

    rc, planned = run(gpo, check=True, **wish(after))
    assert (rc, planned["outcome"], planned["changed"], (gpo.state, gpo.files)) == (0, "planned", True, first)

    rc, applied = run(gpo, **wish(after))
    assert (rc, applied["outcome"], applied["changed"], gpo.state["version"]) == (0, "applied", True, 0x10002)
    assert gpo.files == first[1]
    assert gpo.template.read_bytes().decode("utf-16").splitlines() == template(LINES[after]).decode("utf-16").splitlines()

    rc, second = run(gpo, **wish(after))
    assert (rc, second["outcome"], second["changed"], gpo.state["version"]) == (0, "unchanged", False, 0x10002)

    rc, back = run(gpo, restore="latest")
    assert (rc, back["outcome"], gpo.template.read_bytes(), gpo.state["version"]) == (0, "applied", content, 0x10003)


@pytest.mark.parametrize("state", LINES)
def test_a_state_that_is_there_already(make_gpo, run, state):
    gpo = make_gpo(template(LINES[state]), version=0x10001)
    first = (gpo.state, gpo.files, gpo.template.read_bytes())

    for check in (True, False):
        rc, result = run(gpo, check=check, **wish(state))
        assert (rc, result["outcome"], result["changed"]) == (0, "unchanged", False)
    assert (gpo.state, gpo.files, gpo.template.read_bytes()) == first


def test_a_change_that_nobody_can_go_on_with_is_ended_when_a_person_has_looked(make_gpo, run):
    """The journal of a run that was ended in the middle, and somebody else has edited the GPO since."""
    gpo = make_gpo(template(""), version=0x10009)
    side = {"template_sha256": "0" * 64, "version": 1, "extensions": None, "gpt_ini_sha256": "0" * 64}
    journal = gpo.template.with_name("~winrights-seimpersonate.tmp")
    journal.write_text(json.dumps({"guid": gpo.guid, "before": side, "after": side}))

    rc, refused = run(gpo, **wish("defined"))
    assert (rc, refused["refused"], gpo.state["version"]) == (2, "unfinished_change", 0x10009)
    assert f"Look at the GPO {gpo.guid}" in refused["msg"]

    rc, ended = run(gpo, allow=["unfinished_change"], **wish("defined"))
    assert (rc, ended["outcome"], gpo.state["version"], journal.exists()) == (0, "applied", 0x1000A, False)
    assert gpo.template.read_bytes() == template(LINES["defined"])

    rc, back = run(gpo, restore="latest")
    assert (rc, back["outcome"], gpo.template.read_bytes()) == (0, "applied", template(""))


@pytest.mark.parametrize(
    ("gpo", "reason"),
    [
        pytest.param("Twice", "ambiguous_name", id="ambiguous"),
        pytest.param("No such name", "no_such_gpo", id="no-such-name"),
        pytest.param("{00000000-0000-0000-0000-000000000000}", "no_such_gpo", id="guid-without-gpo"),
    ],
)
def test_a_gpo_that_is_not_one_changes_nothing(make_gpo, run, gpo, reason):
    both = [make_gpo(template(), name="Twice") for _number in range(2)]
    first = [(one.state, one.files) for one in both]

    rc, result = run(both[0], gpo=gpo, **wish("nobody"))

    assert (rc, result["refused"], [(one.state, one.files) for one in both]) == (2, reason, first)
