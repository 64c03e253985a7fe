# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads the hosts of an audit: a task for each host, or one task for all of them. Pure: judges what a run and its hosts are."""

from __future__ import annotations

import typing as t
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible.errors import AnsibleError

from .._input.errors import BadInput
from .._wording import MESSAGE, visible
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
    "ansible_user",
    "ansible_winrm_user",
    "ansible_winrm_kinit_mode",
)
"""Variables that tell how a host may be read."""
_USERS = ("ansible_user", "ansible_ssh_user", "ansible_winrm_user")
LOGIN = (
    *_USERS,
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_winrm_pass",
    "ansible_winrm_password",
    "ansible_winrm_kinit_cmd",
    "ansible_winrm_kinit_args",
    "ansible_winrm_kinit_env_vars",
    "ansible_winrm_kerberos_delegation",
)
"""Variables that tell whose tickets of Kerberos the winrm connection gets, and how."""
_CONNECTIONS = {prefix + name: name for name in ("winrm", "psrp") for prefix in ("", "ansible.builtin.", "ansible.legacy.")}
_FALSE = (None, False, 0, "", "false", "False", "no", "No", "off", "0", "n", "f")
_LINEAR = ("linear", "ansible.builtin.linear", "debug", "ansible.builtin.debug")
_NAMED = 3  # reasons in a sentence
_OF_ONE_PROCESS = 50  # hosts of one login for which a second process, with a kinit of its own, is not worth while


@dataclass(frozen=True, slots=True)
class Run:
    """What counts of a run: the connection and become of the task, its strategy, and whether AWX runs it.

    For hosts with Kerberos alone, and asked then: ``user``, the keyword remote_user of the task, not templated; ``shares_tickets``, whether
    hosts of one login may share tickets.
    """

    connection: str = "ssh"
    become: bool = False
    strategy: str = "linear"
    awx: bool = False
    marked: bool = False
    known: bool = True
    user: Callable[[], str] = field(default=lambda: "", repr=False)
    shares_tickets: Callable[[], bool] = field(default=lambda: True, repr=False)


def run_of(task: Task, task_vars: TaskVars, known: bool, user: Callable[[], str], shares_tickets: Callable[[], bool]) -> Run:
    """What counts of the run of a task of ansible-core. ``user`` and ``shares_tickets``: as in Run."""
    return Run(
        connection=str(task.connection), become=bool(task.become), strategy=str(task.get_play().strategy),
        awx=in_awx(task_vars), marked=task_vars.get("impersonate_mark_hosts") not in _FALSE, known=known,
        user=user, shares_tickets=shares_tickets,
    )  # fmt: skip


class Looked:
    """What the variables of hosts say of how they may be read, by a look at one host after the other.

    ``for_all``: the variables that are set for all hosts, by the play, a role, a task or the command line, not templated. They count more
    than those of the inventory; those that ``defaults`` names, the defaults of roles, may count less, so that the value of a host that has
    another is not known.
    """

    def __init__(self, for_all: Mapping[str, object], defaults: Collection[str] = ()) -> None:
        self.hosts: dict[str, dict[str, object]] = {}
        self._for_all = {name: _value(for_all, name) for name in {*LOOKED_AT, *LOGIN} if name in for_all}
        self._defaults = self._for_all.keys() & set(defaults)

    def look(self, host: str, values: Mapping[str, object]) -> None:
        """Take the variables of one host; those of its login only where that may be with Kerberos, since a vault may have to be opened."""
        seen = self._seen(LOOKED_AT, values)
        self.hosts[host] = seen | self._seen(LOGIN, values) if _may_be_kerberos(seen) else seen

    def _seen(self, names: Iterable[str], values: Mapping[str, object]) -> dict[str, object]:
        return {name: self._effective(name, values) for name in names if name in values or name in self._for_all}

    def _effective(self, name: str, values: Mapping[str, object]) -> object:
        if name not in self._for_all:
            return _value(values, name)
        value = self._for_all[name]
        return _UNKNOWN if name in self._defaults and name in values and _value(values, name) != value else value


_UNKNOWN = "{{"


