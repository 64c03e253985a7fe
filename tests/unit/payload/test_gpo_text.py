# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be told from the text of the GPO payload alone, before it runs anywhere."""

from __future__ import annotations

import base64
import json
import re
import subprocess

import pytest

from fleet.backend import Received
from fleet.backends.emulator.gpo_change import gpo_right
from fleet.backends.emulator.gpo_report import gpo_right_info
from fleet.backends.emulator.texts import COLLECTION
from fleet.backends.request import decode
from fleet.windows.machine import Machine, Token

SHARED = ("plugins/module_utils/_LsaRights.cs", "plugins/module_utils/_RightReport.psm1")
READ = ("plugins/modules/gpo_right_info.ps1", "plugins/module_utils/_GpoReport.psm1")
CHANGE = ("plugins/modules/gpo_right.ps1", "plugins/module_utils/_GpoChange.psm1")
OURS = READ + CHANGE
# The checker wants to see every function that the shared texts name.
AROUND = (*SHARED, "plugins/module_utils/_RightContext.psm1")


@pytest.fixture(scope="module")
def texts(checkout):
    return {path: (checkout / path).read_text() for path in OURS + SHARED}


def code(text):
    """The lines without comments."""
    return "\n".join(line for line in text.splitlines() if not re.match(r"\s*#", line))


@pytest.mark.engine
def test_windows_powershell_takes_it(checkout, win51_check):
    command = [win51_check, "--strict", *OURS, *AROUND]
    ran = subprocess.run(command, cwd=checkout, capture_output=True, text=True, timeout=120, check=False)

    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr


@pytest.mark.parametrize("path", OURS)
def test_a_text_that_no_transport_can_damage(path, checkout):
    raw = (checkout / path).read_bytes()

    assert raw.isascii()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")


@pytest.mark.parametrize(
    ("module", "paths", "size"),
    [
        pytest.param("gpo_right_info", (*SHARED, *READ), 55_000, id="a read"),
        pytest.param("gpo_right", (*SHARED, READ[1], *CHANGE), 72_000, id="a change"),
    ],
)
def test_what_goes_to_the_host(module, paths, size, sent, texts):
    received = sent(module)
    came = decode(received.command_line, received.stdin).texts

    assert sorted(text for name, text in came.items() if COLLECTION in name) == sorted(texts[path] for path in paths)
    assert sum(len(texts[path]) for path in paths) < size


def test_a_read_carries_nothing_that_writes(texts):
    writing = (
        r"(?i)ModifyRequest|AddRequest|DeleteRequest|\.Write|Replace\(\$|::(Delete|Move|Replace|Create\w*|Write\w*|Append\w*|Copy)\("
        r"|\b(Set|Remove|Move|Copy|Rename|Out|Clear)-(?!StrictMode)\w+"
    )

    assert (
        re.findall(
            writing, "\n".join(code(texts[path]) for path in READ).replace("[regex]::Replace(", "").replace("SHA256]::Create()", "")
        )
        == []
    )


def test_only_the_two_attributes_of_a_version_are_written(texts):
    text = code(texts[CHANGE[1]])

    assert text.count("ModifyRequest") == 1
    assert re.findall(r"foreach \(\$name in ('versionNumber', 'gPCMachineExtensionNames')\)", text) == [
        "'versionNumber', 'gPCMachineExtensionNames'"
    ]
    assert re.findall(r"(?i)AddRequest|DeleteRequest|ModifyDN|ExtendedRequest", text) == []


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(
            r"(?i)NonPublic|GetField|Reflection|Invoke-Expression|\biex\b|-EncodedCommand", id="reflection and built code"
        ),
        pytest.param(r"\.To(Lower|Upper)\(\)", id="case by culture"),
        pytest.param(r"(?i)Ansible\.Basic", id="Ansible.Basic, which the payload does not need"),
        pytest.param(r"(?i)\brequired\b|permitted|member_server|domain_controller|iusr", id="words of the policy"),
        pytest.param(
            r"Get-AD[A-Z]\w+|Get-GPO\b|Set-GP[A-Z]\w*|\[(?:adsi|ADSI)\]|DirectorySearcher|DirectoryEntry\b",
            id="modules that not every host has",
        ),
        pytest.param(r"(?i)Credential|Password|AuthType|'Basic'|Anonymous", id="another logon than that of the session"),
        pytest.param(r"(?i)FLEET|/tmp|IsWindows|PWSH", id="a word of the test bed"),
    ],
)
def test_not_a_trace_of(forbidden, texts):
    assert re.findall(forbidden, "\n".join(code(texts[path]) for path in OURS)) == []


def test_the_registry_is_read_by_the_shared_functions(texts):
    assert all("HKLM" not in texts[path] for path in OURS)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("path", "answer"),
    [
        pytest.param(READ[0], lambda machine: gpo_right_info(machine, "SIM\\auditor", Token.ADMINISTRATOR, {}), id="a read"),
        pytest.param(
            CHANGE[0], lambda machine: gpo_right(machine, "SIM\\auditor", Token.ADMINISTRATOR, {"change": {}}), id="a change"
        ),
    ],
)
def test_it_says_so_where_powershell_is_constrained(path, answer, checkout, powershell):
    """The text by itself: under the wrapper of ansible-core no module with utils gets as far as that."""
    script = f"$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'; & '{checkout / path}'"
    command = f"pwsh -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"
    machine = Machine("DC01", language_mode="ConstrainedLanguage")

    output = powershell.run(machine, Received(command, b"", "SIM\\auditor", {}))

    told = json.loads(output.stdout)
    assert {key: value for key, value in told.items() if key != "session"} == {
        key: value for key, value in answer(machine).items() if key != "session"
    }
