# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate of the fleet: what turns the numbers of a report into the fate of a run. Pure."""

from __future__ import annotations

import collections
import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from .._input.errors import BadInput
from .._policy.exceptions import State
from .._result.types import GATE_WORDS, Gate, Record, Run, Used
from .._verdict.outcome import Outcome
from .._verdict.status import JUDGED, Status

EXPIRED = "expired_exception"
_WORDS = {
    Status.DRIFT.value: ("host drifts from the policy", "hosts drift from the policy"),
    Status.UNREACHABLE.value: ("host is unreachable", "hosts are unreachable"),
    Status.NOT_CHECKED.value: ("host was not checked", "hosts were not checked"),
    Status.NOT_APPLICABLE.value: ("host has no row in the policy", "hosts have no row in the policy"),
    EXPIRED: ("exception has expired", "exceptions have expired"),
}


class Lack(enum.Enum):
    """Why a host that was not unreachable has no verdict: what its error is about."""

    UNREAD = "could not be read or judged"
    REFUSED = "was read, and its change was refused, so that nothing was changed on it"
    FAILED = "was read, and its change did not end as planned"


_LACKS = {
    Lack.UNREAD: ("{} host could not be read or judged", "{} hosts could not be read or judged"),
    Lack.REFUSED: ("{} host was refused: nothing was changed on it", "{} hosts were refused: nothing was changed on them"),
    Lack.FAILED: ("the change of {} host did not end as planned", "the changes of {} hosts did not end as planned"),
}
_TOLERANCE = re.compile(r"([0-9]{1,7})|([0-9]{1,3}(?:\.[0-9]{1,3})?) *%")


def tolerance(option: str, value: object) -> str:
    """A tolerance as a text: a number (``5``) or a share of the expected hosts (``2.5%``). Raises BadInput that names the option."""
    text = str(value).strip()
    match = _TOLERANCE.fullmatch(text)
    if isinstance(value, bool) or not match or (match[2] and float(match[2]) > 100):
        raise BadInput(
            option,
            "is not a tolerance",
            value=value,
            expected="a tolerance is a number of hosts such as 5, or a share of all such as 2%",
        )
    return text


def gate(
    records: Sequence[Record],
    fail_on: Iterable[str],
    tolerate: Mapping[str, str],
    exceptions: Iterable[Used] = (),
    *,
    planning: bool = False,
) -> Gate:
    """Whether the run may end well, and the reasons in words when it may not.

    ``tolerate``: how many there may be of something that the gate fails on. ``planning``: see at_the_end. A run that judged no host at all
    does not pass, whatever the gate fails on, and one without a host has judged none.
    """
    wanted = set(fail_on)
    counts = collections.Counter(at_the_end(record, planning=planning) for record in records)
    erring = [record for record in records if at_the_end(record, planning=planning) == Status.ERROR.value]
    counts[EXPIRED] = sum(exception["state"] == State.EXPIRED.value for exception in exceptions)
    reasons = [
        f"{_in_words(what, counts[what], erring)}{_allowed(tolerate.get(what))}"
        for what in GATE_WORDS
        if what in wanted and counts[what] > _limit(tolerate.get(what), len(records))
    ]
    if not reasons and not any(counts[status] for status in JUDGED):
        idle = any(record["change"] and record["change"]["outcome"] == "nothing_to_restore" for record in records)
        absent = counts[Status.NOT_APPLICABLE.value] == len(records)
        reasons = [
            "there was no host to judge"
            if not records
            else "no host had anything to restore"
            if idle
            else "no host was judged: the policy has a row for none of them"
            if absent
            else "no host was judged"
        ]
    return {"passed": not reasons, "fail_on": sorted(wanted), "tolerate": dict(sorted(tolerate.items())), "reasons": reasons}


def _in_words(what: str, count: int, erring: Iterable[Record]) -> str:
    """A reason. ``erring``: the hosts with an error, which is one of several things."""
    if what != Status.ERROR.value:
        return f"{count} {_WORDS[what][count != 1]}"
    lacks = collections.Counter(lack_of(record) or Lack.UNREAD for record in erring)
    return ", ".join(words[lacks[lack] != 1].format(lacks[lack]) for lack, words in _LACKS.items() if lacks[lack])


def lack_of(record: Record) -> Lack | None:
    """What the error of a host is about; None for a host with another status."""
    if record["status"] != Status.ERROR.value:
        return None
    outcome = Outcome(record["change"]["outcome"]) if record["change"] else None
    if outcome is Outcome.REFUSED:
        return Lack.REFUSED
    return Lack.FAILED if outcome and outcome.failed else Lack.UNREAD


def only_plans(run: Run) -> bool:
    """Whether a report is one of plans: of a run that tries a change in check mode, or of such runs alone, which tried the same one.

    A merge with anything else, an audit too, says how hosts are, and what a dry run would have made of one of them counts for nothing.
    """
    runs = [head["run"] for head in run.get("merged") or ()] or [run]
    return all(one["check_mode"] and one["action"] != "audit" for one in runs) and len({one["action"] for one in runs}) == 1


def at_the_end(record: Record, *, planning: bool) -> str:
    """The status of a host by which a gate judges. ``planning``: a planned change counts as it would end (see only_plans)."""
    change = record["change"]
    planned = planning and change is not None and change["outcome"] == Outcome.PLANNED.value
    return str(change["status_after"] if change and planned else record["status"])


def _limit(text: str | None, expected: int) -> Fraction:
    """The greatest number that passes. A fraction: 18.4 % of 375 hosts are 69, and a computer's 68.99999999999999 are not."""
    if text is None:
        return Fraction(0)
    return Fraction(text[:-1].strip()) * expected / 100 if text.endswith("%") else Fraction(text)


def _allowed(text: str | None) -> str:
    return f" (tolerated: {text})" if text else ""
