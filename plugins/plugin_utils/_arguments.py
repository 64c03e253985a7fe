# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option specs of all modules, and options -> policy and wishes. Bad input ends here, before a host is touched."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ._policy.accounts import Account, parse_account
from ._policy.errors import BadInput
from ._policy.expectation import Wishes
from ._policy.policy import HostRole, Policy, load_policy
from ._policy.verdict import Status

Spec = dict[str, dict[str, t.Any]]

_JUDGEMENT: Spec = {
    "policy": {"type": "raw", "required": True},
    "host_role": {"type": "str", "choices": [role.value for role in HostRole]},
    "iis": {"type": "bool"},
    "required": {"type": "list", "elements": "str", "default": []},
    "permitted": {"type": "list", "elements": "str", "default": []},
}

GATE_STATUSES = [Status.DRIFT.value, Status.UNREACHABLE.value, Status.ERROR.value, Status.NOT_CHECKED.value]
"""What a gate can fail on; all of them by default, so that a run with an unread host is never green by accident."""

_REPORT: Spec = {
    "fail_on": {"type": "list", "elements": "str", "choices": GATE_STATUSES, "default": GATE_STATUSES},
    "report_dir": {"type": "path", "required": True},
}

LOCAL_RIGHT_INFO: Spec = {**_JUDGEMENT}
FLEET_CHECK: Spec = {**_JUDGEMENT, **_REPORT}
FLEET_REPORT: Spec = {
    **_REPORT,
    "results": {"type": "str", "required": True},
    "check": {"type": "dict", "required": True},
}


def policy_of(options: Mapping[str, t.Any]) -> Policy:
    """The validated policy of a task. Raises BadInput."""
    return load_policy(options["policy"])


def wishes_of(options: Mapping[str, t.Any], policy: Policy) -> Wishes:
    """What a task asks beyond its policy.

    Raises BadInput for an account that is none, or that the policy forbids and the task wants.
    """
    role = options.get("host_role")
    wishes = Wishes(
        host_role=HostRole(role) if role else None,
        iis=options.get("iis"),
        required=_accounts("required", options["required"]),
        permitted=_accounts("permitted", options["permitted"]),
    )
    forbidden = {account.sid: row for row in policy.rows for account in row.forbidden if account.sid}
    for option in ("required", "permitted"):
        for account in getattr(wishes, option):
            if account.sid in forbidden:
                raise BadInput(
                    f"{option}: {account.shown} is forbidden by the policy {policy.name} ({forbidden[account.sid].where})"
                )
    return wishes


def _accounts(option: str, entries: list[str]) -> tuple[Account, ...]:
    accounts = []
    for number, entry in enumerate(entries):
        try:
            accounts.append(parse_account(entry))
        except BadInput as wrong:
            raise BadInput(f"{option}[{number}]: {wrong}") from None
    return tuple(accounts)
