# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recording of one host: what payload and sources said, redacted, with the table and the verdict. Read back, it is judged again."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from collections.abc import Iterable, Mapping, Sequence

from .._facts.controller import controller_on
from .._facts.facts import HostFacts
from .._facts.roles import detect_role
from .._host.answers import TooLarge, read_facts
from .._input.errors import CannotJudge
from .._policy.policy import Policy
from .._verdict.expectation import Tailoring
from .._verdict.judgement import judged
from .answers import Answer, Sources, Told, Unasked, code_pages, rows_of
from .comparing import compared
from .excerpts import excerpt
from .redaction import Redaction
from .rows import Row
from .texts import decoded
from .tokens import gather

Recording = dict[str, t.Any]

SCHEMA = 1
PAYLOAD = (
    "changed", "computer", "windows", "session", "iis", "features", "holders", "accounts", "lookup_status", "pools_status", "pools",
    "control", "services_more", "services", "groups", "not_asked", "events",
)  # fmt: skip
"""Keys of the payload's answer; whatever ansible-core adds to it stays behind."""


MOST_OF_A_REASON = 1_000
"""Characters of what a program printed that failed."""


class NotRedacted(Exception):
    """A recording that must not be written: a word of the host is left, or what is left says something else."""


def verdict_of(facts: HostFacts, policy: Policy) -> Recording:
    """What the collection says of a host by one policy, as far as a recording keeps it."""
    controller = controller_on(facts, None).kind.value
    try:
        its = judged(facts, policy, Tailoring())
    except CannotJudge as doubt:
        return {"policy": policy.name, "status": doubt.category.value, "holders": [], "controller": controller}
    return {
        "policy": policy.name,
        "status": its.verdict.status.value,
        "holders": [
            {"sid": one.holder.sid, "standing": None if one.standing is None else one.standing.value} for one in its.verdict.holders
        ],
        "controller": controller,
    }


def recorded(
    payload: Told, sources: Sources, policy: Policy, *, kind: str, made: str, version: str, hosts: Iterable[str] = ()
) -> Recording:
    """A recording, redacted. ``hosts``: how else the host is called. Raises NotRedacted, and what ``read_facts`` raises."""
    facts = read_facts(payload)
    try:
        return _recorded(payload, facts, sources, policy, {"schema": SCHEMA, "kind": kind, "made": made, "version": version}, hosts)
    except RecursionError:
        raise NotRedacted("an answer of the host is nested too deeply") from None


def _recorded(
    payload: Told, facts: HostFacts, sources: Sources, policy: Policy, head: Recording, hosts: Iterable[str]
) -> Recording:
    pages = code_pages(sources)
    kept = {name: excerpt(one, pages) for name, one in sources.items()}
    redaction = Redaction(gather(payload, kept, hosts))
    told = redaction.value({key: payload[key] for key in PAYLOAD if key in payload})
    its = [_written(one, pages, redaction) for one in kept.values()]
    recording: Recording = {**head, "host": {}, "payload": told, "sources": its}
    again, heard = _read_again(told), sources_of(recording)
    recording["host"] = host_of(again, heard)
    recording["verdict"] = verdict_of(again, policy)
    recording["table"] = table_of(compared(again, heard))
    _check(recording, redaction, before=compared(facts, sources), verdict=verdict_of(facts, policy))
    return recording


def _read_again(told: Told) -> HostFacts:
    """The facts of the redacted answer. Raises NotRedacted: a name may be a word, or a number, that an answer must have."""
    try:
        return read_facts(told)
    except (AttributeError, KeyError, TypeError, ValueError, TooLarge):
        raise NotRedacted("without the words of the host its answer has no form any more") from None


def _written(one: Answer, pages: tuple[int, ...], redaction: Redaction) -> Recording:
    """One answer as texts, each with the encoding in which it came."""
    row: Recording = {
        "source": redaction.text(one.source), "asked": redaction.text(one.asked), "seconds": one.seconds, "exit_code": one.exit_code,
        "problem": None if one.problem is None else redaction.text(one.problem), "cut": one.cut,
    }  # fmt: skip
    for name in ("out", "err", "file"):
        raw = getattr(one, name)
        if raw is None:
            row[name] = None
            continue
        text, encoding = decoded(raw, pages)
        most = MOST_OF_A_REASON if one.exit_code or name == "err" else None
        row[name] = {"encoding": encoding, "text": _redacted(text, redaction)[:most]}  # half a name would not be found before
    return row


def _redacted(text: str, redaction: Redaction) -> str:
    """JSON of a cmdlet value by value, so that its escapes hide no name."""
    if text.startswith("[") and text.endswith("]"):
        try:
            return json.dumps(redaction.value(json.loads(text)), ensure_ascii=False)
        except RecursionError:
            return "left out: nested too deeply"
        except ValueError:
            pass  # a text that only looks like JSON
    return redaction.text(text)


def sources_of(recording: Told) -> dict[str, Answer]:
    """The answers of a recording as they would come from a host."""
    found = {}
    for row in recording["sources"]:
        parts = {name: _bytes(row[name]) for name in ("out", "err", "file")}
        plain = {name: row[name] for name in ("source", "asked", "seconds", "exit_code", "problem", "cut")}
        found[row["source"]] = Answer(**plain, out=parts["out"] or b"", err=parts["err"] or b"", file=parts["file"])
    return found


def _bytes(part: Mapping[str, str] | None) -> bytes | None:
    return None if part is None else part["text"].encode(part["encoding"], "replace")


def host_of(facts: HostFacts, sources: Sources) -> Recording:
    """What kind of host it is: the columns of the table of tested hosts."""
    try:
        language = str(rows_of(sources, "ground")[0].get("language"))
    except (IndexError, Unasked):
        language = "unknown"
    try:
        role = detect_role(facts).value
    except CannotJudge:
        role = "unknown"
    return {
        "build": facts.windows.build,
        "revision": facts.windows.revision,
        "edition": facts.windows.edition,
        "role": role,
        "language": language,
        "powershell": facts.session.powershell,
    }


def table_of(rows: Sequence[Row]) -> list[dict[str, str]]:
    """The table as data."""
    return [{**dataclasses.asdict(row), "verdict": row.verdict.value} for row in rows]


def _check(recording: Told, redaction: Redaction, *, before: Sequence[Row], verdict: Told) -> None:
    """Nothing of the host is left, and the recording says what the host said. Raises NotRedacted."""
    left = redaction.left_in("\n".join(_texts(recording)))
    if left:
        raise NotRedacted(f"{len(left)} of the host's own words would be left in the recording")
    said = {(row.fact, row.source, row.verdict.value) for row in before}
    changed = sorted({fact for fact, _source, _verdict in said ^ {_key(row) for row in recording["table"]}})
    if changed:
        raise NotRedacted(f"without the words of the host these facts say something else: {', '.join(changed)}")
    if verdict["status"] != recording["verdict"]["status"] or verdict["controller"] != recording["verdict"]["controller"]:
        raise NotRedacted("without the words of the host its verdict is another")


def _key(row: Told) -> tuple[str, str, str]:
    return row["fact"], row["source"], row["verdict"]


def _texts(value: object) -> Iterable[str]:
    """Every text in data, keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)
