# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: fleet_read
short_description: Read who holds SeImpersonatePrivilege on all hosts of a play and judge it
version_added: 0.2.0
description:
  - Does on each host what M(winrights.seimpersonate.local_right_info) does with O(winrights.seimpersonate.local_right_info#module:from_variables).
  - Where fleet_check was told with O(winrights.seimpersonate.fleet_check#module:planning) that changes are planned, it does on each host what
    M(winrights.seimpersonate.local_right) does in check mode, and fails outside of it.
  - By the choice of M(winrights.seimpersonate.fleet_check) each host is read in a task of its own, or all hosts in one task. The options of each host are
    those of its variables either way.
  - One task keeps the results of the hosts in a file, from which M(winrights.seimpersonate.fleet_report) and M(winrights.seimpersonate.fleet_plan) take them,
    and registers none. It fails where that file cannot be written; a host that cannot be read never makes it fail.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
attributes:
  platform:
    support: full
    platforms: windows
options:
  check:
    description:
      - The name of the variable in which M(winrights.seimpersonate.fleet_check) registered what it returned, or that itself. A name costs the
        controller less where there are many hosts.
    type: raw
    required: true
seealso:
  - module: winrights.seimpersonate.local_right_info
  - module: winrights.seimpersonate.fleet_report
"""

EXAMPLES = r"""
- name: Check the options once, and choose who reads
  winrights.seimpersonate.fleet_check:
    from_variables: true
    report_dir: reports
  delegate_to: localhost
  register: check

- name: Read all hosts
  winrights.seimpersonate.fleet_read:
    check: check
  register: audit
  ignore_errors: true
  ignore_unreachable: true

- name: Write the report
  winrights.seimpersonate.fleet_report:
    from_variables: true
    report_dir: reports
    results: audit
    check: "{{ check }}"
  delegate_to: localhost
"""

RETURN = r"""
run_id:
  description: Name of the run. In a task for each host there are the keys of M(winrights.seimpersonate.local_right_info) besides.
  returned: always
  type: str
  sample: 20260131T081500Z-3f2a91
results:
  description: The file with the results of all hosts, a line of JSON for each. It is taken away when the report is written, that of a plan with the run.
  returned: when one task reads all hosts
  type: str
  sample: /srv/audit/reports/impersonate-20260131T081500Z-3f2a91.results
hosts:
  description: The number of hosts.
  returned: when one task reads all hosts
  type: int
  sample: 10000
"""
