# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit tells of application pools, whatever lies where their list should be. Under the engine and by the emulator."""

from __future__ import annotations

import json

import pytest

from fleet.backends.emulator.report import right_report
from fleet.windows import names
from fleet.windows.machine import Fault, Iis, Logon, Machine, Pool

CONTEXT = "plugins/module_utils/_RightContext.psm1"
SVC = f"{names.domain_sid('SIM')}-1105"
SECRETS = ("[enc:AesProvider:jAAAAAECAAADZgAAAKQAAJbG5Vze9+qBIwzs3YNRP4CECDLDzTsgPcLFwMNCFc3D:enc]", "Pl4in-t3xt")
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def server(iis=None, **fields):
    machine = Machine.member_server("HOST01", iis=iis or False, logons={"SIM\\auditor": Logon("Simulated-1")})
    for name, value in fields.items():
        setattr(machine, name, value)
    machine.add_account("svc", domain="SIM", rid=1105)
    return machine


def pool(name, identity="ApplicationPoolIdentity", account=None, sid=None, *, manual=False):
    return {"name": name, "identity": identity, "account": account, "sid": sid, "manual": manual}


def own(name, *, manual=False):
    return pool(name, "SpecificUser", "SIM\\svc", SVC, manual=manual)


def case(name, machine, status="read", pools=None):
    return pytest.param(machine, status, pools, id=name)


def from_text(text):
    return server(Iis(config=text))


def section(content):
    return f"<system.applicationHost><applicationPools>{content}</applicationPools></system.applicationHost>"


MODEL = "identityType='SpecificUser' userName='SIM\\svc'"
A = f"<add name='a' managedRuntimeVersion='v4.0' autoStart='true'><processModel {MODEL} idleTimeout='00:00:00' /><recycling /></add>"
B = section("<add name='b' />")
ORDINARY = f"<configuration>{section(A)}</configuration>"
REAL = f"""{HEAD}<!--
    <applicationPools><add name="in a comment" /></applicationPools>
-->
<configuration>
  <configSections><sectionGroup name="system.applicationHost"><section name="applicationPools" /></sectionGroup></configSections>
  <configProtectedData><providers><add name="AesProvider" keyContainerName="iisConfigurationKey" /></providers></configProtectedData>
  <system.webServer><add name="elsewhere" /><security><authentication>
    <anonymousAuthentication enabled="true" userName="IUSR" password="{SECRETS[1]}" /></authentication></security></system.webServer>
  <system.applicationHost>
    <sites><site name="Default Web Site" id="1"><application path="/" applicationPool="a" /></site>
      <virtualDirectoryDefaults userName="SIM\\files" password="{SECRETS[0]}" /></sites>
    <applicationPools>
      <add name="plain"><processModel identityType="SpecificUser" password="{SECRETS[1]}" userName="SIM\\svc" /></add>
      <applicationPoolDefaults managedRuntimeVersion="v4.0">
        <processModel identityType="ApplicationPoolIdentity" loadUserProfile="true" setProfileEnvironment="false" />
      </applicationPoolDefaults>
      <add name="encrypted"><environmentVariables><add name="TOKEN" value="{SECRETS[1]}" /></environmentVariables>
        <processModel userName="SIM\\svc" password="{SECRETS[0]}" identityType="SpecificUser" manualGroupMembership="true" /></add>
      <add name=".NET v4.5" managedRuntimeVersion="v4.0" />
    </applicationPools>
  </system.applicationHost>
  <location path="" overrideMode="Allow"><system.webServer><handlers><add name="x" path="*" /></handlers></system.webServer></location>
</configuration>
"""

