# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an option of a module is called in the role, where it is a variable. Pure."""

from __future__ import annotations

PREFIX = "impersonate_"
_OTHERWISE = {
    "formats": "report_formats",
    "name": "report_name",
    "previous": "report_previous",
    "sources": "merge",
    "state": "gpo_state",
    "accounts": "gpo_accounts",
    "allow": "gpo_allow",
    "jobs": "awx_jobs",
    "workflow_job": "awx_workflow_job",
    "wait": "awx_wait",
}


def role_variable(option: str) -> str:
    """The variable of an option; a few are not called as the option is."""
    return PREFIX + _OTHERWISE.get(option, option)


def called(option: str, said: str = "") -> str:
    """An option inside of a message: ``state: nobody (in the role impersonate_gpo_state)``. ``said``: what stands behind its name.

    Both names, because those who write messages do not know whether a task or the role was asked. The place of BadInput has one of them:
    it is named where the task ends, which knows that (``_play/of_role``).
    """
    return f"{option}{said} (in the role {role_variable(option)})"
