# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a task -> policy, tailoring and handling. Bad input ends here, before a host is touched."""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import secrets
from collections.abc import Mapping

from ansible.module_utils.parsing.convert_bool import boolean

from .. import _utc
from .._accounts.parsing import parse_accounts
from .._facts.controller import Controller, stated
from .._facts.features import FeatureName
from .._facts.roles import HostRole
from .._host.windows import ReadRequest
from .._input import checks
from .._input.errors import BadInput
from .._input.naming import called
from .._policy.exceptions import PolicyException, meant_for, parse_exceptions
from .._policy.extending import SHIPPED
from .._policy.loading import load_policy, parse_feature, refuse_forbidden_floor
from .._policy.policy import Policy, plain_policy
from .._verdict.expectation import KEEPING, Tailoring, Waive
from .._verdict.plan import Absent, Agreed, Handling, OnControlled, Orphans, Unexpected
from .given import Options, TaskVars
from .policies import policy_from
from .results_file import ResultsFile

MOST_HOURS = 90 * 24
"""How far back a window of events may reach."""


def refuse_delegation(delegate_to: str | None, task_vars: Mapping[str, object]) -> None:
    """The connection of a delegated task leads to another host than the one under whose name its result and its snapshot are kept.

    Raises BadInput where ``delegate_to`` (of the task, its block or ``local_action``) names another host than the task's own.
    """
    host = task_vars.get("inventory_hostname")
    if delegate_to and delegate_to != host:
        raise BadInput(
            "delegate_to",
            f"is not allowed for {host!r}: the task would reach {delegate_to}, and report and snapshot would say {host}",
            value=delegate_to,
            expected=f"leave delegate_to out and let the play name {delegate_to} in its hosts",
        )


def policy_of(options: Options) -> Policy:
    """The policy of a task: its table, or what its options alone say. Raises BadInput.

    Without a table, ``holders`` and ``permitted`` close the list: no other account may hold the right. ``required`` and ``forbidden``
    alone leave all other accounts as they are.
    """
    if options.get("policy") is not None or "holders" not in options:
        return policy_from(options["policy"], options.get("policies") or {})
    if options.get("holders") is not None:
        for option in ("required", "permitted"):
            if options[option]:
                raise BadInput(option, "not together with holders, which is the whole list")
        return plain_policy(closed=True)
    if not (options["required"] or options["permitted"] or options["forbidden"]):
        raise BadInput(
            "", "one of the options policy, holders, restore, required, permitted and forbidden must say who holds the right"
        )
    return plain_policy(closed=bool(options["permitted"]))


def most_hosts_of(options: Options) -> int:
    """How many hosts may lose the same account without a second look; 0 is no limit. Raises BadInput."""
    most = int(options["max_hosts_per_account"])
    if most < 0:
        raise BadInput("max_hosts_per_account", f"{most} is not a number of hosts; 0 is no limit")
    return most


def policies_of(library: Mapping[str, object]) -> list[Policy]:
    """Every policy of a library, called by its key. Raises BadInput."""
    return [load_policy({**checks.mapping(f"policies.{name}", data), "name": name}, library) for name, data in library.items()]


def tailoring_of(options: Options, policy: Policy, task_vars: TaskVars, today: datetime.date | None = None) -> Tailoring:
    """What a task asks of one host beyond its policy; exceptions are those meant for this host of the inventory.

    Raises BadInput for an account that is none, or that is wanted in one place and forbidden in another.
    """
    role, holders = options.get("host_role"), options.get("holders")
    exceptions = declared_exceptions(options)
    tailoring = Tailoring(
        host_role=HostRole(role) if role else None,
        features=_declared(options),
        required=parse_accounts("required", options["required"]) + parse_accounts("holders", holders or []),
        required_by=f"by the option {'required' if holders is None else 'holders'}",
        keeping=KEEPING if holders is None else "holders",
        permitted=parse_accounts("permitted", options["permitted"]),
        forbidden=parse_accounts("forbidden", options["forbidden"]),
        exceptions=meant_for(exceptions, str(task_vars.get("inventory_hostname", "")), task_vars.get("group_names", ())),
        today=today or _utc.now().date(),
        waive=Waive(options["waive"]),
        keep_orphans="orphans" in options and orphans_of(options) is Orphans.KEEP,
    )
    banned = {account.key for account in tailoring.forbidden}
    for exception in tailoring.exceptions:
        if exception.account.key in banned:
            raise BadInput(
                f"{exception.where}.account", f"{exception.account.shown} is forbidden by the option {called('forbidden')}"
            )
    everywhere = [row for row in policy.rows if row.where == "every_host"]  # what other rows forbid, only a host can tell
    forbidden = {account.key: f"the policy {policy.name} ({row.where})" for row in everywhere for account in row.forbidden}
    forbidden |= {account.key: f"the option {called('forbidden')}" for account in tailoring.forbidden}
    for option in ("required", "permitted"):
        for account in getattr(tailoring, option):
            if account.key in forbidden:
                said = option if holders is None else "holders"
                raise BadInput(said, f"{account.shown} is forbidden by {forbidden[account.key]}")
    required = {account.key: row.where for row in everywhere for account in row.required}
    for account in tailoring.forbidden:
        refuse_forbidden_floor("forbidden", account)
        if account.key in required:
            raise BadInput("forbidden", f"{account.shown} is required by the policy {policy.name} ({required[account.key]})")
    return tailoring


