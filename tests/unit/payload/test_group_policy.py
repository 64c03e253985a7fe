# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit tells of who controls the right: RSoP, cached templates, MDM. Under the engine and by the emulator."""

from __future__ import annotations

import itertools
import json

import pytest

from fleet.backends.emulator.report import right_report
from fleet.windows import names
from fleet.windows.grouppolicy import BROKEN, DENIED, MISSING, TIMED_OUT, Rsop, Setting, Som, template
from fleet.windows.machine import Fault, Logon, Machine
from fleet.windows.registry import MDM, POLICIES, WINLOGON

NOW, AN_HOUR_AGO = "2026-06-15T12:00:00.0000000Z", "2026-06-15T11:00:00.0000000Z"
FRESH = {"ended": AN_HOUR_AGO, "error": 0, "logging": 1}
SILENT = {"error": None, "extension": FRESH, "settings": [], "gpos": [], "soms": []}
NO_TRACE = {"provider": None, "set": None, "value": None}
PLAIN = {"now": NOW, "rsop": SILENT, "logging": None, "templates": [], "mdm": NO_TRACE, "sids": []}
GUIDS = [f"{{3E9A5D10-7C44-4B53-9F27-2B1D6C0A8E1{number}}}" for number in range(3)]
SVC = f"{names.domain_sid('SIM')}-1105"
NAMED = Setting("named", GUIDS[0], accounts=("*S-1-5-19", "S-1-5-20", "SIM\\svc", "SIM\\gone", ""))
ENROLMENT = "{B3A4C5D6-0000-4000-8000-123456789ABC}"


def host(kind=Machine.member_server, **fields):
    machine = kind("HOST01", logons={"SIM\\auditor": Logon("Simulated-1")})
    machine.add_account("svc", domain="SIM", rid=1105)
    for name, value in fields.items():
        setattr(machine, name, value)
    return machine


def setting(number, precedence=1, *, som="DC=sim,DC=example", status=1, error=0, accounts=("S-1-5-32-544",)):
    gpo = f"cn={GUIDS[number]},cn=policies,cn=system,DC=sim,DC=example"
    return {"gpo": gpo, "som": som, "precedence": precedence, "status": status, "error": error,
            "accounts": list(accounts), "created": AN_HOUR_AGO}  # fmt: skip


def told(*settings, soms=(), named=True, versions=(), **fields):
    """What RSoP tells of these settings."""
    gpos = [
        {"id": one["gpo"], "guid": one["gpo"][3:41], "name": f"gpo {GUIDS.index(one['gpo'][3:41])}", "version": None}
        for one in settings
    ]
    for row, version in zip(gpos, versions, strict=False):
        row["version"] = version
    linked = [{"id": one["som"], "type": 3} for one in settings]
    answer = SILENT | {"settings": list(settings), "gpos": gpos if named else [], "soms": list(soms) or linked}
    return {"rsop": answer | fields}


def gpo(number, precedence=1, accounts=("S-1-5-32-544",), **fields):
    return Setting(f"gpo {number}", GUIDS[number], precedence=precedence, accounts=accounts, **fields)


def failed(code, **fields):
    return {"rsop": SILENT | {"error": code, "extension": None} | fields}


def row(number=0, value="*S-1-5-32-544", file=None, *, known=True):
    return {"file": file or f"gpt0000{number}.dom", "gpo": GUIDS[number] if known else "", "value": value}


def case(name, machine, **control):
    return pytest.param(machine, PLAIN | control, id=name)


BARE = {"templates": {}}
ANSI = f"[privilege rights]\nSeBackupPrivilege = x\n  seimpersonateprivilege=*S-1-5-19 , SIM\\svc\n\n[Other]\nGPOPath = {GUIDS[1]}\\MACHINE\n"
ELSEWHERE = (
    "[Registry Values]\nSeImpersonatePrivilege = 1\n[Privilege Rights]\nSeImpersonatePrivilegeX = 2\n; SeImpersonatePrivilege = 3\n"
)
EMPTY = "[Privilege Rights]\nSeImpersonatePrivilege =\n[Event Audit]\nAuditLogonEvents = 3\n"
MANY = tuple(f"SIM\\nobody-{number:03}" for number in range(250))

