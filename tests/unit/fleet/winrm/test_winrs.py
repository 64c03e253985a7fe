# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shells and commands of one host, without a socket."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import pytest

from fleet.backend import Output
from fleet.winrm import soap
from fleet.winrm.winrs import CHUNK, PIECES, Quota, Wait, Winrs

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

    def answers(self, shell: str, command: str) -> list[tuple[list[tuple[str, bytes]], str, str | None]]:
        """Receive to the end: per answer its streams that carry something, the state and the exit code."""
        found = []
        while not found or found[-1][1] != "Done":
            answer = ElementTree.fromstring(f'<b xmlns:rsp="{soap.RSP}">{self.receive(shell, command).body}</b>')
            streams = [(stream.get("Name"), base64.b64decode(stream.text or "")) for stream in answer.iter(f"{{{soap.RSP}}}Stream")]
            state = answer.find(f".//{{{soap.RSP}}}CommandState").get("State").rpartition("/")[2]
            found.append(([one for one in streams if one[1]], state, answer.findtext(f".//{{{soap.RSP}}}ExitCode")))
        return found

    def output(self, shell: str, command: str) -> tuple[int, bytes, bytes, str]:
        """Receive to the end: number of answers, stdout, stderr, exit code."""
        answers = self.answers(shell, command)
        pieces = [piece for streams, _state, _code in answers for piece in streams]
        joined = (b"".join(data for name, data in pieces if name == wanted) for wanted in ("stdout", "stderr"))
        return (len(answers), *joined, answers[-1][2])


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
    assert waiting.news.is_set()
    assert client.output(shell, command.id) == (1, b"done", b"", "3")


FIRST = PIECES[0]


@pytest.mark.parametrize(
    ("stdout", "stderr", "pieces", "states"),
    [
        pytest.param(b"", b"", [0], ["Done"], id="nothing"),
        pytest.param(b"out", b"", [1], ["Done"], id="stdout"),
        pytest.param(b"out", b"err", [2], ["Done"], id="both"),
        pytest.param(b"x" * FIRST, b"", [1], ["Done"], id="as much as comes with the end"),
        pytest.param(b"x" * (FIRST + 1), b"", [2, 0], ["Running", "Done"], id="a byte more"),
        pytest.param(b"x" * FIRST, b"e", [2, 0], ["Running", "Done"], id="a byte more on stderr"),
        pytest.param(b"x" * 3_000, b"e" * 3_000, [3, 0], ["Running", "Done"], id="an answer of ours and noise"),
        pytest.param(b"x" * CHUNK, b"", [4, 0], ["Running", "Done"], id="an envelope full"),
        pytest.param(b"x" * 5 * CHUNK, b"", [4] * 5 + [0], ["Running"] * 5 + ["Done"], id="half a megabyte"),
        pytest.param(bytes(range(256)) * 9, b"", [2, 0], ["Running", "Done"], id="bytes of any kind"),
    ],
)
def test_output_comes_in_pieces_that_fit_an_envelope(client, stdout, stderr, pieces, states):
    shell = client.create()
    command = client.command(shell, stdin="TRUE").ready
    command.finish(Output(stdout, stderr, 7))

    answers = client.answers(shell, command.id)

    assert ([len(streams) for streams, _state, _code in answers], [state for _streams, state, _code in answers]) == (pieces, states)
    assert max(sum(len(data) for _name, data in streams) for streams, _state, _code in answers) <= CHUNK
    assert [code for _streams, _state, code in answers] == [None] * (len(states) - 1) + ["7"]
    for name, whole in (("stdout", stdout), ("stderr", stderr)):
        assert b"".join(data for streams, _state, _code in answers for its, data in streams if its == name) == whole


def test_what_a_command_prints_comes_while_it_runs(client):
    shell = client.create()
    command = client.command(shell, stdin="TRUE").ready
    command.say(Output(b"first"))
    early = client.receive(shell, command.id)
    waiting = client.receive(shell, command.id)
    command.finish(Output(b"last", b"", 2))

    assert 'State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Running"' in early.body
    assert base64.b64encode(b"first").decode() in early.body
    assert isinstance(waiting, Wait)
    assert client.output(shell, command.id) == (1, b"last", b"", "2")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("", soap.not_an_envelope().code, id="no stream at all"),
        pytest.param("<rsp:Receive><rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive>", 87, id="of no command"),
        pytest.param(
            '<rsp:Receive><rsp:DesiredStream CommandId="X">stdout</rsp:DesiredStream></rsp:Receive>',
            soap.shell_not_found().code,
            id="of an unknown command",
        ),
    ],
)
def test_a_receive_that_asks_for_nothing(client, body, code):
    shell = client.create()

    with pytest.raises(soap.Fault) as refused:
        client.ask("Receive", body, shell=shell)
    assert refused.value.code == code


def test_a_shell_is_described_as_recorded_hosts_do(client):
    shell = client.create()

    body = ElementTree.fromstring(f'<b xmlns:rsp="{soap.RSP}">{client.ask("Get", shell=shell).body}</b>')
    told = {element.tag.rpartition("}")[2]: element.text for element in body[0]}
    assert told == {
        "ShellId": shell, "ResourceUri": soap.CMD_SHELL, "Owner": ALICE, "ClientIP": "127.0.0.1", "IdleTimeOut": "PT7200.000S",
        "InputStreams": "stdin", "OutputStreams": "stdout stderr", "State": "Connected", "ShellRunTime": "P0DT0H0M0S",
        "ShellInactivity": "P0DT0H0M0S",
    }  # fmt: skip


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
    assert (refused.value.code, refused.value.wmi) == (soap.too_many_shells().code, True)
    assert "a maximum number of 1 concurrent shells" in str(refused.value)


def test_the_quota_of_operations_counts_per_shell():
    client = Client(Winrs(Quota(operations=1)))
    shell = client.create()
    client.command(shell)

    with pytest.raises(soap.Fault) as refused:
        client.command(shell)
    assert (refused.value.code, refused.value.wmi) == (soap.too_many_operations().code, True)
    assert client.command(client.create()).command_id
