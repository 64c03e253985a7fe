# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated hosts whose payload and sources answer; a test changes one of the two."""

from __future__ import annotations

import copy
import typing as t
from dataclasses import dataclass

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.answers import read_facts
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import asked
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.answers import read_answers
from fleet.backends.emulator import report, sources
from fleet.windows import names
from fleet.windows.grouppolicy import Setting
from fleet.windows.machine import Event, Iis, Machine, Pool, Running

USER = "SIM\\auditor"


@dataclass
class Host:
    """A machine as the payload sees it, and one as its other sources do."""

    machine: Machine
    other: Machine

    @property
    def payload(self) -> dict[str, t.Any]:
        token = self.machine.logons[USER].token
        return report.audit(self.machine, USER, token, {"accounts": [], "exposure": True, "expand": True, "events": asked.HOURS})

    @property
    def facts(self) -> t.Any:
        return read_facts(self.payload)

    @property
    def answer(self) -> dict[str, t.Any]:
        return sources.prove(self.other, USER, self.other.logons[USER].token, asked.arguments(self.facts))

    @property
    def sources(self) -> t.Any:
        return read_answers(self.answer)


def host(machine: Machine) -> Host:
    return Host(machine, copy.deepcopy(machine))


def full(**options: t.Any) -> Machine:
    """A web server with something for every source to tell."""
    iis = Iis(pools=("DefaultAppPool", Pool("shop", "SpecificUser", "SIM\\svc-shop", manual=False)))
    machine = Machine.member_server("web01", iis=iis, **options)
    shop = machine.add_account("svc-shop", domain="SIM", rid=1106)
    ops = machine.add_account("ops", domain="SIM", rid=1109)
    machine.grant(machine.add_account("helper", rid=1001))
    machine.running = {
        "W3SVC": "LocalSystem",
        "ShopSync": Running("SIM\\svc-shop", required=("SeImpersonatePrivilege",), sid_type=1),
        "Dnscache": Running("NT AUTHORITY\\NetworkService", required=("SeChangeNotifyPrivilege",), sid_type=3),
    }
    machine.members = {names.ADMINISTRATORS: (shop, ops)}
    machine.events = (Event(shop, age=20), Event(ops, id=4705, age=30, subject=ops, subject_name="SIM\\ops"))
    return machine


KINDS = {
    "member": full,
    "member with a GPO": lambda: full(gpos=(Setting("Baseline"),)),
    "domain controller": lambda: Machine.domain_controller("dc01"),
    "client with MDM": lambda: Machine.client("pc01", mdm={"ImpersonateClient": "*S-1-5-32-544\uf000*S-1-5-19", "ImpersonateClient_ProviderSet": 1}),
    "German": lambda: full(language="de"),
    "Spanish": lambda: full(language="es"),
    "Russian": lambda: full(language="ru"),
}  # fmt: skip