CASES = [
    case("no IIS", server(), "none", []),
    case("leftovers of IIS", server(services=("W3SVC",)), "none", []),
    case("no pools", server(Iis(pools=())), pools=[]),
    case("the default pool", server(Iis()), pools=[pool("DefaultAppPool")]),
    case("identities of every kind", server(Iis(pools=(
        *(Pool(name, name) for name in ("NetworkService", "LocalSystem", "LocalService", "ApplicationPoolIdentity")),
        Pool("own", "SpecificUser", "SIM\\svc"), Pool("gone", "SpecificUser", "SIM\\gone"), Pool("nobody", "SpecificUser", "")))),
        pools=[*(pool(name, name) for name in ("ApplicationPoolIdentity", "LocalService", "LocalSystem", "NetworkService")),
               pool("gone", "SpecificUser", "SIM\\gone"), pool("nobody", "SpecificUser"), own("own")]),
    case("one account in many spellings", server(Iis(pools=(
        Pool("a", "SpecificUser", "SIM\\svc"), Pool("b", "SpecificUser", "sim\\SVC"), Pool("c", "SpecificUser", "svc@sim.example")))),
        pools=[own("a"), own("b") | {"account": "sim\\SVC"}, own("c") | {"account": "svc@sim.example"}]),
    case("manual: of its own", server(Iis(pools=(
        *(Pool(text, manual=text) for text in ("False", "TRUE", "True", "true", "yes")), Pool("is", manual=True), Pool("not", manual=False)))),
        pools=[pool("False"), *(pool(name, manual=True) for name in ("TRUE", "True", "is")), pool("not"), pool("true", manual=True), pool("yes")]),
    case("manual: defaults, and what overrides them", server(Iis(
        pools=("a", Pool("b", manual=False), Pool("c", "SpecificUser", "SIM\\svc")), pool_defaults=Pool("", manual="True"))),
        pools=[pool("a", manual=True), pool("b"), own("c", manual=True)]),
    case("defaults of every kind, partly overridden", server(Iis(
        pools=("a", Pool("b", "LocalSystem"), Pool("c", account="SIM\\gone")), pool_defaults=Pool("", "SpecificUser", "SIM\\svc", manual=True))),
        pools=[own("a", manual=True), pool("b", "LocalSystem", manual=True), pool("c", "SpecificUser", "SIM\\gone", manual=True)]),
    case("as on a real host", from_text(REAL), pools=[pool(".NET v4.5"), own("encrypted", manual=True), own("plain")]),
    case("sections in another order", from_text(f"<configuration>{section(A)}<configSections /></configuration>"), pools=[own("a")]),
    case("inside <location>", from_text(f"<configuration><location path='' overrideMode='Deny'>{section(A)}</location></configuration>"),
         pools=[own("a")]),
    case("sections in two places", from_text(f"<configuration>{section(A)}<location path='x'>{B}</location></configuration>"),
         pools=[own("a"), pool("b")]),
    case("no section", from_text("<configuration />"), pools=[]),
    case("UTF-8 with a BOM", from_text(b"\xef\xbb\xbf" + (HEAD + ORDINARY.replace("'a'", "'ä😀'")).encode()), pools=[own("ä😀")]),
    case("UTF-16", from_text((HEAD.replace("UTF-8", "utf-16") + ORDINARY.replace("'a'", "'ä😀'")).encode("utf-16")), pools=[own("ä😀")]),
    case("ISO 8859-1", from_text((HEAD.replace("UTF-8", "iso-8859-1") + ORDINARY.replace("'a'", "'ä'")).encode("latin-1")), pools=[own("ä")]),
    case("another host keeps the list", server(Iis(elsewhere=True)), "elsewhere"),
    case("another host, in odd case", server(Iis(elsewhere="True", denied=True)), "elsewhere"),
    case("another process holds the file", server(Iis(locked=True)), "locked"),
    case("the file is denied", server(Iis(denied=True)), "denied"),
    case("cut off", from_text(REAL[:-20]), "malformed"),
    case("an empty file", from_text(""), "malformed"),
    case("bytes that are not UTF-8", from_text(HEAD.encode() + b"<configuration><a b='\xff' /></configuration>"), "malformed"),
    case("an entity of a DTD", from_text(
        f"<!DOCTYPE configuration [<!ENTITY who 'SIM\\svc'>]>{ORDINARY.replace('SIM', '&who;')}"), "malformed"),
    case("a DTD in another file", from_text(f"<!DOCTYPE configuration SYSTEM 'file:///etc/hostname'>{ORDINARY}"), "malformed"),
    case("the accounts get no answer", server(Iis(config=ORDINARY), faults={"LsaLookupNames2": Fault(0xC0000233, on=2)}),
         pools=[own("a") | {"sid": None}]),
    case("the policy is opened once", server(Iis(config=ORDINARY), faults={"LsaOpenPolicy": Fault(0xC0000022, on=2)}),
         pools=[own("a")]),
    case("nobody is to be looked up", server(Iis(), faults={"LsaOpenPolicy": Fault(0xC0000022, on=2)}), pools=[pool("DefaultAppPool")]),
    case("an account with a name that is too long",
         server(Iis(pools=(Pool("a", "SpecificUser", "SIM\\" + "x" * 0x7FFE), Pool("b", "SpecificUser", "SIM\\svc")))),
         pools=[pool("a", "SpecificUser", "SIM\\" + "x" * 0x7FFE), own("b")]),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("machine", "status", "pools"), CASES)
