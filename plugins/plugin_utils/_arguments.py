# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option specs of all modules, and options -> policy and wishes. Bad input ends here, before a host is touched."""

from __future__ import annotations

import datetime
import hashlib
import json
import secrets
import typing as t
from collections.abc import Mapping

from ansible.module_utils.parsing.convert_bool import boolean

from ._policy.accounts import parse_accounts
from ._policy.errors import BadInput
from ._policy.exceptions import meant_for, parse_exceptions
from ._policy.expectation import Wishes
from ._policy.extending import SHIPPED
from ._policy.features import FeatureName
from ._policy.loading import load_policy, parse_feature, refuse_forbidden_floor
from ._policy.plan import Absent, Controller, Handling, OnControlled, Orphans, Unexpected
from ._policy.policy import HostRole, Policy, plain_policy
from ._policy.verdict import Status

Spec = dict[str, dict[str, t.Any]]

_WISHES: Spec = {
    "host_role": {"type": "str", "choices": [role.value for role in HostRole]},
    "iis": {"type": "bool"},
    "features": {"type": "dict", "default": {}},
    "exceptions": {"type": "raw", "default": []},
    "required": {"type": "list", "elements": "str", "default": []},
    "permitted": {"type": "list", "elements": "str", "default": []},
    "forbidden": {"type": "list", "elements": "str", "default": []},
}
_POLICIES: Spec = {"policies": {"type": "dict", "default": {}}}
_JUDGEMENT: Spec = {"policy": {"type": "raw", "required": True}, **_POLICIES, **_WISHES}

_HANDLING: Spec = {
    "unexpected": {"type": "str", "choices": [choice.value for choice in Unexpected], "default": "remove"},
    "missing": {"type": "str", "choices": [choice.value for choice in Absent], "default": "add"},
    "orphans": {"type": "str", "choices": [choice.value for choice in Orphans], "default": "keep"},
    "on_controlled": {"type": "str", "choices": [choice.value for choice in OnControlled], "default": "refuse"},
    "controlled_by": {
        "type": "dict",
        "options": {
            "kind": {"type": "str", "choices": ["local", "gpo", "mdm"], "required": True},
            "name": {"type": "str"},
            "guid": {"type": "str"},
        },
    },
}

_FAIL_ON = [Status.DRIFT.value, Status.UNREACHABLE.value, Status.ERROR.value, Status.NOT_CHECKED.value]
"""What a gate fails on by default: a run with an unread host is never green by accident."""
GATE_STATUSES = [*_FAIL_ON, Status.NOT_APPLICABLE.value]
"""What a gate can fail on."""

_REPORT: Spec = {
    "fail_on": {"type": "list", "elements": "str", "choices": GATE_STATUSES, "default": _FAIL_ON},
    "report_dir": {"type": "path", "required": True},
}

_ACTION: Spec = {"action": {"type": "str", "choices": ["audit", "enforce", "restore"], "default": "audit"}}
_RUN: Spec = {"run_id": {"type": "str"}}

LOCAL_RIGHT_INFO: Spec = {**_JUDGEMENT, **_RUN}
LOCAL_RIGHT: Spec = {
    "policy": {"type": "raw"},
    **_POLICIES,
    **_WISHES,
    "holders": {"type": "list", "elements": "str"},
    "restore": {"type": "str"},
    "plan": {"type": "dict"},
    **_HANDLING,
    "snapshot_dir": {"type": "path", "default": "impersonate-snapshots"},
    **_RUN,
}
EXCLUSIVE = [["policy", "holders", "restore"]]
FLEET_CHECK: Spec = {
    **_JUDGEMENT,
    **_REPORT,
    **_ACTION,
    "policy": {"type": "raw"},
    "restore": {"type": "str"},
    "snapshot_dir": {"type": "path"},
    "own_policies": {"type": "dict", "default": {}},
    "same_for_all": {"type": "list", "elements": "str", "default": []},
}
FLEET_PLAN: Spec = {
    "results": {"type": "str", "required": True},
    "check": {"type": "dict", "required": True},
    "max_hosts_per_account": {"type": "int", "default": 10},
}
POLICY_PAGE: Spec = {"policies": {"type": "dict", "required": True}, "dest": {"type": "path"}}
FLEET_REPORT: Spec = {
    **_REPORT,
    **_ACTION,
    "results": {"type": "str", "required": True},
    "check": {"type": "dict", "required": True},
}


def policy_of(options: Mapping[str, t.Any]) -> Policy:
    """The policy of a task: its table, or what its options alone say. Raises BadInput.

    Without a table, ``holders`` and ``permitted`` close the list: nobody else may hold the right. ``required`` and ``forbidden``
    alone leave everybody else as they are.
    """
    if options.get("policy") is not None or "holders" not in options:
        return load_policy(options["policy"], options.get("policies"))
    if options.get("holders") is not None:
        for option in ("required", "permitted", "forbidden"):
            if options[option]:
                raise BadInput(f"{option}: not together with holders, which is the whole list")
        return plain_policy(closed=True)
    if not (options["required"] or options["permitted"] or options["forbidden"]):
        raise BadInput(
            "one of the options policy, holders, restore, required, permitted and forbidden must say who holds the right"
        )
    return plain_policy(closed=bool(options["permitted"]))


