# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else: no network, no other file, and no script but for the table of all hosts. Pure."""

from __future__ import annotations

import base64
import functools
import hashlib
import typing as t
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..document import to_json
from ..summary import UNREAD, verdict_sentence
from . import charts, data, exposure, sections
from .accounts import AccountRow, account_rows, grouped, unexpected_rows
from .words import (
    AGAINST,
    SENTENCE,
    STANDINGS,
    STATUSES,
    clean,
    counted,
    duration,
    joined,
    moment,
    name_of,
    number,
    role_words,
    shown,
)

MOST_ACCOUNTS, MOST_ROWS, MOST_RUNNING = 200, 400, 100  # rows of a section; the rest is in the table of all hosts and in the JSON
_BARS = 10

_TITLES = {
    "audit": "Who may impersonate a client after authentication",
    "enforce": "Bringing the holders of the right to the policy",
    "restore": "Bringing earlier holders of the right back",
}
_CHANGES = {
    "came": "Came to drift",
    "left": "Left drift",
    "unclear": "Drifted, not read now",
    "new": "New hosts",
    "gone": "Hosts gone",
}
_ALWAYS = ("Came to drift", "Left drift")
_TONES = {
    "COMPLIANT WITH EXCEPTIONS": "waived",
    "COMPLIANT": "good",
    "RESTORED": "good",
    "NOT COMPLIANT": "bad",
    "NOT RESTORED COMPLETELY": "bad",
}


def html(report: Mapping[str, t.Any], *, csv: str | None = None, sha256: str | None = None) -> str:
    """The page of a report (see _report.document), the same bytes for the same report.

    ``csv``: name of the CSV file of the hosts beside it, to point to. ``sha256``: of the JSON file beside it, else it is computed.
    """
    style, script = _asset("style.css"), _asset("script.js")
    accounts = account_rows(report["hosts"])
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            **_header(report),
            **_rows(report["hosts"], accounts),
            **_charts(report["summary"], accounts),
            summary=report["summary"],
            changed=_changed(report["summary"].get("changed")),
            exceptions=[_exception(one) for one in report["summary"]["exceptions"]],
            data=Markup(data.encode(data.columns(report["hosts"], _stem(report["run"])))),
            csv=csv,
            sha256=sha256 or hashlib.sha256(to_json(report).encode("utf-8", "replace")).hexdigest(),
            style=Markup(style),
            script=Markup(script),
            style_hash=_hash(style),
            script_hash=_hash(script),
            statuses=STATUSES,
            standings=STANDINGS,
        )
    )


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
    filters = {"clean": clean, "number": number, "counted": counted, "moment": moment, "duration": duration, "shown": shown}
    environment.filters.update(filters)
    return environment


@functools.cache
def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a content security policy wants it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _stem(run: Mapping[str, t.Any]) -> str:
    return clean(f"impersonate-{run['action']}-{run.get('id') or run['started']}")


def _header(report: Mapping[str, t.Any]) -> dict[str, t.Any]:
    summary, run, policy, generator = report["summary"], report["run"], report["policy"], report["generator"]
    head, _dash, rest = verdict_sentence(dict(summary), run["action"]).partition(" - ")
    modes = {
        "audit": "audit: nothing was changed",
        "enforce": "check mode of a change: nothing was changed" if run["check_mode"] else "enforcement: hosts were changed",
        "restore": "check mode of a restore: nothing was changed" if run["check_mode"] else "restore: hosts were changed",
    }
    tools = [
        generator.get("name"),
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
        "merged": [(moment(one["run"]["started"]), clean(one["run"].get("id"))) for one in run.get("merged") or ()],
        "mode": modes.get(run["action"], clean(run["action"])),
        "job": [(key.replace("_", " "), clean(value)) for key, value in sorted((run.get("awx") or {}).items())],
        "tools": ", ".join(clean(tool) for tool in tools if tool),
        "policy": _policy(policy),
        "other_policies": ", ".join(map(clean, others)),
        "schema_version": clean(report["schema_version"]),
    }


def _gate(gate: Mapping[str, t.Any]) -> str:
    """On what the gate fails, with what it tolerates."""
    tolerate = gate.get("tolerate") or {}
    words = [f"{clean(what)}{f' above {clean(str(tolerate[what]))}' if what in tolerate else ''}" for what in gate["fail_on"]]
    return ", ".join(words).replace("_", " ") or "nothing"


