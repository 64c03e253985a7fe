# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of each source only what the comparison reads: nobody hands on the whole security policy of a host to prove one right."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from xml.etree import ElementTree

from . import documents, service_control
from .answers import Answer, Unasked
from .programs import RIGHT, net_list
from .texts import decoded


def excerpt(answer: Answer, pages: tuple[int, ...]) -> Answer:
    """The same answer with less in it, in the encoding that it had. What cannot be understood is left out and says so.

    Of a program that failed its file is left out alone: what it printed says why.
    """
    if answer.exit_code:
        return dataclasses.replace(answer, file=None)
    cut = next((cut for start, cut in _CUTS if answer.source.startswith(start)), None)
    if cut is None:
        return answer
    return dataclasses.replace(
        answer,
        out=_shortened(answer.out, pages, cut),
        file=None if answer.file is None else _shortened(answer.file, pages, cut),
    )


def _shortened(raw: bytes, pages: tuple[int, ...], cut: Callable[[str], str]) -> bytes:
    if not raw:
        return raw
    text, encoding = decoded(raw, pages)
    try:
        return cut(text).encode(encoding, "replace")
    except Unasked:
        return b"left out: not of the form that the comparison reads"


def _lines(pattern: str) -> Callable[[str], str]:
    """Keep the lines that match."""
    wanted = re.compile(pattern, re.IGNORECASE)
    return lambda text: "".join(line for line in text.splitlines(keepends=True) if wanted.search(line))


def _gpresult(text: str) -> str:
    """The document with the GPOs and the settings of our right alone."""
    found = documents.resultant(text)
    root = ElementTree.Element("Rsop", xmlns="http://www.microsoft.com/GroupPolicy/Rsop")
    results = ElementTree.SubElement(root, "ComputerResults")
    for guid, name in sorted(found.names.items()):
        gpo = ElementTree.SubElement(results, "GPO")
        ElementTree.SubElement(gpo, "Name").text = name
        ElementTree.SubElement(ElementTree.SubElement(gpo, "Path"), "Identifier").text = guid
    extension = ElementTree.SubElement(ElementTree.SubElement(results, "ExtensionData"), "Extension")
    for precedence, guid in found.settings:
        setting = ElementTree.SubElement(extension, "UserRightsAssignment")
        ElementTree.SubElement(ElementTree.SubElement(setting, "GPO"), "Identifier").text = guid
        ElementTree.SubElement(setting, "Precedence").text = str(precedence)
        ElementTree.SubElement(setting, "Name").text = RIGHT
    return ElementTree.tostring(root, encoding="unicode")


_EVENTS = "http://schemas.microsoft.com/win/2004/08/events/event"
_OTHER_EVENT = f'<Event xmlns="{_EVENTS}"><System><EventID>0</EventID><TimeCreated /></System></Event>'


def _wevtutil(text: str) -> str:
    """The events of our right, with the fields that are compared, and others as empty ones: how many were read counts."""
    found = documents.events(text)
    told = [_OTHER_EVENT] * (found.count - len(found.ours))
    for one in found.ours:
        event = ElementTree.Element("Event", xmlns=_EVENTS)
        system = ElementTree.SubElement(event, "System")
        ElementTree.SubElement(system, "EventID").text = str(one.id)
        ElementTree.SubElement(system, "TimeCreated", SystemTime=one.time)
        data = ElementTree.SubElement(event, "EventData")
        for name, value in (("SubjectUserSid", one.subject), ("TargetSid", one.target), ("PrivilegeList", RIGHT)):
            ElementTree.SubElement(data, "Data", Name=name).text = value
        told.append(ElementTree.tostring(event, encoding="unicode"))
    return "".join(told)


def _appcmd(text: str) -> str:
    """The pools and how their processes log on."""
    root = ElementTree.Element("appcmd")
    for name, model in documents.pools(text).items():
        pool = ElementTree.SubElement(root, "APPPOOL", {"APPPOOL.NAME": name})
        kept = {key: value for key, value in model.items() if key in ("identityType", "userName", "manualGroupMembership")}
        ElementTree.SubElement(ElementTree.SubElement(pool, "add", name=name), "processModel", kept)
    return ElementTree.tostring(root, encoding="unicode")


def _processes(text: str) -> str:
    """Of each service its name and its process, in the words of the host."""
    told = ((one, service_control.process_of(one)) for one in service_control.services(text))
    return "".join(f"{one.line}\r\n{process.line}\r\n" for one, process in told if process is not None)


def _configuration(text: str) -> str:
    """The service's name and its account; where that is known by its place alone, the names of the other fields as well, without values."""
    account, told = service_control.account_of(text), service_control.services(text)
    lines = [one.line for one in told[:1]]
    if account.name != service_control.ACCOUNT:
        lines += [one.line[: one.line.index(":") + 1] for one in told[0].fields[:-1]]
    return "".join(f"{line}\r\n" for line in (*lines, account.line))


def _joined(text: str) -> str:
    """Keys of joins without their names, which are thumbprints of certificates."""
    return re.sub(r"(?im)^(.*\\JoinInfo\\).+$", r"\1KEY", text)


_CUTS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("secedit", _lines(rf"^\s*(\[|Unicode\s*=|{RIGHT}\s*=)")),
    ("gpresult", _gpresult),
    ("wevtutil", _wevtutil),
    ("appcmd", _appcmd),
    ("dsregcmd", _lines(r"^\s*AzureAdJoined\s*:")),
    ("sc_queryex", _processes),
    ("sc_qc", _configuration),
    ("net ", net_list),
    ("reg SYSTEM\\CurrentControlSet\\Control\\CloudDomainJoin", _joined),
)
