# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file in which the reader of the fleet keeps the result of each host as it comes: a line of JSON each, ``[host, result]``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, KeysView, Mapping
from pathlib import Path

from .._files import file_name, write_atomically
from .given import Result


def place_of(folder: str, run_id: str) -> str:
    """Where the results of a run are: beside its report, which stands for them when it is written, or in the folder of the run."""
    return str(Path(folder).expanduser().absolute() / file_name(run_id, ".results", "impersonate-"))


class ResultsFile:
    """Results of hosts, written by several processes. A line that was cut, when its writer was killed or the disk full, is none."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._read = 0
        self._hosts: dict[str, None] = {}

    def begin(self) -> None:
        """Make the file, empty, for its owner alone. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))

    def keep(self, host: str, result: object) -> None:
        """Add the result of a host. Raises OSError, and then the host has none."""
        line = f"\n{json.dumps([host, result])}\n".encode()  # a line break before it, should the last one have been cut
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        try:
            written = os.write(handle, line)  # in one piece, so that lines of other processes do not come between
            if written < len(line):
                raise OSError(f"only {written} of {len(line)} bytes were written")
        finally:
            os.close(handle)

    def hosts(self) -> KeysView[str]:
        """Hosts that have a result by now. Raises OSError."""
        self._hosts.update((host, None) for host, _result in self._new())
        return self._hosts.keys()

    def results(self) -> Result:
        """Host -> its result, the last one; empty where there is no file. Raises OSError."""
        self._read = 0
        return dict(self._new()) if self._path.exists() else {}

    def of_host(self, host: str) -> object:
        """The last result of one host, without a look into those of others; None where it has none. Raises OSError."""
        prefix = json.dumps([host])[:-1].encode() + b","
        found = None
        with self._path.open("rb") as file:
            for line in file:
                if line.startswith(prefix):
                    found = _entry(line) or found
        return found[1] if found else None

    def replace(self, results: Mapping[str, object]) -> None:
        """Have these results in it, and no others, at once. Raises OSError, and then the file is as it was."""
        write_atomically(self._path, "".join(f"{json.dumps(entry)}\n" for entry in results.items()), mode=0o600)

    def remove(self) -> None:
        """Take the file away, when the report is written. Raises OSError."""
        self._path.unlink(missing_ok=True)

    def _new(self) -> Iterator[tuple[str, object]]:
        """What was added since the last look."""
        with self._path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                entry = _entry(line)
                if entry:
                    yield entry


def _entry(line: bytes) -> tuple[str, object] | None:
    try:
        entry = json.loads(line)
    except ValueError:  # an empty line, or one that was cut
        return None
    return (entry[0], entry[1]) if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) else None
