# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shells and commands of one host, without a socket."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest

from fleet import soap
from fleet.backend import Output
from fleet.winrs import CHUNK, Quota, Wait, Winrs

pytestmark = pytest.mark.wire

ALICE, BOB = "SIM\\alice", "SIM\\bob"


class Client:
    """Speaks to the shells of one host as one user."""

    def __init__(self, shells: Winrs, user: str = ALICE) -> None:
        self.shells, self.user = shells, user

    def ask(self, action: str, body: str = "", *, shell: str = "", **options: str):
        element = ElementTree.fromstring(f'<b xmlns:rsp="{soap.RSP}">{body}</b>')
        request = soap.Request(action, action, element, soap.CMD_SHELL, "uuid:1", shell, 9.0, options)
        return self.shells.handle(request, self.user)

    def create(self, body: str = "<rsp:Shell/>") -> str:
        return self.ask("Create", body).shell_id

    def command(self, shell: str, *, stdin: str = "FALSE"):
        line = "<rsp:CommandLine><rsp:Command>one</rsp:Command><rsp:Arguments>two</rsp:Arguments><rsp:Arguments>three</rsp:Arguments></rsp:CommandLine>"
        return self.ask("Command", line, shell=shell, WINRS_CONSOLEMODE_STDIN=stdin)

    def send(self, shell: str, command: str, data: bytes, *, end: str):
        text = base64.b64encode(data).decode()
        stream = f'<rsp:Send><rsp:Stream Name="stdin" CommandId="{command}" End="{end}">{text}</rsp:Stream></rsp:Send>'
        return self.ask("Send", stream, shell=shell)

    def receive(self, shell: str, command: str):
        wanted = f'<rsp:Receive><rsp:DesiredStream CommandId="{command}">stdout stderr</rsp:DesiredStream></rsp:Receive>'
        return self.ask("Receive", wanted, shell=shell)

    def output(self, shell: str, command: str) -> tuple[int, bytes, bytes, str]:
        """Receive to the end: number of answers, stdout, stderr, exit code."""
        streams = {"stdout": b"", "stderr": b""}
        for count in range(1, 1000):
            answer = ElementTree.fromstring(f'<b xmlns:rsp="{soap.RSP}">{self.receive(shell, command).body}</b>')
            for stream in answer.iter(f"{{{soap.RSP}}}Stream"):
                streams[stream.get("Name")] += base64.b64decode(stream.text or "")
            if answer.find(f".//{{{soap.RSP}}}CommandState").get("State").endswith("/Done"):
                return count, streams["stdout"], streams["stderr"], answer.findtext(f".//{{{soap.RSP}}}ExitCode")
        raise AssertionError("the command does not end")


@pytest.fixture
def client() -> Client:
    return Client(Winrs(Quota()))


def test_a_command_with_input_is_ready_when_its_input_ends(client):
    shell = client.create()
    command = client.command(shell)
    first = client.send(shell, command.command_id, b"a", end="false")
    last = client.send(shell, command.command_id, b"b", end="true")

    assert (command.ready, first.ready) == (None, None)
    assert (last.ready.line, bytes(last.ready.stdin), last.ready.user) == ("one two three", b"ab", ALICE)


def test_input_after_the_end_starts_nothing_again(client):
    shell = client.create()
    command = client.command(shell).command_id
    client.send(shell, command, b"a", end="true")

    assert client.send(shell, command, b"b", end="true").ready is None


def test_a_command_without_input_is_ready_at_once(client):
    assert client.command(client.create(), stdin="TRUE").ready is not None


def test_the_environment_of_the_shell_is_that_of_its_commands(client):
    variable = '<rsp:Variable Name="A">b</rsp:Variable>'
    shell = client.create(f"<rsp:Shell><rsp:Environment>{variable}</rsp:Environment></rsp:Shell>")

    assert client.command(shell, stdin="TRUE").ready.environment == {"A": "b"}


def test_receive_waits_for_the_output_as_long_as_the_request_says(client):
    shell = client.create()
    command = client.command(shell, stdin="TRUE").ready
    waiting = client.receive(shell, command.id)
    command.finish(Output(b"done", b"", 3))

    assert isinstance(waiting, Wait)
    assert waiting.seconds == 9.0
    assert waiting.done.is_set()
    assert client.output(shell, command.id) == (1, b"done", b"", "3")


@pytest.mark.parametrize(
    ("stdout", "stderr", "answers"),
    [
        pytest.param(b"", b"", 1, id="nothing"),
        pytest.param(b"out", b"", 1, id="stdout"),
        pytest.param(b"out", b"err", 2, id="both"),
        pytest.param(b"x" * (5 * CHUNK), b"", 5, id="half a megabyte"),
        pytest.param(bytes(range(256)), b"", 1, id="bytes of any kind"),
    ],
)
def test_output_comes_in_pieces_that_fit_an_envelope(client, stdout, stderr, answers):
    shell = client.create()
    command = client.command(shell, stdin="TRUE").ready
    command.finish(Output(stdout, stderr, 0))

    assert client.output(shell, command.id) == (answers, stdout, stderr, "0")


def test_shells_end_with_delete(client):
    shell, other = client.create(), client.create()
    client.ask("Delete", shell=shell)

    assert client.shells.open() == [other]


@pytest.mark.parametrize("action", ["Command", "Send", "Receive", "Signal", "Delete", "Get"])
@pytest.mark.parametrize(
    ("user", "forget", "code"),
    [
        pytest.param(ALICE, True, soap.shell_not_found().code, id="the host has lost it"),
        pytest.param(BOB, False, soap.access_denied().code, id="it is another's"),
    ],
)
def test_a_shell_that_is_not_there_for_the_user(client, action, user, forget, code):
    shell = client.create()
    if forget:
        client.shells.forget()

    with pytest.raises(soap.Fault) as refused:
        Client(client.shells, user).ask(action, shell=shell)
    assert refused.value.code == code


@pytest.mark.parametrize("action", ["send", "receive"])
def test_a_command_that_was_signalled_is_gone(client, action):
    shell = client.create()
    command = client.command(shell).command_id
    client.ask("Signal", f'<rsp:Signal CommandId="{command}"><rsp:Code/></rsp:Signal>', shell=shell)

    with pytest.raises(soap.Fault):
        client.send(shell, command, b"", end="true") if action == "send" else client.receive(shell, command)


def test_the_quota_of_shells_counts_per_user():
    shells = Winrs(Quota(shells=1))
    Client(shells, ALICE).create()
    Client(shells, BOB).create()

    with pytest.raises(soap.Fault) as refused:
        Client(shells, ALICE).create()
    assert refused.value.code == soap.too_many_shells().code


def test_the_quota_of_operations_counts_per_shell():
    client = Client(Winrs(Quota(operations=1)))
    shell = client.create()
    client.command(shell)

    with pytest.raises(soap.Fault) as refused:
        client.command(shell)
    assert refused.value.wmi == soap.too_many_operations().wmi
    assert client.command(client.create()).command_id
