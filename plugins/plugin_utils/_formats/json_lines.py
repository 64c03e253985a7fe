# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON Lines: one line for the run, then one record a line, so that files of slices, jobs and days can be merged. Pure.

The text is ASCII: names can hold characters that some readers take for the end of a line.
"""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping

from .._fleet.gate import tolerance
from .._fleet.merge import Gathered, gather, heads_of, merge
from .._input.errors import BadInput
from .._result.check import check_head, check_report
from .._result.record import EARLIER_VERSIONS, SCHEMA_VERSION, read_record
from .._result.types import Head, MergedRun, Record, Report

_HEAD = tuple(t.get_type_hints(Head))
_LINE = {"schema_version", "kind", "expected", *_HEAD}


def json_lines(report: Report) -> str:
    """The header line, then the records as they are, sorted by host, keys sorted."""
    hosts = sorted(report["hosts"], key=lambda record: record["host"])
    newest = {key: report[key] for key in ("run", "policy", "generator")}
    declared = {json.dumps(exception, sort_keys=True): exception for head in heads_of(report) for exception in head["exceptions"]}
    header = {
        "schema_version": report["schema_version"],
        "kind": "run",
        **newest,
        "source": report["scope"]["source"],
        "expected": [record["host"] for record in hosts],
        "fail_on": report["summary"]["gate"]["fail_on"],
        "tolerate": report["summary"]["gate"]["tolerate"],
        "exceptions": [declared[key] for key in sorted(declared)],
        "gpos": report.get("gpos"),
    }
    return "".join(json.dumps(line, sort_keys=True, separators=(",", ":")) + "\n" for line in (header, *hosts))


def read_json_lines(text: str) -> Gathered:
    """What a file holds; several files one after the other (``cat``) are merged. Raises BadInput that names the line and the key.

    A record that names its host and does not have the form of one is that host's error, and no other host's (see record.read_record). A
    line that is not JSON is another matter: the file is damaged, and it is not known what else is.
    """
    sections: list[tuple[Mapping[str, t.Any], list[Record]]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        data = _parsed(f"line {number}", line)
        if data.get("kind") == "run":
            sections.append((_header(f"line {number}", data), []))
        elif not sections:
            raise BadInput(f"line {number}", "a record stands before the line of its run (kind: run)")
        else:
            sections[-1][1].append(read_record(f"line {number}", data))
    if not sections:
        raise BadInput("line 1", "there is no line of a run (kind: run)")
    return merge(gather(_runs(header), header["expected"], records) for header, records in sections)


def read_report(where: str, report: t.Any) -> Report:
    """A JSON report of a file with the form that ``changed`` needs; a record that has none is that host's error, as in JSON Lines.

    Raises BadInput that names the place.
    """
    _release(where, report)
    check_report(where, report)
    _tolerances(where, report["summary"]["gate"]["tolerate"])
    hosts = [read_record(f"{where}: hosts[{number}]", record) for number, record in enumerate(report["hosts"])]
    return t.cast("Report", {**report, "hosts": hosts})


def _runs(header: Mapping[str, t.Any]) -> list[MergedRun]:
    return list(header["run"].get("merged") or [{key: header[key] for key in _HEAD}])


def _parsed(where: str, line: str) -> Mapping[str, t.Any]:
    try:
        data = json.loads(line, parse_constant=_refuse)
        if "\\ud" in line.lower():
            json.dumps(data, ensure_ascii=False).encode()  # half of a pair of surrogates is no character
    except (ValueError, RecursionError) as error:
        raise BadInput(where, f"this is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadInput(where, "is not a mapping", value=data)
    return data


def _refuse(word: str) -> t.NoReturn:
    raise ValueError(f"{word} is not a number")


def _header(where: str, data: Mapping[str, t.Any]) -> Mapping[str, t.Any]:
    _release(where, data)
    _only(where, data, _LINE)
    check_head(where, data, {"expected": [str]})
    _tolerances(where, data["tolerate"])
    return data


def _release(where: str, data: t.Any) -> None:
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        earlier = isinstance(version, str) and version in EARLIER_VERSIONS
        advice = "an earlier release of the collection wrote it, so make the report again" if earlier else ""
        problem = f"is not {SCHEMA_VERSION}, which this release reads"
        raise BadInput(f"{where}: schema_version", problem, value=version, expected=advice)


def _tolerances(where: str, tolerate: Mapping[str, str]) -> None:
    """A share of more than all has the form of a tolerance, and is none."""
    for key, value in tolerate.items():
        tolerance(f"{where}: tolerate.{key}", value)


def _only(where: str, data: Mapping[str, t.Any], keys: t.Container[str]) -> None:
    for key in data:
        if key not in keys:
            raise BadInput(where, "is not a key of this line", value=key)
