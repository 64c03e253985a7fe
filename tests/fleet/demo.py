# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of the demo: one host for every case that an audit must tell apart, with what it should be told."""

from __future__ import annotations

import typing as t
import uuid
from dataclasses import dataclass, field, replace

from fleet import gpo_demo
from fleet.windows import names
from fleet.windows.directory import AUTHENTICATED_USERS, Apply
from fleet.windows.domain import PolicyDomain
from fleet.windows.grouppolicy import Setting, Som
from fleet.windows.machine import Event, Iis, Logon, Machine, Pool, Running, Token
from fleet.windows.policyclient import CONTROLLERS, READ_ONLY_CONTROLLERS, refreshed

if t.TYPE_CHECKING:
    from fleet.simulation import Fleet


@dataclass(frozen=True)
class Host:
    """A machine, what is wrong on the way to it, and the status and the words that its verdict should have.

    ``others``: the same by other policies. ``controller``: who sets the right. ``traces``: words of an audit with exposure and events,
    by the part of the record in which they stand.
    """

    machine: Machine
    status: str
    words: str
    scenario: str | None = None
    group: str = "servers"
    others: t.Mapping[str, tuple[str, str]] = field(default_factory=dict)
    controller: str = "local"
    traces: t.Mapping[str, str] = field(default_factory=dict)


def hosts() -> list[Host]:
    """A fresh fleet, so that one run cannot change the next."""
    server = Machine.member_server
    entra = Machine.standalone_server("entra01")
    entra.entra_joined = True
    helpdesk = server("app01")
    helpdesk.grant(helpdesk.add_account("Helpdesk", domain="SIM", use=names.Use.GROUP))
    backup, vendor = server("app04"), server("app05")
    for machine in (backup, vendor):
        machine.grant(machine.add_account("svc-backup", domain="SIM", rid=1105))
    custom, manual = (_web(name, manual) for name, manual in (("web04", False), ("web05", True)))
    sql = server("sql01", also=[names.service_sid("MsDtsServer150")])
    sql.host_name = "sql-reporting-node-01"  # NetBIOS cuts it
    sql.services = ("MSSQLSERVER", "MsDtsServer150")
    custom.running = {"W3SVC": "LocalSystem", "ShopSync": Running("SIM\\svc-shop", required=("SeChangeNotifyPrivilege",))}
    custom.events = (
        Event(
            f"{names.domain_sid('SIM')}-1106",
            age=30,
            subject=f"{names.domain_sid('SIM')}-1109",
            subject_name="SIM\\jdoe",
            logon=0x4F2A1,
        ),
    )
    wrapped = server(
        "app02",
        also=[ORPHAN],
        running={"Spooler": "LocalSystem", "Dnscache": "NT AUTHORITY\\NetworkService", "Agent": "SIM\\svc-agent"},
    )
    wrapped.events = (Event(ORPHAN, age=20),)
    wrapped.log_oldest = 26
    steered = {name: machine for name, (machine, _dn) in domain().members.items()}
    filtered = {"auditor": Logon("Simulated-1", Token.FILTERED)}
    return [
        Host(steered["dc01"], "compliant", "application failed with error 1332", group="domain_controllers", controller="gpo"),
        Host(steered["rodc01"], "compliant", "the host does not have what the GPO RODC baseline", group="domain_controllers", controller="gpo"),
        Host(steered["file01"], "compliant",
             "the GPO File servers {8CF3A9B6-B5F9-52AB-9631-B728B3D498D7} linked at OU=Servers,DC=sim,DC=example sets the right, over the GPO Old baseline",
             controller="gpo"),
        Host(server("web01", iis=True), "compliant", "required because IIS 10.0 is installed", group="web",
             others={"cis": ("compliant", "required because IIS 10.0"), "stig": ("drift", "IIS 10.0 is installed and needs it")}),
        Host(server("web02", iis=True, holders=[*FLOOR]), "drift", "missing: BUILTIN\\IIS_IUSRS", group="web"),
        Host(server("web03", also=[names.IUSR]), "drift", "unexpected: NT AUTHORITY\\IUSR", group="web"),
        Host(custom, "drift", "the application pool shop runs under it and has the right through IIS_IUSRS", group="web",
             traces={"exposure": "the entry of its account", "provenance": "SIM\\\\jdoe"}),
        Host(manual, "compliant", "the application pool shop runs under it with manualGroupMembership", group="web"),
        Host(sql, "compliant", "permitted because the service MsDtsServer150 exists"),
        Host(helpdesk, "drift", "unexpected: SIM\\Helpdesk"),
        Host(wrapped, "drift", f"orphan: {ORPHAN}", traces={"exposure": "through SERVICE", "provenance": "begins only at"}),
        Host(server("app03", holders=[sid for sid in FLOOR if sid != names.SERVICE]), "drift", "missing: NT AUTHORITY\\SERVICE",
             others={"cis": ("drift", "2.2.32 (MS only)"), "stig": ("compliant", "holders: 3")}),
        Host(backup, "waived", "waived by exceptions[0]: the nightly backup impersonates the owners of the files"),
        Host(vendor, "drift", "exception expired: SIM\\svc-backup"),
        Host(server("berlin01", iis=True, language="de"), "compliant", "VORDEFINIERT\\IIS_IUSRS", group="web"),
        Host(server("print25", build=26100, spooler=True), "compliant", "default on build 26100",
             others={"cis": ("compliant", "holders: 5"), "stig": ("drift", "unexpected: RESTRICTED SERVICES\\PrintSpoolerService")}),
        Host(server("print22", spooler=True), "drift", "unexpected: RESTRICTED SERVICES\\PrintSpoolerService"),
        Host(Machine.standalone_server("lone01"), "compliant", "holders: 4", controller="unknown"),
        Host(entra, "compliant", "Microsoft Entra ID", controller="unknown"),
        Host(Machine.client("pc01", mdm=MDM), "compliant", "a management service (enrolment {0E2B", group="clients", controller="mdm"),
        Host(steered["vdi01"], "compliant", "RSoP logging is switched off, and what RSoP holds is from", group="clients", controller="stale"),
        Host(server("uac01", logons=filtered), "error", "uac_filtered"),
        Host(server("locked01"), "unreachable", "credentials were rejected", scenario="wrong password"),
        Host(server("down01"), "unreachable", "refused", scenario="host down"),
    ]  # fmt: skip


