# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search for garbage, which Python begins again and again while the records of a fleet are made, by the million and without a cycle."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def none_searched() -> Iterator[None]:
    """Inside of it nothing is searched for garbage; what is used no more is freed all the same. A decorator too."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()
