# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real ansible-playbook runs against the fleet, and the outcome is what a user sees."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fleet.backend import Canned, Output
from fleet.backends.request import InternalCall, ModuleCall, Script, decode
from fleet.plays.play import play
from fleet.simulation import Fleet
from fleet.windows.machine import Logon, Machine

pytestmark = pytest.mark.wire

SECRET, BECOME_SECRET, OPTION = "the-password", "the-become-password", "the-value-of-an-option"
PLAYBOOK = f"""
- hosts: all
  gather_facts: false
  tasks:
    - name: As it is
      fleet.check.bare:
        accounts: [a, "grüß"]
        token: {OPTION}
      environment:
        A: b
    - name: As someone else
      fleet.check.bare:
      become: true
      become_user: boss
      become_method: runas
      vars:
        ansible_become_password: {BECOME_SECRET}
    - name: Later
      fleet.check.bare:
      async: 30
      poll: 0
      when: not ansible_check_mode
    - name: Raw
      ansible.builtin.raw: whoami
    - name: A variable of the caller
      ansible.builtin.debug:
        msg: "{{{{ greeting | default('none') }}}}"
"""
UTIL = "ansible_collections.fleet.check.plugins.module_utils"


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    """Folder with the collection fleet.check: a module, its utils, and a playbook that uses it."""
    root = tmp_path_factory.mktemp("collections")
    here = root / "ansible_collections" / "fleet" / "check"
    for path, text in {
        "plugins/modules/bare.ps1": f"#!powershell\n#Requires -Version 5.1\n#AnsibleRequires -PowerShell {UTIL}._Own\n'{{}}'\n",
        "plugins/module_utils/_Own.psm1": f"#AnsibleRequires -CSharpUtil {UTIL}._Sharp\nFunction Get-It {{ }}\n",
        "plugins/module_utils/_Sharp.cs": "namespace Sharp { class It { } }\n",
        "playbooks/check.yml": PLAYBOOK,
    }.items():
        (here / path).parent.mkdir(parents=True, exist_ok=True)
        (here / path).write_text(text)
    return root


class Run:
    """One run of the playbook, and what the hosts were sent."""

    def __init__(self, collection: Path, tmp_path: Path, playbook: str | Path, connection: str = "winrm", **options) -> None:
        self.back_end = Canned()
        machines = [Machine(name, logons={"SIM\\auditor": Logon(SECRET)}) for name in ("A", "B")]
        environment = {"ANSIBLE_COLLECTIONS_PATH": str(collection)}
        with Fleet(machines, self.back_end, connection=connection) as self.fleet:
            self.outcome = play(self.fleet, playbook, tmp_path=tmp_path, env=environment, **options)

    @property
    def calls(self) -> list[ModuleCall | InternalCall | Script]:
        return [decode(r.command_line, r.stdin) for name, r in self.back_end.received if name == "A"]


@pytest.fixture(scope="module", params=["winrm", "psrp"])
def normal(request, collection, tmp_path_factory):
    if request.param == "psrp":
        pytest.importorskip("psrpcore")
    return Run(collection, tmp_path_factory.mktemp("normal"), "fleet.check.check", request.param)


@pytest.fixture(scope="module")
def checked(collection, tmp_path_factory):
    path = collection / "ansible_collections/fleet/check/playbooks/check.yml"
    options = {"check": True, "diff": True, "limit": "A", "extravars": {"greeting": "hello"}}
    return Run(collection, tmp_path_factory.mktemp("checked"), path, **options)


def test_the_outcome_of_a_playbook_by_its_full_name(normal):
    outcome = normal.outcome

    assert (outcome.rc, outcome.status) == (0, "successful")
    assert (outcome.failed, outcome.unreachable, outcome.changed) == (set(), set(), {"A", "B"})  # raw always changes
    assert "PLAY RECAP" in outcome.stdout


@pytest.mark.parametrize("name", ["As someone else", "fleet.check.bare", "bare"])
def test_results_are_found_by_task_and_module(normal, name):
    results = normal.outcome.results(name)

    assert set(results) == {"A", "B"}
    assert all(result["ping"] == "pong" for result in results.values())


def test_options_reach_the_playbook_by_its_path(checked):
    outcome = checked.outcome

    assert outcome.results("A variable of the caller")["A"]["msg"] == "hello"
    assert set(outcome.results("bare")) == {"A"}
    assert [(c.check, c.diff) for c in checked.calls if isinstance(c, ModuleCall)] == [(True, True)] * 2


def test_real_payloads_are_decoded(normal):
    plain, become, later, raw = normal.calls

    assert (plain.name, plain.args) == ("fleet.check.bare", {"accounts": ["a", "grüß"], "token": OPTION})
    assert (plain.check, plain.diff, plain.environment) == (False, False, {"A": "b"})
    assert (plain.become_user, become.become_user, later.become_user) == (None, "boss", None)
    assert (plain.async_jid, become.async_jid) == (None, None)
    assert later.async_jid.startswith("j")
    assert raw in (Script("whoami"), Script("whoami\nexit $LASTEXITCODE"))  # the second over psrp
    assert {f"{UTIL}._Own.psm1", f"{UTIL}._Sharp.cs"} <= set(plain.texts)
    assert "#Requires" in plain.texts["ansible_collections.fleet.check.plugins.modules.bare.ps1"]


def test_the_journal_knows_each_command_by_name(normal):
    ran = [(record.module, record.check, record.become) for record in normal.fleet.commands("A")]

    assert ran == [
        ("fleet.check.bare", False, False),
        ("fleet.check.bare", False, True),
        ("fleet.check.bare", False, False),
        ("(script)", None, None),
    ]
    assert len(normal.fleet.creates("A")) == 4
    assert {record.user for record in normal.fleet.commands("A")} == {"SIM\\auditor"}


@pytest.mark.parametrize("secret", [SECRET, BECOME_SECRET, OPTION])
def test_no_secret_is_in_the_journal(normal, secret):
    assert normal.fleet.journal.records()
    assert secret not in normal.fleet.journal.dump()
    assert secret not in repr(normal.back_end.received)


def test_no_shell_is_left(normal, checked):
    assert (normal.fleet.open_shells(), checked.fleet.open_shells()) == ({}, {})


def children() -> set[str]:
    """Processes that this one started and that are not gone."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = path.read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue  # somebody's process that ended meanwhile
        if parent == str(os.getpid()):
            found.add(str(path))
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_no_process_is_left_and_signals_are_as_before(collection, checked, tmp_path):
    before, handlers = children(), [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    Run(collection, tmp_path, "fleet.check.check", limit="A")

    assert children() <= before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_a_playbook_that_is_not_there_is_a_failed_run(collection, tmp_path):
    outcome = Run(collection, tmp_path, "fleet.check.nothing").outcome

    assert (outcome.status, outcome.stats) == ("failed", {})


def test_a_run_that_hangs_is_killed(collection, tmp_path):
    class Never:
        def run(self, machine, received):
            fleet.wait(60)
            return Output()

    machine = Machine("A", logons={"SIM\\auditor": Logon(SECRET)})
    with Fleet([machine], Never()) as fleet:
        environment = {"ANSIBLE_COLLECTIONS_PATH": str(collection)}
        outcome = play(fleet, "fleet.check.check", tmp_path=tmp_path, env=environment, timeout=2)

    assert outcome.status == "timeout"
