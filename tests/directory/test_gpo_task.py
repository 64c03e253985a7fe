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


@pytest.fixture
def run(directory, powershell, tmp_path):
    """Run gpo_right on the domain controller; returns the exit code and the result."""
    with Fleet([directory.machine()], powershell) as fleet:

        def task(gpo, *, check=False, **options):
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
    ("before", "after"), [(before, after) for before in LINES for after in LINES if before != after], ids=lambda state: state
)
def test_the_four_beats(make_gpo, run, before, after):
    content = template(LINES[before])
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
