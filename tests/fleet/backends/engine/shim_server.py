# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers the Windows calls that shim/shim.c forwards: one process of the payload against one simulated machine."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import typing as t

from fleet.backends.engine.accounting import Accounting
from fleet.windows import lsa, names, winapi

if t.TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from fleet.windows import lookup
    from fleet.windows.machine import Machine, Token

Field = bytes | int
LSA_OBJECT_ATTRIBUTES_SIZE = 48
ACCOUNT_DOMAIN = 5  # POLICY_INFORMATION_CLASS
TOKEN_QUERY, TOKEN_DUPLICATE = 0x8, 0x2
DISABLE_MAX_PRIVILEGE = 0x1
READING = frozenset({lsa.AUDIT})
"""Masks with which a process may open the policy: to read, to change, and to try out what is refused."""
CHANGING = frozenset({lsa.CHANGE})
TRYING = frozenset({lsa.CHANGE, lsa.AUDIT, lsa.VIEW_LOCAL_INFORMATION, lsa.LOOKUP_NAMES})
CURRENT_PROCESS = 0xFFFFFFFFFFFFFFFF
ERROR_INVALID_HANDLE = 6
IMPERSONATION = -1  # what a thread has between ImpersonateLoggedOnUser and RevertToSelf is no handle, and given back like one
_NUMBER = struct.Struct("=Q")


