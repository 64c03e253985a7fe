# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who changed the right, as the Security log tells it. Under the engine and by the emulator."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from fleet.backends.emulator.report import audit
from fleet.windows import names
from fleet.windows.machine import Event, Fault, Logon, Machine

USERS, PERSON = names.USERS, f"{names.domain_sid('SIM')}-1105"
OLDEST = "2026-05-16T12:00:00.0000000Z"
NOTHING = {"error": None, "events": [], "more": False, "oldest": OLDEST, "others": 0}
BY_HAND = Event(USERS, age=2, subject=PERSON, subject_name="SIM\\jürgen", logon=0x1A2B3C4D5E)


def host(*events, **fields):
    machine = Machine.member_server("HOST01", logons={"SIM\\auditor": Logon("Simulated-1")}, events=events)
    for name, value in fields.items():
        setattr(machine, name, value)
    return machine


def told(time="2026-06-15T11:00:00.0000000Z", code=4704, target=USERS):
    return {"id": code, "time": time, "subject": "S-1-5-18", "subject_name": "SIM\\HOST01$", "logon": "0x3e7", "target": target}


TOLD_BY_HAND = told("2026-06-15T10:00:00.0000000Z") | {"subject": PERSON, "subject_name": "SIM\\jürgen", "logon": "0x1a2b3c4d5e"}


def case(name, machine, *events, hours=24, **fields):
    return pytest.param(machine, hours, NOTHING | {"events": list(events)} | fields, id=name)


CASES = [
    case("none in the log", host()),
    case("by policy", host(Event(USERS)), told()),
    case("by a person", host(BY_HAND), TOLD_BY_HAND),
    case("given by one and taken by the other, newest first", host(BY_HAND, Event(USERS, 4705)), told(code=4705), TOLD_BY_HAND),
    case("outside the window", host(Event(USERS, age=25), Event(USERS, age=1)), told()),
    case("a wide window", host(Event(USERS, age=25)), told("2026-06-14T11:00:00.0000000Z"), hours=720),
    case("other rights only", host(Event(USERS, privileges="SeBackupPrivilege SeRestorePrivilege"), Event(USERS, privileges="SeImpersonatePrivilegeX"),
         Event(USERS, privileges="")), others=3),
    case("among others, with newlines", host(Event(USERS, privileges="SeBackupPrivilege\r\n\t\t\tSeImpersonatePrivilege\r\n\t\t\tSeDebugPrivilege")), told()),
    case("a wrapped log", host(Event(USERS, age=20), Event(USERS), log_oldest=3.5), told(), hours=168, oldest="2026-06-15T08:30:00.0000000Z"),
    case("an empty log", host(log_oldest=None), oldest=None),
    case("the log is denied", host(Event(USERS), faults={"Get-WinEvent": 5}), error="denied", oldest=None),
    case("only its events are denied", host(Event(USERS), faults={"Get-WinEvent": Fault(5, on=2)}), error="denied"),
    case("the log cannot be read", host(Event(USERS), faults={"Get-WinEvent": 1717}), error="failed", oldest=None),
    case("only its events cannot", host(Event(USERS), faults={"Get-WinEvent": Fault(1717, on=2)}), error="failed"),
    case("no hours", host(Event(USERS)), hours=0),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "hours", "events"), CASES)
def test_events(machine, hours, events, powershell, tell):
    answer = tell(powershell, machine, "local_right_info", accounts=[], events=hours)

    assert answer["events"] == events
    assert answer["holders"]
    assert not {"services", "groups"} & answer.keys()
    assert emulated(machine, answer, events=hours) == answer


@pytest.mark.engine
def test_a_search_that_does_not_end_is_ended(powershell, tell, spoilt):
    machine = host(Event(USERS), faults={"Get-WinEvent": Fault(258, on=2)})
    hasty = spoilt(powershell, ("plugins/module_utils/_RightContext.psm1", "WaitOne(60000)", "WaitOne(1500)"))

    answer = tell(hasty, machine, "local_right_info", accounts=[], events=24)

    assert answer["events"] == NOTHING | {"error": "timeout"}
    assert emulated(machine, answer, events=24) == answer


@pytest.mark.engine
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata"])
def test_a_window_is_so_many_hours_wherever_the_host_is(zone, powershell, tell, monkeypatch):
    """Also where the clocks were changed: in Berlin the night of 29 March 2026 had one hour less."""
    monkeypatch.setenv("TZ", zone)
    machine = host(Event(USERS, age=23.5), Event(USERS, age=24.5), clock=datetime(2026, 3, 29, 12, tzinfo=UTC))

    answer = tell(powershell, machine, "local_right_info", accounts=[], events=24)

    assert [one["time"] for one in answer["events"]["events"]] == ["2026-03-28T12:30:00.0000000Z"]
    assert emulated(machine, answer, events=24) == answer


@pytest.mark.engine
@pytest.mark.parametrize(
    ("count", "told", "others", "more"),
    [
        pytest.param(200, 100, 100, False, id="as many as are told, half of them of other rights"),
        pytest.param(600, 200, 300, True, id="more than are told"),
        pytest.param(50_000, 200, 1000, True, id="more than are read"),
    ],
)
def test_many_events(count, told, others, more, powershell, tell):
    """Every other one is of another right."""
    machine = host(
        *(
            Event(USERS, age=number / 50_000, privileges="SeImpersonatePrivilege" if number % 2 else "SeBackupPrivilege")
            for number in range(count)
        )
    )

    answer = tell(powershell, machine, "local_right_info", accounts=[], events=24)

    events = answer["events"]
    assert (len(events["events"]), events["others"], events["more"], events["error"]) == (told, others, more, None)
    assert len(json.dumps(events, separators=(",", ":"))) < 40_000
    assert emulated(machine, answer, events=24) == answer


@pytest.mark.engine
@pytest.mark.parametrize("nothing", [{}, {"events": None, "expand": False, "exposure": False}])
def test_what_is_not_asked_for_is_not_told(nothing, powershell, tell):
    answer = tell(powershell, host(Event(USERS)), "local_right_info", accounts=[], **nothing)

    assert not {"services", "services_more", "groups", "events"} & answer.keys()


def emulated(machine, answer, **asked):
    machine.powershell = answer["session"]["powershell"]
    user, logon = machine.find_logon("SIM\\auditor")
    return audit(machine, user, logon.token, asked)
