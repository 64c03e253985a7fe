# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: fleet_check
short_description: Check the options of a run once, before any host is touched
version_added: 0.1.0
description:
  - Runs once for the whole play, on the controller. No host is touched. With C(delegate_to) as below, the variables of the connection of the first host do not
    count either.
  - Fails with the option, the value and what is allowed when an option of the whole fleet is wrong, and thereby ends the play. So it does when the policy or an
    account is wrong for every host.
  - Variables that differ between hosts are checked again for each host, before that host is touched. Where those of the first host are wrong and those of
    another are not, that host's own result says so.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
  - winrights.seimpersonate._from_variables
  - winrights.seimpersonate._policy
  - winrights.seimpersonate._more
  - winrights.seimpersonate._reader
  - winrights.seimpersonate._report
  - winrights.seimpersonate._gate
  - winrights.seimpersonate._fleet
  - winrights.seimpersonate._fleet.expected
  - winrights.seimpersonate._names
attributes:
  platform:
    support: full
    platforms: posix
options:
  policy:
    default: microsoft
  gpo_file:
    description:
      - The file in which M(winrights.seimpersonate.gpo_right_info) kept what it read of Group Policy Objects. The report then has a section of them.
      - A file that is not there yet is only a warning.
    type: path
    version_added: 0.2.0
  restore:
    description:
      - With O(action=restore), what is to be brought back, as in M(winrights.seimpersonate.local_right). V(latest) is looked up here, once for all hosts.
    type: str
  snapshot_dir:
    description:
      - Folder of the snapshots, as in M(winrights.seimpersonate.local_right). Where hosts are to be changed it must be writable.
    type: path
    default: impersonate-snapshots
  snapshots_may_be_lost:
    description:
      - As in M(winrights.seimpersonate.local_right).
    type: bool
    version_added: 0.2.0
    default: false
  serial:
    description:
      - Sizes of the batches of a later play, as the filter P(winrights.seimpersonate.batches#filter) takes them. Nothing but whole numbers from 1 on and
        percentages from 1% to 100% passes.
    type: raw
  max_hosts_per_account:
    description:
      - As in M(winrights.seimpersonate.fleet_plan).
    type: int
    default: 10
  approved_plan:
    description:
      - As in M(winrights.seimpersonate.fleet_plan). A text that is none is refused.
    type: str
    version_added: 0.2.0
  compared:
    description:
      - Whether M(winrights.seimpersonate.fleet_plan) compares O(approved_plan) in this run, later or before. Where it does not, an approved plan is refused.
    type: bool
    default: true
    version_added: 0.2.0
  planning:
    description:
      - Whether M(winrights.seimpersonate.fleet_read) behind this task plans the changes of O(action) in check mode. All hosts may be read in one task then, as
        in an audit. Changes themselves are made by a task for each host.
    type: bool
    default: false
    version_added: 0.2.0
  progress:
    description:
      - As in M(winrights.seimpersonate.local_right_info).
    type: bool
    default: true
  same_for_all:
    description:
      - Names of variables that must have one value for all hosts of the play, because they count for the fleet and not for a host.
    type: list
    elements: str
    default: []
seealso:
  - module: winrights.seimpersonate.fleet_report
"""

EXAMPLES = r"""
- name: Check the options once
  winrights.seimpersonate.fleet_check:
    policy: microsoft
    permitted: [NT SERVICE\BackupAgent]
    report_dir: reports
  delegate_to: localhost
  register: check
"""

RETURN = r"""
started:
  description: When the run began, in UTC.
  returned: success
  type: str
  sample: "2026-01-31T08:15:00Z"
run_id:
  description: A name for the run that sorts by time and that no other run has.
  returned: success
  type: str
  sample: 20260131T081500Z-3f2a91
restore:
  description: Name of the run to restore, null when nothing is to be restored.
  returned: success
  type: str
  sample: null
planning:
  description: As O(planning) says.
  returned: success
  type: bool
  sample: false
policy:
  description: Name, title, version, compare mode, documents, control numbers and GPO rows of the policy, and the SHA-256 of its data. Null in a restore.
    It is the policy of the first host of which the variables make sense; a warning names that host where it is not the first of the play.
  returned: success
  type: dict
  sample: {name: microsoft, title: "Microsoft's defaults of the right, per host role", compare: exact, sha256: 5f2b...}
expected:
  description: Hosts that O(expected_group) and O(expected_file) name, read once. Empty in later batches of a rolling play.
  returned: success
  type: list
  elements: str
  sample: [web01, web02]
reader:
  description: Who reads the hosts of an audit or a plan, as C(name), V(host) or V(fleet), and how, for M(winrights.seimpersonate.fleet_read).
  returned: success
  type: dict
  sample: {name: host}
snapshots:
  description: Folder of the snapshots, where this and the tasks behind it have it from O(from_variables). Null otherwise, and in an audit.
  returned: success
  type: str
  sample: /srv/impersonate/impersonate-snapshots
exceptions:
  description: The exceptions as data, so that the report can tell which of them are unused. They are those of the host that RV(policy) speaks of.
  returned: success
  type: list
  elements: dict
  sample: [{account: CORP\\svc-backup, reason: nightly backup, owner: Backup team, expires: "2027-03-31"}]
"""