def test_application_pools(machine, status, pools, powershell, ask):
    answer = ask(powershell, machine, "SIM\\svc")

    assert (answer["pools_status"], answer["pools"]) == (status, pools)
    # what happens to the accounts of pools does not touch those that were asked for
    assert [(one["sid"], answer["lookup_status"]) for one in answer["accounts"]] == [(SVC, "0x00000000")]
    assert not any(secret in json.dumps(answer) for secret in (*SECRETS, "[enc:", "password"))
    assert _emulated(machine, answer) == answer


@pytest.mark.engine
def test_a_file_that_cannot_be_read_for_another_reason(powershell, ask, spoilt):
    broken = spoilt(powershell, (CONTEXT, '"$folder/applicationHost.config"', "([string] [char] 0)"))

    answer = ask(broken, server(Iis()))

    assert (answer["pools_status"], answer["pools"]) == ("unreadable", None)
    assert answer["holders"]


@pytest.mark.engine
def test_many_pools(powershell, ask):
    """500 pools, 300 of them with accounts of their own."""
    machine = server()
    sids = [machine.add_account(f"svc-{number:04}", domain="SIM", rid=2000 + number) for number in range(300)]
    own_pools = [Pool(f"pool-{number:04}", "SpecificUser", f"SIM\\svc-{number:04}", manual=True) for number in range(300)]
    machine.iis = Iis(pools=(*own_pools, *(f"pool-{number:04}" for number in range(300, 500))))

    answer = ask(powershell, machine, "SIM\\svc")

    assert [(one["name"], one["sid"], one["manual"]) for one in answer["pools"]] == [
        *((f"pool-{number:04}", sid, True) for number, sid in enumerate(sids)),
        *((f"pool-{number:04}", None, False) for number in range(300, 500)),
    ]
    assert len(json.dumps(answer, separators=(",", ":"))) < 65_536
    assert _emulated(machine, answer) == answer


@pytest.mark.engine
def test_more_pools_than_are_told(powershell, ask):
    machine = server(Iis(pools=tuple(f"pool-{number:04}" for number in range(2001))))

    answer = ask(powershell, machine, "SIM\\svc")

    assert (answer["pools_status"], answer["pools"]) == ("many", None)
    assert _emulated(machine, answer) == answer


def _emulated(machine, answer):
    machine.powershell = answer["session"]["powershell"]
    user, logon = machine.find_logon("SIM\\auditor")
    return right_report(machine, user, logon.token, [one["asked"] for one in answer["accounts"]])
