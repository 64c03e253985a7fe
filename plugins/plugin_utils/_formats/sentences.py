# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the summary of a report says, as plain sentences: Markdown and terminal show the same words. Pure.

Each text of others in them is fit to be seen; the formats add their own escapes and borders.
"""

from __future__ import annotations

import collections
import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from .._facts.evidence import ControllerKind
from .._fleet.gate import Lack, lack_of, only_plans
from .._fleet.summary import planned_sentence
from .._fleet.waivers import SOON, days_left, meant_for_none
from .._policy.exceptions import State
from .._result.types import Generator, PolicyHead, Record, Report, Run, Summary, Used
from .._verdict.expectation import Standing
from .._verdict.outcome import Outcome
from .._verdict.rank import WORDS
from .._verdict.status import UNREAD, Status
from .._wording import first_few, hosts_in_words, visible
from .display import document_of

_PART = 300  # characters of a text of others
_PATH = 4_096  # the longest path of Linux
_DOCUMENTS, _NOTES, _EXCEPTIONS = 6, 3, 4
STATES = {state.value: state.value.replace("_", " ") for state in State}
"""What became of an exception, in words."""
NO_HOST = "meant for no host of this report"

TITLES = {
    "audit": "who may impersonate a client after authentication",
    "enforce": "bringing the holders to the policy",
    "restore": "bringing earlier holders back",
}


def notes(report: Report) -> tuple[list[str], str]:
    """What a reader must know before the numbers, and how much more of it there is."""
    listed, left_out = first_few(report["notes"], _NOTES)
    return [visible(note, 600) for note in listed], f"and {len(left_out)} more in the JSON report" if left_out else ""


def facts(report: Report) -> list[str]:
    """What was judged by what, and how many hosts are how."""
    summary, run = report["summary"], report["run"]
    outcomes = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in summary["by_outcome"].items())
    counts = ", ".join(f"{count} {status}" for status, count in summary["by_status"].items() if count) or "no hosts"
    ranks = ", ".join(f"{count} {rank}" for rank in WORDS if (count := summary["by_rank"][rank]))
    mode, back = ", check mode" if run["check_mode"] else "", restored(run)
    return [
        *_policy(report["policy"], report["hosts"]),
        *([f"restored: {back}"] if back else []),
        f"hosts: {summary['expected']} expected{_source(report['scope']['source'])}: {counts}",
        *([f"findings: {ranks}"] if ranks else []),
        *([f"changes: {outcomes}"] if outcomes else []),
        *_controllers(summary),
        f"coverage {summary['coverage_percent']} %, compliance {summary['compliance_percent']} % of the expected hosts",
        f"run: {run['started']} to {run['finished']}{mode}{_release(report['generator'])}",
    ]


def restored(run: Run) -> str:
    """What was brought back, or was to be: ``the run X``, or the path that was given; of merged restores each one. Empty for other runs."""
    runs = [head["run"] for head in run.get("merged") or ()] or [run]
    given = sorted({one["restored"] for one in runs if one["action"] == "restore" and one["restored"]})
    return ", ".join(f"{'' if '/' in one else 'the run '}{visible(one, _PATH)}" for one in given)


def next_step(report: Report, files: Mapping[str, str], snapshots: str) -> list[str]:
    """What a person does after this run, a line each; nothing where there is nothing to do. A path in them is whole.

    ``files``: format -> path of the report, empty where none is left to open. ``snapshots``: the folder in which snapshots are looked for
    unless another one is given. In AWX nobody has a command line, and what was merged is no run that has one.
    """
    return [*orphans_kept(report), *_after(report, files, snapshots)]


def orphans_kept(report: Report) -> list[str]:
    """What a reader must know of hosts that are called compliant: an enforcement leaves holders whose account was deleted, unless told
    otherwise, and is content; an audit is not.
    """
    places = collections.Counter(
        _set_by(record)
        for record in report["hosts"]
        if record["status"] in (Status.COMPLIANT.value, Status.WAIVED.value)
        and any(holder["standing"] == Standing.ORPHAN.value for holder in record["holders"] or ())
    )
    kept = sum(places.values())
    if not kept:
        return []
    host = places.pop("", 0)
    option = f"{'' if report['run']['awx'] else '-e '}impersonate_orphans=remove"
    some_of_them = f" on {hosts_in_words(host)}" if host < kept else ""
    return [
        f"{hosts_in_words(kept)} {'keeps' if kept == 1 else 'keep'} the right for accounts that were deleted. An audit calls that drift.",
        *([f"  {option} takes it from them{some_of_them}."] if host else []),
        *(f"  Take them out of the {place} that sets it on {hosts_in_words(count)}." for place, count in sorted(places.items())),
    ]


def _set_by(record: Record) -> str:
    """What sets the right from outside the host, where a change of the host is refused; empty where the host does."""
    controller = record["controller"]
    if controller is None or controller["kind"] == ControllerKind.LOCAL.value:
        return ""
    if controller["kind"] == ControllerKind.MDM.value:
        return "MDM policy"
    return "GPO" if controller["kind"] == ControllerKind.GPO.value or controller["guid"] else ""


def _after(report: Report, files: Mapping[str, str], snapshots: str) -> list[str]:
    summary, run = report["summary"], report["run"]
    one_run = not run.get("merged")
    if run["action"] == "enforce" and one_run and (kept := _kept(report["hosts"])):
        return _way_back(run, kept.rsplit("/", 2)[0], snapshots)  # the run has a folder in it
    if run["check_mode"] and summary["by_outcome"].get("planned"):
        return ["Next: the same command without --check makes the planned changes."] if one_run and not run["awx"] else []
    if _WITH_ADVICE & files.keys() and any(summary["by_status"][status] for status in (Status.DRIFT.value, *UNREAD)):
        return ["Next: open the report. It says for each finding what to do and where, and for each unread host why."]
    return []


_WITH_ADVICE = {"html", "json"}
"""Formats with what to do about a finding; of those that there are, file_to_open names the first."""
_CHANGED = (Outcome.APPLIED.value, Outcome.UNDO_FAILED.value, Outcome.UNKNOWN.value)
"""Outcomes after which a host is, or may be, other than it was before the run."""


def _kept(records: Iterable[Record]) -> str | None:
    """A snapshot of a host that may be other than before; None where nothing is to be brought back."""
    changes = (record["change"] for record in records)
    return next((change["snapshot"] for change in changes if change and change["outcome"] in _CHANGED and change["snapshot"]), None)


def _way_back(run: Run, folder: str, snapshots: str) -> list[str]:
    where = f"The holders from before are kept in {visible(folder, _PATH)}."
    restore = f"impersonate_restore={visible(run['id'], _PART)}"
    if run["awx"]:
        return [where, f"The playbook restore brings them back, with {restore}."]
    place = "" if folder == snapshots else f" -e {_extra_variable('impersonate_snapshot_dir', visible(folder, _PATH))}"
    return [
        where,
        "To bring them back, with the inventory and the variables of this run:",
        f"  ansible-playbook winrights.seimpersonate.restore -e {restore}{place}",
    ]


def _extra_variable(name: str, value: str) -> str:
    """A variable as the shell and ``ansible-playbook -e`` take it: ``name=value`` ends at a space, JSON does not."""
    return f"{name}={value}" if re.fullmatch(r"[\w./@%+:-]+", value) else shlex.quote(json.dumps({name: value}, ensure_ascii=False))


def without_verdict(records: Sequence[Record]) -> list[str]:
    """Of how many hosts the holders are not in the report, and why, a sentence each; nothing where every host was judged."""
    lacks = collections.Counter(lack_of(record) or Lack.UNREAD for record in records if record["status"] in UNREAD)
    refused, failed = lacks[Lack.REFUSED], lacks[Lack.FAILED]
    were = f"{hosts_in_words(lacks[Lack.UNREAD])} {'was' if lacks[Lack.UNREAD] == 1 else 'were'}"
    return [
        *([f"{were} not read or judged: who holds the right there is not known."] if lacks[Lack.UNREAD] else []),
        *(
            [f"{hosts_in_words(refused)} {'was' if refused == 1 else 'were'} refused: nothing was changed there."]
            if refused
            else []
        ),
        *([f"On {hosts_in_words(failed)} a change did not end as planned: the reason says what is known."] if failed else []),
    ]


def exceptions(used: Sequence[Used], finished: str) -> list[str]:
    """How many exceptions there are, then those that need attention, a line each; nothing without any. ``finished``: when the run ended."""
    if not used:
        return []
    states = collections.Counter(exception["state"] for exception in used)
    lines = [f"Exceptions: {', '.join(f'{count} {STATES[state]}' for state, count in sorted(states.items()))}."]
    ends = [days_left(exception, finished) for exception in used]
    soon = sum(left is not None for left in ends)
    lines[0] += f" {soon} {'ends' if soon == 1 else 'end'} within {SOON} days." if soon else ""
    pairs = [pair for pair in zip(used, ends, strict=True) if pair[0]["state"] != State.USED.value or pair[1] is not None]
    odd, left_out = first_few(pairs, _EXCEPTIONS)
    lines += [_exception(exception, left) for exception, left in odd]
    return lines + ([f"and {len(left_out)} more in the JSON report"] if left_out else [])


def gate(report: Report) -> str:
    """Whether the gate of the fleet passed, and why not."""
    result, planned = report["summary"]["gate"], planned_sentence(report["summary"], planning=only_plans(report["run"]))
    passed = (
        f"passed{planned and f'; {planned}'}" if result["passed"] else f"not passed: {visible('; '.join(result['reasons']), 1_000)}"
    )
    return f"Fleet gate (fails on {', '.join(result['fail_on']) or 'nothing'}): {passed}."


def _exception(exception: Used, left: int | None) -> str:
    listed, left_out = first_few(exception["wanted_by"], 5)
    rest = f" and {len(left_out)} more" if left_out else ""
    hosts = f" on {visible(', '.join(listed), _PART)}{rest}" if listed else ""
    until = f", until {exception['expires']}" if exception["expires"] else ""
    ticket = f", ticket {visible(exception['ticket'], _PART)}" if exception["ticket"] else ""
    account, reason, owner = (visible(text, _PART) for text in (exception["account"], exception["reason"], exception["owner"]))
    state = STATES[exception["state"]] + (f", {NO_HOST}" if meant_for_none(exception) else "")
    state += f", ends {in_days(left)}" if left is not None else ""
    return f"{state}: {account}{hosts} (owner {owner}{ticket}{until}), {reason}"


def in_days(left: int) -> str:
    """``in 12 days``."""
    return "today" if not left else f"in {left} {'day' if left == 1 else 'days'}"


def expected_by(source: str) -> str:
    """Which hosts a report must account for, by its ``scope.source``: a group or a file adds to those of the run."""
    known = {"play": "the hosts of the play", "merged": "those of the merged runs"}
    return known.get(source) or f"those of the run or runs and of {visible(source, _PART)}"


def _source(source: str) -> str:
    return "" if source == "play" else f" ({expected_by(source)})"


def _release(generator: Generator) -> str:
    return f", release {visible(generator['version'], _PART)}" if generator.get("version") else ""


def _policy(policy: PolicyHead | None, records: Sequence[Record]) -> list[str]:
    if policy is None:
        return []
    document = policy["document"]
    by = f"; by {', '.join(str(document[key]) for key in ('publisher', 'title', 'date') if document.get(key))}" if document else ""
    version = f", version {policy['version']}" if policy["version"] and not document else ""
    judged_by = {record["policy"] for record in records if record["policy"]}
    others = visible(", ".join(sorted(judged_by - {policy["name"]})), _PART)
    which = "other policies of some hosts" if policy["name"] in judged_by else "policies of all hosts"
    more = [f"{which}: {others}"] if others else []
    sentence = visible(f"{policy['name']} ({policy['title']}){version}, compare {policy['compare']}{by}", 600)
    return [f"policy: {sentence}", *_cut(documents(policy, records)), *more]


def documents(policy: PolicyHead, records: Iterable[Record]) -> list[str]:
    """The documents that judged hosts, each with its edition, its controls and how many hosts; none where the policy is one document."""
    hosts: collections.Counter[str] = collections.Counter()
    controls: dict[str, set[str]] = collections.defaultdict(set)
    for record in () if policy["document"] else records:
        if record["citation"] and (title := document_of(record)):
            hosts[title] += 1
            controls[title].add(" ".join(filter(None, (record["citation"]["benchmark_id"], record["citation"]["rule"]))))
    return [
        f"by {visible(', '.join([title, *sorted(filter(None, controls[title]))]), _PART)}: {count} {'host' if count == 1 else 'hosts'}"
        for title, count in sorted(hosts.items())
    ]


def _controllers(summary: Summary) -> list[str]:
    """Who sets the right, where it is not the hosts alone."""
    kinds = summary["by_controller"]
    if not set(kinds) - {"local"}:
        return []
    gpos = ", ".join(
        f"{visible(gpo['name'] or gpo['guid'] or '', _PART)} on {gpo['hosts']}" for gpo in summary["controlling_gpos"][:5]
    )
    return [f"set by: {', '.join(f'{count} {kind}' for kind, count in kinds.items())}{f'; GPOs: {gpos}' if gpos else ''}"]


def _cut(lines: list[str]) -> list[str]:
    return lines if len(lines) <= _DOCUMENTS else [*lines[: _DOCUMENTS - 1], f"and {len(lines) - _DOCUMENTS + 1} more documents"]
