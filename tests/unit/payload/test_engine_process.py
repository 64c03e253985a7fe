# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A warm server of the engine tells what a fresh process tells, and nothing of one command is left for the next."""

from __future__ import annotations

import dataclasses
import os
import select
import subprocess
import sys
import tempfile
import threading

import pytest

from fleet.backend import Received
from fleet.backends.engine import engine, engine_process, pwsh, ways
from fleet.backends.engine.engine_process import Command, Server, ServerBroke, Servers, TimeIsUp
from fleet.backends.engine.pwsh import PowerShell
from fleet.backends.engine.ways import Way
from fleet.windows.machine import Fault, Logon, Machine, Token

LIMIT = 120
AUDIT = "plugins/modules/local_right_info.ps1"


@pytest.fixture(scope="module")
def powershell():
    engine.need("cc")
    return PowerShell(engine.need("pwsh"), way=Way.WARM)


@pytest.fixture(scope="module")
def warm(powershell):
    """Run a command in the one server that the tests share, unless it was ended."""
    servers = Servers()
    yield lambda command: servers.run("shared", powershell.server, command, LIMIT)
    servers.close()


@pytest.fixture
def server(powershell):
    made = powershell.server()
    yield made
    made.close()


@pytest.fixture
def command(powershell, tmp_path):
    """A command that runs a script, in a folder of its own."""

    def make(script, stdin=b"", **environment):
        home = tmp_path / f"command{len([*tmp_path.iterdir()])}"
        home.mkdir()
        words = ("-NoProfile", "-NonInteractive", "-EncodedCommand", pwsh.encoded(script))
        return Command(words, stdin, {**powershell.surroundings(), "HOME": str(home), **environment}, home)

    return make


SCRIPTS = [
    pytest.param("'one'; 'two'", b"", id="output"),
    pytest.param("exit 3", b"", id="exit"),
    pytest.param("$Host.SetShouldExit(4); 'on'", b"", id="the host is told to exit"),
    pytest.param("throw 'no'", b"", id="an uncaught error"),
    pytest.param("Write-Error -Message 'no'; 'on'", b"", id="an error on the way"),
    pytest.param("Get-Item -LiteralPath /no/such/file", b"", id="the last command failed"),
    pytest.param("foreach ($line in $input) { \"<$line>\" }", b"one\r\ntwo\n\0\0\0\0\nthree", id="input"),
    pytest.param("[Console]::In.ReadToEnd().Length", b"one\ntwo", id="the console's input"),
    pytest.param("[Console]::Out.Write('out'); [Console]::Error.Write('err'); [Console]::OutputEncoding = [Text.UTF8Encoding]::new(); "
                 "[Console]::Error.Write('more')", b"", id="the console's streams"),
    pytest.param("'\u00fc\u4e2d\U0001f600'; [Console]::Error.Write('\u00fc')", b"", id="not ASCII"),
    pytest.param("/bin/sh -c 'echo out; echo err >&2; cat'", b"read by the program", id="a program that is started"),
    pytest.param("[Environment]::Exit(7)", b"", id="the process is ended"),
    pytest.param("if ($null -ne $env:LEFT) { 'left' }; $env:LEFT = 1", b"", id="a variable of the environment"),
    pytest.param("if (Test-Path -Path variable:global:left) { 'left' }; $global:left = 1", b"", id="a variable"),
    pytest.param("if (Get-Command -Name Get-Left -ErrorAction SilentlyContinue) { 'left' }; function global:Get-Left {}", b"", id="a function"),
    pytest.param("$ErrorActionPreference; $ErrorActionPreference = 'Stop'; Set-StrictMode -Version 2.0", b"", id="preferences"),
    pytest.param("$PWD.Path -eq $env:HOME; [Environment]::CurrentDirectory -eq $env:HOME; Set-Location -Path /; "
                 "[IO.Directory]::SetCurrentDirectory('/')", b"", id="the folder"),
    pytest.param("[TimeZoneInfo]::Local.BaseUtcOffset.TotalHours", b"", id="the time zone"),
    pytest.param("Get-FleetFault -Call one", b"", id="a stand-in"),
]  # fmt: skip


@pytest.mark.engine
@pytest.mark.parametrize(("script", "stdin"), SCRIPTS)
def test_a_script_in_a_warm_server(script, stdin, warm, command, powershell, tmp_path):
    (tmp_path / "services.json").write_text('{"faults": {}}')
    environment = {"FLEET_SERVICES": str(tmp_path / "services.json"), "TZ": "Asia/Tokyo"}

    fresh = engine_process.run(powershell.program, command(script, stdin, **environment), LIMIT)

    for _unused in range(2):
        assert warm(command(script, stdin, **environment)) == fresh


COMPILE = "function Add-CSharpType {{ param($References, $AnsibleModule) {} }} Add-CSharpType -References {} -AnsibleModule $null"


@pytest.mark.engine
def test_a_server_compiles_a_text_once(server, command):
    def answer(compiler, texts):
        return server.run(command(COMPILE.format(compiler, texts)), LIMIT).stdout

    assert answer("throw 'no'", "'one', 'two'") == b""
    assert answer("'compiled'", "'one', 'two'") == b"compiled\n"  # not what failed
    assert answer("'compiled'", "'one', 'two'") == b""
    assert answer("'compiled'", "'two', 'one'") == answer("'compiled'", "'three'") == b"compiled\n"


@pytest.mark.engine
def test_a_process_of_its_own_compiles_whatever_others_did(command, powershell):
    for _unused in range(2):
        ran = engine_process.run(powershell.program, command(COMPILE.format("'compiled'", "'one'")), LIMIT)
        assert ran.stdout == b"compiled\n"


