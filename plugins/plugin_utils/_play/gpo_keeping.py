# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of Group Policy Objects, from which a report takes its section: what was read goes in, and what was planned or made."""

from __future__ import annotations

from pathlib import Path

from .._fleet.gpo_changes import carried_over, same_domain, with_change
from .._formats.gpo_lines import read_gpos, write_gpos
from .._host import locks
from .._input.errors import BadInput
from .._input.naming import called
from .._result.gpo_types import GpoChange, Gpos

_OPTION = "gpo_file"


def check_kept(path: Path | None) -> None:
    """Raises BadInput for a file that is there and is no such file: it would be overwritten, or the change not kept."""
    if path and path.is_file():
        read_gpos(_OPTION, path)


def keep_read(path: Path, gpos: Gpos, named: bool) -> Gpos:
    """Keep what was read, with the changes that the file has of these GPOs as they are; returns that. ``named``: not all were asked for.
    Raises OSError and BadInput.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.turn(_turn(path)):
        kept = carried_over(gpos, read_gpos(_OPTION, path) if path.is_file() else None, named)
        write_gpos(path, kept)
    return kept


def keep_change(path: Path, change: GpoChange, domain: str | None) -> str | None:
    """Keep a change in the place of an earlier one of the same GPO. Returns why the file has it not, None where it has."""
    if not path.is_file():
        return f"{called(_OPTION)}: {path} is not there yet, so that no report will show this change; run gpo_audit with it first"
    try:
        with locks.turn(_turn(path)):
            gpos = read_gpos(_OPTION, path)
            if not same_domain(gpos, domain):
                return f"{called(_OPTION)}: {path} is of the domain {gpos['domain']}, so that it does not have this change"
            write_gpos(path, with_change(gpos, change))
    except (OSError, BadInput) as error:
        return f"{called(_OPTION)}: this change could not be kept for a report: {error}"
    return None


def _turn(path: Path) -> Path:
    return path.with_name(f".{path.name}.turn")
