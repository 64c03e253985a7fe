# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task reads all hosts of a play: processes with threads, some for hosts of one Kerberos login, one for each host without threads."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
import typing as t
from collections.abc import Mapping

from ansible.errors import AnsibleActionFail

from .._host import tickets
from .._host.core_lock import holding
from .._host.failures import was_not_reached
from .._host.processes import NOT_KEPT, Kind, NoneBegun, Processes, Share
from .._host.reader import Reader
from .._host.repeated import keep_answers
from .._host.schedule import End, Limits
from . import fleet_run, progress
from .given import Check, Result, TaskVars
from .interrupted import Interrupts, write_report
from .one_host import OneHost
from .reader_choice import shares_of
from .results_file import ResultsFile

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase


class FleetReader:
    """Reads all hosts of a play from inside of an action, each as a task of ``module`` with these options would.

    ``check``: what fleet_check returned.
    """

    def __init__(self, action: ActionBase, task_vars: TaskVars, check: Check, module: str, args: Mapping[str, object]) -> None:
        self._action, self._vars, self._check = action, task_vars, check
        self._run_id, self._settings = fleet_run.run_of(check), check["reader"]
        self._file = ResultsFile(self._settings["results"])
        self._one = OneHost(action, task_vars, module, {**args, "progress": False})
        limit = self._settings["fleet_timeout"]
        self._with_login = {host for group in self._settings["logins"] for host in group}
        self._until = time.monotonic() + limit if limit else None

    def read(self) -> Result:
        """Read every host of the play that is still in it. Returns where their results are.

        Raises AnsibleActionFail where they cannot be kept, or no process can be begun. An audit that is interrupted has its report, and
        this does not return.
        """
        signal.alarm(0)  # the time limit of the task, which would end the reading of all hosts
        hosts = [str(host) for host in self._vars["ansible_play_hosts"]]
        count = self._settings["processes"] or _processors()
        shares, logins, singles = shares_of(hosts, self._settings["alone"], self._settings["logins"], count)
        parent = os.getppid()
        processes = Processes(
            self._work, read=self._file.hosts, died=self._died, over=self._is_over, orphaned=lambda: os.getppid() != parent
        )
        try:
            self._file.begin()
            with Interrupts(processes.stop) as interrupts:
                forks = int(self._vars.get("ansible_forks", 5))
                processes.run(Kind(shares, len(shares)), Kind(logins, count), Kind(singles, forks))
                if processes.not_kept:
                    raise AnsibleActionFail(
                        "the results of the hosts cannot be kept: the disk may be full. Those that were not are not checked"
                    )
                if processes.stopped:
                    if not self._check["planning"]:
                        write_report(self._action, self._vars, self._check)
                    interrupts.go_on()
        except NoneBegun as error:
            raise AnsibleActionFail(
                f"the system begins no process that could read hosts ({error}); raise its limits for processes, open files or memory"
            ) from error
        except OSError as error:
            raise AnsibleActionFail(f"the results of the hosts cannot be kept: {error}") from error
        return {"results": self._settings["results"], "hosts": len(hosts)}

    def _work(self, share: Share) -> None:
        """Read a share of the hosts, in a process of its own."""
        keep_answers()
        tickets.leave_none()
        lock = threading.Lock()

        def read(host: str) -> tuple[End, Result]:
            found = holding(lock, lambda: self._one.run(host))
            lost = found.get("unreachable") and was_not_reached(str(found.get("msg", "")))
            return (End.LOST if lost else End.ANSWERED), found

        settings = self._settings
        limits = Limits(settings["host_timeout"], self._until, settings["retries"], settings["threads"])
        with tickets.of_one_login() if share[0] in self._with_login else contextlib.nullcontext():
            Reader(share, limits, read, self._tell, given_up=_given_up, failed=_failed).run()

    def _tell(self, host: str, result: Result) -> None:
        """Keep the result of a host, or end this process, whose parent then ends the run."""
        try:
            self._keep(host, result)
        except OSError:
            os._exit(NOT_KEPT)

    def _keep(self, host: str, result: Result) -> None:
        self._file.keep(host, fleet_run.plain_result(result))
        status = "unreachable" if result.get("unreachable") else str(result.get("status", "error"))
        progress.tell(self._vars, {"progress": self._settings["progress"], "run_id": self._run_id}, status)

    def _died(self, host: str, code: int) -> None:
        ending = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
        self._keep(host, {"failed": True, "msg": f"the process that read this host {ending}"})

    def _is_over(self) -> bool:
        return self._until is not None and time.monotonic() >= self._until


def _processors() -> int:
    """Processors that this process may use, where the system tells it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _given_up(seconds: float) -> Result:
    return {"unreachable": True, "msg": f"the host did not answer within {seconds:g} s (impersonate_reader_host_timeout)"}


def _failed(error: BaseException) -> Result:
    return {"failed": True, "msg": f"{type(error).__name__}: {error}"}
