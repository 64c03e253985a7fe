# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every scenario ends for ansible-playbook as the real thing would: ok, FAILED or UNREACHABLE.

All scenarios go into one run, each on a host of its own, with a module of a throw-away collection.
"""

from __future__ import annotations

import pytest
from ansible.release import __version__ as core

from fleet.backend import Canned, Output
from fleet.faults import SCENARIOS, Mishap, On, Scenario, cut_off, large, noisy
from fleet.plays.play import play
from fleet.simulation import Fleet
from fleet.windows.machine import Logon, Machine
from fleet.winrm import soap

pytestmark = pytest.mark.wire

OK, FAILED, UNREACHABLE = "ok", "failed", "unreachable"
ALL = {  # psrp's first two Receives open the pool, the third asks for the output; there is one with winrm
    **SCENARIOS,
    **{
        f"{what} the {which} Receive": Scenario((On("Receive", how, nth=nth),))
        for which, nth in (("second", 2), ("third", 3))
        for what, how in (
            ("timed out at", soap.timed_out),
            ("shell gone at", Mishap.FORGET),
            ("drop at", Mishap.DROP),
            ("cut in", Mishap.CUT),
            ("garbage at", Mishap.GARBAGE),
        )
    },
}
NEW_SHELL = tuple(map(int, core.split(".")[:2])) >= (2, 18)  # core asks for a new shell when the quota is used up
WINRM = {
    "none": OK,
    "wrong password": UNREACHABLE,
    "unknown user": UNREACHABLE,
    "basic not offered": UNREACHABLE,
    "no channel binding, relaxed": OK,
    "host down": UNREACHABLE,
    "slow command": OK,
    "output before the end": OK,
    "access denied at Create": UNREACHABLE,
    "too many shells": UNREACHABLE,
    "too many shells, WinRM 2.0": UNREACHABLE,
    "too many commands": FAILED,
    "quota on the second command": OK if NEW_SHELL else FAILED,
    "Create timed out": UNREACHABLE,
    "Command timed out": FAILED,
    "Receive timed out": OK,
    "busy at Send": FAILED,
    "Signal timed out": FAILED,
    "shell gone at Command": FAILED,
    "shell gone at Send": FAILED,
    "shell gone at Receive": FAILED,
    "shell gone at Signal": FAILED,
    "shell gone at Delete": OK,
    "drop at Create": UNREACHABLE,
    "drop at Command": FAILED,
    "drop at Send": FAILED,
    "drop at Receive": FAILED,
    "drop at Signal": FAILED,
    "drop at Delete": OK,
    "Receive cut": FAILED,
    "drop between pieces": FAILED,
    "garbage at Create": UNREACHABLE,
    "garbage at Receive": FAILED,
    "JSON cut off": FAILED,
    "failed JSON": FAILED,
    "CLIXML noise": OK,
    "no JSON, error record": FAILED,
    "garbage on stdout": FAILED,
    "500 KB answer": OK,
    **{
        f"{what} the {which} Receive": OK
        for which in ("second", "third")
        for what in ("timed out at", "shell gone at", "drop at", "cut in", "garbage at")
    },
}
ENDS = {
    "winrm over http": {
        **WINRM,
        "unencrypted refused": UNREACHABLE,
        "no channel binding, strict": OK,  # nothing to bind to
        "drop after Send": FAILED,  # the keys are gone with the connection
    },
    "winrm over https": {
        **WINRM,
        "unencrypted refused": OK,  # TLS encrypts
        "no channel binding, strict": UNREACHABLE,
        "drop after Send": OK,  # the client logs in again and finds the output
    },
    "psrp over http": {
        **WINRM,
        "unencrypted refused": UNREACHABLE,
        "no channel binding, strict": OK,
        "drop after Send": FAILED,
        "quota on the second command": FAILED,  # with every version of core
        "garbage at Create": FAILED,  # pypsrp lets the parser's error through
        "Receive timed out": UNREACHABLE,
        "shell gone at Receive": UNREACHABLE,
        "drop at Receive": UNREACHABLE,
        "timed out at the second Receive": UNREACHABLE,
        "shell gone at the second Receive": UNREACHABLE,
        "drop at the second Receive": UNREACHABLE,
        "cut in the second Receive": FAILED,
        "garbage at the second Receive": FAILED,
        "shell gone at the third Receive": FAILED,
        "drop at the third Receive": FAILED,
        "cut in the third Receive": FAILED,
        "garbage at the third Receive": FAILED,
        **dict.fromkeys(("Signal timed out", "shell gone at Signal", "drop at Signal"), OK),  # none is sent at the end
    },
}
PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Run twice
      fleet.check.bare:
      loop: [1, 2]
      when: inventory_hostname == "quota on the second command"
    - name: Run once
      fleet.check.bare:
      when: inventory_hostname != "quota on the second command"
"""


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Folder with the collection fleet.check, whose module bare is the least that counts as a module of today."""
    root = tmp_path_factory.mktemp("collections")
    modules = root / "ansible_collections" / "fleet" / "check" / "plugins" / "modules"
    modules.mkdir(parents=True)
    (modules / "bare.ps1").write_text("#!powershell\n#Requires -Version 5.1\n'{}'\n")
    return root


@pytest.fixture(scope="module", params=ENDS)
def ended(request, collection, tmp_path_factory):
    """One run over all scenarios: the way to the hosts, the fleet, and how each host ended."""
    tmp_path = tmp_path_factory.mktemp("faults")
    (tmp_path / "faults.yml").write_text(PLAYBOOK)
    connection, _over, scheme = request.param.split()
    if connection == "psrp":
        pytest.importorskip("psrpcore")
    with Fleet([], Canned(), connection=connection, scheme=scheme) as fleet:
        for name, scenario in ALL.items():
            variables = {} if "timeout_sec" in str(scenario) else {"ansible_winrm_operation_timeout_sec": 2}
            machine = Machine(name, logons={"SIM\\auditor": Logon("the password")})
            fleet.add(machine, scenario=scenario, variables=variables)
        outcome = play(
            fleet,
            tmp_path / "faults.yml",
            tmp_path=tmp_path,
            options="--forks 20",
            env={"ANSIBLE_COLLECTIONS_PATH": str(collection)},
        )
        yield request.param, fleet, outcome


@pytest.mark.parametrize("name", ALL)
def test_the_end_of_a_scenario(ended, name):
    way, _fleet, outcome = ended
    ends = [end for end, hosts in ((FAILED, outcome.failed), (UNREACHABLE, outcome.unreachable)) if name in hosts]

    assert (ends or [OK]) == [ENDS[way][name]]


def test_whoever_ended_well_got_the_answer(ended):
    way, _fleet, outcome = ended
    answered = {name for name, answer in outcome.results("Run once").items() if answer.get("ping") == "pong"}

    assert answered == {name for name, end in ENDS[way].items() if end == OK} - {"quota on the second command"}


def test_the_simulation_itself_has_no_defects(ended):
    assert ended[1].errors() == []


@pytest.mark.parametrize("name", [name for name in SCENARIOS if "drop" not in name and "cut" not in name])
def test_no_shell_is_left_where_the_connection_held(ended, name):
    way, fleet, _outcome = ended
    left = way.startswith("psrp") and name in ("Receive timed out", "garbage at Receive")  # a pool that has not opened

    assert (name in fleet.open_shells()) == left


@pytest.mark.parametrize(
    ("name", "creates", "commands"),
    [
        ("none", 1, 1),
        ("wrong password", 0, 0),
        ("access denied at Create", 1, 0),
        ("slow command", 1, 1),
        ("quota on the second command", 1, 2),
        ("500 KB answer", 1, 1),
    ],
)
def test_what_the_client_asked_for(ended, name, creates, commands):
    way, fleet, _outcome = ended
    if name == "quota on the second command" and NEW_SHELL and way.startswith("winrm"):
        creates, commands = creates + 1, commands + 1

    assert (len(fleet.creates(name)), len(fleet.commands(name))) == (creates, commands)


def test_no_password_is_in_the_journal(ended):
    assert "the password" not in ended[1].journal.dump()
    assert "not the password" not in ended[1].journal.dump()


@pytest.mark.parametrize(
    ("change", "check"),
    [
        pytest.param(cut_off, lambda output: output.stdout == b'{"a"', id="cut off"),
        pytest.param(noisy, lambda output: output.stdout.endswith(b'{"a":1}\r\n') and output.stderr, id="noisy"),
        pytest.param(large, lambda output: 500_000 <= len(output.stdout) < 500_100, id="large"),
    ],
)
def test_changes_of_the_output(change, check):
    assert check(change(Output(b'{"a":1}\r\n')))


def test_the_default_scenario_changes_nothing():
    assert Scenario().mishap("Create", 1, 0) is None
    assert (Scenario().delay, Scenario().down, Scenario().output, Scenario().access) == (0.0, False, None, None)
