# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runspace pools and pipelines of one host: pypsrp gets its output, the back end what a process would get."""

from __future__ import annotations

import base64
import importlib.util
from xml.etree import ElementTree

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WSManFaultError
from pypsrp.host import PSHost, PSHostUserInterface
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from fleet import host
from fleet.backend import Canned, Output
from fleet.backends.request import script_of
from fleet.faults import CLIXML
from fleet.simulation import Fleet
from fleet.windows.machine import Logon, Machine
from fleet.winrm import soap
from fleet.winrm.authn import Access
from fleet.winrm.winrs import CHUNK, Quota, Wait

pytestmark = pytest.mark.wire

psrpcore = pytest.importorskip("psrpcore")
RunspacePoolState = pytest.importorskip("psrpcore.types").RunspacePoolState
psrp = pytest.importorskip("fleet.winrm.psrp")

USER = "SIM\\auditor"
ERROR = (
    b'#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">'
    b'<S S="Error">Out of memory_x000D__x000A_</S><S S="warning">and late</S></Objs>'
)


class Answers(Canned):
    """A back end whose answer a test may change."""

    def say(self, *output) -> None:
        self._output = Output(*output)


@pytest.fixture(scope="module")
def running():
    """A fleet of one host, and its back end."""
    back_end = Answers()
    machine = Machine("A", logons={USER: Logon("pw")})
    with Fleet([machine], back_end, access=Access(unencrypted=True)) as fleet:
        yield fleet, back_end
        assert fleet.errors() == []
        assert fleet.open_shells() == {}


@pytest.fixture
def fleet(running):
    running[0].journal.clear()
    return running[0]


@pytest.fixture
def back_end(running):
    running[1].received.clear()
    running[1].say(b"hello\r\n")
    return running[1]


@pytest.fixture
def pool(fleet):
    """An open runspace pool of a client with a host, as the psrp connection has one."""
    address, port = fleet.address("A")
    options = {"ssl": False, "auth": "basic", "encryption": "never", "no_proxy": True, "username": USER, "password": "pw"}
    with WSMan(address, port=port, **options) as connection:
        ui = PSHost(None, None, False, "test", None, PSHostUserInterface(), None)
        with RunspacePool(connection, host=ui) as pool:
            yield pool


def run(pool, script="dir", arguments=(), given=None) -> PowerShell:
    shell = PowerShell(pool).add_script(script)
    for argument in arguments:
        shell.add_argument(argument)
    shell.invoke(input=given)
    return shell


@pytest.mark.parametrize(
    ("given", "stdin"),
    [
        pytest.param(None, b"", id="no input"),
        pytest.param(["one"], b"one\n", id="a line"),
        pytest.param(["one", "", "two"], b"one\n\ntwo\n", id="lines, one of them empty"),
        pytest.param("one\n\ntwo", b"one\n\ntwo\n", id="one text, as up to 2.17"),
        pytest.param(["\0\0\0\0", "_x0041_"], b"\0\0\0\0\n_x0041_\n", id="characters that XML has not"),
        pytest.param(["grüß 😀"], "grüß 😀\n".encode(), id="not ASCII"),
        pytest.param(["x" * 600_000], b"x" * 600_000 + b"\n", id="more than an envelope holds"),
    ],
)
def test_input_becomes_the_stdin_of_a_process(pool, back_end, given, stdin):
    shell = run(pool, given=given)

    (_name, received), *more = back_end.received
    assert (received.stdin, received.user, more) == (stdin, USER, [])
    assert shell.output == ["hello"]


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        pytest.param("dir", (), id="a script"),
        pytest.param("$x = 'ä'\n$x", (), id="lines"),
        pytest.param("dir", ("C:\\a b", "<&>", "_x0041_", "\r\n"), id="with arguments"),
        pytest.param("#" * 600_000, (), id="more than an envelope holds"),
    ],
)
def test_a_script_becomes_the_command_line_that_runs_it(pool, back_end, script, arguments):
    run(pool, script, arguments)

    assert script_of(back_end.received[0][1].command_line) == (script, arguments)


@pytest.mark.parametrize(
    ("output", "stdout", "stderr", "code"),
    [
        pytest.param((), [], [], 0, id="nothing"),
        pytest.param((b"out\r\n",), ["out"], [], 0, id="a line"),
        pytest.param((b"a\r\nb",), ["a\r\nb"], [], 0, id="two lines"),
        pytest.param((b"", b"wrong\r\n", 3), [], ["wrong"], 3, id="stderr and an exit code"),
        pytest.param((b"out", ERROR, 1), ["out"], ["Out of memory"], 1, id="an error record"),
        pytest.param((b"out", CLIXML), ["out"], [], 0, id="progress"),
        pytest.param((b"", b"#< CLIXML\r\n<Objs"), [], ["#< CLIXML\r\n<Objs"], 0, id="half a record"),
        pytest.param((b"\0\xff",), ["\0\ufffd"], [], 0, id="bytes that are no text"),
        pytest.param(("grüß 😀".encode(),), ["grüß 😀"], [], 0, id="not ASCII"),
    ],
)
def test_the_client_gets_the_output(pool, back_end, output, stdout, stderr, code):
    back_end.say(*output)

    shell = run(pool)

    assert (shell.output, shell.state) == (stdout, PSInvocationState.COMPLETED)
    assert [line.rstrip("\r\n") for line in pool.host.ui.stderr] == stderr
    assert (pool.host.rc or 0) == code


