# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What client libraries work out for each host, and each message, though it depends on nothing that differs: worked out once per process.

The hashes of a password for NTLM are made in Python, DES for one of them, and names of XML elements are looked through letter by letter: an
eighth of what a host takes. The functions stay the libraries' own, with their answers and errors. A library without one of them, or with
another of that name, works as it does without this.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from types import ModuleType

_FUNCTIONS = (
    ("spnego._ntlm", "lmowfv1", ("password",)),
    ("spnego._ntlm", "ntowfv1", ("password",)),
    ("xmltodict", "_validate_name", ("value", "kind")),
)
"""Module, function, its parameters. What is passed are texts, and what comes back is bytes or nothing."""
_MOST = 1000
"""Answers of a function that are kept: fleets have few passwords, and messages few names."""


def keep_answers() -> None:
    """From now on these functions answer the same question once. For a process that reads many hosts and ends, and its secrets with it."""
    for module, name, parameters in _FUNCTIONS:
        library = _imported(module)
        function = getattr(library, name, None)
        if inspect.isfunction(function) and tuple(inspect.signature(function).parameters) == parameters:
            setattr(library, name, functools.lru_cache(_MOST)(function))


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError:  # hosts are read by another library
        return None
