# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A back end without PowerShell: answers a module call from the model of the machine, as the payload would print it.

It stands for the texts whose hashes are in payloads.json, and refuses every other: a payload that changed must pass its
own tests on an engine before it is recorded, with `make payloads`.
"""

from __future__ import annotations

import argparse
import json
import typing as t

from fleet.backend import Output
from fleet.backends.emulator import texts
from fleet.backends.emulator.change import local_right
from fleet.backends.emulator.gpo_change import gpo_right
from fleet.backends.emulator.gpo_report import gpo_right_info
from fleet.backends.emulator.gpo_steps import Killed
from fleet.backends.emulator.lab import prove_change
from fleet.backends.emulator.report import audit
from fleet.backends.emulator.sources import prove
from fleet.backends.request import ModuleCall, NotUnderstood, decode
from fleet.windows.machine import Token

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.backend import Received
    from fleet.windows.machine import Machine

Answer = dict[str, t.Any]


MODULES: dict[str, Callable[[Machine, str, Token, t.Mapping[str, t.Any]], Answer]] = {
    "gpo_right": gpo_right,
    "gpo_right_info": gpo_right_info,
    "local_right": local_right,
    "local_right_info": audit,
    "prove": prove,
    "prove_change": prove_change,
}


_ONLY_MODULES = "is simulated and has no files: it runs modules only, and those that come through the session, without ANSIBLE_KEEP_REMOTE_FILES"


class Emulator:
    """Answers the modules of the collection."""

    def run(self, machine: Machine, received: Received) -> Output:
        """Answer one command on one machine."""
        try:
            call = decode(received.command_line, received.stdin)
        except NotUnderstood as error:
            return _output({"failed": True, "changed": False, "msg": f"the emulator got {error}"}, 1)
        if not isinstance(call, ModuleCall):
            said = f"{machine.name} {_ONLY_MODULES}\r\n".encode()
            return Output(said, said, 1)  # of the folder for a file ansible-core shows stdout alone
        refusal = _refusal(call)
        if refusal:
            return _output({"failed": True, "changed": False, "msg": refusal}, 1)
        user, token = _who(machine, received.user, call.become_user)
        try:
            return _output(MODULES[_short(call.name)](machine, user, token, call.args))
        except Killed:
            return Output(b"", b"", 1)


def _short(name: str) -> str:
    collection, _unused, module = name.rpartition(".")
    return module if collection == texts.COLLECTION else name


def _refusal(call: ModuleCall) -> str | None:
    """Why a call is not answered; None when it is."""
    module = _short(call.name)
    if module not in MODULES:
        return f"the emulator knows no module {call.name}, only {', '.join(sorted(MODULES))} of {texts.COLLECTION}"
    if call.async_jid:
        return "the emulator does not know async"
    if paths := texts.unknown(module, call.texts):
        return (
            f"the emulator does not know this text of {', '.join(paths)}: test it on a PowerShell engine and record it, "
            "both with: make payloads"
        )
    return None


def _who(machine: Machine, user: str, become_user: str | None) -> tuple[str, Token]:
    """Whose session it is, and the token."""
    if become_user is not None:
        user = become_user
        if user.upper() in ("SYSTEM", "NT AUTHORITY\\SYSTEM"):
            return "SYSTEM", Token.ADMINISTRATOR
    logon = machine.find_logon(user)
    return user, logon[1].token if logon else Token.USER


def _output(answer: Answer, exit_code: int = 0) -> Output:
    """As the wrapper prints it. A module that prints `failed` itself still ends with exit code 0."""
    return Output(json.dumps(answer, separators=(",", ":")).encode() + b"\r\n", b"", exit_code)


def main() -> None:
    """Record the payload's texts."""
    parser = argparse.ArgumentParser(prog="fleet.backends.emulator.emulator", description=__doc__)
    parser.add_argument(
        "--record", action="store_true", required=True, help="take the payload of the checkout for known: after its tests"
    )
    parser.parse_args()
    texts.record(MODULES)
    print(f"{texts.RECORD}: {', '.join(sorted(MODULES))}")


if __name__ == "__main__":
    main()
