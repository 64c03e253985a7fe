# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real clients log in, or do not: pywinrm and pypsrp with Basic, NTLM and SPNEGO, over HTTP and HTTPS."""

from __future__ import annotations

import base64
import os
import subprocess

import pytest
import requests
import winrm
from pypsrp.exceptions import AuthenticationError
from pypsrp.shell import Process, WinRS
from pypsrp.wsman import WSMan
from winrm.exceptions import InvalidCredentialsError, WinRMTransportError

from fleet.backend import Canned
from fleet.simulation import Fleet
from fleet.windows.machine import Logon, Machine
from fleet.winrm import soap
from fleet.winrm.authn import Access, ChannelBinding, Users
from fleet.winrm.certificates import bindings

pytestmark = pytest.mark.wire

USER, PASSWORD = "SIM\\auditor", "pa:ss wörd"
ONE = Machine("ONE", logons={USER: Logon(PASSWORD), "local": Logon("other")})
TWO = Machine("TWO", logons={USER: Logon("not the same")})


@pytest.fixture(scope="module", params=["http", "https"])
def fleet(request):
    access = Access(unencrypted=True)
    with Fleet([ONE, TWO], Canned(b"hello", b"", 3), scheme=request.param, access=access) as fleet:
        fleet.add(Machine("RELAXED", logons=ONE.logons), access=Access(channel_binding=ChannelBinding.RELAXED))
        fleet.add(Machine("NO BASIC", logons=ONE.logons), access=Access(offers=("Negotiate",), unencrypted=True))
        fleet.add(Machine("NO NTLM", logons=ONE.logons), access=Access(offers=("Basic",), unencrypted=True))
        fleet.add(Machine("ENCRYPTED", logons=ONE.logons), access=Access(unencrypted=False))
        yield fleet
        assert not fleet.open_shells()
        assert not fleet.errors()


def secure(fleet) -> bool:
    return fleet.inventory()["all"]["vars"]["ansible_winrm_scheme"] == "https"


def url(fleet, host: str) -> str:
    address, port = fleet.address(host)
    return f"{'https' if secure(fleet) else 'http'}://{address}:{port}/wsman"


def ca(fleet) -> str | None:
    return fleet.inventory()["all"]["vars"].get("ansible_winrm_ca_trust_path")


def pywinrm(fleet, host, user, password, transport, **options) -> int:
    protocol = winrm.Protocol(
        url(fleet, host), transport, username=user, password=password, ca_trust_path=ca(fleet), proxy=None, **options
    )
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "hello")
    code = protocol.get_command_output(shell, command)[2]
    protocol.cleanup_command(shell, command)
    protocol.close_shell(shell)
    return code


def pypsrp(fleet, host, user, password, transport) -> int:
    address, port = fleet.address(host)
    options = {"ssl": secure(fleet), "cert_validation": ca(fleet) or True, "no_proxy": True}
    encryption = "never" if transport == "basic" else "auto"
    connection = WSMan(address, port=port, auth=transport, username=user, password=password, encryption=encryption, **options)
    with connection, WinRS(connection) as shell:
        process = Process(shell, "hello")
        process.invoke()
        process.signal("http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate")
    return process.rc


CLIENTS = [
    pytest.param(pywinrm, "basic", id="pywinrm Basic"),
    pytest.param(pywinrm, "ntlm", id="pywinrm NTLM"),
    pytest.param(pypsrp, "basic", id="pypsrp Basic"),
    pytest.param(pypsrp, "ntlm", id="pypsrp NTLM"),
    pytest.param(pypsrp, "negotiate", id="pypsrp SPNEGO"),
]


@pytest.mark.parametrize(("client", "transport"), CLIENTS)
@pytest.mark.parametrize(
    ("host", "user", "password"),
    [
        pytest.param("ONE", USER, PASSWORD, id="a user of a domain"),
        pytest.param("ONE", USER.upper(), PASSWORD, id="in capitals"),
        pytest.param("ONE", "local", "other", id="a user without domain"),
        pytest.param("TWO", USER, "not the same", id="another password on another host"),
    ],
)
def test_who_knows_the_password_is_let_in(fleet, client, transport, host, user, password):
    fleet.journal.clear()

    assert client(fleet, host, user, password, transport) == 3
    assert {record.user.casefold() for record in fleet.creates(host)} == {user.casefold()}
    assert {record.encrypted for record in fleet.creates(host)} == {transport != "basic" and not secure(fleet)}


@pytest.mark.parametrize(("client", "transport"), CLIENTS)
@pytest.mark.parametrize(
    ("host", "user", "password"),
    [
        pytest.param("ONE", USER, "wrong", id="a wrong password"),
        pytest.param("ONE", USER, "not the same", id="the password of another host"),
        pytest.param("ONE", "SIM\\nobody", PASSWORD, id="an unknown user"),
        pytest.param("ONE", "OTHER\\auditor", PASSWORD, id="another domain"),
        pytest.param("TWO", "local", "other", id="a user of another host"),
    ],
)
def test_who_does_not_know_it_is_not(fleet, client, transport, host, user, password):
    fleet.journal.clear()

    with pytest.raises((InvalidCredentialsError, AuthenticationError)):
        client(fleet, host, user, password, transport)
    assert not fleet.creates(host)


