# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sequences of calls that are made on Samba's LSA and on the model, each on accounts of its own."""

from __future__ import annotations

import hashlib
import struct
import typing as t

from fleet.windows import lsa, names
from fleet.windows.machine import RIGHT

Step = tuple[str, str, list[t.Any]]  # who, which call of fleet.windows.lsa.Lsa without its handle, arguments

ADMINISTRATOR, USER = "Administrator", "auditor"
DOMAIN, DNS_DOMAIN, COMPUTER = "SIM", "sim.test", "DC1"
DOMAIN_SID = names.domain_sid(DOMAIN)
USER_RID = 1102  # the first that a fresh domain gives away; conftest.py compares it with the directory
USER_SID = f"{DOMAIN_SID}-{USER_RID}"
UNUSED_SID = f"{DOMAIN_SID}-77001"
NOBODYS = "SeMachineAccountPrivilege"  # nobody holds it in a fresh installation of either
OTHER = "SeDebugPrivilege"


def stranger(of: str) -> str:
    """SID of an account of a domain that nobody knows, the sequence's own."""
    return "S-1-5-21-" + "-".join(str(part) for part in struct.unpack("<3I", hashlib.sha256(of.encode()).digest()[:12])) + "-1234"


def opened(access: int = lsa.CHANGE, user: str = ADMINISTRATOR) -> Step:
    return user, "open_policy", [access]


def holders(right: str = RIGHT, user: str = ADMINISTRATOR) -> Step:
    return user, "enumerate_accounts_with_user_right", [right]


def add(sid: str, *rights: str, user: str = ADMINISTRATOR) -> Step:
    return user, "add_account_rights", [sid, list(rights)]


def remove(sid: str, *rights: str, all_rights: bool = False, user: str = ADMINISTRATOR) -> Step:
    return user, "remove_account_rights", [sid, all_rights, list(rights)]


def rights_of(sid: str, user: str = ADMINISTRATOR) -> Step:
    return user, "enumerate_account_rights", [sid]


def names_of(*sids: str, user: str = ADMINISTRATOR) -> Step:
    return user, "lookup_sids2", [list(sids)]


def sids_of(*asked: str, flags: int = 0, user: str = ADMINISTRATOR) -> Step:
    return user, "lookup_names2", [flags, list(asked)]


def account_domain(user: str = ADMINISTRATOR) -> Step:
    return user, "query_account_domain", []


A, B, C, D, E, F, G, H, I, J, K, L, M = (stranger(letter) for letter in "ABCDEFGHIJKLM")  # noqa: E741
LOOK = lsa.AUDIT
CLOSE: Step = (ADMINISTRATOR, "close", [])

