# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The LSA of a simulated machine: accounts and their rights as [MS-LSAD] has them, answered in NTSTATUS.

Names are looked up in lookup.py. Every method is named after the Windows function that it stands for.
"""

from __future__ import annotations

import functools
import itertools
import typing as t
from collections import Counter

from fleet.windows import lookup, names
from fleet.windows.machine import Fault, Machine, Token

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SUCCESS = 0x00000000
SOME_NOT_MAPPED = 0x00000107
NO_MORE_ENTRIES = 0x8000001A
INVALID_HANDLE = 0xC0000008
INVALID_PARAMETER = 0xC000000D
ACCESS_DENIED = 0xC0000022
OBJECT_NAME_NOT_FOUND = 0xC0000034
NO_SUCH_PRIVILEGE = 0xC0000060
NONE_MAPPED = 0xC0000073
NOT_SUPPORTED = 0xC00000BB
TRUSTED_DOMAIN_FAILURE = 0xC000018C

VIEW_LOCAL_INFORMATION = 0x1
CREATE_ACCOUNT = 0x10
LOOKUP_NAMES = 0x800
AUDIT = VIEW_LOCAL_INFORMATION | LOOKUP_NAMES
CHANGE = AUDIT | CREATE_ACCOUNT
ALL_ACCESS = 0xF0FFF
ISOLATED_AS_LOCAL = 0x80000000
MOST_ENTRIES = 1000  # of one lookup ([MS-LSAT] notes 24 and 32)

_MAXIMUM_ALLOWED = 0x02000000
_GENERIC = {0x80000000: 0x20006, 0x40000000: 0x207F8, 0x20000000: 0x20801, 0x10000000: ALL_ACCESS}
_EVERYONE = 0x20801  # GENERIC_EXECUTE, which the default DACL grants to Everyone ([MS-LSAD] note 46)

PROTECTED_ACCOUNTS = frozenset({names.LOCAL_SERVICE, names.NETWORK_SERVICE})
PROTECTED_RIGHTS = frozenset({"SeAuditPrivilege", "SeChangeNotifyPrivilege", "SeImpersonatePrivilege", "SeCreateGlobalPrivilege"})
KNOWN_RIGHTS = PROTECTED_RIGHTS | {
    *(f"Se{name}Privilege" for name in (
        "AssignPrimaryToken", "Backup", "CreatePagefile", "CreatePermanent", "CreateSymbolicLink", "CreateToken",
        "Debug", "DelegateSessionUserImpersonate", "EnableDelegation", "IncreaseBasePriority", "IncreaseQuota",
        "IncreaseWorkingSet", "LoadDriver", "LockMemory", "MachineAccount", "ManageVolume", "ProfileSingleProcess",
        "Relabel", "RemoteShutdown", "Restore", "Security", "Shutdown", "SyncAgent", "SystemEnvironment",
        "SystemProfile", "Systemtime", "TakeOwnership", "Tcb", "TimeZone", "TrustedCredManAccess", "Undock",
    )),
    *(f"Se{deny}{name}LogonRight" for deny in ("", "Deny") for name in (
        "Batch", "Interactive", "Network", "RemoteInteractive", "Service",
    )),
}  # fmt: skip


class Faults:
    """Counts the calls of one run and says which of them a machine's faults hit."""

    def __init__(self, faults: Mapping[str, Fault | int]) -> None:
        self._faults = faults
        self._count: Counter[str] = Counter()

    def status(self, call: str) -> int | None:
        """Status that this call answers at once, None for a call that works."""
        self._count[call] += 1
        fault = self._faults.get(call)
        if isinstance(fault, Fault):
            chosen = (fault.on,) if isinstance(fault.on, int) else fault.on
            return fault.status if chosen is None or self._count[call] in chosen else None
        return fault

    def count(self, call: str) -> int:
        """How often a call was made."""
        return self._count[call]


_Result = t.TypeVar("_Result")
_P = t.ParamSpec("_P")


