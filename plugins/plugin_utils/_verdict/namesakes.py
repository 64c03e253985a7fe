# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holders that have the name of an account which the policy or the task means, under another SID. Pure.

LsaLookupSids2 answers an old SID of an account with its name of today (sIDHistory), and that name has the new SID; an account that was
made again has the old name and a new SID. So one name never proves that two SIDs are one account, nor that they are two.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._accounts.parsing import name_key
from .._facts.facts import Holder, HostFacts, Resolution
from .._policy.exceptions import State
from .expectation import Expectation

_MEANT = ("forbidden", "required", "default", "permitted")


class Namesakes:
    """The names of the accounts that count on one host, as the host says them."""

    def __init__(self, expectation: Expectation, facts: HostFacts) -> None:
        self._expectation = expectation
        self._facts = facts
        self._meant: dict[str, tuple[str, str | None]] | None = None

    def of(self, holder: Holder, forbidden_only: bool = False) -> str:
        """Why a holder may be, or may not be, an account that counts; empty where no such account has its name.

        ``forbidden_only``: where every other account may hold the right, only the name of a forbidden account is reported.
        """
        if holder.name is None or holder.resolved is not Resolution.LSA:
            return ""
        if self._meant is None:
            self._meant = {}
            for name, word, sid in self._names():
                self._meant.setdefault(name_key(name), (word, sid))
        word, sid = self._meant.get(name_key(holder.name), ("", None))
        if not word or sid == holder.sid or (forbidden_only and word != "forbidden"):
            return ""
        difference = f"is {sid}: SID history or a recreated account" if sid else "has no SID that the host knows"
        return f"has the name of the {word} {holder.name}, which {difference}; name its SID"

    def _names(self) -> Iterator[tuple[str, str, str | None]]:
        names_by_sid = {account.sid: account.name for account in self._facts.holders if account.resolved is Resolution.LSA}
        names_by_sid |= {account.sid or "": account.name for account in self._facts.accounts if account.resolved is Resolution.LSA}
        for word in _MEANT:
            for sid in getattr(self._expectation, word):
                yield names_by_sid.get(sid) or "", word, sid
        for use in self._expectation.exception_uses:
            if use.sid and use.state not in (State.EXPIRED, State.TOO_WIDE):
                yield names_by_sid.get(use.sid) or "", "excepted", use.sid
        for name, word in self._expectation.unresolved.items():
            yield self._here(name), word, None

    def _here(self, name: str) -> str:
        """A name that is written for any machine, as this one calls the account."""
        computer = self._facts.computer
        here = f"{computer.account_domain}{name[1:]}" if name.startswith(".\\") else name
        return here.replace("<COMPUTER>", computer.name)