SEQUENCES: dict[str, list[Step]] = {
    # Opening
    "open: an administrator reads": [opened(LOOK), CLOSE],
    "open: an administrator changes": [opened(), CLOSE],
    "open: an administrator takes all": [opened(lsa.ALL_ACCESS)],
    "open: GENERIC_ALL": [opened(0x10000000)],
    "open: GENERIC_EXECUTE": [opened(0x20000000)],
    "open: MAXIMUM_ALLOWED": [opened(0x02000000)],
    "open: NOTIFICATION": [opened(0x1000)],
    "open: no access": [opened(0)],
    "open: a user reads": [opened(LOOK, USER)],
    "open: a user changes": [opened(lsa.CHANGE, USER)],
    "open: a user takes all": [opened(lsa.ALL_ACCESS, USER)],
    "open: a user's GENERIC_EXECUTE": [opened(0x20000000, USER)],
    "open: a user's MAXIMUM_ALLOWED": [opened(0x02000000, USER)],
    # Enumerating
    "enumerate: the holders of a fresh installation": [opened(LOOK), holders()],
    "enumerate: a right that nobody holds": [opened(LOOK), holders(NOBODYS)],
    "enumerate: a right that does not exist": [opened(LOOK), holders("SeImpersonate")],
    "enumerate: the empty right": [opened(LOOK), holders("")],
    "enumerate: the right in capitals": [opened(), add(A, RIGHT), holders(RIGHT.upper())],
    "enumerate: a handle that may only look names up": [opened(lsa.LOOKUP_NAMES), holders(NOBODYS)],
    "enumerate: a handle that may only view": [opened(lsa.VIEW_LOCAL_INFORMATION), holders(NOBODYS)],
    "enumerate: a user": [opened(LOOK, USER), holders(NOBODYS, USER)],
    # Adding
    "add: an orphan": [opened(), add(B, RIGHT), holders(), rights_of(B)],
    "add: a user's account": [opened(), add(USER_SID, RIGHT), holders(), rights_of(USER_SID), remove(USER_SID, RIGHT), holders()],
    "add: what is held already": [opened(), add(C, RIGHT), add(C, RIGHT), rights_of(C)],
    "add: two rights": [opened(), add(D, RIGHT, OTHER), rights_of(D)],
    "add: a logon right": [opened(), add(E, "SeNetworkLogonRight"), rights_of(E), holders("SeNetworkLogonRight")],
    "add: a right that does not exist": [opened(), add(stranger("misspelt"), "SeImpersonate"), holders()],
    "add: one of two rights does not exist": [opened(), add(stranger("half"), RIGHT, "SeImpersonate"), holders()],
    "add: no right at all": [opened(), add(stranger("none"))],
    "add: a handle that may not make accounts": [opened(LOOK), add(stranger("unmade"), RIGHT), holders()],
    "add: a user": [opened(LOOK, USER), add(stranger("by a user"), RIGHT, user=USER), opened(), holders()],
    "add: a service's own SID": [opened(), add(names.service_sid("w3svc"), RIGHT), holders()],
    "add: a pool's own SID": [opened(), add(names.DEFAULT_APP_POOL, RIGHT), holders()],
    # Removing
    "remove: one of two rights": [opened(), add(F, RIGHT, OTHER), remove(F, RIGHT), holders(), rights_of(F)],
    "remove: the last right": [opened(), add(G, RIGHT), remove(G, RIGHT), holders(), rights_of(G)],
    "remove: a right not held": [opened(), add(H, OTHER), remove(H, RIGHT), rights_of(H)],
    "remove: from no account object": [opened(), remove(stranger("absent"), RIGHT), holders()],
    "remove: all rights": [opened(), add(I, RIGHT, OTHER), remove(I, all_rights=True), rights_of(I)],
    "remove: no right at all": [opened(), add(J, RIGHT), remove(J), rights_of(J)],
    "remove: a right that does not exist": [opened(), add(K, RIGHT), remove(K, "SeImpersonate"), rights_of(K)],
    "remove: LOCAL SERVICE": [opened(), add(names.LOCAL_SERVICE, RIGHT), remove(names.LOCAL_SERVICE, RIGHT)],
    "remove: NETWORK SERVICE": [opened(), add(names.NETWORK_SERVICE, RIGHT), remove(names.NETWORK_SERVICE, RIGHT)],
    "remove: SERVICE": [opened(), add(names.SERVICE, RIGHT), remove(names.SERVICE, RIGHT), holders()],
    "remove: a user": [opened(), add(L, RIGHT), opened(LOOK, USER), remove(L, RIGHT, user=USER), holders()],
    "remove: and add again": [opened(), add(M, RIGHT), remove(M, RIGHT), add(M, RIGHT), rights_of(M)],
    # Account objects
    "account: none there": [opened(LOOK), rights_of(stranger("nowhere"))],
    "account: a user asks for none": [opened(LOOK, USER), rights_of(stranger("nowhere"), USER)],
    "account: a user asks for another's": [
        opened(),
        add(stranger("seen"), RIGHT),
        opened(LOOK, USER),
        rights_of(stranger("seen"), USER),
    ],
    "domain: an administrator": [opened(LOOK), account_domain()],
    "domain: a user": [opened(LOOK, USER), account_domain(USER)],
    "domain: a handle without VIEW_LOCAL_INFORMATION": [opened(lsa.LOOKUP_NAMES), account_domain()],
    # SIDs to names
    "names: well-known": [opened(LOOK), names_of(names.SERVICE, names.SYSTEM, names.LOCAL_SERVICE, names.NETWORK_SERVICE)],
    "names: Everyone": [opened(LOOK), names_of(names.EVERYONE)],
    "names: builtin": [opened(LOOK), names_of(names.ADMINISTRATORS, names.USERS, names.IIS_IUSRS)],
    "names: a user": [opened(LOOK), names_of(USER_SID)],
    "names: the domain": [opened(LOOK), names_of(DOMAIN_SID)],
    "names: BUILTIN itself": [opened(LOOK), names_of("S-1-5-32")],
    "names: an orphan of the domain": [opened(LOOK), names_of(UNUSED_SID)],
    "names: an orphan of BUILTIN": [opened(LOOK), names_of("S-1-5-32-9999")],
    "names: an orphan of an unknown domain": [opened(LOOK), names_of(stranger("names"))],
    "names: some are known": [opened(LOOK), names_of(names.SERVICE, stranger("names"), USER_SID, UNUSED_SID)],
    "names: no name is asked for": [opened(LOOK), names_of()],
    "names: too many": [opened(LOOK), names_of(*[names.SERVICE] * 1001)],
    "names: a user asks": [opened(LOOK, USER), names_of(names.ADMINISTRATORS, user=USER)],
    "names: a handle that may not look names up": [opened(lsa.VIEW_LOCAL_INFORMATION), names_of(names.SERVICE)],
    # Names to SIDs
    "sids: builtin": [opened(LOOK), sids_of("BUILTIN\\Administrators", "BUILTIN\\IIS_IUSRS")],
    "sids: NT AUTHORITY": [opened(LOOK), sids_of("NT AUTHORITY\\SERVICE", "NT AUTHORITY\\LOCAL SERVICE")],
    "sids: in capitals": [opened(LOOK), sids_of("builtin\\ADMINISTRATORS")],
    "sids: an isolated builtin": [opened(LOOK), sids_of("Administrators")],
    "sids: an isolated well-known": [opened(LOOK), sids_of("NETWORK SERVICE")],
    "sids: Everyone": [opened(LOOK), sids_of("Everyone")],
    "sids: DOMAIN\\user": [opened(LOOK), sids_of(f"{DOMAIN}\\{USER}")],
    "sids: dns.domain\\user": [opened(LOOK), sids_of(f"{DNS_DOMAIN}\\{USER}")],
    "sids: user@dns.domain": [opened(LOOK), sids_of(f"{USER}@{DNS_DOMAIN}")],
    "sids: an isolated user": [opened(LOOK), sids_of(USER)],
    "sids: an isolated user, local only": [opened(LOOK), sids_of(USER, flags=lsa.ISOLATED_AS_LOCAL)],
    "sids: the domain": [opened(LOOK), sids_of(DOMAIN)],
    "sids: nobody of the domain": [opened(LOOK), sids_of(f"{DOMAIN}\\nobody")],
    "sids: nobody": [opened(LOOK), sids_of("nobody")],
    "sids: nobody of an unknown domain": [opened(LOOK), sids_of("ELSEWHERE\\nobody")],
    "sids: some are known": [opened(LOOK), sids_of("BUILTIN\\Administrators", f"{DOMAIN}\\nobody", "ELSEWHERE\\nobody")],
    "sids: no SID is asked for": [opened(LOOK), sids_of()],
    "sids: too many": [opened(LOOK), sids_of(*["Administrators"] * 1001)],
    "sids: a flag that does not exist": [opened(LOOK), sids_of("Administrators", flags=0x1)],
    "sids: a user asks": [opened(LOOK, USER), sids_of("BUILTIN\\Administrators", user=USER)],
    "sids: a handle that may not look names up": [opened(lsa.VIEW_LOCAL_INFORMATION), sids_of("Administrators")],
}