def declared_exceptions(options: Mapping[str, object]) -> tuple[PolicyException, ...]:
    """The exceptions of a task, on whatever hosts; an empty answer is none. Raises BadInput that names entry and key."""
    return parse_exceptions([] if options["exceptions"] in (None, "") else options["exceptions"])


def _declared(options: Options) -> dict[FeatureName, bool]:
    """Features that the task declares. Raises BadInput for one that no host is asked for, and for a value that is no boolean."""
    declared = {}
    for name, value in (options.get("features") or {}).items():
        try:
            declared[parse_feature(name, "features")] = boolean(value)
        except TypeError:
            raise BadInput(f"features.{name}", "is neither true nor false", value=value) from None
    if options.get("iis") is not None and declared.setdefault(FeatureName.IIS, options["iis"]) is not options["iis"]:
        raise BadInput("iis", f"{options['iis']} is not what {called('features')} declares of it")
    return declared


def refuse_shipped_names(policies: object, policy: object = None) -> None:
    """Raises BadInput when one of a user's policies, or the chosen one, has the name of a shipped one, which it would hide or pass for."""
    own = dict(checks.mapping("policies", policies or {}))
    if isinstance(policy, Mapping):
        own[str(policy.get("name"))] = policy
    for name in own:
        if name in SHIPPED:
            raise BadInput(f"policies.{name}", f"this is the name of a shipped policy; choose another one and let it extend {name}")


def agreed_of(options: Options, host: str) -> Agreed | None:
    """What the fleet looked at (``plan``: what planning this host returned, or the one task for all hosts); None when it did not look.

    Raises BadInput, also where one task has planned for all hosts and what it kept cannot be read.
    """
    planned = options.get("plan")
    if planned is None:
        return None
    if "results" in planned:
        try:
            planned = checks.mapping("plan", ResultsFile(checks.text("plan.results", planned["results"])).of_host(host) or {})
        except OSError as error:
            raise BadInput("plan.results", f"what was planned for the hosts cannot be read: {error}") from error
    add, remove = (
        frozenset(checks.text(f"plan.{key}", sid) for sid in checks.items(f"plan.{key}", planned.get(key) or []))
        for key in ("added", "removed")
    )
    return Agreed(add, remove, read=planned.get("outcome") is not None)


def new_run_id(now: datetime.datetime) -> str:
    """A name for a run that sorts by time and that no other run has."""
    return f"{_utc.stamp(now)}-{secrets.token_hex(3)}"


def digest_of(policy: Policy) -> str:
    """SHA-256 of a policy's data, with what it takes from others, so that a report and a snapshot can say which text judged."""
    return hashlib.sha256(json.dumps(policy.data, sort_keys=True, default=str).encode()).hexdigest()


def handling_of(options: Options) -> Handling:
    """What a task wants done about each kind of finding."""
    return Handling(
        unexpected=Unexpected(options["unexpected"]),
        missing=Absent(options["missing"]),
        orphans=orphans_of(options),
        on_controlled=OnControlled(options["on_controlled"]),
    )


def orphans_of(options: Options) -> Orphans:
    """What becomes of holders whose account was deleted: where the whole list is given, they are no part of it."""
    if options["orphans"]:
        return Orphans(options["orphans"])
    return Orphans.REMOVE if options.get("holders") is not None or options.get("restore") else Orphans.KEEP


def controller_of(options: Options) -> Controller | None:
    """Who sets the right, as the task states it; None when it states nothing, so that the host's own traces count."""
    statement = options.get("controlled_by")
    return stated(statement["kind"], statement.get("name"), statement.get("guid")) if statement else None


def read_request_of(options: Options) -> ReadRequest:
    """What a read is to bring besides. Raises BadInput for a window that is none."""
    return ReadRequest(exposure=options["exposure"], expand=options["expand_groups"], events=_hours(options["events"]))


def _hours(window: str | None) -> int | None:
    if not window:
        return None
    match = re.fullmatch(r"(\d{1,4})([hd])", window.strip())
    hours = int(match[1]) * (24 if match[2] == "d" else 1) if match else 0
    if not 0 < hours <= MOST_HOURS:
        raise BadInput(
            "events",
            "is not a time span",
            value=window,
            expected=f"write hours or days, such as 24h or 7d, at most {MOST_HOURS // 24}d",
        )
    return hours