@pytest.mark.engine
def test_nothing_is_left_of_a_server(powershell, command, tmp_path, monkeypatch):
    left = tmp_path / "temporary"
    left.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(left))
    server = powershell.server()
    ran = server.run(command("'here'"), LIMIT)
    held = [*left.glob("*/pwsh-*")]

    server.close()

    assert (ran.stdout, len(held)) == (b"here\n", 1)
    assert [*left.iterdir()] == []


@pytest.mark.engine
def test_what_still_runs_ends_with_its_server(server, command):
    output = server.run(
        command("$null = [PowerShell]::Create().AddScript('Start-Sleep -Seconds 600').BeginInvoke(); 'done'"), LIMIT
    )

    assert (output.stdout, output.exit_code) == (b"done\n", 0)
    assert not server.usable


@pytest.mark.engine
def test_a_command_that_does_not_end(server, command):
    with pytest.raises(TimeIsUp):
        server.run(command("Start-Sleep -Seconds 600"), 0)

    assert not server.usable


@pytest.mark.engine
def test_a_server_that_cannot_start(powershell, command):
    made = Server(
        powershell.program,
        {**powershell.surroundings(), "LD_LIBRARY_PATH": "", "PWSH_STARTUP": "/no/such/file"},
        powershell.libraries,
    )
    with pytest.raises(ServerBroke):
        made.run(command("'never'"), LIMIT)
    made.close()


def host(**fields):
    machine = Machine.member_server("HOST01", logons={"SIM\\auditor": Logon("Simulated-1", Token.ADMINISTRATOR)})
    for name, value in fields.items():
        setattr(machine, name, value)
    return machine


SECOND = Fault(5, on=2)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("machine", "module", "asked"),
    [
        pytest.param(host(), "local_right_info", {"accounts": ["SIM\\svc"], "events": 24, "expand": True, "exposure": True}, id="an audit"),
        pytest.param(host(faults={"Get-Service": SECOND}), "local_right_info", {"accounts": []}, id="a fault that comes once"),
        pytest.param(host(), "local_right", {"read": {"accounts": []}}, id="the read before a change"),
        pytest.param(host(), "local_right", {"expected": ["S-1-5-19", "S-1-5-20", "S-1-5-32-544", "S-1-5-6"], "add": ["S-1-5-32-568"],
                                             "remove": []}, id="a change"),
    ],
)  # fmt: skip
def test_each_module_in_a_fresh_process_and_twice_in_a_warm_server(machine, module, asked, powershell, sent):
    compared = PowerShell(powershell.program, way=Way.COMPARED)
    for one in (dataclasses.replace(machine), dataclasses.replace(machine, name="HOST02")):
        output = compared.run(one, sent(module, **asked))  # raises where they differ
        assert b"HOST02" in output.stdout or one.name == "HOST01" or module == "local_right"


@pytest.mark.engine
def test_a_server_that_has_run_enough_is_replaced(powershell, command):
    servers, made = Servers(), []

    def start():
        made.append(powershell.server(life=2))
        return made[-1]

    for _unused in range(5):
        assert servers.run("kind", start, command("'done'"), LIMIT).stdout == b"done\n"
    servers.close()

    assert len(made) == 3


@pytest.mark.engine
def test_commands_that_come_at_once(powershell, command):
    servers, made, outputs = Servers(), [], {}

    def start():
        made.append(powershell.server())
        return made[-1]

    def ask(number, asked):
        outputs[number] = servers.run("kind", start, asked, LIMIT).stdout

    threads = [threading.Thread(target=ask, args=(number, command(f"'{number}'"))) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    servers.close()

    assert outputs == {number: f"{number}\n".encode() for number in range(6)}
    assert len(made) <= engine_process.WARM


@pytest.mark.engine
@pytest.mark.parametrize("end", [pytest.param("os.kill(os.getpid(), 9)", id="killed"), pytest.param("", id="at its end")])
def test_no_server_is_left_behind(end, powershell, tmp_path):
    """By a pytest that ended, however it did."""
    script = "import os, select; from fleet.backends.engine.pwsh import PowerShell; from fleet.backends.engine.engine_process import SERVERS, Command\n"
    script += "server = SERVERS._take('kind', PowerShell().server); print(server.pid, flush=True); input(); " + end
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        server = os.pidfd_open(int(process.stdout.readline()))
        process.communicate(b"\n")

    assert select.select([server], [], [], LIMIT)[0]
    os.close(server)


@pytest.mark.parametrize("module", ["local_right", "local_right_info"])
def test_the_payload_of_the_checkout_runs_warm(module, sent):
    assert ways.kind(sent(module))[0] == module


def test_each_module_has_servers_of_its_own(sent):
    assert ways.kind(sent("local_right")) != ways.kind(sent("local_right_info"))


class Kept:
    def run(self, _machine, received):
        self.received = received


def test_an_altered_payload_runs_fresh(sent, spoilt):
    kept = Kept()
    spoilt(kept, (AUDIT, "Set-StrictMode -Version 2.0", "Set-StrictMode -Version 2.0 ")).run(None, sent("local_right_info"))

    assert ways.kind(kept.received) is None


@pytest.mark.parametrize(
    "received",
    [
        pytest.param(Received("powershell -EncodedCommand " + pwsh.encoded("'script'"), b"", "user", {}), id="a script"),
        pytest.param(
            Received("powershell -EncodedCommand " + pwsh.encoded("'script'"), b"{\0\0\0\0{", "user", {}), id="of unknown form"
        ),
    ],
)
def test_what_is_no_module_runs_fresh(received):
    assert ways.kind(received) is None