def policies_of(library: Mapping[str, t.Any]) -> list[Policy]:
    """Every policy of a library, called by its key. Raises BadInput."""
    return [load_policy({**data, "name": name} if isinstance(data, Mapping) else data, library) for name, data in library.items()]


def wishes_of(
    options: Mapping[str, t.Any], policy: Policy, task_vars: Mapping[str, t.Any], today: datetime.date | None = None
) -> Wishes:
    """What a task asks of one host beyond its policy; exceptions are those meant for this host of the inventory.

    Raises BadInput for an account that is none, or that is wanted in one place and forbidden in another.
    """
    role = options.get("host_role")
    exceptions = parse_exceptions(options["exceptions"] or [])
    wishes = Wishes(
        host_role=HostRole(role) if role else None,
        features=_declared(options),
        required=parse_accounts("required", options["required"]) + parse_accounts("holders", options.get("holders") or []),
        permitted=parse_accounts("permitted", options["permitted"]),
        forbidden=parse_accounts("forbidden", options["forbidden"]),
        exceptions=meant_for(exceptions, str(task_vars.get("inventory_hostname", "")), task_vars.get("group_names", ())),
        today=today or datetime.datetime.now(datetime.timezone.utc).date(),
        keep_orphans=options.get("orphans") == Orphans.KEEP.value,
    )
    banned = {account.key for account in wishes.forbidden}
    for exception in exceptions:
        if exception.account.key in banned:
            raise BadInput(f"{exception.where}.account: {exception.account.shown} is forbidden by the option forbidden")
    forbidden = {account.key: f"the policy {policy.name} ({row.where})" for row in policy.rows for account in row.forbidden}
    forbidden |= {account.key: "the option forbidden" for account in wishes.forbidden}
    for option in ("required", "permitted"):
        for account in getattr(wishes, option):
            if account.key in forbidden:
                raise BadInput(f"{option}: {account.shown} is forbidden by {forbidden[account.key]}")
    required = {account.key: row.where for row in policy.rows for account in row.required}
    for account in wishes.forbidden:
        refuse_forbidden_floor("forbidden", account)
        if account.key in required:
            raise BadInput(f"forbidden: {account.shown} is required by the policy {policy.name} ({required[account.key]})")
    return wishes


def _declared(options: Mapping[str, t.Any]) -> dict[FeatureName, bool]:
    """Features that the task declares. Raises BadInput for one that no host is asked for, and for a value that is no boolean."""
    declared = {}
    for name, value in (options.get("features") or {}).items():
        try:
            declared[parse_feature(name, "features")] = boolean(value)
        except TypeError:
            raise BadInput(f"features.{name}: {value!r} is neither true nor false") from None
    if options.get("iis") is not None and declared.setdefault(FeatureName.IIS, options["iis"]) is not options["iis"]:
        raise BadInput(f"iis: {options['iis']} is not what features declares of it")
    return declared


def refuse_shipped_names(own: Mapping[str, t.Any]) -> None:
    """Raises BadInput when a policy of the user's has the name of a shipped one, which it would hide."""
    for name in own:
        if name in SHIPPED:
            raise BadInput(f"policies.{name}: this is the name of a shipped policy; choose another one and let it extend {name}")


def agreed_of(options: Mapping[str, t.Any]) -> tuple[set[str], set[str]] | None:
    """Additions and removals that the fleet looked at (``plan``: what planning this host returned); None when it did not look."""
    planned = options.get("plan")
    return None if planned is None else (set(planned.get("added") or ()), set(planned.get("removed") or ()))


def new_run_id(now: datetime.datetime) -> str:
    """A name for a run that sorts by time and that no other run has."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def digest_of(policy: Policy) -> str:
    """SHA-256 of a policy's data, with what it takes from others, so that a report and a snapshot can say which text judged."""
    return hashlib.sha256(json.dumps(policy.data, sort_keys=True, default=str).encode()).hexdigest()


def handling_of(options: Mapping[str, t.Any]) -> Handling:
    """What a task wants done about each kind of finding."""
    return Handling(
        unexpected=Unexpected(options["unexpected"]),
        missing=Absent(options["missing"]),
        orphans=Orphans(options["orphans"]),
        on_controlled=OnControlled(options["on_controlled"]),
    )


def controller_of(options: Mapping[str, t.Any]) -> Controller | None:
    """Who sets the right from outside, as the task states it; None when nobody does."""
    stated = options.get("controlled_by")
    if not stated or stated["kind"] == "local":
        return None
    return Controller(stated["kind"], stated.get("name"), stated.get("guid"))
