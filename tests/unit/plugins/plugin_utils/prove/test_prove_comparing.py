# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fact of the table: payload and source agree, they disagree, the source cannot be asked."""

from __future__ import annotations

import dataclasses
import json

import pytest
from proofs import KINDS, USER, full, host

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._accounts.sids import app_pool_sid
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.answers import read_facts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import asked, recording, table
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import compared
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.rows import Verdict
from fleet.windows import names
from fleet.windows.grouppolicy import Setting
from fleet.windows.machine import Event, Fault, Iis, Machine, Pool, Running, Token


def rows(its):
    return {(row.fact, row.source): row for row in compared(its.facts, its.sources)}


def of(its, verdict):
    return {key for key, row in rows(its).items() if row.verdict is verdict}


@pytest.mark.parametrize("kind", KINDS)
def test_a_host_that_says_the_same_everywhere_differs_nowhere(kind):
    assert of(host(KINDS[kind]()), Verdict.DIFFERS) == set()


@pytest.mark.parametrize("language", ["en", "de", "es", "ru"])
def test_a_host_with_something_for_every_source_is_asked_everything(language):
    assert of(host(full(language=language)), Verdict.NOT_ASKED) == set()


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        pytest.param("member", set(), id="where nobody sets the right, both are judged"),
        pytest.param("member with a GPO", {"secedit /export"}, id="the plain export need not know of a GPO"),
        pytest.param(
            "domain controller", {"secedit /export", "secedit /mergedpolicy"}, id="on a domain controller both differ by design"
        ),
        pytest.param(
            "client with MDM", {"secedit /export", "secedit /mergedpolicy"}, id="no export need know of a management service"
        ),
    ],
)
def test_which_exports_are_shown_and_not_judged(kind, shown):
    found = {source for fact, source in of(host(KINDS[kind]()), Verdict.SHOWN) if fact == "holders"}

    assert found == shown


def _grant(machine):
    machine.grant(names.USERS)


def _revoke(machine):
    machine.revoke(names.SERVICE)


def _rename(machine):
    sid = next(sid for sid, one in machine.accounts.items() if one.name == "helper")
    machine.accounts[sid] = dataclasses.replace(machine.accounts[sid], name="renamed")


def _swap(machine):
    sid = next(sid for sid, one in machine.accounts.items() if one.name == "svc-shop")
    machine.accounts[sid + "9"] = machine.accounts.pop(sid)


def _user(machine):
    machine.logons = {USER: dataclasses.replace(machine.logons[USER], sid="S-1-5-21-1-2-3-4444")}


def _filter(machine):
    machine.logons = {USER: dataclasses.replace(machine.logons[USER], token=Token.FILTERED)}


def _set(**values):
    def change(machine):
        for name, value in values.items():
            setattr(machine, name, value)

    return change


def _service(**values):
    def change(machine):
        machine.running = {**machine.running, "ShopSync": dataclasses.replace(machine.running["ShopSync"], **values)}

    return change


def _member_less(machine):
    machine.members = {names.ADMINISTRATORS: machine.members[names.ADMINISTRATORS][:1]}


EXPORTS = {("holders", "secedit /export"), ("holders", "secedit /mergedpolicy")}
REG = ("registry values and kinds", "reg")
POOL = Pool("shop", "SpecificUser", "SIM\\svc-shop", manual=False)


