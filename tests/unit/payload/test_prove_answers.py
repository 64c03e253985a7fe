# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The independent script under the engine: its programs answer in their own formats, and the emulation of it tells the same."""

from __future__ import annotations

import dataclasses
import json

import proofs
import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove import asked
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.answers import read_answers
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.comparing import compared
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._prove.rows import Verdict
from fleet.backends.emulator.emulator import Emulator
from fleet.windows.machine import Fault

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
