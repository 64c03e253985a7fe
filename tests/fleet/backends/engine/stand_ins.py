# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the independent script finds under the engine: programs of Windows that print what the model says, and what cmdlets answer."""

from __future__ import annotations

import base64
import json
import typing as t
from pathlib import Path

from fleet.backends import request
from fleet.backends.emulator import texts
from fleet.backends.emulator.sources import Asked, hexed, properties, translated
from fleet.shebang import write_program
from fleet.windows.programs import Programs, name_of

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.backend import Received
    from fleet.windows.machine import Machine, Token

CLIENT = Path(__file__).with_name("program_stand_in.py")


def arguments(received: Received) -> Mapping[str, t.Any] | None:
    """What the independent script is asked; None for another command."""
    try:
        call = request.decode(received.command_line, received.stdin)
    except request.NotUnderstood:
        return None
    return call.args if isinstance(call, request.ModuleCall) and call.name == f"{texts.COLLECTION}.prove" else None


def write(machine: Machine, user: str, token: Token, args: Mapping[str, t.Any], home: Path) -> None:
    """Put the programs into the folder of Windows, and their answers beside it."""
    asked = Asked(machine, Programs(machine, user, token))
    asked.all(args)
    answers = {}
    for program, words, printed in asked.started:
        if printed is None:
            continue
        folder = home / "windows" / "System32" / ("inetsrv" if program == "appcmd.exe" else "")
        folder.mkdir(parents=True, exist_ok=True)
        stand_in = folder / program
        if not stand_in.exists():
            write_program(stand_in, CLIENT, home / "interpreter")
        parts = {name: base64.b64encode(getattr(printed, name)).decode() for name in ("out", "err")}
        file = None if printed.file is None else base64.b64encode(printed.file).decode()
        answers["\0".join([program, *words])] = {"code": printed.code, **parts, "file": file}
    (home / "programs.json").write_text(json.dumps(answers))
    (home / "prove.json").write_text(json.dumps(_cmdlets(machine, args)))


def _cmdlets(machine: Machine, args: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What startup_prove.ps1 answers: names and SIDs, members of groups by the bare name, features, and properties of classes."""
    rows = translated(machine, args)
    named = {sid: name_of(machine, sid) for sid in args["groups"]}
    return {
        "names": {row["sid"]: row["name"] for row in rows if "asked" not in row} | named,
        "sids": {row["asked"]: row["sid"] for row in rows if "asked" in row}
        | {row["name"]: row["back"] for row in rows if "asked" not in row and row["name"]},
        "members": {
            (name or "").rpartition("\\")[2]: [hexed(one) for one in machine.members.get(sid, ())] for sid, name in named.items()
        },
        "iis": machine.iis is not None,
        "classes": {f"{space}|{name}": properties(space, name) for space, name in args["classes"]},
    }
