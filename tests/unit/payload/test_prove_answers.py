# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The independent script under the engine: its programs answer in their own formats, and the emulation of it tells the same."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from pathlib import Path

import proofs
import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import asked
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.answers import read_answers
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import compared
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.rows import Verdict
from fleet.backends.emulator.emulator import Emulator
from fleet.backends.engine import stand_ins
from fleet.windows.machine import Fault
from fleet.windows.programs import NEVER_ENDS

pytestmark = pytest.mark.engine


def told(back_end, its, tell):
    return tell(back_end, its.other, "prove", **asked.arguments(its.facts))


def comparable(answers):
    """All but the ground, seconds, and the words of the question, in which paths and quotation marks are the engine's."""
    kept = {}
    for name, one in answers.items():
        if name != "ground":
            out = json.loads(one.out) if one.exit_code is None and one.out else one.out
            kept[name] = dataclasses.replace(one, out=out, seconds=0.0, asked="", problem=one.problem and "some")
    return kept


@pytest.mark.parametrize("kind", proofs.KINDS)
def test_script_and_emulation_tell_the_same(kind, powershell, tell):
    its = proofs.host(proofs.KINDS[kind]())
    answer = told(powershell, its, tell)
    by_engine, by_emulator = read_answers(answer), read_answers(told(Emulator(), its, tell))

    assert answer["clean"] is True
    assert list(by_engine) == list(by_emulator)
    assert comparable(by_engine) == comparable(by_emulator)
    rows = compared(its.facts, by_engine)
    assert [row for row in rows if row.verdict is Verdict.DIFFERS] == []


def test_a_source_that_is_denied_ends_no_other(powershell, tell):
    its = proofs.host(proofs.full())
    denied = ("secedit.exe", "whoami.exe", "sc.exe", "WinNT", "Get-CimClass", "Get-WindowsFeature", "Win32_ComputerSystem")
    its.other.faults = dict.fromkeys(denied, Fault(5))
    rows = compared(its.facts, read_answers(told(powershell, its, tell)))

    missed = {row.source for row in rows if row.verdict is Verdict.NOT_ASKED}
    expected = {
        "secedit /export",
        "secedit /mergedpolicy",
        "whoami /user",
        "whoami /groups",
        "whoami /priv",
        "sc queryex",
        "sc qc",
        "sc qprivs",
    }
    assert missed == expected | {"sc qsidtype", "WinNT", "Get-CimClass", "list of features", "Win32_ComputerSystem"}
    assert [row for row in rows if row.verdict is Verdict.DIFFERS] == []


def test_the_folder_is_removed_also_where_a_program_did_not_answer(powershell, tell):
    its = proofs.host(proofs.full())
    its.other.faults = {"gpresult.exe": Fault(5)}

    assert told(powershell, its, tell)["clean"] is True


SCRIPT = "plugins/modules/prove.ps1"


@pytest.fixture
def homes(monkeypatch):
    """The folders of the commands of this test, below which their programs are."""
    found, write = [], stand_ins.write

    def noted(machine, user, token, args, home):
        found.append(home)
        write(machine, user, token, args, home)

    monkeypatch.setattr(stand_ins, "write", noted)
    return found


def running_in(homes):
    """Command lines of the processes that were started there; other tests have processes of the same programs."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # somebody's process that ended meanwhile
            found.append((place / "cmdline").read_bytes())
    return [words for words in found if any(os.fsencode(home) in words for home in homes)]


@pytest.mark.parametrize(
    ("call", "good", "bad", "source", "fact"),
    [
        pytest.param("whoami.exe", '-Words "/$what /fo csv"', '-Words "/$what /fo csv" -Seconds 1', "whoami_user", "whoami /user", id="a program"),
        pytest.param("Get-WindowsFeature", "-With $server -Seconds 120", "-With $server -Seconds 1", "feature", "list of features", id="a cmdlet"),
    ],
)  # fmt: skip
def test_what_never_ends_is_ended_and_ends_no_other(powershell, spoilt, tell, homes, call, good, bad, source, fact):
    its = proofs.host(proofs.full())
    its.other.faults = {call: Fault(NEVER_ENDS)}
    answers = read_answers(told(spoilt(powershell, (SCRIPT, good, bad)), its, tell))
    rows = compared(its.facts, answers)

    assert (answers[source].problem, answers[source].exit_code) == ("timeout after 1 seconds", None)
    assert {row.why for row in rows if fact in row.source and row.verdict is Verdict.NOT_ASKED} == {"timeout after 1 seconds"}
    assert [row for row in rows if row.verdict is Verdict.DIFFERS] == []
    assert homes
    assert running_in(homes) == []


def test_an_answer_that_is_cut_is_not_compared(powershell, spoilt, tell):
    its = proofs.host(proofs.full())
    answers = read_answers(told(spoilt(powershell, (SCRIPT, "$mostBytes = 4000000", "$mostBytes = 60")), its, tell))

    assert answers["secedit"].cut
    assert len(answers["secedit"].file) == 60
    assert [row for row in compared(its.facts, answers) if row.verdict is Verdict.DIFFERS] == []


def test_a_folder_that_stays_is_told(powershell, spoilt, tell):
    its = proofs.host(proofs.full())
    stays = (SCRIPT, "[IO.Directory]::Delete($scratch, $true)", "[IO.Directory]::Delete($scratch + '-other', $true)")

    assert told(spoilt(powershell, stays), its, tell)["clean"] is False
