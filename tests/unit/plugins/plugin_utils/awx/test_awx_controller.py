# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading from a controller: no message shows what logs in, whatever the environment has and whatever the other side does."""

from __future__ import annotations

import http.server
import json
import socketserver
import threading

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._awx.controller import (
    Controller,
    ControllerError,
    Login,
    login_of,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput

SECRET = "SECRETTOKEN"


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        pytest.param({"CONTROLLER_OAUTH_TOKEN": f"{SECRET}\rx"}, "CONTROLLER_OAUTH_TOKEN", id="a token with the end of a line"),
        pytest.param({"TOWER_OAUTH_TOKEN": f"{SECRET}\u2026"}, "TOWER_OAUTH_TOKEN", id="a token that no header takes"),
        pytest.param({"CONTROLLER_USERNAME": "ann", "CONTROLLER_PASSWORD": f"{SECRET}\x00"}, "CONTROLLER_PASSWORD", id="a password"),
        pytest.param({"CONTROLLER_USERNAME": "a\nnn", "CONTROLLER_PASSWORD": SECRET}, "CONTROLLER_USERNAME", id="a name"),
        pytest.param({"CONTROLLER_HOST": "https://awx\n.example.org", "CONTROLLER_OAUTH_TOKEN": SECRET}, "CONTROLLER_HOST", id="a host"),
    ],
)  # fmt: skip
def test_a_login_that_cannot_be_sent_is_refused_and_not_shown(environment, name):
    with pytest.raises(BadInput, match=f"a {name} with a character that cannot be sent") as error:
        login_of({"CONTROLLER_HOST": "awx", **environment})

    assert SECRET not in str(error.value)


def test_blanks_around_what_logs_in_are_no_part_of_it():
    login = login_of({"CONTROLLER_HOST": " awx/\r\n", "CONTROLLER_OAUTH_TOKEN": f"{SECRET}\r", "CONTROLLER_VERIFY_SSL": "no\r"})

    assert (login.host, login.token, login.verify) == ("https://awx", SECRET, False)


def test_an_error_that_quotes_a_header_is_told_by_its_kind(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    controller = Controller(Login("http://127.0.0.1:9", f"{SECRET}\r"), lambda _seconds: None)

    with pytest.raises(ControllerError, match=r"did not answer: ValueError$"):
        controller.get("/api/v2/jobs/1/")


class Drops(socketserver.BaseRequestHandler):
    """Takes the request and ends the connection in the middle of an answer, or before one."""

    said = b""

    def handle(self):
        self.request.recv(65536)
        self.server.asked += 1
        self.request.sendall(self.said)


@pytest.fixture
def listening(monkeypatch):
    """Start a server for requests; the address."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    servers = []

    def start(handler):
        server = socketserver.TCPServer(("127.0.0.1", 0), handler)
        server.asked = 0
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return server, f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.wire
@pytest.mark.parametrize(
    ("said", "kind"),
    [
        pytest.param(b"", "RemoteDisconnected", id="before an answer"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "IncompleteRead", id="in the middle of an answer"),
        pytest.param(b"220 mail.example.org\r\n", "BadStatusLine", id="no HTTP"),
    ],
)
def test_a_dropped_connection_is_tried_again_and_told(listening, said, kind):
    server, address = listening(type("Said", (Drops,), {"said": said}))
    pauses = []

    with pytest.raises(ControllerError, match=f"/api/v2/jobs/1/: the controller did not answer: .*{kind}"):
        Controller(Login(address, SECRET), pauses.append).get("/api/v2/jobs/1/")

    assert (server.asked, pauses) == (3, [2.0, 2.0])


class Asked(http.server.BaseHTTPRequestHandler):
    """Answers with what it was asked for, and as whom."""

    def log_message(self, *_args):
        pass

    def do_GET(self):
        body = json.dumps({"path": self.path, "login": self.headers["Authorization"], "results": [], "next": None}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.mark.wire
@pytest.mark.parametrize(
    ("login", "sent"),
    [
        pytest.param({"token": SECRET}, f"Bearer {SECRET}", id="a token"),
        pytest.param({"username": "ann", "password": "pw"}, "Basic YW5uOnB3", id="a name and a password"),
    ],
)
def test_a_netrc_of_the_user_logs_nobody_in(listening, monkeypatch, tmp_path, login, sent):
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    (tmp_path / ".netrc").chmod(0o600)
    _server, address = listening(Asked)

    assert Controller(Login(address, **login), lambda _seconds: None).get("/api/v2/me/")["login"] == sent


@pytest.mark.parametrize(
    "following",
    [
        pytest.param("http://awx.example.org/api/v2/jobs/?page=2", id="without TLS"),
        pytest.param("https://other.example.org/api/v2/jobs/?page=2", id="another host"),
        pytest.param("https://awx.example.org:8443/api/v2/jobs/?page=2", id="another port"),
        pytest.param("//other.example.org/api/v2/jobs/?page=2", id="another host, the same way"),
        pytest.param("file:///etc/passwd", id="a file"),
    ],
)
def test_the_next_page_is_of_the_same_controller(following):
    with pytest.raises(ControllerError, match="names another host for its next page"):
        Controller(Login("https://awx.example.org", SECRET), lambda _seconds: None).get(following)


@pytest.mark.wire
@pytest.mark.parametrize(
    ("path", "prefix", "asked"),
    [
        pytest.param("", "", "/api/v2/jobs/1/", id="AWX"),
        pytest.param("", "/api/controller/", "/api/controller/v2/jobs/1/", id="the gateway of AAP"),
        pytest.param("/awx/", "", "/awx/api/v2/jobs/1/", id="behind a path"),
        pytest.param("/awx", "api/controller", "/awx/api/controller/v2/jobs/1/", id="both"),
    ],
)
def test_where_the_api_is(listening, path, prefix, asked):
    _server, address = listening(Asked)
    environment = {
        "CONTROLLER_HOST": address + path,
        "CONTROLLER_OAUTH_TOKEN": SECRET,
        "CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX": prefix,
    }
    controller = Controller(login_of(environment), lambda _seconds: None)

    assert controller.get("/api/v2/jobs/1/")["path"] == asked
    assert controller.get(asked)["path"] == asked  # as a next page names it


@pytest.mark.parametrize(
    "host",
    [
        pytest.param(f"https://ann:{SECRET}@awx.example.org", id="with a login"),
        pytest.param("https://awx.example.org/#/home", id="a page of the browser"),
        pytest.param("ftp://awx.example.org", id="another protocol"),
        pytest.param("https:///api", id="no host"),
        pytest.param("https://[awx", id="half an address"),
    ],
)
def test_what_is_no_address_of_a_controller(host):
    with pytest.raises(BadInput, match="a CONTROLLER_HOST that is no address such as") as error:
        login_of({"CONTROLLER_HOST": host, "CONTROLLER_OAUTH_TOKEN": SECRET})

    assert SECRET not in str(error.value)
