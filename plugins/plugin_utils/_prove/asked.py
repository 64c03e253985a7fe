# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the independent script is told to ask of one host, from what the payload said: which SIDs, names, services, groups."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Mapping

from .._facts.facts import HostFacts

HOURS = 7 * 24
"""How far back the security log is read."""

EVENTS = 200
"""The most events that the script asks wevtutil for, of every right."""

_CURRENT = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
MDM = r"SOFTWARE\Microsoft\PolicyManager\current\device\UserRights"
JOIN = r"SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo"
_SPOOLER = r"SYSTEM\CurrentControlSet\Services\Spooler"

NOWHERE = r"SOFTWARE\winrights-prove-none"
"""A key that no host has: how reg says that there is nothing, in the language of the host."""
BUILD = (_CURRENT, "CurrentBuild")
"""A value that every host has: whether reg reads at all."""

REGISTRY: Mapping[tuple[str, str], str] = {
    BUILD: "REG_SZ",
    (_CURRENT, "UBR"): "REG_DWORD",
    (_CURRENT, "EditionID"): "REG_SZ",
    (_CURRENT, "ProductName"): "REG_SZ",
    (_CURRENT, "InstallationType"): "REG_SZ",
    (_CURRENT, "DisplayVersion"): "REG_SZ",
    (r"SYSTEM\CurrentControlSet\Control\ProductOptions", "ProductType"): "REG_SZ",
    (r"SOFTWARE\Microsoft\InetStp", "MajorVersion"): "REG_DWORD",
    (r"SOFTWARE\Microsoft\InetStp", "MinorVersion"): "REG_DWORD",
    (_SPOOLER, "Start"): "REG_DWORD",
    (MDM, "ImpersonateClient"): "REG_SZ",
}
"""Values that the payload reads by their name, and the kind that it takes them for."""

CLASSES: Mapping[tuple[str, str], Mapping[str, str | None]] = {
    ("root/cimv2", "Win32_Service"): {"Name": "String", "StartName": "String", "ProcessId": "UInt32", "State": "String"},
    ("root/cimv2", "Win32_Group"): {"Domain": "String", "Name": "String", "SID": "String", "SIDType": "UInt8"},
    ("root/cimv2", "Win32_GroupUser"): {"GroupComponent": None, "PartComponent": None},
    ("root/cimv2/TerminalServices", "Win32_TerminalServiceSetting"): {"TerminalServerMode": "UInt32"},
    ("root/rsop/computer", "RSOP_ExtensionStatus"): {
        "extensionGuid": "String", "endTime": None, "error": "UInt32", "loggingStatus": "UInt32",
    },
    ("root/rsop/computer", "RSOP_UserPrivilegeRight"): {
        "UserRight": "String", "GPOID": "String", "SOMID": "String", "AccountList": "StringArray", "creationTime": None,
        "ErrorCode": "UInt32", "precedence": "UInt32", "Status": "UInt32",
    },
    ("root/rsop/computer", "RSOP_GPO"): {"id": "String", "guidName": "String", "name": "String", "version": "UInt32"},
    ("root/rsop/computer", "RSOP_SOM"): {"id": "String", "type": "UInt32"},
}  # fmt: skip
"""Classes and properties that the payload's queries name, with their types; None where no document says how the cmdlet calls the type."""

SCM_NAMES = ("localsystem", ".\\localsystem", "nt authority\\localservice", "nt authority\\networkservice")
"""What the service control manager calls three accounts in every language (Win32_Service, StartName)."""

_SERVICES, _GROUPS, _NAMES = 12, 12, 200
_PLAIN = re.compile(r"[^\"\\\r\n\x00]{1,256}")
"""A name that stands between quotation marks of a command line as it is."""


def services(facts: HostFacts) -> list[str]:
    """Services that are asked one by one: those of accounts of their own and with lists of privileges first."""
    found = [one for one in facts.services or () if _PLAIN.fullmatch(one.name)]
    found.sort(key=lambda one: (one.account is not None and one.account.lower() in SCM_NAMES, one.impersonate is None, one.name))
    return [one.name for one in found[:_SERVICES]]


def local_groups(facts: HostFacts) -> list[tuple[str, str]]:
    """SID and bare name of the groups of this host that the payload listed whole."""
    own = f"{facts.computer.sid}-"
    found = []
    for group in facts.groups or ():
        bare = (group.name or "").rpartition("\\")[2]
        if group.status == "read" and group.sid.startswith(("S-1-5-32-", own)) and _PLAIN.fullmatch(bare):
            found.append((group.sid, bare))
    return found[:_GROUPS]


def names(facts: HostFacts) -> list[str]:
    """Names whose SID the payload looked up: of accounts of services and pools, and of a GPO's or a management service's list."""
    texts = [one.account for one in facts.services or ()] + [one.account for one in facts.pools or ()]
    texts += [one.asked for one in facts.control.sids]
    return sorted({one for one in texts if one and one.lower() not in SCM_NAMES and not one.startswith(".\\")})[:_NAMES]


def registry() -> list[list[str]]:
    """Keys and values that reg is asked for; a key without a value's name is listed."""
    return [[key, name] for key, name in (*REGISTRY, (JOIN, ""), (NOWHERE, ""))]


def arguments(facts: HostFacts) -> dict[str, t.Any]:
    """The arguments of the independent script for a host."""
    groups = local_groups(facts)
    return {
        "sids": [one.sid for one in facts.holders][:_NAMES],
        "names": names(facts),
        "services": services(facts),
        "groups": [sid for sid, _name in groups],
        "group_names": [name for _sid, name in groups],
        "server": facts.windows.product_type != "WinNT",
        "registry": registry(),
        "hours": HOURS,
        "classes": [list(one) for one in CLASSES],
    }
