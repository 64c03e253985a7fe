# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signal that would end the task that reads all hosts stops the reading first, and ends the task when the report is written."""

from __future__ import annotations

import os
import signal

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.interrupted import Interrupts

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def ended(work):
    """How a process ended that did the work: its exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(99)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_stops_the_reading_and_then_ends_the_process(number, tmp_path):
    stopped = tmp_path / "stopped"

    def work():
        signal.signal(number, signal.SIG_DFL)
        with Interrupts(stopped.touch) as interrupts:
            os.kill(os.getpid(), number)
            interrupts.go_on()

    assert (ended(work), stopped.exists()) == (-number, True)


def test_a_hangup_that_is_ignored_stays_ignored(tmp_path):
    """As nohup has it."""
    stopped = tmp_path / "stopped"

    def work():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with Interrupts(stopped.touch):
            os.kill(os.getpid(), signal.SIGHUP)
        os._exit(0)

    assert (ended(work), stopped.exists()) == (0, False)


@pytest.mark.parametrize("number", SIGNALS)
def test_afterwards_a_signal_is_what_it_was(number):
    before = signal.getsignal(number)

    with Interrupts(list):
        pass

    assert signal.getsignal(number) is before
