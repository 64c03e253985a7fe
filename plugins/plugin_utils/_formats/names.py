# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which formats there are and how their files are called. Apart from what writes them, since every task reads its option spec."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._files import LONGEST_NAME
from .._input.errors import BadInput

FORMATS = ("json", "json_lines", "csv", "junit", "prometheus", "markdown", "html")
"""Formats that a user can ask for; csv is two files."""
DEFAULT_FORMATS = ("json", "json_lines", "markdown", "html")

PLACEHOLDERS = ("action", "policy", "run_id", "date", "job", "workflow")
"""What may stand in braces in the name of the files."""
DEFAULT_NAME = "impersonate-{action}-{run_id}"


def file_to_open(files: Mapping[str, str]) -> str:
    """The path that a person is told of: the page, else what there is. ``files``: format -> path; empty where there is none."""
    return files.get("html") or files.get("json") or next(iter(files.values()), "")


def checked_name(option: str, pattern: str) -> str:
    """A pattern for names of files. Raises BadInput for a placeholder that there is not, or a name that leads to another folder."""
    unknown = [name for name in re.findall(r"\{([^{}]*)\}", pattern) if name not in PLACEHOLDERS]
    rest = re.sub(r"\{(?:" + "|".join(PLACEHOLDERS) + r")\}", "", pattern)
    if unknown or "{" in rest or "}" in rest:
        what = f"{{{unknown[0]}}}" if unknown else repr(pattern)
        raise BadInput(option, f"{what} is not a placeholder; there are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}")
    if not pattern.strip() or re.search(r"[/\\\x00-\x1f]", pattern) or pattern.startswith("."):
        raise BadInput(option, "is not a file name", value=pattern, expected="the folder is an option of its own")
    return pattern


def stem(pattern: str, values: Mapping[str, str]) -> str:
    """The name of a report's files, without what follows for each format. ``values``: what stands for each placeholder."""
    filled = re.sub(r"\{(\w+)\}", lambda found: values[found[1]], pattern)
    return re.sub(r"[^\w.@+-]+", "_", filled)


def jobs_of(awx: Mapping[str, str]) -> dict[str, str]:
    """What stands for the job and for the workflow that it runs in: their numbers in AWX, ``none`` outside of it."""
    return {"job": awx.get("job_id", "none"), "workflow": awx.get("workflow_job_id", "none")}


def lasting(pattern: str) -> str:
    """The name of the file that every run replaces: the pattern of the others, unless they have another name in every run."""
    return pattern if not re.search(r"\{(run_id|date|job|workflow)\}", pattern) else "impersonate-{action}-{policy}"


def check_length(option: str, pattern: str, values: Mapping[str, str]) -> None:
    """Raises BadInput where a file of the report would have a longer name than a file can have."""
    name = max((f"{stem(pattern, values)}-accounts.csv", f"{stem(lasting(pattern), values)}.prom"), key=_bytes)
    if _bytes(name) > LONGEST_NAME:
        raise BadInput(
            option, f"a file would be called {name[:40]}... with {_bytes(name)} bytes; a name has at most {LONGEST_NAME}"
        )


def _bytes(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))
