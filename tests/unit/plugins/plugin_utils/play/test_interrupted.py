# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signal that would end the task that reads all hosts stops the reading first, and ends the task when the report is written."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from types import SimpleNamespace

import pytest
from ansible.playbook.task import Task
from ansible.utils.display import Display

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.interrupted import Interrupts, write_report

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


class GoneTerminal(io.StringIO):
    """A terminal that was closed."""

    def write(self, text):
        raise OSError(errno.EIO, "Input/output error", text)


@pytest.mark.parametrize("terminal", [io.StringIO, GoneTerminal], ids=["a terminal", "a terminal that is gone"])
@pytest.mark.parametrize(
    "show",
    [
        pytest.param(lambda: Display().display("the report"), id="the summary"),
        pytest.param(lambda: Display().warning(f"a warning {os.urandom(4).hex()}"), id="a warning"),
    ],
)
def test_the_report_of_an_interrupted_run_is_written_and_shown_nowhere(monkeypatch, terminal, show):
    written = []

    def run(task_vars):
        show()
        written.append(task_vars)

    shared = SimpleNamespace(action_loader=SimpleNamespace(get=lambda *_name, **_given: SimpleNamespace(run=run)))
    task = Task.load({"ansible.builtin.debug": {}})
    task.squash()
    action = SimpleNamespace(
        _task=task, _connection=None, _play_context=None, _loader=None, _templar=None, _shared_loader_obj=shared
    )
    monkeypatch.setattr(Display(), "_final_q", None)
    out, err = terminal(), terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)

    write_report(action, {"a": "b"}, {})

    assert written == [{"a": "b"}]
    assert (out.getvalue(), err.getvalue(), sys.stdout) == ("", "", out)
