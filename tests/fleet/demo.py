# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet of the demo: one host for every case that an audit must tell apart, with what it should be told."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from fleet import names
from fleet.machine import Logon, Machine, Token

if t.TYPE_CHECKING:
    from fleet.fleet import Fleet


@dataclass(frozen=True)
class Host:
    """A machine, what is wrong on the way to it, and the status and the words that its verdict should have."""

    machine: Machine
    status: str
    words: str
    scenario: str | None = None
    group: str = "servers"


def hosts() -> list[Host]:
    """A fresh fleet, so that one run cannot change the next."""
    server = Machine.member_server
    entra = Machine.standalone_server("entra01")
    entra.entra_joined = True
    helpdesk = server("app01")
    helpdesk.grant(helpdesk.add_account("Helpdesk", domain="SIM", use=names.Use.GROUP))
    filtered = {"auditor": Logon("Simulated-1", Token.FILTERED)}
    return [
        Host(Machine.domain_controller("dc01"), "compliant", "holders: 4", group="domain_controllers"),
        Host(Machine.domain_controller("rodc01", read_only=True), "compliant", "read-only", group="domain_controllers"),
        Host(server("file01", build=17763), "compliant", "holders: 4"),
        Host(server("web01", iis=True), "compliant", "required because IIS 10.0 is installed", group="web"),
        Host(server("web02", iis=True, holders=[*FLOOR]), "drift", "missing: BUILTIN\\IIS_IUSRS", group="web"),
        Host(server("web03", also=[names.IUSR]), "drift", "unexpected: NT AUTHORITY\\IUSR", group="web"),
        Host(helpdesk, "drift", "unexpected: SIM\\Helpdesk"),
        Host(server("app02", also=[ORPHAN]), "drift", f"orphan: {ORPHAN}"),
        Host(server("app03", holders=[sid for sid in FLOOR if sid != names.SERVICE]), "drift", "missing: NT AUTHORITY\\SERVICE"),
        Host(server("berlin01", iis=True, language="de"), "compliant", "VORDEFINIERT\\IIS_IUSRS", group="web"),
        Host(server("print25", build=26100, spooler=True), "compliant", "default on build 26100"),
        Host(Machine.standalone_server("lone01"), "compliant", "holders: 4"),
        Host(entra, "compliant", "Microsoft Entra ID"),
        Host(Machine.client("pc01"), "compliant", "holders: 4", group="clients"),
        Host(Machine.multi_session_client("vdi01"), "compliant", "multi-session", group="clients"),
        Host(server("uac01", logons=filtered), "error", "uac_filtered"),
        Host(server("locked01"), "unreachable", "credentials were rejected", scenario="wrong password"),
        Host(server("down01"), "unreachable", "refused", scenario="host down"),
    ]


FLOOR = (names.ADMINISTRATORS, names.LOCAL_SERVICE, names.NETWORK_SERVICE, names.SERVICE)
ORPHAN = "S-1-5-21-1004336348-1177238915-682003330-1201"


def fill(fleet: Fleet, alive: bool = False) -> list[Host]:
    """Put the demo's hosts into a fleet, or with ``alive`` only those that can be read; returns them."""
    its = [host for host in hosts() if not alive or host.status in ("compliant", "drift")]
    for host in its:
        fleet.add(host.machine, scenario=host.scenario, groups=[host.group])
    return its
