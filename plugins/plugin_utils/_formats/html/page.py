# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else: no network, no other file, and no script but for the table of all hosts. Pure."""

from __future__ import annotations

import base64
import functools
import hashlib
import typing as t
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..._facts.roles import HostRole
from ..._fleet.gate import only_plans
from ..._fleet.report import to_json
from ..._fleet.summary import planned_sentence, verdict_sentence
from ..._fleet.waivers import WORST_FIRST, days_left, meant_for_none
from ..._result.types import Changed, Gate, PolicyHead, Record, Report, Run, RunHead, Summary, Used
from ..._verdict.rank import WORDS
from ..._verdict.status import UNREAD
from ..._wording import SENTENCE, first_few
from .. import sentences
from ..display import name_of
from ..sentences import in_days
from . import charts, data, exposure, sections
from .accounts import AccountRow, account_rows, grouped, unexpected_rows
from .gpos import gpo_section
from .words import (
    EXCEPTION_STATES,
    RANKS,
    STANDINGS,
    STATUSES,
    age,
    clean,
    counted,
    duration,
    joined,
    moment,
    number,
    role_words,
    soft,
)

MOST_ACCOUNTS, MOST_ROWS, MOST_RUNNING = 100, 200, 100  # rows of a section; the rest is in the table of all hosts and in the JSON
_MOST_EVENTS = 60
_SIZE, _PER_HOST = 1_000_000, 100  # bytes of a page
_ROOMS = (None, 300_000, 150_000, 50_000, 0)  # for what one host alone has, in the table of all hosts, until the page has its size
_UNREAD_NAMES, _NAMES = 250_000, 120_000  # characters of names of hosts that were not read, and of all the others
_NAMES_PER_HOST = 25  # the same, where there are more hosts than that is enough for
_DIFFERENCES = 150_000  # characters of the accounts that differ and of the lines of plans, in the rows of drift
_FIRST = 3  # hosts that a row names where there is no room for more
_BARS = 10

_TITLES = {
    "audit": "Who may impersonate a client after authentication",
    "enforce": "Bringing the holders of the right to the policy",
    "restore": "Bringing earlier holders of the right back",
}
_ROLES = tuple(role.value for role in HostRole)
_ALWAYS = ("Came to drift", "Left drift")
_TONES = {
    "COMPLIANT WITH EXCEPTIONS": "waived",
    "COMPLIANT": "good",
    "RESTORED": "good",
    "NOT COMPLIANT": "bad",
    "NOT RESTORED COMPLETELY": "bad",
}


def html(report: Report, *, csv: str | None = None, sha256: str | None = None) -> str:
    """The page of a report (see _fleet.report), the same bytes for the same report.

    ``csv``: name of the CSV file of the hosts beside it, to point to. ``sha256``: of the JSON file beside it, else it is computed.
    """
    gpos = report.get("gpos")
    most = max(_SIZE, _PER_HOST * len(report["hosts"]))
    accounts = account_rows(report["hosts"])
    values = {
        **_header(report),
        **_rows(report["hosts"], accounts),
        **_charts(report["summary"], report["run"], accounts),
        **gpo_section(gpos, report["hosts"]),
        "summary": report["summary"],
        "changed": _changed(report["summary"].get("changed")),
        "exceptions": [_exception(one, report["run"]["finished"]) for one in report["summary"]["exceptions"]],
        "states_found": _states(report["summary"]["exceptions"]),
        "csv": csv,
        "sha256": sha256 or hashlib.sha256(to_json(report).encode("utf-8", "replace")).hexdigest(),
    }
    for room in _ROOMS:
        table = data.encode(data.columns(report["hosts"], _stem(report["run"]), room, gpos["domain"] if gpos else None))
        text = _render(values, table, len(report["hosts"]), abridged=room is not None)
        if len(text.encode("utf-8", "replace")) <= most:
            break
    return text