def _value(values: Mapping[str, object], name: str) -> object:
    """A variable. It is not known where its template has no value here, or where the secret of its vault is not there: the host's
    task says so, and no other host's. One of a vault is opened when its text is asked for (``AnsibleVaultEncryptedUnicode``, before 2.19).
    """
    try:
        value = values[name]
        text = str(value)
    except AnsibleError:
        return _UNKNOWN
    return text if getattr(value, "__ENCRYPTED__", False) else value


@dataclass(frozen=True, slots=True)
class Choice:
    """Who reads the hosts, ``host`` or ``fleet``, and why.

    ``alone``: hosts that the fleet's reader gives a process each, with the reason. ``logins``: hosts that share a login with Kerberos, for
    each such login; no process reads hosts of two.
    """

    reader: str
    why: str
    alone: Mapping[str, str] = field(default_factory=dict)
    logins: Sequence[Sequence[str]] = ()

    @property
    def sentence(self) -> str:
        """What a person is told."""
        parts = ["one task reads all hosts" if self.reader == "fleet" else "a task for each host"]
        if self.logins:
            hosts = sum(map(len, self.logins))
            parts.append(f"processes of its own for each Kerberos login: {len(self.logins)} for {hosts} of them")
        if self.alone:
            parts.append(f"a process for each of {len(self.alone)} of them ({_reasons(self.alone)})")
        return f"Reader: {self.reader} ({'; '.join(parts)}), {self.why}"


def choose(wanted: str, hosts: Mapping[str, Mapping[str, object]], run: Run) -> Choice:
    """Decide who reads. ``wanted``: auto, host or fleet. ``hosts``: host -> its variables, not templated, as far as they are looked at.

    Raises BadInput where the fleet's reader is wanted and cannot be had.
    """
    if wanted == "host":
        return Choice("host", "as impersonate_reader says")
    why = _why_not(run)
    if wanted == "fleet":
        if why:
            raise BadInput("reader", f"one task cannot read all hosts {why}; use host")
        return Choice("fleet", "as impersonate_reader says", *_apart(hosts, run))
    if run.awx:
        return Choice("host", "because AWX shows a host by its own tasks")
    if why:
        return Choice("host", f"because one task cannot read all hosts {why}")
    if len(hosts) < FEW:
        return Choice("host", f"because of the number of hosts: fewer than {FEW}")
    alone, logins = _apart(hosts, run)
    threads = len(hosts) - len(alone)
    if threads < FEW:
        reason = f"{threads} of {len(hosts)} can be read in threads, fewer than {FEW}"
        return Choice("host", f"because of the number of hosts: {reason}")
    if len(alone) > threads:
        reason = f"for most of them, {len(alone)} of {len(hosts)}, a process each would be needed ({_reasons(alone)})"
        return Choice("host", f"because of the hosts: {reason}")
    return Choice("fleet", f"because there are {FEW} hosts or more", alone, logins)


def _reasons(alone: Mapping[str, str]) -> str:
    """Why hosts are read alone, in a few words."""
    reasons = list(dict.fromkeys(alone.values()))
    return ", ".join(reasons[:_NAMED]) + (", ..." if len(reasons) > _NAMED else "")


def instead(host: str, error: str) -> Choice:
    """A task for each host, since one for all would run on a host on which none can begin. ``error``: what ansible-core says."""
    return Choice(
        "host", f"because one task for all would run on {visible(host)}, and that host's cannot begin: {visible(error, MESSAGE)}"
    )


def _why_not(run: Run) -> str | None:
    if not run.known:
        return "with this release of ansible-core"
    if run.marked:
        return "and impersonate_mark_hosts count each of them"
    return None if run.strategy in _LINEAR else f"with the strategy {run.strategy}"


def _apart(hosts: Mapping[str, Mapping[str, object]], run: Run) -> tuple[dict[str, str], list[tuple[str, ...]]]:
    """Hosts that need a process each, with the reason, and those that share a login with Kerberos, for each such login."""
    alone: dict[str, str] = {}
    logins: dict[tuple[str, ...], list[str]] = {}
    for host, values in hosts.items():
        if why := _why_alone(values, run):
            alone[host] = why
        elif _gets_tickets(values, run):
            login = _login(values, run)
            if login is None:
                alone[host] = "Kerberos, with a template for the login"
            elif not run.shares_tickets():
                alone[host] = "Kerberos, with this winrm connection"
            else:
                logins.setdefault(login, []).append(host)
    alone |= {group[0]: "Kerberos, with a login of its own" for group in logins.values() if len(group) == 1}
    return alone, [tuple(group) for group in logins.values() if len(group) > 1]


