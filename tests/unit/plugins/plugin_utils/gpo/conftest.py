# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a simulated domain controller says of its domain, as facts."""

from __future__ import annotations

import pytest

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._host.gpo_answers import read_domain
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.policies import policy_from
from fleet.backends.emulator.gpo_report import gpo_right_info
from fleet.windows.domain import PolicyDomain
from fleet.windows.machine import Token


@pytest.fixture
def domain():
    made = PolicyDomain()
    made.add_controller("dc01")
    return made


@pytest.fixture
def read(domain):
    """The facts of the domain as it is, of all its GPOs or of some."""

    def facts(*gpos):
        machine = next(iter(domain.controllers.values()))
        return read_domain(gpo_right_info(machine, "SIM\\auditor", Token.ADMINISTRATOR, {"gpos": list(gpos)}))

    return facts


@pytest.fixture(scope="session")
def microsoft():
    return policy_from("microsoft", {})