def _render(values: Mapping[str, object], table: str, hosts: int, abridged: bool) -> str:
    style, script = _asset("style.css"), _asset("script.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            **values,
            data=Markup(table),
            abridged=abridged,
            unread_names=Names(max(_UNREAD_NAMES, _NAMES_PER_HOST * hosts)).take,
            some_names=Names(max(_NAMES, _NAMES_PER_HOST * hosts // 2)).take,
            style=Markup(style),
            script=Markup(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
            statuses=STATUSES,
            ranks=RANKS,
            exception_states=EXCEPTION_STATES,
            standings=STANDINGS,
        )
    )


class Names:
    """Room for names of hosts, which rows take one after the other; the first ones have each row's names whole."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def take(self, hosts: Sequence[str]) -> tuple[list[str], int]:
        """The hosts that are named, and how many are not; the first few always are."""
        named: list[str] = []
        for host in hosts:
            self._left -= len(host) + 2
            if self._left < 0 and len(named) >= _FIRST:
                break
            named.append(host)
        return named, len(hosts) - len(named)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = {
        "age": age,
        "clean": clean,
        "number": number,
        "counted": counted,
        "moment": moment,
        "duration": duration,
        "soft": soft,
    }
    environment.filters.update(filters)
    return environment


@functools.cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a content security policy wants it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _stem(run: RunHead) -> str:
    return clean(f"impersonate-{run['action']}-{run.get('id') or run['started']}")


def _header(report: Report) -> dict[str, object]:
    summary, run, policy, generator = report["summary"], report["run"], report["policy"], report["generator"]
    head, _dash, rest = verdict_sentence(summary, report["hosts"], run["action"]).partition(" - ")
    tools = [
        " ".join(filter(None, (generator.get("name"), generator.get("version")))),
        f"ansible-core {generator['ansible_core']}" if generator.get("ansible_core") else None,
        f"Python {generator['python']}" if generator.get("python") else None,
    ]
    others = sorted({record["policy"] for record in report["hosts"] if record["policy"]} - {policy["name"] if policy else None})
    return {
        "title": _TITLES.get(run["action"], _TITLES["audit"]),
        "action": run["action"],
        "verdict": head,
        "said": rest,
        "tone": _TONES.get(head, "unsure"),
        "run": run,
        "gate": _gate(summary["gate"]),
        "planned": planned_sentence(summary, planning=only_plans(run)),
        "merged": [(moment(one["run"]["started"]), clean(one["run"].get("id"))) for one in run.get("merged") or ()],
        "restored": sentences.restored(run),
        "mode": _mode(run, summary),
        "scope": _scope(report),
        "notes": [clean(note, SENTENCE) for note in report["notes"]],
        "orphans_kept": " ".join(map(str.strip, sentences.orphans_kept(report))),
        "job": [(key.replace("_", " "), clean(value)) for key, value in sorted((run.get("awx") or {}).items())],
        "tools": ", ".join(clean(tool) for tool in tools if tool),
        "policy": _policy(policy),
        "judged_by": sentences.documents(policy, report["hosts"]) if policy else [],
        "other_policies": ", ".join(map(clean, others)),
        "schema_version": clean(report["schema_version"]),
    }


def _mode(run: Run, summary: Summary) -> str:
    """What the run was meant to do to hosts; of merged runs, whether one of them changed any."""
    words = {"audit": "audit", "enforce": "enforcement", "restore": "restore"}.get(run["action"], clean(run["action"]))
    if run["action"] == "audit":
        return "audit: nothing was changed"
    if run["check_mode"]:
        return f"check mode of {'an' if words == 'enforcement' else 'a'} {words}: nothing was changed"
    if run.get("merged"):
        return f"{words} and other runs, merged: hosts were changed, or may have been"
    changed = summary["by_outcome"].get("applied", 0)
    return f"{words}: {counted(changed, 'host was', 'hosts were')} changed" if changed else f"{words}: no change was applied"


def _scope(report: Report) -> str:
    """How many hosts were expected and who says so, and what narrowed the run."""
    scope, run = report["scope"], report["run"]
    source = clean(sentences.expected_by(scope["source"]))
    limits = (("limited to", run["limit"]), ("of the hosts", run["hosts"]))
    narrowed = [f"{words} {clean(limit)}" for words, limit in limits if limit]
    without = len(scope["hosts_without_result"])
    rest = [*narrowed, f"{counted(without, 'host', 'hosts')} without a result"] if without else narrowed
    return "; ".join([f"{counted(scope['expected'], 'expected host')}: {source}", *rest])


def _gate(gate: Gate) -> str:
    """On what the gate fails, with what it tolerates."""
    tolerate = gate["tolerate"]
    words = [f"{clean(what)}{f' above {clean(str(tolerate[what]))}' if what in tolerate else ''}" for what in gate["fail_on"]]
    return ", ".join(words).replace("_", " ") or "nothing"


def _policy(policy: PolicyHead | None) -> dict[str, object] | None:
    if policy is None:
        return None
    compare = {
        "exact": "exact: required accounts hold it, and no other accounts but the permitted ones",
        "at_most": "at most: only the named accounts; a named account that does not hold it is not a finding",
    }
    documents = (
        [policy["document"]] if policy["document"] else [t.cast("dict[str, object]", one) for one in policy["documents"].values()]
    )
    return {
        "name": clean(policy["name"]),
        "title": clean(policy["title"]),
        "compare": compare.get(policy["compare"], clean(policy["compare"])),
        "sha256": clean(policy["sha256"]),
        "version": clean(policy["version"]),
        "references": _controls(policy, documents),
        "documents": [_document(one) for one in documents],
    }


def _controls(policy: PolicyHead, documents: Iterable[Mapping[str, t.Any]]) -> list[str]:
    """Each control once, with the edition of its document: a number alone may be that of another recommendation."""
    titles = {document.get("title"): _document(document)["title"] for document in documents}
    controls = [(titles.get(one["framework"]) or clean(one["framework"], SENTENCE), one["id"]) for one in policy["references"]]
    return list(dict.fromkeys(f"{document}: {clean(number, SENTENCE)}" for document, number in controls))


def _document(document: Mapping[str, t.Any]) -> dict[str, str]:
    title = ", ".join(clean(document[key]) for key in ("publisher", "title", "version", "date") if document.get(key))
    url = str(document.get("url") or "")
    return {
        "title": title,
        "url": clean(url, SENTENCE) if url.startswith("https://") else "",
        "differs": clean(document.get("differs"), SENTENCE),
    }


def _rows(records: Sequence[Record], accounts: Sequence[AccountRow]) -> dict[str, object]:
    drift, drift_left = first_few(sections.drift_rows(records), MOST_ROWS)
    changes, changes_left = first_few(sections.change_rows(records), MOST_ROWS)
    members, members_left = first_few(exposure.members(records), MOST_RUNNING)
    running, running_left = first_few(exposure.running(records), MOST_RUNNING)
    events, events_left = first_few(exposure.events(records), _MOST_EVENTS)
    controllers, controllers_left = first_few(sections.controller_rows(records), MOST_ROWS)
    asked, asked_left = first_few(sections.policy_rows(records), MOST_ROWS)
    unread = [record["status"] for record in records if record["status"] in UNREAD]
    return {
        "accounts": grouped(accounts, MOST_ACCOUNTS),
        "running": running,
        "running_left": len(running_left),
        "reading": exposure.reading(records),
        "members": members,
        "members_left": len(members_left),
        "unread_groups": exposure.unread_groups(records),
        "events": events,
        "events_left": len(events_left),
        "event_coverage": joined(exposure.coverage(records)),
        "drift": sections.within(drift, _DIFFERENCES),
        "aged": any(row.since for row in drift),
        "drift_left": sum(len(row.hosts) for row in drift_left),
        "drift_plans": any(row.plan for row in (*drift, *drift_left)),
        "changes": changes,
        "changes_left": sum(len(row[3]) for row in changes_left),
        "unread": sections.unread_rows(records, MOST_ROWS),
        "unread_count": len(unread),
        "without_verdict": sentences.without_verdict(records),
        "controllers": controllers,
        "controllers_left": sum(len(row.hosts) for row in controllers_left),
        "policy_rows": asked,
        "policy_rows_left": sum(row.hosts for row in asked_left),
    }


def _charts(summary: Summary, run: RunHead, accounts: Sequence[AccountRow]) -> dict[str, object]:
    roles = [(role_words(role), counts) for role, counts in summary["by_role"].items() if role in _ROLES]
    roles.sort(key=lambda pair: (-sum(pair[1].values()), pair[0]))
    top = [(row.name or row.sid, count) for row, count in unexpected_rows(accounts)[:_BARS]]
    points = [*((point["started"], point["by_status"]) for point in summary["trend"] or ()), (run["started"], summary["by_status"])]
    sums = {word: [sum(counts.get(one, 0) for one in its) for _started, counts in points] for word, its in charts.SERIES.items()}
    return {
        "fleet_bar": charts.fleet_bar(summary["by_status"]),
        "role_bars": charts.role_bars(roles),
        "roleless": sum(sum(counts.values()) for role, counts in summary["by_role"].items() if role not in _ROLES),
        "statuses_found": [status for status in charts.ORDER if summary["by_status"].get(status)],
        "ranks_found": [(rank, summary["by_rank"][rank]) for rank in WORDS if summary["by_rank"][rank]],
        "account_bars": charts.account_bars(top),
        "trend_lines": charts.trend_lines(points),
        "trend_words": [(word, charts.TREND_WORDS[word], counts[0], counts[-1]) for word, counts in sums.items()],
        "trend_runs": len(points),
    }


def _states(exceptions: Iterable[Used]) -> list[str]:
    """The states that occur, those first that need a look."""
    found = {one["state"] for one in exceptions}
    return [state.value for state in WORST_FIRST if state.value in found]


def _exception(one: Used, finished: str) -> dict[str, object]:
    left = days_left(one, finished)
    limits = {"hosts": one["hosts"], "groups": one["groups"], "roles": one["host_roles"], "features": one["features"]}
    texts = {
        "account": one["account"], "reason": one["reason"], "owner": one["owner"], "ticket": one["ticket"],
        "approved_by": one["approved_by"], "expires": one["expires"], "state": one["state"],
    }  # fmt: skip
    return {
        **{key: clean(text, SENTENCE) for key, text in texts.items()},
        "ends": "" if left is None else f"ends {in_days(left)}",
        "for_none": sentences.NO_HOST if meant_for_none(one) else "",
        "used_by": [clean(host) for host in one["used_by"]],
        "wanted_by": [clean(host) for host in one["wanted_by"]],
        "scope": [f"{word}: {', '.join(map(clean, its))}" for word, its in limits.items() if its],
    }


def _changed(changed: Changed | None) -> dict[str, object] | None:
    """What is new since an earlier report (see _fleet.changed), as texts."""
    if changed is None:
        return None
    rows = (
        ("Came to drift", changed["came"]),
        ("Left drift", changed["left"]),
        ("Drifted, not read now", changed["unclear"]),
        ("New hosts", changed["new"]),
        ("Hosts gone", changed["gone"]),
    )
    return {
        "hosts": [(words, [clean(host) for host in hosts]) for words, hosts in rows if hosts or words in _ALWAYS],
        "new_holders": [(name_of(one["sid"], one["name"]), clean(one["sid"]), one["hosts"]) for one in changed["new_holders"]],
        "notes": [clean(note, SENTENCE) for note in changed["notes"]],
        "started": moment(changed["previous"]["started"]),
    }
