# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet starts, leads its clients to the hosts, and ends without a trace."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import winrm
import yaml

from fleet import simulation as under_test
from fleet.backend import Canned, Output
from fleet.faults import Scenario
from fleet.simulation import Fleet
from fleet.windows.machine import Logon, Machine

pytestmark = pytest.mark.wire


def machines(*names: str) -> list[Machine]:
    return [Machine(name, logons={"SIM\\auditor": Logon(f"of {name}"), "other": Logon("another")}) for name in names]


def client(fleet: Fleet, host: str, **options) -> winrm.Protocol:
    its = fleet.inventory()["all"]["hosts"][host]
    where = f"http://{its['ansible_host']}:{its['ansible_port']}/wsman"
    who = {"username": its["ansible_user"], "password": its["ansible_password"]}
    return winrm.Protocol(where, "ntlm", proxy=None, ca_trust_path=None, **who, **options)


def run(fleet: Fleet, host: str, **options) -> tuple[bytes, bytes, int]:
    protocol = client(fleet, host, **options)
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "hello")
    output = protocol.get_command_output(shell, command)
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    return output


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_inventory_leads_to_each_host(scheme):
    with Fleet(machines("A", "B"), Canned(), scheme=scheme) as fleet:
        everything = fleet.inventory()["all"]
        variables, hosts = everything["vars"], everything["hosts"]

        assert (variables["ansible_connection"], variables["ansible_winrm_scheme"]) == ("winrm", scheme)
        assert variables["ansible_winrm_transport"] == "ntlm"
        assert ("ansible_winrm_ca_trust_path" in variables) == (scheme == "https")
        assert [(h["ansible_user"], h["ansible_password"]) for h in hosts.values()] == [
            ("SIM\\auditor", "of A"),
            ("SIM\\auditor", "of B"),
        ]
        assert len({(h["ansible_host"], h["ansible_port"]) for h in hosts.values()}) == 2
        assert all(h["ansible_host"].startswith("127.0.") for h in hosts.values())
        assert "ansible_shell_type" not in str(everything)


@pytest.mark.parametrize(
    ("scheme", "transport", "variables"),
    [
        pytest.param("http", "ntlm", {"ansible_psrp_auth": "ntlm"}, id="NTLM"),
        pytest.param("http", "negotiate", {"ansible_psrp_auth": "negotiate"}, id="Negotiate"),
        pytest.param("http", "basic", {"ansible_psrp_auth": "basic", "ansible_psrp_message_encryption": "never"}, id="Basic"),
        pytest.param("https", "basic", {"ansible_psrp_auth": "basic"}, id="Basic over HTTPS"),
    ],
)
def test_the_inventory_may_lead_to_them_over_psrp(scheme, transport, variables):
    pytest.importorskip("psrpcore")
    with Fleet(machines("A"), Canned(), connection="psrp", transport=transport, scheme=scheme) as fleet:
        fleet.add(*machines("B"), variables={"ansible_winrm_read_timeout_sec": 3, "other": "as it is"})
        everything = fleet.inventory()["all"]
        timeouts = {"ansible_psrp_operation_timeout": 10, "ansible_psrp_read_timeout": 30}
        trust = {"ansible_psrp_ca_cert": everything["vars"].get("ansible_psrp_ca_cert")} if scheme == "https" else {}

    basic = {"ansible_connection": "psrp", "ansible_psrp_protocol": scheme}
    assert everything["vars"] == {**basic, **variables, **timeouts, **trust}
    assert everything["hosts"]["B"].items() >= {"ansible_psrp_read_timeout": 3, "other": "as it is"}.items()
    assert None not in trust.values()
    assert "ansible_shell_type" not in str(everything)
    assert "ansible_winrm" not in str(everything)


def test_without_psrpcore_no_inventory_leads_over_psrp(monkeypatch):
    monkeypatch.setitem(sys.modules, "psrpcore", None)

    with pytest.raises(ModuleNotFoundError, match="psrpcore"):
        Fleet([], Canned(), connection="psrp")


def test_a_host_may_have_its_own_user_variables_and_groups():
    fleet = Fleet([], Canned())
    for machine, group in zip(machines("A", "B"), ("x", "y"), strict=True):
        fleet.add(machine, user="other", groups=("all_of_them", group), variables={"speciality": machine.name})
    with fleet:
        everything = fleet.inventory()["all"]

    assert everything["hosts"]["B"].items() >= {"ansible_user": "other", "ansible_password": "another"}.items()
    assert everything["hosts"]["A"]["speciality"] == "A"
    assert everything["children"] == {
        "all_of_them": {"hosts": {"A": {}, "B": {}}},
        "x": {"hosts": {"A": {}}},
        "y": {"hosts": {"B": {}}},
    }


def test_the_written_inventory_is_the_same_and_private(tmp_path):
    with Fleet(machines("A"), Canned()) as fleet:
        path = fleet.write_inventory(tmp_path / "fleet.yml")

        assert yaml.safe_load(path.read_text()) == fleet.inventory()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert os.listdir(tmp_path) == ["fleet.yml"]


def test_two_machines_of_one_name_are_refused():
    with Fleet(machines("A"), Canned()) as fleet, pytest.raises(ValueError, match="A is in the fleet already"):
        fleet.add(*machines("A"))


def test_a_machine_may_come_later():
    with Fleet(machines("A"), Canned(b"hi")) as fleet:
        fleet.add(*machines("B"))

        assert run(fleet, "B") == (b"hi", b"", 0)


