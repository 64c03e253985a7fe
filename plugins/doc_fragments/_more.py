# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  exposure:
    description:
      - Also tell which running services and application pools really have the right, and by which entry.
    type: bool
    default: false
  expand_groups:
    description:
      - Also tell the members of groups that hold the right, and of groups in them, as far as the host can. At most three levels, 200 members a group and
        1000 in all.
      - A network logon may be unable to ask the domain. The group is then C(not_told) or C(failed), and nothing else of the result changes.
    type: bool
    default: false
  events:
    description:
      - Also tell who gave and took the right, by the events 4704 and 4705 of the security log. The window reads C(24h) or C(7d), and is at most 90 days.
      - No event proves nothing, because the subcategory Audit Authorization Policy Change may be off. The result says how far the log can be relied on.
    type: str
"""
