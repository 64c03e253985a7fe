# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: fleet_gate
short_description: Fail a run whose fleet did not pass its gate
version_added: 0.2.0
description:
  - Fails where it is told that the gate was not passed, with the verdict as its message and in one line. M(ansible.builtin.assert) does the same, and
    ansible-core from 2.19 on prints its message twice.
  - Belongs behind M(winrights.seimpersonate.fleet_report), in a task that runs once, since AWX keeps the numbers of a task that did not fail.
  - Runs on the controller. No host is touched.
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
  passed:
    description:
      - RV(winrights.seimpersonate.fleet_report#module:gate_passed) of the report.
    type: bool
    required: true
  verdict:
    description:
      - RV(winrights.seimpersonate.fleet_report#module:verdict) of the report, the message of the task.
    type: str
    required: true
seealso:
  - module: winrights.seimpersonate.fleet_report
"""

EXAMPLES = r"""
- name: Check the options once
  winrights.seimpersonate.fleet_check:
    policy: microsoft
    report_dir: reports
  delegate_to: localhost
  register: check

- name: Read every host
  winrights.seimpersonate.local_right_info:
    policy: microsoft
    run_id: "{{ check.run_id }}"
  register: audit
  ignore_errors: true
  ignore_unreachable: true

- name: Write the report of the fleet
  winrights.seimpersonate.fleet_report:
    results: audit
    check: "{{ check }}"
    report_dir: reports
  delegate_to: localhost
  register: report

- name: Fail when the fleet is not in order
  winrights.seimpersonate.fleet_gate:
    passed: "{{ report.gate_passed }}"
    verdict: "{{ report.verdict }}"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
msg:
  description: O(verdict).
  returned: always
  type: str
  sample: "NOT COMPLIANT - 2 of 14 hosts drift, 0 not assessed. The fleet gate failed: 2 hosts drift from the policy."
"""
