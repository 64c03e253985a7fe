# SPDX-FileCopyrightText: Winrights Authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes of batches for the serial of a play."""

from __future__ import annotations

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._input.errors import BadInput
from ansible_collections.winrights.seimpersonate.plugins.plugin_utils._play.batches import batches_of

DOCUMENTATION = r"""
---
name: batches
short_description: Sizes of batches for the serial of a play
version_added: 0.2.0
author: Winrights Authors (@winrights)
description:
  - Turns what a person wrote into the list that C(serial) takes, and fails for what Ansible would take for I(all hosts at once).
positional: _input
options:
  _input:
    description:
      - A whole number from 1 on, a percentage from 1% to 100%, a list of them, or such a list as one text, as a survey gives it.
      - Null and an empty text are the default, V([1, "5%", "25%", "100%"]).
    type: raw
    required: true
  name:
    description: The variable that the message names.
    type: str
    default: impersonate_serial
"""

EXAMPLES = r"""
- name: Change hosts in batches
  hosts: windows
  serial: "{{ impersonate_serial | default(none) | winrights.seimpersonate.batches }}"
"""

RETURN = r"""
_value:
  description: Numbers of hosts and percentages.
  type: list
  elements: raw
  sample: [1, "10%", "100%"]
"""


def batches(value: object, name: str = "impersonate_serial") -> list[int | str]:
    """The filter. Raises AnsibleFilterError that names the variable, the size and what is allowed."""
    try:
        return batches_of(name, value)
    except BadInput as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by their names."""
        return {"batches": batches}
