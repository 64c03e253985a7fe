# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host gave no facts: whatever it answered, or whatever ended the exchange -> one category and one sentence. Pure."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from ansible.errors import AnsibleError

from .._accounts.sids import Sid
from .._facts.facts import Session
from .._input.brief import brief
from .._input.categories import ErrorCategory
from .._input.forms import Form
from .._wording import WORDS, visible
from . import limits
from .answers import TooLarge, value_of
from .console import errors, first_line

_ACCESS_DENIED = "0xC0000022"  # [MS-ERREF] 2.3.1 STATUS_ACCESS_DENIED
NtStatus = t.Annotated[str, Form(r"0x[0-9A-F]{8}", "an NTSTATUS")]
"""The type of a field that holds the status of a call of the LSA."""


class HostError(Exception):
    """The host could not be read. ``call``, ``status``: what failed, if the host said so."""

    def __init__(self, category: ErrorCategory, message: str, call: str | None = None, status: str | None = None) -> None:
        super().__init__(message)
        self.category = category
        self.call = call
        self.status = status


@dataclass(frozen=True, slots=True)
class CallError:
    """What the payload says of a call that failed. None where it says nothing, or nothing that can be understood."""

    call: str | None = None
    status: NtStatus | None = None
    sid: Sid | None = None

    @property
    def words(self) -> str:
        """For a sentence."""
        return " ".join(filter(None, (self.call, self.status, self.sid)))


@dataclass(frozen=True, slots=True)
class Sign:
    """Words by which a failure of ansible-core's wrapper is known, where the payload could not answer for itself.

    ``words``: all of them are there. They are names, which no display language changes, or ansible-core's own English; a sentence of
    Windows stands only beside such a row, for hosts that speak English. ``before``: the payload cannot have begun.
    """

    words: tuple[str, ...]
    category: ErrorCategory
    before: bool = False


# WinRM's faults of a quota (winerror.h, ERROR_WSMAN_QUOTA_*): shells, operations, a user's, the system's, users of shells, and the
# same of a plugin. WinRM 3.0 and later gives the number in a MSFT_WmiError: pywinrm keeps it as an attribute of its exception, pypsrp
# not at all, and both print the sentence. It is English where the host has that language, which the clients ask for.
_QUOTAS = (2150859173, 2150859174, 2150859175, 2150859176, 2150859179, *range(2150859236, 2150859243))

# Names of exceptions, of error ids (FullyQualifiedErrorId), of programs and methods.
_SIGNS = (
    Sign(("OutOfMemoryException",), ErrorCategory.HOST_RESOURCES),
    Sign(("InsufficientMemoryException",), ErrorCategory.HOST_RESOURCES),
    Sign(("ThreadStartException",), ErrorCategory.HOST_RESOURCES),
    Sign(("Thread failed to start",), ErrorCategory.HOST_RESOURCES),  # what .NET in English says of the same
    *(Sign((str(number),), ErrorCategory.HOST_RESOURCES) for number in _QUOTAS),
    Sign(("w:QuotaLimit",), ErrorCategory.HOST_RESOURCES),  # [DSP0226] 14.6
    # the sentences of all quotas
    Sign(("maximum number of", "concurrent", "has been exceeded", "quota"), ErrorCategory.HOST_RESOURCES),
    Sign(("ScriptContainedMaliciousContent",), ErrorCategory.BLOCKED_BY_ANTIMALWARE, before=True),
    Sign(
        ("script contains malicious content",), ErrorCategory.BLOCKED_BY_ANTIMALWARE, before=True
    ),  # PowerShell in English, where it tells no id
    Sign(("CompileAssemblyFromSource", "csc.exe"), ErrorCategory.COMPILE_BLOCKED, before=True),
    Sign(("Failed to compile C# code",), ErrorCategory.COMPILE_FAILED, before=True),  # Ansible.ModuleUtils.AddType
    Sign(("ConstrainedLanguage",), ErrorCategory.UNSUPPORTED_LANGUAGE_MODE, before=True),  # in the ids of all its refusals
    Sign(("core types in this language mode",), ErrorCategory.UNSUPPORTED_LANGUAGE_MODE, before=True),  # PowerShell in English
    Sign(("ScriptNotTrusted",), ErrorCategory.UNSUPPORTED_LANGUAGE_MODE, before=True),
    Sign(("ScriptUnsupported",), ErrorCategory.UNSUPPORTED_LANGUAGE_MODE, before=True),
    Sign(("is not trusted",), ErrorCategory.UNSUPPORTED_LANGUAGE_MODE, before=True),  # module_wrapper.ps1
    Sign(("unsupported in CLM mode",), ErrorCategory.UNSUPPORTED_LANGUAGE_MODE, before=True),  # exec_wrapper.ps1
    Sign(("requires a minimum PowerShell version",), ErrorCategory.POWERSHELL_TOO_OLD, before=True),  # exec_wrapper.ps1
    Sign(("Ansible requires PowerShell v",), ErrorCategory.POWERSHELL_TOO_OLD, before=True),  # bootstrap_wrapper.ps1
)