@pytest.mark.parametrize(("host", "transport"), [("NO BASIC", "basic"), ("NO NTLM", "ntlm")])
def test_a_scheme_that_is_not_offered_lets_nobody_in(fleet, host, transport):
    with pytest.raises(InvalidCredentialsError):
        pywinrm(fleet, host, USER, PASSWORD, transport)


def test_strict_channel_binding_wants_the_hash_of_the_certificate(fleet):
    if secure(fleet):
        with pytest.raises(InvalidCredentialsError):
            pywinrm(fleet, "ONE", USER, PASSWORD, "ntlm", send_cbt=False)
    else:  # nothing to bind to
        assert pywinrm(fleet, "ONE", USER, PASSWORD, "ntlm", send_cbt=False) == 3


def test_relaxed_channel_binding_does_not(fleet):
    assert pywinrm(fleet, "RELAXED", USER, PASSWORD, "ntlm", send_cbt=False) == 3


@pytest.mark.parametrize("transport", ["ntlm", "basic"])
def test_readable_bodies_are_refused_over_http_only(fleet, transport):
    options = {"message_encryption": "never"}
    if secure(fleet):
        assert pywinrm(fleet, "ENCRYPTED", USER, PASSWORD, transport, **options) == 3
    else:
        with pytest.raises(WinRMTransportError) as refused:
            pywinrm(fleet, "ENCRYPTED", USER, PASSWORD, transport, **options)
        assert refused.value.code == 500


def test_a_password_may_change_between_logins(fleet):
    machine = Machine("CHANGES", logons={USER: Logon("before")})
    fleet.add(machine)
    pywinrm(fleet, "CHANGES", USER, "before", "ntlm")

    machine.logons[USER] = Logon("after")

    assert pywinrm(fleet, "CHANGES", USER, "after", "ntlm") == 3
    with pytest.raises(InvalidCredentialsError):
        pywinrm(fleet, "CHANGES", USER, "before", "ntlm")


def post(fleet, body: bytes = b"", *, path: str = "", method: str = "POST", **headers: str):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url(fleet, "ONE") + path, data=body, headers=names, verify=ca(fleet), timeout=20)
    return answer.status_code, answer.content


BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
ENCRYPTED = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        pytest.param(401, {}, id="nobody"),
        pytest.param(401, {"body": b"x" * 100_000}, id="nobody, with a body"),
        pytest.param(401, {"Authorization": "Basic"}, id="no name"),
        pytest.param(401, {"Authorization": "Basic \xff"}, id="no base64"),
        pytest.param(401, {"Authorization": "Negotiate AAAA"}, id="no token"),
        pytest.param(401, {"Authorization": "Bearer AAAA"}, id="another scheme"),
        pytest.param(400, {"body": b"sealed", "Content_Type": ENCRYPTED}, id="keys of another connection"),
        pytest.param(400, {"body": b"sealed", "Content_Type": ENCRYPTED, "Authorization": BASIC}, id="no keys at all"),
        pytest.param(404, {"path": "/x", "Authorization": BASIC}, id="another path"),
        pytest.param(413, {"body": b"x" * (soap.MAX_ENVELOPE + 1), "Authorization": BASIC}, id="too large"),
        pytest.param(500, {"body": b"no envelope", "Authorization": BASIC}, id="no envelope"),
        pytest.param(200, {"Authorization": BASIC}, id="nothing to do"),
        pytest.param(501, {"method": "GET", "Authorization": BASIC}, id="another method"),
    ],
)
def test_requests_of_nobody_in_particular(fleet, status, request_):
    assert post(fleet, **request_)[0] == status


def test_identify_says_what_answers(fleet):
    ask = f'<s:Envelope xmlns:s="{soap.S}" xmlns:i="{soap.WSMID}"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>'

    status, answer = post(fleet, ask.encode(), Authorization=BASIC)

    assert status == 200
    assert b"simulated fleet" in answer


def test_the_environment_is_as_before(fleet, monkeypatch):
    monkeypatch.setenv("NTLM_USER_FILE", "somewhere")

    pywinrm(fleet, "ONE", USER, PASSWORD, "ntlm")

    assert os.environ["NTLM_USER_FILE"] == "somewhere"


def test_a_client_may_walk_the_environment_while_a_login_ends(monkeypatch):
    monkeypatch.delenv("NTLM_USER_FILE", raising=False)
    users = Users(lambda: {USER: PASSWORD})

    with users.store():
        walk = iter(os.environ.items())
        next(walk)

    assert all(isinstance(value, str) for _name, value in walk)


@pytest.mark.parametrize(("digest", "length"), [("sha1", 32), ("sha256", 32), ("sha384", 48), ("sha512", 64)])
def test_bindings_use_the_hash_of_the_certificate(tmp_path, digest, length):
    subject = ["-subj", "/CN=x", "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", f"-{digest}", *subject]
    subprocess.run(command, check=True, capture_output=True)

    data = bindings((tmp_path / "pem").read_bytes()).application_data

    assert data.startswith(b"tls-server-end-point:")
    assert len(data) == len(b"tls-server-end-point:") + length