class ShimServer:
    """Listens at a path for one process; afterwards `finish` tells what the process did wrong."""

    def __init__(self, machine: Machine, user: str, token: Token, path: Path, masks: Collection[int] = CHANGING) -> None:
        self._process = Process(machine, user, token, masks)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept, name=f"shim of {machine.name}", daemon=True)]
        self._threads[0].start()

    def finish(self) -> list[str]:
        """Stop listening; the breaches of the process that has ended."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()
        return self._process.accounting.finish()

    def _accept(self) -> None:
        while True:
            try:
                connection, _unused = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as received:
            while head := received.read(_NUMBER.size):
                fields = unpack(received.read(*_NUMBER.unpack(head)))
                answer = pack(self._process.call(fields[0].decode(), fields[1:]))
                connection.sendall(_NUMBER.pack(len(answer)) + answer)


class Process:
    """The calls of one process. Every method is named after the function and returns the fields of its answer.

    A process that was asked to read must neither call what writes nor open the policy for it.
    """

    def __init__(self, machine: Machine, user: str, token: Token, masks: Collection[int] = CHANGING) -> None:
        self._masks = masks
        faults = lsa.Faults(machine.faults)
        self.accounting = Accounting()
        self._lsa = lsa.Lsa(machine, token, faults)
        self._windows = winapi.Windows(machine, user, token, faults)
        self._sizes = winapi.Windows(machine, user, token, lsa.Faults({}))
        self._caller = ""  # of the buffers that come next
        self._tokens = 0x200
        self._restricted: dict[int, bool] = {}  # token -> whether it is still an administrator's
        self._lock = threading.Lock()

    def call(self, name: str, fields: Sequence[bytes]) -> list[Field]:
        """Answer one call."""
        with self._lock:
            if name != "give":
                self._caller = name
            return t.cast("list[Field]", getattr(self, name)(*fields))

    def give(self, owner: bytes, buffer: bytes, size: bytes) -> list[Field]:
        self.accounting.gave(owner.decode(), _int(buffer), _int(size), self._caller)
        return []

    def _free(self, call: str, buffer: bytes) -> list[Field]:
        size = self.accounting.took_back(call, _int(buffer))
        return [lsa.INVALID_PARAMETER, 0] if size is None else [0, size]

    def LsaFreeMemory(self, buffer: bytes) -> list[Field]:
        return self._free("LsaFreeMemory", buffer)

    def DsRoleFreeMemory(self, buffer: bytes) -> list[Field]:
        return self._free("DsRoleFreeMemory", buffer)

    def LsaOpenPolicy(self, access: bytes, system: bytes, size: bytes, root: bytes) -> list[Field]:
        require = self.accounting.require
        needed = " or ".join(f"{mask:#x}" for mask in sorted(self._masks))
        require(_int(access) in self._masks, f"LsaOpenPolicy asks for {_int(access):#x}: it needs {needed}")
        require(not _int(system), "LsaOpenPolicy names a system: NULL is this machine")
        require(
            _int(size) == LSA_OBJECT_ATTRIBUTES_SIZE,
            f"LsaOpenPolicy: LSA_OBJECT_ATTRIBUTES of {_int(size)} bytes, which are {LSA_OBJECT_ATTRIBUTES_SIZE}",
        )
        if _int(root):
            return [lsa.INVALID_PARAMETER, 0]
        status, handle = self._lsa.open_policy(_int(access))
        if status == lsa.SUCCESS:
            self.accounting.opened("LsaOpenPolicy", handle)
        return [status, handle]

    def LsaClose(self, handle: bytes) -> list[Field]:
        self.accounting.closed("LsaClose", _int(handle), "LsaOpenPolicy")
        return [self._lsa.close(_int(handle))]

    def LsaQueryInformationPolicy(self, handle: bytes, kind: bytes) -> list[Field]:
        self.accounting.require(_int(kind) == ACCOUNT_DOMAIN, f"LsaQueryInformationPolicy of class {_int(kind)}")
        status, own = self._lsa.query_account_domain(_int(handle))
        return [status] if own is None else [status, own[0].encode("utf-16-le"), sid_bytes(own[1])]

    def LsaEnumerateAccountsWithUserRight(self, handle: bytes, right: bytes) -> list[Field]:
        status, sids = self._lsa.enumerate_accounts_with_user_right(_int(handle), self._text(right))
        return [status, *map(sid_bytes, sids)]

    def _writes(self) -> None:
        self.accounting.require(lsa.CHANGE in self._masks, f"{self._caller}, though nothing was to be changed")

    def LsaAddAccountRights(self, handle: bytes, sid: bytes, _all: bytes, *rights: bytes) -> list[Field]:
        self._writes()
        return [self._lsa.add_account_rights(_int(handle), self._sid(sid), [*map(self._text, rights)])]

    def LsaRemoveAccountRights(self, handle: bytes, sid: bytes, every: bytes, *rights: bytes) -> list[Field]:
        self._writes()
        value = _int(every)
        self.accounting.require(value in (0, 1), f"LsaRemoveAccountRights: AllRights is {value:#x}: a BOOLEAN is 1 byte")
        self.accounting.require(not value, "LsaRemoveAccountRights takes every right of an account")
        chosen = [*map(self._text, rights)]
        return [self._lsa.remove_account_rights(_int(handle), self._sid(sid), bool(value), chosen)]

    def LsaEnumerateAccountRights(self, handle: bytes, sid: bytes) -> list[Field]:
        status, rights = self._lsa.enumerate_account_rights(_int(handle), self._sid(sid))
        return [status, *(right.encode("utf-16-le") for right in rights)]

    def LsaLookupSids2(self, handle: bytes, options: bytes, *sids: bytes) -> list[Field]:
        self.accounting.require(not _int(options), "LsaLookupSids2 with options")
        status, found = self._lsa.lookup_sids2(_int(handle), [*map(self._sid, sids)])
        entries = [(entry.use, entry.name.encode("utf-16-le"), entry.domain_index) for entry in found.entries]
        return self._looked_up(status, found, entries)

    def LsaLookupNames2(self, handle: bytes, flags: bytes, *names: bytes) -> list[Field]:
        status, found = self._lsa.lookup_names2(_int(handle), _int(flags), [*map(self._text, names)])
        entries = [(entry.use, sid_bytes(entry.sid) if entry.sid else b"", entry.domain_index) for entry in found.entries]
        return self._looked_up(status, found, entries)

    @staticmethod
    def _looked_up(status: int, found: lookup.Referenced, entries: Sequence[tuple[int, bytes, int]]) -> list[Field]:
        domains = [field for name, sid in found.domains for field in (name.encode("utf-16-le"), sid_bytes(sid))]
        return [status, bool(entries), len(found.domains), *domains, *(field for entry in entries for field in entry)]

    def OpenProcessToken(self, process: bytes, access: bytes) -> list[Field]:
        self.accounting.require(_int(process) == CURRENT_PROCESS, "OpenProcessToken of another process")
        allowed = (TOKEN_QUERY, TOKEN_QUERY | TOKEN_DUPLICATE) if self._masks is TRYING else (TOKEN_QUERY,)
        self.accounting.require(_int(access) in allowed, f"OpenProcessToken asks for {_int(access):#x}: 0x8 to read")
        if not self._windows.open_token():
            return [self._windows.error, 0]
        self._tokens += 4
        self.accounting.opened("OpenProcessToken", self._tokens)
        return [0, self._tokens]

    def CloseHandle(self, handle: bytes) -> list[Field]:
        made = self._restricted.pop(_int(handle), None) is not None
        by = "CreateRestrictedToken" if made else "OpenProcessToken"
        return [0 if self.accounting.closed("CloseHandle", _int(handle), by) else ERROR_INVALID_HANDLE]

    def CreateRestrictedToken(self, token: bytes, flags: bytes, *deny_only: bytes) -> list[Field]:
        require = self.accounting.require
        require(_int(token) == self._tokens, "CreateRestrictedToken of no open handle")
        require(_int(flags) == DISABLE_MAX_PRIVILEGE, f"CreateRestrictedToken with flags {_int(flags):#x}")
        self._tokens += 4
        self._restricted[self._tokens] = names.ADMINISTRATORS not in map(self._sid, deny_only)
        self.accounting.opened("CreateRestrictedToken", self._tokens)
        return [0, self._tokens]

    def ImpersonateLoggedOnUser(self, token: bytes) -> list[Field]:
        if _int(token) not in self._restricted:
            return [ERROR_INVALID_HANDLE]
        self._lsa.impersonate(administrator=self._restricted[_int(token)])
        self.accounting.opened("ImpersonateLoggedOnUser", IMPERSONATION)
        return [0]

    def RevertToSelf(self) -> list[Field]:
        self._lsa.impersonate(administrator=None)
        self.accounting.closed("RevertToSelf", IMPERSONATION, "ImpersonateLoggedOnUser")
        return [0]

    def GetTokenInformation(self, token: bytes, kind: bytes, size: bytes) -> list[Field]:
        if _int(token) != self._tokens:
            self.accounting.breach(f"GetTokenInformation of {_int(token):#x}, which is no open handle")
            return [ERROR_INVALID_HANDLE]
        exact = _int(kind) != 20 or _int(size) == 4
        self.accounting.require(
            exact, f"TokenElevation is a DWORD, and is asked with {_int(size)} bytes: other classes of one size refuse that"
        )
        windows = self._windows if _int(size) else self._sizes  # the question for the size is not worth a fault
        answer = {1: windows.token_user, 2: windows.token_groups, 20: windows.token_elevated}[_int(kind)]()
        if answer is None:
            return [windows.error]
        if isinstance(answer, str):
            return [0, sid_bytes(answer), 0]
        if isinstance(answer, list):
            return [0, *(field for sid, attributes in answer for field in (sid_bytes(sid), attributes))]
        return [0, answer]

    def GetTickCount64(self) -> list[Field]:
        return [self._lsa.milliseconds]

    def NetApiBufferFree(self, buffer: bytes) -> list[Field]:
        return self._free("NetApiBufferFree", buffer)

    def NetLocalGroupGetMembers(self, server: bytes, group: bytes, level: bytes, size: bytes, resume: bytes) -> list[Field]:
        self.accounting.require(not _int(server), "NetLocalGroupGetMembers names a server: NULL is this one")
        self.accounting.require(not _int(level), f"NetLocalGroupGetMembers of level {_int(level)}")
        status, sids, more = self._windows.local_group_members(group.decode("utf-16-le"), _int(size), _int(resume))
        return [status, more, *map(sid_bytes, sids)]

    def GetProductInfo(self, versions: bytes) -> list[Field]:
        self.accounting.require(_int(versions) == 10 << 48, "GetProductInfo of another version than 10.0")
        return [self._windows.product_info()]

    def DsRoleGetPrimaryDomainInformation(self, computer: bytes, level: bytes) -> list[Field]:
        self.accounting.require(not _int(computer), "DsRoleGetPrimaryDomainInformation names a computer: NULL is this one")
        status, answer = self._windows.ds_role(_int(level))
        if isinstance(answer, winapi.PrimaryDomain):
            names = ((name + "\0").encode("utf-16-le") if name is not None else b"" for name in (answer.flat, answer.dns))
            return [status, answer.role, answer.flags, *names]
        return [status] if answer is None else [status, answer]

    def _text(self, field: bytes) -> str:
        if len(field) % 2:
            self.accounting.breach(f"{self._caller}: an LSA_UNICODE_STRING of wrong form")
            return ""
        return field.decode("utf-16-le", "surrogatepass")

    def _sid(self, field: bytes) -> str:
        if len(field) < 8 or field[0] != 1 or len(field) != 8 + 4 * field[1]:
            self.accounting.breach(f"{self._caller}: a SID of wrong form")
            return ""
        return sid_text(field)


def sid_bytes(sid: str) -> bytes:
    """The binary form of a SID."""
    _unused, _unused, authority, *parts = sid.split("-")
    head = struct.pack(">BBHI", 1, len(parts), int(authority, 0) >> 32, int(authority, 0) & 0xFFFFFFFF)
    return head + struct.pack(f"<{len(parts)}I", *map(int, parts))


def sid_text(sid: bytes) -> str:
    """The text form of a SID."""
    authority = int.from_bytes(sid[2:8], "big")
    shown = f"0x{authority:012X}" if authority >> 32 else str(authority)
    return "-".join(["S-1", shown, *map(str, struct.unpack(f"<{sid[1]}I", sid[8:]))])


def pack(fields: Sequence[Field]) -> bytes:
    """A message of the shim: number of fields, then length and bytes of each; numbers are 64-bit."""
    raw = [field if isinstance(field, bytes) else struct.pack("=q" if field < 0 else "=Q", field) for field in fields]
    return _NUMBER.pack(len(raw)) + b"".join(_NUMBER.pack(len(field)) + field for field in raw)


def unpack(message: bytes) -> list[bytes]:
    """The fields of a message."""
    fields, at = [], _NUMBER.size
    while at < len(message):
        (size,) = _NUMBER.unpack_from(message, at)
        fields.append(message[at + _NUMBER.size : at + _NUMBER.size + size])
        at += _NUMBER.size + size
    return fields


def _int(field: bytes) -> int:
    return t.cast("int", _NUMBER.unpack(field)[0])
