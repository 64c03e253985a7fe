# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the GPO modules against a simulated domain: what they ask for, and what the domain has then."""

from __future__ import annotations

from ansible_collections.winrights.seimpersonate.plugins.action.gpo_right import ActionModule as Right
from ansible_collections.winrights.seimpersonate.plugins.action.gpo_right_info import ActionModule as Info
from fleet.windows.machine import FLOOR

__all__ = ["FLOOR", "IIS", "STARRED", "STATES", "USERS", "Info", "Right", "beside", "holders", "parts"]

STARRED = tuple(f"*{sid}" for sid in FLOOR)
IIS = "S-1-5-32-568"
USERS = "S-1-5-32-545"
STATES = {
    "defined": {"state": "defined", "accounts": [*FLOOR, IIS]},
    "nobody": {"state": "nobody"},
    "not_defined": {"state": "not_defined"},
}


def parts(domain, guid):
    container = domain.replica.directory.gpo(guid)
    return domain.replica.template(guid), container.version, container.extensions, domain.replica.gpt_ini(guid)


def beside(domain, guid):
    return [path for path in domain.replica.sysvol.below(domain.replica.folder(guid)) if "~" in path]


def holders(run, guid):
    row = next(row for row in run(Info, gpos=[guid])["gpos"] if row["guid"] == guid)
    return row["state"], sorted(holder["sid"] for holder in row["holders"])
