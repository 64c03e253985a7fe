# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder SYSVOL of one domain controller: files in memory, names without regard to case, errors as Win32 codes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NOT_FOUND, DENIED, SHARING, DISK_FULL, UNABLE_TO_MOVE = 2, 5, 32, 112, 1177
_SHARE = re.compile(r"^\\\\[^\\]+\\sysvol\\(?=[^\\])", re.I)


class FileError(Exception):
    """A call that failed, with its Win32 code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Win32 error {code}")
        self.code = code

    @property
    def kind(self) -> str:
        """The exception that .NET makes of it."""
        return "UnauthorizedAccessException" if self.code == DENIED else "IOException"

    @property
    def hresult(self) -> str:
        """The HRESULT of the exception that .NET makes of it: HRESULT_FROM_WIN32."""
        return f"0x{0x80070000 | self.code:08X}"


@dataclass
class Sysvol:
    """Files below the share, by their path without its server: `sim.example\\Policies\\{GUID}\\gpt.ini`."""

    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # path in lower case -> path as it was written, content
    folders: set[str] = field(default_factory=set)  # in lower case; one stays when its last file goes

    def copy(self) -> Sysvol:
        """The same files, apart from these."""
        return Sysvol(dict(self.files), set(self.folders))

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""
        return self._key(path) in self.files

    def read(self, path: str) -> bytes:
        """Content of a file; raises FileError."""
        key = self._key(path)
        if key not in self.files:
            raise FileError(NOT_FOUND)
        return self.files[key][1]

    def write(self, path: str, content: bytes) -> None:
        """Make a file, or give it another content; the spelling of a name that is there stays."""
        key = self._key(path)
        spelled = self.files[key][0] if key in self.files else _SHARE.sub("", path)
        self.files[key] = (spelled, content)
        parts = key.split("\\")
        self.folders |= {"\\".join(parts[:count]) for count in range(1, len(parts))}

    def remove(self, path: str) -> None:
        """Delete a file; one that is not there is no error (File.Delete of .NET)."""
        self.files.pop(self._key(path), None)

    def has_folder(self, path: str) -> bool:
        """Whether there is such a folder."""
        return self._key(path) in self.folders

    def remove_folder(self, path: str) -> None:
        """Delete a folder with all that is in it."""
        begin = f"{self._key(path)}\\"
        self.files = {key: file for key, file in self.files.items() if not key.startswith(begin)}
        self.folders = {key for key in self.folders if not f"{key}\\".startswith(begin)}

    def move(self, source: str, target: str) -> None:
        """Give a file another name; raises FileError where the target is there (File.Move of .NET)."""
        content = self.read(source)
        if self.exists(target):
            raise FileError(183)
        self.remove(source)
        self.write(target, content)

    def replace(self, source: str, target: str, backup: str) -> None:
        """ReplaceFileW: the target has the source's content and its own name, the backup what the target had."""
        content, before = self.read(source), self.read(target)
        self.write(backup, before)
        self.write(target, content)
        self.remove(source)

    def below(self, folder: str) -> list[str]:
        """Paths of the files below a folder, as they were written."""
        begin = f"{self._key(folder)}\\"
        return sorted(spelled for key, (spelled, _content) in self.files.items() if key.startswith(begin))

    @staticmethod
    def _key(path: str) -> str:
        return _SHARE.sub("", path).lower().rstrip("\\")
