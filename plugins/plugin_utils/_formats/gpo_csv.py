# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CSV of Group Policy Objects: one row a GPO and account, one for a GPO without accounts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .._result.gpo_types import GpoHolder, GpoRow, Gpos
from .._result.types import Report
from .._wording import SENTENCE, visible
from .csv import table

COLUMNS = (
    "guid", "gpo", "state", "sid", "name", "standing", "why", "findings", "links", "version", "folder_version", "domain", "controller",
)  # fmt: skip


def csv_gpos(report: Report) -> str:
    """Rows sorted as the report has them; of a GPO that could not be read, one row that says why."""
    gpos = report.get("gpos")
    return table(COLUMNS, _rows(gpos) if gpos else ())


def _rows(gpos: Gpos) -> Iterator[Sequence[str]]:
    place = [visible(gpos["domain"] or ""), visible(gpos["controller"])]
    for row in gpos["gpos"]:
        accounts = [_holder(holder) for holder in row["holders"]] or [["", "", "", ""]]
        yield from ([*_head(row), *account, *_rest(row), *place] for account in accounts)
    for unread in gpos["unread"]:
        yield [unread["guid"], "", "not known", "", "", "", "", visible(unread["error"], SENTENCE), "", "", "", *place]


def _head(row: GpoRow) -> list[str]:
    return [row["guid"], visible(row["name"] or ""), row["state"] or "not known"]


def _holder(holder: GpoHolder) -> list[str]:
    return [holder["sid"] or "", visible(holder["name"] or holder["text"]), holder["standing"], visible(holder["why"], SENTENCE)]


def _rest(row: GpoRow) -> list[str]:
    return [
        "; ".join(visible(finding["text"], SENTENCE) for finding in row["findings"]),
        "; ".join(visible(link["som"], SENTENCE) for link in row["links"] or ()),
        "" if row["version"] is None else str(row["version"]),
        "" if row["folder_version"] is None else str(row["folder_version"]),
    ]
