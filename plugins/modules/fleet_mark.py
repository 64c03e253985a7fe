# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: fleet_mark
short_description: Count a host in the recap of a run by its status
version_added: 0.2.0
description:
  - A fleet's gate fails on one host, whichever comes first, and AWX counts that one as failed. This module, as a task for each host between the report and the
    gate, makes the hosts fail for which the gate failed, and changes the others that are not in order.
  - Runs on the controller. Nothing is sent to the host, and nothing is changed on it.
  - Where the gate passed, no host fails.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
attributes:
  platform:
    support: full
    platforms: posix
options:
  results:
    description:
      - Name of the variable in which the task with M(winrights.seimpersonate.local_right_info) or M(winrights.seimpersonate.local_right) registered its result.
    type: str
    required: true
  check:
    description:
      - The name of the variable of the first host of the play in which M(winrights.seimpersonate.fleet_check) registered what it returned, or that itself. A
        name costs the controller less where there are many hosts.
    type: raw
    required: true
  gate_passed:
    description:
      - What M(winrights.seimpersonate.fleet_report) returned of the gate.
    type: bool
    required: true
  fail_on:
    description:
      - Statuses of a host that make the run fail at its end, when the report is written (the gate of the fleet), and V(expired_exception), an exception
        whose last day is over.
      - A host is V(not_checked) that was expected and gave no result, and V(not_applicable) that was read and for which the policy has no row.
    type: list
    elements: str
    choices: [drift, unreachable, error, not_checked, not_applicable, expired_exception]
    default: [drift, unreachable, error, not_checked]
seealso:
  - module: winrights.seimpersonate.fleet_report
"""

EXAMPLES = r"""
- name: Count each host by its status
  winrights.seimpersonate.fleet_mark:
    results: audit
    check: check
    gate_passed: "{{ hostvars[ansible_play_batch[0]].report.gate_passed }}"
"""

RETURN = r"""
status:
  description: The status of the host, of a planned change that which it would have.
  returned: always
  type: str
  sample: drift
"""
