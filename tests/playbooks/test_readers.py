# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads the hosts makes no difference to what is said of them: a task for each host, or one task for all of them."""

from __future__ import annotations

import json
import re

import pytest

from fleet import demo, faults
from fleet.backends import request
from fleet.backends.emulator.emulator import Emulator
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Machine

OF_A_RUN = {"id", "started", "finished", "duration_s", "duration_ms", "checked_at"}


def comparable(report):
    """A report without its times, its name, and what is the client's number of an object or a port of this run's fleet."""

    def strip(value):
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in OF_A_RUN}
        return [strip(item) for item in value] if isinstance(value, list) else value

    text = json.dumps(strip(report), indent=1, sort_keys=True)
    return re.sub(
        r"\d{8}T\d{6}Z-[0-9a-f]{6}|port=\d+|:\d{4,5}|0x[0-9a-f]{12}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "N", text
    )


@pytest.fixture
def by_both(playbook):
    """Run the same audit of the same fleet by both readers; returns both runs, whose reports, statuses and exit codes are the same.

    ``fill`` fills a fresh fleet, as what one run leaves behind would be there for the other.
    """

    def run(fill, *, of_fleet=None, extravars=None, **options):
        runs = []
        for reader in ("host", "fleet"):
            with Fleet([], Emulator(), **(of_fleet or {})) as fleet:
                fill(fleet)
                variables = {"impersonate_reader": reader, **(extravars or {})}
                runs.append(playbook(fleet, "winrights.seimpersonate.audit", extravars=variables, **options))
                assert fleet.errors() == []
        by_host, by_fleet = runs
        assert by_host.report, by_host.outcome.stdout
        assert comparable(by_fleet.report) == comparable(by_host.report)
        assert (by_fleet.rc, by_fleet.statuses) == (by_host.rc, by_host.statuses)
        return runs

    return run


def every_scenario(fleet):
    for scenario in faults.SCENARIOS:
        fleet.add(Machine.member_server(re.sub(r"\W+", "-", scenario.lower()), also=[names.USERS]), scenario=scenario)


def web(*hosts, **options):
    def fill(fleet):
        for host in hosts:
            fleet.add(Machine.member_server(host), **options)

    return fill


def together(*fills):
    def fill(fleet):
        for one in fills:
            one(fleet)

    return fill


DEAD = web("dead", scenario="host down")
LOCKED = web("web01", "web02", variables={"ansible_password": "not the password"})
TEMPLATED = together(
    web("odd", variables={"impersonate_permitted": "{{ ours }}", "ours": ["users"]}),
    web("undefined", variables={"impersonate_permitted": "{{ nowhere }}"}),
    web("lost", variables={"ansible_password": "{{ nowhere }}"}),
    web("wrong", variables={"impersonate_host_role": "server"}),
    web("plain"),
)
ODD = together(
    web("local", variables={"ansible_connection": "local"}),
    web("become", variables={"ansible_become": True, "ansible_become_method": "runas", "ansible_become_user": "SYSTEM"}),
    web("perhaps", variables={"ansible_connection": "{{ way }}", "way": "winrm"}),
    web("plain"),
)
WINRM, PSRP = {"connection": "winrm"}, {"connection": "psrp"}


@pytest.mark.parametrize(
    ("fill", "options"),
    [
        pytest.param(demo.fill, {}, id="the demo"),
        pytest.param(demo.fill, {"of_fleet": PSRP}, id="the demo, psrp"),
        pytest.param(demo.fill, {"extravars": {"impersonate_exposure": True, "impersonate_events": "24h", "impersonate_policy": "cis"}}, id="everything on"),
        pytest.param(every_scenario, {}, id="every fault, winrm"),
        pytest.param(every_scenario, {"of_fleet": PSRP}, id="every fault, psrp"),
        pytest.param(every_scenario, {"of_fleet": {**WINRM, "scheme": "https"}}, id="every fault, winrm over HTTPS"),
        pytest.param(TEMPLATED, {}, id="templates, and options that are wrong for a host"),
        pytest.param(together(DEAD, web("alive")), {"check": True, "options": "--diff"}, id="check mode"),
        pytest.param(together(DEAD, web("alive")), {"limit": "alive"}, id="limited to the living"),
        pytest.param(together(DEAD, web("alive")), {"limit": "dead"}, id="all dead"),
        pytest.param(LOCKED, {}, id="wrong password on all"),
        pytest.param(ODD, {}, id="hosts that no thread can read"),
        pytest.param(
            together(DEAD, web("alive")), {"extravars": {"impersonate_fail_on": ["drift"]}}, id="dead, and allowed to be",
        ),
        *(
            pytest.param(
                together(DEAD, web("alive"), LOCKED), {"of_fleet": {"connection": connection, "scheme": scheme, "transport": transport}},
                id=f"{connection}, {transport} over {scheme.upper()}",
            )
            for connection, transports in (("winrm", ["basic", "ntlm"]), ("psrp", ["basic", "ntlm", "negotiate"]))
            for scheme in ("http", "https")
            for transport in transports
            if (connection, scheme, transport) != ("psrp", "http", "basic")
        ),
    ],
)  # fmt: skip
def test_both_readers_give_the_same_report(by_both, fill, options):
    if options.get("of_fleet", {}).get("connection") == "psrp":
        pytest.importorskip("psrpcore")

    by_both(fill, **options)


