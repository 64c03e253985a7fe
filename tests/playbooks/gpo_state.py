# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the domain of a test has of one GPO, as a person would find it there, and what a test does to it."""

from __future__ import annotations

import types

from fleet.gpo_demo import starred
from fleet.windows import inf
from fleet.windows.directory import PAIR
from fleet.windows.domain import PolicyDomain
from fleet.windows.machine import FLOOR
from fleet.windows.policyclient import accounts_of, file_version

DEFAULTS = starred(FLOOR)
STATES = {
    "defined": ("administrators", "service", "local_service", "network_service", "iis_iusrs"),
    "nobody": (),
    "not_defined": None,
}
"""State -> the accounts that a task names for it; None or none."""


def a_domain(accounts=DEFAULTS, *, pdc="dc01", **more):
    """A domain with a GPO for servers, and its domain controllers: the PDC emulator, another, a read-only one."""
    domain = PolicyDomain()
    for name, read_only in ((pdc, False), ("dc02", False), ("rodc01", True)):
        domain.add_controller(name, read_only=read_only)
    sections = {"Privilege Rights": ("SeTcbPrivilege =", *([] if accounts is None else [line(accounts)]))}
    guid = domain.add_gpo("Servers", sections=sections, **{"version": 5, **more})
    domain.link(guid, domain.ou("Servers"))
    domain.replicate()
    return domain, guid


def line(accounts):
    """The line of the right as Windows writes it."""
    return f"SeImpersonatePrivilege = {','.join(accounts)}".rstrip()


def state_of(domain, guid):
    """The GPO on the PDC emulator: accounts (None: not defined), version of the container and of gpt.ini, the pair, other lines, leftovers."""
    replica = domain.replica
    container, template = replica.directory.gpo(guid), replica.template(guid) or b""
    text = template.decode("utf-16", "replace") if template else ""
    accounts = accounts_of(template)
    return types.SimpleNamespace(
        accounts=None if accounts is None else sorted(accounts),
        versions=(container.version, file_version(replica.gpt_ini(guid))),
        pair=PAIR in (container.extensions or ""),
        others=[(key, value) for _section, key, value in inf.settings(text) if key != "seimpersonateprivilege"],
        beside=[path.rpartition("\\")[2] for path in replica.sysvol.below(replica.folder(guid)) if "~" in path],
    )