def _policy(policy: Mapping[str, t.Any] | None) -> dict[str, t.Any] | None:
    if policy is None:
        return None
    compare = {
        "exact": "exact: required accounts hold it, and nobody but those and the permitted ones",
        "at_most": "at most: nobody but the named accounts; that one of them does not hold it is no finding",
    }
    documents = [policy["document"]] if policy.get("document") else list((policy.get("documents") or {}).values())
    return {
        "name": clean(policy["name"]),
        "title": clean(policy["title"]),
        "compare": compare.get(policy["compare"], clean(policy["compare"])),
        "sha256": clean(policy["sha256"]),
        "documents": [_document(one) for one in documents],
    }


def _document(document: Mapping[str, t.Any]) -> dict[str, str]:
    title = ", ".join(clean(document[key]) for key in ("publisher", "title", "version", "date") if document.get(key))
    url = str(document.get("url") or "")
    return {
        "title": title,
        "url": clean(url, SENTENCE) if url.startswith("https://") else "",
        "differs": clean(document.get("differs"), SENTENCE),
    }


def _rows(records: Sequence[Mapping[str, t.Any]], accounts: Sequence[AccountRow]) -> dict[str, t.Any]:
    drift = sections.drift_rows(records)
    changes, members, running = sections.change_rows(records), exposure.members(records), exposure.running(records)
    events, events_left = exposure.events(records)
    unread = [record["status"] for record in records if record["status"] in UNREAD]
    return {
        "accounts": grouped(accounts, MOST_ACCOUNTS),
        "accounts_count": len(accounts),
        "against_count": sum(row.worst in AGAINST for row in accounts),
        "running": running[:MOST_RUNNING],
        "running_left": max(0, len(running) - MOST_RUNNING),
        "reading": exposure.reading(records),
        "members": members[:MOST_RUNNING],
        "members_left": max(0, len(members) - MOST_RUNNING),
        "unread_groups": exposure.unread_groups(records),
        "events": events,
        "events_left": events_left,
        "event_coverage": joined(exposure.coverage(records)),
        "drift": drift[:MOST_ROWS],
        "drift_left": sum(len(row.hosts) for row in drift[MOST_ROWS:]),
        "drift_plans": any(row.plan for row in drift),
        "changes": changes[:MOST_ROWS],
        "changes_left": sum(len(row[3]) for row in changes[MOST_ROWS:]),
        "unread": sections.unread_rows(records),
        "unread_count": len(unread),
        "controls": sections.control_rows(records),
        "policy_rows": sections.policy_rows(records),
    }


def _charts(summary: Mapping[str, t.Any], accounts: Sequence[AccountRow]) -> dict[str, t.Any]:
    roles = [(role_words(role), counts) for role, counts in summary["by_role"].items()]
    roles.sort(key=lambda pair: (-sum(pair[1].values()), pair[0]))
    top = [(row.name or row.sid, count) for row, count in unexpected_rows(accounts)[:_BARS]]
    return {
        "fleet_bar": charts.fleet_bar(summary["by_status"]),
        "role_bars": charts.role_bars(roles),
        "roles": roles,
        "role_statuses": [status for status in charts.ORDER if summary["by_status"].get(status)],
        "account_bars": charts.account_bars(top),
        "top_accounts": top,
    }


def _exception(one: Mapping[str, t.Any]) -> dict[str, t.Any]:
    keys = (("hosts", "hosts"), ("groups", "groups"), ("host_roles", "roles"), ("features", "features"))
    scope = [f"{word}: {', '.join(clean(str(value)) for value in one[key])}" for key, word in keys if one.get(key)]
    texts = ("account", "reason", "owner", "ticket", "approved_by", "expires", "state")
    hosts = {key: [clean(host) for host in one.get(key) or ()] for key in ("used_by", "wanted_by")}
    return {**{key: clean(one.get(key), SENTENCE) for key in texts}, **hosts, "scope": scope}


def _changed(changed: Mapping[str, t.Any] | None) -> dict[str, t.Any] | None:
    """What is new since an earlier report (see _report.changed), as texts."""
    if changed is None:
        return None
    rows = [(words, [clean(host) for host in changed.get(key) or ()]) for key, words in _CHANGES.items()]
    return {
        "hosts": [(words, hosts) for words, hosts in rows if hosts or words in _ALWAYS],
        "new_holders": [
            (name_of(one["sid"], one["name"]), clean(one["sid"]), one["hosts"]) for one in changed.get("new_holders") or ()
        ],
        "notes": [clean(note, SENTENCE) for note in changed.get("notes") or ()],
        "started": moment(changed["previous"]["started"]),
    }
