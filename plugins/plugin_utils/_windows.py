# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that runs anything on a host. Turns its answer into facts, or raises."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping

from ._policy.errors import BadInput
from ._policy.facts import AskedAccount, Computer, Holder, HostFacts, Iis, Resolution, Session, Windows
from ._policy.sids import parse_sid

READ = "winrights.seimpersonate.local_right_info"

_ACCESS_DENIED = "0xC0000022"  # [MS-ERREF] 2.3.1 STATUS_ACCESS_DENIED

# Words in the failures of ansible-core's own wrapper, where the payload never ran and could not answer for itself.
_WRAPPER_FAILURES = (
    (
        "ScriptContainedMaliciousContent",
        "blocked_by_antimalware",
        "anti-malware software on the host blocked the script",
    ),
    (
        "ConstrainedLanguage",
        "unsupported_language_mode",
        "the host allows PowerShell only in constrained language mode",
    ),
)


# What a person can do about it.
_HINTS = {
    "not_admin": "The logon is no administrator of the host, and Windows lets nobody else list the holders.",
    "uac_filtered": (
        "UAC filtered the logon's token: log on with a domain account that is an administrator of the host, "
        "or set LocalAccountTokenFilterPolicy to 1 there (KB 951016)."
    ),
    "lsa_denied": "The logon is an administrator, and the host's LSA denies the call all the same.",
    "unsupported_language_mode": "AppLocker or App Control allows no types of our own there until the payload is signed and trusted.",
}


class HostError(Exception):
    """The host could not be read. ``category``: one word for reports; ``call``, ``status``: what failed, if the host said so."""

    def __init__(self, category: str, message: str, call: str | None = None, status: str | None = None) -> None:
        super().__init__(message)
        self.category = category
        self.call = call
        self.status = status


class WindowsHost:
    """Runs the payload over the connection that the inventory chose."""

    def __init__(self, execute_module: Callable[..., Mapping[str, t.Any]], task_vars: Mapping[str, t.Any]) -> None:
        self._execute_module = execute_module
        self._task_vars = task_vars

    def read(self, names: Iterable[str] = ()) -> HostFacts:
        """Read the right in one command and look up ``names`` on the host.

        Raises HostError; a failed read is never an empty right.
        """
        answer = self._execute_module(module_name=READ, module_args={"accounts": list(names)}, task_vars=self._task_vars)
        if answer.get("failed") or answer.get("unreachable"):
            raise _failure(answer)
        return facts_of(answer)


def facts_of(answer: Mapping[str, t.Any]) -> HostFacts:
    """The payload's answer as facts. Raises HostError (``payload_error``) when a key is missing or a value is none."""
    try:
        return HostFacts(
            holders=tuple(_holder(holder) for holder in answer["holders"]),
            accounts=tuple(AskedAccount(**{**asked, "resolved": Resolution(asked["resolved"])}) for asked in answer["accounts"]),
            lookup_status=answer["lookup_status"],
            computer=Computer(**answer["computer"]),
            windows=Windows(**answer["windows"]),
            iis=_iis(answer["iis"]),
            session=Session(**answer["session"]),
        )
    except KeyError as missing:
        raise HostError("payload_error", f"the host's answer lacks {missing}") from None
    except (AttributeError, TypeError, ValueError) as wrong:
        raise HostError("payload_error", f"the host's answer cannot be understood: {wrong}") from None


def _holder(data: Mapping[str, t.Any]) -> Holder:
    holder = Holder(**{**data, "resolved": Resolution(data["resolved"])})
    if parse_sid(holder.sid) != holder.sid:
        raise BadInput(f"holder {holder.sid!r} is no SID")
    return holder


def _iis(data: Mapping[str, t.Any]) -> Iis:
    frozen: dict[str, t.Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    return Iis(**frozen)


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
    return "lsa_denied" if session.get("administrator") else "not_admin"
