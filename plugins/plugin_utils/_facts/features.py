# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Features of a host that decide who needs the right: what one read shows of each. Facts only, no opinion."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .._accounts.parsing import name_key
from .._accounts.sids import LOCAL_SERVICE, NETWORK_SERVICE, SYSTEM, app_pool_sid, service_sid
from .._input.categories import ErrorCategory
from .._wording import some
from .declared import contradiction
from .facts import AppPool, AskedAccount, Holder, HostFacts, Resolution

_DISABLED = 4  # Start of a service, QUERY_SERVICE_CONFIG


class FeatureName(str, enum.Enum):
    """The features that every read looks for and that a policy may have rows for."""

    IIS = "iis"
    MANUAL_POOLS = "iis_manual_pools"
    SSIS = "ssis"
    ADFS = "adfs"
    PRINT_SPOOLER = "print_spooler"
    SESSION_HOST = "session_host"
    LEGACY_ACCOUNTS = "legacy_accounts"

    @property
    def words(self) -> str:
        """For sentences: ``the host has ...``."""
        return _TABLE[self].words

    @property
    def unknown(self) -> ErrorCategory:
        """The error of a host on which it cannot be known, where that decides."""
        return _TABLE[self].unknown


@dataclass(frozen=True, slots=True)
class Feature:
    """What a host shows of one feature.

    ``present``: None when that cannot be known; ``because``: the end of a sentence that begins with *because*, or why it is not known.
    ``accounts``: SID -> why it belongs to the feature; ``unsure``: why there may be more of them. ``found``: names for a reader.
    ``declared``: not asked of the host; ``contradiction``: the sentence that says so, where the host shows the contrary.
    """

    present: bool | None
    because: str = ""
    accounts: Mapping[str, str] = field(default_factory=dict)
    found: tuple[str, ...] = ()
    declared: bool = False
    unsure: str = ""
    contradiction: str = ""


Features = Mapping[FeatureName, Feature]


def features_of(facts: HostFacts, legacy: tuple[str, ...], declared: Mapping[FeatureName, bool]) -> Features:
    """Every feature as the host shows it; what is declared wins over what the host says, and the accounts that it found stay.

    ``legacy``: names of local accounts that the policy calls legacy; they were asked of the host.
    """
    features = {name: row.detect(facts, legacy) for name, row in _TABLE.items()}
    for name, present in declared.items():
        detected = features[name]
        because = (
            detected.because
            if present and detected.present
            else f"the host is declared to have {'' if present else 'no '}{name.words}"
        )
        unsure = detected.unsure or (
            "" if detected.accounts else f"which accounts belong to {name.words} is not known ({_reason_for_no_accounts(detected)})"
        )
        contrary = _contradiction(name, present, detected)
        if present:
            features[name] = Feature(
                present,
                because,
                detected.accounts,
                detected.found,
                declared=True,
                unsure=unsure if name in MAY_BE else "",
                contradiction=contrary,
            )
        else:
            features[name] = Feature(present, because, declared=True, contradiction=contrary)
    return features


def _contradiction(name: FeatureName, present: bool, detected: Feature) -> str:
    """What to tell of a declaration that is not what the host shows; empty where it is, and where the host shows nothing sure."""
    if detected.present is None or detected.present is present:
        return ""
    if present:
        return contradiction(f"have {name.words}", "which it does not show")
    return contradiction(f"be without {name.words}", f"and shows that {detected.because}")


def notes_on_features(features: Features) -> tuple[str, ...]:
    """Sentences a reader needs beside what is declared."""
    return tuple(feature.contradiction for feature in features.values() if feature.contradiction)


def _reason_for_no_accounts(feature: Feature) -> str:
    return feature.because if feature.present is None else "the host shows none"


# What most hosts of a fleet show alike is made once, not for each of them: hence a second function that takes no more than decides.


def _iis(facts: HostFacts, _legacy: tuple[str, ...]) -> Feature:
    return _iis_by(facts.iis.installed, facts.iis.version, facts.iis.components)


@functools.lru_cache(maxsize=512)
def _iis_by(installed: bool | None, version: str | None, components: tuple[str, ...]) -> Feature:
    because = f"IIS {version} is installed" if version else "IIS is installed"
    if installed is None:
        because = "a 32-bit PowerShell on 64-bit Windows does not see it, or its keys could not be read"
    return Feature(installed, because, found=components if installed else ())


