# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests share: the shipped policies, and facts of a host in one line."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.facts import (
    Computer,
    Holder,
    HostFacts,
    Iis,
    Resolution,
    Windows,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.policy import load_policy


@pytest.fixture(scope="session")
def microsoft_data(checkout):
    """The shipped table as a user would read it."""
    text = (checkout / "roles/impersonate/vars/main/policy_microsoft.yml").read_text()
    return yaml.safe_load(text)["__impersonate_policy_microsoft"]


@pytest.fixture(scope="session")
def microsoft(microsoft_data):
    return load_policy(microsoft_data)


@pytest.fixture
def host():
    """Facts of one host. ``held``: SIDs or ready holders."""

    def build(held, machine_role=3, iis=False, build=20348, sku=7, name="WEB01", accounts=(), **computer):
        holders = tuple(one if isinstance(one, Holder) else Holder(one, None, 5, Resolution.LSA) for one in held)
        traces = Iis(services=("W3SVC", "WAS"), version="10.0") if iis else Iis()
        return HostFacts(
            holders=holders,
            computer=Computer(name=name, machine_role=machine_role, **computer),
            windows=Windows(product_type="ServerNT", sku=sku, build=build),
            iis=traces,
            accounts=tuple(accounts),
        )

    return build
