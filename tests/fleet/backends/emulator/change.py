# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `Set-Right` of the payload tells of a simulated machine, and do to it: the same calls, in Python."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from fleet.backends.emulator.policy import CallError, Policy
from fleet.backends.emulator.report import Json, audit, session
from fleet.windows import lsa, names, winapi
from fleet.windows.machine import RIGHT, Machine, Token

if t.TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MEANING = {
    "changed_meanwhile": "were not changed",
    "not_started": "were not changed",
    "undone": "are as before, the change failed",
    "undo_failed": "may not be as before, the change failed",
}


def local_right(machine: Machine, user: str, token: Token, args: Mapping[str, t.Any]) -> Json:
    """The module's answer: to read, or to change."""
    if machine.language_mode != "FullLanguage":
        return _refused(machine.language_mode)
    if args.get("read") is not None:
        return audit(machine, user, token, args["read"] | {"exposure": True})
    return set_right(machine, user, token, args)


def _refused(mode: str) -> Json:
    return {
        "changed": False,
        "failed": True,
        "msg": f"The holders of {RIGHT} can neither be read nor changed: PowerShell runs in {mode} mode here.",
        "outcome": "not_started",
        "before": None,
        "after": None,
        "attempted": [],
        "undone": [],
        "error": {"call": "language mode", "status": None, "sid": None},
        "session": {"language_mode": mode},
    }


@dataclass
class _Run:
    """One change in the making."""

    client: lsa.Lsa
    outcome: str = "not_started"
    before: list[str] | None = None
    after: list[str] | None = None
    attempted: list[Json] = field(default_factory=list)
    undone: list[Json] = field(default_factory=list)
    error: Json | None = None

    def fail(self, call: str, status: str | None = None, sid: str | None = None) -> None:
        self.error = {"call": call, "status": status, "sid": sid}


def set_right(machine: Machine, user: str, token: Token, args: Mapping[str, t.Any]) -> Json:
    """Compare, add, remove, read again, undo when anything fails; the machine is changed."""
    faults = lsa.Faults(machine.faults)
    its = session(machine, winapi.Windows(machine, user, token, faults))
    run = _Run(lsa.Lsa(machine, token, faults))
    expected, plan = set(args.get("expected") or ()), [*_steps(args)]
    sentence = _start(run, expected, plan)
    changed = run.outcome == "undo_failed" or (run.outcome == "applied" and bool(plan))
    answer: Json = {"changed": changed, "outcome": run.outcome, "before": run.before, "after": run.after, "session": its}
    answer |= {"attempted": run.attempted, "undone": run.undone, "error": run.error}
    if run.outcome != "applied":
        answer |= {"failed": True, "msg": f"The holders of {RIGHT} {_MEANING[run.outcome]}: {sentence}"}
    return answer


def _steps(args: Mapping[str, t.Any]) -> t.Iterator[tuple[str, str]]:
    for operation in ("add", "remove"):
        for sid in args.get(operation) or ():
            yield operation, sid


def _start(run: _Run, expected: set[str], plan: Sequence[tuple[str, str]]) -> str | None:
    bad = next((sid for _unused, sid in plan if not names.is_sid(sid)), None)
    if bad is not None:
        run.fail("preparation")
        return f"not a SID: {bad}"
    try:
        policy = Policy(run.client, lsa.CHANGE)
    except CallError as error:
        run.fail(error.call, f"0x{error.status:08X}")
        return str(error)
    try:
        run.before = policy.holders()
        if set(run.before) != expected:
            run.outcome, run.after = "changed_meanwhile", run.before
            return "they are not the expected ones."
        run.outcome = "undo_failed"
        sentence = _submit(run, policy, plan)
        if run.outcome != "applied":
            _undo(run, policy)
    except CallError as error:
        run.fail(error.call, f"0x{error.status:08X}")
        return str(error)
    finally:
        policy.close()
    return sentence


def _submit(run: _Run, policy: Policy, plan: Sequence[tuple[str, str]]) -> str | None:
    goal = set(run.before or ())
    for operation, sid in plan:
        row = _call(policy, operation, sid)
        run.attempted.append(row)
        if not (_worked(row) or (operation == "remove" and row["status"] == f"0x{lsa.OBJECT_NAME_NOT_FOUND:08X}")):
            run.fail(f"Lsa{operation.title()}AccountRights", row["status"], sid)
            return f"Lsa{operation.title()}AccountRights of {sid} failed with {row['status']}."
        (goal.add if operation == "add" else goal.discard)(sid)
    try:
        run.after = policy.holders()
    except CallError as error:
        run.fail(error.call, f"0x{error.status:08X}")
        return str(error)
    if set(run.after) == goal:
        run.outcome = "applied"
        return None
    run.fail("re-read")
    return "a second read shows others than were asked for."


def _undo(run: _Run, policy: Policy) -> None:
    before, run.after = set(run.before or ()), None
    for row in reversed(run.attempted):
        added = row["op"] == "add"
        if _worked(row) and (row["sid"] in before) != added:
            run.undone.append(_call(policy, "remove" if added else "add", row["sid"]))
    try:
        run.after = policy.holders()
    except CallError:
        return
    if set(run.after) == before:
        run.outcome = "undone"


def _call(policy: Policy, operation: str, sid: str) -> Json:
    if operation == "add":
        status = policy.client.add_account_rights(policy.handle, sid, [RIGHT])
    else:
        status = policy.client.remove_account_rights(policy.handle, sid, False, [RIGHT])
    return {"op": operation, "sid": sid, "status": f"0x{status:08X}"}


def _worked(row: Json) -> bool:
    return bool(row["status"] == f"0x{lsa.SUCCESS:08X}")
