# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change tried out on a lab host: what each call answered beside what the documents say of it. Pure."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .._accounts.sids import Sid, service_sid
from .._facts.controller import controller_on
from .._facts.facts import HostFacts
from .._facts.roles import HostRole, detect_role
from .._host.answers import TooLarge, refuse_large, typed
from .._host.failures import NtStatus
from .rows import Row, Verdict

SERVICE = "winrights-proof"
ACCOUNT = rf"NT SERVICE\{SERVICE}"
SID = service_sid(SERVICE)
"""SID of a service that does not exist; any valid SID may hold a right ([MS-LSAD] 3.1.1.3)."""
ARGUMENTS: Mapping[str, str] = {
    "service": SERVICE,
    "sid": SID,
    "misspelt": "SeImpersonatePrivelege",
    "other_case": "SEIMPERSONATEPRIVILEGE",
}
SCHEMA = 1

_ENUMERATE, _ADD, _REMOVE = "LsaEnumerateAccountsWithUserRight", "LsaAddAccountRights", "LsaRemoveAccountRights"
_SUCCESS, _DENIED = "0x00000000", "0xC0000022"


@dataclass(frozen=True, slots=True)
class Step:
    """One call as the host tells of it. ``error``: what failed, in its words; ``holders``: of a read, who holds the right."""

    step: str
    status: NtStatus | None
    call: str | None
    error: str | None
    holders: tuple[Sid, ...] | None


@dataclass(frozen=True, slots=True)
class Tried:
    """The answer of the host. ``refused``: why it did nothing, or stopped; ``before``, ``after``: the holders, None where not read."""

    changed: bool
    before: tuple[Sid, ...] | None
    after: tuple[Sid, ...] | None
    steps: tuple[Step, ...]
    refused: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the documents say of a step. ``held``: whether the SID is a holder then; ``shown``: why the answer is not judged."""

    step: str
    call: str
    status: str | None = _SUCCESS
    held: bool | None = None
    shown: str = ""


STEPS: Sequence[Expected] = (
    Expected("give", _ADD),  # [MS-LSAD] 3.1.4.5.11
    Expected("read after give", _ENUMERATE, held=True),
    Expected("give again", _ADD),  # a right that is held is ignored (LsaAddAccountRights, Windows SDK)
    Expected("take", _REMOVE),  # [MS-LSAD] 3.1.4.5.12
    Expected("read after take", _ENUMERATE, held=False),
    Expected("take again", _REMOVE, "0xC0000034"),  # the account object went with its last right ([MS-LSAD] 3.1.4.5.12)
    Expected("give misspelt", _ADD, "0xC0000060"),  # STATUS_NO_SUCH_PRIVILEGE ([MS-LSAD] 3.1.4.5.11)
    Expected("give in other case", _ADD, None, shown="no document says whether names of rights are compared with their case"),
    Expected("read after other case", _ENUMERATE, _SUCCESS, shown="whether it holds the right then"),
    Expected("read with 0x1", _ENUMERATE, None, shown="the Windows SDK asks for 0x801, [MS-LSAD] 3.1.4.5.9 for 0x1"),
    Expected("read with 0x800", _ENUMERATE, _DENIED),  # without POLICY_VIEW_LOCAL_INFORMATION ([MS-LSAD] 3.1.4.5.9)
    Expected("read as a plain user", _ENUMERATE, _DENIED),  # opening is allowed, reading is not ([MS-LSAD] notes 46 and 73)
)


def refusal(facts: HostFacts) -> str | None:
    """Why nothing may be tried out on this host; None where it may. Raises CannotJudge for a host whose role is not known."""
    if detect_role(facts) is HostRole.DOMAIN_CONTROLLER:
        return "it is a domain controller"
    controller = controller_on(facts, None)
    return controller.why if controller.from_outside else None


def read_answer(answer: Mapping[str, t.Any]) -> Tried:
    """The host's answer. Raises ValueError with a sentence for one that cannot be read."""
    try:
        refuse_large(answer)
        return typed(Tried, {key: answer[key] for key in ("changed", "before", "after", "steps", "refused")})
    except (AttributeError, KeyError, TypeError, ValueError, TooLarge) as error:
        raise ValueError(f"the answer cannot be read ({type(error).__name__}: {error})") from None


def rows(tried: Tried) -> list[Row]:
    """A row for each step, and a last one that says whether the right is as it was."""
    told = {step.step: step for step in tried.steps}
    return [*(_row(expected, told.get(expected.step)) for expected in STEPS), _ending(tried)]


def _row(expected: Expected, step: Step | None) -> Row:
    wanted = _said(expected.status, expected.held)
    if step is None or step.status is None:
        reason = step.error if step and step.error else "the host does not tell of it"
        return Row(expected.step, expected.call, Verdict.NOT_ASKED, wanted, why=reason)
    held = None if step.holders is None else SID in step.holders
    answer = _said(step.status, held if expected.held is not None or expected.shown else None)
    if step.call not in (None, expected.call):
        return Row(expected.step, expected.call, Verdict.DIFFERS, wanted, answer, f"{step.call} was refused already")
    if expected.shown:
        return Row(expected.step, expected.call, Verdict.SHOWN, wanted, answer, expected.shown)
    good = step.status == expected.status and expected.held in (None, held)
    return Row(expected.step, expected.call, Verdict.AGREES if good else Verdict.DIFFERS, wanted, answer)


def _said(status: str | None, held: bool | None) -> str:
    words = {None: "", True: " a holder", False: " no holder"}
    return f"{status or ''}{words[held]}".strip()


def _ending(tried: Tried) -> Row:
    if tried.before is None or tried.after is None:
        return Row("the right is as before", _ENUMERATE, Verdict.NOT_ASKED, why=tried.refused or "it was not read at the end")
    before, after = frozenset(tried.before), frozenset(tried.after)
    why = "; ".join(
        f"{word}: {', '.join(sorted(sids))}" for word, sids in (("came", after - before), ("went", before - after)) if sids
    )
    verdict = Verdict.AGREES if before == after else Verdict.DIFFERS
    return Row("the right is as before", _ENUMERATE, verdict, str(len(before)), str(len(after)), why)


def kept(tried: Tried) -> list[dict[str, object]]:
    """The steps for a file: without the SIDs of the host and without its sentences."""
    return [
        {"step": one.step, "status": one.status, "call": one.call, "held": None if one.holders is None else SID in one.holders}
        for one in tried.steps
        if one.step in _KNOWN
    ]


def wrong(table: Sequence[Row]) -> list[str]:
    """What differs from the documents, and whether it is not proven that the right is as it was."""
    differ = [row.fact for row in table if row.verdict is Verdict.DIFFERS]
    return differ if table[-1].verdict is not Verdict.NOT_ASKED else [*differ, table[-1].fact]


_KNOWN = frozenset(expected.step for expected in STEPS)