# The module wrapper says the first where the payload had begun; the others are the payload's own functions in a stack.
_BEGUN = ("while executing module", "Set-Right", "ConvertTo-AsciiJson")

_MEANINGS = {
    ErrorCategory.BLOCKED_BY_ANTIMALWARE: "anti-malware software on the host blocked the script",
    ErrorCategory.UNSUPPORTED_LANGUAGE_MODE: "the host allows PowerShell only in constrained language mode",
    ErrorCategory.COMPILE_BLOCKED: "the host does not let the compiler of C# (csc.exe) start",
    ErrorCategory.COMPILE_FAILED: "the host could not compile the payload's C#",
    ErrorCategory.POWERSHELL_TOO_OLD: "the host has no PowerShell 5.1",
    ErrorCategory.HOST_RESOURCES: "the host has no memory or no quota left for the session",
}

# What a person can do about it.
_HINTS = {
    ErrorCategory.NOT_ADMIN: "The account is not an administrator of the host, and Windows lets only administrators list the holders.",
    ErrorCategory.UAC_FILTERED: (
        "UAC filtered the logon's token: log on with a domain account that is an administrator of the host, "
        "or set LocalAccountTokenFilterPolicy to 1 there (KB 951016)."
    ),
    ErrorCategory.LSA_DENIED: "The host's LSA denies the call, although the logon does not show as one without administrator's rights.",
    ErrorCategory.UNSUPPORTED_LANGUAGE_MODE: "AppLocker or App Control allows no types of our own there, unless the payload is signed.",
    ErrorCategory.COMPILE_BLOCKED: (
        "AppLocker, App Control or another product keeps csc.exe of the .NET Framework from starting: allow it for this logon, "
        "or look for the block in the event log of that product."
    ),
    ErrorCategory.HOST_RESOURCES: (
        "Look at the host's free memory, at MaxMemoryPerShellMB, MaxShellsPerUser and MaxProcessesPerShell of WinRM there, "
        "and at sessions that others left open; then run again."
    ),
}


def failure_of(answer: Mapping[str, object]) -> HostError:
    """Why a host failed, by what it answered: the payload's own words, or the wrapper's, or what PowerShell left on stderr and stdout."""
    message = words_of(answer.get("msg"))
    if isinstance(answer.get("error"), Mapping):
        error = call_error(answer["error"])
        category = _category(error, _session(answer))
        return HostError(category, _sentence(message or "the host gave no answer", category), error.call, error.status)
    sign = sign_of(answer)
    line = _line(answer)
    reason = f"it says: {line}" if line else message or "the host gave no answer"
    if sign:
        return HostError(sign.category, _sentence(f"{_MEANINGS[sign.category]}: {reason}", sign.category))
    return HostError(ErrorCategory.PAYLOAD_ERROR, f"the host did not answer as it was asked; {reason}" if line else reason)


def not_begun(answer: Mapping[str, object]) -> str | None:
    """The reason for which the payload cannot have begun, by the wrapper's words; None where there is no such proof."""
    sign = sign_of(answer)
    if sign is None or not sign.before or any(word in _all_texts(answer) for word in _BEGUN):
        return None
    return str(failure_of({**answer, "error": None}))


def sign_of(answer: Mapping[str, object]) -> Sign | None:
    """The first sign that a failed answer shows, anywhere in what it says."""
    text = _all_texts(answer)
    return next((sign for sign in _SIGNS if all(word in text for word in sign.words)), None)


