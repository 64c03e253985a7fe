# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends is recognised, in the forms of ansible-core 2.16 to 2.21."""

from __future__ import annotations

import base64
import json

import pytest

from fleet.backends.request import InternalCall, ModuleCall, NotUnderstood, Script, decode, line_of, script_of

WINDOWS_POWERSHELL = "PowerShell -NoProfile -NonInteractive -ExecutionPolicy Unrestricted"
MODULE = "ansible_collections.a.b.plugins.modules.c.ps1"
UTIL = "ansible_collections.a.b.plugins.module_utils._U"
TEXTS = {MODULE: "#Requires é", f"{UTIL}.cs": "class U {}", f"{UTIL}.psm1": "function f {}"}
ARGS = {"accounts": ["x"], "_ansible_version": "2.0", "_ansible_module_name": "a.b.c", "_ansible_verbosity": 0}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def encoded(script: str, start: str = WINDOWS_POWERSHELL) -> str:
    return f"{start} -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"


def old(*, actions=(), args=None, **more) -> bytes:
    """As ansible-core 2.16 and 2.17 send it."""
    manifest = {
        "module_entry": b64(TEXTS[MODULE]),
        "csharp_utils": {UTIL: b64(TEXTS[f"{UTIL}.cs"])},
        "powershell_modules": {UTIL: b64(TEXTS[f"{UTIL}.psm1"])},
        "module_args": ARGS if args is None else args,
        "actions": [*actions, "module_powershell_wrapper"],
        "environment": {},
        **more,
    }
    return b'begin { $x = "`0`0`0`0" }\n\n\0\0\0\0' + json.dumps(manifest).encode()


def new(*, actions=(), args=None, environment=None, data=b"") -> bytes:
    """As ansible-core 2.19 and later send it."""
    module = {
        "name": "module_wrapper.ps1",
        "params": {
            "Script": MODULE,
            "Environment": environment or {},
            "Variables": [{"Name": "complex_args", "Value": ARGS if args is None else args, "Scope": "Global"}],
            "CSharpModules": [f"{UTIL}.cs"],
            "PowerShellModules": [f"{UTIL}.psm1"],
        },
    }
    scripts = {name: {"path": "/x", "script": b64(text)} for name, text in {**TEXTS, "exec_wrapper.ps1": "no"}.items()}
    return _two({"scripts": scripts, "actions": [*actions, module]}) + data


def internal(name: str, params: dict, data: bytes = b"") -> bytes:
    return _two({"scripts": {}, "actions": [{"name": name, "params": params, "secure_params": {}}]}) + data


def _two(manifest: dict) -> bytes:
    return (
        json.dumps({"name": "exec_wrapper", "script": "x", "params": {}}).encode() + b"\n\0\0\0\0\n" + json.dumps(manifest).encode()
    )


BECOME_OLD = {"actions": ("become_wrapper",), "become_user": "boss", "become_password": "secret"}
BECOME_NEW = {
    "actions": ({"name": "become_wrapper.ps1", "params": {"BecomeUser": "boss"}, "secure_params": {"BecomePassword": "s"}},)
}
ASYNC_OLD = {"actions": ("async_wrapper", "async_watchdog"), "async_jid": "j1"}
ASYNC_NEW = {"actions": ({"name": "async_wrapper.ps1", "params": {"AsyncJid": "j1"}}, {"name": "async_watchdog.ps1", "params": {}})}


