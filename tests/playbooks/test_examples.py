# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder examples works after its two edits: hosts and account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from fleet.backends.emulator.emulator import Emulator
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Logon, Machine

PASSWORD = "Simulated-1"
INVENTORIES = {"inventory.yml": "winrm", "inventory_psrp.yml": "psrp"}
FLOOR = ["S-1-5-32-544", "S-1-5-19", "S-1-5-20", "S-1-5-6"]


@pytest.fixture
def folder(tmp_path, checkout):
    return shutil.copytree(checkout / "examples", tmp_path / "examples")


def edited(folder, inventory, fleet, logon):
    """The two edits; where a host listens and who signed its certificate is what DNS and the system know of a real one."""
    path = folder / inventory
    data = yaml.safe_load(path.read_text())
    simulated = fleet.inventory()["all"]
    places = ("ansible_host", "ansible_port", "ansible_winrm_ca_trust_path", "ansible_psrp_ca_cert")
    data["windows"]["hosts"] = {
        host: {key: value for key, value in {**simulated["vars"], **variables}.items() if key in places}
        for host, variables in simulated["hosts"].items()
    }
    data["windows"]["vars"]["ansible_user"] = logon
    path.write_text(yaml.safe_dump(data))


def run(folder, inventory, playbook, *options):
    """As a user would, but for the password, which -k asks for at the terminal."""
    (folder / "password").write_text(PASSWORD)
    program = Path(sys.executable).with_name("ansible-playbook")
    ran = subprocess.run(
        [program, "-i", inventory, "--connection-password-file", "password", playbook, *options],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "127.0.0.0/8", "no_proxy": "127.0.0.0/8", "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    newest = max((folder / "reports").glob("*.json"), key=lambda path: path.stat().st_mtime_ns, default=None)
    assert newest, ran.stdout + ran.stderr
    report = json.loads(newest.read_text())
    return ran, {record["host"]: record["status"] for record in report["hosts"]}


def machines():
    logons = {"SIM\\auditor": Logon(PASSWORD)}
    return [
        Machine.member_server("web01", iis=True, logons=logons),
        Machine.member_server("file01", also=[names.USERS], logons=logons),
    ]


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_an_inventory_works_after_two_edits(folder, inventory):
    connection = INVENTORIES[inventory]
    if connection == "psrp":
        pytest.importorskip("psrpcore")
    with Fleet(machines(), Emulator(), connection=connection, scheme="https", transport="ntlm") as fleet:
        edited(folder, inventory, fleet, "SIM\\auditor")

        ran, statuses = run(folder, inventory, "audit.yml")

        assert fleet.errors() == []
    assert (ran.returncode, statuses) == (2, {"web01": "compliant", "file01": "drift"}), ran.stdout


def test_look_change_and_bring_back(folder):
    hosts = machines()
    drifted = hosts[1]
    with Fleet(hosts, Emulator(), scheme="https") as fleet:
        edited(folder, "inventory.yml", fleet, "SIM\\auditor")

        run(folder, "inventory.yml", "enforce.yml", "--check", "--diff")
        assert set(drifted.holders()) == {*FLOOR, names.USERS}

        ran, statuses = run(folder, "inventory.yml", "enforce.yml")
        assert (ran.returncode, set(drifted.holders())) == (0, set(FLOOR)), ran.stdout
        assert statuses == {"web01": "compliant", "file01": "compliant"}

        run(folder, "inventory.yml", "restore.yml")
        assert set(drifted.holders()) == {*FLOOR, names.USERS}


def test_the_example_for_kerberos_is_like_the_others(folder):
    given = {name: yaml.safe_load((folder / name).read_text())["windows"] for name in [*INVENTORIES, "inventory_kerberos.yml"]}

    assert len({tuple(one["hosts"]) for one in given.values()}) == 1
    assert given["inventory_kerberos.yml"]["vars"]["ansible_winrm_transport"] == "kerberos"
    assert given["inventory_kerberos.yml"]["vars"]["ansible_user"].rpartition("@")[2].isupper()


def test_the_inventory_of_the_readme_is_the_example(folder, checkout):
    (shown,) = [block for block in (checkout / "README.md").read_text().split("```yaml\n") if block.startswith("# inventory.yml")]
    readme = yaml.safe_load(shown.partition("```")[0])
    readme["windows"]["vars"].pop("impersonate_permitted")

    assert readme == yaml.safe_load((folder / "inventory.yml").read_text())
