# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envelopes of the clients are understood, and answers have what the clients look at."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from pypsrp.wsman import WSMan
from winrm.exceptions import WinRMTransportError, WSManFaultError
from winrm.protocol import Protocol

from fleet.winrm import soap

SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
WINDOWS_SHELL = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"


def envelope(action: str, *, prefix: str = "s", header: str = "", body: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><{prefix}:Envelope xmlns:{prefix}="{soap.S}" xmlns:a="{soap.A}"'
        f' xmlns:w="{soap.W}" xmlns:rsp="{soap.RSP}"><{prefix}:Header><a:Action mustUnderstand="true">{action}</a:Action>'
        f'<a:MessageID>uuid:1a-B</a:MessageID><w:ResourceURI mustUnderstand="true">{SHELL}</w:ResourceURI>{header}'
        f"</{prefix}:Header><{prefix}:Body>{body}</{prefix}:Body></{prefix}:Envelope>"
    ).encode()


@pytest.mark.parametrize(
    ("uri", "action"),
    [
        (f"{TRANSFER}/Create", "Create"),
        (f"{TRANSFER}/Delete", "Delete"),
        (f"{TRANSFER}/Get", "Get"),
        (f"{WINDOWS_SHELL}/Command", "Command"),
        (f"{WINDOWS_SHELL}/Send", "Send"),
        (f"{WINDOWS_SHELL}/Receive", "Receive"),
        (f"{WINDOWS_SHELL}/Signal", "Signal"),
    ],
)
@pytest.mark.parametrize("prefix", [pytest.param("env", id="as pywinrm"), pytest.param("s", id="as pypsrp")])
def test_actions_are_known_whatever_the_prefix(uri, action, prefix):
    request = soap.parse(envelope(uri, prefix=prefix))

    assert (request.action, request.uri, request.resource, request.message_id) == (action, uri, SHELL, "uuid:1a-B")


def test_the_header_says_which_shell_how_long_and_how():
    header = (
        '<w:OperationTimeout>PT7S</w:OperationTimeout><w:SelectorSet><w:Selector Name="ShellId">S1</w:Selector></w:SelectorSet>'
        '<w:OptionSet><w:Option Name="WINRS_CONSOLEMODE_STDIN">false</w:Option></w:OptionSet>'
    )

    request = soap.parse(envelope(f"{WINDOWS_SHELL}/Command", header=header))

    assert (request.shell_id, request.timeout) == ("S1", 7.0)
    assert request.option("WINRS_CONSOLEMODE_STDIN") == "FALSE"
    assert request.option("WINRS_SKIP_CMD_SHELL") == ""


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        pytest.param("PT20S", 20.0, id="as pywinrm"),
        pytest.param("PT1M30S", 90.0, id="with minutes"),
        pytest.param("PT2H", 7200.0, id="hours only"),
        pytest.param("PT0.500S", 0.5, id="a fraction"),
        pytest.param("PT", 60.0, id="nothing in it"),
        pytest.param("soon", 60.0, id="no duration"),
        pytest.param(None, 60.0, id="none"),
    ],
)
def test_durations(duration, seconds):
    assert soap.seconds(duration) == seconds


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\xff garbage", id="no XML"),
        pytest.param(b"<a/>", id="another document"),
        pytest.param(f'<s:Envelope xmlns:s="{soap.S}"/>'.encode(), id="no body"),
        pytest.param(f'<s:Envelope xmlns:s="{soap.S}"><s:Body/></s:Envelope>'.encode(), id="no header"),
        pytest.param(envelope(f"{TRANSFER}/Create")[:-20], id="cut off"),
        pytest.param(envelope(f"{TRANSFER}/Steal"), id="an unknown action"),
    ],
)
def test_what_is_no_request_is_a_fault(data):
    with pytest.raises(soap.Fault):
        soap.parse(data)


def test_an_answer_relates_to_the_request_letter_for_letter():
    request = soap.parse(envelope(f"{WINDOWS_SHELL}/Send"))

    answer = ElementTree.fromstring(soap.answer(request, "<rsp:SendResponse/>"))

    assert answer.findtext(f".//{{{soap.A}}}RelatesTo") == "uuid:1a-B"
    assert answer.findtext(f".//{{{soap.A}}}Action") == f"{WINDOWS_SHELL}/SendResponse"


def test_identify_is_answered_without_a_header():
    request = soap.parse(
        f'<s:Envelope xmlns:s="{soap.S}" xmlns:i="{soap.WSMID}"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>'.encode()
    )

    assert request.action == "Identify"
    assert ElementTree.fromstring(soap.answer(request, "<x/>")).find(f"{{{soap.S}}}Body/x") is not None


