# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the payload of the GPO modules does with directory and SYSVOL of a domain controller, call by call, and what can go wrong at each."""

from __future__ import annotations

import base64
import hashlib
import typing as t

from fleet.windows.directory import INSUFFICIENT_RIGHTS, LdapError
from fleet.windows.domain import KILLED, TEMPLATE, Replica
from fleet.windows.machine import Token
from fleet.windows.sysvol import DENIED, NOT_FOUND, UNABLE_TO_MOVE, FileError

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.windows.directory import Container

JOURNAL = "~winrights-seimpersonate.tmp"
TEMP, BACKUP = "~winrights-{}-new.tmp", "~winrights-{}-old.tmp"  # of GptTmpl.inf and gpt.ini, beside them
_T = t.TypeVar("_T")


class Killed(Exception):
    """The process of the payload ended in the middle: no error of the payload, so that nobody there catches it."""


class Steps:
    """The calls of one run. Each has a name, by which a test lets it fail, lets the process end there, or lets somebody else come first."""

    def __init__(self, replica: Replica, token: Token) -> None:
        self.replica, self._token = replica, token

    def take(self, name: str, work: Callable[[], _T]) -> _T:
        """Do one call; raises FileError, LdapError or Killed. A fault of `after` comes when the work is done."""
        meddling = self.replica.meddle.pop(name, None)
        if meddling is not None:
            meddling(self.replica)
        _fail(name, self.replica.faults.get(name))
        result = work()
        _fail(name, self.replica.after.get(name))
        return result

    def read(self, name: str, path: str) -> bytes | None:
        """Content of a file; None where there is none; raises FileError."""
        try:
            return self.take(name, lambda: self.replica.sysvol.read(path))
        except FileError as error:
            if error.code == NOT_FOUND:
                return None
            raise

    def write(self, name: str, path: str, content: bytes) -> None:
        """Make a file."""
        self._may_write()
        self.take(name, lambda: self.replica.sysvol.write(path, content))

    def replace(self, name: str, source: str | None, target: str, backup: str) -> None:
        """Put a file, or none, in the place of another, or where none is; the other one has the name of the backup then."""
        self._may_write()
        sysvol = self.replica.sysvol
        if source is None:
            self.take(name, lambda: sysvol.move(target, backup))
            return
        if not sysvol.exists(target):
            self.take(name, lambda: sysvol.move(source, target))
            return
        if self.replica.faults.get(name) == UNABLE_TO_MOVE:  # the original has got its other name already (ReplaceFileW)
            sysvol.move(target, backup)
        self.take(name, lambda: sysvol.replace(source, target, backup))

    def remove(self, name: str, path: str) -> None:
        """Delete a file."""
        self._may_write()
        self.take(name, lambda: self.replica.sysvol.remove(path))

    def modify(self, name: str, guid: str, version: int | None, extensions: str | None) -> None:
        """One modify of both attributes ([MS-GPOL] 2.2.8.2)."""
        if self._token is not Token.ADMINISTRATOR:
            raise LdapError(INSUFFICIENT_RIGHTS)

        def modify() -> None:
            container = self.replica.directory.gpo(guid)
            container.version, container.extensions = version, extensions

        self.take(name, modify)

    def container(self, name: str, guid: str) -> Container:
        """The container of a GPO; raises LdapError."""
        return self.take(name, lambda: self.replica.directory.gpo(guid))

    def _may_write(self) -> None:
        if self._token is not Token.ADMINISTRATOR:
            raise FileError(DENIED)


def _fail(name: str, code: int | None) -> None:
    if code is None:
        return
    if code == KILLED:
        raise Killed
    raise LdapError(code) if name.startswith("ldap") else FileError(code)


class Places:
    """Where the files of a GPO are."""

    def __init__(self, folder: str) -> None:
        self.template, self.gpt_ini = f"{folder}\\{TEMPLATE}", f"{folder}\\gpt.ini"
        self.beside = self.template.rpartition("\\")[0]
        self.journal = f"{self.beside}\\{JOURNAL}"
        self.folder = folder

    def temp(self, kind: str) -> str:
        """Name of the file that takes the place of another; kind: template or gpt_ini."""
        return f"{self._folder(kind)}\\{TEMP.format(kind)}"

    def backup(self, kind: str) -> str:
        """Name that the other gets."""
        return f"{self._folder(kind)}\\{BACKUP.format(kind)}"

    def _folder(self, kind: str) -> str:
        return self.beside if kind == "template" else self.folder


def status(error: FileError | LdapError) -> str:
    """As the payload tells an error: the HRESULT of a file's, the result code of the directory's."""
    return error.hresult if isinstance(error, FileError) else str(error.code)


def digest(content: bytes | None) -> str | None:
    """SHA-256 in hexadecimal digits; None for no file."""
    return None if content is None else hashlib.sha256(content).hexdigest()


def encoded(content: bytes | None) -> str | None:
    """Base64; None for no file."""
    return None if content is None else base64.b64encode(content).decode()
