# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit logs in with Kerberos, against a throw-away MIT realm on this machine: make test-kerberos, with Debian's packages below."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket

import pytest

from fleet.backends.emulator.emulator import Emulator
from fleet.simulation import Fleet
from fleet.windows import names
from fleet.windows.machine import Logon, Machine

pytestmark = pytest.mark.kerberos
PROGRAMS, PACKAGES = ("krb5kdc", "kadmin.local", "kinit"), ("k5test", "gssapi", "krb5", "kerberos", "psrpcore")
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
SECRET = "Vry-S3cret-Passw0rd"
NAME = "localhost"  # what the hosts are called in the realm; they are reached by their addresses


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def tools():
    """What a realm needs is there, or the test is skipped; in CI it fails, where a skip would hide a missing proof."""
    missing = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    missing += [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        reason = f"no {', '.join(missing)}: apt install krb5-kdc krb5-admin-server krb5-user libkrb5-dev gcc; make test-kerberos"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@pytest.fixture(scope="module")
def realm(tools):
    """Name of a fresh realm with two users, in which all hosts of a fleet share one name and one keytab."""
    import k5test

    here = "127.0.0.1:$port0"  # instead of all addresses of the machine
    client = {"libdefaults": {"dns_canonicalize_hostname": "false", "rdns": "false"}, "realms": {"$realm": {"kdc": here}}}
    listen = {"kdc_ports": None, "kdc_tcp_ports": None, "kdc_listen": here, "kdc_tcp_listen": here}
    options = {"create_user": False, "create_host": False, "get_creds": False, "start_kdc": False}
    realm = k5test.K5Realm(portbase=free_port(), krb5_conf=client, kdc_conf={"realms": {"$realm": listen}}, **options)
    try:
        for name in ("auditor", "backup"):
            realm.addprinc(f"{name}@{realm.realm}", SECRET)
        for service in ("HTTP", "WSMAN", "host"):  # the last is what psrp asks for from ansible-core 2.21 on
            realm.addprinc(f"{service}/{NAME}@{realm.realm}")
            realm.extract_keytab(f"{service}/{NAME}@{realm.realm}", realm.keytab)
        realm.start_kdc()
        with pytest.MonkeyPatch.context() as environment:
            for variable in ("KRB5_CONFIG", "KRB5_KDC_PROFILE", "KRB5_KTNAME", "KRB5CCNAME"):
                environment.setenv(variable, realm.env[variable])
            yield realm.realm
    finally:
        realm.stop()


@pytest.fixture
def user(realm):
    return f"auditor@{realm}"


@pytest.fixture
def reach(user):
    """Make a fleet of a compliant host and a drifted one, for whose machines the password of the realm is wrong."""

    def make(connection, scheme, transport, password=SECRET, **variables):
        fleet = Fleet([], Emulator(), connection=connection, scheme=scheme, transport=transport)
        variables |= {"ansible_winrm_kerberos_hostname_override": NAME, "ansible_winrm_kinit_env_vars": ["KRB5_CONFIG"]}
        for name, also in (("clean", []), ("drifted", [names.USERS])):
            machine = Machine.member_server(name, also=also, logons={user: Logon("NTLM and Basic would need this")})
            fleet.add(machine, variables={"ansible_password": password, **variables})
        return fleet

    return make


@pytest.mark.parametrize(
    ("connection", "scheme", "transport", "encrypted"),
    [
        pytest.param("winrm", "http", "kerberos", True, id="winrm"),
        pytest.param("winrm", "https", "kerberos", False, id="winrm over HTTPS"),
        pytest.param("psrp", "http", "kerberos", True, id="psrp"),
        pytest.param("psrp", "http", "negotiate", True, id="psrp, Negotiate"),
        pytest.param("psrp", "https", "kerberos", False, id="psrp over HTTPS"),
    ],
)
def test_the_audit_logs_in_with_kerberos(reach, audit, user, connection, scheme, transport, encrypted):
    with reach(connection, scheme, transport) as fleet:
        run = audit(fleet, options="-vvv")

    assert (run.rc, run.statuses) == (2, {"clean": "compliant", "drifted": "drift"}), run.outcome.stdout
    for host in run.statuses:
        (create,), (command,) = fleet.creates(host), fleet.commands(host)
        assert (create.user, create.encrypted, command.encrypted) == (user, encrypted, encrypted)
    assert (fleet.open_shells(), fleet.errors()) == ({}, [])
    assert SECRET not in fleet.journal.dump()


@pytest.mark.parametrize(
    ("connection", "status"),
    [
        pytest.param("winrm", "unreachable", id="winrm, whose kinit fails"),
        pytest.param("psrp", "error", id="psrp, which lets the error of the library through"),
    ],
)
def test_a_wrong_password_gets_no_ticket_and_no_verdict(reach, audit, connection, status):
    with reach(connection, "http", "kerberos", password="not the password") as fleet:
        run = audit(fleet)

    assert (run.rc, run.statuses) == (2, {"clean": status, "drifted": status})
    assert (fleet.creates("clean"), fleet.errors()) == ([], [])


@pytest.fixture
def kinit(tmp_path):
    """A program that keeps whom it is called for, and is kinit; and the file with that."""
    program, calls = tmp_path / "kinit", tmp_path / "calls"
    program.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec kinit "$@"\n')
    program.chmod(0o755)
    return program, calls


@pytest.mark.parametrize(
    ("password", "status"),
    [
        pytest.param(SECRET, "compliant", id="right"),
        pytest.param("not the password", "unreachable", id="wrong for one of two users"),
    ],
)
def test_hosts_of_one_login_have_one_kinit_and_the_statuses_of_a_task_for_each(realm, playbook, kinit, password, status):
    program, calls = kinit
    passwords = {f"auditor@{realm}": SECRET, f"backup@{realm}": password}
    hosts = {f"{user.partition('@')[0]}{number}": user for user in passwords for number in range(4)}
    found, asked = {}, {}
    for reader in ("host", "fleet"):
        with Fleet([], Emulator(), connection="winrm", scheme="http", transport="kerberos") as fleet:
            for host, user in hosts.items():
                own = {"ansible_user": user, "ansible_password": passwords[user], "ansible_winrm_kinit_cmd": str(program)}
                own |= {"ansible_winrm_kerberos_hostname_override": NAME, "ansible_winrm_kinit_env_vars": ["KRB5_CONFIG"]}
                fleet.add(Machine.member_server(host, logons={user: Logon("NTLM and Basic would need this")}), variables=own)
            run = playbook(fleet, "winrights.seimpersonate.audit", extravars={"impersonate_reader": reader})
            users = {host: {create.user for create in fleet.creates(host)} for host in hosts}
        assert fleet.errors() == []
        assert users == {host: {user} if passwords[user] == SECRET else set() for host, user in hosts.items()}
        found[reader] = {host: (record["status"], record["error"]) for host, record in run.records.items()}
        asked[reader] = sorted(calls.read_text().split())
        calls.unlink()

    assert {host: found["fleet"][host][0] for host in hosts} == {
        host: "compliant" if passwords[user] == SECRET else status for host, user in hosts.items()
    }
    assert found["fleet"] == found["host"]
    assert (asked["host"], asked["fleet"]) == (sorted(hosts.values()), sorted(passwords))
    assert "processes of its own for each Kerberos login: 2 for 8 of them" in run.said
