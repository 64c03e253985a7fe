# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator answers in the payload's words, and only for the payload's text."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

import pytest

from fleet.backend import Received
from fleet.backends.emulator import texts
from fleet.backends.emulator.emulator import MODULES, Emulator
from fleet.windows.machine import FLOOR, Logon, Machine, Token

PREFIX = "ansible_collections.winrights.seimpersonate."
MODULE, CHANGE = (f"{PREFIX}plugins.modules.{name}.ps1" for name in ("local_right_info", "local_right"))
UTIL = f"{PREFIX}plugins.module_utils._LsaRights.cs"
ALL = (
    "plugins/modules/local_right_info.ps1",
    "plugins/module_utils/_LsaRights.cs",
    "plugins/module_utils/_RightContext.psm1",
    "plugins/module_utils/_RightReport.psm1",
)
USERS, IIS_IUSRS = "S-1-5-32-545", "S-1-5-32-568"


def script(path):
    stem, _unused, extension = path.rpartition(".")
    return f"{PREFIX}{stem.replace('/', '.')}.{extension}"


def sent(accounts=(), user="SIM\\auditor", *, module=MODULE, args=None, change=None, without=(), actions=(), newline="\n"):
    """One run of a module in the form of ansible-core 2.19, which is enough to tell what is asked."""
    paths = texts.current("local_right") if module == CHANGE else ALL
    bodies = {script(path): (texts.CHECKOUT / path).read_text() for path in paths if script(path) not in without}
    bodies.update(change or {})
    bodies.setdefault(module, "")
    bodies = {name: {"script": base64.b64encode(text.replace("\n", newline).encode()).decode()} for name, text in bodies.items()}
    last = {
        "name": "module_wrapper.ps1",
        "params": {
            "Script": module,
            "Variables": [
                {"Name": "complex_args", "Value": {**(args or {"accounts": list(accounts)}), "_ansible_version": "2.19.1"}}
            ],
            "CSharpModules": [name for name in bodies if name.endswith(".cs")],
            "PowerShellModules": [name for name in bodies if name.endswith(".psm1")],
        },
    }
    manifest = {"scripts": bodies, "actions": [*actions, last]}
    stdin = b'{"name": "exec_wrapper"}\n\0\0\0\0\n' + json.dumps(manifest).encode()
    return Received("PowerShell -NoProfile -NonInteractive -EncodedCommand JABpAG4AcAB1AHQA", stdin, user, {})


def answer(machine=None, received=None):
    output = Emulator().run(machine or Machine.member_server("HOST01"), received or sent())
    assert output.stderr == b""
    assert output.stdout.isascii()
    assert output.stdout.endswith(b"\r\n")
    return json.loads(output.stdout), output.exit_code


def test_the_whole_answer():
    machine = Machine.member_server("WEB01", iis=True, build=17763)

    assert answer(machine, sent(["BUILTIN\\Administrators", "SIM\\gone"])) == (
        {
            "changed": False,
            "holders": [
                {"sid": sid, "name": name, "use": use, "resolved": "lsa", "domain": None}
                for sid, name, use in (
                    ("S-1-5-19", "NT AUTHORITY\\LOCAL SERVICE", 5),
                    ("S-1-5-20", "NT AUTHORITY\\NETWORK SERVICE", 5),
                    ("S-1-5-32-544", "BUILTIN\\Administrators", 4),
                    ("S-1-5-32-568", "BUILTIN\\IIS_IUSRS", 4),
                    ("S-1-5-6", "NT AUTHORITY\\SERVICE", 5),
                )
            ],
            "accounts": [
                {
                    "asked": "BUILTIN\\Administrators",
                    "sid": "S-1-5-32-544",
                    "name": "BUILTIN\\Administrators",
                    "use": 4,
                    "resolved": "lsa",
                },
                {"asked": "SIM\\gone", "sid": None, "name": None, "use": 8, "resolved": "unmapped"},
            ],
            "lookup_status": "0x00000000",
            "not_asked": [],
            "computer": {
                "name": "WEB01",
                "sid": "S-1-5-21-3532857527-2905212297-402047175",
                "machine_role": 3,
                "role_status": 0,
                "read_only": False,
                "role_pending": False,
                "domain": "SIM",
                "dns_domain": "sim.example",
                "entra_joined": False,
            },
            "windows": {
                "product_type": "ServerNT",
                "sku": 7,
                "build": 17763,
                "revision": 5329,
                "edition": "ServerStandard",
                "caption": "Windows Server 2019 Standard",
                "installation_type": "Server",
                "display_version": None,
            },
            "iis": {
                "services": ["W3SVC", "WAS"],
                "version": "10.0",
                "components": ["ASPNET45", "CoreWebEngine", "W3SVC"],
                "readable": True,
            },
            "session": {
                "user": machine.user_sid("SIM\\auditor"),
                "administrator": True,
                "filtered": False,
                "elevated": True,
                "language_mode": "FullLanguage",
                "powershell": "5.1.17763.5329",
                "bits": 64,
                "windows_bits": 64,
            },
            "features": {"ssis": [], "adfs": False, "spooler": 2, "spooler_known": True, "session_host": False},
            "pools_status": "read",
            "pools": [
                {"name": "DefaultAppPool", "identity": "ApplicationPoolIdentity", "account": None, "sid": None, "manual": False}
            ],
            "control": {
                "now": "2026-06-15T12:00:00.0000000Z",
                "rsop": {
                    "error": None,
                    "extension": {"ended": "2026-06-15T11:00:00.0000000Z", "error": 0, "logging": 1},
                    "settings": [],
                    "gpos": [],
                    "soms": [],
                },
                "logging": None,
                "templates": [],
                "mdm": {"provider": None, "set": None, "value": None},
                "sids": [],
            },
        },
        0,
    )


