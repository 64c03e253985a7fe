# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit says the same whatever the way to the hosts is: connection, scheme and login.

Not in the table: winrm has no Negotiate without Kerberos (test_kerberos.py), and neither connection encrypts messages with Basic.
"""

from __future__ import annotations

import contextlib

import pytest

from fleet import demo
from fleet.backends.emulator.emulator import Emulator
from fleet.backends.request import script_of
from fleet.faults import SCENARIOS, On, Scenario
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Logon, Machine
from fleet.winrm import soap

SECRET = "Vry-S3cret-Passw0rd"
MODULE = "winrights.seimpersonate.local_right_info"
STATUSES = {"clean": "compliant", "drifted": "drift", "berlin": "compliant", "orphaned": "drift"}

# A host whose scenario is a quota, and what core calls it: whoever gets no shell is unreachable.
QUOTAS = [
    ("shells", SCENARIOS["too many shells"], "unreachable"),
    ("old", SCENARIOS["too many shells, WinRM 2.0"], "unreachable"),
    ("commands", SCENARIOS["too many commands"], "error"),
    ("operations", Scenario((On("Command", soap.too_many_operations, nth=None),)), "error"),
]


def machines() -> list[Machine]:
    server, logons = Machine.member_server, {"SIM\\auditor": Logon(SECRET)}
    return [
        server("clean", logons=logons),
        server("drifted", also=[names.USERS], logons=logons),
        server("berlin", iis=True, language="de", logons=logons),
        server("orphaned", also=[demo.ORPHAN], logons=logons),
    ]


@pytest.fixture
def reach():
    """Make a fleet that is reached one way; afterwards no shell is open and no defect hidden."""
    fleets = []
    with contextlib.ExitStack() as stack:

        def make(connection, scheme, transport, *, back_end=None, hosts=()):
            if connection == "psrp":
                pytest.importorskip("psrpcore")
            fleet = Fleet(hosts, back_end or Emulator(), connection=connection, scheme=scheme, transport=transport)
            fleets.append(stack.enter_context(fleet))
            return fleet

        yield make
    for fleet in fleets:
        assert (fleet.open_shells(), fleet.errors()) == ({}, [])


@pytest.mark.parametrize(
    ("connection", "scheme", "transport", "logins", "encrypted"),
    [
        pytest.param("winrm", "http", "ntlm", 3, True, id="winrm, NTLM"),
        pytest.param("winrm", "http", "basic", 0, False, id="winrm, Basic"),
        pytest.param("winrm", "https", "ntlm", 2, False, id="winrm, NTLM over HTTPS"),
        pytest.param("winrm", "https", "basic", 0, False, id="winrm, Basic over HTTPS"),
        pytest.param("psrp", "http", "ntlm", 3, True, id="psrp, NTLM"),
        pytest.param("psrp", "http", "negotiate", 3, True, id="psrp, Negotiate"),
        pytest.param("psrp", "https", "ntlm", 2, False, id="psrp, NTLM over HTTPS"),
        pytest.param("psrp", "https", "basic", 0, False, id="psrp, Basic over HTTPS"),
    ],
)
def test_every_way_leads_to_the_same_verdicts(reach, audit, connection, scheme, transport, logins, encrypted):
    fleet = reach(connection, scheme, transport, hosts=machines())

    run = audit(fleet)

    assert (run.rc, run.statuses) == (2, STATUSES)
    reasons = {record["host"]: record["reason"] for record in run.report["hosts"]}
    assert "VORDEFINIERT\\IIS_IUSRS" in reasons["berlin"]
    assert demo.ORPHAN in reasons["orphaned"]
    for host in STATUSES:
        (create,), (command,) = fleet.creates(host), fleet.commands(host)
        assert (command.module, command.check, command.become) == (MODULE, False, False)
        assert (create.user, create.encrypted, command.encrypted) == ("SIM\\auditor", encrypted, encrypted)
        assert len(fleet.journal.records(host, "Login")) == logins
        assert min(fleet.journal.exchanged(host)) > 1000
    assert SECRET not in fleet.journal.dump()
    assert SECRET not in run.outcome.stdout


@pytest.mark.parametrize("connection", ["winrm", "psrp"])
def test_over_https_a_login_that_is_not_bound_to_the_certificate_is_refused(reach, audit, connection):
    fleet = reach(connection, "https", "ntlm")
    fleet.add(Machine.member_server("unbound"), scenario="no channel binding, strict")
    fleet.add(Machine.member_server("relaxed"), scenario="no channel binding, relaxed")

    assert audit(fleet).statuses == {"unbound": "unreachable", "relaxed": "compliant"}


def test_psrp_audits_every_host_of_the_demo(reach, audit):
    fleet = reach("psrp", "http", "ntlm")
    hosts = demo.fill(fleet)

    run = audit(fleet, extravars={"impersonate_exceptions": demo.exceptions()})

    assert run.rc == 2
    assert run.statuses == {host.machine.name: host.status for host in hosts}
    reasons = {record["host"]: record["reason"] for record in run.report["hosts"]}
    answered = [host for host in hosts if host.status != "unreachable"]  # the words of a login that failed are the client's
    assert [host.machine.name for host in answered if host.words not in reasons[host.machine.name]] == []
    assert {host.machine.name: len(fleet.commands(host.machine.name)) for host in hosts} == {
        host.machine.name: int(host in answered) for host in hosts
    }


def test_whoever_runs_the_command_gets_the_same_over_either_connection(reach, audit, recorder):
    for connection in ("winrm", "psrp"):
        fleet = reach(connection, "http", "ntlm", back_end=recorder, hosts=[Machine.member_server("web01")])
        audit(fleet, env={"PYTHONHASHSEED": "0"})  # ansible-core keeps the names of a module's utils in a set

    winrm, psrp = recorder.received["web01"]
    assert script_of(psrp.command_line) == script_of(winrm.command_line)
    assert psrp.stdin == winrm.stdin + b"\n"


@pytest.mark.parametrize("connection", ["winrm", "psrp"])
def test_a_quota_of_winrm_is_named_with_advice(reach, audit, connection):
    """WinRM 3.0 answers a quota with a MSFT_WmiError, of which the client libraries print the sentence and no number."""
    fleet = reach(connection, "http", "ntlm")
    for name, scenario, _status in QUOTAS:
        fleet.add(Machine.member_server(name), scenario=scenario)

    run = audit(fleet)

    assert (run.rc, run.statuses) == (2, {name: status for name, _scenario, status in QUOTAS})
    assert {name: record["error"]["category"] for name, record in run.records.items()} == dict.fromkeys(
        run.records, "host_resources"
    )
    for record in run.records.values():
        assert "concurrent" in record["error"]["message"]
        assert "MaxShellsPerUser" in record["reason"]
