# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the payload of prove_change tells of a simulated machine: the same calls in the same order, in Python."""

from __future__ import annotations

import typing as t

from fleet.backends.emulator.policy import CallError, Policy
from fleet.windows import lsa
from fleet.windows.machine import RIGHT, Machine, Token

if t.TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fleet.backends.emulator.report import Json


def prove_change(machine: Machine, user: str, token: Token, args: Mapping[str, t.Any]) -> Json:
    """The module's answer; the machine is as before, unless a call that takes the right away failed."""
    del user
    answer: Json = {"changed": False, "before": None, "after": None, "steps": [], "refused": None}
    if machine.language_mode != "FullLanguage":
        return answer | {"refused": f"PowerShell runs in {machine.language_mode} mode here."}
    client = lsa.Lsa(machine, token)
    try:
        policy = Policy(client, lsa.CHANGE)
    except CallError as error:
        return answer | {"refused": str(error)}
    try:
        answer["before"] = policy.holders()
        if args["service"] in machine.service_names or args["sid"] in answer["before"]:
            return answer | {"refused": "There is a service of this name here, or its SID holds the right."}
        answer["changed"] = True
        answer["steps"] = _steps(client, policy, args)
        answer["after"] = policy.holders()
        answer["changed"] = answer["before"] != answer["after"]
    except CallError as error:
        answer["refused"] = str(error)
    finally:
        policy.close()
    return answer


def _steps(client: lsa.Lsa, policy: Policy, args: Mapping[str, t.Any]) -> list[Json]:
    sid, handle = args["sid"], policy.handle
    steps = [
        _status("give", client.add_account_rights(handle, sid, [RIGHT])),
        _read("read after give", policy.holders),
        _status("give again", client.add_account_rights(handle, sid, [RIGHT])),
        _status("take", client.remove_account_rights(handle, sid, False, [RIGHT])),
        _read("read after take", policy.holders),
        _status("take again", client.remove_account_rights(handle, sid, False, [RIGHT])),
        _status("give misspelt", client.add_account_rights(handle, sid, [args["misspelt"]])),
        _status("give in other case", client.add_account_rights(handle, sid, [args["other_case"]])),
        _read("read after other case", policy.holders),
        _read("read with 0x1", lambda: _masked(client, lsa.VIEW_LOCAL_INFORMATION)),
        _read("read with 0x800", lambda: _masked(client, lsa.LOOKUP_NAMES)),
    ]
    client.remove_account_rights(handle, sid, False, [RIGHT])
    client.impersonate(administrator=False)
    steps.append(_read("read as a plain user", lambda: _masked(client, lsa.AUDIT)))
    client.impersonate(administrator=None)
    return steps


def _masked(client: lsa.Lsa, mask: int) -> list[str]:
    policy = Policy(client, mask)
    try:
        return policy.holders()
    finally:
        policy.close()


def _status(step: str, status: int) -> Json:
    return {"step": step, "status": f"0x{status:08X}", "call": None, "error": None, "holders": None}


def _read(step: str, ask: Callable[[], list[str]]) -> Json:
    row: Json = {"step": step, "status": "0x00000000", "call": None, "error": None, "holders": None}
    try:
        return row | {"holders": ask()}
    except CallError as error:
        return row | {"status": f"0x{error.status:08X}", "call": error.call, "error": str(error)}