@pytest.mark.parametrize(
    ("machine", "call", "status"),
    [
        pytest.param(
            Machine.member_server("A", logons={"SIM\\auditor": Logon("x", Token.FILTERED)}),
            *("LsaEnumerateAccountsWithUserRight", "0xC0000022"),
            id="filtered by UAC",
        ),
        pytest.param(
            Machine.member_server("A", faults={"LsaOpenPolicy": 0xC00000DC}), "LsaOpenPolicy", "0xC00000DC", id="not ready"
        ),
        pytest.param(Machine("A", language_mode="ConstrainedLanguage"), "language mode", None, id="constrained language"),
    ],
)
def test_holders_that_cannot_be_read(machine, call, status):
    result, exit_code = answer(machine)

    assert result["failed"]
    assert result["error"] == {"call": call, "status": status}
    assert "holders" not in result
    assert result["session"]["language_mode"] == machine.language_mode
    assert exit_code == 0  # the module itself ended well


def test_a_32_bit_session_does_not_know_of_iis():
    result, _unused = answer(Machine("A", bits=32, iis=None, rights={"S-1-5-6": {"SeImpersonatePrivilege"}}))

    assert result["iis"] == {"services": [], "version": None, "components": [], "readable": False}
    assert result["windows"]["build"] is None


def change(**args):
    return sent(module=CHANGE, args=args)


def test_a_change_is_made_and_told():
    machine = Machine.member_server("A", also=[USERS])

    result, exit_code = answer(machine, change(expected=[*FLOOR, USERS], add=[IIS_IUSRS], remove=[USERS]))

    session = result.pop("session")
    assert session["administrator"]
    assert result == {
        "changed": True,
        "outcome": "applied",
        "before": sorted([*FLOOR, USERS]),
        "after": sorted([*FLOOR, IIS_IUSRS]),
        "attempted": [
            {"op": "add", "sid": IIS_IUSRS, "status": "0x00000000"},
            {"op": "remove", "sid": USERS, "status": "0x00000000"},
        ],
        "undone": [],
        "error": None,
    }
    assert machine.holders() == result["after"]
    assert exit_code == 0


def test_a_change_that_fails_is_undone_and_told():
    machine = Machine.member_server("A", also=[USERS])

    result, exit_code = answer(machine, change(expected=[*FLOOR, USERS], remove=[USERS, "S-1-5-19"]))

    assert result["failed"]
    assert not result["changed"]
    assert result["msg"] == (
        "The holders of SeImpersonatePrivilege are as before, the change failed: "
        "LsaRemoveAccountRights of S-1-5-19 failed with 0xC00000BB."
    )
    assert result["undone"] == [{"op": "add", "sid": USERS, "status": "0x00000000"}]
    assert machine.holders() == sorted([*FLOOR, USERS])
    assert exit_code == 0