CASES = [
    case("no GPO, fresh", host()),
    case("a domain controller", host(Machine.domain_controller)),
    case("a stand-alone machine", host(Machine.standalone_server), rsop=SILENT | {"extension": None}),
    case("one GPO", host(gpos=(gpo(0),), **BARE), **told(setting(0))),
    case("a winner and losers", host(gpos=(gpo(1, 3), gpo(2, 1, link="OU=web,DC=sim,DC=example", som_type=Som.OU), gpo(0, 2)), **BARE), **told(
        setting(2, som="OU=web,DC=sim,DC=example"), setting(0, 2), setting(1, 3),
        soms=[{"id": "DC=sim,DC=example", "type": 3}, {"id": "OU=web,DC=sim,DC=example", "type": 4}, {"id": "DC=sim,DC=example", "type": 3}],
        gpos=[{"id": setting(number)["gpo"], "guid": GUIDS[number], "name": f"gpo {number}", "version": None} for number in (1, 2, 0)])),
    case("the version of a GPO", host(gpos=(gpo(0, version=0x10005), gpo(1, 2, version=0xFFFFFFFF), gpo(2, 3)), **BARE), **told(
        setting(0), setting(1, 2), setting(2, 3), versions=(0x10005, 0xFFFFFFFF, None))),
    case("attempted and failed", host(gpos=(gpo(0, status=3, error=1332),), **BARE), **told(setting(0, status=3, error=1332))),
    case("not attempted", host(gpos=(gpo(0, status=0),), **BARE), **told(setting(0, status=0))),
    case("the local GPO", host(gpos=(Setting("Local Group Policy", link="Local", som_type=Som.LOCAL, accounts=()),), **BARE), rsop=SILENT | {
        "settings": [setting(0, som="Local", accounts=()) | {"gpo": "LocalGPO"}],
        "gpos": [{"id": "LocalGPO", "guid": "{3E9A5D10-7C44-4B53-9F27-2B1D6C0A8E11}", "name": "Local Group Policy", "version": None}],
        "soms": [{"id": "Local", "type": 1}]}),
    case("the local GPO loses", host(gpos=(Setting("Local Group Policy", GUIDS[1], link="Local", som_type=Som.LOCAL, precedence=2), gpo(0)), **BARE),
         rsop=SILENT | {
        "settings": [setting(0), setting(1, 2, som="Local", accounts=Setting("x").accounts) | {"gpo": "LocalGPO"}],
        "gpos": [{"id": "LocalGPO", "guid": GUIDS[1], "name": "Local Group Policy", "version": None},
                 {"id": setting(0)["gpo"], "guid": GUIDS[0], "name": "gpo 0", "version": None}],
        "soms": [{"id": "Local", "type": 1}, {"id": "DC=sim,DC=example", "type": 3}]}),
    case("a list that is empty", host(gpos=(gpo(0, accounts=()),), **BARE), **told(setting(0, accounts=()))),
    case("failed for a child", host(gpos=(gpo(0, status=4),), **BARE), **told(setting(0, status=4))),
    case("RSoP leaves out what it can", host(gpos=(Setting(None, GUIDS[0], link=None, accounts=None, age=None),), **BARE), rsop=SILENT | {
        "settings": [setting(0, som=None) | {"created": None, "accounts": None}]}),
    case("the extension has no status", host(rsop=Rsop(age=None)), rsop=SILENT | {"extension": None}),
    case("an old one", host(rsop=Rsop(age=24 * 40.5)), rsop=SILENT | {"extension": FRESH | {"ended": "2026-05-06T00:00:00.0000000Z"}}),
    case("one with an error", host(rsop=Rsop(extension_error=0x80070534, logging_status=2)),
         rsop=SILENT | {"extension": FRESH | {"error": 0x80070534, "logging": 2}}),
    case("one that is empty", host(rsop=Rsop(extension_error=None, logging_status=None)),
         rsop=SILENT | {"extension": FRESH | {"error": None, "logging": None}}),
    case("logging off by policy", host(rsop=Rsop(logging_policy=0)), logging=0),
    case("on by policy, off by preference", host(rsop=Rsop(logging_policy=1, logging_preference=0)), logging=1),
    case("off by preference", host(rsop=Rsop(logging_preference=0)), logging=0),
    case("both keys of logging are denied", host(rsop=Rsop(logging_policy=0, logging_preference=0), denied_keys=(POLICIES, WINLOGON))),
    case("there is no namespace", host(rsop=Rsop(error=MISSING)), **failed("0x8004100e")),
    case("the namespace is denied", host(gpos=(gpo(0),), **BARE, rsop=Rsop(error=DENIED)), **failed("0x80041003")),
    case("WMI is broken", host(rsop=Rsop(error=BROKEN)), **failed("failed")),
    case("WMI hangs", host(rsop=Rsop(error=TIMED_OUT)), **failed("0x00040004")),
    case("no more than one query after a failure", host(faults={"Get-CimInstance": Fault(DENIED, on=(2, 4))}), **failed("0x80041003")),
    case("the second query fails", host(gpos=(gpo(0),), **BARE, faults={"RSOP_UserPrivilegeRight": DENIED}), **failed("0x80041003", extension=FRESH)),
    case("the GPOs cannot be named", host(gpos=(gpo(0),), **BARE, faults={"RSOP_GPO": BROKEN}), rsop=SILENT | {"error": "failed", "settings": [setting(0)]}),
    case("the links cannot be named", host(gpos=(gpo(0),), **BARE, faults={"RSOP_SOM": 0x8004106C}),
         rsop=told(setting(0), error="0x8004106c")["rsop"] | {"soms": []}),
    case("nobody but services can be listed", host(faults={"Get-CimInstance": BROKEN}), **failed("failed")),
    case("a template", host(gpos=(gpo(0),)), **told(setting(0)), templates=[row()]),
    case("templates without RSoP", host(gpos=(gpo(0), gpo(1, 2)), rsop=Rsop(error=DENIED)), **failed("0x80041003"),
         templates=[row(), row(1)]),
    case("UTF-16, either way round, and UTF-8", host(templates={"gpt00001.inf": template(gpo(1)).encode("utf-16-be").join([b"\xfe\xff", b""]),
         "gpt00000.dom": template(gpo(0)), "gpt00002.inf": b"\xef\xbb\xbf" + template(gpo(2, accounts=("SIM\\ä",))).encode(), "other.inf": ANSI}),
         templates=[row(), row(1, file="gpt00001.inf"), row(2, "SIM\\ä", "gpt00002.inf")], sids=[{"asked": "SIM\\ä", "sid": None}]),
    case("another case, other spaces, no BOM", host(templates={"gpt00000.dom": ANSI.encode()}),
         templates=[row(1, "*S-1-5-19 , SIM\\svc", "gpt00000.dom")], sids=[{"asked": "SIM\\svc", "sid": SVC}]),
    case("nobody, and no GPOPath", host(templates={"gpt00000.dom": EMPTY}), templates=[row(value="", known=False)]),
    case("a GPOPath without a GUID", host(templates={"gpt00000.dom": EMPTY + "GPOPath=LocalGPO\n"}), templates=[row(value="", known=False)]),
    case("no file names the right", host(templates={"gpt00000.dom": ELSEWHERE, "gpt00001.inf": b"", "gpt00002.inf": b"\x00\xff\xfe"})),
    case("templates of GPOs that RSoP only names", host(templates={"gpt00000.dom": template(gpo(0)), "gpt00001.inf": template(gpo(1))},
         rsop=Rsop(others=(gpo(0), gpo(2)))), rsop=SILENT | {"gpos": [{"id": setting(0)["gpo"], "guid": GUIDS[0], "name": "gpo 0", "version": None}]},
         templates=[row(), row(1, file="gpt00001.inf")]),
    case("blank lines by the thousand", host(templates={"gpt00000.dom": "\r\n" * 4000 + "[Privilege Rights]" + "\r\n \t" * 4000 + ANSI + "\n" * 4000}),
         templates=[row(1, "*S-1-5-19 , SIM\\svc", "gpt00000.dom")], sids=[{"asked": "SIM\\svc", "sid": SVC}]),
    case("the templates are denied", host(gpos=(gpo(0),), templates_denied=True), **told(setting(0)), templates=None),
    case("the templates are locked", host(gpos=(gpo(0),), templates_locked=True), **told(setting(0)), templates=None),
    case("MDM", host(mdm={"ImpersonateClient": "*S-1-5-19\uf000Administratoren\uf000*S-1-5-6", "ImpersonateClient_ProviderSet": 1,
                          "ImpersonateClient_WinningProvider": ENROLMENT, "BackupFilesAndDirectories": "x"}),
         mdm={"provider": ENROLMENT, "set": 1, "value": "*S-1-5-19\uf000Administratoren\uf000*S-1-5-6"},
         sids=[{"asked": "Administratoren", "sid": None}]),
    case("MDM, nobody", host(mdm={"ImpersonateClient": "", "ImpersonateClient_ProviderSet": 1}), mdm=NO_TRACE | {"set": 1, "value": ""}),
    case("MDM, as XML has it", host(mdm={"ImpersonateClient": "<![CDATA[SIM\\svc\uf000*S-1-5-19]]>"}),
         mdm=NO_TRACE | {"value": "<![CDATA[SIM\\svc\uf000*S-1-5-19]]>"}, sids=[{"asked": "SIM\\svc", "sid": SVC}]),
    case("MDM, a list that is too long to be told whole", host(mdm={"ImpersonateClient": "\uf000".join(["*S-1-5-19"] * 2001)}), mdm=None),
    case("MDM, partly there", host(mdm={"ImpersonateClient_WinningProvider": ENROLMENT}), mdm=NO_TRACE | {"provider": ENROLMENT}),
    case("MDM, other rights", host(mdm={"BackupFilesAndDirectories": "x"})),
    case("MDM is denied", host(mdm={"ImpersonateClient_ProviderSet": 1}, denied_keys=(MDM,)), mdm=None),
    case("names, SIDs with a star and without", host(gpos=(NAMED,), **BARE),
         **told(setting(0, accounts=NAMED.accounts), gpos=[{"id": NAMED.id, "guid": GUIDS[0], "name": "named", "version": None}]),
         sids=[{"asked": "SIM\\gone", "sid": None}, {"asked": "SIM\\svc", "sid": SVC}]),
    case("localised names", host(language="de", gpos=(gpo(0, accounts=("Administratoren", "NT-AUTORITÄT\\LOKALER DIENST", "SERVICE", "Lieferanten")),), **BARE),
         **told(setting(0, accounts=("Administratoren", "NT-AUTORITÄT\\LOKALER DIENST", "SERVICE", "Lieferanten"))),
         sids=[{"asked": "Administratoren", "sid": "S-1-5-32-544"}, {"asked": "Lieferanten", "sid": None},
               {"asked": "NT-AUTORITÄT\\LOKALER DIENST", "sid": "S-1-5-19"}, {"asked": "SERVICE", "sid": "S-1-5-6"}]),
    case("the names get no answer", host(gpos=(NAMED,), **BARE, faults={"LsaLookupNames2": Fault(0xC0000233, on=2)}),
         **told(setting(0, accounts=NAMED.accounts), gpos=[{"id": NAMED.id, "guid": GUIDS[0], "name": "named", "version": None}]),
         sids=[{"asked": "SIM\\gone", "sid": None}, {"asked": "SIM\\svc", "sid": None}]),
    case("more names than are looked up", host(gpos=(gpo(0, accounts=MANY[:150]), gpo(1, 2, accounts=MANY[150:])), **BARE),
         **told(setting(0, accounts=MANY[:150]), setting(1, 2, accounts=MANY[150:])),
         sids=[{"asked": name, "sid": None} for name in MANY[:200]]),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "control"), CASES)
