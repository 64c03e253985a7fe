# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a file of Python a program, wherever the interpreter is."""

from __future__ import annotations

import sys
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path


def write_program(program: Path, source: Path, interpreter: Path) -> None:
    """Write what a file of Python says as a program that this interpreter runs without any packages.

    `interpreter`: a link to it, made where it is not yet there: the first line of a program takes no path with a blank, and none of any length.
    """
    if not interpreter.is_symlink():
        interpreter.symlink_to(sys.executable)
    program.write_text(f"#!{interpreter} -IS\n{source.read_text()}")
    program.chmod(0o700)
