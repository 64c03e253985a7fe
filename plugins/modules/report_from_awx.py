# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: report_from_awx
short_description: Gather what jobs of AWX found, without any storage
version_added: 0.2.0
description:
  - Reads the events of jobs of AWX, or of a controller of AAP, and writes their records as JSON Lines, which M(winrights.seimpersonate.fleet_merge) makes a
    report of. Jobs need no folder that outlives them for it.
  - Goes through workflows in workflows and through slices. A host of the inventory that is enabled and in no job is V(not_checked) in the report,
    and so is a host of a job that ended before its report.
  - Where the jobs were limited, the inventory does not tell which hosts there must be. The task fails then where a job ended before its report or a node of the
    workflow left no job; O(report_dir) keeps what was found.
  - Runs once, on the controller, with C(GET) alone. Nothing is changed in AWX, and no host is touched.
  - The login comes from the environment - C(CONTROLLER_HOST) with C(CONTROLLER_OAUTH_TOKEN), or with C(CONTROLLER_USERNAME) and C(CONTROLLER_PASSWORD), and
    C(CONTROLLER_VERIFY_SSL), or the same with C(TOWER_) - as the built-in credential for a controller gives it to a job. The role auditor of the organization
    is enough.
  - Where the API is not below C(/api/), as behind the gateway of AAP, the environment names its path as C(CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX), such as
    C(/api/controller/).
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
  jobs:
    description:
      - Numbers of jobs to read, besides those of O(workflow_job), such as one that was started again.
    type: list
    elements: int
    default: []
  workflow_job:
    description:
      - Number of the workflow job whose jobs are read. Without it, and without O(jobs), the one that this runs in.
    type: int
  wait:
    description:
      - How many seconds to wait until AWX has stored all events of a job. A warning tells when that was not enough.
    type: int
    default: 300
  report_dir:
    description:
      - Folder on the controller for the reports. It is made when it is missing, and must be writable. A relative path starts at the working directory.
    type: path
    required: true
seealso:
  - module: winrights.seimpersonate.fleet_merge
"""

EXAMPLES = r"""
- name: Gather what the jobs of a workflow found
  winrights.seimpersonate.report_from_awx:
    workflow_job: 1734
    report_dir: reports
  register: gathered

- name: Make one report of it
  winrights.seimpersonate.fleet_merge:
    sources: ["{{ gathered.path }}"]
    report_dir: reports
"""

RETURN = r"""
path:
  description: The file of JSON Lines.
  returned: success
  type: str
  sample: /srv/reports/jobs-of-1734.jsonl
jobs:
  description: The jobs that were read.
  returned: success
  type: list
  elements: int
  sample: [1735, 1738, 1739]
missing:
  description: How many enabled hosts of the inventory have no record.
  returned: success
  type: int
  sample: 0
disabled:
  description: How many hosts of the inventory are disabled, and in no number.
  returned: success
  type: int
  sample: 2
"""