def test_a_read_before_a_change_tells_what_runs():
    machine = Machine.member_server("A", iis=True, running={"Spooler": "LocalSystem"})
    audit, _unused = answer(machine, sent(["SIM\\x"]))

    result, _unused = answer(machine, change(read={"accounts": ["SIM\\x"]}))

    assert result == audit | {
        "services_more": False,
        "services": [
            {"name": "Spooler", "account": "LocalSystem", "sid": "S-1-5-18", "pid": 1000, "impersonate": None, "sid_type": 0}
        ],
    }
    assert [one["name"] for one in audit["pools"]] == ["DefaultAppPool"]


def test_no_change_in_constrained_language():
    result, _unused = answer(Machine("A", language_mode="ConstrainedLanguage"), change(expected=[], add=[USERS], remove=[]))

    assert (result["outcome"], result["error"]["call"]) == ("not_started", "language mode")


def test_newlines_of_the_connection_do_not_matter():
    assert "failed" not in answer(received=sent(newline="\r\n"))[0]


@pytest.mark.parametrize(
    ("received", "message"),
    [
        pytest.param(
            sent(change={UTIL: "// another text\n"}),
            "the emulator does not know this text of plugins/module_utils/_LsaRights.cs: test it on a PowerShell engine and "
            "record it, both with: make payloads",
            id="a util was edited",
        ),
        pytest.param(
            sent(change={MODULE: "'{}'"}), "this text of plugins/modules/local_right_info.ps1:", id="the module was edited"
        ),
        pytest.param(sent(without=(UTIL,)), "this text of plugins/module_utils/_LsaRights.cs:", id="a util did not come"),
        pytest.param(
            sent(change={f"{PREFIX}plugins.module_utils._More.psm1": "function Get-More {}"}),
            "this text of plugins/module_utils/_More.psm1:",
            id="a util came that is not known",
        ),
        pytest.param(
            sent(module="ansible_collections.ansible.windows.plugins.modules.win_ping.ps1"),
            "knows no module ansible.windows.win_ping, only gpo_right, gpo_right_info, local_right, local_right_info, prove, prove_change of "
            "winrights.seimpersonate",
            id="another module",
        ),
        pytest.param(
            sent(actions=[{"name": "async_wrapper.ps1", "params": {"AsyncJid": "j1"}}]), "does not know async", id="async"
        ),
        pytest.param(Received("x", b"{}\0\0\0\0{}", "SIM\\auditor", {}), "a payload of unknown form", id="no payload"),
    ],
)
def test_what_is_refused(received, message):
    result, exit_code = answer(received=received)

    assert result["failed"]
    assert message in result["msg"]
    assert exit_code == 1


def test_a_plain_script_is_not_run():
    output = Emulator().run(Machine("A"), Received("powershell -Command hostname", b"", "SIM\\auditor", {}))

    assert (output.stdout, output.exit_code) == (output.stderr, 1)
    for words in (b"A is simulated and has no files", b"runs modules only", b"without ANSIBLE_KEEP_REMOTE_FILES"):
        assert words in output.stdout


@pytest.mark.parametrize(
    ("become_user", "user"),
    [pytest.param("SYSTEM", "S-1-5-18", id="SYSTEM"), pytest.param("SIM\\admin", None, id="another administrator")],
)
def test_become_changes_whose_session_it_is(become_user, user):
    machine = Machine.member_server("A", logons={"SIM\\auditor": Logon("x", Token.USER), "SIM\\admin": Logon("y")})
    received = sent(actions=[{"name": "become_wrapper.ps1", "params": {"BecomeUser": become_user}}])

    result, _unused = answer(machine, received)

    assert result["session"]["user"] == (user or machine.user_sid("SIM\\admin"))
    assert len(result["holders"]) == 4


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_record_is_that_of_the_checkout(module):
    """Fails when the payload was edited: `make payloads` tests it on an engine, then records it."""
    assert texts.known()[module] == texts.current(module)


def test_recording(tmp_path, monkeypatch):
    monkeypatch.setattr(texts, "RECORD", tmp_path / "payloads.json")
    texts.known.cache_clear()
    try:
        assert texts.known() == {}
        texts.record(MODULES)
        assert set(texts.known()["local_right_info"]) == set(ALL)
    finally:
        texts.known.cache_clear()


def test_the_switch_must_be_said():
    ran = subprocess.run(
        [sys.executable, "-m", "fleet.backends.emulator.emulator"],
        cwd=texts.CHECKOUT / "tests",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 2
    assert "--record" in ran.stderr
