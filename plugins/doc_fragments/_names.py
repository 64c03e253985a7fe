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
      - Where it is given, as an empty list as well, the names of variables are looked at, of all hosts of the play where one task is for
        all of them, else of the host of the task. One that begins with C(impersonate_) and is no variable of the role
        P(winrights.seimpersonate.impersonate#role), nor C(impersonate_hosts), C(impersonate_serial) or C(impersonate_mark_hosts), is taken
        for a misspelt one and refused. So is one that begins with C(prove_) where M(winrights.seimpersonate.prove) runs, other than C(prove_change),
        C(prove_dir), C(prove_kind) and C(prove_lab).
      - The list names those of your own that may begin so.
      - What C(ansible-playbook) cut off an extra variable, as of C(-e 'name=a, b'), is refused too, and those three in an inventory, from where a play
        cannot take them.
    type: raw
    version_added: 0.2.0
"""
