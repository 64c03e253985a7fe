# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads the hosts of an audit: a task for each host, or one task for all of them. Pure: judges what a run and its hosts are."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ansible.errors import AnsibleError

from .._input.errors import BadInput
from .given import Options, Result, TaskVars
from .lasting import in_awx

if t.TYPE_CHECKING:
    from ansible.playbook.task import Task

FEW = 50
"""Fewer hosts than these are read by a task for each."""
LOOKED_AT = (
    "ansible_connection",
    "ansible_become",
    "ansible_winrm_transport",
    "ansible_psrp_auth",
    "ansible_user",
    "ansible_winrm_user",
)
"""Variables that tell how a host may be read."""
_CONNECTIONS = {prefix + name: name for name in ("winrm", "psrp") for prefix in ("", "ansible.builtin.", "ansible.legacy.")}
_FALSE = (None, False, 0, "", "false", "False", "no", "No", "off", "0", "n", "f")
_LINEAR = ("linear", "ansible.builtin.linear", "debug", "ansible.builtin.debug")
_NAMED = 3  # reasons in a sentence


@dataclass(frozen=True, slots=True)
class Run:
    """What counts of a run: the connection and become of the task, its strategy, and whether AWX runs it."""

    connection: str = "ssh"
    become: bool = False
    delegated: bool = False
    strategy: str = "linear"
    awx: bool = False
    marked: bool = False
    known: bool = True


def run_of(task: Task, task_vars: TaskVars, known: bool) -> Run:
    """What counts of the run of a task of ansible-core."""
    return Run(
        connection=str(task.connection), become=bool(task.become), delegated=bool(task.delegate_to), strategy=str(task.get_play().strategy),
        awx=in_awx(task_vars), marked=task_vars.get("impersonate_mark_hosts") not in _FALSE, known=known,
    )  # fmt: skip


class Looked:
    """What the variables of hosts say of how they may be read, by a look at one host after the other."""

    def __init__(self, task_vars: TaskVars) -> None:
        self.hosts: dict[str, dict[str, object]] = {}
        self._of_play = {name: task_vars[name] for name in LOOKED_AT if name in task_vars}

    def look(self, host: str, values: Mapping[str, object]) -> None:
        """Take the variables of one host."""
        self.hosts[host] = {name: _value(values, name) for name in LOOKED_AT if name in values}

    def effective(self, own: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """Host -> its variables, with those that the play, the role or the task sets for all hosts.

        Those are the variables of the task that the inventory does not have for its host, or has otherwise: ``own`` has what it has,
        not templated, as those of the task are.
        """
        others = {name: value for name, value in self._of_play.items() if name not in own or own[name] != value}
        return {host: {**values, **others} for host, values in self.hosts.items()}


def _value(values: Mapping[str, object], name: str) -> object:
    try:
        return values[name]
    except AnsibleError:  # a template that has no value here may have one in the task
        return "{"


@dataclass(frozen=True, slots=True)
class Choice:
    """Who reads the hosts, ``host`` or ``fleet``, and why; hosts that the fleet's reader gives a process each, with the reason."""

    reader: str
    why: str
    alone: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """What a person is told."""
        tasks = "one task reads all hosts" if self.reader == "fleet" else "a task for each host"
        rest = f"; a process for each of {len(self.alone)} of them ({_reasons(self.alone)})" if self.alone else ""
        return f"Reader: {self.reader} ({tasks}{rest}), {self.why}"


def choose(wanted: str, hosts: Mapping[str, Mapping[str, object]], run: Run) -> Choice:
    """Decide who reads. ``wanted``: auto, host or fleet. ``hosts``: host -> its variables, not templated, as far as they are looked at.

    Raises BadInput where the fleet's reader is wanted and cannot be had.
    """
    alone = {host: why for host, values in hosts.items() if (why := _why_alone(values, run))}
    if wanted == "host":
        return Choice("host", "as impersonate_reader says", {})
    if wanted == "fleet":
        if why := _why_not(run):
            raise BadInput("reader", f"one task cannot read all hosts {why}; use host")
        return Choice("fleet", "as impersonate_reader says", alone)
    threads = len(hosts) - len(alone)
    if run.awx:
        return Choice("host", "because AWX shows a host by its own tasks", {})
    if why := _why_not(run):
        return Choice("host", f"because one task cannot read all hosts {why}", {})
    if threads < FEW:
        reason = f"fewer than {FEW}" if len(hosts) < FEW else f"{threads} of {len(hosts)} can be read in threads, fewer than {FEW}"
        return Choice("host", f"because of the number of hosts: {reason}", {})
    if len(alone) > threads:
        reason = f"for most of them, {len(alone)} of {len(hosts)}, a process each would be needed ({_reasons(alone)})"
        return Choice("host", f"because of the hosts: {reason}", {})
    return Choice("fleet", f"because there are {FEW} hosts or more", alone)


def _reasons(alone: Mapping[str, str]) -> str:
    """Why hosts are read alone, in a few words."""
    reasons = list(dict.fromkeys(alone.values()))
    return ", ".join(reasons[:_NAMED]) + (", ..." if len(reasons) > _NAMED else "")


def _why_not(run: Run) -> str | None:
    if not run.known:
        return "with this release of ansible-core"
    if run.marked:
        return "and impersonate_mark_hosts count each of them"
    return None if run.strategy in _LINEAR else f"with the strategy {run.strategy}"


def _why_alone(values: Mapping[str, object], run: Run) -> str | None:
    """Why a host cannot be read by a thread beside others, or None where it can be."""
    if run.delegated:
        return "the task is delegated"
    value = values.get("ansible_connection") or run.connection
    connection = _CONNECTIONS.get(str(value))
    if connection is None:
        return "a template for the connection" if _is_template(value) else f"connection {value}"
    become = values.get("ansible_become", run.become)
    if become not in _FALSE:
        return "become"
    return "Kerberos" if _may_be_kerberos(connection, values) else None


def _may_be_kerberos(connection: str, values: Mapping[str, object]) -> bool:
    """Whether the login may be Kerberos: the winrm connection names the cache of its tickets in the environment, one for the whole process.

    It does so where the transport is kerberos, which it is by default where the name of the user has a realm (documentation of the
    connection plugins ``ansible.builtin.winrm`` and ``ansible.builtin.psrp``).
    """
    value = values.get("ansible_winrm_transport" if connection == "winrm" else "ansible_psrp_auth")
    if value not in (None, "", []):
        return "kerberos" in str(value) or _is_template(value)
    users = [values[name] for name in ("ansible_winrm_user", "ansible_user") if values.get(name)]
    return connection == "winrm" and (not users or any("@" in str(user) or _is_template(user) for user in users))


def _is_template(value: object) -> bool:
    return "{" in str(value)


OPTIONS = ("threads", "processes", "host_timeout", "fleet_timeout", "retries")


def checked(options: Options) -> Result:
    """How the reader of the fleet reads. Raises BadInput for a number that makes no sense."""
    for name, least in (("threads", 1), ("processes", 0), ("host_timeout", 1), ("fleet_timeout", 0), ("retries", 0)):
        value = options[f"reader_{name}"]
        if not least <= value < float("inf"):
            raise BadInput(f"reader_{name}", f"{value:g} is not a number from {least} on")
    return {name: options[f"reader_{name}"] for name in OPTIONS}
