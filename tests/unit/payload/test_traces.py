# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which features an audit finds: services, the print spooler, Remote Desktop Services. Under the engine and by the emulator."""

from __future__ import annotations

import pytest

from fleet.backends.emulator.report import right_report
from fleet.windows.machine import Fault, Logon, Machine, Token
from fleet.windows.registry import PRODUCT_OPTIONS, SERVICES

ABSENT = {"ssis": [], "adfs": False, "spooler": 2, "spooler_known": True, "session_host": False}
UNKNOWN = {"ssis": None, "adfs": None, "spooler": None, "spooler_known": False, "session_host": None}


def host(kind=Machine.member_server, token=Token.ADMINISTRATOR, **fields):
    machine = kind("HOST01", logons={"SIM\\auditor": Logon("Simulated-1", token)})
    for name, value in fields.items():
        setattr(machine, name, value)
    return machine


def case(name, machine, **features):
    return pytest.param(machine, ABSENT | features, id=name)


CASES = [
    case("none of them", host()),
    case("all of them", host(services=("MsDtsServer160", "MsDts", "adfssrv", "msdtsserver", "MsDtsServer150"), session_host=True),
         ssis=["MsDtsServer150", "MsDtsServer160", "msdtsserver"], adfs=True, session_host=True),
    case("one version of Integration Services", host(services=("MsDtsServer150",)), ssis=["MsDtsServer150"]),
    case("the spooler is disabled", host(spooler=4), spooler=4),
    case("the spooler starts on demand", host(spooler=3), spooler=3),
    case("there is no spooler", host(spooler=None), spooler=None),
    case("nothing can be known", host(services=("MsDtsServer150", "adfssrv"), session_host=True, denied_keys=(SERVICES,),
         faults={"Get-Service": 5, "Get-CimInstance": 0x80041003}), **UNKNOWN),
    case("the services cannot be listed", host(services=("MsDtsServer150", "adfssrv"), faults={"Get-Service": 5}), ssis=None, adfs=True),
    case("only a second list of services would fail", host(services=("MsDtsServer150",), faults={"Get-Service": Fault(5, on=2)}),
         ssis=["MsDtsServer150"]),
    case("the key of AD FS is denied", host(services=("adfssrv",), denied_keys=(rf"{SERVICES}\adfssrv",)), adfs=None),
    case("the key of the spooler is denied", host(denied_keys=(rf"{SERVICES}\Spooler",)), spooler=None, spooler_known=False),
    case("WMI does not answer", host(session_host=True, faults={"Get-CimInstance": 0x80041003}), session_host=None),
    case("a client is not asked", host(Machine.client, session_host=True, faults={"Get-CimInstance": 0x80041003})),
    case("a multi-session client is", host(Machine.multi_session_client, session_host=True), session_host=True),
    case("and a host of unknown product type", host(session_host=True, denied_keys=(PRODUCT_OPTIONS,)), session_host=True),
    case("a domain controller", host(Machine.domain_controller, services=("adfssrv",)), adfs=True),
    case("known although the holders are not", host(token=Token.FILTERED, services=("adfssrv",)), adfs=True),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "features"), CASES)
def test_features(machine, features, powershell, ask):
    answer = ask(powershell, machine)

    assert answer["features"] == features
    machine.powershell = answer["session"]["powershell"]
    user, logon = machine.find_logon("SIM\\auditor")
    assert right_report(machine, user, logon.token, []) == answer