# identityType of an application pool's processModel -> the account that it means
_IDENTITIES = {"localsystem": SYSTEM, "localservice": LOCAL_SERVICE, "networkservice": NETWORK_SERVICE}
_UNREAD_POOLS = {
    "elsewhere": "the configuration of IIS lies on another host",
    "locked": "another process holds applicationHost.config",
    "denied": "applicationHost.config may not be read",
    "malformed": "applicationHost.config is not XML that can be read",
    "many": "applicationHost.config has more application pools than are read",
}


_MANUAL = "application pools have manualGroupMembership: "
_NO_MANUAL_POOLS = Feature(False, _MANUAL)


def _manual_pools(facts: HostFacts, _legacy: tuple[str, ...]) -> Feature:
    if facts.pools is None:
        return Feature(None, _UNREAD_POOLS.get(facts.pools_status or "", "applicationHost.config could not be read"))
    if not facts.pools:
        return _NO_MANUAL_POOLS
    pools, own = [pool for pool in facts.pools if pool.manual], own_pool_sids(facts)
    accounts = {sid: _why_pool(pool) for pool in reversed(pools) if (sid := _token_of(pool, own))}
    names = tuple(pool.name for pool in pools)
    unmapped = tuple(pool.name for pool in pools if pool.account and pool.sid is None)
    unsure = f"the accounts of the application pools {some(unmapped)} have no SID that the host knows" if unmapped else ""
    return Feature(bool(pools), _MANUAL + some(names), accounts, names, unsure=unsure)


def own_pool_sids(facts: HostFacts) -> dict[str, str]:
    """Name of an application pool -> its own SID: as the host says it for one of that name, else as it follows from the name.

    What Windows does with letters outside ASCII is not documented, so that such a SID is not sure unless the host says it.
    """
    lsa_sids = _pool_sids_by_lsa(facts) if facts.pools else {}
    return {pool.name: lsa_sids.get(name_key(pool.name)) or app_pool_sid(pool.name) for pool in facts.pools or ()}


def unsure_pools(facts: HostFacts) -> list[str]:
    """Application pools whose own SID is not sure, and whose processes run under it."""
    lsa_sids = _pool_sids_by_lsa(facts)
    return [
        pool.name for pool in facts.pools or () if _own(pool) and not pool.name.isascii() and name_key(pool.name) not in lsa_sids
    ]


def _pool_sids_by_lsa(facts: HostFacts) -> dict[str, str]:
    """Names of pools outside ASCII -> SID, as the host's LSA says both of holders and of names that it was asked for."""
    if all(pool.name.isascii() for pool in facts.pools or ()):
        return {}
    accounts: tuple[Holder | AskedAccount, ...] = (*facts.holders, *facts.accounts)
    pairs = [(account.name, account.sid) for account in accounts if account.resolved is Resolution.LSA]
    return {name_key(name.partition("\\")[2]): sid for name, sid in pairs if name and sid and sid.startswith(_POOLS)}


_POOLS = "S-1-5-82-"


def _own(pool: AppPool) -> bool:
    return pool.identity.casefold() == "applicationpoolidentity"


def pool_sid(pool: AppPool, own: Mapping[str, str]) -> str | None:
    """SID of the account that a pool runs under, None where it is not known. ``own``: see own_pool_sids."""
    return pool.sid or _IDENTITIES.get(pool.identity.casefold()) or (own[pool.name] if _own(pool) else None)


def _token_of(pool: AppPool, own: Mapping[str, str]) -> str | None:
    """The same where it is an account of its own, and none that many processes share."""
    return None if pool.identity.casefold() in _IDENTITIES else pool_sid(pool, own)


def _why_pool(pool: AppPool) -> str:
    return f"the application pool {pool.name} runs under it with manualGroupMembership"


def pool_users(facts: HostFacts) -> Mapping[str, str]:
    """SID of an account that application pools run under -> the name of the first of them."""
    own = own_pool_sids(facts)
    return {sid: pool.name for pool in reversed(facts.pools or ()) if (sid := _token_of(pool, own))}


def _ssis(facts: HostFacts, _legacy: tuple[str, ...]) -> Feature:
    return _ssis_by(facts.features.ssis)


@functools.lru_cache(maxsize=512)
def _ssis_by(services: tuple[str, ...] | None) -> Feature:
    if services is None:
        return Feature(None, "the services could not be listed")
    accounts = {service_sid(name): f"the service {name} exists" for name in services}
    return Feature(bool(services), f"Integration Services are installed: {some(services)}", accounts, services)


def _adfs(facts: HostFacts, _legacy: tuple[str, ...]) -> Feature:
    return _adfs_by(facts.features.adfs)


