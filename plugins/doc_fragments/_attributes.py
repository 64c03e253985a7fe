# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and tell what would change without changing it.
  diff_mode:
    description: Tells details of what changed, or would change in C(check_mode), in diff mode.
  platform:
    description: Target OS families that can be operated against.
"""

    READ_ONLY = r"""
options: {}
attributes:
  check_mode:
    support: full
    description: Nothing is changed, so check mode runs the same lines and gives the same result.
  diff_mode:
    support: none
    description: Nothing is changed, so there is no difference to show.
"""
