# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated hosts of a benchmark answer the same payload as the emulation does, which is asked once for all of them."""

from __future__ import annotations

import pytest

from benchmarks import answers
from fleet.backends.emulator.emulator import Emulator
from fleet.built import built
from fleet.windows.machine import Machine

MACHINES = [Machine.member_server(name) for name in ("host00000", "host00001", "host09999")]
READ = {"exposure": False, "expand": False, "events": None}


def command(*accounts, user="SIM\\auditor"):
    return built("local_right_info", user, accounts=list(accounts), **READ)


@pytest.fixture
def emulated(monkeypatch):
    """Names of the hosts that the emulation was asked for."""
    asked = []

    class Counted(Emulator):
        def run(self, machine, received):
            asked.append(machine.name)
            return super().run(machine, received)

    monkeypatch.setattr(answers, "Emulator", Counted)
    return asked


@pytest.mark.parametrize(
    "accounts",
    [
        pytest.param((), id="nobody is asked for"),
        pytest.param(("BUILTIN\\Administrators", "SIM\\gone", "IIS APPPOOL\\Shop"), id="names that each host looks up"),
    ],
)
def test_each_host_answers_as_the_emulation_would_for_it(emulated, accounts):
    back_end = answers.Answers()

    for machine in MACHINES:
        assert back_end.run(machine, command(*accounts)) == Emulator().run(machine, command(*accounts))
    assert emulated == ["host00000"]


def test_another_command_is_another_question(emulated):
    back_end = answers.Answers()

    for machine in MACHINES:
        back_end.run(machine, command())
        back_end.run(machine, command("SIM\\gone"))
    assert emulated == ["host00000", "host00000"]


def test_another_user_is_another_question(emulated):
    back_end = answers.Answers()
    refused = "SIM\\nobody"

    back_end.run(MACHINES[0], command())
    with pytest.raises(KeyError, match="nobody called"):
        back_end.run(MACHINES[1], command(user=refused))


def test_what_the_host_of_interest_was_sent_is_kept_though_another_one_answered_first():
    back_end = answers.Answers("host00001")

    back_end.run(MACHINES[0], command())
    assert back_end.received is None
    back_end.run(MACHINES[1], command())
    assert back_end.received == command()
