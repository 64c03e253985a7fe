# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of the demo: one host for every case that an audit must tell apart, with what it should be told."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from fleet import names
from fleet.machine import Iis, Logon, Machine, Pool, Token

if t.TYPE_CHECKING:
    from fleet.fleet import Fleet


@dataclass(frozen=True)
class Host:
    """A machine, what is wrong on the way to it, and the status and the words that its verdict should have.

    ``others``: the same by other policies.
    """

    machine: Machine
    status: str
    words: str
    scenario: str | None = None
    group: str = "servers"
    others: t.Mapping[str, tuple[str, str]] = field(default_factory=dict)


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
    sql.services = ("MSSQLSERVER", "MsDtsServer150")
    filtered = {"auditor": Logon("Simulated-1", Token.FILTERED)}
    return [
        Host(Machine.domain_controller("dc01"), "compliant", "holders: 4", group="domain_controllers"),
        Host(Machine.domain_controller("rodc01", read_only=True), "compliant", "read-only", group="domain_controllers"),
        Host(server("file01", build=17763), "compliant", "holders: 4"),
        Host(server("web01", iis=True), "compliant", "required because IIS 10.0 is installed", group="web",
             others={"cis": ("compliant", "required because IIS 10.0"), "stig": ("drift", "IIS 10.0 is installed and needs it")}),
        Host(server("web02", iis=True, holders=[*FLOOR]), "drift", "missing: BUILTIN\\IIS_IUSRS", group="web"),
        Host(server("web03", also=[names.IUSR]), "drift", "unexpected: NT AUTHORITY\\IUSR", group="web"),
        Host(custom, "drift", "the application pool shop runs under it and has the right through IIS_IUSRS", group="web"),
        Host(manual, "compliant", "the application pool shop runs under it with manualGroupMembership", group="web"),
        Host(sql, "compliant", "permitted because the service MsDtsServer150 exists"),
        Host(helpdesk, "drift", "unexpected: SIM\\Helpdesk"),
        Host(server("app02", also=[ORPHAN]), "drift", f"orphan: {ORPHAN}"),
        Host(server("app03", holders=[sid for sid in FLOOR if sid != names.SERVICE]), "drift", "missing: NT AUTHORITY\\SERVICE",
             others={"cis": ("drift", "2.2.32 (MS only)"), "stig": ("compliant", "holders: 3")}),
        Host(backup, "waived", "waived by exceptions[0]: the nightly backup impersonates the owners of the files"),
        Host(vendor, "drift", "exception expired: SIM\\svc-backup"),
        Host(server("berlin01", iis=True, language="de"), "compliant", "VORDEFINIERT\\IIS_IUSRS", group="web"),
        Host(server("print25", build=26100, spooler=True), "compliant", "default on build 26100",
             others={"cis": ("compliant", "holders: 5"), "stig": ("drift", "unexpected: RESTRICTED SERVICES\\PrintSpoolerService")}),
        Host(server("print22", spooler=True), "drift", "unexpected: RESTRICTED SERVICES\\PrintSpoolerService"),
        Host(Machine.standalone_server("lone01"), "compliant", "holders: 4"),
        Host(entra, "compliant", "Microsoft Entra ID"),
        Host(Machine.client("pc01"), "compliant", "holders: 4", group="clients"),
        Host(Machine.multi_session_client("vdi01"), "compliant", "multi-session", group="clients"),
        Host(server("uac01", logons=filtered), "error", "uac_filtered"),
        Host(server("locked01"), "unreachable", "credentials were rejected", scenario="wrong password"),
        Host(server("down01"), "unreachable", "refused", scenario="host down"),
    ]  # fmt: skip


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


FLOOR = (names.ADMINISTRATORS, names.LOCAL_SERVICE, names.NETWORK_SERVICE, names.SERVICE)
ORPHAN = "S-1-5-21-1004336348-1177238915-682003330-1201"


def fill(fleet: Fleet, alive: bool = False) -> list[Host]:
    """Put the demo's hosts into a fleet, or with ``alive`` only those that can be read; returns them."""
    its = [host for host in hosts() if not alive or host.status in ("compliant", "drift", "waived")]
    for host in its:
        fleet.add(host.machine, scenario=host.scenario, groups=[host.group])
    return its