def domain() -> PolicyDomain:
    """A fresh domain of the demo's domain controllers, with the hosts on which a GPO sets the right; the others are where no GPO is linked.

    They have refreshed. Since then somebody took an account of its list from the RODC, and the RSoP of the session host has grown old.
    """
    made = PolicyDomain()
    made.add_controller("dc01")
    made.add_controller("rodc01", read_only=True)
    made.join(Machine.member_server("file01", build=17763), "Servers")
    made.join(Machine.multi_session_client("vdi01"), "Session hosts")
    writable, read_only = f"{made.sid}-{CONTROLLERS}", f"{made.sid}-{READ_ONLY_CONTROLLERS}"
    for name, accounts, ou, applied_by in (
        ("DC baseline", (*gpo_demo.starred(FLOOR), "SIM\\Scanner"), "Domain Controllers", writable),  # nobody has this name
        ("RODC baseline", gpo_demo.starred((*FLOOR, names.USERS)), "Domain Controllers", read_only),
        ("File servers", gpo_demo.starred(FLOOR), "Servers", AUTHENTICATED_USERS),
        ("Old baseline", gpo_demo.starred(FLOOR), "Servers", AUTHENTICATED_USERS),
        ("VDI baseline", gpo_demo.starred(FLOOR), "Session hosts", AUTHENTICATED_USERS),
    ):
        made.link(made.add_gpo(name, accounts=accounts, security=(Apply(applied_by),)), made.ou(ou))
    gpo_demo.add_strays(made)
    made.replicate()
    refreshed(made)
    made.members["rodc01"][0].revoke(names.USERS)
    vdi = made.members["vdi01"][0]
    vdi.rsop, vdi.templates = replace(vdi.rsop, age=200, logging_policy=0), {}
    return made


GPO_FINDINGS = {
    "Default Domain Controllers Policy": [],
    "Default Domain Policy": [],
    "DC baseline": ["name", "unexpected"],
    "RODC baseline": ["unexpected"],
    "File servers": [],
    "Old baseline": [],
    "VDI baseline": [],
    **gpo_demo.STRAYS,
}
"""What an audit of the GPOs must find, by their names; GPOs of other settings are only counted."""


def _web(name: str, manual: bool) -> Machine:
    """A web server whose pool runs under an account that holds the right by an entry of its own."""
    machine = Machine.member_server(
        name, iis=Iis(pools=("DefaultAppPool", Pool("shop", "SpecificUser", "SIM\\svc-shop", manual=manual)))
    )
    machine.grant(machine.add_account("svc-shop", domain="SIM", rid=1106))
    return machine


def exceptions() -> list[dict[str, t.Any]]:
    """The exceptions of the demo: one that holds, one that expired, one that nobody needs."""
    backup = {
        "account": "SIM\\svc-backup",
        "reason": "the nightly backup impersonates the owners of the files",
        "owner": "Backup team",
    }
    return [
        {**backup, "ticket": "CHG-1734", "expires": "2099-12-31", "hosts": ["app04"]},
        {**backup, "ticket": "CHG-1203", "expires": "2026-01-31", "hosts": ["app05"]},
        {"account": "remote_desktop_users", "reason": "the old web shop", "owner": "Web team", "hosts": ["file01"]},
    ]


def gpo(name: str, precedence: int = 1, **more: t.Any) -> Setting:
    """A GPO of the demo that sets the right."""
    guid = f"{{{uuid.uuid5(uuid.NAMESPACE_DNS, name)}}}".upper()  # the same in every run
    return Setting(name, guid, "OU=Servers,DC=sim,DC=example", Som.OU, precedence, **more)


MDM = {
    "ImpersonateClient": "*S-1-5-32-544\uf000*S-1-5-6\uf000*S-1-5-19\uf000*S-1-5-20",
    "ImpersonateClient_ProviderSet": 1,
    "ImpersonateClient_WinningProvider": "{0E2B4C6D-8F10-4321-A5B6-C7D8E9F01234}",
}
FLOOR = (names.ADMINISTRATORS, names.LOCAL_SERVICE, names.NETWORK_SERVICE, names.SERVICE)
ORPHAN = "S-1-5-21-1004336348-1177238915-682003330-1201"


def fill(fleet: Fleet, alive: bool = False) -> list[Host]:
    """Put the demo's hosts into a fleet, or with ``alive`` only those that can be read; returns them."""
    its = [host for host in hosts() if not alive or host.status in ("compliant", "drift", "waived")]
    for host in its:
        fleet.add(host.machine, scenario=host.scenario, groups=[host.group])
    return its
