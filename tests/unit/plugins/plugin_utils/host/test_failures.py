# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host gave no facts: the category and the host's own first line, in every display language."""

from __future__ import annotations

import hostile
import pytest
from ansible.errors import AnsibleError

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.console import errors, first_line
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.failures import (
    exchange_error,
    failure_of,
    not_begun,
    was_not_reached,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._wording import MESSAGE

# What core makes of an output without JSON.
NO_JSON = {"failed": True, "msg": "Module result deserialization failed: No start of json char found\nSee stdout/stderr", "rc": 1}
XMLNS = 'xmlns="http://schemas.microsoft.com/powershell/2004/04"'


def clixml(*lines, stream="Error"):
    return f'#< CLIXML\r\n<Objs Version="1.1.0.1" {XMLNS}>' + "".join(f'<S S="{stream}">{line}</S>' for line in lines) + "</Objs>"


CSC = (
    'Ausnahme beim Aufrufen von "CompileAssemblyFromSource" mit 2 Argument(en): "Ein Programm kann nicht ausgeführt werden. Ausgeführter Befehl: '
    '"C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\csc.exe" /noconfig"'
)
ROWS = [
    pytest.param({**NO_JSON, "module_stderr": clixml("Thread failed to start._x000D__x000A_")}, "host_resources", "Thread failed to start.", True,
                 id="no thread, CLIXML"),
    pytest.param({**NO_JSON, "module_stderr": clixml("Ausnahme vom Typ &quot;System.OutOfMemoryException&quot; wurde ausgelöst._x000D__x000A_", "+ x")},
                 "host_resources", 'Ausnahme vom Typ "System.OutOfMemoryException" wurde', True,
                 id="no memory, German"),
    pytest.param({**NO_JSON, "module_stdout": "\r\nProcess is terminated due to OutOfMemoryException.\r\n", "module_stderr": ""}, "host_resources",
                 "Process is terminated due to", True,
                 id="no memory, stdout"),
    pytest.param({**NO_JSON, "module_stderr": clixml("Kein Speicher_x000D__x000A_")}, "payload_error", "it says: Kein Speicher", True,
                 id="whatever the host says"),
    pytest.param({**NO_JSON, "module_stderr": "", "module_stdout": ""}, "payload_error", "No start of json char found", False, id="nothing said"),
    pytest.param({**NO_JSON, "module_stderr": clixml("x", stream="Verbose"), "module_stdout": "Profil geladen\r\n"}, "payload_error", "Profil geladen", True,
                 id="no errors, a line of output"),
    pytest.param({**NO_JSON, "module_stderr": "", "module_stdout": '{"changed":false,"hol'}, "payload_error", "No start of json", False,
                 id="half an answer is no reason"),
    pytest.param({"failed": True, "msg": f"failure during exec_wrapper: {CSC}"}, "compile_blocked", "csc.exe", None, id="csc.exe, German"),
    pytest.param({**NO_JSON, "module_stderr": clixml(CSC.replace('"', "&quot;"))}, "compile_blocked", "csc.exe", True, id="csc.exe, CLIXML"),
    pytest.param({"failed": True, "msg": "failure during exec_wrapper: Failed to compile C# code: csc.exe CompileAssembly"}, "compile_failed",
                 "could not compile", None,
                 id="a compiler that ran"),
    pytest.param({**NO_JSON, "module_stderr": clixml("Dieses Skript ist schädlich._x000D__x000A_",
                                                     "+ FullyQualifiedErrorId : ScriptContainedMaliciousContent_x000D__x000A_")}, "blocked_by_antimalware",
                 "Dieses Skript ist schädlich.", True, id="AMSI, German"),
    pytest.param({**NO_JSON, "module_stderr": clixml("Die Eigenschaft ist nicht erlaubt._x000D__x000A_",
                                                     "+ FullyQualifiedErrorId : PropertySetterNotSupportedInConstrainedLanguage_x000D__x000A_")},
                 "unsupported_language_mode", "nicht erlaubt", True, id="language mode, German"),
    pytest.param({"failed": True, "msg": "x", "exception": "+ FullyQualifiedErrorId : ScriptNotTrusted"}, "unsupported_language_mode", "x", None,
                 id="not trusted"),
    pytest.param({"failed": True, "msg": "no", "error": {"call": ["x"], "status": None}}, "payload_error", "no", None, id="a list for a call"),
    pytest.param({"failed": True, "msg": "no", "error": {"call": 5, "status": "0xC0000022"}, "session": "text"}, "lsa_denied", "no", None,
                 id="a number for a call, a text for the session"),
    pytest.param({"failed": True, "msg": "no", "error": {"call": "x", "status": "evil"}}, "lsa_error", "no", None, id="a text for a status"),
    pytest.param({"failed": True, "msg": ["no"], "error": {"call": "x", "status": "0xC0000022"}, "session": {"filtered": "yes"}}, "lsa_denied", "no", None,
                 id="a text for a boolean"),
    pytest.param({"failed": True, "msg": hostile.DEEP, "error": hostile.DEEP, "session": hostile.DEEP, "exception": hostile.DEEP}, "payload_error", "", None,
                 id="deeper than the stack"),
    pytest.param({"failed": True, "msg": "x" * 5_000_000}, "payload_error", "xxx...", None, id="a message without an end"),
    pytest.param({"failed": True, "msg": hostile.FORGED}, "payload_error", "x - nothing to change \\x1b[8m", None, id="a forged message"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "category", "words", "own_line"), ROWS)
def test_a_failure_is_well_typed_and_says_what_the_host_said(answer, category, words, own_line):
    failed = failure_of(answer)

    assert (failed.category, words in str(failed)) == (category, True)
    assert all(isinstance(value, (str, type(None))) for value in (failed.call, failed.status))
    assert str(failed).isprintable()
    assert len(str(failed)) <= MESSAGE
    if own_line:
        assert "json" not in str(failed)


@pytest.mark.parametrize(
    ("answer", "advice"),
    [
        pytest.param({"failed": True, "msg": CSC}, "AppLocker, App Control or another product", id="compile_blocked"),
        pytest.param({"failed": True, "msg": "OutOfMemoryException"}, "MaxMemoryPerShellMB", id="host_resources"),
        pytest.param(
            {"failed": True, "msg": "ConstrainedLanguage"}, "unless the payload is signed", id="unsupported_language_mode"
        ),
        pytest.param(
            {"failed": True, "error": {"call": "x", "status": "0xC0000022"}, "session": {"filtered": True}}, "KB 951016", id="uac"
        ),
    ],
)
def test_some_failures_come_with_advice(answer, advice):
    assert advice in str(failure_of(answer))


class TaskTimeoutError(BaseException):
    """As ansible-core raises it."""


class WSManFaultError(Exception):
    """As pywinrm raises it."""

    def __init__(self, text, wmierror_code=None):
        super().__init__(text)
        self.wmierror_code = wmierror_code


# A quota as pywinrm and pypsrp print it: with the number where it stood in a WSManFault, without where in a MSFT_WmiError.
OPERATIONS = (
    "The WS-Management service cannot process the request. This user is allowed a maximum number of 1500 concurrent operations, "
    "which has been exceeded. Close existing operations for this user, or raise the quota for this user."
)
COMMANDS = (
    "The WS-Management service cannot process the request. The maximum number of concurrent commands per shell has been exceeded. "
    "Retry the request later or raise the Maximum Commands per Shell quota."
)
GERMAN = "Die Anforderung kann nicht verarbeitet werden. (extended fault data: {'fault_subcode': 'w:InternalError'})"


@pytest.mark.parametrize(
    ("lost", "category", "words"),
    [
        pytest.param(
            TaskTimeoutError("Timed out after 7 second(s)."), "task_timeout", "Timed out after 7", id="a time limit of the task"
        ),
        pytest.param(TaskTimeoutError(), "task_timeout", "TaskTimeoutError", id="the same on core 2.16"),
        pytest.param(
            RecursionError("maximum recursion depth exceeded"), "payload_error", "nested deeper", id="JSON 100,000 levels deep"
        ),
        pytest.param(
            UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
            "payload_error",
            "cannot read",
            id="a lone surrogate",
        ),
        pytest.param(
            AttributeError("'str' object has no attribute 'keys'"),
            "payload_error",
            "cannot read",
            id="ansible_facts that are a text",
        ),
        pytest.param(MemoryError(), "answer_too_large", "memory", id="an answer without an end"),
        pytest.param(
            AnsibleError("Refusing to deserialize an invalid UTF8 string value."), "payload_error", "UTF8", id="the same, core 2.19"
        ),
        pytest.param(ConnectionResetError("reset"), "connection_lost", "reset", id="a cut"),
        pytest.param(
            WSManFaultError("{'wsmanfault_code': 2150858843}"), "connection_lost", "2150858843", id="a shell that is gone"
        ),
        pytest.param(WSManFaultError("{'wsmanfault_code': 2150859174}"), "host_resources", "quota", id="a quota of WinRM"),
        pytest.param(
            WSManFaultError("{'wsmanfault_code': 2150859236}"), "host_resources", "quota", id="a plugin's quota of shells"
        ),
        pytest.param(
            WSManFaultError("{'fault_subcode': 'w:QuotaLimit'}"), "host_resources", "quota", id="any quota, by its subcode"
        ),
        pytest.param(WSManFaultError(OPERATIONS), "host_resources", "MaxShellsPerUser", id="operations, in words only"),
        pytest.param(WSManFaultError(COMMANDS), "host_resources", "MaxShellsPerUser", id="commands of a shell, in words only"),
        pytest.param(
            WSManFaultError(GERMAN, 2150859174), "host_resources", "Die Anforderung", id="pywinrm has the number, not in words"
        ),
        pytest.param(WSManFaultError(GERMAN, 2150859002), "connection_lost", "Die Anforderung", id="another error of WMI"),
        pytest.param(WSManFaultError(GERMAN), "connection_lost", "Die Anforderung", id="pypsrp, in another language"),
        pytest.param(AnsibleError("winrm send_input failed"), "read_failed", "send_input failed", id="core's own"),
    ],
)
def test_whatever_ends_a_read_is_an_error_of_that_host(lost, category, words):
    failed = exchange_error(lost)

    assert (failed.category, words in str(failed)) == (category, True)


@pytest.mark.parametrize(
    ("answer", "began"),
    [
        pytest.param({"failed": True, "msg": "failure during exec_wrapper: Failed to compile C# code: x"}, False, id="compile"),
        pytest.param({"failed": True, "msg": f"failure during exec_wrapper: {CSC}"}, False, id="csc.exe blocked"),
        pytest.param({**NO_JSON, "module_stderr": clixml("+ FullyQualifiedErrorId : ScriptContainedMaliciousContent_x000D__x000A_")}, False,
                     id="AMSI stops the wrapper"),
        pytest.param({"failed": True, "msg": "failure during exec_wrapper: Cannot run untrusted PowerShell script 'x' in "
                                             "ConstrainedLanguage mode with module util imports."}, False, id="language mode"),
        pytest.param({"failed": True, "msg": "Unhandled exception while executing module: x", "exception": "ScriptContainedMaliciousContent"}, True,
                     id="AMSI stops the module in its course"),
        pytest.param({"failed": True, "msg": "x", "exception": "ConstrainedLanguage\nat Set-Right, <No file>: line 3"}, True,
                     id="our own function in the stack"),
        pytest.param({**NO_JSON, "module_stderr": clixml("OutOfMemoryException")}, True, id="memory may end at any time"),
        pytest.param({"failed": True, "msg": "no"}, True, id="no sign at all"),
    ],
)  # fmt: skip
def test_only_the_wrapper_s_own_refusal_proves_that_nothing_began(answer, began):
    assert (not_begun(answer) is None) is began


@pytest.mark.parametrize(
    ("stderr", "text"),
    [
        pytest.param("plain", "plain", id="no CLIXML"),
        pytest.param(clixml("a_x000D__x000A_", "b &lt;&amp;&gt; _x005F_x000A_"), "a\r\nb <&> _x000A_", id="escapes"),
        pytest.param(clixml("_xD83D__xDE00_ _xD83D_"), "\U0001f600 \ufffd", id="surrogates"),
        pytest.param(clixml("x", stream="Progress"), "", id="another stream"),
        pytest.param('#< CLIXML\r\n<Objs><S S="Error">cut of', "cut of", id="half a record"),
        pytest.param("before" + clixml("x"), "beforex", id="a text before"),
        pytest.param(clixml(*["x"] * 3), "xxx", id="several"),
    ],
)
def test_clixml_reads_as_at_the_host(stderr, text):
    assert errors(stderr) == text


def test_the_first_line_is_of_the_errors():
    assert first_line(clixml("_x000D__x000A_", "why_x000D__x000A_at x"), "out") == "why"
    assert first_line("", "") is None


@pytest.mark.parametrize(
    ("text", "again"),
    [
        pytest.param(
            "ntlm: HTTPConnectionPool(host='127.0.0.1', port=9): Max retries exceeded with url: /wsman", True, id="nothing listens"
        ),
        pytest.param(
            "ntlm: HTTPSConnectionPool(host='a', port=5986): Read timed out. (read timeout=30)", True, id="no answer in time"
        ),
        pytest.param(
            "ntlm: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))", True, id="cut off"
        ),
        pytest.param("ntlm: the specified credentials were rejected by the server", False, id="winrm, wrong password"),
        pytest.param(
            "Failed to connect to the host via PSRP: Failed to authenticate the user a with ntlm", False, id="psrp, wrong password"
        ),
        pytest.param("Kerberos auth failure for principal a@B: kinit: Preauthentication failed", False, id="kinit"),
        pytest.param("", False, id="nothing said"),
        pytest.param(
            "ntlm: the specified credentials were rejected by the server, basic: HTTPSConnectionPool(host='h', port=5986): Max retries exceeded",
            False, id="refused by one transport, not reached by another",
        ),
        pytest.param("Failed to authenticate the user a with ntlm. Max retries exceeded", False, id="psrp, refused at last"),
        pytest.param("kerberos: Bad HTTP response returned from server. Code 401, ntlm: Read timed out", False, id="401, and no answer"),
        pytest.param("Max retries exceeded with url: /wsman (<HTTPConnection object at 0x7f401a401b>, port=54012)", True, id="401 in a number"),
    ],
)  # fmt: skip
def test_only_a_host_that_was_not_reached_is_tried_again(text, again):
    """A login that is refused once more may lock the account."""
    assert was_not_reached(text) == again
