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
    choices: [drift, unreachable, error, not_checked]
    default: [drift, unreachable, error, not_checked]
  report_dir:
    description:
      - Folder on the controller for the reports. It is made when it is missing. A relative path starts at the working directory.
    type: path
    required: true
"""
