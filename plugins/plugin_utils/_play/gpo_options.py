# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a task about GPOs -> what is asked of the domain controller. Bad input ends here, before it is touched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .._accounts.parsing import parse_accounts
from .._accounts.sids import Sid
from .._fleet.merge import heads_of
from .._fleet.scope import left_out
from .._formats.earlier import earlier_report
from .._gpo.template import State
from .._input.errors import BadInput
from .._input.naming import called
from .._result.types import Record
from .given import Options
from .options import most_hosts_of

_GUID = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?", re.ASCII)
_LONGEST = 256
"""Characters of a name: more than the console takes for one."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a GPO shall say. ``sids``: None for not defined, empty for nobody."""

    state: State
    sids: tuple[Sid, ...] | None


def gpo_named(option: str, text: object) -> str:
    """A GPO as it is asked for: its GUID in braces, or its name. Raises BadInput."""
    if not isinstance(text, str) or not text.strip():
        raise BadInput(option, "is empty", value=text, expected="write the GUID of a GPO or its name")
    text = text.strip()
    guid = _GUID.fullmatch(text)
    if guid:
        return f"{{{guid[1]}}}".upper()
    if not text.isprintable() or len(text) > _LONGEST or text.startswith("{"):
        raise BadInput(
            option, "is neither a GUID nor a name", value=text, expected="a GUID reads {6AC1786C-016F-11D2-945F-00C04FB984F9}"
        )
    return text


def gpos_named(texts: Iterable[object]) -> list[str]:
    """The GPOs that a task asks for, each once. Raises BadInput that names the place."""
    return list(dict.fromkeys(gpo_named(f"gpos[{number}]", text) for number, text in enumerate(texts)))


def wanted_of(options: Options) -> Wanted:
    """The state that a task asks for. Raises BadInput for a list that is empty, that has a name, or that stands beside another state."""
    state, entries = State(options["state"]), options["accounts"] or []
    if state is not State.DEFINED:
        if entries:
            raise BadInput("accounts", f"not together with state {state.value}, which names no account")
        return Wanted(state, () if state is State.NOBODY else None)
    if not entries:
        raise BadInput(
            "accounts", "the list is empty", expected=f"to define the right as nobody, say {called('state', ': nobody')}"
        )
    sids = []
    for number, account in enumerate(parse_accounts("accounts", entries)):
        if account.sid is None:
            raise BadInput(
                f"accounts[{number}]",
                "is a name, and a GPO with names is not applied where they cannot be looked up (KB 324383)",
                value=account.text,
                expected="write its SID",
            )
        sids.append(account.sid)
    return Wanted(state, tuple(dict.fromkeys(sids)))


def earlier_records(options: Options) -> tuple[list[Record] | None, str]:
    """The hosts of an earlier report, with its run; None with the reason where there is none. Of a folder, an audit of all hosts counts
    before one that left some out: what those would lose is not in it.

    Raises BadInput where the option names a file that is no report.
    """
    if not options.get("previous"):
        return None, "no earlier report was given"
    place = Path(options["previous"]).expanduser()
    report, why = earlier_report(place, whole=True)
    if report is None:
        if place.is_file():
            raise BadInput("previous", why or "cannot be read")
        return None, why or "there is no earlier report"
    some_alone = left_out([head["run"] for head in heads_of(report)])
    return report["hosts"], f"the audit {report['run']['id']}" + (f" of {some_alone} alone" if some_alone else "")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a task wants of one GPO. ``restore``: a run to take back, instead of ``wanted``. ``records``: hosts of an earlier report.

    ``impact_of``: which report that is, or why there is none.
    """

    gpo: str
    wanted: Wanted
    restore: str | None
    allow: tuple[str, ...]
    max_hosts: int
    records: list[Record] | None
    impact_of: str


def wish_of(options: Options) -> Wish:
    """What a task wants. Raises BadInput."""
    if options.get("gpo") is None:
        raise BadInput("gpo", "is missing", expected="name one GPO by its GUID or by a name that no other has")
    restore = options.get("restore")
    if restore is not None and (options.get("state") or options["accounts"]):
        raise BadInput(
            "state" if options.get("state") else "accounts", "not together with restore, which brings back what was there"
        )
    if restore is None and options.get("state") is None:
        raise BadInput("state", "is missing", expected=f"one of {', '.join(state.value for state in State)}, or restore")
    records, impact = earlier_records(options)
    return Wish(
        gpo=gpo_named("gpo", options["gpo"]),
        wanted=wanted_of(options) if restore is None else Wanted(State.NOT_DEFINED, None),
        restore=restore,
        allow=tuple(options["allow"]),
        max_hosts=most_hosts_of(options),
        records=records,
        impact_of=impact,
    )