def test_control(machine, control, powershell, ask):
    answer = ask(powershell, machine, "SIM\\svc")

    assert answer["control"] == control
    # what happens to names of policies does not touch those that were asked for
    assert [(one["sid"], answer["lookup_status"]) for one in answer["accounts"]] == [(SVC, "0x00000000")]
    assert not {"services", "services_more", "groups", "events", "failed"} & answer.keys()
    assert _emulated(machine, answer) == answer


@pytest.mark.engine
def test_the_order_of_sections_means_nothing(powershell, ask):
    """[MS-GPSB] 2.2: after [Unicode] and [Version] come the sections, in any order."""
    orders = [*itertools.permutations(("Privilege Rights", "Profile Description", "Registry Values", "Service General Setting"))]
    machine = host(
        templates={
            f"gpt{number:05}.dom": template(gpo(0, accounts=("S-1-5-32-544", "SIM\\svc"), sections=order))
            for number, order in enumerate(orders)
        }
    )

    answer = ask(powershell, machine, "SIM\\svc")

    assert answer["control"]["templates"] == [
        row(value="*S-1-5-32-544,SIM\\svc", file=f"gpt{number:05}.dom") for number in range(len(orders))
    ]
    assert _emulated(machine, answer) == answer


@pytest.mark.engine
def test_the_read_before_a_change_tells_the_same(powershell, tell, ask):
    machine = host(gpos=(gpo(0),))

    answer = tell(powershell, machine, "local_right", read={"accounts": []})

    assert answer["control"] == ask(powershell, machine)["control"]


