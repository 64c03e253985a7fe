# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of a list that may come as one text."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.entries import entries_of
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput

DOCUMENTATION = r"""
---
name: entries
short_description: Entries of a list that may come as one text
version_added: 0.2.0
author: Winrights Authors (@winrights)
description:
  - Turns one text with entries on lines or between commas, as a survey gives it, into a list. A list stays as it is.
  - Fails for a comma with nothing beside it, which is what C(ansible-playbook) leaves of C(-e 'name=a, b').
positional: _input
options:
  _input:
    description: A text, a list, or null for an empty list.
    type: raw
    required: true
  name:
    description: The variable that the message names.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Read who holds the right
  winrights.seimpersonate.local_right_info:
    policy: "{{ our_policy }}"
    permitted: "{{ our_permitted | winrights.seimpersonate.entries('our_permitted') }}"
"""

RETURN = r"""
_value:
  description: The entries, without blanks around them.
  type: list
  elements: str
  sample: ['CORP\svc-backup', 'NT SERVICE\BackupAgent']
"""


def entries(value: object, name: str) -> object:
    """The filter. Raises AnsibleFilterError that names the variable and the value."""
    try:
        return entries_of(name, value)
    except BadInput as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by their names."""
        return {"entries": entries}
