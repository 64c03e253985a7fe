# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What WMI tells of a simulated machine: instances by class, in the words of Windows. Which names there are says schema.py."""

from __future__ import annotations

import typing as t

from fleet.windows import lookup, schema
from fleet.windows.machine import RIGHT, Machine
from fleet.windows.names import Use

if t.TYPE_CHECKING:
    from fleet.windows import lsa

Row = dict[str, t.Any]
RSOP, CIMV2, TERMINAL_SERVICES = "root/rsop/computer", "root/cimv2", "root/cimv2/terminalservices"
EXTENSION = "{827D319E-6EAC-11D2-A4EA-00C04F79F83A}"
REGISTRY_EXTENSION = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}"
NOT_FOUND = 0x80041002
_ACCOUNT_CLASSES = {Use.USER: "Win32_UserAccount", Use.GROUP: "Win32_Group", Use.ALIAS: "Win32_Group"}


class CimError(Exception):
    """A query that fails. `status`: an HRESULT, or below 0x1000 an MI result without one."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HRESULT 0x{status:08x}" if status >= 0x1000 else f"MI RESULT {status}")
        self.status = status


class Cim:
    """Answers queries for one run of the payload."""

    def __init__(self, machine: Machine, faults: lsa.Faults) -> None:
        self._machine, self._faults = machine, faults

    def rows(self, class_name: str, **where: object) -> list[Row]:
        """The instances of a class with these values; raises CimError."""
        self._check(class_name)
        found = next(one[class_name] for one in instances(self._machine).values() if class_name in one)
        return [row for row in found if all(row[name] == value for name, value in where.items())]

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


def instances(machine: Machine) -> dict[str, dict[str, list[Row]]]:
    """Namespace -> class -> its instances, each with all properties of the class. Raises SchemaError for a name that Windows lacks."""
    told = {RSOP: _rsop(machine), CIMV2: _accounts(machine), TERMINAL_SERVICES: _terminal_services(machine)}
    told[CIMV2]["Win32_Service"] = _services(machine)
    told[CIMV2]["Win32_ComputerSystem"] = [_computer_system(machine)]
    told[CIMV2]["Win32_OperatingSystem"] = [_operating_system(machine)]
    return {
        space: {name: [schema.complete(space, name, row) for row in rows] for name, rows in found.items()}
        for space, found in told.items()
    }


def _computer_system(machine: Machine) -> Row:
    """Win32_ComputerSystem: DomainRole has the numbers of DSROLE_MACHINE_ROLE; Domain is the DNS name where there is one."""
    return {
        "DomainRole": machine.machine_role,
        "Name": machine.netbios,
        "Domain": machine.dns_domain or machine.domain,
        "PartOfDomain": machine.primary_domain is not None,
    }


def _operating_system(machine: Machine) -> Row:
    """Win32_OperatingSystem."""
    return {
        "BuildNumber": str(machine.build),
        "OperatingSystemSKU": machine.sku,
        "ProductType": {"WinNT": 1, "LanmanNT": 2, "ServerNT": 3}[machine.product_type],
        "Caption": f"Microsoft {machine.caption}",
        "OSArchitecture": "64-bit",
        "OSLanguage": 1031 if machine.language == "de" else 1033,
    }


def _terminal_services(machine: Machine) -> dict[str, list[Row]]:
    return {"Win32_TerminalServiceSetting": [{"TerminalServerMode": int(machine.session_host)}]}


def _services(machine: Machine) -> list[Row]:
    """Running services, and one that is stopped: it runs under nobody's account now."""
    running = [
        {"Name": name, "StartName": one.account, "ProcessId": one.pid, "State": "Running", "Started": True}
        for name, one in machine.services_running.items()
    ]
    return [*running, {"Name": "FleetStopped", "StartName": "SIM\\stopped", "ProcessId": 0, "State": "Stopped", "Started": False}]


