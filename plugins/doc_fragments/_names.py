# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What looks at the names of variables before a run."""

from __future__ import annotations


class ModuleDocFragment:
    """Where names are looked at."""

    DOCUMENTATION = r"""
options:
  allow_unknown:
    description:
      - Where it is given, as an empty list as well, the names of the variables of all hosts of the play are looked at. One that begins
        with C(impersonate_) and is no
        variable of the role P(winrights.seimpersonate.impersonate#role), nor C(impersonate_hosts) or C(impersonate_serial), is taken for a
        misspelt one and refused.
      - The list names those of your own that may begin so.
      - What C(ansible-playbook) cut off an extra variable, as of C(-e 'name=a, b'), is refused too, and C(impersonate_hosts) and C(impersonate_serial) in an
        inventory, from where a play cannot take them.
    type: raw
"""
