# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
---
module: policy_page
short_description: Print the tables of policies with their sources
version_added: 0.1.0
description:
  - Checks policies and prints them as one page of tables. First comes the table of Microsoft's page as printed and corrected, then every
    policy with the number and
    source of each row, then where the policies differ.
  - Runs once, on the controller. No host is touched.
author:
  - Winrights Authors (@winrights)
extends_documentation_fragment:
  - winrights.seimpersonate._attributes
  - winrights.seimpersonate._attributes.read_only
  - winrights.seimpersonate._names
attributes:
  platform:
    support: full
    platforms: posix
options:
  policies:
    description:
      - The policies by their names, as data. One may extend another of them.
      - The role P(winrights.seimpersonate.impersonate#role) hands over the shipped ones and those of its variable C(impersonate_policies).
    type: dict
    required: true
  own_policies:
    description:
      - Those of O(policies) that are not shipped, as the user wrote them. None may have the name of a shipped one, which it would pass for.
    type: raw
    default: {}
  dest:
    description:
      - File on the controller to which the page is written as well, as reStructuredText. Not written in check mode.
    type: path
seealso:
  - module: winrights.seimpersonate.local_right_info
"""

EXAMPLES = r"""
- name: Print our policy
  winrights.seimpersonate.policy_page:
    policies:
      web:
        title: Our web servers
        compare: exact
        host_roles:
          member_server:
            required: [administrators, local_service, network_service, service, iis_iusrs]
            source: our handbook, section 4
"""

RETURN = r"""
page:
  description: The page as reStructuredText. The terminal has the same as plain text of 100 columns.
  returned: success
  type: str
  sample: Who may hold the right
path:
  description: Where the page was written, null when it was not.
  returned: success
  type: str
  sample: /home/auditor/reports/impersonate-policies.rst
"""
