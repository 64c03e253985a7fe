# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry of a simulated machine, as far as the payload reads it: one dict of keys with their values."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from fleet.windows import schema

if t.TYPE_CHECKING:
    from fleet.windows.machine import Machine

Value = int | str | list[str]
Key = dict[str, Value]

PRODUCT_OPTIONS = r"HKLM:\SYSTEM\CurrentControlSet\Control\ProductOptions"
CURRENT_VERSION = r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
NETLOGON = r"HKLM:\SYSTEM\CurrentControlSet\Services\Netlogon\Parameters"
SERVICES = r"HKLM:\SYSTEM\CurrentControlSet\Services"
INET_STP = r"HKLM:\SOFTWARE\Microsoft\InetStp"
JOIN_INFO = r"HKLM:\SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo"
POLICIES = r"HKLM:\SOFTWARE\Policies\Microsoft\Windows\System"
WINLOGON = r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
MDM = r"HKLM:\SOFTWARE\Microsoft\PolicyManager\current\device\UserRights"
THUMBPRINT = "1F2E3D4C5B6A79880716253443526170F0E1D2C3"


@dataclass(frozen=True, slots=True)
class Odd:
    """A value of another kind than Windows writes, on purpose: a damaged registry. Its name must be one that Windows has."""

    value: Value


class KeyDeniedError(Exception):
    """The session may not read the key."""


def registry(machine: Machine) -> dict[str, Key]:
    """Every key that exists for 64-bit programs, its values in it. Keys above them exist, too.

    Raises SchemaError for a key or a value that Windows does not have by any document.
    """
    return {
        path: {name: _checked(path, name, value) for name, value in values.items()} for path, values in _registry(machine).items()
    }


def _checked(path: str, name: str, value: Value | Odd) -> Value:
    if isinstance(value, Odd):
        schema.kind_of(path, name)
        return value.value
    schema.check_value(path, name, value)
    return value


def _registry(machine: Machine) -> dict[str, dict[str, Value | Odd]]:
    version: dict[str, Value | Odd] = {
        "CurrentBuild": str(machine.build),
        "CurrentBuildNumber": str(machine.build),
        "EditionID": machine.edition,
        "InstallationType": machine.installation_type,
        "ProductName": machine.caption,
        "UBR": machine.revision,
    }
    if machine.display_version is not None:
        version["DisplayVersion"] = machine.display_version
    keys: dict[str, dict[str, Value | Odd]] = {
        PRODUCT_OPTIONS: {"ProductType": machine.product_type},
        CURRENT_VERSION: version,
        SERVICES: {},
    }
    for service in machine.service_names:
        start = machine.spooler if service == "Spooler" else None
        keys[rf"{SERVICES}\{service}"] = {"DisplayName": service, "Start": 2 if start is None else start}
    for service, running in machine.services_running.items():
        key = keys[rf"{SERVICES}\{service}"]
        if running.required is not None:
            key["RequiredPrivileges"] = list(running.required)
        if running.sid_type is not None:
            key["ServiceSidType"] = running.sid_type
    for path, value in ((POLICIES, machine.rsop.logging_policy), (WINLOGON, machine.rsop.logging_preference)):
        if value is not None:
            keys[path] = {"RSoPLogging": value}
    if machine.sysvol is not None:
        keys[NETLOGON] = {"SysVol": machine.sysvol}
    if machine.mdm is not None:
        keys[MDM] = dict(machine.mdm)
    if machine.iis:
        major, _unused, minor = machine.iis.version.partition(".")
        keys[INET_STP] = {
            "MajorVersion": int(major),
            "MinorVersion": int(minor),
            "VersionString": f"Version {machine.iis.version}",
        }
        keys[rf"{INET_STP}\Components"] = {"NetFxExtensibility": 0, **dict.fromkeys(machine.iis.components, 1)}
    if machine.entra_joined:
        keys[rf"{JOIN_INFO}\{THUMBPRINT}"] = {"TenantId": "00000000-0000-0000-0000-000000000000"}
    return keys


class View:
    """The registry as a PowerShell of 64 or 32 bit sees it; names of keys in any case."""

    def __init__(self, machine: Machine) -> None:
        keys = registry(machine)
        if (machine.bits, machine.windows_bits) == (32, 64):
            # Redirected to WOW6432Node, where the simulated machine has nothing; policies are shared.
            kept = ("HKLM:\\SYSTEM\\", "HKLM:\\SOFTWARE\\Policies\\")
            keys = {path: key for path, key in keys.items() if path.startswith(kept)}
        self._keys = {path.lower(): (path, key) for path, key in keys.items()}
        self._denied = tuple(path.lower() for path in machine.denied_keys)

    def paths(self) -> list[str]:
        """Every key that exists and may be read, in lower case, those above other keys too."""
        above = {"\\".join(path.split("\\")[:depth]) for path in self._keys for depth in range(2, path.count("\\") + 2)}
        return sorted(path for path in above if not self._is_denied(path))

    def values(self, path: str) -> Key | None:
        """Values of a key, None when there is no such key; raises KeyDeniedError."""
        path = self._check(path)
        if path in self._keys:
            return self._keys[path][1]
        return {} if any(key.startswith(path + "\\") for key in self._keys) else None

    def children(self, path: str) -> list[str] | None:
        """Names of the keys right below a key, None when there is no such key; raises KeyDeniedError."""
        if self.values(path) is None:
            return None
        prefix = self._check(path) + "\\"
        return sorted(
            {key[len(prefix) :].partition("\\")[0] for low, (key, _unused) in self._keys.items() if low.startswith(prefix)}
        )

    def _check(self, path: str) -> str:
        path = path.rstrip("\\").lower()
        if self._is_denied(path):
            raise KeyDeniedError(path)
        return path

    def _is_denied(self, path: str) -> bool:
        return any(f"{path}\\".startswith(f"{denied}\\") for denied in self._denied)