@pytest.mark.parametrize(
    ("change", "differ"),
    [
        pytest.param(_grant, EXPORTS, id="the source has one holder more"),
        pytest.param(_revoke, EXPORTS, id="the source has one holder less"),
        pytest.param(_rename, {("names of the holders", "Translate")}, id="a holder has another name"),
        pytest.param(
            _swap,
            {("SIDs of accounts in use", "Translate"), ("names of these members", "net localgroup")},
            id="an account in use has another SID",
        ),
        pytest.param(_user, {("user of the session", "whoami /user")}, id="another user"),
        pytest.param(_filter, {("its token", "whoami /groups")}, id="a filtered token"),
        pytest.param(_set(machine_role=1), {("host role", "Win32_ComputerSystem")}, id="another role"),
        pytest.param(
            _set(build=26100),
            {("build", "Win32_OperatingSystem"), ("build and revision", "ver"), REG},
            id="another build",
        ),
        pytest.param(_set(revision=7), {("build and revision", "ver"), REG}, id="another revision"),
        pytest.param(_set(sku=8), {("edition", "Win32_OperatingSystem")}, id="another edition"),
        pytest.param(_set(product_type="WinNT"), {("product type", "Win32_OperatingSystem"), REG}, id="another product type"),
        pytest.param(_set(entra_joined=True), {("Entra ID", "dsregcmd"), ("Entra ID", "reg")}, id="joined to Entra ID"),
        pytest.param(_set(edition="ServerDatacenter"), {REG}, id="another registry value"),
        pytest.param(
            lambda machine: setattr(machine, "iis", Iis(pools=(POOL,))), {("application pools", "appcmd")}, id="a pool less"
        ),
        pytest.param(
            lambda machine: setattr(machine, "iis", Iis(pools=("DefaultAppPool", dataclasses.replace(POOL, manual=True)))),
            {("application pools", "appcmd")},
            id="a pool of manual membership",
        ),
        pytest.param(_service(pid=4711), {("processes of services", "sc queryex")}, id="another process"),
        pytest.param(_service(account="LocalSystem"), {("accounts of services", "sc qc")}, id="another account"),
        pytest.param(
            _service(required=("SeChangeNotifyPrivilege",)), {("their privileges", "sc qprivs")}, id="a service without the right"
        ),
        pytest.param(_service(required=None), {("their privileges", "sc qprivs")}, id="a service without a list"),
        pytest.param(_service(sid_type=None), {("their SID types", "sc qsidtype")}, id="another SID type"),
        pytest.param(
            _member_less, {("members of local groups", "WinNT"), ("names of these members", "net localgroup")}, id="a member less"
        ),
        pytest.param(
            _set(gpos=(Setting("Baseline"),)), {("GPO that sets the right", "gpresult")}, id="a GPO that only gpresult knows"
        ),
        pytest.param(
            _set(mdm={"ImpersonateClient": "*S-1-5-32-544"}), {("holders set by MDM", "reg")}, id="a list that only reg knows"
        ),
        pytest.param(_set(events=(Event(names.USERS, age=3),)), {("events of the right", "wevtutil")}, id="other events"),
    ],
)
def test_a_difference_is_found_where_it_is_and_nowhere_else(member, change, differ):
    change(member.other)

    assert of(member, Verdict.DIFFERS) == differ


def test_iis_that_only_the_list_of_features_has():
    its = host(Machine.member_server("app01"))
    its.other.iis = Iis()

    assert ("IIS", "list of features") in of(its, Verdict.DIFFERS)


def test_a_gpo_of_another_name():
    its = host(full(gpos=(Setting("Baseline"),)))
    its.other.gpos = (Setting("Another"),)

    assert of(its, Verdict.DIFFERS) == {("its name", "gpresult")}


def test_a_class_without_a_property_that_our_query_names(member):
    sources = member.sources
    name = "class root/cimv2|Win32_Service"
    kept = [row for row in json.loads(sources[name].out) if row["name"] != "StartName"]
    sources[name] = dataclasses.replace(sources[name], out=json.dumps(kept).encode())
    row = next(row for row in compared(member.facts, sources) if row.source == "Get-CimClass")

    assert (row.verdict, row.why) == (Verdict.DIFFERS, "Win32_Service: none, by the source StartName=there is none")


def test_a_name_that_does_not_lead_back_to_its_sid(member):
    sources = member.sources
    told = json.loads(sources["translate"].out)
    told = [{**row, "back": "S-1-5-21-1-2-3-9999"} if row.get("name") == "WEB01\\helper" else row for row in told]
    sources["translate"] = dataclasses.replace(sources["translate"], out=json.dumps(told).encode())

    differ = {(row.fact, row.source) for row in compared(member.facts, sources) if row.verdict is Verdict.DIFFERS}
    assert differ == {("SIDs of these names", "Translate")}


