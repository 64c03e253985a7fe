# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  fail_on:
    description:
      - Statuses of a host that make the gate of the fleet fail.
    type: list
    elements: str
    choices: [drift, unreachable, error, not_checked, not_applicable]
    default: [drift, unreachable, error, not_checked]
  action:
    description:
      - What the hosts are asked for.
      - An V(audit) is one batch. A play with C(serial) is refused, because its report would call the hosts of later batches not checked.
      - With V(enforce) and V(restore) the gate lets the next batch of a rolling play begin unless a host failed or was lost, and judges the fleet after the last one.
    type: str
    choices: [audit, enforce, restore]
    default: audit
  report_dir:
    description:
      - Folder on the controller for the reports. It is made when it is missing. A relative path starts at the working directory.
    type: path
    required: true
"""
