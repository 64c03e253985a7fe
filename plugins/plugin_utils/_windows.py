# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that runs anything on a host. Turns its answer into facts, or raises."""

from __future__ import annotations

import dataclasses
import typing as t
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ._answers import read_facts
from ._policy.facts import HostFacts
from ._policy.plan import Plan, by_number
from ._policy.sids import parse_sid

READ = "winrights.seimpersonate.local_right_info"
CHANGE = "winrights.seimpersonate.local_right"

_SUCCESS = "0x00000000"
_OBJECT_NAME_NOT_FOUND = "0xC0000034"
_ACCESS_DENIED = "0xC0000022"  # [MS-ERREF] 2.3.1 STATUS_ACCESS_DENIED

# Words in the failures of ansible-core's own wrapper, where the payload never ran and could not answer for itself.
_MALWARE = "anti-malware software on the host blocked the script"
_CONSTRAINED = "the host allows PowerShell only in constrained language mode"
_WRAPPER_FAILURES = (
    ("ScriptContainedMaliciousContent", "blocked_by_antimalware", _MALWARE),
    ("script contains malicious content", "blocked_by_antimalware", _MALWARE),
    ("ConstrainedLanguage", "unsupported_language_mode", _CONSTRAINED),
    ("core types in this language mode", "unsupported_language_mode", _CONSTRAINED),
    ("is not trusted", "unsupported_language_mode", _CONSTRAINED),
    ("unsupported in CLM mode", "unsupported_language_mode", _CONSTRAINED),
    ("Failed to compile C# code", "compile_failed", "the host could not compile the payload's C#"),
    ("requires a minimum PowerShell version", "powershell_too_old", "the host has no PowerShell 5.1"),
    ("Ansible requires PowerShell v", "powershell_too_old", "the host has no PowerShell 5.1"),
)


# What a person can do about it.
_HINTS = {
    "not_admin": "The logon is no administrator of the host, and Windows lets nobody else list the holders.",
    "uac_filtered": (
        "UAC filtered the logon's token: log on with a domain account that is an administrator of the host, "
        "or set LocalAccountTokenFilterPolicy to 1 there (KB 951016)."
    ),
    "lsa_denied": "The host's LSA denies the call, although the logon does not show as one without administrator's rights.",
    "unsupported_language_mode": "AppLocker or App Control allows no types of our own there, unless the payload is signed.",
}


class HostError(Exception):
    """The host could not be read. ``category``: one word for reports; ``call``, ``status``: what failed, if the host said so."""

    def __init__(self, category: str, message: str, call: str | None = None, status: str | None = None) -> None:
        super().__init__(message)
        self.category = category
        self.call = call
        self.status = status


@dataclass(frozen=True, slots=True)
class More:
    """What a read brings besides: who really has the right (``exposure``), members of groups (``expand``), events of so many hours."""

    exposure: bool = False
    expand: bool = False
    events: int | None = None


NOTHING_MORE = More()


class WindowsHost:
    """Runs the payload over the connection that the inventory chose."""

    def __init__(self, execute_module: Callable[..., Mapping[str, t.Any]], task_vars: Mapping[str, t.Any]) -> None:
        self._execute_module = execute_module
        self._task_vars = task_vars

    @classmethod
    def behind(
        cls, connection: t.Any, execute_module: Callable[..., Mapping[str, t.Any]], task_vars: Mapping[str, t.Any]
    ) -> WindowsHost:
        """The host at the end of a connection. Raises HostError (``not_windows``) when the connection leads to none."""
        if not getattr(connection._shell, "_IS_WINDOWS", False):
            raise HostError("not_windows", f"the connection {connection.transport} does not lead to a Windows host")
        return cls(execute_module, task_vars)

    def read(self, names: Iterable[str] = (), more: More = NOTHING_MORE) -> HostFacts:
        """Read the right in one command and look up ``names`` on the host.

        Raises HostError; a failed read is never an empty right.
        """
        return self._facts(READ, {"accounts": list(names), **dataclasses.asdict(more)})

    def read_for_change(self, names: Iterable[str] = ()) -> HostFacts:
        """The same with what runs on the host, for the list of what must restart. Its payload can also write; here it only reads."""
        return self._facts(CHANGE, {"read": {"accounts": list(names), **dataclasses.asdict(More(exposure=True))}})

    def _facts(self, module: str, asked: dict[str, t.Any]) -> HostFacts:
        try:
            answer = self._execute_module(module_name=module, module_args=asked, task_vars=self._task_vars)
        except OSError as lost:  # the client libraries of WinRM let their errors through
            raise HostError("connection_lost", f"the connection was lost during the read: {lost}") from lost
        if answer.get("failed") or answer.get("unreachable"):
            raise _failure(answer)
        return facts_of(answer)

    def apply(self, plan: Plan) -> Change:
        """Carry out a plan in one command: the host compares the pre-image, adds, removes, re-reads, and undoes when anything fails.

        Raises LostContact when nobody can know what the host has done.
        """
        asked = {"expected": list(plan.before), "add": list(plan.add), "remove": list(plan.remove)}
        try:
            answer = self._execute_module(module_name=CHANGE, module_args=asked, task_vars=self._task_vars)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as lost:  # whatever ended the exchange, a time-out of the task too: the host may have begun
            raise LostContact(str(lost)) from lost
        return _change(answer, plan)