@functools.cache
def _adfs_by(present: bool | None) -> Feature:
    return Feature(
        present, "the service adfssrv exists" if present is not None else "the key of the service adfssrv could not be read"
    )


def _print_spooler(facts: HostFacts, _legacy: tuple[str, ...]) -> Feature:
    return _print_spooler_by(facts.features.spooler_known, facts.features.spooler)


@functools.lru_cache(maxsize=512)
def _print_spooler_by(known: bool, start: int | None) -> Feature:
    if not known:
        return Feature(None, "the key of the service Spooler could not be read")
    return Feature(start is not None and start != _DISABLED, "the service Spooler exists and is not disabled")


def _session_host(facts: HostFacts, _legacy: tuple[str, ...]) -> Feature:
    return _session_host_by(facts.features.session_host)


@functools.cache
def _session_host_by(present: bool | None) -> Feature:
    because = "the terminal server mode could not be asked" if present is None else "the host is a Remote Desktop session host"
    return Feature(present, because)


_LEGACY = "such accounts exist: "
_NO_LEGACY_ACCOUNTS = Feature(False, _LEGACY)


@functools.lru_cache(maxsize=100)
def _asked_as(legacy: tuple[str, ...]) -> frozenset[str]:
    """Names of legacy accounts as a host is asked for them."""
    return frozenset(f".\\{name}" for name in legacy)


def _legacy_accounts(facts: HostFacts, legacy: tuple[str, ...]) -> Feature:
    if not legacy:
        return Feature(None, "the policy has no legacy.names to ask a host for")
    asked = _asked_as(legacy)
    answers = [answer for answer in facts.accounts if answer.asked in asked]
    if not any(answer.sid or answer.resolved is Resolution.FAILED for answer in answers):
        return _NO_LEGACY_ACCOUNTS
    if any(answer.resolved is Resolution.FAILED for answer in answers):
        return Feature(None, "the local accounts could not be looked up")
    existing = [answer for answer in answers if answer.sid]
    accounts = {answer.sid: f"the account {answer.name or answer.asked} exists" for answer in existing if answer.sid}
    names = tuple(answer.name or answer.asked for answer in existing)
    return Feature(bool(existing), _LEGACY + some(names), accounts, names)


@dataclass(frozen=True, slots=True)
class _Row:
    """One feature. ``unknown``: the error where it cannot be known; ``detect``: from the facts, and the names that the policy calls legacy.

    ``accounts``: the word that stands in a policy's row for the accounts that the read found for the feature; ``sids``: how SIDs of such
    accounts begin, which cannot be called unexpected while the feature is not known.
    """

    words: str
    unknown: ErrorCategory
    detect: Callable[[HostFacts, tuple[str, ...]], Feature]
    accounts: str = ""
    sids: tuple[str, ...] = ()


_TABLE: Mapping[FeatureName, _Row] = {
    FeatureName.IIS: _Row("IIS", ErrorCategory.IIS_UNKNOWN, _iis),
    FeatureName.MANUAL_POOLS: _Row(
        "application pools with manualGroupMembership",
        ErrorCategory.MANUAL_POOLS_UNKNOWN,
        _manual_pools,
        "pool_accounts",
        ("S-1-5-21-", "S-1-5-82-"),
    ),
    FeatureName.SSIS: _Row("SQL Server Integration Services", ErrorCategory.SSIS_UNKNOWN, _ssis, "ssis_services", ("S-1-5-80-",)),
    FeatureName.ADFS: _Row("AD FS", ErrorCategory.ADFS_UNKNOWN, _adfs),
    FeatureName.PRINT_SPOOLER: _Row("a print spooler that may start", ErrorCategory.PRINT_SPOOLER_UNKNOWN, _print_spooler),
    FeatureName.SESSION_HOST: _Row("the role of a Remote Desktop session host", ErrorCategory.SESSION_HOST_UNKNOWN, _session_host),
    FeatureName.LEGACY_ACCOUNTS: _Row(
        "local accounts of IIS 6 or ASP.NET 1.x",
        ErrorCategory.LEGACY_ACCOUNTS_UNKNOWN,
        _legacy_accounts,
        "found_legacy_accounts",
        ("S-1-5-21-",),
    ),
}

ACCOUNTS_OF: Mapping[str, FeatureName] = {row.accounts: name for name, row in _TABLE.items() if row.accounts}
"""Words that stand in a row of the feature for the accounts that the read found for it."""

MAY_BE: Mapping[FeatureName, tuple[str, ...]] = {name: row.sids for name, row in _TABLE.items() if row.sids}
"""How SIDs of such accounts begin, which cannot be called unexpected while the feature is not known."""
