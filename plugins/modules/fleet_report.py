# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: fleet_report
short_description: Write the report of an audit for the whole fleet
version_added: 0.1.0
description:
  - Runs once for the whole play, on the controller, also when every host is dead. It needs no C(run_once) and no delegation.
  - Takes the result that every host of the play registered, dead ones included, prints a summary and writes the report in every format that O(formats) names.
  - A host without a result is V(not_checked), never compliant.
  - Does not fail when hosts drifted. Put a gate on RV(gate_passed) behind it.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
  - winrights.seimpersonate._from_variables
  - winrights.seimpersonate._report
  - winrights.seimpersonate._gate
  - winrights.seimpersonate._fleet
  - winrights.seimpersonate._fleet.expected
attributes:
  platform:
    support: full
    platforms: posix
options:
  gpo_file:
    description:
      - The file in which M(winrights.seimpersonate.gpo_right_info) kept what it read of Group Policy Objects. The report then has a section of them.
      - A file that is not there yet is only a warning.
    type: path
    version_added: 0.2.0
  results:
    description:
      - Name of the variable in which the task with M(winrights.seimpersonate.local_right_info) or M(winrights.seimpersonate.local_right) registered its result.
    type: str
    required: true
  check:
    description:
      - What M(winrights.seimpersonate.fleet_check) returned. The hosts that it read from O(expected_group) and O(expected_file) count.
    type: dict
    required: true
  plan:
    description:
      - What M(winrights.seimpersonate.fleet_plan) returned as its plan, handed on to AWX in check mode, for whoever approves it.
    type: str
seealso:
  - module: winrights.seimpersonate.local_right_info
  - module: winrights.seimpersonate.fleet_check
"""

EXAMPLES = r"""
- name: Check the options once
  winrights.seimpersonate.fleet_check:
    policy: microsoft # the report names it, and the task below judges by it
    report_dir: reports
  delegate_to: localhost
  register: check

- name: Read every host; one that cannot be read stays in the play, so that the report knows it
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
verdict:
  description: The fleet's verdict in one sentence, with the reasons of the gate and the path of the report.
  returned: success
  type: str
  sample: "NOT COMPLIANT - 2 of 14 hosts drift, 0 not assessed. The fleet gate failed: 2 hosts drift from the policy. Report: /srv/reports/audit.json"
gate_passed:
  description:
    - Whether there is no more of what O(fail_on) names than O(tolerate) allows, and at least one host was judged.
    - While batches of a rolling play are left, whether the next one may begin. No further batch begins once a change that was sent did not end as planned.
  returned: success
  type: bool
  sample: false
summary:
  description: Counts by status and by host role, coverage and compliance in percent of the expected hosts, and the gate with its reasons.
  returned: success
  type: dict
  sample: {expected: 14, by_status: {compliant: 12, drift: 2}, coverage_percent: 100.0, compliance_percent: 85.7}
head:
  description: What stands in the report above its hosts, as in the first line of the JSON Lines. M(winrights.seimpersonate.report_from_awx) reads it.
  returned: success
  type: dict
  contains:
    run:
      description: When it ran, what it was asked for, and which job of AWX it was.
      returned: success
      type: dict
stopped_by:
  description: Hosts whose change was sent, or may have been, and did not end as planned, which ended a rolling change. Empty in an audit.
  returned: success
  type: list
  elements: str
  sample: []
files:
  description: Paths of the written files on the controller, by format.
  returned: success
  type: dict
  sample: {html: /srv/reports/impersonate-audit-20260131T081500Z-3f2a91.html, json: /srv/reports/impersonate-audit-20260131T081500Z-3f2a91.json}
ansible_stats:
  description:
    - What AWX keeps as the artifacts of the job, under the key C(impersonate), also where a gate behind this task fails.
    - At most 4 kB, without names of hosts.
    - V(schema), V(action), V(verdict), V(gate_passed), V(by_status), V(expected), V(run_id); V(part), whether the job could not see the whole inventory because
      of a limit or of slices; V(workflow_job_id); and V(files) where they outlive the job.
    - V(plan), which is O(plan), where the play is in check mode.
    - ansible-core takes it of tasks that did not fail.
  returned: success
  type: dict
  contains:
    data:
      description: The artifacts.
      returned: success
      type: dict
      sample: {impersonate: {schema: "2", action: audit, verdict: COMPLIANT - 0 of 14 hosts drift, gate_passed: true, expected: 14, part: false}}
"""