def _then_others(call: str) -> Callable[[Callable[t.Concatenate[Lsa, _P], _Result]], Callable[t.Concatenate[Lsa, _P], _Result]]:
    """After this call of the client, others may change the right."""

    def decorate(method: Callable[t.Concatenate[Lsa, _P], _Result]) -> Callable[t.Concatenate[Lsa, _P], _Result]:
        @functools.wraps(method)
        def run(self: Lsa, /, *args: _P.args, **kwargs: _P.kwargs) -> _Result:
            result = method(self, *args, **kwargs)
            self._machine.after_call(call, self._faults.count(call))
            return result

        return run

    return decorate


class Lsa:
    """One client's view of a machine's LSA; `open_handles` shows what the client has not closed yet."""

    def __init__(self, machine: Machine, token: Token, faults: Faults | None = None) -> None:
        self._machine, self.computer = machine, machine.netbios
        self._administrator = self._own = token is Token.ADMINISTRATOR
        self._faults = faults or Faults(machine.faults)
        self._numbers = itertools.count(0x1A0, 0x10)
        self.milliseconds = 86_400_000  # since the machine was started: what GetTickCount64 tells
        self.open_handles: dict[int, int] = {}

    def impersonate(self, administrator: bool | None) -> None:
        """From now on calls are made with another token of the client's thread; None: with the process's own again."""
        self._administrator = self._own if administrator is None else administrator

    @_then_others("LsaOpenPolicy")
    def open_policy(self, access: int) -> tuple[int, int]:
        """LsaOpenPolicy: status and handle (0 when there is none)."""
        if (status := self._faults.status("LsaOpenPolicy")) is not None:
            return status, 0
        if access == 0:
            return INVALID_PARAMETER, 0
        allowed = ALL_ACCESS if self._administrator else _EVERYONE
        wanted = 0
        for bit in (1 << n for n in range(32)):
            if access & bit:
                wanted |= allowed if bit == _MAXIMUM_ALLOWED else _GENERIC.get(bit, bit)
        if wanted & ~allowed:
            return ACCESS_DENIED, 0
        handle = next(self._numbers)
        self.open_handles[handle] = wanted
        return SUCCESS, handle

    def close(self, handle: int) -> int:
        """LsaClose."""
        if (status := self._faults.status("LsaClose")) is not None:
            return status
        return INVALID_HANDLE if self.open_handles.pop(handle, None) is None else SUCCESS

    @_then_others("LsaEnumerateAccountsWithUserRight")
    def enumerate_accounts_with_user_right(self, handle: int, right: str) -> tuple[int, list[str]]:
        """LsaEnumerateAccountsWithUserRight: SIDs in no order that a caller may rely on."""
        if status := self._check("LsaEnumerateAccountsWithUserRight", handle, AUDIT):
            return status, []
        if not self._administrator:  # whatever the handle may do ([MS-LSAD] note 73)
            return ACCESS_DENIED, []
        if right not in KNOWN_RIGHTS:
            return NO_SUCH_PRIVILEGE, []
        holders = [sid for sid, rights in self._machine.rights.items() if right in rights]
        return (SUCCESS, holders) if holders else (NO_MORE_ENTRIES, [])

    @_then_others("LsaAddAccountRights")
    def add_account_rights(self, handle: int, sid: str, rights: Sequence[str]) -> int:
        """LsaAddAccountRights: makes the account object when there is none; a right already held is ignored."""
        known = sid in self._machine.rights
        if status := self._check("LsaAddAccountRights", handle, LOOKUP_NAMES | (0 if known else CREATE_ACCOUNT)):
            return status
        if not names.is_sid(sid) or not rights:
            return INVALID_PARAMETER
        if not self._administrator:
            return ACCESS_DENIED
        if not KNOWN_RIGHTS.issuperset(rights):
            return NO_SUCH_PRIVILEGE
        self._machine.rights.setdefault(sid, set()).update(rights)
        return SUCCESS

    @_then_others("LsaRemoveAccountRights")
    def remove_account_rights(self, handle: int, sid: str, all_rights: bool, rights: Sequence[str]) -> int:
        """LsaRemoveAccountRights: the last right takes the account object with it; one not held is ignored."""
        if status := self._check("LsaRemoveAccountRights", handle, LOOKUP_NAMES):
            return status
        if not names.is_sid(sid) or not (rights or all_rights):
            return INVALID_PARAMETER
        held = self._machine.rights.get(sid)
        if held is None:
            return OBJECT_NAME_NOT_FOUND
        if not self._administrator:
            return ACCESS_DENIED
        if not KNOWN_RIGHTS.issuperset(rights):
            return NO_SUCH_PRIVILEGE
        going = set(held) if all_rights else set(rights)
        if sid in PROTECTED_ACCOUNTS and going & PROTECTED_RIGHTS:
            return NOT_SUPPORTED
        held -= going
        if not held:
            del self._machine.rights[sid]
        return SUCCESS

    def query_account_domain(self, handle: int) -> tuple[int, tuple[str, str] | None]:
        """LsaQueryInformationPolicy for PolicyAccountDomainInformation: name and SID ([MS-LSAD] 3.1.4.4.4)."""
        if status := self._check("LsaQueryInformationPolicy", handle, VIEW_LOCAL_INFORMATION):
            return status, None
        return SUCCESS, (self._machine.account_domain, self._machine.sid)

    def enumerate_account_rights(self, handle: int, sid: str) -> tuple[int, list[str]]:
        """LsaEnumerateAccountRights; needs ACCOUNT_VIEW on the account object, which administrators have."""
        if status := self._check("LsaEnumerateAccountRights", handle, 0):
            return status, []
        if not names.is_sid(sid):
            return INVALID_PARAMETER, []
        held = self._machine.rights.get(sid)
        if held is None:
            return OBJECT_NAME_NOT_FOUND, []
        return (SUCCESS, sorted(held)) if self._administrator else (ACCESS_DENIED, [])

    def lookup_sids2(self, handle: int, sids: Sequence[str]) -> tuple[int, lookup.Names]:
        """LsaLookupSids2: status, then referenced domains and one entry per SID, valid unless a call failed."""
        if status := self._check("LsaLookupSids2", handle, LOOKUP_NAMES):
            return status, lookup.Names()
        if len(sids) > MOST_ENTRIES or not sids or not all(map(names.is_sid, sids)):
            return INVALID_PARAMETER, lookup.Names()
        found = lookup.sids(self._machine, sids)
        return _mapped(entry.use for entry in found.entries), found

    def lookup_names2(self, handle: int, flags: int, asked: Sequence[str]) -> tuple[int, lookup.Sids]:
        """LsaLookupNames2, the same way; flags are 0 or ISOLATED_AS_LOCAL."""
        if status := self._check("LsaLookupNames2", handle, LOOKUP_NAMES):
            return status, lookup.Sids()
        if len(asked) > MOST_ENTRIES or not asked or flags not in (0, ISOLATED_AS_LOCAL):
            return INVALID_PARAMETER, lookup.Sids()
        found = lookup.names_(self._machine, asked, local=flags == ISOLATED_AS_LOCAL)
        return _mapped(entry.use for entry in found.entries), found

    def _check(self, call: str, handle: int, access: int) -> int:
        self.milliseconds += round(1000 * self._machine.slow.get(call, 0))
        if (status := self._faults.status(call)) is not None:
            return status
        granted = self.open_handles.get(handle)
        if granted is None:
            return INVALID_HANDLE
        return ACCESS_DENIED if access & ~granted else SUCCESS


def _mapped(uses: t.Iterable[names.Use]) -> int:
    known = [use is not names.Use.UNKNOWN for use in uses]
    return SUCCESS if all(known) else SOME_NOT_MAPPED if any(known) else NONE_MAPPED