@pytest.mark.engine
def test_nothing_of_it_where_the_holders_cannot_be_read(powershell, ask):
    answer = ask(powershell, host(faults={"LsaEnumerateAccountsWithUserRight": 0xC0000022}, gpos=(gpo(0),)))

    assert answer["failed"]
    assert "control" not in answer


@pytest.mark.engine
def test_a_32_bit_powershell_sees_policies_only(powershell, ask, spoilt):
    machine = host(bits=32, rsop=Rsop(logging_preference=0), mdm={"ImpersonateClient_ProviderSet": 1}, gpos=(gpo(0),))
    in_32_bits = spoilt(powershell, ("plugins/module_utils/_RightReport.psm1", "8 * [IntPtr]", "4 * [IntPtr]"))

    answer = ask(in_32_bits, machine)
    machine.rsop = Rsop(logging_policy=0)

    assert answer["control"] == PLAIN | told(setting(0)) | {"logging": None, "mdm": None, "templates": [row()]}
    assert _emulated(machine, answer)["control"]["logging"] == 0
    assert ask(in_32_bits, machine)["control"]["logging"] == 0


@pytest.mark.engine
def test_it_stays_small(powershell, ask):
    """A hundred GPOs that name twenty accounts each."""
    accounts = tuple(f"S-1-5-21-1-2-3-{number}" for number in range(1000, 1020))
    machine = host(
        gpos=tuple(
            Setting(f"gpo {n}", f"{{{n:08}-7C44-4B53-9F27-2B1D6C0A8E11}}", precedence=n, accounts=accounts) for n in range(1, 101)
        )
    )

    answer = ask(powershell, machine)

    assert len(answer["control"]["rsop"]["settings"]) == len(answer["control"]["templates"]) == 100
    assert len(json.dumps(answer["control"], separators=(",", ":"))) < 160_000
    assert _emulated(machine, answer)["control"]["rsop"] == answer["control"]["rsop"]


@pytest.mark.engine
def test_it_stays_bounded(powershell, ask):
    """More GPOs, accounts and templates than are told: the winner is among those that are."""
    accounts = tuple(f"S-1-5-21-1-2-3-{number}" for number in range(1000, 1250))
    guids = [f"{{{n:08}-7C44-4B53-9F27-2B1D6C0A8E11}}" for n in range(120)]
    few = {"accounts": ("S-1-5-32-544",)}
    machine = host(
        gpos=tuple(
            Setting(f"gpo {n}", guids[n], precedence=120 - n, **({"accounts": accounts} if n == 119 else few)) for n in range(120)
        )
    )

    control = ask(powershell, machine)["control"]

    settings = control["rsop"]["settings"]
    assert [one["precedence"] for one in settings] == list(range(1, 101))
    assert (len(settings[0]["accounts"]), len(control["templates"])) == (200, 100)
    assert control == _emulated(machine, ask(powershell, machine))["control"]


def _emulated(machine, answer):
    machine.powershell = answer["session"]["powershell"]
    user, logon = machine.find_logon("SIM\\auditor")
    return right_report(machine, user, logon.token, [one["asked"] for one in answer["accounts"]])
