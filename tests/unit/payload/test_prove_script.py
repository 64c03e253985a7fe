# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be told from the text of the independent script alone: it reads, it is plain, and it is not the payload."""

from __future__ import annotations

import re
import subprocess

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import asked
from fleet.windows.programs import SOURCES

SCRIPT = "plugins/modules/prove.ps1"


@pytest.fixture(scope="module")
def text(checkout):
    return (checkout / SCRIPT).read_text()


def code(text):
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


@pytest.mark.engine
def test_windows_powershell_takes_it(checkout, win51_check):
    ran = subprocess.run([win51_check, "--strict", SCRIPT], cwd=checkout, capture_output=True, text=True, timeout=120, check=False)

    assert (ran.returncode, ran.stdout) == (0, ""), ran.stdout + ran.stderr


def test_no_transport_can_damage_it(checkout):
    raw = (checkout / SCRIPT).read_bytes()

    assert raw.isascii()
    assert b"\r" not in raw
    assert raw.endswith(b"\n")


def test_it_shares_no_line_with_the_payload(checkout, text):
    files = [*checkout.glob("plugins/module_utils/*.*s*"), *checkout.glob("plugins/modules/local_right*.ps1")]
    payload = {line for path in files for line in code(path.read_text())}
    strict = "Set-StrictMode -Version 2.0"  # how a script begins, not how it asks

    assert len(files) == 10
    assert {line for line in code(text) if len(line) > 9} & payload == {strict}


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(r"(?i)Add-Type|DllImport|AnsibleRequires|using namespace", id="C# and utils"),
        pytest.param(r"(?i)Invoke-Expression|\biex\b|Invoke-WebRequest|Net\.WebClient|Sockets", id="built code and the network"),
        pytest.param(
            r"(?i)\b(Set|New|Remove|Clear|Add|Enable|Disable|Stop|Start|Restart)-(?!StrictMode|Object|Answer)\w+",
            id="cmdlets that write",
        ),
        pytest.param(
            r"(?i)\b(reg|sc|net|secedit|auditpol|wevtutil|appcmd)(\.exe)?\s+(add|delete|config|create|user|/configure|/set|cl|set)\b",
            id="verbs that write",
        ),
        pytest.param(r"\.To(Lower|Upper)\(\)", id="case by culture"),
    ],
)
def test_it_only_reads(forbidden, text):
    assert re.findall(forbidden, "\n".join(code(text))) == []


def test_it_starts_these_programs_and_no_others_each_by_its_full_path(text):
    started = set(re.findall(r"-Program '([\w.]+)'", text)) | set(re.findall(r"'inetsrv', '([\w.]+)'", text))

    assert started == set(SOURCES)
    assert text.count("[Diagnostics.Process]::Start(") == 1
    assert "$start.FileName = [IO.Path]::Combine($system, $Program)" in text


def test_as_many_events_are_asked_for_as_are_counted(text):
    assert re.findall(r"-Program 'wevtutil.exe'.*/c:(\d+) ", text) == [str(asked.EVENTS)]


def test_files_are_written_into_a_folder_of_its_own_alone(text):
    assert re.findall(r"\[IO\.(?:File|Directory)\]::(\w+)\(([^)]*)", text) == [
        ("Exists", "$File"),
        ("ReadAllBytes", "$File"),
        ("Exists", "$compiler"),
        ("CreateDirectory", "$scratch"),
        ("Delete", "$scratch, $true"),
    ]
    assert set(re.findall(r"-File (\$\w+)", text)) == {"$written", "$cfg", "$xml"}