@pytest.mark.parametrize(
    ("size", "answers"),
    [
        pytest.param(100, 1, id="a line"),  # with the messages of the exit code and of the end
        pytest.param(3_000, 2, id="an answer of ours"),
        pytest.param(5 * CHUNK, 7, id="half a megabyte"),
    ],
)
def test_output_comes_in_pieces_that_fit_an_envelope(pool, fleet, back_end, size, answers):
    back_end.say(b"x" * size)

    assert run(pool).output == ["x" * size]
    received = fleet.journal.records("A", "Receive")
    assert len(received) == 2 + answers  # two are the pool's own
    assert max(record.sent for record in received) < 153_600


def test_pipelines_of_one_pool_follow_each_other(pool, fleet, back_end):
    first = run(pool, "first")
    first.state = PSInvocationState.RUNNING  # as the psrp connection does before it stops what is done
    first.stop()
    run(pool, "second", given=["x"])

    assert [script_of(received.command_line)[0] for _name, received in back_end.received] == ["first", "second"]
    assert [record.module for record in fleet.commands("A")] == ["(script)", "(script)"]
    assert (len(fleet.creates("A")), len(fleet.journal.records("A", "Signal"))) == (1, 1)


def test_ids_are_those_that_the_client_chose(pool, fleet, back_end):
    shell = run(pool)

    record = fleet.commands("A")[0]
    assert (record.shell, record.command) == (pool.id, shell.id)


def test_keys_are_exchanged_over_the_pool(pool):
    pool.exchange_keys()

    assert pool._key_exchanged


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda pool: pool.get_command_metadata("Get-*"), id="of a pipeline"),
        pytest.param(lambda pool: pool.get_available_runspaces(), id="of the pool"),
    ],
)
def test_what_ansible_never_asks_is_refused(pool, ask):
    with pytest.raises(WSManFaultError) as refused:
        ask(pool)
    assert refused.value.code == soap.not_supported().code


class Direct:
    """Speaks to the pools of one host without a socket."""

    def __init__(self, quota: Quota) -> None:
        self.shells = psrp.Psrp(quota)
        self.client = psrpcore.ClientRunspacePool()

    def ask(self, action: str, body: str, *, shell: str = "", user: str = USER):
        element = ElementTree.fromstring(f'<b xmlns:rsp="{soap.RSP}">{body}</b>')
        return self.shells.handle(soap.Request(action, action, element, psrp.Psrp.resource, "uuid:1", shell, 9.0), user)

    def create(self, shell: str) -> str:
        self.client.open()
        creation = base64.b64encode(self.client.data_to_send().data).decode()
        xml = f'<rsp:Shell ShellId="{shell}"><creationXml xmlns="{psrp.POWERSHELL}">{creation}</creationXml></rsp:Shell>'
        return self.ask("Create", xml).shell_id

    def receive(self, shell: str):
        return self.ask("Receive", "<rsp:Receive><rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive>", shell=shell)


def test_a_pool_opens_in_two_answers():
    """As in pypsrp's recordings (tests/responses/test_psrp_open_runspace.yml): first what the peers are, then the state."""
    direct = Direct(Quota())
    shell = direct.create("ONE")
    answers = [direct.receive(shell), direct.receive(shell)]
    told = []
    for answer in answers:
        streams = ElementTree.fromstring(f'<b xmlns:rsp="{soap.RSP}">{answer.body}</b>').iter(f"{{{soap.RSP}}}Stream")
        data = [base64.b64decode(stream.text) for stream in streams]
        told.append([int.from_bytes(one[25:29], "little") for one in data])
        for one in data:
            direct.client.receive_data(psrpcore.PSRPPayload(one, psrpcore.StreamType.default, None))
            assert direct.client.next_event() is not None

    # [MS-PSRP] 2.2.1: SESSION_CAPABILITY, APPLICATION_PRIVATE_DATA; RUNSPACEPOOL_STATE
    assert told == [[0x00010002, 0x00021009], [0x00021005]]
    assert direct.client.state == RunspacePoolState.Opened


def test_a_pool_without_news_makes_the_client_wait():
    direct = Direct(Quota())
    shell = direct.create("ONE")
    *_opened, waiting = direct.receive(shell), direct.receive(shell), direct.receive(shell)

    assert isinstance(waiting, Wait)
    assert (waiting.seconds, waiting.news.is_set()) == (9.0, False)


@pytest.mark.parametrize(
    ("action", "body", "user", "code"),
    [
        pytest.param("Command", "", "SIM\\bob", soap.access_denied().code, id="another's pool"),
        pytest.param("Command", "<rsp:CommandLine/>", USER, soap.too_many_operations().code, id="too many pipelines"),
        pytest.param("Receive", '<rsp:DesiredStream CommandId="X"/>', USER, soap.shell_not_found().code, id="no such pipeline"),
        pytest.param("Receive", "", USER, soap.not_an_envelope().code, id="nothing is asked for"),
    ],
)
def test_what_a_pool_refuses(action, body, user, code):
    direct = Direct(Quota(operations=0))
    shell = direct.create("ONE")

    with pytest.raises(soap.Fault) as refused:
        direct.ask(action, body, shell=shell, user=user)
    assert refused.value.code == code


def test_without_psrpcore_a_host_has_command_shells_only(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    assert [kind.resource for kind in host._kinds(Quota())] == [soap.CMD_SHELL]
