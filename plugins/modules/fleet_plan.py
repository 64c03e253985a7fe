# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: fleet_plan
short_description: Look at the plans of a fleet before the first host is changed
version_added: 0.1.0
description:
  - Runs once for the whole play, on the controller. No host is touched.
  - Takes the results of M(winrights.seimpersonate.local_right) in check mode, prints what would change on how many hosts, and fails when the hosts that
    would lose the same account, together with the hosts that could not be read, are more than O(max_hosts_per_account), so that somebody looks a second time.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
  - winrights.seimpersonate._from_variables
attributes:
  platform:
    support: full
    platforms: posix
options:
  results:
    description:
      - Name of the variable in which the planning task registered its result.
    type: str
    required: true
  check:
    description:
      - What M(winrights.seimpersonate.fleet_check) returned.
    type: dict
    required: true
  max_hosts_per_account:
    description:
      - How many hosts may lose the same account without a second look. A host that could not be read counts as one more. 0 is no limit.
    type: int
    default: 10
  approved_plan:
    description:
      - What was approved of an earlier plan, as RV(plan) says it. The task fails where an account would now be added or removed on other hosts than then, on
        more or on fewer of them. That nothing is planned for an account any more is no failure.
      - A host that could be read then and cannot be read now, or the other way round, makes a difference where anything is planned for it.
      - By default nothing is compared.
    type: str
    version_added: 0.2.0
seealso:
  - module: winrights.seimpersonate.local_right
"""

EXAMPLES = r"""
- name: Check the options once
  winrights.seimpersonate.fleet_check:
    action: enforce
    report_dir: reports
    snapshot_dir: impersonate-snapshots
  delegate_to: localhost
  register: check

- name: Plan on every host
  winrights.seimpersonate.local_right:
    policy: microsoft
    run_id: "{{ check.run_id }}"
  check_mode: true
  register: plan

- name: Stop before a removal that touches the whole fleet
  winrights.seimpersonate.fleet_plan:
    results: plan
    check: "{{ check }}"
    max_hosts_per_account: 25
  delegate_to: localhost
"""

RETURN = r"""
gate_passed:
  description: Whether no removal touches too many hosts, and nothing is planned that was not approved. The task fails where it did not.
  returned: always
  type: bool
  sample: true
verdict:
  description: The plan of the fleet in one sentence, or what to look at first.
  returned: always
  type: str
  sample: NOT COMPLIANT - 2 of 14 hosts drift, 2 of them would be changed, 0 not assessed.
planned:
  description: What would change and on how many hosts, a sentence each.
  returned: always
  type: list
  elements: str
  sample: ["would remove CORP\\Helpdesk (S-1-5-21-1-2-3-1101) on 3 hosts"]
second_look:
  description: The removals that touch too many hosts.
  returned: always
  type: list
  elements: str
  sample: []
plan:
  description:
    - What can be approved, namely digests of the planned changes of all accounts and, for up to 40 accounts, of each.
    - It names neither hosts nor accounts.
  returned: always
  type: str
  sample: 6f2b1d0c9a8e7f6d5c4b3a2918273645 0d9c8b7a6f5e4d3c2b1a09f8e7d6c5b4
not_approved:
  description: What is planned and was not approved so.
  returned: always
  type: list
  elements: str
  sample: []
ansible_stats:
  description:
    - What AWX keeps as the artifacts of the job, with the keys of RV(winrights.seimpersonate.fleet_report#module:ansible_stats).
    - In check mode also V(plan), which is RV(plan).
  returned: success
  type: dict
"""
