# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proves that a warm server tells what a fresh process tells: each command runs both ways, and a difference fails the run."""

from __future__ import annotations

import json
import os
import typing as t

from fleet.backends.engine import engine

if t.TYPE_CHECKING:
    from fleet.backend import Output
    from fleet.windows.machine import Machine

NOTES = engine.CHECKOUT / ".build" / "compared.jsonl"  # a line for each command that was compared


class Differs(Exception):
    """A warm server did something else than a fresh process."""


def compare(module: str, fresh: tuple[Output, Machine], warm: tuple[Output, Machine]) -> None:
    """Compare what two runs printed and what became of their machines; raises Differs."""
    same = _form(fresh[0]) == _form(warm[0]) and fresh[1] == warm[1]
    NOTES.parent.mkdir(exist_ok=True)
    with NOTES.open("a") as notes:
        notes.write(json.dumps({"test": os.environ.get("PYTEST_CURRENT_TEST"), "module": module, "same": same}) + "\n")
    if not same:
        raise Differs(f"{module}:\nfresh {fresh[0]}\n{fresh[1]}\nwarm  {warm[0]}\n{warm[1]}")


def _form(output: Output) -> tuple[object, ...]:
    """What must be equal: all bytes, but for the order of keys, which .NET's hashing draws anew in each process."""
    try:
        answer = json.dumps(json.loads(output.stdout), sort_keys=True)
    except ValueError:
        answer = ""
    return output.exit_code, output.stderr, answer or output.stdout, sorted(output.stdout)
