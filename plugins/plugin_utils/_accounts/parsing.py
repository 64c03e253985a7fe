# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts as people write them: symbols, SIDs, derived accounts, names to ask the host for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from .._input.checks import close
from .._input.errors import BadInput
from .._wording import visible
from .sids import NAMES, WELL_KNOWN, app_pool_sid, parse_sid, restricted_service_sid, service_sid, simple_upper

ALLOWED_FORMS = (
    r"a symbol such as administrators, a SID, NT SERVICE\name, IIS APPPOOL\name, RESTRICTED SERVICES\name, "
    r"DOMAIN\name, name@domain or .\name"
)
_ALLOWED = f"allowed is {ALLOWED_FORMS}"

_DERIVED: Mapping[str, Callable[[str], str]] = {
    "NT SERVICE": service_sid,
    "IIS APPPOOL": app_pool_sid,
    "RESTRICTED SERVICES": restricted_service_sid,
}
_CANONICAL = {name.upper(): sid for sid, name in WELL_KNOWN.values()}


@dataclass(frozen=True, slots=True)
class Account:
    """One account of a policy or an option.

    ``text``: as it was written. ``sid``: known without the host, or None when only the host can say which SID the name has.
    ``derived``: the SID that follows from the name of a service or pool. Outside ASCII it is not sure, so that the host is asked.
    """

    text: str
    sid: str | None
    derived: str | None = None

    @property
    def key(self) -> str:
        """What makes two entries the same account, as far as that is known without a host."""
        return self.sid or self.derived or name_key(self.text)

    @property
    def asked(self) -> bool:
        """The host is asked for the name: for its SID, or whether it knows such a service or pool at all."""
        return self.sid is None or self.derived is not None

    @property
    def well_known(self) -> bool:
        """Known by its SID without a host, and of no doubtful spelling."""
        return self.sid in NAMES

    @property
    def shown(self) -> str:
        """For messages: the text, with the SID where it is known and not the text itself."""
        return self.text if self.sid in (None, self.text.lstrip("*")) else f"{self.text} ({self.sid})"


@functools.lru_cache(maxsize=4_096)
def name_key(name: str) -> str:
    """What two spellings of one name have in common: the LSA compares names without regard to case ([MS-LSAT] 3.1.4.5)."""
    return simple_upper(name)


def derived_names(accounts: Iterable[Account]) -> dict[str, str]:
    """SID -> the name that was written, of services and pools, which a host may not be able to name."""
    return {account.derived: account.text for account in accounts if account.derived}


def shown(sid: str, name: str | None = None) -> str:
    """``NAME (SID)`` for a sentence, with the canonical English name where no other is given and one is known. A name is a host's word."""
    name = visible(name) if name else NAMES.get(sid)
    return f"{name} ({sid})" if name else sid


def parse_account(text: object) -> Account:
    """Turn one entry into an account. Raises BadInput that says what is wrong with it and what is allowed."""
    if not isinstance(text, str):
        raise BadInput("", "is not a text", value=text, expected=_ALLOWED)
    text = str(text).strip()
    if not text.isprintable():
        raise BadInput("", "has line breaks or control characters", value=text, expected="one entry is one account")
    if not text:
        raise BadInput("", "an account is empty", expected=_ALLOWED)
    if text in WELL_KNOWN:
        return Account(text, WELL_KNOWN[text][0])
    sid = parse_sid(text)
    if sid:
        return Account(text, sid)
    if "\\" in text and text.upper() in _CANONICAL:
        return Account(text, _CANONICAL[text.upper()])
    domain, backslash, name = text.partition("\\")
    if backslash:
        return _qualified(text, domain.strip(), name.strip())
    name, at, domain = text.rpartition("@")
    if at and name and domain:
        return Account(text, None)
    raise _bare(text)


def parse_accounts(where: str, entries: Iterable[object], known: Collection[str] = ()) -> tuple[Account, ...]:
    """Turn the entries of a list into accounts; words that are ``known`` stand for something else and are left out.

    Raises BadInput that names the place of a wrong one (``permitted[2]``).
    """
    accounts = []
    for number, entry in enumerate(entries):
        if isinstance(entry, str) and entry in known:
            continue
        try:
            accounts.append(parse_account(entry))
        except BadInput as error:
            raise error.within(f"{where}[{number}]") from None
    return tuple(accounts)


def _qualified(text: str, domain: str, name: str) -> Account:
    if not domain or not name or "\\" in name:
        raise BadInput("", "lacks the domain or the name around its backslash", value=text, expected=_ALLOWED)
    derive = _DERIVED.get(domain.upper())
    if derive:
        sid = derive(name)
        return Account(f"{domain}\\{name}", sid if name.isascii() else None, sid)
    if domain.upper() in ("NT AUTHORITY", "BUILTIN"):
        known = ", ".join(sorted(name for _sid, name in WELL_KNOWN.values() if name.upper().startswith(domain.upper() + "\\")))
        raise BadInput("", "is not a well-known account", value=text, expected=f"known are {known}; or write its SID")
    return Account(f"{domain}\\{name}", None)


def _bare(text: str) -> BadInput:
    """What is wrong with a name without a domain."""
    symbol = text.lower().replace(" ", "_")
    if symbol in WELL_KNOWN:
        advice = f"write the symbol {symbol}"
        return BadInput("", "is a bare name, which another language spells differently", value=text, expected=advice)
    if symbol == text and text.replace("_", "").isalnum() and text.isascii():
        expected = f"symbols are {', '.join(sorted(WELL_KNOWN))}; else {ALLOWED_FORMS}"
        wrong = "is neither a known symbol nor a qualified name"
        return BadInput("", wrong, value=text, expected=expected, near=close(text, WELL_KNOWN))
    return BadInput("", "is a bare name, which is ambiguous and differs between languages", value=text, expected=_ALLOWED)
