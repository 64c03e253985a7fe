# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies behind the holders of a simulated machine: Group Policy, running services, groups, the Security log."""

from __future__ import annotations

import pytest

from fleet.backends.emulator import control
from fleet.windows import cim, lsa, names
from fleet.windows.cim import EXTENSION, Cim, CimError
from fleet.windows.grouppolicy import DENIED, MISSING, Rsop, Setting, Som, template
from fleet.windows.machine import Event, Machine, Running

ADMINISTRATORS = names.ADMINISTRATORS


def server(**options):
    return Machine.member_server("HOST01", **options)


def test_options_of_the_constructors():
    setting, event = Setting("Servers"), Event(names.USERS)
    machine = server(
        gpos=(setting,), rsop=Rsop(age=None), mdm={"ImpersonateClient": "x"}, members={ADMINISTRATORS: ()}, events=(event,)
    )

    assert (machine.gpos, machine.rsop.age, machine.events) == ((setting,), None, (event,))
    assert (machine.mdm, machine.members) == ({"ImpersonateClient": "x"}, {ADMINISTRATORS: ()})
    assert server().rsop == Rsop()


def test_a_setting_is_known_by_its_dn_but_for_the_local_gpo():
    assert Setting("x", "{0}").id == "cn={0},cn=policies,cn=system,DC=sim,DC=example"
    assert Setting("x", som_type=Som.LOCAL).id == "LocalGPO"


def test_the_extension_caches_a_template_of_each_gpo():
    machine = server(gpos=(Setting("a", "{0}", accounts=("S-1-5-19", "*S-1-5-6", "SIM\\svc")), Setting("b")))

    assert list(machine.cached_templates) == ["gpt00000.dom", "gpt00001.dom"]
    text = machine.cached_templates["gpt00000.dom"].decode("utf-16")
    assert text == template(machine.gpos[0])
    assert "SeImpersonatePrivilege = *S-1-5-19,*S-1-5-6,SIM\\svc\r\n" in text
    assert "GPOPath={0}\\MACHINE\r\n" in text


def test_templates_of_ones_own_stand_instead():
    machine = server(gpos=(Setting("a"),))
    machine.templates = {"gpt00000.inf": b"bytes", "gpt00001.inf": "text"}

    assert machine.cached_templates == {"gpt00000.inf": b"bytes", "gpt00001.inf": "text".encode("utf-16")}


def test_services_have_a_process_each_unless_told_otherwise():
    machine = server(running={"B": "LocalSystem", "A": None, "C": Running("SIM\\svc", 4), "D": Running(pid=None)})

    assert sorted((name, one.account, one.pid) for name, one in machine.services_running.items()) == [
        ("A", None, 1000), ("B", "LocalSystem", 1004), ("C", "SIM\\svc", 4), ("D", "LocalSystem", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "count"),
    [
        pytest.param(server(), 1, id="in a domain"),
        pytest.param(server(rsop=Rsop(age=None)), 0, id="never processed"),
        pytest.param(Machine.standalone_server("HOST01"), 0, id="in a workgroup"),
        pytest.param(Machine.domain_controller("HOST01"), 1, id="a domain controller"),
    ],
)
def test_the_status_of_the_security_extension(machine, count):
    assert len(asked(machine).rows("RSOP_ExtensionStatus", extensionGuid=EXTENSION)) == count


@pytest.mark.parametrize(
    ("machine", "failing"),
    [
        pytest.param(server(rsop=Rsop(error=MISSING)), {"RSOP_ExtensionStatus", "RSOP_GPO"}, id="no namespace of RSoP"),
        pytest.param(server(faults={"RSOP_GPO": DENIED}), {"RSOP_GPO"}, id="one class"),
        pytest.param(
            server(faults={"Get-CimInstance": DENIED}), {"RSOP_ExtensionStatus", "RSOP_GPO", "Win32_Service"}, id="everything"
        ),
    ],
)
def test_what_fails(machine, failing):
    def fails(name):
        try:
            asked(machine).rows(name)
        except CimError as error:
            return error.status in (MISSING, DENIED)
        return False

    assert {name for name in ("RSOP_ExtensionStatus", "RSOP_GPO", "Win32_Service") if fails(name)} == failing


def test_members_by_the_names_that_wmi_has():
    machine = server(members={ADMINISTRATORS: ("S-1-5-21-1-2-3-4", names.IUSR)})
    person = machine.add_account("person")
    machine.members = {ADMINISTRATORS: (person, *machine.members[ADMINISTRATORS])}

    assert asked(machine).members("host01", "ADMINISTRATORS") == [
        {"SID": person, "Domain": "HOST01", "Name": "person", "SIDType": 1},
        {"SID": names.IUSR, "Domain": "NT AUTHORITY", "Name": "IUSR", "SIDType": 5},
    ]
    with pytest.raises(CimError, match="0x80041002"):
        asked(machine).members("BUILTIN", "Administrators")
    assert cim.builtin_domain(Machine.domain_controller("DC01")) == "SIM"


def test_what_the_log_has_lost_is_gone():
    young, old = Event(names.USERS, age=2), Event(names.USERS, age=5)
    machine = server(events=(old, young))

    assert control.records(machine) == [young, old]
    machine.log_oldest = 3
    assert control.records(machine) == [young]
    machine.log_oldest = None
    assert control.records(machine) == []


def asked(machine):
    return Cim(machine, lsa.Faults(machine.faults))