@pytest.mark.parametrize("back_end", ["emulator"], indirect=True)  # fifty engines would say the same
def test_a_large_fleet_is_read_by_one_task_that_says_so(fleet, playbook):
    web(*(f"web{number:02}" for number in range(50)))(fleet)
    ODD(fleet)

    run = playbook(fleet, "winrights.seimpersonate.audit")

    first = next(
        line for line in run.outcome.stdout.splitlines() if line and not line.startswith(("PLAY", "TASK", "Identity", "Vault"))
    )
    assert first == (
        "Reader: fleet (one task reads all hosts; a process for each of 2 of them (connection local, become)), because there are 50 hosts or more"
    )
    assert (run.rc, set(run.statuses.values())) == (2, {"compliant", "error"})
    assert {host for host, status in run.statuses.items() if status == "error"} == {"local"}
    assert len(run.outcome.stats["ok"]) == 1  # the recap has one host
    assert {len(fleet.commands(host)) for host in run.statuses if host != "local"} == {1}


def test_the_time_limit_of_the_task_does_not_end_the_task_that_reads_all_hosts(playbook, tmp_path):
    written = tmp_path / "limited.yml"
    written.write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "    - winrights.seimpersonate.fleet_check: {from_variables: true, reader: fleet}\n      register: check\n"
        "    - winrights.seimpersonate.fleet_read: {check: '{{ check }}'}\n      timeout: 1\n"
        "    - winrights.seimpersonate.fleet_report: {from_variables: true, results: '-', check: '{{ check }}'}\n"
    )
    with Fleet([Machine.member_server("quick")], Emulator()) as fleet:
        fleet.add(Machine.member_server("slow"), scenario=faults.Scenario(delay=3))
        policy = {"name": "own", "title": "Own", "compare": "exact", "host_roles": {"client": {"source": "s"}}}
        run = playbook(fleet, written, extravars={"impersonate_policy": policy})

    assert run.statuses == dict.fromkeys(("quick", "slow"), "not_applicable"), run.outcome.stdout


class Environments(Emulator):
    """Keeps the environment that each host was asked in."""

    def __init__(self):
        super().__init__()
        self.kept = {}

    def run(self, machine, received):
        self.kept[machine.name.lower()] = request.decode(received.command_line, received.stdin).environment
        return super().run(machine, received)


@pytest.mark.parametrize("value", ["one", "{{ inventory_hostname }}"], ids=["constant", "template"])
def test_each_host_has_the_keywords_of_the_task(playbook, tmp_path, value):
    (tmp_path / "read.yml").write_text(
        "- hosts: all\n  gather_facts: false\n  tasks:\n"
        "    - winrights.seimpersonate.fleet_check: {from_variables: true, reader: fleet, reader_processes: 1}\n      register: check\n"
        f"    - winrights.seimpersonate.fleet_read: {{check: '{{{{ check }}}}'}}\n      environment: {{ASKED: '{value}'}}\n"
        "    - winrights.seimpersonate.fleet_report: {from_variables: true, results: '-', check: '{{ check }}'}\n"
    )
    backend = Environments()
    with Fleet([Machine.member_server(f"web{number}") for number in range(4)], backend) as fleet:
        run = playbook(fleet, tmp_path / "read.yml", extravars={"impersonate_policy": "microsoft"})

    assert set(run.statuses.values()) == {"compliant"}, run.outcome.stdout
    assert backend.kept == {host: {"ASKED": value.replace("{{ inventory_hostname }}", host)} for host in run.statuses}