@pytest.mark.parametrize(
    ("stdin", "facts"),
    [
        pytest.param(old(), {}, id="2.17"),
        pytest.param(new(), {}, id="2.19"),
        pytest.param(old(args=ARGS | {"_ansible_check_mode": True}), {"check": True}, id="2.17 in check mode"),
        pytest.param(new(args=ARGS | {"_ansible_check_mode": True}), {"check": True}, id="2.19 in check mode"),
        pytest.param(old(args=ARGS | {"_ansible_diff": True}), {"diff": True}, id="2.17 with diff"),
        pytest.param(new(args=ARGS | {"_ansible_diff": True}), {"diff": True}, id="2.19 with diff"),
        pytest.param(old(**BECOME_OLD), {"become_user": "boss"}, id="2.17 with become"),
        pytest.param(new(**BECOME_NEW), {"become_user": "boss"}, id="2.19 with become"),
        pytest.param(old(**ASYNC_OLD), {"async_jid": "j1"}, id="2.17 with async"),
        pytest.param(new(**ASYNC_NEW), {"async_jid": "j1"}, id="2.19 with async"),
        pytest.param(old(environment={"A": "b"}), {"environment": {"A": "b"}}, id="2.17 with an environment"),
        pytest.param(new(environment={"A": "b"}), {"environment": {"A": "b"}}, id="2.19 with an environment"),
    ],
)
def test_a_module_is_recognised_in_both_forms(stdin, facts):
    expected = {"check": False, "diff": False, "become_user": None, "async_jid": None, "environment": {}} | facts

    call = decode(encoded("bootstrap"), stdin)

    assert isinstance(call, ModuleCall)
    assert (call.name, call.args, call.core_version) == ("a.b.c", {"accounts": ["x"]}, "2.0")
    assert call.texts == TEXTS
    assert {key: getattr(call, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("line", "script", "arguments"),
    [
        pytest.param(encoded("dir"), "dir", (), id="2.19"),
        pytest.param(encoded(encoded("dir")), "dir", (), id="2.17, wrapped twice"),
        pytest.param(encoded("dir", "powershell -NoProfile -NonInteractive"), "dir", (), id="2.21"),
        pytest.param(encoded("dir", "pwsh -NoProfile"), "dir", (), id="PowerShell 7"),
        pytest.param(encoded("dir", '& "powershell.exe" -NoLogo'), "dir", (), id="by its file name"),
        pytest.param("ipconfig /all", "ipconfig /all", (), id="no PowerShell"),
        pytest.param(
            encoded("dir", "powershell")
            + " -EncodedArguments "
            + base64.b64encode(
                (
                    '<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0"><LST>'
                    "<S>a b</S><S>_x005F_x_xD83D__xDE00_</S></LST></Obj></Objs>"
                ).encode("utf-16-le")
            ).decode(),
            "dir",
            ("a b", "_x\U0001f600"),
            id="2.21 with arguments",
        ),
    ],
)
def test_a_script_is_unwrapped(line, script, arguments):
    assert decode(line, b"") == Script(script, arguments)


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        pytest.param("dir", (), id="a script"),
        pytest.param("param($x)\n'ä' + \"$x\"", ("a b",), id="with an argument"),
        pytest.param("dir", ("<&>", "_x0041_", "\0\r\n", "\U0001f600"), id="with what CLIXML has to escape"),
    ],
)
def test_what_came_without_a_command_line_gets_one(script, arguments):
    assert script_of(line_of(script, arguments)) == (script, arguments)


def test_input_that_is_no_payload_makes_no_module():
    assert decode(encoded("run me"), b"some text\r\n") == Script("run me")


@pytest.mark.parametrize(
    ("stdin", "expected"),
    [
        pytest.param(
            internal("powershell_mkdtemp.ps1", {"Directory": "%TEMP%", "Name": "x"}),
            InternalCall("powershell_mkdtemp.ps1", {"Directory": "%TEMP%", "Name": "x"}),
            id="a folder is made",
        ),
        pytest.param(
            internal("winrm_put_file.ps1", {"Path": "C:\\x"}, b"\n\0\0\0\0\nAAEC\r\n"),
            InternalCall("winrm_put_file.ps1", {"Path": "C:\\x"}, b"AAEC\r\n"),
            id="a file is put",
        ),
        pytest.param(
            internal("psrp_put_file.ps1", {"Path": "C:\\x"}, b"\n\0\0\0\0\nAAEC\nAwQ=\n"),
            InternalCall("psrp_put_file.ps1", {"Path": "C:\\x"}, b"AAEC\nAwQ=\n"),
            id="a file is put over psrp",
        ),
    ],
)
def test_calls_of_core_itself_are_recognised(stdin, expected):
    assert decode(encoded("bootstrap"), stdin) == expected


@pytest.mark.parametrize(
    ("line", "stdin"),
    [
        pytest.param(encoded("x"), b"{}\n\0\0\0\0\n{", id="no JSON"),
        pytest.param(encoded("x"), b"{}\n\0\0\0\0\n[]", id="no object"),
        pytest.param(encoded("x"), b"{}\n\0\0\0\0\n{}", id="an empty object"),
        pytest.param(encoded("x"), b"wrapper\0\0\0\0{}", id="an empty object of the old form"),
        pytest.param(encoded("x"), new().replace(b64(TEXTS[MODULE]).encode(), b"***"), id="a text that is no base64"),
        pytest.param("powershell -EncodedCommand AAA", b"", id="a command that is no base64"),
        pytest.param(encoded("x") + " -EncodedArguments AAAA", b"", id="arguments that are no CLIXML"),
    ],
)
def test_what_is_not_understood_is_said_and_not_guessed(line, stdin):
    with pytest.raises(NotUnderstood):
        decode(line, stdin)


@pytest.mark.parametrize("stdin", [pytest.param(old(**BECOME_OLD), id="2.17"), pytest.param(new(**BECOME_NEW), id="2.19")])
def test_neither_arguments_nor_passwords_show_in_what_is_printed(stdin):
    shown = repr(decode(encoded("x"), stdin))

    assert "a.b.c" in shown
    assert "accounts" not in shown
    assert "secret" not in shown