@pytest.mark.parametrize(
    ("program", "facts"),
    [
        pytest.param("secedit.exe", {"holders"}, id="secedit"),
        pytest.param(
            "SecurityIdentifier.Translate",
            {"names of the holders", "SIDs of these names", "SIDs of accounts in use"},
            id="Translate",
        ),
        pytest.param("whoami.exe", {"user of the session", "its token", "the right in this token"}, id="whoami"),
        pytest.param("Win32_ComputerSystem", {"host role"}, id="computer system"),
        pytest.param("Win32_OperatingSystem", {"build", "edition", "product type"}, id="operating system"),
        pytest.param("cmd.exe", {"build and revision"}, id="ver"),
        pytest.param("dsregcmd.exe", {"Entra ID"}, id="dsregcmd"),
        pytest.param("Get-WindowsFeature", {"IIS"}, id="features"),
        pytest.param("appcmd.exe", {"application pools"}, id="appcmd"),
        pytest.param("sc.exe", {"processes of services", "accounts of services", "their privileges", "their SID types"}, id="sc"),
        pytest.param("WinNT", {"members of local groups"}, id="WinNT"),
        pytest.param("net.exe", {"names of these members"}, id="net"),
        pytest.param("gpresult.exe", {"GPO that sets the right"}, id="gpresult"),
        pytest.param("reg.exe", {"Entra ID", "registry values and kinds", "holders set by MDM"}, id="reg"),
        pytest.param("wevtutil.exe", {"events of the right"}, id="wevtutil"),
        pytest.param("auditpol.exe", {"auditing of such events"}, id="auditpol"),
        pytest.param("Get-CimClass", {"classes and properties"}, id="classes"),
        pytest.param("ground", {"PowerShell and language"}, id="ground"),
    ],
)
def test_a_source_that_cannot_be_asked_says_so_and_ends_no_other(member, program, facts):
    before = rows(member)
    member.other.faults = {program: Fault(5)}
    now = rows(member)

    missed = {key for key, row in now.items() if row.verdict is Verdict.NOT_ASKED}
    assert {fact for fact, _source in missed} == facts
    assert all(now[key].why for key in missed)
    named = {key for key, row in now.items() if row.verdict is not before[key].verdict}
    assert {key for key in named - missed if now[key].verdict is Verdict.DIFFERS} <= (
        EXPORTS if program.startswith("Security") else set()
    )


OTHER_RIGHT = "SeBackupPrivilege"


@pytest.mark.parametrize(
    ("others", "verdict"),
    [
        pytest.param(196, Verdict.AGREES, id="as many as are read are not reached"),
        pytest.param(198, Verdict.NOT_ASKED, id="as many as are read"),
        pytest.param(300, Verdict.NOT_ASKED, id="more than are read"),
    ],
)
@pytest.mark.parametrize("recorded", [pytest.param(False, id="as it came"), pytest.param(True, id="from its recording")])
def test_events_of_other_rights_count_for_what_is_read(others, verdict, recorded, member, policy):
    """wevtutil is asked for the newest 200 of every right; the payload reads further back."""
    for machine in (member.machine, member.other):
        machine.events = (*(Event(names.USERS, age=1, privileges=OTHER_RIGHT) for _unused in range(others)), *machine.events)
    if recorded:
        made = recording.recorded(
            member.payload, member.sources, policy, kind="simulated", made="2026-06-15T12:00:00Z", version="0.1.0"
        )
        found = compared(read_facts(made["payload"]), recording.sources_of(made))
    else:
        found = compared(member.facts, member.sources)

    assert [row.verdict for row in found if row.source == "wevtutil"] == [verdict]


REGISTRY = {("Entra ID", "reg"), ("registry values and kinds", "reg"), ("holders set by MDM", "reg")}


def test_a_reg_that_ends_with_1_for_everything_says_nothing(member):
    """As where the tools of the registry are disabled: no key is missing then."""
    member.other.faults = {"reg.exe": Fault(1)}

    assert of(member, Verdict.NOT_ASKED) == REGISTRY


@pytest.mark.parametrize(
    ("key", "fact"),
    [
        pytest.param(f"HKLM:\\{asked.MDM}", ("holders set by MDM", "reg"), id="MDM"),
        pytest.param(f"HKLM:\\{asked.JOIN}", ("Entra ID", "reg"), id="joins"),
    ],
)
def test_a_key_that_is_denied_is_not_missing(key, fact, member):
    member.other.denied_keys = (key,)

    assert of(member, Verdict.NOT_ASKED) == {fact}
    assert rows(member)[fact].why == "ended with 1: ERROR: Access is denied."