def _rsop(machine: Machine) -> dict[str, list[Row]]:
    """What RSoP has logged; another extension, another right and GPOs of other settings are there as on every host."""
    rsop = machine.rsop
    status = {"loggingStatus": rsop.logging_status, "error": rsop.extension_error}
    ended = None if machine.alone or rsop.age is None else machine.ago(rsop.age).isoformat()
    known = [one for one in machine.gpos if one.name is not None]
    settings = [
        {
            "UserRight": RIGHT,
            "GPOID": one.id,
            "SOMID": one.link,
            "precedence": one.precedence,
            "Status": one.status,
            "ErrorCode": one.error,
            "AccountList": None if one.accounts is None else list(one.accounts),
            "creationTime": None if one.age is None else machine.ago(one.age).isoformat(),
        }
        for one in machine.gpos
    ]
    other = {
        "UserRight": "SeBackupPrivilege",
        "GPOID": "cn=another",
        "SOMID": "OU=another",
        "precedence": 1,
        "Status": 1,
        "ErrorCode": 0,
    }
    return {
        "RSOP_ExtensionStatus": [] if ended is None else [
            {"extensionGuid": REGISTRY_EXTENSION, "endTime": ended, "loggingStatus": 1, "error": 0},
            {"extensionGuid": EXTENSION, "endTime": ended} | status,
        ],
        "RSOP_UserPrivilegeRight": [other, *settings] if ended else settings,
        "RSOP_GPO": [{"id": "cn=another", "guidName": "{0}", "name": "of other settings"}]
        + [
            {"id": one.id, "guidName": one.guid, "name": one.name} | ({} if one.version is None else {"version": one.version})
            for one in (*known, *rsop.others)
        ],
        "RSOP_SOM": [{"id": "OU=another", "type": 4}]
        + [{"id": one.link, "type": int(one.som_type)} for one in machine.gpos if one.link],
    }  # fmt: skip


def _accounts(machine: Machine) -> dict[str, list[Row]]:
    """The built-in groups, which are all accounts that somebody asks by a query."""
    return {
        "Win32_Group": [
            _account(machine, sid, account.name, account.use) | {"LocalAccount": True}
            for sid, account in lookup.accounts(machine).items()
            if sid.startswith("S-1-5-32-")
        ]
    }


def _account(machine: Machine, sid: str, name: str, use: Use) -> Row:
    domain = builtin_domain(machine) if sid.startswith("S-1-5-32-") else lookup.accounts(machine)[sid].domain or machine.netbios
    return {"SID": sid, "Domain": domain, "Name": name, "SIDType": int(use)}


def stand_in(machine: Machine) -> Row:
    """What the stand-in for Get-CimInstance needs: the schema, the instances and the members of each group by its path."""
    return {
        "classes": schema.classes(),
        "keys": schema.key_properties(),
        "instances": instances(machine),
        "members": [
            {"Domain": domain, "Name": name, "rows": [schema.complete(CIMV2, _class_of(row), row) for row in rows]}
            for (domain, name), rows in groups(machine).items()
        ],
    }


def _class_of(row: Row) -> str:
    return _ACCOUNT_CLASSES.get(Use(row["SIDType"]), "Win32_SystemAccount")


def builtin_domain(machine: Machine) -> str:
    """What WMI has for the LSA's BUILTIN. That it is the domain on a domain controller is this model's choice."""
    return machine.account_domain


def groups(machine: Machine) -> dict[tuple[str, str], list[Row]]:
    """(domain, name) of each group, in upper case -> its members. Those that nobody can name are left out."""
    accounts = lookup.accounts(machine)

    def row(sid: str) -> Row:
        return _account(machine, sid, accounts[sid].name, accounts[sid].use)

    return {
        (row(sid)["Domain"].upper(), account.name.upper()): [row(one) for one in machine.members.get(sid, ()) if one in accounts]
        for sid, account in accounts.items()
        if account.use in (2, 4)
    }
