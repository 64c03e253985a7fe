# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  fail_on:
    description:
      - Statuses of a host that make the run fail at its end, when the report is written (the gate of the fleet), and V(expired_exception), an exception
        whose last day is over.
      - A host is V(not_checked) that was expected and gave no result, and V(not_applicable) that was read and for which the policy has no row.
    type: list
    elements: str
    choices: [drift, unreachable, error, not_checked, not_applicable, expired_exception]
    default: [drift, unreachable, error, not_checked]
  tolerate:
    description:
      - How many there may be of what O(fail_on) names, as a number of hosts (V(5)) or as a share of the expected ones (V(2%)).
    type: dict
    default: {}
"""
