# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same sequences on the model: a fresh domain controller per sequence, answers in the form of client.py."""

from __future__ import annotations

import typing as t

from fleet.windows import lookup
from fleet.windows.lsa import Lsa
from fleet.windows.machine import Machine, Token
from samba.sequences import ADMINISTRATOR, COMPUTER, DNS_DOMAIN, DOMAIN, USER, USER_RID, Step

_TOKENS = {ADMINISTRATOR: Token.ADMINISTRATOR, USER: Token.USER}


def answers(steps: list[Step]) -> list[list[t.Any]]:
    """What the model answers to each step."""
    machine = Machine.domain_controller(COMPUTER)
    machine.domain, machine.dns_domain = DOMAIN, DNS_DOMAIN
    machine.add_account(USER, rid=USER_RID)
    clients = {user: Lsa(machine, token) for user, token in _TOKENS.items()}
    handles: dict[str, int] = {}
    found = []
    for user, call, arguments in steps:
        client = clients[user]
        if call == "open_policy":
            status, handle = client.open_policy(*arguments)
            handles[user] = handle or handles.get(user, 0)
            found.append([status])
        else:
            answer = getattr(client, call)(handles.get(user, 0), *arguments)
            found.append(_plain(answer))
    return found


def _plain(answer: t.Any) -> list[t.Any]:
    if isinstance(answer, int):
        return [answer]
    status, result = answer
    if isinstance(result, lookup.Names):
        return [status, [[int(one.use), one.name, _referenced(result, one.domain_index)] for one in result.entries]]
    if isinstance(result, lookup.Sids):
        return [status, [[int(one.use), one.sid, _referenced(result, one.domain_index)] for one in result.entries]]
    if isinstance(result, tuple):
        return [status, list(result)]
    return [status, result if result is None else sorted(result)]


def _referenced(answer: lookup.Referenced, index: int) -> list[str] | None:
    return list(answer.domains[index]) if index >= 0 else None
