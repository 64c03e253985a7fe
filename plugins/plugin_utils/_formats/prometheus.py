# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus text for a textfile collector: numbers of the fleet, no series a host. Pure.

Source: Prometheus, "Exposition formats" (text-based format); the collectors read files ``*.prom`` that end with a newline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .. import _utc
from .._facts.declared import contradictions
from .._gpo.judgement import Kind
from .._result.gpo_types import GpoChange, Gpos
from .._result.types import PolicyHead, Report, Summary
from .._verdict.rank import WORDS
from .._verdict.status import Status
from .._wording import visible

_MOST_ACCOUNTS = 100  # series
_MOST_CHANGES = 20  # of GPOs

Sample = tuple[Mapping[str, str], str]


def prometheus(report: Report, labels: Mapping[str, str] | None = None) -> str:
    """The numbers of a report, without timestamps. ``labels`` come to the policy's name on every sample.

    A collector adds up the files of its folder and refuses a series that stands in two, so reports of slices need a folder each.
    """
    run, policy, summary = report["run"], report["policy"], report["summary"]
    every = {"policy": policy["name"] if policy else "", **(labels or {})}
    unexpected = summary["unexpected_accounts"]
    families: list[tuple[str, str, Iterable[Sample]]] = [
        ("hosts", "Expected hosts by status and host role.", _hosts(summary)),
        ("coverage_ratio", "Hosts that were read and judged, of all expected ones.", [({}, _ratio(summary["coverage_percent"]))]),
        ("compliance_ratio", "Compliant hosts of all expected ones.", [({}, _ratio(summary["compliance_percent"]))]),
        ("findings", "Findings of hosts that drift, by rank.", [({"rank": rank}, str(summary["by_rank"][rank])) for rank in WORDS]),
        ("unexpected_holders", "Accounts that hold the right somewhere and should not.", [({}, str(len(unexpected)))]),
        (
            "unexpected_holder_hosts",
            f"Hosts on which an account holds the right and should not; the {_MOST_ACCOUNTS} most frequent.",
            [
                ({"sid": account["sid"], "name": account["name"] or ""}, str(account["hosts"]))
                for account in unexpected[:_MOST_ACCOUNTS]
            ],
        ),
        (
            "declared_otherwise_hosts",
            "Hosts that show the contrary of what is declared of their host role or features.",
            [({}, str(sum(bool(contradictions(record["notes"])) for record in report["hosts"])))],
        ),
        ("gate_passed", "Whether the fleet gate passed.", [({}, str(int(summary["gate"]["passed"])))]),
        ("audit_completed_timestamp_seconds", "When the run ended.", [({}, str(int(_utc.read(run["finished"]).timestamp())))]),
        ("audit_duration_seconds", "How long the run took.", [({}, str(run["duration_s"]))]),
    ]
    if gpos := report.get("gpos"):
        families += _gpos(gpos)
    if policy:
        families.append(("policy_info", "The policy of the run.", [(_policy(policy), "1")]))
    return "".join(_family(f"seimpersonate_{name}", words, samples, every) for name, words, samples in families)


def _gpos(gpos: Gpos) -> list[tuple[str, str, Iterable[Sample]]]:
    """GPOs by what they say of the right, and findings by kind; zeros as well."""
    states = [row["state"] or "unknown" for row in gpos["gpos"]]
    counts = {**{word: states.count(word) for word in ("defined", "nobody")}, "not_defined": gpos["not_defining"]}
    counts["unknown"] = states.count("unknown") + len(gpos["unread"])
    kinds = [finding["kind"] for row in gpos["gpos"] for finding in row["findings"]]
    return [
        (
            "gpos",
            "Group Policy Objects by what they say of the right.",
            [({"state": word}, str(count)) for word, count in counts.items()],
        ),
        ("gpos_complete", "Whether every Group Policy Object and link could be read.", [({}, str(int(gpos["complete"])))]),
        (
            "gpo_findings",
            "Findings of Group Policy Objects by kind.",
            [({"kind": kind.value}, str(kinds.count(kind.value))) for kind in Kind],
        ),
        (
            "gpo_change_hosts",
            f"Audited hosts that the last change of a Group Policy Object reaches; the {_MOST_CHANGES} latest whose impact is known.",
            [sample for change in _latest(gpos) for sample in _reached(change)],
        ),
    ]


def _latest(gpos: Gpos) -> list[GpoChange]:
    known = [change for change in gpos["changes"] if change["impact"] is not None]
    return sorted(known, key=lambda change: change["at"], reverse=True)[:_MOST_CHANGES]


def _reached(change: GpoChange) -> list[Sample]:
    """How many hosts a change has each effect on."""
    hosts = change["impact"] or ()
    counts = {
        "set": sum(one["wins"] is True for one in hosts),
        "lost": sum(one["wins"] is False for one in hosts),
        "gain": sum(bool(one["gains"]) for one in hosts),
        "lose": sum(bool(one["loses"]) for one in hosts),
        "drift": sum(bool(one["drifts"]) for one in hosts),
        "unknown": sum(one["gains"] is None or one["wins"] is None for one in hosts) + (change["impact_unseen"] or 0),
    }
    labels = {"guid": change["guid"], "outcome": change["outcome"]}
    return [({**labels, "effect": effect}, str(count)) for effect, count in counts.items()]


def _family(name: str, words: str, samples: Iterable[Sample], every: Mapping[str, str]) -> str:
    lines = [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
    lines += [f"{name}{{{_labels({**every, **labels})}}} {value}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())


def _escaped(value: str) -> str:
    """A line end is written out by then."""
    return visible(value).replace("\\", "\\\\").replace('"', '\\"')


def _hosts(summary: Summary) -> Iterable[Sample]:
    """Zeros as well: a status that vanishes must not leave its last number behind."""
    roles = summary["by_role"] or {"unknown": {}}
    return [
        ({"status": status.value, "role": role}, str(counts.get(status.value, 0)))
        for role, counts in roles.items()
        for status in Status
    ]


def _policy(policy: PolicyHead) -> dict[str, str]:
    return {"name": policy["name"], "version": policy["version"] or "", "sha256": policy["sha256"]}


def _ratio(percent: float) -> str:
    """Percent have one digit; 99.9 must not become 0.9990000000000001."""
    return f"{percent / 100:.3f}"
