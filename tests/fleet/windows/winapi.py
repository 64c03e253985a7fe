# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few Windows calls besides the LSA's: role of the machine, product, and the token of the session."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.windows import lookup, names
from fleet.windows.lsa import Faults
from fleet.windows.machine import Machine, Token

ERROR_INVALID_PARAMETER, ERROR_MORE_DATA, NERR_GROUP_NOT_FOUND = 87, 234, 2220
ENTRY = 8 + 28  # a pointer and the SID of an account of a domain
DS_RUNNING, DS_READ_ONLY = 0x1, 0x8
GROUP_MANDATORY, GROUP_BY_DEFAULT, GROUP_ENABLED, GROUP_DENY_ONLY = 0x1, 0x2, 0x4, 0x10


@dataclass(frozen=True, slots=True)
class PrimaryDomain:
    """DSROLE_PRIMARY_DOMAIN_INFO_BASIC."""

    role: int
    flags: int
    flat: str | None
    dns: str | None


class Windows:
    """One process's view of a machine: netapi32, kernel32 and its own token."""

    def __init__(self, machine: Machine, user: str, token: Token, faults: Faults | None = None) -> None:
        self._machine, self._user, self._token = machine, user, token
        self._faults = faults or Faults(machine.faults)
        self.error = 0  # what GetLastError tells of the last call that failed

    def ds_role(self, level: int) -> tuple[int, PrimaryDomain | int | None]:
        """DsRoleGetPrimaryDomainInformation: Win32 error and the answer of level 1 (domain) or 3 (operation state)."""
        status = self._faults.status("DsRoleGetPrimaryDomainInformation")
        status = self._machine.role_status if status is None else status
        if status:
            return status, None
        if level == 3:
            return 0, 2 if self._machine.role_pending else 0
        if level != 1:
            return ERROR_INVALID_PARAMETER, None
        machine = self._machine
        flags = (DS_RUNNING if machine.machine_role >= 4 else 0) | (DS_READ_ONLY if machine.read_only else 0)
        return 0, PrimaryDomain(machine.machine_role, flags, machine.domain, machine.dns_domain)

    def product_info(self) -> int:
        """GetProductInfo: the SKU, 0 when the call fails."""
        return 0 if self._fails("GetProductInfo") else self._machine.sku

    def open_token(self) -> bool:
        """OpenProcessToken of the own process: whether it worked."""
        return not self._fails("OpenProcessToken")

    def token_user(self) -> str | None:
        """GetTokenInformation, TokenUser; None when the call fails."""
        return None if self._fails("GetTokenInformation") else self._machine.user_sid(self._user)

    def token_groups(self) -> list[tuple[str, int]] | None:
        """GetTokenInformation, TokenGroups: SIDs with attributes."""
        if self._fails("GetTokenInformation"):
            return None
        usual = GROUP_MANDATORY | GROUP_BY_DEFAULT | GROUP_ENABLED
        groups = [(names.EVERYONE, usual), (names.USERS, usual), (names.AUTHENTICATED_USERS, usual)]
        if self._token is Token.ADMINISTRATOR:
            groups.append((names.ADMINISTRATORS, usual | 0x8))  # owner
        elif self._token is Token.FILTERED:
            groups.append((names.ADMINISTRATORS, GROUP_DENY_ONLY))
        return groups

    def token_elevated(self) -> bool | None:
        """GetTokenInformation, TokenElevation."""
        if self._fails("GetTokenInformation"):
            return None
        return self._token is Token.ADMINISTRATOR

    def local_group_members(self, group: str, size: int, resume: int) -> tuple[int, list[str], int]:
        """NetLocalGroupGetMembers of level 0: Win32 error, SIDs that fit into the size, where to go on.

        It knows the groups of BUILTIN and of the machine's own domain by their bare names.
        """
        status = self._faults.status("NetLocalGroupGetMembers")
        if status is not None:
            return status, [], 0
        for sid, account in lookup.accounts(self._machine).items():
            own = sid.startswith(("S-1-5-32-", f"{self._machine.sid}-"))
            if own and account.use is names.Use.ALIAS and account.name.upper() == group.upper():
                members = self._machine.members.get(sid, ())
                end = resume + max(1, size // ENTRY)
                return (ERROR_MORE_DATA, [*members[resume:end]], end) if len(members) > end else (0, [*members[resume:]], 0)
        return NERR_GROUP_NOT_FOUND, [], 0

    def _fails(self, call: str) -> bool:
        status = self._faults.status(call)
        self.error = status or 0
        return status is not None
