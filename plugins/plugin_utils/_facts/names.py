# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says about the names that it was asked for. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from .._accounts.parsing import Account, name_key
from .._accounts.sids import NAMES
from .._input.categories import ErrorCategory
from .._input.errors import CannotJudge
from .facts import AskedAccount, HostFacts, Resolution

_MOST_COMPARED = 2000
_NOUNS = {"NT SERVICE": "service", "IIS APPPOOL": "application pool", "RESTRICTED SERVICES": "restricted service"}


class Answers:
    """The answers of one host by the names that were asked, in any case."""

    def __init__(self, facts: HostFacts) -> None:
        self._facts = facts
        self._answers = {name_key(answer.asked): answer for answer in facts.accounts}

    def sid(self, account: Account) -> str | None:
        """The SID of an account, None when the host knows none for a name that only it can resolve.

        Raises CannotJudge when the host forgot the name, or knows a service under another SID than its name gives.
        """
        answer = self._of(account)
        known = answer.sid if answer and answer.resolved is Resolution.LSA else None
        if account.sid and account.derived and known not in (None, account.sid):
            raise CannotJudge(
                ErrorCategory.ACCOUNT_LOOKUP, f"the host says that {account.text} is {known}; its name gives {account.sid}"
            )
        return account.sid or known

    def failed(self, account: Account) -> bool:
        """The look-up itself failed, so that nothing is known."""
        answer = self._of(account)
        return answer is not None and answer.resolved is Resolution.FAILED

    def words(self, account: Account) -> str:
        """The end of a sentence about a name without a SID."""
        if self.failed(account):
            return "could not be looked up on the host"
        return self.unknown(account) or "is no account that the host's LSA knows"

    def unknown(self, account: Account) -> str:
        """The end of a sentence about a service or pool that the host does not know, with similar names; empty where it may know it."""
        answer = self._of(account) if account.derived else None
        if answer is None or answer.resolved is not Resolution.UNMAPPED:
            return ""
        domain, _backslash, name = account.text.partition("\\")
        names = {name_key(name): name for name in self._names_of(domain.upper())}
        names.pop(name_key(name), None)  # a holder that a task has just added is called as it was written
        close = [names[key] for key in difflib.get_close_matches(name_key(name), list(names)[:_MOST_COMPARED])]
        similar = f" (similar: {', '.join(close)})" if close else ""
        return f"is no {_NOUNS[domain.upper()]} that the host knows{similar}"

    def _of(self, account: Account) -> AskedAccount | None:
        answer = self._answers.get(name_key(account.text))
        if answer is None and account.sid is None:
            raise CannotJudge(ErrorCategory.ACCOUNT_LOOKUP, f"the host gave no answer for the account {account.text}")
        return answer

    def _names_of(self, domain: str) -> Iterator[str]:
        """Services or pools of the host as far as the read has them, its holders and the well-known ones."""
        if domain == "IIS APPPOOL":
            yield from (pool.name for pool in self._facts.pools or ())
        elif domain == "NT SERVICE":
            yield from (*(service.name for service in self._facts.services or ()), *(self._facts.features.ssis or ()))
            yield from self._facts.iis.services or ()
        for name in (*(holder.name or "" for holder in self._facts.holders), *NAMES.values()):
            authority, _backslash, own = name.partition("\\")
            if own and authority.upper() == domain:
                yield own
