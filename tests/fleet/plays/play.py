# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a playbook against a fleet and reads its job events, the ones that AWX stores."""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
import typing as t
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ansible_runner  # type: ignore[import-untyped]

from fleet.plays.plays import path, plays

if t.TYPE_CHECKING:
    from fleet.simulation import Fleet

_RESULTS = ("runner_on_ok", "runner_on_failed", "runner_on_unreachable", "runner_on_skipped")


@dataclass(frozen=True)
class Outcome:
    """What a user sees of a run."""

    rc: int
    status: str  # successful, failed, timeout, canceled
    stdout: str = field(repr=False)
    stats: Mapping[str, Mapping[str, int]]  # ok, changed, failures, dark, skipped, ... -> host -> count
    events: list[dict[str, t.Any]] = field(repr=False)

    @property
    def changed(self) -> set[str]:
        """Hosts with a changed task."""
        return self.hosts("changed")

    @property
    def failed(self) -> set[str]:
        """Hosts with a failed task."""
        return self.hosts("failures")

    @property
    def unreachable(self) -> set[str]:
        """Hosts that could not be reached."""
        return self.hosts("dark")

    def hosts(self, what: str) -> set[str]:
        """Hosts that the recap counts under one of its words."""
        return {host for host, count in self.stats.get(what, {}).items() if count}

    def results(self, name: str) -> dict[str, dict[str, t.Any]]:
        """Results of a task by its name, or by its module's full or short name: host -> result, the last one."""
        return {
            event["event_data"]["host"]: event["event_data"].get("res", {})
            for event in self.events
            if event["event"] in _RESULTS and name in _names(event["event_data"])
        }


def play(
    fleet: Fleet,
    playbook: str | Path,
    *,
    tmp_path: Path,
    check: bool = False,
    diff: bool = False,
    limit: str | None = None,
    extravars: Mapping[str, t.Any] | None = None,
    options: str = "",
    env: Mapping[str, str] | None = None,
    timeout: int = 300,
) -> Outcome:
    """Run a playbook, given by path or full name (`namespace.collection.name`), against all hosts of a fleet.

    `options` are further ones of ansible-playbook's command line. A run that outlives its timeout is killed, and
    has the status `timeout`.
    """
    private = Path(tempfile.mkdtemp(dir=tmp_path, prefix="play-"))
    server = plays()
    with _handlers(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*forkpty", DeprecationWarning)  # the child of pexpect only execs
        run = ansible_runner.run(
            private_data_dir=str(private),
            playbook=str(Path(playbook).resolve()) if Path(playbook).exists() else str(playbook),
            inventory=str(fleet.write_inventory(private / "fleet.yml")),
            limit=limit,
            extravars=dict(extravars or {}),
            cmdline=" ".join(["--check"] * check + ["--diff"] * diff + [options]).strip() or None,
            envvars={
                **(server.environment if server else {"PATH": path()}),
                "NO_PROXY": "127.0.0.0/8",
                "no_proxy": "127.0.0.0/8",
                "ANSIBLE_NOCOLOR": "1",
                **(env or {"FLEET_USUAL": "1"}),
            },
            timeout=timeout,
            settings={"pexpect_timeout": 1},  # how often it looks at the timeout
            quiet=True,
        )
    if server:
        server.settle()
    if run.status == "canceled":  # ansible-runner has killed the playbook and swallowed the interrupt
        raise KeyboardInterrupt
    return Outcome(run.rc, run.status, run.stdout.read(), run.stats or {}, list(run.events))


def _names(event: Mapping[str, t.Any]) -> set[str]:
    action = str(event.get("resolved_action") or event.get("task_action", ""))
    return {str(event.get("task", "")), action, action.rpartition(".")[2]}


@contextlib.contextmanager
def _handlers() -> Iterator[None]:
    """Give the handlers of SIGINT and SIGTERM back, which ansible-runner keeps."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