def test_a_value_that_is_denied_is_not_missing():
    its = host(Machine.member_server("app01"))
    before = rows(its)[REG]
    its.other.denied_keys = ("HKLM:\\SOFTWARE\\Microsoft\\InetStp",)
    row = rows(its)[REG]

    assert "not asked" not in before.why
    assert "not asked: MajorVersion: ended with 1: ERROR: Access is denied." in row.why


def test_without_a_key_that_no_host_has_nothing_is_missing(member):
    sources = {name: one for name, one in member.sources.items() if name != f"reg {asked.NOWHERE}|"}
    missed = {(row.fact, row.source) for row in compared(member.facts, sources) if row.verdict is Verdict.NOT_ASKED}

    assert missed == {("Entra ID", "reg"), ("holders set by MDM", "reg")}


@pytest.mark.parametrize(
    ("part", "value", "fact"),
    [
        pytest.param("pools", None, "application pools", id="pools"),
        pytest.param("mdm", None, "holders set by MDM", id="mdm"),
        pytest.param(
            "events",
            {"error": "denied", "events": [], "more": False, "oldest": None, "others": 0},
            "events of the right",
            id="events",
        ),
    ],
)
def test_what_the_payload_could_not_tell_is_no_difference(member, part, value, fact):
    payload = member.payload
    (payload["control"] if part == "mdm" else payload)[part] = value
    row = next(row for row in compared(read_facts(payload), member.sources) if row.fact == fact)

    assert row.verdict is Verdict.NOT_ASKED
    assert "the payload could not tell" in row.why


def test_a_service_in_one_list_only_is_told_and_not_judged(member):
    member.other.running = {**member.other.running, "Later": Running("LocalSystem")}
    row = rows(member)[("processes of services", "sc queryex")]

    assert "1 in one list only" in row.why


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_fits_100_columns(kind):
    its = host(KINDS[kind]())
    _grant(its.other)
    lines = table.lines("h" * 300, compared(its.facts, its.sources))

    assert max(map(len, lines)) <= table.WIDTH
    assert lines[-1].count(";") == 3


@pytest.mark.parametrize("domain_first", [True, False])
def test_a_bare_name_of_an_export_is_the_hosts_own_account(domain_first):
    """An export writes accounts of a domain by their SIDs (tests/recorded/public-3-secedit.json), local ones by their bare names."""
    machine = full()
    machine.grant(machine.add_account("twin", domain="SIM", rid=1500))
    machine.grant(machine.add_account("twin", rid=1501))
    its = host(machine)
    told = its.sources
    translated = told["translate"]
    rows = json.loads(translated.out)
    rows.sort(key=lambda row: str(row.get("name")).startswith("SIM\\"), reverse=domain_first)
    sources = {**told, "translate": dataclasses.replace(translated, out=json.dumps(rows).encode())}

    assert {row.source for row in compared(its.facts, sources) if (row.fact, row.verdict) == ("holders", Verdict.DIFFERS)} == set()


@pytest.mark.parametrize("written", ["ops", "WEB01\\ops"])
def test_a_bare_name_of_an_export_is_no_account_of_a_domain(written):
    """The payload tells of SIM\\ops in place of the local account of that name."""
    its = host(full())
    its.machine.grant(its.machine.members[names.ADMINISTRATORS][1])
    its.other.grant(its.other.add_account("ops", rid=1777))
    sources = its.sources
    for source in ("secedit", "secedit_merged"):
        text = sources[source].file.decode("utf-16")
        assert ",ops" in text
        sources[source] = dataclasses.replace(sources[source], file=text.replace(",ops", f",{written}").encode("utf-16"))

    assert {(row.fact, row.source) for row in compared(its.facts, sources) if row.verdict is Verdict.DIFFERS} >= EXPORTS


def test_a_pool_in_an_export_is_known_by_its_bare_name():
    its = host(full())
    pool = app_pool_sid("shop")
    its.machine.grant(pool)
    sources = its.sources
    for source in ("secedit", "secedit_merged"):
        text = sources[source].file.decode("utf-16").replace("SeImpersonatePrivilege = ", "SeImpersonatePrivilege = shop,")
        sources[source] = dataclasses.replace(sources[source], file=text.encode("utf-16"))

    assert {row.verdict for row in compared(its.facts, sources) if row.fact == "holders"} == {Verdict.AGREES}
