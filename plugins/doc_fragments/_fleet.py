# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  action:
    description:
      - What the hosts are asked for.
      - An V(audit) is one batch. A play with C(serial) is refused, because its report would call the hosts of later batches not checked.
      - With V(enforce) and V(restore) no further batch begins once a change that was sent did not end as planned. The gate judges the fleet
        after the last one.
    type: str
    choices: [audit, enforce, restore]
    default: audit
"""

    EXPECTED = r"""
options:
  previous:
    description:
      - An earlier report as JSON, or a folder with some. Of those the newest counts that is of the same policy and the same limit, or else the newest. The
        report of an audit, and of a merge of audits, then says what changed since.
      - Where there is none yet, a warning says so.
    type: path
  expected_group:
    description:
      - Group of the inventory whose hosts the report must account for. One that is not in the play, or in none of the merged reports, is V(not_checked).
    type: str
  expected_file:
    description:
      - File with one name of a host a line, for the same purpose. What follows a C(#) is a comment. A file without a name is refused.
      - Names that differ only in case are those of the same host.
    type: path
"""