class LostContact(Exception):
    """The exchange ended before the host told what it has done: its state is unknown."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call that the host made. ``op``: add or remove; ``status``: its NTSTATUS."""

    op: str
    sid: str
    status: str

    @property
    def done(self) -> bool:
        """The call succeeded, or found that the account was gone already."""
        return self.status == _SUCCESS or (self.op == "remove" and self.status == _OBJECT_NAME_NOT_FOUND)


@dataclass(frozen=True, slots=True)
class Change:
    """What the host says it has done.

    ``outcome``: applied, changed_meanwhile (somebody else changed the right; nothing was done), undone, undo_failed, not_started.
    ``after``: the holders at the end, None when the host could not read them.
    """

    outcome: str
    message: str | None
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None
    attempted: tuple[Step, ...]
    undone: tuple[Step, ...]
    error: Mapping[str, t.Any] | None


OUTCOMES = ("applied", "changed_meanwhile", "undone", "undo_failed", "not_started")


def _change(answer: Mapping[str, t.Any], plan: Plan) -> Change:
    if answer.get("outcome") not in OUTCOMES:
        raise LostContact(str(answer.get("msg") or "the host gave no answer that can be understood"))
    try:
        change = Change(
            outcome=answer["outcome"],
            message=answer.get("msg"),
            before=_sids(answer["before"]),
            after=_sids(answer["after"]),
            attempted=tuple(Step(**step) for step in answer["attempted"]),
            undone=tuple(Step(**step) for step in answer["undone"]),
            error=answer["error"],
        )
    except (KeyError, TypeError, ValueError) as wrong:
        raise LostContact(f"the host's answer cannot be understood: {wrong!r}") from None
    if change.outcome == "applied" and change.after != plan.after:
        raise LostContact(f"the host says applied, and its second read is not what was planned: {change.after}")
    return change


def _sids(data: t.Any) -> tuple[str, ...] | None:
    """A list of SIDs. Raises TypeError or ValueError for anything else: a list that unrolled to a text is none."""
    if data is None:
        return None
    if not isinstance(data, list) or not all(isinstance(sid, str) and parse_sid(sid) == sid for sid in data):
        raise TypeError(f"{data!r} is no list of SIDs")
    return by_number(data)


def facts_of(answer: Mapping[str, t.Any]) -> HostFacts:
    """The payload's answer as facts. Raises HostError (``payload_error``) when a key is missing or a value is of another type."""
    try:
        return read_facts(answer)
    except KeyError as missing:
        raise HostError("payload_error", f"the host's answer lacks {missing}") from None
    except (AttributeError, TypeError, ValueError) as wrong:
        raise HostError("payload_error", f"the host's answer cannot be understood: {wrong}") from None


def _failure(answer: Mapping[str, t.Any]) -> HostError:
    message = str(answer.get("msg") or "the host gave no answer")
    error = answer.get("error")
    if isinstance(error, Mapping):
        call, status = error.get("call"), error.get("status")
        category = _category(call, status, answer.get("session") or {})
        return HostError(category, " ".join(filter(None, (message, _HINTS.get(category)))), call, status)
    said = " ".join(str(answer.get(key, "")) for key in ("msg", "exception", "module_stderr", "module_stdout"))
    for word, category, meaning in _WRAPPER_FAILURES:
        if word in said:
            return HostError(category, f"{meaning}: {message}")
    return HostError("payload_error", message)


def _category(call: str | None, status: str | None, session: Mapping[str, t.Any]) -> str:
    if call == "language mode":
        return "unsupported_language_mode"
    if status != _ACCESS_DENIED:
        return "lsa_error"
    if session.get("filtered"):
        return "uac_filtered"
    return "not_admin" if session.get("administrator") is False else "lsa_denied"