def _why_alone(values: Mapping[str, object], run: Run) -> str | None:
    """Why a host cannot be read by a thread beside others, or None where it can be, perhaps only beside those of the same login."""
    if _connection(values, run) is None:
        value = values.get("ansible_connection") or run.connection
        return "a template for the connection" if _is_template(value) else f"connection {value}"
    return "become" if values.get("ansible_become", run.become) not in _FALSE else None


def _connection(values: Mapping[str, object], run: Run) -> str | None:
    return _CONNECTIONS.get(str(values.get("ansible_connection") or run.connection))


def _gets_tickets(values: Mapping[str, object], run: Run) -> bool:
    """Whether the connection may get tickets of Kerberos, whose place it names in the environment, which is one for the whole process.

    That is winrm, unless its tickets are got by the user (documentation of ``ansible.builtin.winrm``). psrp keeps those of a password in
    memory, for each connection, and otherwise takes the user's (pyspnego, ``_kinit`` and ``_get_gssapi_credential`` in spnego/_gss.py).
    """
    manual = values.get("ansible_winrm_kinit_mode") == "manual"
    return _connection(values, run) == "winrm" and not manual and _may_be_kerberos(values)


def _may_be_kerberos(values: Mapping[str, object]) -> bool:
    """Whether the winrm connection may log in with Kerberos: by its transport, and by default where the name of the user has a realm."""
    transport = values.get("ansible_winrm_transport")
    if transport not in (None, "", []):
        return "kerberos" in str(transport) or _is_template(transport)
    users = [values[name] for name in ("ansible_winrm_user", "ansible_user") if values.get(name)]
    return not users or any("@" in str(user) or _is_template(user) for user in users)


def _login(values: Mapping[str, object], run: Run) -> tuple[str, ...] | None:
    """What is the same for two hosts that can share tickets, or None where that is not known: the connection's values are templates."""
    login = tuple(str(values.get(name)) for name in LOGIN)
    user = "" if any(values.get(name) for name in _USERS) else run.user()
    return None if any(map(_is_template, (*login, user, values.get("ansible_winrm_kinit_mode")))) else login


def _is_template(value: object) -> bool:
    return any(mark in str(value) for mark in ("{{", "{%", "{#"))


Shares = list[tuple[str, ...]]


def shares_of(
    hosts: Sequence[str], alone: Collection[str], logins: Iterable[Collection[str]], processes: int
) -> tuple[Shares, Shares, Shares]:
    """Which hosts one process reads: shares for threads, shares of hosts with one Kerberos login each, hosts alone.

    Each process of a login asks for tickets, so that few hosts have one process. ``hosts``: those that are still in the play.
    """
    left = set(hosts).difference(alone)
    groups = [[host for host in group if host in left] for group in logins]
    others = left.difference(*groups)
    threads = [host for host in hosts if host in others]
    parts = [part for group in groups for part in _parts(group, min(processes, -(-len(group) // _OF_ONE_PROCESS)))]
    return _parts(threads, processes), parts, [(host,) for host in hosts if host not in left]


def _parts(hosts: Sequence[str], count: int) -> Shares:
    """The hosts in so many parts, dealt as good as by chance, and alike in each run: dead or slow hosts often have a part of their names in
    common.

    No name of a host may end the run: what UTF-8 has no place for passes as well.
    """
    mixed = sorted(hosts, key=lambda host: zlib.crc32(host.encode("utf-8", "surrogatepass")))
    return [part for number in range(count) if (part := tuple(mixed[number::count]))]


OPTIONS = ("threads", "processes", "host_timeout", "fleet_timeout", "retries")


def checked(options: Options) -> Result:
    """How the reader of the fleet reads. Raises BadInput for a number that makes no sense."""
    for name, least in (("threads", 1), ("processes", 0), ("host_timeout", 1), ("fleet_timeout", 0), ("retries", 0)):
        value = options[f"reader_{name}"]
        if not least <= value < float("inf"):
            raise BadInput(f"reader_{name}", f"{value:g} is not a number from {least} on")
    return {name: options[f"reader_{name}"] for name in OPTIONS}
