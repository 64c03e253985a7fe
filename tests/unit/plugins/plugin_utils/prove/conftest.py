# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the comparison share."""

from __future__ import annotations

import proofs
import pytest


@pytest.fixture
def member() -> proofs.Host:
    """A web server with something for every source to tell."""
    return proofs.host(proofs.full())


@pytest.fixture(scope="session")
def policy(microsoft):
    """The policy by which recordings note a verdict."""
    return microsoft
