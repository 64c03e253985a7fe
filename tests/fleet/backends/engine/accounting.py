# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps account of what a payload got from Windows: every buffer and handle is given back once, to whom it came from.

Windows forgives much of this, or crashes on another day; here each breach is a sentence, and fails the run.
"""

from __future__ import annotations

OWNERS = {"LsaFreeMemory": "LSA", "DsRoleFreeMemory": "DsRole", "NetApiBufferFree": "NetApi"}
OWNED_BY = {owner: call for call, owner in OWNERS.items()}


class Accounting:
    """Buffers, handles and breaches of one process."""

    def __init__(self) -> None:
        self._breaches: list[str] = []
        self._live: dict[int, tuple[str, int, str]] = {}
        self._freed: set[int] = set()
        self._handles: dict[int, str] = {}

    def breach(self, sentence: str) -> None:
        """Something that a caller must not do."""
        self._breaches.append(sentence)

    def require(self, good: bool, sentence: str) -> None:
        """A breach unless `good`."""
        if not good:
            self.breach(sentence)

    def opened(self, call: str, handle: int) -> None:
        """The process got a handle."""
        self._handles[handle] = call

    def closed(self, call: str, handle: int, by: str) -> bool:
        """The process closes a handle with `call`, which must be one that `by` gave."""
        good = self._handles.get(handle) == by
        self.require(good, f"{call} of {handle:#x}, which is no open handle of {by}")
        return self._handles.pop(handle, None) is not None and good

    def gave(self, owner: str, buffer: int, size: int, call: str) -> None:
        """The process got a buffer."""
        self._live[buffer] = (owner, size, call)
        self._freed.discard(buffer)

    def took_back(self, call: str, buffer: int) -> int | None:
        """The process frees a buffer with `call`; returns its size, None when there is nothing to free."""
        owner, size, origin = self._live.get(buffer, ("", 0, ""))
        if owner != OWNERS[call]:
            reason = (
                f"the buffer of {origin}, which is freed with {OWNED_BY[owner]}"
                if owner
                else "a buffer that was freed before"
                if buffer in self._freed
                else "something that is no buffer"
            )
            self.breach(f"{call} of {reason}")
            return None
        del self._live[buffer]
        self._freed.add(buffer)
        return size

    def finish(self) -> list[str]:
        """All breaches of the process, now that it has ended: also what it never gave back."""
        leaks = [f"a buffer of {call} was never freed with {OWNED_BY[owner]}" for owner, _unused, call in self._live.values()]
        open_ = [f"a handle of {call} was never closed" for call in self._handles.values()]
        return [*self._breaches, *sorted(leaks), *sorted(open_)]
