# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What WMI tells of a simulated machine: instances by class, in the words of Windows."""

from __future__ import annotations

import typing as t

from fleet import lookup
from fleet.machine import RIGHT, Machine

if t.TYPE_CHECKING:
    from fleet import lsa

Row = dict[str, t.Any]
RSOP = "root/rsop/computer"
EXTENSION = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"
NOT_FOUND = 0x80041002


class CimError(Exception):
    """A query that fails. `status`: an HRESULT, or below 0x1000 an MI result without one."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HRESULT 0x{status:08x}" if status >= 0x1000 else f"MI RESULT {status}")
        self.status = status


class Cim:
    """Answers queries for one run of the payload."""

    def __init__(self, machine: Machine, faults: lsa.Faults) -> None:
        self._machine, self._faults = machine, faults

    def rows(self, class_name: str) -> list[Row]:
        """The instances that the payload's query for this class finds; raises CimError."""
        self._check(class_name)
        return instances(self._machine)[class_name]

    def builtin_domain(self) -> str:
        """Domain of a built-in group; raises CimError."""
        self._check("Win32_Group")
        return builtin_domain(self._machine)

    def members(self, domain: str, name: str) -> list[Row]:
        """Members of a group; raises CimError."""
        self._check("Win32_GroupUser")
        found = groups(self._machine).get((domain.upper(), name.upper()))
        if found is None:
            raise CimError(NOT_FOUND)
        return found

    def _check(self, class_name: str) -> None:
        statuses = [self._faults.status(call) for call in ("Get-CimInstance", class_name)]
        if class_name.startswith("RSOP_"):
            statuses.append(self._machine.rsop.error)
        for status in statuses:
            if status is not None:
                raise CimError(status)


def instances(machine: Machine) -> dict[str, list[Row]]:
    """Class -> instances that match the condition of the payload's query."""
    rsop, services = machine.rsop, machine.services_running
    status = {"loggingStatus": rsop.logging_status, "error": rsop.extension_error}
    known = [one for one in machine.gpos if one.name is not None]
    return {
        "Win32_TerminalServiceSetting": [{"TerminalServerMode": int(machine.session_host)}],
        "Win32_Service": [{"Name": name, "StartName": one.account, "ProcessId": one.pid} for name, one in services.items()],
        "RSOP_ExtensionStatus": []
        if machine.alone or rsop.age is None
        else [status | {"endTime": machine.ago(rsop.age).isoformat()}],
        "RSOP_UserPrivilegeRight": [
            {
                "GPOID": one.id,
                "SOMID": one.link,
                "precedence": one.precedence,
                "Status": one.status,
                "ErrorCode": one.error,
                "AccountList": None if one.accounts is None else list(one.accounts),
                "creationTime": None if one.age is None else machine.ago(one.age).isoformat(),
            }
            for one in machine.gpos
        ],
        "RSOP_GPO": [{"id": "cn=another", "guidName": "{0}", "name": "of other settings"}]
        + [{"id": one.id, "guidName": one.guid, "name": one.name} for one in (*known, *rsop.others)],
        "RSOP_SOM": [{"id": "OU=another", "type": 4}]
        + [{"id": one.link, "type": int(one.som_type)} for one in machine.gpos if one.link],
    }


def queries(machine: Machine) -> list[Row]:
    """The same for the stand-in of Get-CimInstance: where, in which words and with which limit each query must come."""
    limits = {"Win32_Service": 60}
    spaces = {"Win32_TerminalServiceSetting": "root/cimv2/TerminalServices"}
    conditions = {
        "Win32_Service": "State = 'Running'",
        "RSOP_ExtensionStatus": f"extensionGuid = '{EXTENSION}'",
        "RSOP_UserPrivilegeRight": f"UserRight = '{RIGHT}'",
    }
    told = [
        {
            "class": name,
            "space": RSOP if name.startswith("RSOP_") else spaces.get(name, "root/cimv2"),
            "where": conditions.get(name, ""),
            "limit": limits.get(name, 10),
            "rows": rows,
        }
        for name, rows in instances(machine).items()
    ]
    common = {"space": "root/cimv2", "limit": 10}
    for sid, account in lookup.accounts(machine).items():
        if sid.startswith("S-1-5-32-"):
            row = {"Domain": builtin_domain(machine), "Name": account.name}
            told.append(common | {"class": "Win32_Group", "where": f"SID = '{sid}' AND LocalAccount = TRUE", "rows": [row]})
    for (domain, name), rows in groups(machine).items():
        path = ",".join(f'{key}="{_escaped(value)}"' for key, value in (("Domain", domain), ("Name", name)))
        told.append(common | {"class": "Win32_GroupUser", "where": f"Win32_Group.{path}", "rows": rows})
    return told


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def builtin_domain(machine: Machine) -> str:
    """What WMI has for the LSA's BUILTIN. That it is the domain on a domain controller is this model's choice."""
    return machine.account_domain


def groups(machine: Machine) -> dict[tuple[str, str], list[Row]]:
    """(domain, name) of each group, in upper case -> its members. Those that nobody can name are left out."""
    accounts = lookup.accounts(machine)

    def domain(sid: str) -> str:
        return builtin_domain(machine) if sid.startswith("S-1-5-32-") else accounts[sid].domain or machine.name

    return {
        (domain(sid).upper(), account.name.upper()): [
            {"SID": one, "Domain": domain(one), "Name": accounts[one].name, "SIDType": int(accounts[one].use)}
            for one in machine.members.get(sid, ())
            if one in accounts
        ]
        for sid, account in accounts.items()
        if account.use in (2, 4)
    }
