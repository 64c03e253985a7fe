# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""WS-Management envelopes: bytes -> Request, and answers and faults -> bytes. Knows no socket and no Ansible."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

S = "http://www.w3.org/2003/05/soap-envelope"
A = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
W = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
X = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
RSP = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
F = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
WSMID = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
WMI = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"
CMD_SHELL = f"{RSP}/cmd"

CONTENT_TYPE = "application/soap+xml;charset=UTF-8"
MAX_ENVELOPE = 512_000
DEFAULT_TIMEOUT = 60.0

ACTIONS = {
    f"{X}/Create": "Create",
    f"{X}/Delete": "Delete",
    f"{X}/Get": "Get",
    **{f"{RSP}/{action}": action for action in ("Command", "Send", "Receive", "Signal")},
}


class Fault(Exception):
    """What the host refuses; `wmi` goes beside the code where Windows gives both."""

    def __init__(self, code: int, subcode: str, reason: str, wmi: int | None = None) -> None:
        super().__init__(reason)
        self.code, self.subcode, self.reason, self.wmi = code, subcode, reason, wmi


@dataclass(frozen=True)
class Request:
    """One message of the client; `action` is the short name, `uri` the one it was sent with."""

    action: str
    uri: str
    body: ElementTree.Element
    resource: str = ""
    message_id: str = ""
    shell_id: str = ""
    timeout: float = DEFAULT_TIMEOUT
    options: Mapping[str, str] | None = None

    def option(self, name: str) -> str:
        """Value of one option of the header, upper case, empty when it was not sent."""
        return (self.options or {}).get(name, "").upper()


def parse(data: bytes) -> Request:
    """Read one envelope; raises Fault when it is none, or its action is not known."""
    try:
        envelope = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise not_an_envelope() from error
    header, body = envelope.find(f"{{{S}}}Header"), envelope.find(f"{{{S}}}Body")
    if envelope.tag != f"{{{S}}}Envelope" or body is None:
        raise not_an_envelope()
    if body.find(f"{{{WSMID}}}Identify") is not None:
        return Request("Identify", "", body)
    if header is None:
        raise not_an_envelope()
    uri = (header.findtext(f"{{{A}}}Action") or "").strip()
    if uri not in ACTIONS:
        raise not_supported()
    return Request(
        action=ACTIONS[uri],
        uri=uri,
        body=body,
        resource=(header.findtext(f"{{{W}}}ResourceURI") or "").strip(),
        message_id=header.findtext(f"{{{A}}}MessageID") or "",
        shell_id=next((s.text or "" for s in header.iter(f"{{{W}}}Selector") if s.get("Name") == "ShellId"), ""),
        timeout=seconds(header.findtext(f"{{{W}}}OperationTimeout")),
        options={option.get("Name", ""): option.text or "" for option in header.iter(f"{{{W}}}Option")},
    )


def seconds(duration: str | None) -> float:
    """Read an xs:duration such as PT20S or PT1M0.5S; the default when there is none or it cannot be read."""
    match = re.fullmatch(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", (duration or "").strip())
    if match is None or not any(match.groups()):
        return DEFAULT_TIMEOUT
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def answer(request: Request, body: str) -> bytes:
    """Wrap the body of a successful answer; RelatesTo repeats the client's MessageID letter for letter."""
    if request.action == "Identify":
        return f'<s:Envelope xmlns:s="{S}"><s:Header/><s:Body>{body}</s:Body></s:Envelope>'.encode()
    return _envelope(f"{request.uri}Response", request.message_id, body)


def fault(error: Fault, machine: str, message_id: str = "") -> bytes:
    """Wrap a fault of the named machine."""
    wmi = f'<n:MSFT_WmiError xmlns:n="{WMI}"><n:error_Code>{error.wmi}</n:error_Code></n:MSFT_WmiError>'
    reason = escape(error.reason)
    body = (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason>'
        f'<s:Detail><f:WSManFault xmlns:f="{F}" Code="{error.code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{reason}</f:Message></f:WSManFault>{wmi if error.wmi is not None else ''}</s:Detail></s:Fault>"
    )
    return _envelope(f"{A}/fault", message_id, body)


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{S}" xmlns:a="{A}" xmlns:w="{W}" xmlns:x="{X}" xmlns:rsp="{RSP}">'
        f"<s:Header><a:Action>{action}</a:Action><a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<a:To>{A}/role/anonymous</a:To><a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def timed_out() -> Fault:
    """The operation's own timeout passed; clients ask again."""
    return Fault(2150858793, "w:TimedOut", "The WS-Management service cannot complete the operation within the time.")


def shell_not_found() -> Fault:
    """The shell or command of that id is not (or no longer) there."""
    return Fault(2150858843, "w:InvalidSelectors", "The request for the Windows Remote Shell with that ShellId failed.")


def access_denied() -> Fault:
    """ERROR_ACCESS_DENIED."""
    return Fault(5, "w:AccessDenied", "Access is denied.")


def too_many_shells() -> Fault:
    """MaxShellsPerUser is reached."""
    return Fault(2150859173, "w:QuotaLimit", "This user has exceeded the maximum number of concurrent shells.")


def too_many_operations() -> Fault:
    """The shell's quota of commands is used up; ansible-core 2.19 and later look at the code of MSFT_WmiError."""
    code = 2150859174
    return Fault(code, "w:QuotaLimit", "This user has exceeded the maximum number of concurrent operations.", wmi=code)


def busy() -> Fault:
    """ERROR_BUSY, on Send."""
    return Fault(170, "w:InternalError", "The requested resource is in use.")


def internal_error() -> Fault:
    """ERROR_INTERNAL_ERROR: an exception of the simulation itself."""
    return Fault(1359, "w:InternalError", "An internal error occurred in the simulated host.")


def not_an_envelope() -> Fault:
    """The bytes are no SOAP envelope."""
    return Fault(87, "w:SchemaValidationError", "The SOAP packet is not well-formed.")


def not_supported() -> Fault:
    """An action that the simulated host does not know."""
    return Fault(2150858753, "a:ActionNotSupported", "The action is not supported by the service.")
