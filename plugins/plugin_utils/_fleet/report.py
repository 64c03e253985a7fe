# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one document: schema version, generator, run, policy, scope, notes, summary, hosts. Pure."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Mapping

from .._policy.policy import Policy
from .._result.gpo_types import Gpos
from .._result.record import SCHEMA_VERSION
from .._result.types import Generator, PolicyHead, Record, Report, Run, Used
from .gate import only_plans
from .scope import PLAY, declared_otherwise, notes_of, other_policies, same_machines, scope_of
from .summary import summarise


def build_report(
    records: Iterable[Record],
    *,
    run: Run,
    policy: PolicyHead | None,
    generator: Generator,
    fail_on: Iterable[str],
    exceptions: Iterable[Used] = (),
    tolerate: Mapping[str, str] | None = None,
    source: str = PLAY,
    notes: Iterable[str] = (),
    gpos: Gpos | None = None,
) -> Report:
    """Put the report together. Hosts are sorted by name; the same input gives the same document.

    ``source``: where the expected hosts come from. ``notes``: doubts that a reader must know, besides that a run took not every host.
    ``gpos``: Group Policy Objects that were read.
    """
    hosts = sorted(records, key=lambda record: record["host"])
    heads = [(head["run"], head["source"]) for head in run.get("merged") or ()] or [(run, source)]
    return encodable(
        {
            "schema_version": SCHEMA_VERSION,
            "generator": {**generator},
            "run": {**run},
            "policy": {**policy} if policy else None,
            "scope": scope_of(hosts, source),
            "notes": [
                *notes_of(heads),
                *other_policies(policy and policy["name"], (host["policy"] for host in hosts)),
                *same_machines((host["host"], host["computer"]) for host in hosts),
                *declared_otherwise((host["host"], host["notes"]) for host in hosts),
                *notes,
            ],
            "summary": summarise(hosts, fail_on, exceptions, tolerate, planning=only_plans(run)),
            "gpos": gpos,
            "hosts": hosts,
        }
    )


def encodable(report: Report) -> Report:
    """The same report, so that every format can be written: half of a pair of surrogates, as in a name with bytes that are no UTF-8,
    becomes ``\\udcff`` in letters. One that has none is handed back as it is.
    """
    try:
        for part in ({**report, "hosts": []}, *report["hosts"]):  # one after the other: as a whole it takes more memory and time
            json.dumps(part, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return t.cast("Report", written_out(report))
    return report


def written_out(value: object) -> object:
    """Data whose texts can be encoded: see encodable."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {written_out(key): written_out(item) for key, item in value.items()}
    return [written_out(item) for item in value] if isinstance(value, (list, tuple)) else value


def policy_head(policy: Policy, sha256: str) -> PolicyHead:
    """A policy as a report names it. ``references``: the controls of its documents, each by number, with the row that it stands for."""
    data = policy.data
    references = {
        (row.document.title if row.document else policy.title, " ".join(filter(None, (row.benchmark_id, row.rule))), row.where)
        for row in policy.rows
        if row.benchmark_id
    }
    whole = t.cast("dict[str, t.Any]", data.get("document") or {})
    return {
        "name": policy.name,
        "title": policy.title,
        "version": whole.get("version") or None,
        "compare": policy.compare.value,
        "sha256": sha256,
        "document": whole,
        "documents": t.cast("dict[str, object]", data.get("documents") or {}),
        "gpos": t.cast("dict[str, object]", data.get("gpos") or {}),
        "references": [{"framework": document, "id": number, "title": row} for document, number, row in sorted(references)],
    }


def to_json(report: Report) -> str:
    """The canonical file: sorted keys, UTF-8 text, a line for every host, newline at the end.

    What a screen does not show is written as JSON's escapes, so that a look at the file is no command for a terminal.
    """
    head = json.dumps({**report, "hosts": []}, indent=2, sort_keys=True, ensure_ascii=False)
    rest = "\n".join(map(_escaped, head.split("\n")))
    if not report["hosts"]:
        return f"{rest}\n"
    before, line, after = rest.partition(
        '\n  "hosts": ['
    )  # a line break inside a text is written as \\n, so this line is there once
    hosts = ",\n    ".join(_escaped(json.dumps(host, sort_keys=True, ensure_ascii=False)) for host in report["hosts"])
    return f"{before}{line}\n    {hosts}\n  {after}\n"


def _escaped(line: str) -> str:
    return line if line.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in line)


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if char == "\x7f" else json.dumps(char)[1:-1]
