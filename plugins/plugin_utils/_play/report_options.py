# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a report -> where it goes, what its gate tolerates, which hosts it must account for. Raises BadInput."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from pathlib import Path

from .._files import check_folder
from .._fleet.gate import tolerance
from .._formats.gpo_lines import read_gpos
from .._formats.names import check_length, checked_name
from .._input.checks import close
from .._input.errors import BadInput
from .._result.gpo_types import Gpos
from .._result.types import GATE_WORDS
from .given import Options


def check_report_options(options: Options, values: Mapping[str, str]) -> None:
    """How and where a report is to be written. ``values``: what stands for the placeholders in its name, as far as it is known.

    Raises BadInput for what would end a run without a report: no format, no name of a file, a folder that cannot be written.
    """
    checked_name("name", options["name"])
    check_length("name", options["name"], values)
    if not options["formats"]:
        raise BadInput("formats", "the list is empty, and a run without a report would leave nothing to look at")
    check_folder("report_dir", Path(options["report_dir"]).expanduser().absolute(), "so that the run would end without a report")


def expected_of(options: Options, groups: Mapping[str, t.Any]) -> list[str]:
    """Hosts that a report must account for besides those of the play. Raises BadInput for a group or a file that is not there or empty."""
    group, file = options.get("expected_group"), options.get("expected_file")
    if group and group not in groups:
        raise BadInput("expected_group", f"the inventory has no group {group!r}")
    hosts = [str(host) for host in groups[group]] if group else []
    if file:
        try:
            lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput("expected_file", f"{file} cannot be read: {error}") from None
        named = [name for line in lines if (name := line.partition("#")[0].strip())]
        if not named:
            raise BadInput("expected_file", f"{file} names no host")
        hosts += named
    return sorted(set(hosts))


def tolerate_of(options: Options) -> dict[str, str]:
    """How many there may be of what the gate fails on. Raises BadInput that names the key and what is allowed."""
    for key in options["tolerate"] or {}:
        if key not in GATE_WORDS:
            raise BadInput(
                f"tolerate.{key}",
                "is not what a gate fails on",
                value=key,
                expected=f"allowed are {', '.join(GATE_WORDS)}",
                near=close(key, GATE_WORDS),
            )
    return {key: tolerance(f"tolerate.{key}", value) for key, value in (options["tolerate"] or {}).items()}


def gpos_of(options: Options) -> Gpos | None:
    """The Group Policy Objects that a report is to show; None where it is given none, or where none were read yet.

    Raises BadInput for a file that is there and cannot be read.
    """
    path = gpo_file_of(options)
    return read_gpos("gpo_file", path) if path and path.exists() else None


def gpo_file_of(options: Options) -> Path | None:
    """Where Group Policy Objects are kept that gpo_right_info read."""
    return Path(options["gpo_file"]).expanduser().absolute() if options.get("gpo_file") else None
