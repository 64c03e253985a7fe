# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envelopes of the clients are understood, and answers have what the clients look at."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from fleet import soap

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


@pytest.mark.parametrize(
    ("make", "code", "wmi"),
    [
        (soap.timed_out, "2150858793", None),
        (soap.shell_not_found, "2150858843", None),
        (soap.access_denied, "5", None),
        (soap.too_many_shells, "2150859173", None),
        (soap.too_many_operations, "2150859174", "2150859174"),
        (soap.busy, "170", None),
    ],
)
def test_faults_have_the_codes_that_clients_look_at(make, code, wmi):
    fault = ElementTree.fromstring(soap.fault(make(), 'WEB"01', "uuid:1"))

    found = fault.find(f".//{{{soap.F}}}WSManFault")
    assert (found.get("Code"), found.get("Machine")) == (code, 'WEB"01')
    assert fault.findtext(f".//{{{soap.WMI}}}error_Code") == wmi
    assert fault.findtext(f".//{{{soap.S}}}Reason/{{{soap.S}}}Text") == str(make())
    assert fault.findtext(f".//{{{soap.A}}}RelatesTo") == "uuid:1"
