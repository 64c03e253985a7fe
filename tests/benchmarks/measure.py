# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process and all its children cost: CPU by the kernel's own account, wall time, and memory from /proc (Linux)."""

from __future__ import annotations

import os
import platform
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

LOOK = 0.5  # seconds between two looks at the memory
PROC = Path("/proc")


@dataclass(frozen=True)
class Cost:
    """Seconds of CPU of the process and of all children that it waited for, seconds on the wall, and kB: the most that the process itself
    held in memory, and the most that all of them held at one time, where what they share is counted once (PSS)."""

    cpu: float
    wall: float
    main_kb: int = 0
    all_kb: int = 0


class Failed(RuntimeError):
    """A run that is no measurement: it ended with another exit code than it should."""


def run(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, codes: Collection[int] = (0,), memory: bool = False
) -> Cost:
    """Run a command to its end; raises Failed with the last of its output when its exit code is none of ``codes``."""
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        watch = Memory(process.pid) if memory else None
        _pid, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if watch:
        watch.end()
    if process.returncode not in codes:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
        raise Failed(f"exit code {process.returncode} of {' '.join(command)}:\n{last}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, watch.main_kb if watch else 0, watch.all_kb if watch else 0)


class Memory:
    """Looks at the memory of a process and all below it, in a thread, until it ends."""

    def __init__(self, pid: int) -> None:
        self.main_kb = self.all_kb = 0
        self._pid, self._ended = pid, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop to look."""
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """Look once."""
        self.main_kb = max(self.main_kb, _field(self._pid, "status", "VmHWM:"))
        self.all_kb = max(self.all_kb, sum(_field(pid, "smaps_rollup", "Pss:") for pid in tree(self._pid)))

    def _watch(self) -> None:
        while not self._ended.wait(LOOK):
            self.look()


def tree(pid: int) -> list[int]:
    """A process and all below it; those that end meanwhile have no children any more."""
    found = [pid]
    for parent in found:
        for file in (PROC / str(parent) / "task").glob("*/children"):
            found += [int(child) for child in _text(file).split()]
    return found


def _field(pid: int, file: str, name: str) -> int:
    """A number of kB; 0 where the process has ended."""
    lines = _text(PROC / str(pid) / file).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (
        FileNotFoundError,
        ProcessLookupError,
        PermissionError,
    ):  # it has ended; a process that ends shows nothing of its memory
        return ""


def circumstances() -> dict[str, str]:
    """Machine, versions, time and load, as a table of numbers needs them beside it."""
    model = next(
        (line.partition(":")[2].strip() for line in _text(PROC / "cpuinfo").splitlines() if line.startswith("model name")), ""
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ("ansible-core", "pywinrm", "pypsrp", "pyspnego")
    return {
        "machine": f"{os.cpu_count()} processors ({model or platform.machine()}), {memory:.0f} GiB, {platform.system()} {platform.release()}",
        "versions": ", ".join([f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in packages)]),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "load": f"{os.getloadavg()[0]:.1f}",
    }
