# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pytest imports a test file of a folder that is no package by its name alone: two of one name fail whatever else is asked for (-k)."""

from __future__ import annotations

import collections
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_no_two_test_files_have_one_name():
    files = [path for path in TESTS.rglob("test_*.py") if not (path.parent / "__init__.py").exists()]
    counted = collections.Counter(path.name for path in files)

    assert [str(path.relative_to(TESTS)) for path in files if counted[path.name] > 1] == []
