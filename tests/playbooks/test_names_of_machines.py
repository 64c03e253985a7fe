# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine has three names, and each stays in its place: that of the inventory, that in DNS, and the 15 letters of NetBIOS."""

from __future__ import annotations

import json

from fleet import demo
from fleet.windows import names
from fleet.windows.machine import Event, Machine

HOST, DNS, NETBIOS = "shop.prod", "webserver-frontend-01", "WEBSERVER-FRONT"
WANTED = set(demo.FLOOR)


def shop(name=HOST, **options):
    machine = Machine.member_server(name, **options)
    machine.host_name = DNS
    return machine


def test_the_model_cuts_the_name(fleet):
    machine = shop()

    assert (machine.name, machine.dns_name, machine.netbios) == (HOST, f"{DNS}.sim.example", NETBIOS)
    assert machine.account_domain == NETBIOS
    assert Machine.member_server("web01.sim.example").netbios == "WEB01"


def test_a_report_calls_the_host_by_the_inventory_and_its_accounts_by_its_own_name(fleet, audit):
    machine = shop()
    svc = machine.add_account("svc")
    machine.grant(svc)
    machine.events = (Event(svc),)
    fleet.add(machine)

    record = audit(fleet, extravars={"impersonate_events": "100h"}).records[HOST]

    assert (record["host"], record["computer"]["name"], record["computer"]["sid"]) == (HOST, NETBIOS, machine.sid)
    (found,) = (holder for holder in record["holders"] if holder["sid"] == svc)
    assert (record["unexpected"], found["name"], found["kind"]) == ([svc], f"{NETBIOS}\\svc", "local")


KNOWN = {
    "itself.prod": ".\\svc",
    "netbios.prod": f"{NETBIOS}\\svc",
    "another-case.prod": f"{NETBIOS.lower()}\\SVC",
    "placeholder.prod": "<COMPUTER>\\svc",
}
UNKNOWN = {"dns.prod": f"{DNS}\\svc", "inventory.prod": "inventory.prod\\svc"}


def test_local_accounts_go_by_the_name_of_netbios_alone(fleet, enforce):
    machines = {host: shop(host) for host in (*KNOWN, *UNKNOWN)}
    accounts = {host: machine.add_account("svc") for host, machine in machines.items()}
    for host, name in {**KNOWN, **UNKNOWN}.items():
        machines[host].grant(accounts[host])
        fleet.add(machines[host], variables={"impersonate_forbidden": [name]})

    run = enforce(fleet, extravars={"impersonate_serial": "100%"})

    assert {host for host, outcome in run.outcomes.items() if outcome == "applied"} == set(KNOWN)
    assert {host for host, machine in machines.items() if accounts[host] not in machine.holders()} == set(KNOWN)
    for host, name in UNKNOWN.items():
        assert run.records[host]["error"]["category"] == "account_lookup"
        assert name in run.records[host]["error"]["message"]


def test_snapshots_go_by_the_inventory_and_come_back_to_the_machine(fleet, enforce, restore):
    machine = shop(also=[names.USERS])
    fleet.add(machine)

    done = enforce(fleet, extravars={"impersonate_forbidden": [f"{NETBIOS}\\Users"]})

    assert (done.outcomes, set(machine.holders())) == ({HOST: "applied"}, WANTED)
    (path,) = done.snapshots.glob("*/*.json")
    assert (path.stem, json.loads(path.read_text())["computer"]) == (HOST, {"name": NETBIOS, "sid": machine.sid})

    machine.host_name = "webserver-frontend-02"  # another name in DNS, the same 15 letters
    assert restore(fleet).outcomes == {HOST: "applied"}
    assert set(machine.holders()) == WANTED | {names.USERS}


def test_two_machines_with_the_same_fifteen_letters_are_two(fleet, enforce):
    machines = [shop(name, also=[names.USERS]) for name in ("shop1", "shop2")]
    for machine in machines:
        fleet.add(machine)
    assert len({machine.netbios for machine in machines}) == 1

    run = enforce(fleet, extravars={"impersonate_serial": "100%"})

    assert run.outcomes == {"shop1": "applied", "shop2": "applied"}
    assert [set(machine.holders()) for machine in machines] == [WANTED, WANTED]
    assert not any("same machine" in note for note in run.report["notes"])


def test_a_machine_under_its_name_in_dns_and_another_is_one(fleet, enforce):
    machine = shop(also=[names.USERS])
    fleet.add(machine)
    fleet.also(f"{DNS}.sim.example", of=HOST)

    run = enforce(fleet, extravars={"impersonate_serial": "100%"})

    assert sorted(run.outcomes.values()) == ["applied", "same_machine"]
    assert f"are the same machine ({NETBIOS} ({machine.sid}))" in run.report["notes"][0]
    assert set(machine.holders()) == WANTED
