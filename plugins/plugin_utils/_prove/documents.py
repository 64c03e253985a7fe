# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML of gpresult, wevtutil and appcmd -> facts. Nothing is loaded from elsewhere, and a document with its own entities is refused."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from xml.etree import ElementTree

from .answers import Unasked
from .programs import RIGHT

_NUMBER = re.compile("[0-9]{1,9}")


def parsed(text: str) -> ElementTree.Element:
    """The root of a document. Raises Unasked; a DTD could make a short text a long one."""
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff"))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unasked("answered XML with a DTD")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise Unasked("answered no XML") from None


def local(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def children(element: ElementTree.Element, *path: str) -> list[ElementTree.Element]:
    """Elements at the end of a path of names, whatever their namespaces."""
    found = [element]
    for name in path:
        found = [child for one in found for child in one if local(child) == name]
    return found


def text_at(element: ElementTree.Element, *path: str) -> str | None:
    """The text of the first element at the end of a path; None where there is none."""
    return next(((one.text or "").strip() for one in children(element, *path)), None)


@dataclass(frozen=True, slots=True)
class Resultant:
    """What gpresult says of our right: precedence and GUID of each GPO that sets it, and the names of all GPOs by their GUID."""

    settings: tuple[tuple[int, str], ...]
    names: dict[str, str]


def resultant(text: str) -> Resultant:
    """``gpresult /scope computer /x``.

    Form: a public file of gpresult (root Rsop of http://www.microsoft.com/GroupPolicy/Rsop, ComputerResults/GPO with Name and
    Path/Identifier, ExtensionData/Extension/UserRightsAssignment with GPO/Identifier, Precedence, Name and Member). ``LocalGPO`` is the
    identifier of the local one, whose name is in the language of the host. Where the session may not read them, there are no
    ComputerResults at all (a public file), which says nothing of settings. Raises Unasked.
    """
    root = parsed(text)
    if local(root) != "Rsop":
        raise Unasked("answered another document than Rsop")
    if not children(root, "ComputerResults"):
        raise Unasked("told nothing of the computer")
    names = {}
    for gpo in children(root, "ComputerResults", "GPO"):
        guid, name = text_at(gpo, "Path", "Identifier"), text_at(gpo, "Name")
        if guid and name:
            names[guid.upper()] = name
    settings = []
    for one in children(root, "ComputerResults", "ExtensionData", "Extension", "UserRightsAssignment"):
        if (text_at(one, "Name") or "").lower() == RIGHT.lower():
            precedence, guid = text_at(one, "Precedence") or "", text_at(one, "GPO", "Identifier") or ""
            if not _NUMBER.fullmatch(precedence) or not guid:
                raise Unasked("told a setting without its GPO or its precedence")
            settings.append((int(precedence), guid.upper()))
    return Resultant(tuple(sorted(settings)), names)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the security log about our right; ``time`` to the second."""

    id: int
    time: str
    subject: str
    target: str


@dataclass(frozen=True, slots=True)
class Events:
    """How many events were told, of every right, and those of ours."""

    count: int
    ours: list[Event]


def events(text: str) -> Events:
    """Events of ``wevtutil qe /f:xml``, one document after another. Raises Unasked.

    Form: Microsoft, events 4704 and 4705 (EventID, TimeCreated/@SystemTime, named Data).
    """
    root = parsed(f"<events>{text}</events>")
    if (root.text or "").strip() or any(local(one) != "Event" or (one.tail or "").strip() for one in root):
        raise Unasked("answered something else than events")
    told = [_event(one) for one in root]
    return Events(len(told), [event for event, ours in told if ours])


def _event(one: ElementTree.Element) -> tuple[Event, bool]:
    """An event, and whether it names our right."""
    data = {item.get("Name"): (item.text or "").strip() for item in children(one, "EventData", "Data")}
    number = text_at(one, "System", "EventID") or ""
    created = next(iter(children(one, "System", "TimeCreated")), None)
    if not _NUMBER.fullmatch(number) or created is None:
        raise Unasked("told an event without its number or its time")
    when = (created.get("SystemTime") or "")[:19]
    event = Event(int(number), when, data.get("SubjectUserSid") or "", data.get("TargetSid") or "")
    return event, RIGHT in (data.get("PrivilegeList") or "").split()


def pools(text: str) -> dict[str, dict[str, str]]:
    """Application pools of ``appcmd list apppool /config /xml`` and the attributes of their processModel that it shows.

    Form: Microsoft IIS, "Getting Started with AppCmd.exe" (APPPOOL with APPPOOL.NAME, below it the section). What it does not show is a
    default, and is not compared.
    """
    root = parsed(text)
    if local(root) != "appcmd":
        raise Unasked("answered another document than appcmd")
    found: dict[str, dict[str, str]] = {}
    for pool in children(root, "APPPOOL"):
        name = pool.get("APPPOOL.NAME")
        if name is None:
            raise Unasked("told a pool without a name")
        model: t.Any = next(iter(children(pool, "add", "processModel")), None)
        found[name] = {} if model is None else dict(model.attrib)
    return found
