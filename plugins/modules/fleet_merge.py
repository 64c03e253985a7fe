# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: fleet_merge
short_description: Merge reports of slices, jobs and days into one
version_added: 0.1.0
description:
  - Reads reports as JSON Lines and writes one report of all their hosts. A host is there once, with its newest record. The order of the files does not matter,
    and the same file twice changes nothing.
  - Runs once, on the controller. No host is touched.
  - Warns of reports that do not quite fit together, such as two versions of a policy. The report says so too.
  - Does not fail when hosts drifted. Put a gate on RV(gate_passed) behind it.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
  - winrights.seimpersonate._from_variables
  - winrights.seimpersonate._report
  - winrights.seimpersonate._fleet.expected
  - winrights.seimpersonate._names
attributes:
  platform:
    support: full
    platforms: posix
options:
  fail_on:
    description:
      - Statuses of a host that make the run fail at its end, when the report is written (the gate of the fleet), and V(expired_exception), an exception
        whose last day is over. Without it all that one of the runs failed on.
      - A host is V(not_checked) that was expected and gave no result, and V(not_applicable) that was read and for which the policy has no row.
    type: list
    elements: str
    choices: [drift, unreachable, error, not_checked, not_applicable, expired_exception]
  tolerate:
    description:
      - How many there may be of what the gate fails on, as a number of hosts (V(5)) or as a share of the expected ones (V(2%)). Without it what all of the runs
        tolerate alike.
    type: dict
  sources:
    description:
      - Files of JSON Lines, patterns of such files, or folders, of which every file that ends with C(.jsonl) counts.
    type: list
    elements: path
    required: true
seealso:
  - module: winrights.seimpersonate.fleet_report
"""

EXAMPLES = r"""
- name: Merge the slices of last night
  winrights.seimpersonate.fleet_merge:
    sources:
      - /srv/reports/2026-01-31
    report_dir: /srv/reports/merged
  register: merged
"""

RETURN = r"""
verdict:
  description: The fleet's verdict in one sentence.
  returned: success
  type: str
  sample: "COMPLIANT - 0 of 14 hosts drift, 0 not assessed."
gate_passed:
  description: Whether there is no more of what O(fail_on) names than O(tolerate) allows, and at least one host was judged.
  returned: success
  type: bool
  sample: true
merged:
  description: The files that were merged.
  returned: success
  type: list
  elements: str
  sample: [/srv/reports/2026-01-31/slice1.jsonl, /srv/reports/2026-01-31/slice2.jsonl]
files:
  description: Paths of the written files, by format.
  returned: success
  type: dict
  sample: {html: /srv/reports/merged/impersonate-audit-merged.html}
ansible_stats:
  description: What AWX keeps as the artifacts of the job, with the keys of RV(winrights.seimpersonate.fleet_report#module:ansible_stats).
  returned: success
  type: dict
"""
