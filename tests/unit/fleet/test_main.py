# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet by hand: python -m fleet."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest
import yaml

from fleet import __main__ as under_test
from fleet.backend import Canned
from fleet.windows.machine import Logon, Machine

pytestmark = pytest.mark.wire

TESTS = Path(under_test.__file__).parents[1]
DEMO = """
from fleet.windows.machine import Logon, Machine
def fill(fleet, alive):
    for name in ("A", "B"):
        fleet.add(Machine(name, logons={"SIM\\\\auditor": Logon("pw")}))
"""
START = """
import sys, types
demo, emulator = types.ModuleType("fleet.demo"), types.ModuleType("fleet.backends.emulator.emulator")
exec(sys.argv.pop(1), demo.__dict__)
from fleet.backend import Canned
emulator.Emulator = Canned
sys.modules.update({"fleet.demo": demo, "fleet.backends.emulator.emulator": emulator})
from fleet.__main__ import main
sys.exit(main())
"""


@pytest.fixture
def parts(monkeypatch):
    """Put a demo of one machine and a canned emulator in the place of the real ones."""
    demo, emulator = types.ModuleType("fleet.demo"), types.ModuleType("fleet.backends.emulator.emulator")
    demo.fill = lambda fleet, alive: fleet.add(Machine("A", logons={"SIM\\auditor": Logon("pw")}))
    emulator.Emulator = Canned
    monkeypatch.setitem(sys.modules, "fleet.demo", demo)
    monkeypatch.setitem(sys.modules, "fleet.backends.emulator.emulator", emulator)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.usefixtures("parts")
def test_it_writes_the_inventory_names_the_hosts_and_ends(tmp_path, capsys, scheme):
    inventory = tmp_path / "fleet.yml"

    code = under_test.main(["--inventory", str(inventory), "--life", "0.01", "--scheme", scheme, "--transport", "basic"])

    written = yaml.safe_load(inventory.read_text())["all"]
    host = written["hosts"]["A"]
    assert code == 0
    assert written["vars"]["ansible_winrm_transport"] == "basic"
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"A  {scheme}://{host['ansible_host']}:{host['ansible_port']}/wsman"
    assert said[1:] == under_test.guidance(inventory, 0.01)


@pytest.mark.parametrize("transport", ["ntlm", "basic", "negotiate"])
@pytest.mark.usefixtures("parts")
def test_the_hosts_may_be_reached_over_psrp(tmp_path, transport):
    pytest.importorskip("psrpcore")
    inventory = tmp_path / "fleet.yml"

    code = under_test.main(["--inventory", str(inventory), "--life", "0.01", "--connection", "psrp", "--transport", transport])

    variables = yaml.safe_load(inventory.read_text())["all"]["vars"]
    assert (code, variables["ansible_connection"], variables["ansible_psrp_auth"]) == (0, "psrp", transport)


def test_a_transport_that_a_connection_has_not_is_said(tmp_path, capsys):
    with pytest.raises(SystemExit):
        under_test.main(["--inventory", str(tmp_path / "x"), "--transport", "negotiate"])
    assert "the winrm connection has no transport negotiate" in capsys.readouterr().err


@pytest.mark.usefixtures("parts")
def test_a_back_end_that_is_not_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(under_test.BACK_ENDS, "powershell", "fleet.nowhere:Nothing")

    with pytest.raises(SystemExit, match="no back end powershell"):
        under_test.main(["--inventory", str(tmp_path / "x"), "--backend", "powershell"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(tmp_path, number):
    inventory = tmp_path / "fleet.yml"
    command = [sys.executable, "-c", START, DEMO, "--inventory", str(inventory), "--life", "60"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as fleet:
        lines = [fleet.stdout.readline() for _host in "AB"]
        lines += [fleet.stdout.readline() for _line in under_test.guidance(inventory, 60)]
        fleet.send_signal(number)
        rest = fleet.stdout.read()

    assert [line.split()[0] for line in lines[:2]] == ["A", "B"]
    assert (rest, fleet.returncode) == ("", 0)
    assert set(yaml.safe_load(inventory.read_text())["all"]["hosts"]) == {"A", "B"}


def test_it_says_where_the_inventory_is_how_long_it_lives_how_to_stop_it_and_what_to_try(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = "\n".join(under_test.guidance(Path(".build/fleet.yml"), 3600))

    for words in (str(tmp_path / ".build/fleet.yml"), "lives for 3600 seconds", f"Ctrl+C here, or kill {os.getpid()}"):
        assert words in said
    for command in (
        "audit\n",
        "audit -e impersonate_policy=stig\n",
        "enforce --check --diff\n",
        "gpo_audit -e impersonate_hosts=dc01",
    ):
        assert f"winrights.seimpersonate.{command}" in said.replace(" \\\n   ", "")


def test_the_lines_to_try_work_from_a_copy(tmp_path):
    """In a shell that has nothing of this checkout, with a program in the place of ansible-playbook that tells what it was given."""
    said = under_test.guidance(tmp_path / "a folder/fleet.yml", 60)
    tell = 'ansible-playbook() { printf "%s|" "$PWD" "${PATH%%:*}" "$ANSIBLE_COLLECTIONS_PATH" "$@"; echo; }'
    script = "\n".join([tell, *said[said.index("", 1) + 1 :]])
    ran = subprocess.run(
        ["bash", "-euc", script], capture_output=True, text=True, check=True, cwd=tmp_path, env={"PATH": os.defpath}
    )

    checkout = str(TESTS.parent)
    begin = [checkout, f"{sys.prefix}/bin", f"{checkout}/.build/collections", "-i", str(tmp_path / "a folder/fleet.yml")]
    assert [line.split("|")[:-1] for line in ran.stdout.splitlines()] == [
        [*begin, "winrights.seimpersonate.audit"],
        [*begin, "winrights.seimpersonate.audit", "-e", "impersonate_policy=stig"],
        [*begin, "winrights.seimpersonate.enforce", "--check", "--diff"],
        [*begin, "winrights.seimpersonate.gpo_audit", "-e", "impersonate_hosts=dc01"],
    ]


def test_the_lines_to_try_are_short_in_a_checkout():
    commands = [line for line in under_test.guidance(TESTS.parent / ".build/fleet.yml", 60) if line.startswith("ansible-playbook")]

    assert [command.split()[1:3] for command in commands] == [["-i", ".build/fleet.yml"]] * 4
    assert not any(command.endswith("\\") for command in commands)


def test_without_a_directory_for_the_real_payload_no_audit_of_gpos_is_named():
    assert not any("gpo" in line for line in under_test.guidance(Path("fleet.yml"), 60, "powershell"))
