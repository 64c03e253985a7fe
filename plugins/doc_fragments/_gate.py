# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  fail_on:
    description:
      - Statuses of a host that make the gate of the fleet fail, and V(expired_exception).
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
