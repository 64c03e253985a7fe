# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the unit tests share: the shipped policies, and facts of a host in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest
from policy_tables import shipped_policies

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._facts.facts import (
    AskedAccount,
    Computer,
    Holder,
    HostFacts,
    Iis,
    Resolution,
    Windows,
)
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._policy.loading import load_policy

# Local names that the shipped policies ask every host for.
NO_SUCH_ACCOUNTS = tuple(
    AskedAccount(f".\\{name}", None, None, 8, Resolution.UNMAPPED)
    for name in ("ASPNET", "IIS_WPG", "IUSR_<COMPUTER>", "IWAM_<COMPUTER>", "SQLServerDTSUser$<COMPUTER>")
)

HOLDER = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""

_alone = False  # whether a test runs that may not open a socket


def _refuse(event, args):
    if _alone and event in ("socket.bind", "socket.connect") and not isinstance(args[1], (str, bytes)):
        raise RuntimeError("a unit test without the mark `wire` opens no socket: make unit leaves it out by that mark")


sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def _no_socket(request):
    global _alone
    _alone = not any(request.node.get_closest_marker(mark) for mark in ("wire", "engine"))
    yield
    _alone = False


@pytest.fixture(scope="session")
def microsoft_data():
    """The shipped table as a user would read it."""
    return shipped_policies()["microsoft"]


@pytest.fixture(scope="session")
def microsoft(microsoft_data):
    return load_policy(microsoft_data)


@pytest.fixture(scope="session")
def shipped():
    """Every shipped policy by its name."""
    return {name: load_policy(data) for name, data in shipped_policies().items()}


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
            accounts=(*accounts, *(answer for answer in NO_SUCH_ACCOUNTS if answer.asked not in {one.asked for one in accounts})),
        )

    return build


@pytest.fixture
def holder():
    """Another process that holds a file until it ends."""
    processes = []

    def hold(path):
        process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield hold
    for process in processes:
        process.kill()
        process.communicate()
