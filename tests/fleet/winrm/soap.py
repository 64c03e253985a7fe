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
MSV = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
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


# Faults of which the receiver is the cause; of all others the sender is ([DSP0226] 14.6, in the table of each).
_RECEIVERS = frozenset({"w:TimedOut", "w:InternalError"})


class Fault(Exception):
    """What the host refuses.

    ``code`` is a number of winerror.h. It stands in a WSManFault, or with ``wmi`` in a MSFT_WmiError instead of one, as WinRM 3.0
    and later answers when a quota is used up.
    """

    def __init__(self, code: int, subcode: str, reason: str, *, wmi: bool = False) -> None:
        super().__init__(reason)
        self.code, self.subcode, self.reason, self.wmi = code, subcode, reason, wmi

    @property
    def blamed(self) -> str:
        """Value of the fault's code: who has to change something."""
        return "s:Receiver" if self.subcode in _RECEIVERS else "s:Sender"

    @property
    def action(self) -> str:
        """Action of the fault's envelope: that of WS-Addressing for its own faults only ([DSP0226] 14.3)."""
        return f"{A}/fault" if self.subcode.startswith("a:") else "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"


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
    body = (
        f"<s:Fault><s:Code><s:Value>{error.blamed}</s:Value><s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{escape(error.reason)}</s:Text></s:Reason>'
        f"<s:Detail>{_wmi_error(error) if error.wmi else _wsman_fault(error, machine)}</s:Detail></s:Fault>"
    )
    return _envelope(error.action, message_id, body)


def _wsman_fault(error: Fault, machine: str) -> str:
    return (
        f'<f:WSManFault xmlns:f="{F}" Code="{error.code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{escape(error.reason)}</f:Message></f:WSManFault>"
    )


def _wmi_error(error: Fault) -> str:
    """A CIM error with the properties that tell something; the others are null or 0."""
    reason = escape(error.reason)
    return (
        f'<n:MSFT_WmiError b:IsCIM_Error="true" xmlns:n="{WMI}" xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd">'
        f"<n:CIMStatusCode>27</n:CIMStatusCode><n:Message>{reason}</n:Message><n:MessageID>HRESULT 0x{error.code:08x}</n:MessageID>"
        f"<n:error_Category>30</n:error_Category><n:error_Code>{error.code}</n:error_Code><n:error_Type>HRESULT</n:error_Type>"
        f"<n:error_WindowsErrorMessage>{reason}</n:error_WindowsErrorMessage></n:MSFT_WmiError>"
    )


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{S}" xmlns:a="{A}" xmlns:w="{W}" xmlns:x="{X}" xmlns:rsp="{RSP}" xmlns:p="{MSV}">'
        f"<s:Header><a:Action>{action}</a:Action><a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<p:ActivityId>{str(uuid.uuid4()).upper()}</p:ActivityId>"
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


def too_many_shells(allowed: int = 30) -> Fault:
    """ERROR_WSMAN_QUOTA_MAX_SHELLS of WinRM 3.0 and later: MaxShellsPerUser is reached."""
    return Fault(2150859173, "w:InternalError", _exceeded(allowed, "shells", "existing shells"), wmi=True)


def too_many_operations(allowed: int = 1500) -> Fault:
    """ERROR_WSMAN_QUOTA_MAX_OPERATIONS: the shell's quota of commands is used up; core 2.18 and later ask for a new shell then."""
    return Fault(2150859174, "w:InternalError", _exceeded(allowed, "operations", "existing operations for this user,"), wmi=True)


def too_many_commands() -> Fault:
    """ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ: a quota of a plugin, which PowerShell's is; its sentence has no number."""
    reason = (
        f"{_CANNOT} The maximum number of concurrent commands per shell has been exceeded. Retry the request later or raise the "
        "Maximum Commands per Shell quota."
    )
    return Fault(2150859241, "w:InternalError", reason, wmi=True)


def too_many_shells_of_old(allowed: int = 5) -> Fault:
    """The same quota as WinRM 2.0 (Windows Server 2008 R2) tells it: with a WSManFault."""
    return Fault(2150859173, "w:QuotaLimit", _exceeded(allowed, "shells", "existing shells"))


_CANNOT = "The WS-Management service cannot process the request."


def _exceeded(allowed: int, what: str, close: str) -> str:
    """The sentence of Windows about a quota of a user."""
    return (
        f"{_CANNOT} This user is allowed a maximum number of {allowed} concurrent {what}, which has been exceeded. "
        f"Close {close} or raise the quota for this user."
    )


def busy() -> Fault:
    """ERROR_BUSY, on Send."""
    return Fault(170, "w:InternalError", "The requested resource is in use.")


def internal_error() -> Fault:
    """ERROR_INTERNAL_ERROR: an exception of the simulation itself."""
    return Fault(1359, "w:InternalError", "An internal error occurred in the simulated host.")


def not_an_envelope() -> Fault:
    """ERROR_WSMAN_SCHEMA_VALIDATION_ERROR: the bytes are no SOAP envelope, or their body is not that of the action."""
    return Fault(2150858817, "w:SchemaValidationError", f"{_CANNOT} The SOAP packet did not match the corresponding schema.")


def invalid_parameter() -> Fault:
    """ERROR_INVALID_PARAMETER: for example a Receive of a command shell that names no command."""
    return Fault(87, "w:InvalidParameter", "The parameter is incorrect.")


def not_supported() -> Fault:
    """An action that the simulated host does not know."""
    return Fault(2150858753, "a:ActionNotSupported", "The action is not supported by the service.")