@pytest.mark.parametrize("connection", ["winrm", "psrp"])
def test_a_wrong_password_is_not_tried_again(playbook, connection):
    if connection == "psrp":
        pytest.importorskip("psrpcore")
    logins = []
    for retries in (0, 2):
        with Fleet([], Emulator(), connection=connection) as fleet:
            LOCKED(fleet)
            variables = {"impersonate_reader": "fleet", "impersonate_reader_retries": retries}
            run = playbook(fleet, "winrights.seimpersonate.audit", extravars=variables)
            logins.append([len(fleet.journal.records(host, "Login")) for host in run.statuses])
        assert set(run.statuses.values()) == {"unreachable"}

    assert logins[0] == logins[1]
    assert min(logins[0]) > 0


def test_marks_of_hosts_are_by_the_results_of_this_run(playbook):
    with Fleet([Machine.member_server("good")], Emulator()) as fleet:
        fleet.add(Machine.member_server("drifted", also=[names.USERS]))
        fleet.add(Machine.member_server("dead"), scenario="host down")
        run = playbook(fleet, "winrights.seimpersonate.audit", extravars={"impersonate_mark_hosts": True})

    marks = {
        host: result["status"] for host, result in run.outcome.results("Mark | Count each host in the recap by its status").items()
    }
    assert marks == run.statuses == {"good": "compliant", "drifted": "drift", "dead": "unreachable"}


MARKED = """
- hosts: all
  gather_facts: false
  tasks:
    - name: One host leaves the play before
      ansible.builtin.fail:
      when: inventory_hostname == "lost"
    - name: The audit
      ansible.builtin.import_role:
        name: winrights.seimpersonate.impersonate
        rolespec_validate: false
    - name: Behind the gate
      ansible.builtin.debug:
"""


def test_a_host_that_left_the_play_before_does_not_hide_the_gate(playbook, tmp_path):
    (tmp_path / "marked.yml").write_text(MARKED)
    with Fleet([Machine.member_server("good"), Machine.member_server("lost")], Emulator()) as fleet:
        run = playbook(fleet, str(tmp_path / "marked.yml"), extravars={"impersonate_mark_hosts": True})

    assert run.statuses == {"good": "compliant", "lost": "not_checked"}
    assert "This is the gate of the whole fleet" in run.said
    assert not run.outcome.results("Behind the gate")


def test_a_user_that_is_a_template_is_looked_at_host_by_host(playbook):
    templated = {"ansible_user": "{{ vault_user }}", "ansible_winrm_transport": None}
    with Fleet([], Emulator(), connection="winrm") as fleet:
        web("aa", variables={**templated, "vault_user": next(iter(Machine.member_server("aa").logons))})(fleet)
        web("ab", variables={**templated, "vault_user": "auditor@SIM.EXAMPLE"})(fleet)
        run = playbook(fleet, "winrights.seimpersonate.audit", extravars={"impersonate_reader": "fleet"})

    assert (
        "Reader: fleet (one task reads all hosts; a process for each of 1 of them (Kerberos, with a login of its own))" in run.said
    )


BEHIND = "    - {name: Behind it, ansible.builtin.debug: {}}\n"


@pytest.mark.parametrize("reader", ["host", "fleet"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "- ansible.builtin.import_playbook: winrights.seimpersonate.audit\n"
            f"- hosts: all\n  gather_facts: false\n  tasks:\n{BEHIND}", id="a play behind the playbook",
        ),
        pytest.param(
            "- hosts: all\n  gather_facts: false\n  tasks:\n"
            f"    - ansible.builtin.import_role: {{name: winrights.seimpersonate.impersonate}}\n{BEHIND}", id="a task behind the role",
        ),
    ],
)  # fmt: skip
def test_what_comes_after_an_audit_is_run_on_every_host(playbook, tmp_path, text, reader):
    (tmp_path / "more.yml").write_text(text)
    with Fleet([Machine.member_server("web01"), Machine.member_server("web02")], Emulator()) as fleet:
        run = playbook(fleet, tmp_path / "more.yml", extravars={"impersonate_reader": reader})

    assert set(run.outcome.results("Behind it")) == {"web01", "web02"}, run.outcome.stdout