def exchange_error(error: BaseException) -> HostError:
    """Why the exchange with a host ended without an answer: what core and the client libraries of WinRM raise."""
    text = words_of(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    if lacks_resources(f"{text} {getattr(error, 'wmierror_code', None)}"):
        return HostError(ErrorCategory.HOST_RESOURCES, resources_sentence(text))
    if not isinstance(error, Exception):  # core's time limit of a task is no Exception
        return HostError(ErrorCategory.TASK_TIMEOUT, f"the time limit of the task (timeout) ended the read: {text}")
    if isinstance(error, MemoryError):
        return HostError(ErrorCategory.ANSWER_TOO_LARGE, f"the answer does not fit into the controller's memory: {text}")
    if isinstance(error, RecursionError):
        return HostError(ErrorCategory.PAYLOAD_ERROR, "the host's answer is nested deeper than can be read")
    if (
        isinstance(error, (AttributeError, KeyError, TypeError, ValueError)) or "invalid UTF8" in text
    ):  # the latter from core 2.19 on
        return HostError(ErrorCategory.PAYLOAD_ERROR, f"ansible-core cannot read the host's answer: {text}")
    if isinstance(error, AnsibleError):
        return HostError(ErrorCategory.READ_FAILED, words_of(str(error)))
    return HostError(ErrorCategory.CONNECTION_LOST, f"the connection was lost during the read: {text}")


def lacks_resources(text: str) -> bool:
    """Whether what ended an exchange is that the host has too little left for it."""
    return any(sign.category is ErrorCategory.HOST_RESOURCES and all(word in text for word in sign.words) for sign in _SIGNS)


_NOT_REACHED = ("Max retries exceeded", "Read timed out", "Connection aborted", "Connection reset")
"""Words of urllib3 and requests, over which both connection plugins talk, for an exchange that brought no answer."""


_REFUSED = re.compile(r"rejected|authenticat|unauthorized|\b401\b|auth failure", re.IGNORECASE)
"""Words of the client libraries for a login that was refused, which stand beside the others where one of several transports was."""


def was_not_reached(text: str) -> bool:
    """Whether an exchange ended without an answer of the host, so that it may be tried again.

    Only then: a login that was refused and is tried again may lock the account.
    """
    return any(word in text for word in _NOT_REACHED) and not _REFUSED.search(text)


def resources_sentence(text: str) -> str:
    """The same as a sentence: what it means, what was said, and what can be done."""
    return _sentence(f"{_MEANINGS[ErrorCategory.HOST_RESOURCES]}: {words_of(text)}", ErrorCategory.HOST_RESOURCES)


def answer_error(error: Exception) -> HostError:
    """The error of a host whose answer cannot be read as facts."""
    if isinstance(error, TooLarge):
        return HostError(ErrorCategory.ANSWER_TOO_LARGE, f"{error}: a host with so much to tell is not judged")
    if isinstance(error, KeyError):
        return HostError(ErrorCategory.PAYLOAD_ERROR, f"the host's answer lacks {error}")
    return HostError(ErrorCategory.PAYLOAD_ERROR, words_of(f"the host's answer cannot be understood: {error}"))


def call_error(error: object) -> CallError:
    """What of a call's failure can be understood; the rest is left out."""
    data = error if isinstance(error, Mapping) else {}
    status, sid = (_or_none(key, form, data.get(key)) for key, form in (("status", NtStatus), ("sid", Sid)))
    return CallError(_text("call", data), status, sid)


def words_of(value: object) -> str:
    """What a host says, for a message: one line without anything that cannot be seen, and not longer than ``WORDS``."""
    text = value if isinstance(value, str) else "" if value is None else brief(value)
    return visible(" ".join(text[: limits.SEARCHED].split()), WORDS)


def _sentence(message: str, category: ErrorCategory) -> str:
    return " ".join(filter(None, (message, _HINTS.get(category))))


def _line(answer: Mapping[str, object]) -> str | None:
    """What the host's own PowerShell said first, where core found no answer and kept both streams."""
    line = first_line(_searched(answer, "module_stderr"), _searched(answer, "module_stdout"))
    return words_of(line) if line else None


def _all_texts(answer: Mapping[str, object]) -> str:
    """All that a failed answer says, CLIXML decoded."""
    return " ".join(errors(_searched(answer, key)) for key in ("msg", "exception", "module_stderr", "module_stdout"))


def _searched(answer: Mapping[str, object], key: str) -> str:
    value = answer.get(key)
    if isinstance(value, (Mapping, list)):  # no text of core's; it may be deeper than Python's stack
        return ""
    return ("" if value is None else str(value))[: limits.SEARCHED]


def _category(error: CallError, session: Session) -> ErrorCategory:
    if error.call == "language mode":
        return ErrorCategory.UNSUPPORTED_LANGUAGE_MODE
    if error.call is None and error.status is None:
        return ErrorCategory.PAYLOAD_ERROR
    if error.status != _ACCESS_DENIED:
        return ErrorCategory.LSA_ERROR
    if session.filtered:
        return ErrorCategory.UAC_FILTERED
    return ErrorCategory.NOT_ADMIN if session.administrator is False else ErrorCategory.LSA_DENIED


def _session(answer: Mapping[str, object]) -> Session:
    """The logon, as far as the failure tells it."""
    data = answer.get("session")
    known = {key: data.get(key) for key in Session.__dataclass_fields__} if isinstance(data, Mapping) else {}
    whole: Session | None = _or_none("session", Session, known) if known else None
    return whole or Session()


def _text(key: str, data: Mapping[str, object]) -> str | None:
    value: str | None = _or_none(key, str, data.get(key))
    return visible(value) if value else None


def _or_none(where: str, hint: object, value: object) -> t.Any:
    """A value of a type, or None where it is of another."""
    try:
        return value_of(where, hint, value)
    except (AttributeError, KeyError, TypeError, ValueError, TooLarge):
        return None
