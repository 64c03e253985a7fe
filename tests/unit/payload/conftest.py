# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the installed ansible-core would send for the payload, without a connection."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from fleet.backend import Received
from fleet.backends.engine import engine
from fleet.backends.engine.pwsh import PowerShell
from fleet.backends.engine.spoilt import Spoilt, spoil
from fleet.built import built

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.backend import BackEnd
    from fleet.windows.machine import Machine

USER = "SIM\\auditor"


@pytest.fixture(scope="session")
def powershell() -> PowerShell:
    """The back end that runs the payload under a real engine."""
    engine.need("cc")
    return PowerShell(engine.need("pwsh"))


@pytest.fixture(scope="session")
def win51_check() -> Path:
    """The program that proves a text for Windows PowerShell 5.1 and C# 5."""
    return engine.need("win51-check")


@pytest.fixture(scope="session")
def sent() -> Callable[..., Received]:
    """What the installed ansible-core sends for one run of a module: of the collection, or a file of its own."""

    def pack(module: str | Path, user: str = USER, **arguments: t.Any) -> Received:
        return built(module, user, **arguments)

    return pack


@pytest.fixture(scope="session")
def tell(sent: Callable[..., Received]) -> Callable[..., dict[str, t.Any]]:
    """Send a module to a machine; returns the answer, which must be all that was printed."""

    def run(back_end: BackEnd, machine: Machine, module: str, **arguments: t.Any) -> dict[str, t.Any]:
        output = back_end.run(machine, sent(module, **arguments))
        assert output.stderr == b"", output.stderr.decode()
        assert output.stdout.isascii()
        return t.cast("dict[str, t.Any]", json.loads(output.stdout))

    return run


@pytest.fixture(scope="session")
def ask(tell: Callable[..., dict[str, t.Any]]) -> Callable[..., dict[str, t.Any]]:
    """Send local_right_info to a machine."""

    def run(back_end: BackEnd, machine: Machine, *accounts: str) -> dict[str, t.Any]:
        return tell(back_end, machine, "local_right_info", accounts=list(accounts))

    return run


@pytest.fixture(scope="session")
def spoilt() -> Callable[..., Spoilt]:
    """A back end whose payload differs from the checkout's."""
    return spoil