def test_hundreds_of_machines_may_come_before_the_start():
    """In a thread that ends with the process: a fleet that blocks would hold up all tests."""
    fleets = []
    filling = threading.Thread(target=lambda: fleets.append(Fleet([Machine(f"H{n}") for n in range(400)], Canned())), daemon=True)
    filling.start()
    filling.join(timeout=60)

    assert fleets, "Fleet.add blocks"
    with fleets[0] as fleet:
        for number in (0, 270, 399):
            socket.create_connection(fleet.address(f"H{number}"), timeout=10).close()


def test_where_there_is_one_loopback_address_the_ports_tell_the_hosts_apart(monkeypatch):
    monkeypatch.setattr(under_test, "_NET", False)
    back_end = Canned()
    with Fleet(machines("A", "B"), back_end) as fleet:
        run(fleet, "B")
        run(fleet, "A")

        assert {fleet.address(host)[0] for host in "AB"} == {"127.0.0.1"}
    assert [name for name, _received in back_end.received] == ["B", "A"]


def test_addresses_go_on_after_the_254th_host():
    assert [under_test._address(number) for number in (0, 253, 254)] == ["127.0.1.1", "127.0.1.254", "127.0.2.1"]


def test_one_shell_and_one_command_are_in_the_journal():
    with Fleet(machines("A", "B"), Canned()) as fleet:
        run(fleet, "A")

        assert (len(fleet.creates("A")), len(fleet.commands("A"))) == (1, 1)
        assert (fleet.creates("B"), fleet.commands("B")) == ([], [])
        assert fleet.commands("A")[0].module == "(script)"
        assert min(fleet.journal.exchanged("A")) > 1000


def test_shells_that_are_left_open_are_found():
    with Fleet(machines("A", "B"), Canned()) as fleet:
        run(fleet, "A")
        shell = client(fleet, "B").open_shell()

        assert fleet.open_shells() == {"B": [shell]}


def test_many_clients_at_once_each_get_their_own_answer():
    class Echo:
        def run(self, machine, received):
            return Output(machine.name.encode())

    names = [f"H{number}" for number in range(30)]
    with Fleet(machines(*names), Echo()) as fleet, ThreadPoolExecutor(15) as threads:
        outputs = list(threads.map(lambda name: run(fleet, name)[0].decode(), names * 2))

        assert outputs == names * 2
        assert not fleet.open_shells()
        assert not fleet.errors()


def test_a_defect_of_the_back_end_is_an_answer_to_the_client_and_an_error_of_the_fleet():
    class Defect:
        def run(self, machine, received):
            raise ZeroDivisionError

    with Fleet(machines("A"), Defect()) as fleet:
        _out, err, code = run(fleet, "A")

        assert (code, b"failed" in err) == (1, True)
        assert ["ZeroDivisionError" in error for error in fleet.errors()] == [True]


def refuses(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == errno.ECONNREFUSED


def test_a_host_that_is_down_refuses_the_connection():
    with Fleet([], Canned()) as fleet:
        fleet.add(*machines("A"), scenario="host down")
        fleet.add(*machines("B"))

        assert (refuses(fleet.address("A")), refuses(fleet.address("B"))) == (True, False)


def closed(connection: socket.socket) -> bool:
    with connection:
        try:
            return connection.recv(1) == b""
        except ConnectionResetError:  # it was still waiting to be accepted
            return True


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_after_the_end_nothing_listens_and_no_thread_is_left(scheme):
    before = threads()
    with Fleet(machines("A", "B"), Canned(), scheme=scheme) as fleet:
        addresses = [fleet.address(host) for host in "AB"]
        silent = [socket.create_connection(address) for address in addresses]
        if scheme == "http":
            client(fleet, "A").open_shell()  # and never closed

    assert all(refuses(address) for address in addresses)
    assert threads() <= before
    assert all(closed(connection) for connection in silent)


def test_a_command_that_still_runs_does_not_hold_up_the_end():
    before = threads()
    with Fleet([], Canned()) as fleet:
        fleet.add(*machines("A"), scenario=Scenario(delay=600))
        protocol = client(fleet, "A")
        protocol.run_command(protocol.open_shell(), "hello")

    assert threads() <= before


def test_a_fleet_ends_by_itself_at_the_end_of_its_life():
    with Fleet(machines("A"), Canned(), life=0.05) as fleet:
        address = fleet.address("A")

        assert fleet.wait(60)
        fleet.stop()  # returns when the other has ended
        assert refuses(address)


def test_a_slow_command_lasts_over_several_operation_timeouts():
    class Slow:
        def run(self, machine, received):
            while len(fleet.journal.records("A", "Receive")) < 2 and not fleet.wait(0.01):
                continue
            return Output(b"late")

    with Fleet(machines("A"), Slow()) as fleet:
        assert run(fleet, "A", operation_timeout_sec=1, read_timeout_sec=20)[0] == b"late"
        assert [r.fault for r in fleet.journal.records("A", "Receive")] == [2150858793, 2150858793, None]


def test_a_silent_host_takes_connections_and_never_answers():
    with Fleet([], Canned()) as fleet:
        fleet.add(Machine("A"), scenario=Scenario(silent=True))
        connection = socket.create_connection(fleet.address("A"), timeout=30)
        connection.sendall(b"POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)  # the end of the fleet is all that comes
    assert fleet.journal.records() == []
