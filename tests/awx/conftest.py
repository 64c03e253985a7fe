# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX's own tools: its runner and the modules that configure it. Every test here needs `make test-awx`."""

from __future__ import annotations

from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
WHEELS = CHECKOUT / ".build/wheels"
PROJECT = CHECKOUT / "playbooks/awx/project"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.awx)
