# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The domain of the demo of Group Policy: GPOs that define the right well and badly, and hosts that have taken them."""

from __future__ import annotations

import typing as t

from fleet.windows import names
from fleet.windows.directory import PAIR
from fleet.windows.domain import PolicyDomain
from fleet.windows.machine import FLOOR, Machine, Running
from fleet.windows.policyclient import refreshed

if t.TYPE_CHECKING:
    from collections.abc import Iterable

REGISTRY = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
LATER = "[{B1BE8D72-6EAC-11D2-A4EA-00C04F79F83A}{53D6AB1B-2488-11D1-A28C-00C04FB94F17}]"
WEB, BASELINE = "Web servers", "Server baseline"
STRAYS = {
    "Kiosks by name": ["floor_missing", "name"],
    "Old lab": ["extensions_out_of_order", "link_without_effect", "unexpected"],
    "Never linked": ["floor_missing", "not_linked"],
}
"""What is wrong with each of ``add_strays``."""
FINDINGS = {
    "Default Domain Controllers Policy": [],
    "Default Domain Policy": [],
    BASELINE: [],
    WEB: ["without_iis_iusrs"],  # by the report of an audit of its hosts
    **STRAYS,
}
"""What an audit of the GPOs must find, by their names; GPOs of other settings are only counted."""


def starred(sids: Iterable[str]) -> tuple[str, ...]:
    """Accounts as a template writes them."""
    return tuple(f"*{sid}" for sid in sids)


def make() -> PolicyDomain:
    """A fresh domain whose machines have refreshed once.

    The GPO of the web servers lacks IIS_IUSRS, so that two of them drift; that of the other servers is as it should be. The rest have
    a fault each, and none of them reaches a host.
    """
    domain = PolicyDomain()
    domain.add_controller("dc01")
    domain.add_controller("dc02")
    baseline = domain.add_gpo(BASELINE, accounts=starred(FLOOR), version=12, extensions=REGISTRY + PAIR)
    web = domain.add_gpo(WEB, accounts=starred(FLOOR), version=0x10004)
    for guid, where in ((baseline, ("Servers", "Applications")), (web, ("Servers", "Web"))):
        domain.link(guid, domain.ou(*where))
    add_strays(domain)
    for name in ("web01", "web02"):
        domain.join(_member(name, iis=True), "Servers", "Web")
    for name in ("app01", "file01"):
        domain.join(_member(name), "Servers", "Applications")
    domain.replicate()
    refreshed(domain)
    return domain


def add_strays(domain: PolicyDomain) -> None:
    """GPOs with a fault each, none of which reaches a host, and one of other settings."""
    domain.link(domain.add_gpo("Kiosks by name", accounts=("Administrators", "SERVICE")), domain.ou("Kiosks"))
    domain.link(domain.add_gpo("Old lab", accounts=starred((*FLOOR, names.USERS)), extensions=LATER + PAIR), domain.ou("Lab"))
    domain.add_gpo("Never linked", accounts=starred(FLOOR[:2]))
    domain.add_gpo("Desktop", sections={"Registry Values": ("MACHINE\\Software\\Desktop=4,1",)})


def _member(name: str, *, iis: bool = False) -> Machine:
    machine = Machine.member_server(name, iis=iis)
    machine.running = {"W3SVC": "LocalSystem"} if iis else {"Agent": Running("SIM\\svc-agent")}
    return machine
