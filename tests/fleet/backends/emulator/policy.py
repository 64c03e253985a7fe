# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the class Policy of the payload and its Find-Account do with the LSA of a simulated machine: holders, names and SIDs."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from fleet.windows import lsa
from fleet.windows.machine import RIGHT
from fleet.windows.names import Use

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Json = dict[str, t.Any]
LONGEST_NAME, MOST_TIME, MOST_TOLD = 0x7FFE, 20_000, 100
_UNKNOWN = (Use.DELETED_ACCOUNT, Use.INVALID, Use.UNKNOWN)


class CallError(Exception):
    """A call of the payload that failed."""

    def __init__(self, call: str, status: int) -> None:
        super().__init__(f"{call} failed with 0x{status:08X}.")
        self.call, self.status = call, status


@dataclass
class Asked:
    """A name or a SID, and what the LSA said of it. `name`: what it is asked for first, of a SID what it is called then."""

    text: str
    name: str = ""
    sid: str | None = None
    use: int | None = None
    resolved: str = "failed"
    domain: str | None = None


class Policy:
    """An open policy of the machine, for one run."""

    def __init__(self, client: lsa.Lsa, access: int) -> None:
        self.client, self.lookup_status, self.not_asked, self._spent = client, 0, list[str](), 0
        self.own_domain: str | None = None
        self.own_sid: str | None = None
        status, self.handle = client.open_policy(access)
        if status != lsa.SUCCESS:
            raise CallError("LsaOpenPolicy", status)
        if access == lsa.AUDIT:
            _unused, own = client.query_account_domain(self.handle)
            self.own_domain, self.own_sid = own or (None, None)

    def close(self) -> None:
        """Give the handle back."""
        self.client.close(self.handle)

    def holders(self) -> list[str]:
        """The holders, sorted; raises CallError."""
        status, holders = self.client.enumerate_accounts_with_user_right(self.handle, RIGHT)
        if status not in (lsa.SUCCESS, lsa.NO_MORE_ENTRIES):
            raise CallError("LsaEnumerateAccountsWithUserRight", status)
        return sorted(holders)

    def from_sids(self, sids: Sequence[str]) -> list[Asked]:
        """The names of SIDs, in the same order."""
        answers = [Asked(sid, sid=sid) for sid in sids]
        self._in_batches(answers, self._look_sids_up)
        return answers

    def find(self, names: Sequence[str]) -> list[Asked]:
        """The SIDs of names, in the same order: qualified names, then groups of BUILTIN by the machine's name, then bare ones."""
        answers = [Asked(name, name.replace("<COMPUTER>", self.client.computer)) for name in names]
        for one in answers:
            if one.name.startswith(".\\"):
                one.name = (self.own_domain or "") + one.name[1:]
        self._from_names([one for one in answers if _qualified(one.name)])
        again = [one for one in answers if one.resolved == "unmapped" and self._is_own(one.name)]
        for one in again:
            one.name, one.resolved = one.name.partition("\\")[2], "failed"
        self._from_names(again, isolated=True, begin="S-1-5-32-")
        bare = [one for one in answers if not _qualified(one.text)]
        self._from_names(bare, isolated=True)
        rivals = [one for one in bare if one.use == Use.DOMAIN]
        for one in rivals:
            one.name = f"{self.own_domain or ''}\\{one.name}"
        self._from_names(rivals)
        return answers

    def _is_own(self, name: str) -> bool:
        match = re.fullmatch(r"([^\\]+)\\[^\\@]+", name)
        owners = [owner.lower() for owner in (self.own_domain, self.client.computer) if owner]
        return match is not None and match[1].lower() in owners

    def _look_sids_up(self, batch: Sequence[Asked]) -> None:
        status, found = self.client.lookup_sids2(self.handle, [one.text for one in batch])
        if self._failed(status):
            return
        for one, entry in zip(batch, found.entries, strict=True):
            domain = (found.domains[entry.domain_index][0] if entry.domain_index >= 0 else "") or None
            one.use, one.resolved = int(entry.use), "lsa"
            if entry.use in _UNKNOWN:
                one.resolved, one.domain = "unmapped", domain
            elif entry.use is Use.DOMAIN:
                one.name = domain or ""
            else:
                one.name = entry.name if domain is None else f"{domain}\\{entry.name}"

    def _from_names(self, asked: Sequence[Asked], *, isolated: bool = False, begin: str = "S") -> None:
        def look(batch: Sequence[Asked]) -> None:
            flags = lsa.ISOLATED_AS_LOCAL if isolated else 0
            status, found = self.client.lookup_names2(self.handle, flags, [one.name for one in batch])
            if self._failed(status):
                return
            for one, entry in zip(batch, found.entries, strict=True):
                known = entry.use not in (Use.DOMAIN, *_UNKNOWN) and entry.sid and entry.sid.startswith(begin)
                one.use, one.sid, one.resolved = int(entry.use), entry.sid if known else None, "lsa" if known else "unmapped"

        self._in_batches([one for one in asked if len(one.name) <= LONGEST_NAME and not one.name.startswith("\\")], look)

    def _in_batches(self, asked: Sequence[Asked], look: Callable[[Sequence[Asked]], None]) -> None:
        for start in range(0, len(asked), lsa.MOST_ENTRIES):
            batch = asked[start : start + lsa.MOST_ENTRIES]
            if self._spent >= MOST_TIME:
                self.not_asked += [one.text for one in batch if not self._is_near(one.text)]
                del self.not_asked[MOST_TOLD:]
                batch = [one for one in batch if self._is_near(one.text)]
            before = self.client.milliseconds
            if batch:
                look(batch)
            self._spent += self.client.milliseconds - before

    def _is_near(self, text: str) -> bool:
        """Whether no other machine has to be asked: SIDs that are neither of another domain nor of a directory in the cloud."""
        own = self.own_sid is not None and text.startswith(f"{self.own_sid}-")
        return text.startswith("S-1-") and (own or not text.startswith(("S-1-5-21-", "S-1-12-")))

    def _failed(self, status: int) -> bool:
        failed = status > 0x7FFFFFFF and status != lsa.NONE_MAPPED
        if failed and not self.lookup_status:
            self.lookup_status = status
        return failed


def _qualified(name: str) -> bool:
    return "\\" in name or "@" in name