# What recorded hosts answered: pypsrp's recordings (tests/responses/test_winrs_bad_cmd_id.yml and others), pywinrm's tests of
# WSManFaultError; whose fault a subcode is stands in [DSP0226] 14.6. The action is WS-Addressing's for its own faults only (14.3).
WSMAN, ADDRESSING = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault", f"{soap.A}/fault"


@pytest.mark.parametrize(
    ("make", "blamed", "subcode", "action", "code", "wmi"),
    [
        pytest.param(soap.timed_out, "s:Receiver", "w:TimedOut", WSMAN, "2150858793", None, id="timed out"),
        pytest.param(soap.shell_not_found, "s:Sender", "w:InvalidSelectors", WSMAN, "2150858843", None, id="no such shell"),
        pytest.param(soap.access_denied, "s:Sender", "w:AccessDenied", WSMAN, "5", None, id="access denied"),
        pytest.param(soap.too_many_shells, "s:Receiver", "w:InternalError", WSMAN, None, "2150859173", id="shells"),
        pytest.param(soap.too_many_shells_of_old, "s:Sender", "w:QuotaLimit", WSMAN, "2150859173", None, id="shells, WinRM 2.0"),
        pytest.param(soap.too_many_operations, "s:Receiver", "w:InternalError", WSMAN, None, "2150859174", id="operations"),
        pytest.param(soap.too_many_commands, "s:Receiver", "w:InternalError", WSMAN, None, "2150859241", id="commands"),
        pytest.param(soap.busy, "s:Receiver", "w:InternalError", WSMAN, "170", None, id="busy"),
        pytest.param(soap.invalid_parameter, "s:Sender", "w:InvalidParameter", WSMAN, "87", None, id="a parameter"),
        pytest.param(soap.not_an_envelope, "s:Sender", "w:SchemaValidationError", WSMAN, "2150858817", None, id="no envelope"),
        pytest.param(soap.not_supported, "s:Sender", "a:ActionNotSupported", ADDRESSING, "2150858753", None, id="an action"),
    ],
)
def test_faults_are_those_of_recorded_hosts(make, blamed, subcode, action, code, wmi):
    fault = ElementTree.fromstring(soap.fault(make(), 'WEB"01', "uuid:1"))

    told = fault.find(f".//{{{soap.F}}}WSManFault")
    assert [value.text for value in fault.iter(f"{{{soap.S}}}Value")] == [blamed, subcode]
    assert fault.findtext(f".//{{{soap.A}}}Action") == action
    assert (None if told is None else (told.get("Code"), told.get("Machine"))) == (code and (code, 'WEB"01'))
    assert fault.findtext(f".//{{{soap.WMI}}}error_Code") == wmi
    assert fault.findtext(f".//{{{soap.S}}}Reason/{{{soap.S}}}Text") == str(make())
    assert fault.findtext(f".//{{{soap.A}}}RelatesTo") == "uuid:1"


# What the client libraries make of the same bytes: pywinrm knows the number of MSFT_WmiError as an attribute only, pypsrp not at all.
@pytest.mark.parametrize(
    ("make", "number", "wmi_number", "pypsrp_code"),
    [
        pytest.param(soap.shell_not_found, 2150858843, None, "2150858843", id="no such shell"),
        pytest.param(soap.access_denied, 5, None, "5", id="access denied"),
        pytest.param(soap.too_many_shells, None, 2150859173, "w:InternalError", id="shells"),
        pytest.param(soap.too_many_shells_of_old, 2150859173, None, "2150859173", id="shells, WinRM 2.0"),
        pytest.param(soap.too_many_operations, None, 2150859174, "w:InternalError", id="operations"),
        pytest.param(soap.too_many_commands, None, 2150859241, "w:InternalError", id="commands"),
        pytest.param(soap.not_an_envelope, 2150858817, None, "2150858817", id="no envelope"),
    ],
)
def test_what_the_clients_make_of_a_fault(make, number, wmi_number, pypsrp_code, monkeypatch):
    data = soap.fault(make(), "WEB01", "uuid:1")
    protocol = Protocol("http://127.0.0.1/wsman", username="u", password="p")

    def refuse(_message):
        raise WinRMTransportError("http", 500, data.decode())

    monkeypatch.setattr(protocol.transport, "send_message", refuse)
    with pytest.raises(WSManFaultError) as refused:
        protocol.open_shell()

    assert (refused.value.wsman_fault_code, refused.value.wmierror_code) == (number, wmi_number)
    assert (refused.value.fault_code, refused.value.fault_subcode) == (make().blamed, make().subcode)
    assert str(make()) in str(refused.value)
    assert (str(wmi_number) in str(refused.value)) is False
    of_pypsrp = WSMan._parse_wsman_fault(data.decode())
    assert (str(of_pypsrp.code), of_pypsrp.reason) == (pypsrp_code, str(make()))
